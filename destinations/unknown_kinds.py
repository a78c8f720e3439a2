"""Stands in for a kind that this version does not know: a newer one has made its rows.

It has no fields, sends nothing, and says so. What is due waits until the kind is back.
"""

import functools
from typing import Any, ClassVar

from django import forms

from destinations.connectors.base import Connector, ConnectorForm
from destinations.errors import NeedsAttention
from destinations.messages import Check, Digest, Message, Receipt

SENTENCE = "This version of Armor Incidents does not know the type {}."
ADVICE = "Run the version that made this destination, and test it there; or delete it."


class Unknown(Connector, is_registered=False):
    help = "Nothing can be sent to it."
    # Nobody knows; so what it has made is named before it is deleted.
    is_lasting = True
    RATE_PER_SECOND = 1.0
    BURST = 1.0
    EXAMPLE: ClassVar[dict[str, Any]] = {}

    def check(self) -> Check:
        raise self._error()

    def create(self, message: Message) -> Receipt:
        raise self._error()

    def close(self, message: Message) -> Receipt:
        raise self._error()

    def test(self, message: Message) -> Receipt:
        raise self._error()

    def digest(self, digest: Digest) -> Receipt:
        raise self._error()

    def _error(self) -> NeedsAttention:
        return NeedsAttention(SENTENCE.format(self.kind), advice=ADVICE)


@functools.lru_cache(maxsize=16)
def stand_in(name: str) -> type[Connector]:
    """The class for a kind of this name."""

    class StandInForm(ConnectorForm):
        def clean(self) -> dict[str, Any]:
            # Saved, it would lose the config that it has no fields for.
            raise forms.ValidationError(f"{SENTENCE.format(name)} {ADVICE}")

    class StandIn(Unknown, is_registered=False):
        kind = name
        label = name
        Form = StandInForm

    return StandIn
