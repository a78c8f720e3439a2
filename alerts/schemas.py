"""What the API takes and answers, for its document and its routes."""

from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from ninja import Field, Schema

from alerts.events import Text
from alerts.models import Alert

T = TypeVar("T")


class Envelope(Schema, Generic[T]):
    """Every good answer."""

    data: T


class ErrorBody(Schema):
    code: str
    message: str
    details: Any


class ErrorOut(Schema):
    """Every other answer; `details` lists the fields at fault as {"field", "message"}."""

    error: ErrorBody


class RecordedOut(Schema):
    """What became of an event: `accepted`, `duplicate`, `unmatched`, or `suppressed`: the rules
    that want its alert are kept quiet for now, and look again when that is over."""

    event_id: str
    alert_id: UUID | None
    status: str


class ResultsOut(Schema):
    """One result per event, in order."""

    results: list[RecordedOut]


class Ending(Schema):
    """Why an alert is resolved or dismissed; may be left out."""

    note: Text = ""


class AttemptOut(Schema):
    """One try of a delivery."""

    number: int
    started_at: datetime
    duration_ms: int
    outcome: str
    status_code: int | None
    error: str
    request_id: str


class DeliveryOut(Schema):
    """One thing asked of one destination for one alert; `destination` is its id."""

    id: UUID
    alert: UUID = Field(validation_alias="alert_id")
    destination: UUID = Field(validation_alias="destination_id")
    destination_name: str = Field(validation_alias="destination.name")
    destination_type: str = Field(validation_alias="destination.kind")
    action: str
    state: str
    reason: str
    idempotency_key: str
    external_id: str
    reference: str
    link: str
    next_attempt_at: datetime | None
    created_at: datetime
    attempts: list[AttemptOut]


class AlertOut(Schema):
    """One problem, from its first event to its end."""

    id: UUID
    status: str = Field(validation_alias="state")
    event_type: str
    severity: str
    title: str
    description: str
    data_source: str
    schema_name: str = Field(alias="schema")
    asset: str
    asset_id: str
    changes: list[dict[str, Any]]
    tags: list[str]
    details: dict[str, Any]
    count: int
    verdict: str
    is_matched: bool
    occurred_at: datetime
    last_event_at: datetime
    created_at: datetime
    ended_at: datetime | None

    @staticmethod
    def resolve_verdict(alert: Alert) -> str:
        return alert.all_in_all


class VerdictOut(Schema):
    """What one rule says of an alert. `verdict` is `matched`, `suppressed`, `waiting` or
    `not_matched`; `suppressor` says by what: `snooze`, `schedule`, `blackout`, `cooldown` or
    `daily_limit`; `rule_id` is null when the rule was deleted."""

    rule_id: UUID | None
    rule_name: str
    verdict: str
    reason: str
    suppressor: str | None
    until: datetime | None
    evaluated_at: datetime
