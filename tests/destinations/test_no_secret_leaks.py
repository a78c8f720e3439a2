"""Every kind, set up through its form, with a provider that quotes all it is sent: no secret shows.

What is looked through: pages, answers of the API, tables, the queue, logs, mails to the admins.
"""

import base64
import html
import json
import logging
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import ApiKey
from alerts import notices
from alerts.lifecycle import end
from alerts.models import Alert, AlertState, Attempt, Delivery, DeliveryState, Event, Lane
from alerts.sweep import sweep
from destinations import connectors
from destinations.connectors.base import SecretField
from destinations.models import Destination
from tests.alerts.factories import a_rule, alerts, drain
from tests.destinations.echo import Echo
from tests.pages.visitor import Visitor, ada, bob
from tests.test_secrets_canary import everything_raw, everything_stored

WEBHOOK_OF_SLACK = {
    "bot_token": "",
    "channel": "",
    "webhook_url": "https://hooks.slack.com/services/T0123456789/B0123456789/4f2a9c1e7b3d5f6a8c0e2d4b",
}
KINDS = {kind: connector for kind, connector in connectors.registry.items() if connector.uses_http}
CASES: dict[str, tuple[str, dict[str, str]]] = {kind: (kind, {}) for kind in KINDS}
CASES["slack by webhook"] = ("slack", WEBHOOK_OF_SLACK)
# In words ("powerautomate"), a part of an address tells nothing.
TELLING = re.compile(r"(?=.*[0-9-]).{12,}")
REFUSALS = (302, 400, 401, 404, 410, 422, 429, 500)
WATCHED = "the log is watched"

pytestmark = pytest.mark.django_db


@pytest.fixture
def echo(settings: Settings) -> Iterator[Echo]:
    settings.CALL_DEADLINE, settings.RETRY_SCHEDULE, settings.BREAKER_FAILURES = 5, (0,), 1000
    settings.EMAIL_HOST = "mail.example"
    with Echo() as running:
        for name in ("INCIDENT_IO_API_URL", "SLACK_API_URL", "PAGERDUTY_EVENTS_URL"):
            setattr(settings, name, running.origin)
        yield running


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """As if the operator had set the level of all to DEBUG."""
    caplog.set_level(logging.DEBUG)
    caplog.handler.setLevel(logging.DEBUG)
    kept = logging.getLogger("django-q")
    kept.addHandler(caplog.handler)
    yield caplog
    kept.removeHandler(caplog.handler)


def filled_in(case: str, echo: Echo) -> dict[str, Any]:
    """What a person types: the example, at the address of the provider that quotes."""
    kind, changes = CASES[case]
    example = KINDS[kind].EXAMPLE | changes
    secret = {n for n, f in KINDS[kind].Form.base_fields.items() if isinstance(f, SecretField)}
    return {
        name: re.sub(r"^https://[^/]+", echo.origin, value) if name in secret else value
        for name, value in example.items()
    }


def telling(case: str, echo: Echo) -> set[str]:
    """Every secret, the parts of it that tell something, in the spellings that one meets."""
    fields = KINDS[CASES[case][0]].Form.base_fields
    found: set[str] = set()
    for name, value in filled_in(case, echo).items():
        if not isinstance(fields.get(name), SecretField) or not value:
            continue
        path = value.removeprefix(f"{echo.origin}/")
        found |= {value, path} | {line.partition(": ")[2] for line in value.splitlines()}
        if path != value:
            found |= {word for word in re.split(r"[/?&=]", path) if TELLING.fullmatch(word)}
    found.discard("")
    coders = (
        str,
        quote,
        quote_plus,
        html.escape,
        lambda text: quote(text, safe=""),
        _json,
        _base64,
    )
    return {coder(secret) for secret in found for coder in coders}


def _json(text: str) -> str:
    return json.dumps(text)[1:-1]


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def set_up(case: str, echo: Echo) -> list[str]:
    """Through the form: all that can be pressed, with good and bad answers. Returns the pages."""
    visitor, pages = Visitor(ada()), []
    User.objects.update(email="ada@example.com")
    visitor.open(f"/alerts/destinations/new/{CASES[case][0]}/")
    typed: dict[str, Any] = {"name": case, **filled_in(case, echo)}
    for status in (401, 422, 200):
        echo.status = status
        for action in ("look", "test"):
            pages.append(visitor.press(action, **typed).html)
            typed = {}
    echo.status = 404  # nothing that was chosen is missing: the lists cannot be read
    pages.append(visitor.press("save", **typed).html)
    destination = Destination.objects.get()
    path = f"/alerts/destinations/{destination.pk}/"
    pages.append(visitor.open(path).html)
    for status in (500, 401, 200):
        echo.status = status
        pages += [visitor.press(action).html for action in ("look", "test", "save")]
        visitor.open(path)
    pages.append(visitor.open("/alerts/destinations/").html)
    return pages


def deliver(echo: Echo) -> None:
    """Alerts with every refusal, with a page, and with success; and their ends."""
    destination = Destination.objects.get()
    a_rule(destination)
    echo.text = ""
    for status in (*REFUSALS, 200):
        _deliver_one(echo, destination, status, is_page=False)
    for status in (401, 500, 200):
        _deliver_one(echo, destination, status, is_page=True)
    echo.text = "ok"
    _deliver_one(echo, destination, 200)


def _deliver_one(
    echo: Echo, destination: Destination, status: int, *, is_page: bool = False
) -> None:
    echo.status, echo.is_page = status, is_page
    [alert] = alerts(1)
    drain(destination)
    tell_admins()
    end(alert, AlertState.RESOLVED)
    drain(destination)
    sweep()
    start_over(destination)


def tell_admins() -> None:
    for lane in notices.due(timezone.now()):
        notices.tell(lane.pk)


def start_over(destination: Destination) -> None:
    destination.refresh_from_db()
    destination.is_active = True
    destination.save()
    destination.verified()
    Destination.objects.update(told_at=None)
    waiting = Delivery.objects.filter(state=DeliveryState.PENDING)
    waiting.update(state=DeliveryState.FAILED, next_attempt_at=None)
    Lane.objects.update(paused_until=None, tokens=100, failures_in_row=0)


def read_everything() -> dict[str, str]:
    """All pages, as the one who may read sees them, and the admin's; all answers of the API."""
    destination = Destination.objects.get()
    reader, staff, program = Client(), Client(), Client()
    reader.force_login(bob(), backend="django.contrib.auth.backends.ModelBackend")
    staff.force_login(
        User.objects.create_superuser("root", "root@example.com"),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    read = ["/alerts/", "/alerts/history/", "/alerts/destinations/", "/alerts/rules/"]
    read.append(f"/alerts/destinations/{destination.pk}/")
    read.append(reverse("destination-guide", args=[destination.kind]))
    read += [row.get_absolute_url() for row in Alert.objects.all()]
    read += [row.get_absolute_url() for row in Delivery.objects.all()]
    managed = [f"/alerts/destinations/{destination.pk}/deletion/", "/admin/"]
    for model in (Destination, Alert, Event, Delivery, Attempt):
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        managed.append(reverse(f"{name}_changelist"))
        managed += [
            reverse(f"{name}_change", args=[row.pk]) for row in model._default_manager.all()
        ]
    _, token = ApiKey.objects.issue("reader")
    asked = ["/api/v1/openapi.json", "/api/v1/alerts"]
    asked += [f"/api/v1/alerts/{a.pk}{p}" for a in Alert.objects.all() for p in ("", "/deliveries")]
    found = {path: _content(reader, path) for path in read}
    found |= {path: _content(staff, path) for path in managed}
    return found | {path: _content(program, path, f"Bearer {token}") for path in asked}


def _content(client: Client, path: str, authorization: str = "") -> str:
    answer = client.get(path, headers={"Authorization": authorization} if authorization else {})
    assert answer.status_code == 200 or path == "/api/v1/alerts", path
    return answer.content.decode()


@pytest.mark.parametrize("case", sorted(CASES))
def test_a_provider_that_quotes_all_it_gets_makes_no_secret_show(
    case: str, echo: Echo, log: pytest.LogCaptureFixture
) -> None:
    logging.getLogger("anything").debug(WATCHED)
    pages = set_up(case, echo)
    deliver(echo)
    words = telling(case, echo)
    places = {
        **{f"page {number} of the form": page for number, page in enumerate(pages)},
        **read_everything(),
        **everything_stored(),
        "raw tables": everything_raw(),
        "log": log.text,
        "mails": "\n".join(f"{letter.subject}\n{letter.body}" for letter in mail.outbox),
    }
    leaks = {f"{place}: {word}" for place, text in places.items() for word in words if word in text}
    assert not leaks, "\n".join(sorted(leaks)[:20])
    # It was what it claims to be: the provider got the secrets, and quoted them.
    assert any(word in "".join(echo.requests) for word in words)
    assert {"success", "non_2xx"} <= set(Attempt.objects.values_list("outcome", flat=True))
    assert "[secret]" in everything_stored()["alerts_attempt.exchanges"]
    assert mail.outbox
    assert WATCHED in log.text
