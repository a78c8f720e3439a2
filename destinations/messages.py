"""What crosses the border: a Message goes in, a Receipt comes out.

A Message has only the fields that may leave the house: asset names, change types and
descriptions, timestamps and the rule. There is no field for row values, raw payloads or
credentials, so nothing can carry them out.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

from django.db import models

from destinations.scrubbing import scrub

PRODUCT = "[AnomalyArmor]"
SOURCE = "AnomalyArmor"
HEADLINE_LIMIT = 200  # characters
SUMMARY_LIMIT = 8000  # characters


def shorten(text: str, limit: int) -> str:
    """`text`, ended by an ellipsis if it is longer than `limit` characters."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def moment(at: datetime) -> str:
    """`2026-11-23 08:00:00 UTC`."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def web_link(address: str) -> str:
    """`address` if a page may make an anchor of it; `javascript:` must not pass for a link."""
    return address if address.startswith(("https://", "http://")) else ""


class Action(models.TextChoices):
    """What a delivery asks of its destination."""

    CREATE = "create"
    CLOSE = "close"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One thing to say about one alert, in no vendor's words.

    `external_id` and `reference` are those of the incident to close (empty when creating);
    `ended` says how the alert ended (`resolved`, `dismissed`), `ended_by` who did it (empty: the
    detector), and `ended_note` why.
    """

    idempotency_key: str
    title: str
    description: str
    event_type: str
    severity: str
    asset: str
    asset_id: str
    rule: str
    changes: tuple[str, ...]
    occurred_at: datetime
    link: str
    alert_id: str = ""
    data_source: str = ""
    external_id: str = ""
    reference: str = ""
    ended: str = ""
    ended_at: datetime | None = None
    ended_by: str = ""
    ended_note: str = ""

    @property
    def headline(self) -> str:
        """One line of at most 200 characters: `[AnomalyArmor] <title>`."""
        return shorten(f"{PRODUCT} {' '.join(self.title.split())}", HEADLINE_LIMIT)

    @property
    def summary(self) -> str:
        """All that may be said, as plain text: description, source, rule, type, asset, changes."""
        facts = {
            "Source": SOURCE,
            "Rule": self.rule,
            "Event type": self.event_type,
            "Severity": self.severity,
            "Asset": self.asset,
            "Asset ID": self.asset_id,
            "Time": moment(self.occurred_at),
            "Alert": self.link,
        }
        parts = [
            self.description,
            "\n".join(f"{name}: {value}" for name, value in facts.items() if value),
            "\n".join(["Changes:", *(f"- {change}" for change in self.changes)])
            if self.changes
            else "",
        ]
        return shorten("\n\n".join(part for part in parts if part), SUMMARY_LIMIT)

    @property
    def facts(self) -> dict[str, str]:
        """Names and values for a table; a value may be empty."""
        return {
            "Event type": self.event_type.replace("_", " ").capitalize(),
            "Severity": self.severity.capitalize(),
            "Asset": self.asset,
            "Rule": self.rule,
            "Data source": self.data_source,
            "Opened": moment(self.occurred_at),
            "Ended": moment(self.ended_at) if self.ended and self.ended_at else "",
        }

    def to_json(self) -> dict[str, Any]:
        """A form that a JSON column keeps."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return values | {
            "changes": [*self.changes],
            "occurred_at": self.occurred_at.isoformat(),
            "ended_at": self.ended_at and self.ended_at.isoformat(),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The message that `to_json` wrote."""
        ended_at = data.get("ended_at")
        times = {
            "occurred_at": datetime.fromisoformat(data["occurred_at"]),
            "ended_at": datetime.fromisoformat(ended_at) if ended_at else None,
        }
        return cls(**(data | times | {"changes": tuple(data["changes"])}))

    @property
    def ending(self) -> str:
        """How it ended, as a sentence: "Resolved by ada: reran the job." Empty while it lasts."""
        if not self.ended:
            return ""
        by = f" by {self.ended_by}" if self.ended_by else ""
        note = " ".join(self.ended_note.split()).rstrip(".")
        return f"{self.ended.capitalize()}{by}" + (f": {note}." if note else ".")


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestLine:
    """What became of the alerts of one rule and asset in the time of a digest."""

    rule: str
    asset: str
    severity: str
    opened: int
    ended: int
    title: str

    def sentence(self, limit: int) -> str:
        """About so many characters, the counts first: what is too long is cut at its end."""
        where = " · ".join(part for part in (self.rule, self.asset) if part)
        counts = f"{self.opened} opened, {self.ended} ended"
        return f"{shorten(where, limit // 2)}: {counts}. {self.severity.capitalize()}: {self.title}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """Many alerts in one message: how many opened and ended since the last one, how many are still
    open, and the busiest rules and assets. `more` counts the lines that had no room."""

    idempotency_key: str
    since: datetime
    until: datetime
    opened: int
    ended: int
    still_open: int
    lines: tuple[DigestLine, ...]
    more: int
    link: str

    @property
    def headline(self) -> str:
        """`[AnomalyArmor] Digest: 3 opened, 1 ended, 2 still open`."""
        counts = f"{self.opened} opened, {self.ended} ended, {self.still_open} still open"
        return f"{PRODUCT} Digest: {counts}"

    def to_json(self) -> dict[str, Any]:
        """A form that a JSON column keeps."""
        values = asdict(self)
        return values | {"since": self.since.isoformat(), "until": self.until.isoformat()}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The digest that `to_json` wrote."""
        times = {name: datetime.fromisoformat(data[name]) for name in ("since", "until")}
        lines = tuple(DigestLine(**line) for line in data["lines"])
        return cls(**(data | times | {"lines": lines}))


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the destination answered: its id for the thing, the name people use, a link.

    `note` says what else a person should know ("already closed by somebody").
    """

    external_id: str = ""
    reference: str = ""
    link: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "link", web_link(self.link))

    def without(self, secrets: Iterable[str]) -> "Receipt":
        """The receipt of a provider that may have quoted what it was sent."""
        texts = (self.external_id, self.reference, self.link, self.note)
        return Receipt(*(scrub(text, secrets) for text in texts))


@dataclass(slots=True)
class Check:
    """What a look at the account found, with nothing changed there.

    `account` names the account; `warnings` are sentences; `choices` maps a form field to the
    (id, name) pairs that the account offers; `field_errors` maps a form field to what is wrong.
    """

    account: str = ""
    account_url: str = ""
    warnings: list[str] = field(default_factory=list)
    choices: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    field_errors: dict[str, str] = field(default_factory=dict)

    def without(self, secrets: Iterable[str]) -> "Check":
        """What was found at a provider that may have quoted what it was sent."""
        return Check(
            account=scrub(self.account, secrets),
            account_url=scrub(self.account_url, secrets),
            warnings=[scrub(warning, secrets) for warning in self.warnings],
            choices={
                name: [(scrub(pk, secrets), scrub(label, secrets)) for pk, label in pairs]
                for name, pairs in self.choices.items()
            },
            field_errors={name: scrub(text, secrets) for name, text in self.field_errors.items()},
        )
