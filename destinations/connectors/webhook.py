"""Webhook: JSON by POST to any address, signed by Standard Webhooks.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
`webhook-id` stays the same over all tries of one message, timestamp and signature are those of the
try. What is signed are the bytes that are sent: a body serialised twice can differ. While a second
secret is set, both sign, so that the receiver can change over. 410 means: never again.
"""

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from http.client import responses
from typing import Any

from django import forms

from destinations.connectors.base import (
    Connector,
    ConnectorForm,
    SecretField,
    SecretTextField,
    SecretUrlField,
)
from destinations.errors import DestinationError, Disabled, NeedsAttention
from destinations.http import Answer
from destinations.messages import Check, Message, Receipt
from destinations.vendors.webhook import header_lines, signatures
from destinations.vendors.webhook.payload import payload

SECRETS = ("signing_secret", "previous_signing_secret")
NO_URL = "No URL configured"
HOW_TO_MAKE_ONE = (
    "Enter whsec_ and 24 to 64 bytes in base64. To make one: echo whsec_$(openssl rand -base64 32)"
)
NOT_ACCEPTED = "Check the bearer token, the headers and the signing secret: it was not accepted."
ADVICE = {
    401: NOT_ACCEPTED,
    403: NOT_ACCEPTED,
    404: "Check the URL: the receiver has nothing at this path.",
    410: "The receiver wants no more messages. Enter another URL and press Resume, or delete the"
    " destination.",
}


class Webhook(Connector):
    kind = "webhook"
    label = "Webhook"
    help = "Posts JSON to an address of yours, when an alert triggers and when it ends."
    reads_answer = False
    STEPS = (
        "Make an address that takes a POST of JSON over HTTPS and answers with any 2xx status.",
        "Make a signing secret: echo whsec_$(openssl rand -base64 32).",
        "Enter address and secret here, and press Test: it posts an event named alert.test.",
        "In the receiver, check the signature with a library of standardwebhooks.com, and take"
        " each webhook-id only once.",
        "To change the secret, move the old one to Previous signing secret until the receiver"
        " knows the new one.",
    )
    # Nobody sets a limit here. A small receiver, with one process, takes 100 ms for each.
    RATE_PER_SECOND = 10.0
    BURST = 50.0
    EXAMPLE = {
        "url": "https://hooks.example.com/incoming/5f1c9e0a2b7d4c83",
        "signing_secret": "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        "previous_signing_secret": "whsec_ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=",
        "bearer_token": "example-of-a-bearer-token",
        "headers": "X-API-Key: 5f1c9e0a-example-2b7d4c83\nX-Environment-Name: example-environment",
    }

    class Form(ConnectorForm):
        more = ("previous_signing_secret", "headers")
        url = SecretUrlField(
            label="URL",
            missing=NO_URL,
            help_text="Where to post, such as https://hooks.example.com/alerts. Of it, only the"
            " host is shown again.",
        )
        signing_secret = SecretField(
            label="Signing secret (optional)",
            help_text="whsec_ and 24 to 64 random bytes in base64. By it, the receiver knows that"
            " a message is from here and unchanged.",
        )
        previous_signing_secret = SecretField(
            label="Previous signing secret (optional)",
            help_text="While the secret is changed: messages carry a signature by each of the two.",
        )
        bearer_token = SecretField(
            label="Bearer token (optional)",
            help_text="Sent in the header Authorization, after the word Bearer.",
        )
        headers = SecretTextField(
            label="Headers (optional)",
            help_text="One header a line, such as X-API-Key: 4f2a90. For a key, or whatever else"
            " the receiver asks for.",
        )

        def clean_signing_secret(self) -> str:
            return _secret(self.cleaned_data["signing_secret"])

        def clean_previous_signing_secret(self) -> str:
            return _secret(self.cleaned_data["previous_signing_secret"])

        def clean_bearer_token(self) -> str:
            token = str(self.cleaned_data["bearer_token"])
            if not re.fullmatch(r"[\x21-\x7e]*", token):
                raise forms.ValidationError("A token has only letters, digits and signs of ASCII.")
            return token

        def clean_headers(self) -> str:
            lines = str(self.cleaned_data["headers"])
            try:
                header_lines.parse(lines)
            except ValueError as error:
                raise forms.ValidationError(str(error)) from None
            return lines

        def problems(self, values: Mapping[str, Any]) -> dict[str, str]:
            found = {}
            current, previous = SECRETS
            if values.get(previous) and not values.get(current):
                found[previous] = "Enter the new secret too, or remove this one."
            names = header_lines.names(str(values.get("headers") or "").splitlines())
            if values.get("bearer_token") and "authorization" in names:
                found["headers"] = "Leave out Authorization: there is a bearer token already."
            return found

    def check(self) -> Check:
        """Looks the name up; a request could set something off at the receiver."""
        problem = self.door.problem_with(self._url())
        return Check(field_errors={"url": problem} if problem else {})

    def create(self, message: Message) -> Receipt:
        return self._post(message, "triggered")

    def close(self, message: Message) -> Receipt:
        return self._post(message, message.ended or "resolved")

    def test(self, message: Message) -> Receipt:
        receipt = self._post(message, "test")
        exchange = self.door.exchanges[-1]
        status = f"Status: {exchange.status_code} {responses.get(exchange.status_code or 0, '')}"
        took = f"Response time: {exchange.duration_ms} ms."
        return Receipt(receipt.external_id, note=f"{status.rstrip()}. {took}")

    def _post(self, message: Message, what: str) -> Receipt:
        body = json.dumps(payload(message, what), separators=(",", ":")).encode()
        secrets = [self.secrets[name] for name in SECRETS if self.secrets.get(name)]
        signed = signatures.headers(message.idempotency_key, body, secrets)
        headers = self._headers() | {"Content-Type": "application/json"} | signed
        answer = self.door.request("POST", self._url(), headers=headers, body=body)
        if not answer.is_success:
            raise _error(answer)
        return Receipt(message.idempotency_key)

    def _url(self) -> str:
        if not self.secrets.get("url"):
            raise NeedsAttention(NO_URL, advice="Enter the URL and save.")
        return self.secrets["url"]

    def _headers(self) -> dict[str, str]:
        headers = header_lines.parse(self.secrets.get("headers", ""))
        if token := self.secrets.get("bearer_token"):
            headers["Authorization"] = f"Bearer {token}"
        return headers


def _error(answer: Answer) -> DestinationError:
    error = answer.error(advice=ADVICE.get(answer.status_code, ""))
    if answer.status_code == HTTPStatus.GONE:
        return Disabled(str(error), advice=error.advice, status_code=error.status_code)
    return error


def _secret(text: str) -> str:
    if text and not signatures.is_secret(text):
        raise forms.ValidationError(HOW_TO_MAKE_ONE)
    return text
