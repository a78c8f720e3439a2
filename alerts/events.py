"""Parses and validates an event: from bytes to a frozen Event, or to errors that name the field.

Pure: no database, no clock but for a missing `occurred_at`.
"""

import functools
import hashlib
import math
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, TypeVar

import pydantic_core
from pydantic import (
    AfterValidator,
    AliasChoices,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from alerts import vocabulary

TITLE_LIMIT = 500
TEXT_LIMIT = 8192
NAME_LIMIT = 500
TAGS_LIMIT = 50
CHANGES_LIMIT = 500
DETAILS_LIMIT = 100
BATCH_LIMIT = 1000
# A clock that runs ahead a little is normal; more is a mistake in the producer.
FUTURE_LIMIT_SECONDS = 24 * 60 * 60


_Model = TypeVar("_Model", bound=BaseModel)


class MalformedJson(ValueError):
    """The body is no JSON; `str(error)` says where."""


class InvalidEvent(ValueError):
    """Fields are wrong: `errors` is a list of {"field", "message"}."""

    def __init__(self, errors: list[dict[str, str]]) -> None:
        super().__init__("; ".join(f"{e['field']}: {e['message']}" for e in errors))
        self.errors = errors


def _no_nul(text: str) -> str:
    # PostgreSQL's text cannot hold it.
    if "\x00" in text:
        raise ValueError("must not hold the NUL character")
    return text


def _as_text(value: Any) -> Any:
    """Numbers and booleans may stand where a producer has no strings, in `old_value` say."""
    return str(value) if isinstance(value, int | float | bool) else value


def _scalar(value: Any) -> Any:
    if value is not None and not isinstance(value, str | bool | int | float):
        raise ValueError("must be a string, a number, true, false or null")
    if isinstance(value, float) and not math.isfinite(value):  # 1e400 is valid JSON
        raise ValueError("is too large a number")
    return _no_nul(value[:TEXT_LIMIT]) if isinstance(value, str) else value


Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=NAME_LIMIT),
    AfterValidator(_no_nul),
]
Text = Annotated[str, StringConstraints(max_length=TEXT_LIMIT), AfterValidator(_no_nul)]
Value = Annotated[Text | None, BeforeValidator(_as_text)]
Scalar = Annotated[Any, AfterValidator(_scalar)]


class Change(BaseModel):
    """One schema change in an event."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    change_type: str
    column: Name = Field(default="", validation_alias=AliasChoices("column", "column_name"))
    object_name: Name = ""
    old_value: Value = None
    new_value: Value = None

    @field_validator("change_type")
    @classmethod
    def _known(cls, value: str) -> str:
        return vocabulary.change_type(value)

    @field_validator("column", "object_name", mode="before")
    @classmethod
    def _absent(cls, value: Any) -> Any:
        return "" if value is None else value


class Event(BaseModel):
    """What a detector reported. See the API page for each field."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    event_id: Name = ""
    status: Literal["triggered", "resolved"] = "triggered"
    event_type: vocabulary.EventType
    severity: vocabulary.Severity = vocabulary.Severity.WARNING
    title: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=TITLE_LIMIT),
        AfterValidator(_no_nul),
    ]
    description: Text = ""
    data_source: Name = ""
    schema_name: Name = Field(default="", alias="schema")
    asset: Name = Field(default="", validation_alias=AliasChoices("asset", "qualified_name"))
    asset_id: Name = ""
    changes: Annotated[tuple[Change, ...], Field(max_length=CHANGES_LIMIT)] = ()
    dedup_key: Name = ""
    tags: Annotated[tuple[Name, ...], Field(max_length=TAGS_LIMIT)] = ()
    occurred_at: AwareDatetime = Field(default_factory=lambda: datetime.now(UTC))
    details: Annotated[dict[Name, Scalar], Field(max_length=DETAILS_LIMIT)] = {}

    @field_validator("event_type", mode="before")
    @classmethod
    def _known_type(cls, value: Any) -> Any:
        if not isinstance(value, str):
            raise ValueError("must be a string")
        try:
            return vocabulary.event_type(value)
        except ValueError:
            known = ", ".join(vocabulary.EventType.values)
            raise ValueError(f"is not a known event type; use one of {known}") from None

    @field_validator("severity", "status", mode="before")
    @classmethod
    def _any_case(cls, value: Any) -> Any:
        return value.strip().lower() if isinstance(value, str) else value

    @field_validator(
        "event_id",
        "description",
        "data_source",
        "schema_name",
        "asset",
        "asset_id",
        "dedup_key",
        "changes",
        "tags",
        "details",
        mode="before",
    )
    @classmethod
    def _null_is_absent(cls, value: Any, info: pydantic_core.core_schema.ValidationInfo) -> Any:
        if value is not None:
            return value
        return cls.model_fields[info.field_name or ""].get_default(call_default_factory=True)

    @field_validator("occurred_at")
    @classmethod
    def _not_far_ahead(cls, value: datetime) -> datetime:
        if (value - datetime.now(UTC)).total_seconds() > FUTURE_LIMIT_SECONDS:
            raise ValueError("is more than a day in the future")
        try:
            return value.astimezone(UTC)
        except OverflowError:
            raise ValueError("is before the year 1") from None

    @model_validator(mode="after")
    def _names_an_asset(self) -> "Event":
        if not (self.asset or self.asset_id):
            raise pydantic_core.PydanticCustomError(
                "asset_required", "give `asset` or `asset_id`", {"field": "asset"}
            )
        return self

    @functools.cached_property
    def fingerprint(self) -> str:
        """Names the problem: equal for every event of it. SHA-256, in hex.

        The producer's `dedup_key`, or else data source, asset, event type and changed objects.
        """
        parts = [self.dedup_key] if self.dedup_key else self._identity()
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()

    def _identity(self) -> list[str]:
        objects = {f"{c.change_type}:{c.object_name}:{c.column}" for c in self.changes}
        asset = self.asset or self.asset_id
        return ["", self.data_source, asset, self.event_type.value, *sorted(objects)]


class Batch(BaseModel):
    """Several events at once."""

    events: Annotated[list[Event], Field(max_length=BATCH_LIMIT)]


def parse(body: bytes) -> Event:
    """One event from JSON. Raises MalformedJson or InvalidEvent."""
    return _validated(Event, body)


def parse_batch(body: bytes) -> list[Event]:
    """`{"events": […]}`, at most 1,000, all valid or none. Raises MalformedJson or InvalidEvent."""
    return _validated(Batch, body).events


def _validated(model: type[_Model], body: bytes) -> _Model:
    try:
        data = pydantic_core.from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise MalformedJson(f"The body is not JSON: {error}") from None
    if not isinstance(data, dict):
        raise MalformedJson("The body must be a JSON object.")
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise InvalidEvent([_plain(e) for e in error.errors(include_url=False)]) from None


def _plain(error: Any) -> dict[str, str]:
    """pydantic's error as field and sentence; the input itself is not repeated."""
    path = [str(part) for part in error["loc"]]
    path += [error["ctx"]["field"]] if error["type"] == "asset_required" else []
    message = error["msg"].removeprefix("Value error, ")
    return {"field": ".".join(path) or "body", "message": message}
