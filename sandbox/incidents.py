"""One incident: its data, its answer form, and which statuses it may move to."""

from dataclasses import dataclass, field

from sandbox.errors import Json
from sandbox.identifiers import timestamp, ulid
from sandbox.keys import GLOBAL_ACCESS, ApiKey
from sandbox.reference_data import ENDED

SLACK_TEAM_ID = "T02A1FSLE8J"

# What an API key may do to the category of an incident, besides leaving it as it is.
# https://api-docs.incident.io/ ("Incidents V2", "Edit").
TRANSITIONS = {
    "triage": {"learning", "closed"},
    "live": {"learning", "closed"},
    "learning": {"closed"},
}


def may_move(old: str, new: str) -> bool:
    return new == old or new in TRANSITIONS.get(old, ())


@dataclass(frozen=True)
class Activity:
    at: str
    who: str
    what: str


@dataclass
class Incident:
    number: int
    idempotency_key: str
    name: str
    summary: str
    mode: str
    visibility: str
    status: Json
    severity: Json | None
    type: Json
    creator: ApiKey
    custom_field_entries: list[Json] = field(default_factory=list)
    call_url: str = ""
    id: str = field(default_factory=ulid)
    created_at: str = field(default_factory=timestamp)
    updated_at: str = ""
    activity: list[Activity] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.record(f"API key {self.creator.name}", f"opened it as {self.status['name']}")

    @property
    def reference(self) -> str:
        return f"INC-{self.number}"

    @property
    def category(self) -> str:
        return str(self.status["category"])

    @property
    def is_open(self) -> bool:
        return self.category not in ENDED

    def is_seen_by(self, key: ApiKey) -> bool:
        return self.visibility == "public" or GLOBAL_ACCESS in key.roles

    def record(self, who: str, what: str) -> None:
        self.updated_at = timestamp()
        self.activity.append(Activity(self.updated_at, who, what))

    def as_json(self, base_url: str) -> Json:
        """The incident as the API answers it; what is not known is absent, never null.

        `last_activity_at` and `team_ids` are newer than the published schema, and the official
        Python client requires them. The idempotency key is never echoed.
        """
        answer: Json = {
            "id": self.id,
            "reference": self.reference,
            "name": self.name,
            "permalink": f"{base_url}/incidents/{self.number}",
            "mode": self.mode,
            "visibility": self.visibility,
            "incident_status": self.status,
            "incident_type": self.type,
            "creator": {"api_key": {"id": self.creator.id, "name": self.creator.name}},
            "custom_field_entries": self.custom_field_entries,
            "incident_role_assignments": [],
            "incident_timestamp_values": [],
            "team_ids": [],
            "has_debrief": False,
            "slack_team_id": SLACK_TEAM_ID,
            # The channel is made after the incident, and often not there yet.
            "slack_channel_id": "",
            "created_at": self.created_at,
            "updated_at": self.updated_at,
            "last_activity_at": self.updated_at,
        }
        optional = {"summary": self.summary, "severity": self.severity, "call_url": self.call_url}
        return answer | {name: value for name, value in optional.items() if value}
