"""Updates of an incident: a message, a move, or both, once for each idempotency key.

https://api-docs.incident.io/ ("Incident Updates V2", "Create"): a used key answers with the update
that it has made, and shares no second one.
"""

from dataclasses import dataclass, field

from sandbox.errors import Json
from sandbox.identifiers import timestamp, ulid
from sandbox.incidents import Incident
from sandbox.keys import ApiKey


@dataclass(frozen=True)
class Update:
    incident: Incident
    message: str
    status: Json
    severity: Json | None
    updater: ApiKey
    id: str = field(default_factory=ulid)
    created_at: str = field(default_factory=timestamp)

    def as_json(self) -> Json:
        """What is not known is absent, never null."""
        answer: Json = {
            "id": self.id,
            "incident_id": self.incident.id,
            "new_incident_status": self.status,
            "updater": {"api_key": {"id": self.updater.id, "name": self.updater.name}},
            "created_at": self.created_at,
        }
        optional = {"message": self.message, "new_severity": self.severity}
        return answer | {name: value for name, value in optional.items() if value}
