"""incident.io: an incident when an alert triggers, closed when it ends.

API: https://api-docs.incident.io/ (incidents and edits are v2; statuses, severities, identity v1).
A create answers 200, and 200 again with the same incident for a used idempotency key. A 403 names
a missing scope, while `/v1/identity` and the dashboard speak of roles. Limits: 1,200 calls a
minute and key, and a second, unpublished one on creates an hour.
"""

from typing import Any

from destinations.connectors.base import Connector, ConnectorForm, ListedField, SecretField
from destinations.errors import DestinationError, MalformedAnswer, NeedsAttention
from destinations.http import Answer
from destinations.messages import Action, Check, Message, Receipt

# A person may have ended the incident in one of these ways; then there is nothing left to close.
ENDED = {"closed", "declined", "merged", "canceled"}
ROLES = {
    "incident_creator": "incidents cannot be created",
    "incident_editor": "incidents cannot be closed",
    "post_incident_flow_opt_out": "an incident with a post-incident flow cannot be closed",
}
ADVICE = {
    401: "Check the key in incident.io under Settings → API keys, or make a new one there.",
    403: "In incident.io, give the key the roles to create and to edit incidents.",
    422: "Test the destination: the test lists the statuses and severities that the account has.",
}
NO_KEY = "No API key configured"
SEVERITY_ADVICE = "The account asks for a severity: set the Severity ID of this destination."


class IncidentIo(Connector):
    kind = "incident_io"
    label = "incident.io"
    help = "Opens an incident when an alert triggers, and closes it when the alert ends."
    thing = "incident"
    done = "created"
    is_lasting = True
    CREDENTIAL_URL = "https://app.incident.io/settings/api-keys"
    STEPS = (
        "In incident.io, open Settings → API keys and add a key with the roles: view data, create"
        " incidents, edit incidents.",
        "Copy the key; it starts with inc_ and is shown once.",
        "Enter a name and the key here, and press Test: it makes one incident in test mode.",
        "Choose the closed status, so that incidents are closed when their alerts end.",
    )
    RATE_PER_SECOND = 20.0
    BURST = 200.0
    EXAMPLE = {
        "api_key": "inc_" + "0" * 64,
        "closed_status_id": "01HDGG56RYR2HATMM7R2TS6YJQ",
        "severity_id": "01HDGG56RYJFS2YQXSWHQB29AG",
    }
    ANSWER = {
        "incident": {
            "id": "01FDAG4SAP5TYPT98WGR2N7W91",
            "reference": "INC-123",
            "permalink": "https://app.incident.io/incidents/123",
        }
    }

    class Form(ConnectorForm):
        api_key = SecretField(
            label="API Key",
            missing=NO_KEY,
            help_text="From incident.io, Settings → API keys; it starts with inc_. Its roles:"
            " create incidents, edit incidents, view data.",
        )
        closed_status_id = ListedField(
            label="Closed Status ID (optional)",
            help_text="The status that closes an incident; Test lists yours. Left empty,"
            " incidents stay open until somebody closes them in incident.io.",
        )
        severity_id = ListedField(
            label="Severity ID (optional)",
            help_text="For accounts that ask for a severity; Test lists yours.",
        )

        def warnings(self) -> list[str]:
            key = self.cleaned_data.get("api_key")
            odd = key and not key.startswith("inc_")
            return ["The key does not start with inc_, as incident.io's keys do."] if odd else []

    @classmethod
    def cost(cls, action: Action) -> int:
        return 2 if action == Action.CLOSE else 1

    def obstacle(self, action: Action) -> str:
        if action == Action.CLOSE and not self.config.get("closed_status_id"):
            return "No closed status is set: close the incident by hand in incident.io."
        return ""

    def check(self) -> Check:
        found = Check()
        identity = self._look("/v1/identity", found, "the key's roles").get("identity")
        if isinstance(identity, dict):
            roles = identity.get("roles")
            roles = roles if isinstance(roles, list) else []
            # The workspace has no name here but the last part of https://app.incident.io/my-org.
            found.account_url = str(identity.get("dashboard_url") or "")
            found.account = found.account_url.rpartition("/")[2] or str(identity.get("name", ""))
            found.warnings += [
                f"The key lacks the role {role}: {effect}."
                for role, effect in ROLES.items()
                if role not in roles
            ]
        self._offer(found, "closed_status_id", "incident_statuses", "closed")
        self._offer(found, "severity_id", "severities")
        return found

    def create(self, message: Message) -> Receipt:
        return _receipt(self._post_incident(message, "standard"))

    def close(self, message: Message) -> Receipt:
        incident = _incident(self._call("GET", f"/v2/incidents/{message.external_id}"))
        status = incident.get("incident_status")
        if isinstance(status, dict) and status.get("category") in ENDED:
            return _receipt(incident, f"Already {status['category']} by somebody in incident.io.")
        return _receipt(self._edit_to_closed(message.external_id))

    def test(self, message: Message) -> Receipt:
        receipt = _receipt(self._post_incident(message, "test"))
        if self.obstacle(Action.CLOSE):
            return receipt
        try:
            note = "The test incident was closed again with your closed status."
            return _receipt(self._edit_to_closed(receipt.external_id), note)
        except DestinationError as error:
            # The incident is there: its reference is shown however its closing went.
            note = f"Resolve the test incident by hand, its closing failed: {error} {error.advice}"
            return Receipt(receipt.external_id, receipt.reference, receipt.link, note)

    def _post_incident(self, message: Message, mode: str) -> dict[str, Any]:
        body = {
            "idempotency_key": message.idempotency_key,
            "name": message.headline,
            "summary": message.summary,
            "mode": mode,
            "visibility": "public",
        }
        if severity := self.config.get("severity_id"):
            body["severity_id"] = severity
        return _incident(self._call("POST", "/v2/incidents", body))

    def _edit_to_closed(self, incident_id: str) -> dict[str, Any]:
        edit = {"incident_status_id": self.config["closed_status_id"]}
        body = {"notify_incident_channel": True, "incident": edit}
        return _incident(self._call("POST", f"/v2/incidents/{incident_id}/actions/edit", body))

    def _look(self, path: str, found: Check, what: str) -> dict[str, Any]:
        """A list of the account; what the key may not see is a warning, a wrong key is an error."""
        try:
            return self._call("GET", path)
        except DestinationError as error:
            if error.status_code not in {403, 404}:
                raise
            found.warnings.append(f"Could not read {what}: {error}")
            return {}

    def _offer(self, found: Check, field: str, listing: str, category: str = "") -> None:
        look = self._look(f"/v1/{listing}", found, listing.replace("_", " "))
        if not isinstance(look.get(listing), list):
            return
        items = sorted(_dicts(look[listing]), key=_rank)
        found.choices[field] = [
            (str(item.get("id")), str(item.get("name")))
            for item in items
            if item.get("category", "") == category or not category
        ]
        chosen = self.config.get(field)
        if not chosen or chosen in dict(found.choices[field]):
            return
        other = next((item for item in items if item.get("id") == chosen), None)
        found.field_errors[field] = (
            f"“{other.get('name')}” is a status of category {other.get('category')}, not closed."
            if other
            else "This account has no such ID. Choose one of the list below."
        )

    def _call(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        key = self.secrets.get("api_key")
        if not key:
            raise NeedsAttention(NO_KEY, advice="Enter the API key and save.")
        url = self.setting("INCIDENT_IO_API_URL") + path
        headers = {"Authorization": f"Bearer {key}"}
        answer = self.door.request(method, url, headers=headers, body=body, is_trusted=True)
        if not answer.is_success:
            raise _error(answer)
        return answer.json()


def _error(answer: Answer) -> DestinationError:
    """incident.io's error envelope: `errors[].message`, `source.field`, `request_id`."""
    try:
        envelope = answer.json()
    except MalformedAnswer:
        envelope = {}
    errors = _dicts(envelope.get("errors"))
    fields = {str(source.get("field")) for source in _dicts([e.get("source") for e in errors])}
    advice = SEVERITY_ADVICE if "severity_id" in fields else ADVICE.get(answer.status_code, "")
    limit = envelope.get("rate_limit")
    return answer.error(
        detail="; ".join(str(e.get("message", "")) for e in errors),
        advice=advice,
        request_id=str(envelope.get("request_id", "")),
        wait=str(limit.get("retry_after", "")) if isinstance(limit, dict) else "",
    )


def _dicts(items: Any) -> list[dict[str, Any]]:
    """The objects in what should be a list of objects."""
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _incident(data: dict[str, Any]) -> dict[str, Any]:
    incident = data.get("incident")
    if isinstance(incident, dict) and isinstance(incident.get("id"), str) and incident["id"]:
        return incident
    raise MalformedAnswer("HTTP 200, but the answer named no incident.", status_code=200)


def _rank(item: dict[str, Any]) -> float:
    rank = item.get("rank")
    return rank if isinstance(rank, int | float) else 0


def _receipt(incident: dict[str, Any], note: str = "") -> Receipt:
    return Receipt(
        external_id=incident["id"],
        reference=str(incident.get("reference") or ""),
        link=str(incident.get("permalink") or ""),
        note=note,
    )
