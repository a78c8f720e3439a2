"""incident.io alerts: events for an HTTP alert source, for accounts that route alerts themselves.

https://api-docs.incident.io/tag/Alert-Events-V2. The source has an id, which stands in its URL, and
a token of its own: API keys are not taken. 202 means accepted and no more; whether an alert makes
an incident is up to the account's alert routes, and no answer tells. While the alert of a
deduplication key is firing, repeats are dropped, and `resolved` without one does
nothing; so both may be repeated. Firing after resolved opens a new alert. Metadata must be flat:
https://github.com/SigNoz/signoz/pull/12644. What an event looks like stands in
destinations/vendors/incident_io_alerts/.
"""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django import forms

from destinations.connectors.base import Connector, ConnectorForm, SecretField
from destinations.errors import (
    DestinationError,
    MalformedAnswer,
    NeedsAttention,
    Rejected,
)
from destinations.http import Answer
from destinations.messages import Check, Message, Receipt
from destinations.vendors.incident_io_alerts.events import event

PATH = "/v2/alert_events/http/"
PUBLIC_HOST = "api.incident.io"
NO_TOKEN = "No token configured"  # noqa: S105 (a sentence)
# A ULID, as all ids of incident.io.
ID = re.compile(r"[0-9A-Za-z]{26}")
ACCEPTED = (
    "incident.io has accepted both events, which says no more than that: its alert routes decide"
    " what becomes of them. Look for the test in incident.io, under Alerts."
)
COPY_AGAIN = "In incident.io, under Alerts, open the alert source and copy its token again."
ADVICE = {
    401: COPY_AGAIN,
    403: COPY_AGAIN,
    404: "There is no such alert source. In incident.io, under Alerts, open it, and copy its URL"
    " again.",
    410: "The alert source is gone. Enter the URL and the token of another one.",
    422: "incident.io does not take this event as it is. Please report it, with the sentence.",
}
GONE = {404, 410}


class SourceField(forms.CharField):
    """An alert source: its id, or its whole URL. A token in the URL is not shown again."""

    def prepare_value(self, value: Any) -> Any:
        return value.partition("?")[0] if isinstance(value, str) else value


class IncidentIoAlerts(Connector):
    kind = "incident_io_alerts"
    # Without the vendor's name, by which people look for the other kind.
    label = "HTTP alert source"
    help = "Sends alert events; the account's alert routes decide which become incidents."
    thing = "alert event"
    done = "sent"
    is_lasting = True
    CREDENTIAL_URL = "https://app.incident.io/"
    STEPS = (
        "In incident.io, under Alerts, add a source of the type HTTP.",
        "Copy its URL, which ends with an ID, and its token, and enter both here.",
        "Press Test: it sends one alert that is named as a test, and resolves it at once.",
        "In incident.io, add an alert route for the source, so that incidents come of its alerts.",
        "Use the event's metadata, such as severity and asset, in the route or as attributes.",
    )
    # 120 a minute and source: https://api-docs.incident.io/tag/Alert-Events-V2. These two make 110
    # in the first minute.
    RATE_PER_SECOND = 1.5
    BURST = 20.0
    EXAMPLE = {"source_id": "01GW2G3V0S59R238FAHPDS1R66", "token": "0123456789abcdef0123456789"}
    ANSWER = {
        "status": "success",
        "message": "Event accepted for processing",
        "deduplication_key": "anomalyarmor-1-2-3",
    }

    class Form(ConnectorForm):
        source_id = SourceField(
            label="Alert source",
            max_length=300,
            help_text="The URL of an HTTP alert source, such as"
            " https://api.incident.io/v2/alert_events/http/01GW2G3V0S59R238FAHPDS1R66, or its ID.",
        )
        token = SecretField(
            label="Token",
            missing=NO_TOKEN,
            help_text="The alert source's own, shown beside its URL. An API key is not taken.",
        )

        def clean_source_id(self) -> str:
            typed = str(self.cleaned_data["source_id"])
            return typed if ID.fullmatch(typed) else _id_in(typed)

        def warnings(self) -> list[str]:
            is_api_key = (self.cleaned_data.get("token") or "").startswith("inc_")
            sentence = "This looks like an API key: an alert source has a token of its own."
            return [sentence] if is_api_key else []

    def check(self) -> Check:
        """Asks nobody: the only call there is would send an event."""
        self._token()
        return Check()

    def create(self, message: Message) -> Receipt:
        self._send("firing", message, message.idempotency_key)
        return Receipt(message.idempotency_key)

    def close(self, message: Message) -> Receipt:
        # Only a record of what would be sent has no id of a first event.
        key = message.external_id or message.idempotency_key
        self._send("resolved", message, key)
        return Receipt(key)

    def test(self, message: Message) -> Receipt:
        key, note = message.idempotency_key, ACCEPTED
        self._send("firing", message, key, is_test=True)
        try:
            self._send("resolved", message, key, is_test=True)
        except DestinationError as error:
            note = f"Resolve the test alert by hand: {error} {error.advice}"
        return Receipt(key, note=note)

    def _send(self, status: str, message: Message, key: str, *, is_test: bool = False) -> None:
        url = self.setting("INCIDENT_IO_API_URL") + PATH + str(self.config["source_id"])
        headers = {"Authorization": f"Bearer {self._token()}"}
        body = {"status": status, "deduplication_key": key} | event(message, is_test=is_test)
        answer = self.door.request("POST", url, headers=headers, body=body, is_trusted=True)
        if not answer.is_success:
            raise _error(answer)
        if answer.json().get("status") != "success":
            raise MalformedAnswer(
                f"HTTP {answer.status_code}, but the answer does not say success.",
                status_code=answer.status_code,
            )

    def _token(self) -> str:
        token = self.secrets.get("token")
        if not token:
            raise NeedsAttention(NO_TOKEN, advice="Enter the alert source's token and save.")
        return token


def _id_in(address: str) -> str:
    """The id in the URL of an HTTP alert source. Raises ValidationError."""
    try:
        parts = urlsplit(address)
    except ValueError:
        parts = urlsplit("")
    if "token" in parse_qs(parts.query, keep_blank_values=True):
        raise forms.ValidationError(
            "The token stands in this URL. Enter it under Token, and the URL without ?token=…"
        )
    own = urlsplit(Connector.setting("INCIDENT_IO_API_URL"))
    if parts.netloc.lower() not in (PUBLIC_HOST, own.netloc):
        raise forms.ValidationError(
            f"Enter the URL of an alert source, which starts with https://{PUBLIC_HOST}{PATH}, or"
            " its ID of 26 characters."
        )
    found = parts.path.rstrip("/").rpartition("/")
    if f"{found[0]}/" != PATH or not ID.fullmatch(found[2]):
        raise forms.ValidationError(
            f"This is not the URL of an HTTP alert source, which has {PATH} and an ID in it."
        )
    return found[2]


def _error(answer: Answer) -> DestinationError:
    """The answer as an error. A source that is not there is for a person."""
    try:
        said = answer.json()
    except MalformedAnswer:
        said = {}
    problems = said.get("errors")
    problems = [p for p in problems if isinstance(p, dict)] if isinstance(problems, list) else []
    limit = said.get("rate_limit")
    error = answer.error(
        detail="; ".join(str(problem.get("message", "")) for problem in problems),
        advice=ADVICE.get(answer.status_code, ""),
        request_id=str(said.get("request_id", "")),
        wait=str(limit.get("retry_after", "")) if isinstance(limit, dict) else "",
    )
    if isinstance(error, Rejected) and answer.status_code in GONE:
        return NeedsAttention(
            str(error),
            advice=error.advice,
            status_code=answer.status_code,
            request_id=error.request_id,
        )
    return error
