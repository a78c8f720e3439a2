"""PagerDuty: an alert by the Events API v2, resolved when ours ends.

https://developer.pagerduty.com/docs/events-api-v2-overview. One call takes all events, and answers
202 before anything has come of them. The integration key stands in the body and is the only
credential; it cannot be checked without sending an event. A second trigger with the key of an open
alert adds to that alert, and a resolve without an open alert is dropped; so both may be repeated. A
trigger after a resolve opens a new alert: a retry makes a second one if a person resolved the first
in between. Accounts of the EU region have another host. A wrong key is a 400. What an event looks
like stands in destinations/vendors/pagerduty/.
"""

import re
from typing import Any

from django import forms

from destinations.connectors.base import Connector, ConnectorForm, SecretField
from destinations.errors import DestinationError, MalformedAnswer, NeedsAttention, Rejected
from destinations.http import Answer
from destinations.messages import Check, Message, Receipt
from destinations.vendors.pagerduty import events
from destinations.vendors.pagerduty.events import SEVERITIES

NO_KEY = "No integration key configured"
US = "https://events.pagerduty.com"
EU = "https://events.eu.pagerduty.com"
KEY_LENGTH = 32  # characters
# https://developer.pagerduty.com/docs/events-api-rate-limits suggests it; no answer says how long.
WAIT = "30"  # seconds
PLAIN = re.compile(r"[\w .,'-]{1,200}")
KEY_ADVICE = (
    "In PagerDuty, open the service, Integrations, and copy the integration key of “Events API v2”;"
    " it has 32 characters. Choose the account's region here, too."
)
REPORT = "PagerDuty does not take this event as it is. Please report it, with the sentence."


class SeverityField(forms.ChoiceField):
    """PagerDuty's severity for one of ours. Left alone, it is the one of the same name."""

    def __init__(self, ours: str) -> None:
        self.ours = ours
        super().__init__(
            label=f"Severity of {ours} alerts",
            help_text=f"What PagerDuty is told of {ours} alerts: an urgency may depend on it.",
            required=False,
            choices=[(name, name.capitalize()) for name in SEVERITIES],
            initial=ours,
        )

    def clean(self, value: Any) -> str:
        return str(super().clean(value)) or self.ours


class PagerDuty(Connector):
    kind = "pagerduty"
    label = "PagerDuty"
    help = "Triggers an alert on a service, and resolves it when ours ends."
    thing = "alert"
    done = "sent"
    is_lasting = True
    CREDENTIAL_URL = "https://support.pagerduty.com/main/docs/services-and-integrations"
    STEPS = (
        "In PagerDuty, open Services → Service Directory and the service that owns your data.",
        "Under Integrations, add one of the type Events API v2.",
        "Copy its integration key, which has 32 characters, and enter it here.",
        "Choose the region: EU if PagerDuty's address has .eu. in it.",
        "Press Test: it triggers one alert of the severity info, and resolves it at once.",
    )
    # About 120 a minute and key: https://developer.pagerduty.com/docs/events-api-rate-limits. These
    # two make 110 in the first minute.
    RATE_PER_SECOND = 1.5
    BURST = 20.0
    EXAMPLE = {"routing_key": "0" * KEY_LENGTH, "region": "us", "severity_critical": "critical"}
    ANSWER = {"status": "success", "message": "Event processed", "dedup_key": "anomalyarmor-1-2-3"}

    class Form(ConnectorForm):
        more = ("severity_info", "severity_warning", "severity_critical")
        routing_key = SecretField(
            label="Integration key",
            missing=NO_KEY,
            help_text="Of an integration of the type Events API v2, under a service's Integrations."
            " It has 32 characters. A key of the REST API is another one.",
        )
        region = forms.ChoiceField(
            label="Region",
            required=False,
            choices=[("us", "US"), ("eu", "EU")],
            initial="us",
            help_text="Where the account is. In the EU, PagerDuty's address has .eu. in it.",
        )
        severity_info = SeverityField("info")
        severity_warning = SeverityField("warning")
        severity_critical = SeverityField("critical")

        def clean_routing_key(self) -> str:
            key = str(self.cleaned_data["routing_key"])
            if key and len(key) != KEY_LENGTH:
                raise forms.ValidationError(
                    f"An integration key has {KEY_LENGTH} characters, and this has {len(key)}."
                    " Take the one of “Events API v2”; a key of the REST API is another one."
                )
            if key and not (key.isascii() and key.isalnum()):
                raise forms.ValidationError("An integration key has only letters and digits.")
            return key

        def clean_region(self) -> str:
            return str(self.cleaned_data["region"]) or "us"

    def check(self) -> Check:
        """Asks nobody: the only call there is would send an event."""
        self._key()
        return Check()

    def create(self, message: Message) -> Receipt:
        self._send("trigger", message, message.idempotency_key)
        return Receipt(message.idempotency_key)

    def close(self, message: Message) -> Receipt:
        # Only a record of what would be sent has no id of a first event.
        dedup_key = message.external_id or message.idempotency_key
        self._send("resolve", message, dedup_key)
        return Receipt(dedup_key)

    def test(self, message: Message) -> Receipt:
        dedup_key = message.idempotency_key
        self._send("trigger", message, dedup_key, is_test=True)
        note = f"Dedup Key: {dedup_key}."
        try:
            self._send("resolve", message, dedup_key, is_test=True)
            note += " The test alert was resolved again."
        except DestinationError as error:
            note += f" Resolve the test alert by hand: {error} {error.advice}"
        return Receipt(dedup_key, note=note)

    def _send(
        self, action: str, message: Message, dedup_key: str, *, is_test: bool = False
    ) -> None:
        severity = "info" if is_test else self.config.get(f"severity_{message.severity}", "")
        event = {
            "routing_key": self._key(),
            "event_action": action,
            "dedup_key": dedup_key,
        } | events.event(message, severity or message.severity, is_test=is_test)
        url = f"{self._base()}/v2/enqueue"
        answer = self.door.request("POST", url, headers={}, body=event, is_trusted=True)
        if not answer.is_success:
            raise _error(answer)
        if answer.json().get("status") != "success":
            raise MalformedAnswer(
                f"HTTP {answer.status_code}, but the answer does not say success.",
                status_code=answer.status_code,
            )

    def _base(self) -> str:
        """The host of the region, unless the operator has set one."""
        base = self.setting("PAGERDUTY_EVENTS_URL")
        return EU if base == US and self.config.get("region") == "eu" else base

    def _key(self) -> str:
        key = self.secrets.get("routing_key")
        if not key:
            raise NeedsAttention(NO_KEY, advice="Enter the integration key and save.")
        return key


def _error(answer: Answer) -> DestinationError:
    """The answer as an error. A 400 over the key is for a person, over the event it is ours."""
    detail = _detail(answer)
    error = answer.error(detail=detail, wait=WAIT)
    if not isinstance(error, Rejected):
        return error
    is_key = "routing key" in detail.lower().replace("_", " ")
    kind = NeedsAttention if is_key else Rejected
    advice = KEY_ADVICE if is_key else REPORT
    return kind(str(error), advice=advice, status_code=answer.status_code)


def _detail(answer: Answer) -> str:
    """PagerDuty's own sentences: `errors` are texts, and `message` says it in general."""
    try:
        said = answer.json()
    except MalformedAnswer:
        text = answer.content.decode("utf-8", "replace").strip()
        return text if PLAIN.fullmatch(text) else ""
    errors = said.get("errors")
    texts = [e for e in errors if isinstance(e, str)] if isinstance(errors, list) else []
    message = said.get("message")
    return "; ".join(texts) or (message if isinstance(message, str) else "")
