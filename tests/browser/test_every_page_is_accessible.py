"""Every page, narrow and wide, light and dark: axe finds nothing, nothing overflows."""

from typing import Literal

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from alerts import ingest
from alerts.events import Change, Event
from alerts.models import Delivery, Rule
from destinations import connectors
from destinations.models import Destination
from sandbox.keys import FULL
from tests.browser.conftest import faults_of, sign_in

VIEWS: list[tuple[int, Literal["light", "dark"]]] = [(360, "light"), (1440, "dark")]


@pytest.fixture
def paths(ada: User) -> list[str]:
    """The paths of all pages, with something on each."""
    destination = Destination(kind="incident_io", name="On-call")
    destination.set_secret("api_key", FULL, ada)
    destination.save()
    rule = Rule.objects.create(name="Schema changes", event_types=["schema_change"])
    rule.destinations.add(destination)
    recorded = ingest.record(_event())
    delivery = Delivery.objects.get()
    own = f"/alerts/destinations/{destination.pk}/"
    return [
        "/alerts/",
        f"/alerts/{recorded.alert_id}/",
        "/alerts/?state=resolved",
        "/alerts/history/",
        f"/alerts/history/{delivery.pk}/",
        "/alerts/destinations/",
        "/alerts/destinations/new/",
        *(f"/alerts/destinations/new/{kind}/" for kind in connectors.registry),
        *(f"/alerts/destinations/guides/{kind}/" for kind in connectors.registry),
        own,
        f"{own}deletion/",
        "/alerts/rules/",
        "/alerts/rules/new/",
        f"/alerts/rules/{rule.pk}/",
        f"/alerts/rules/{rule.pk}/deletion/",
        "/alerts/rules/breaking/",
        f"/alerts/rules/explain/?alert={recorded.alert_id}",
        "/alerts/quiet-times/",
        "/alerts/schedules/new/",
        "/alerts/blackouts/new/",
        "/help/",
        "/help/rules/",
        "/api/v1/docs",
        "/no/such/page",
    ]


def _event() -> Event:
    return Event(
        event_type="schema_change",
        severity="critical",
        title="Column removed from orders",
        description="Column customer_email was removed.",
        asset="prod-postgres.shop.public.orders_with_a_name_that_goes_on_for_quite_a_while",
        changes=(
            Change(change_type="column_removed", column="customer_email", old_value="varchar(255)"),
        ),
    )


@pytest.mark.parametrize(("width", "scheme"), VIEWS)
def test_every_page_is_accessible(
    browser: Browser,
    live_server: LiveServer,
    paths: list[str],
    width: int,
    scheme: Literal["light", "dark"],
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    blocked: list[str] = []
    page.on("console", lambda m: blocked.append(m.text) if "Content Security" in m.text else None)
    page.goto(f"{live_server.url}/accounts/login/")
    faults = faults_of(page, width)
    sign_in(page, live_server)
    for path in paths:
        page.goto(live_server.url + path)
        faults += faults_of(page, width)
    assert faults == []
    assert blocked == []
