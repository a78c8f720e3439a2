"""Whatever strangers write into alerts, names and answers is no more than text on every page."""

from html.parser import HTMLParser
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from alerts import notices
from alerts.lifecycle import end
from alerts.models import Alert, AlertState, Attempt, Delivery, Lane
from destinations.models import Destination
from tests.alerts.factories import a_rule, an_alert, drain
from tests.destinations.echo import Echo, everywhere
from tests.pages.visitor import BACKEND, Visitor, ada, bob, htmx

EVIL = (
    "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7 }}{% now %}"
    "</textarea></title><a href=javascript:alert(1)>x</a>\r\nBcc: evil@example.com\u202e☃"
)
NAME = "A\r\nBcc: evil@example.com\"'><script>alert(1)</script><img src=x onerror=alert(1)>"

pytestmark = pytest.mark.django_db


class Tags(HTMLParser):
    """Everything on a page that a browser would act on."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named = dict(attributes)
        if (tag == "script" and not named.get("src")) or (tag == "img" and named.get("src") == "x"):
            self.found.append(f"<{tag}>")
        self.found += [name for name in named if name.startswith("on")]
        targets = [str(named.get(name) or "") for name in ("href", "src", "action")]
        self.found += [one for one in targets if one.lower().lstrip().startswith("javascript:")]


@pytest.fixture
def echo(settings: Settings) -> Any:
    """A provider that answers with hostile texts in all its fields."""
    with Echo() as running:
        settings.INCIDENT_IO_API_URL = settings.SLACK_API_URL = running.origin
        settings.PAGERDUTY_EVENTS_URL = running.origin
        settings.EMAIL_HOST, settings.RETRY_SCHEDULE = "mail.example", (0,)
        running.answer = everywhere(EVIL, EVIL * 50) | {"url": "javascript:alert(1)"}
        running.answer["identity"] = {"name": EVIL, "dashboard_url": "javascript:alert(1)"}
        running.answer["incident"] |= {"permalink": "javascript:alert(1)"}
        yield running


def is_harmless(html: str) -> None:
    assert Tags(html).found == []
    assert "<script>alert" not in html
    assert "onerror=alert(1)>" not in html.replace("&gt;", "")
    assert html.rstrip().endswith("</html>") or "<html" not in html


def everything(destination: Destination) -> list[str]:
    """Every page that shows something of a destination or an alert, as reader, writer and staff."""
    own = [f"/alerts/destinations/{destination.pk}/", "/alerts/destinations/"]
    rows = [alert.get_absolute_url() for alert in Alert.objects.all()]
    rows += [delivery.get_absolute_url() for delivery in Delivery.objects.all()]
    rule = destination.rules.get().get_absolute_url()
    read = [*own, "/alerts/", "/alerts/history/", "/alerts/rules/", rule, *rows]
    staff, reader = Client(), Visitor(bob())
    staff.force_login(User.objects.create_superuser("root"), backend=BACKEND)
    pages = [reader.open(path).html for path in read]
    deletion = f"/alerts/destinations/{destination.pk}/deletion/"
    for path in [*read, deletion, f"{rule}deletion/"]:
        pages.append(staff.get(path, follow=True).content.decode())
    for model in (Destination, Alert, Delivery, Attempt):
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        paths = [reverse(f"{name}_changelist")]
        paths += [reverse(f"{name}_change", args=[row.pk]) for row in model._default_manager.all()]
        pages += [staff.get(path).content.decode() for path in paths]
    return pages


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        ("incident_io", {"api_key": "inc_0123456789abcdef0123456789", "closed_status_id": EVIL}),
        ("slack", {"bot_token": "xoxb-a-token-of-a-bot", "channel": "#data"}),
        ("pagerduty", {"routing_key": "0" * 32}),
    ],
)
def test_hostile_texts_are_shown_as_texts(kind: str, typed: dict[str, str], echo: Echo) -> None:
    visitor = Visitor(ada()).open(f"/alerts/destinations/new/{kind}/")
    User.objects.update(email="ada@example.com")
    for action in ("look", "test"):
        for status in (200, 401, 422, 500):
            echo.status = status
            is_harmless(visitor.press(action, name=NAME, **typed).html)
            answer = visitor.client.post(
                visitor.path, {**typed, "name": NAME, "action": action}, headers=htmx()
            )
            is_harmless(answer.content.decode())
    echo.status = 404
    is_harmless(visitor.press("save", name=NAME, **typed).html)
    destination = Destination.objects.get()
    a_rule(destination, name=EVIL[:100])
    for status in (422, 500, 200, 401):
        echo.status = status
        alert = an_alert(
            title=EVIL, description=EVIL, asset=f"{status}{EVIL}", asset_id="", schema=EVIL[:60]
        )
        drain(destination)
        Lane.objects.update(tokens=100, paused_until=None)
        end(alert, AlertState.RESOLVED, note=EVIL)
        drain(destination)
    for lane in notices.due(timezone.now()):
        notices.tell(lane.pk)
    assert Attempt.objects.filter(outcome="success").exists()
    pages = everything(destination)
    assert any("&lt;script&gt;alert(1)" in page for page in pages)
    for page in pages:
        is_harmless(page)
    [letter] = mail.outbox
    assert "\n" not in letter.subject
    assert letter.to == ["ada@example.com"]
    assert letter.message()["Bcc"] is None
