"""incident.io: an incident when an alert triggers, closed when it ends.

API: https://api-docs.incident.io/ (incidents, updates and custom fields are v2; statuses,
severities, types and the identity v1). A create answers 200, and 200 again with the same incident,
as it is now, for a used idempotency key. `POST /v2/incident_updates` came in 2026: it says and
closes in one, and where it is missing an edit closes. A 403 names a missing scope, while
`/v1/identity` and the dashboard speak of roles. Limits: 1,200 calls a minute and key, and a second,
unpublished one on creates an hour. Its answers and lists are read in
destinations/vendors/incident_io/.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django import forms

from destinations.connectors.base import Connector, ConnectorForm, ListedField, SecretField
from destinations.errors import DestinationError, NeedsAttention
from destinations.http import Answer
from destinations.messages import Action, Check, Message, Receipt
from destinations.vendors.incident_io import answers, bodies
from destinations.vendors.incident_io.account import CUSTOM_FIELDS, SEVERITIES, Account
from destinations.vendors.incident_io.answers import Json

# A person may have ended the incident in one of these ways; then there is nothing left to close.
ENDED = {"closed", "declined", "merged", "canceled"}
ROLES = {
    "incident_creator": "incidents cannot be created",
    "incident_editor": "incidents cannot be closed",
    "post_incident_flow_opt_out": "an incident with a post-incident flow cannot be closed",
}
PRIVATE_ROLES = {"global_access": "private incidents cannot be read, and so not be closed"}
NO_KEY = "No API key configured"
TWICE = "Another of these fields has this custom field already: it holds one text."


class DefaultedField(forms.ChoiceField):
    """A choice whose default is stored as nothing, as if nobody had been asked."""

    def __init__(self, default: str, **options: Any) -> None:
        self.default = default
        super().__init__(required=False, **options)

    def to_python(self, value: Any) -> str:
        chosen = str(super().to_python(value))
        return "" if chosen == self.default else chosen


class IncidentIo(Connector):
    kind = "incident_io"
    label = "incident.io"
    rank = 0
    help = "Opens an incident when an alert triggers, and closes it when the alert ends."
    thing = "incident"
    done = "created"
    is_lasting = True
    CREDENTIAL_URL = "https://app.incident.io/settings/api-keys"
    STEPS = (
        "In incident.io, open Settings → API keys and add a key with the roles: view data, create"
        " incidents, edit incidents.",
        "Copy the key; it starts with inc_ and is shown once.",
        "Enter a name and the key here, and press Test: it makes one incident in test mode, and"
        " loads the lists of your account.",
        "Choose the closed status, so that incidents are closed when their alerts end.",
        "Choose severities, an incident type and custom fields if your account uses them.",
    )
    RATE_PER_SECOND = 20.0
    BURST = 200.0
    EXAMPLE = {
        "api_key": "inc_" + "0" * 64,
        "closed_status_id": "01HDGG56RYR2HATMM7R2TS6YJQ",
        "severity_id": "01HDGG56RYJFS2YQXSWHQB29AG",
        "severity_critical_id": "01HDGG56RYJFS2YQXSWHQB29AH",
        "incident_type_id": "01FH5TZRWMNAFB0DZ23FD1TV96",
        "custom_field_asset_id": "01FCNDV6P870EA6S7TK1DSYDG0",
    }
    ANSWER = {
        "incident": {
            "id": "01FDAG4SAP5TYPT98WGR2N7W91",
            "reference": "INC-123",
            "permalink": "https://app.incident.io/incidents/123",
        },
        "incident_update": {"id": "01FCNDV6P870EA6S7TK1DSYDG0"},
    }

    class Form(ConnectorForm):
        more = (*SEVERITIES[1:], "incident_type_id", "visibility", "mode", *CUSTOM_FIELDS)
        api_key = SecretField(
            label="API Key",
            missing=NO_KEY,
            help_text="From incident.io, Settings → API keys; it starts with inc_. Its roles:"
            " create incidents, edit incidents, view data.",
        )
        closed_status_id = ListedField(
            label="Closed Status ID (optional)",
            help_text="The status that closes an incident; Load lists shows yours. Left empty,"
            " incidents stay open until somebody closes them in incident.io.",
        )
        severity_id = ListedField(
            label="Severity ID (optional)",
            help_text="For accounts that ask for a severity; Load lists shows yours.",
        )
        severity_info_id = ListedField(
            label="Severity ID of info alerts (optional)",
            help_text="Left empty, they get the severity above.",
        )
        severity_warning_id = ListedField(
            label="Severity ID of warnings (optional)",
            help_text="Left empty, they get the severity above.",
        )
        severity_critical_id = ListedField(
            label="Severity ID of critical alerts (optional)",
            help_text="Left empty, they get the severity above.",
        )
        incident_type_id = ListedField(
            label="Incident Type ID (optional)",
            help_text="Left empty, incidents are of your account's default type.",
        )
        visibility = DefaultedField(
            "public",
            label="Visibility",
            choices=[("", "Public"), ("private", "Private")],
            help_text="Private incidents are for invited people only. They must be allowed in"
            " incident.io, and closing them takes a key with the role global_access.",
        )
        mode = DefaultedField(
            "standard",
            label="Mode",
            choices=[("", "Standard"), ("test", "Test mode")],
            help_text="In test mode incidents are made without announcements, for a try-out of"
            " rules.",
        )
        custom_field_asset_id = ListedField(
            label="Custom Field ID for the asset (optional)",
            help_text="A field of the type text, which gets the asset's name.",
        )
        custom_field_data_source_id = ListedField(
            label="Custom Field ID for the data source (optional)",
            help_text="A field of the type text, which gets the data source's name.",
        )
        custom_field_event_type_id = ListedField(
            label="Custom Field ID for the event type (optional)",
            help_text="A field of the type text, which gets a word such as schema_change.",
        )

        def warnings(self) -> list[str]:
            key = self.cleaned_data.get("api_key")
            odd = key and not key.startswith("inc_")
            return ["The key does not start with inc_, as incident.io's keys do."] if odd else []

        def problems(self, values: Mapping[str, Any]) -> dict[str, str]:
            chosen = [name for name in CUSTOM_FIELDS if values.get(name)]
            first = {values[name]: name for name in reversed(chosen)}
            return {name: TWICE for name in chosen if first[values[name]] != name}

        def clean(self) -> dict[str, Any]:
            """Of what came later than the first three fields, only what was chosen is kept."""
            cleaned = super().clean() or self.cleaned_data
            for name in self.more:
                if not cleaned.get(name):
                    cleaned.pop(name, None)
            return cleaned

    @classmethod
    def cost(cls, action: Action) -> int:
        return 2 if action == Action.CLOSE else 1

    def obstacle(self, action: Action) -> str:
        if action == Action.CLOSE and not self.config.get("closed_status_id"):
            return "No closed status is set: close the incident by hand in incident.io."
        return ""

    def check(self) -> Check:
        roles = ROLES | (PRIVATE_ROLES if self.config.get("visibility") == "private" else {})
        return Account(self.config, roles, lambda path: self._call("GET", path)).check()

    def create(self, message: Message) -> Receipt:
        incident, left_out = self._post_incident(message, self.config.get("mode") or "standard")
        category = answers.category(incident)
        is_over = (
            f"It had been made before, and is {category} already." if category in ENDED else ""
        )
        return answers.receipt(incident, left_out, is_over)

    def close(self, message: Message) -> Receipt:
        incident = answers.incident(self._call("GET", f"/v2/incidents/{message.external_id}"))
        category = answers.category(incident)
        if category in ENDED:
            return answers.receipt(incident, f"Already {category} by somebody in incident.io.")
        self._end(incident, message, message.ending or "The alert has ended.")
        return answers.receipt(incident)

    def test(self, message: Message) -> Receipt:
        incident, left_out = self._post_incident(message, "test")
        if self.obstacle(Action.CLOSE):
            return answers.receipt(incident, left_out)
        try:
            self._end(incident, message, "The test is over.")
            note = "The test incident was closed again with your closed status."
        except DestinationError as error:
            # The incident is there: its reference is shown however its closing went.
            note = f"Resolve the test incident by hand, its closing failed: {error} {error.advice}"
        return answers.receipt(incident, left_out, note)

    def _post_incident(self, message: Message, mode: str) -> tuple[Json, str]:
        """The incident, and a note of what it had to do without.

        What the API refuses by name is left out, if a create can do without, and asked again under
        the same key: a refused create has made nothing.
        """
        body, refused = bodies.create(self.config, message, mode), list[str]()
        answer = self._ask("POST", "/v2/incidents", body)
        while answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY:
            lesser = bodies.without(self.config, answers.refused_fields(answer), body)
            if lesser == body:
                break
            refused += [name for name in body if body[name] != lesser.get(name)]
            body = lesser
            answer = self._ask("POST", "/v2/incidents", body)
        return answers.incident(self._read(answer)), bodies.note(refused)

    def _end(self, incident: Json, message: Message, ending: str) -> None:
        """Closes it with an update, or with an edit where there are no updates."""
        status = self.config["closed_status_id"]
        update = bodies.update(incident, message, ending, status)
        answer = self._ask("POST", "/v2/incident_updates", update)
        if not answers.is_unknown_call(answer):
            answers.update(self._read(answer))
            return
        edit = {"notify_incident_channel": True, "incident": {"incident_status_id": status}}
        path = f"/v2/incidents/{incident['id']}/actions/edit"
        answers.incident(self._call("POST", path, edit))

    def _call(self, method: str, path: str, body: Any = None) -> Json:
        return self._read(self._ask(method, path, body))

    def _ask(self, method: str, path: str, body: Any = None) -> Answer:
        key = self.secrets.get("api_key")
        if not key:
            raise NeedsAttention(NO_KEY, advice="Enter the API key and save.")
        url = self.setting("INCIDENT_IO_API_URL") + path
        headers = {"Authorization": f"Bearer {key}"}
        return self.door.request(method, url, headers=headers, body=body, is_trusted=True)

    @staticmethod
    def _read(answer: Answer) -> Json:
        if not answer.is_success:
            raise answers.error(answer)
        return answer.json()
