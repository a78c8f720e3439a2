"""System checks of the settings by which destinations are reached."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register

from destinations import outbound


@register(Tags.security)
def opened_ranges_are_ranges(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """A mistyped range opens nothing, which would be noticed only when something is to be sent."""
    hint = "Write ranges such as 10.0.0.0/8 or fd12:3456::/32, with commas between them."
    return [
        Error(
            f"OUTBOUND_ALLOW_CIDRS holds “{entry}”, which is no range of addresses.",
            hint=hint,
            id="armor.E005",
        )
        for entry in outbound.malformed()
    ]
