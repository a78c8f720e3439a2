"""The workspace: all incidents, the settings of its owners, and every change to an incident."""

import threading
from dataclasses import dataclass

from sandbox.custom_fields import as_kept
from sandbox.errors import (
    ApiError,
    Json,
    invalid,
    missing_scope,
    not_found,
    required,
    unknown_reference,
    unprocessable,
)
from sandbox.incidents import Incident, may_move
from sandbox.keys import OPT_OUT, ApiKey
from sandbox.reference_data import (
    DEFAULT_TYPE,
    SEVERITY_BY_ID,
    STATUS_BY_ID,
    TYPE_BY_ID,
    first_status,
)
from sandbox.updates import Update
from sandbox.validation import (
    UPDATES,
    check_create,
    check_initial_status,
    check_references,
    check_visibility,
)


@dataclass
class Settings:
    """What the owners of a real workspace can demand."""

    severity_required: bool = False
    post_incident_flow_required: bool = False
    # The API has it since 2026 only: without it, the path is one that nobody has heard of.
    has_incident_updates: bool = True


class Workspace:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.settings = Settings()
        self._by_id: dict[str, Incident] = {}
        self._by_key: dict[str, Incident] = {}
        self._by_number: dict[str, Incident] = {}
        self._updates: dict[str, Update] = {}

    def reset(self) -> None:
        with self.lock:
            self.settings = Settings()
            self._by_id, self._by_key, self._by_number = {}, {}, {}
            self._updates = {}

    def incidents(self) -> list[Incident]:
        """All of them, of every mode, the oldest first."""
        with self.lock:
            return list(self._by_number.values())

    def find(self, identifier: str, key: ApiKey | None = None) -> Incident:
        """By id, or by the numeric part of the reference. A key may not see private ones."""
        incident = self._by_id.get(identifier) or self._by_number.get(identifier)
        if incident is None or (key and not incident.is_seen_by(key)):
            raise not_found()
        return incident

    def create(self, body: Json, key: ApiKey) -> Incident:
        """A new incident, or the one that the idempotency key has made before, as it is now.

        That a used key returns the first incident is stated for the escalations and incident
        updates of the same API, and only implied here: https://api-docs.incident.io/
        """
        check_create(body)
        with self.lock:
            return self._by_key.get(body["idempotency_key"]) or self._open(body, key)

    def _open(self, body: Json, key: ApiKey) -> Incident:
        check_references(body)
        kind = (
            TYPE_BY_ID[body["incident_type_id"]] if body.get("incident_type_id") else DEFAULT_TYPE
        )
        check_visibility(body["visibility"], kind)
        status = _initial_status(body, kind)
        severity = SEVERITY_BY_ID.get(body.get("severity_id") or "")
        if self.settings.severity_required and severity is None and status["category"] != "triage":
            message = "A severity is required to open an incident"
            raise unprocessable(required("severity_id", message))
        incident = Incident(
            number=len(self._by_number) + 1,
            idempotency_key=body["idempotency_key"],
            name=body.get("name") or "",
            summary=body.get("summary") or "",
            mode=body.get("mode") or "standard",
            visibility=body["visibility"],
            status=status,
            severity=severity,
            type=kind,
            creator=key,
            custom_field_entries=as_kept(body.get("custom_field_entries")),
        )
        self._by_number[str(incident.number)] = incident
        self._by_id[incident.id] = incident
        self._by_key[incident.idempotency_key] = incident
        return incident

    def edit(self, identifier: str, fields: Json, key: ApiKey) -> Incident:
        """Change the fields that are given, all of them or none."""
        with self.lock:
            incident = self.find(identifier, key)
            self._edit(incident, fields, key)
            return incident

    def update(self, body: Json, key: ApiKey) -> Update:
        """Says and moves in one, or returns the update that the idempotency key has made."""
        with self.lock:
            return self._updates.get(body["idempotency_key"]) or self._update(body, key)

    def _update(self, body: Json, key: ApiKey) -> Update:
        incident = self._by_id.get(body["incident_id"])
        if incident is None or not incident.is_seen_by(key):
            raise unprocessable(unknown_reference("incident_id"))
        fields = {edit: body[name] for name, edit in UPDATES.items() if edit and body.get(name)}
        try:
            self._edit(incident, fields, key)
        except ApiError as error:
            raise error.named("to_") from None
        message = body.get("message") or ""
        if message:
            incident.record(f"API key {key.name}", f"wrote: {message}")
        update = Update(incident, message, incident.status, incident.severity, key)
        self._updates[body["idempotency_key"]] = update
        return update

    def _edit(self, incident: Incident, fields: Json, key: ApiKey) -> None:
        check_references(fields)
        status = STATUS_BY_ID.get(fields.get("incident_status_id") or "")
        if status:
            self._check_move(incident, str(status["category"]), key)
        self._change(incident, fields, status, f"API key {key.name}")

    def _check_move(self, incident: Incident, category: str, key: ApiKey) -> None:
        old = incident.category
        if not may_move(old, category):
            message = f"cannot move an incident from {old} to {category}"
            raise unprocessable(invalid("incident_status_id", message))
        skips_flow = category == "closed" and old in ("triage", "live")
        # The role is documented, the error for lacking it is not; a 403 that names it is a guess.
        if skips_flow and self.settings.post_incident_flow_required and OPT_OUT not in key.roles:
            raise missing_scope(OPT_OUT)

    def _change(self, incident: Incident, fields: Json, status: Json | None, who: str) -> None:
        for name in ("name", "summary", "call_url"):
            if fields.get(name) is not None:
                setattr(incident, name, fields[name])
        if fields.get("severity_id"):
            incident.severity = SEVERITY_BY_ID[fields["severity_id"]]
        if fields.get("custom_field_entries") is not None:
            incident.custom_field_entries = as_kept(fields["custom_field_entries"])
        changed = [name for name in fields if name != "incident_status_id"]
        if changed:
            incident.record(who, f"edited {', '.join(changed)}")
        if status and status is not incident.status:
            incident.status = status
            incident.record(who, f"moved it to {status['name']}")

    def move_by_hand(self, identifier: str, category: str) -> Incident:
        """What a person does in the app, where every status can be chosen."""
        with self.lock:
            incident = self.find(identifier)
            self._change(incident, {}, first_status(category), "A person")
            return incident


def _initial_status(body: Json, kind: Json) -> Json:
    if kind["create_in_triage"] == "always":
        return first_status("triage")
    if not body.get("incident_status_id"):
        return first_status("live")
    status = STATUS_BY_ID[body["incident_status_id"]]
    check_initial_status(status)
    return status
