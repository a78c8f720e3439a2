"""The guide to a kind of destination, made from its connector: it cannot differ from what is sent.

The requests shown are those of the connector itself, asked to record instead of to send.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.conf import settings

from destinations.connectors import Connector, registry
from destinations.connectors.base import CollectingForm, SecretField
from destinations.errors import Recorded
from destinations.http import Door, Exchange
from destinations.messages import Digest, DigestLine, Message, Receipt

MESSAGE = Message(
    idempotency_key="anomalyarmor-installation-alert-destination",
    title="Column removed from orders",
    description="Column customer_email was removed.",
    event_type="schema_change",
    severity="critical",
    asset="prod-postgres.shop.public.orders",
    asset_id="a-17",
    rule="Production schema changes",
    changes=("Column removed (breaking): customer_email, varchar(255)",),
    occurred_at=datetime(2026, 11, 23, 8, 0, tzinfo=UTC),
    link="/alerts/…/",
    alert_id="0b6a8c1e-3c2d-4f5e-8a9b-1c2d3e4f5a6b",
    data_source="prod-postgres",
)
ENDED = replace(
    MESSAGE,
    idempotency_key=f"{MESSAGE.idempotency_key}-close",
    external_id="the-id-that-the-create-returned",
    ended="resolved",
    ended_at=datetime(2026, 11, 23, 8, 40, tzinfo=UTC),
    ended_by="ada",
    ended_note="column restored",
)
LINE = DigestLine(
    rule=MESSAGE.rule,
    asset=MESSAGE.asset,
    severity=MESSAGE.severity,
    opened=2,
    ended=1,
    title=MESSAGE.title,
)
DIGEST = Digest(
    idempotency_key="anomalyarmor-digest",
    since=datetime(2026, 11, 23, 8, 0, tzinfo=UTC),
    until=datetime(2026, 11, 23, 9, 0, tzinfo=UTC),
    opened=2,
    ended=1,
    still_open=1,
    lines=(LINE,),
    more=0,
    link="/alerts/",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One field of the form: what to enter, and an example of it."""

    label: str
    help: str
    example: str


@dataclass(frozen=True, slots=True)
class Example:
    """What is sent on one occasion."""

    occasion: str
    exchange: Exchange


@dataclass(frozen=True, slots=True)
class Guide:
    """All that the guide page shows."""

    connector: type[Connector]
    entries: tuple[Entry, ...]
    examples: tuple[Example, ...]

    @property
    def a_minute(self) -> int:
        """The requests a minute that are sent at most."""
        return round(self.connector.RATE_PER_SECOND * 60)


def guide_to(kind: str) -> Guide:
    """The guide to a registered kind."""
    connector = registry[kind]
    form = connector.Form(data=connector.EXAMPLE)
    if not form.is_valid():
        raise ValueError(f"The example of {kind} is not valid: {form.errors.as_text()}")
    secrets = {name: form.cleaned_data[name] for name in form.secret_names()}
    config = {name: value for name, value in form.cleaned_data.items() if name not in secrets}
    return Guide(connector, tuple(_entries(form)), tuple(_examples(connector, config, secrets)))


def _entries(form: forms.Form) -> Iterator[Entry]:
    for name, field in form.fields.items():
        is_secret = isinstance(field, SecretField)
        value = form.cleaned_data.get(name)
        text = ", ".join(value) if isinstance(value, list) else str(value or "")
        yield Entry(str(field.label), str(field.help_text), "" if is_secret else text)


def _examples(
    connector: type[Connector], config: dict[str, Any], secrets: dict[str, str]
) -> Iterator[Example]:
    link = settings.PUBLIC_URL
    occasions: list[tuple[str, Callable[[Connector], Receipt]]] = [
        ("When an alert triggers", lambda c: c.create(replace(MESSAGE, link=link + MESSAGE.link))),
        ("When it ends", lambda c: c.close(replace(ENDED, link=link + MESSAGE.link))),
    ]
    if issubclass(connector.Form, CollectingForm):
        occasions.append(("As a digest", lambda c: c.digest(replace(DIGEST, link=link + "/"))))
    for occasion, ask in occasions:
        door = Door(secrets.values(), is_recording=True)
        try:
            ask(connector(config, secrets, door))
        except Recorded:
            yield Example(occasion, door.exchanges[0])
