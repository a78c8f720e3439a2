"""A destination is deleted after a page that says what that means."""

import pytest

from alerts.models import DeliveryState
from destinations.models import Destination
from sandbox.server import Sandbox
from tests.alerts.factories import a_destination, a_rule, an_alert, create_of, drain
from tests.pages.visitor import Visitor, ada

pytestmark = pytest.mark.django_db


@pytest.fixture
def destination() -> Destination:
    return a_destination()


def test_the_page_lists_open_incidents_rules_and_what_is_pending(
    sandbox: Sandbox, destination: Destination
) -> None:
    a_rule(destination, name="Orders")
    sent = an_alert(title="Column removed")
    drain(destination)
    an_alert(asset="shop.public.other")
    delivery = create_of(sent)

    page = Visitor(ada()).open(f"/alerts/destinations/{destination.pk}/deletion/")

    assert page.sees(delivery.reference, delivery.link, "Column removed", "Orders")
    assert page.sees("Pending deliveries that will be skipped: 1.", "history stays readable")


def test_pending_deliveries_are_skipped_with_the_reason(
    sandbox: Sandbox, destination: Destination
) -> None:
    a_rule(destination)
    waiting = an_alert()
    page = Visitor(ada()).open(f"/alerts/destinations/{destination.pk}/deletion/").submit()
    assert page.path == "/alerts/destinations/"
    assert page.sees("On-call was deleted.", "skipped: 1")
    delivery = create_of(waiting)
    assert delivery.state == DeliveryState.SKIPPED
    assert delivery.reason == "The destination was deleted."
    destination.refresh_from_db()
    assert destination.secrets == {}


def test_without_open_incidents_it_says_so(destination: Destination) -> None:
    page = Visitor(ada()).open(f"/alerts/destinations/{destination.pk}/deletion/")
    assert page.sees("Nothing is open there that we know of.")


def test_a_destination_cannot_be_deleted_twice(destination: Destination) -> None:
    page = Visitor(ada()).open(f"/alerts/destinations/{destination.pk}/deletion/")
    page.submit(page.path)
    assert page.submit(f"/alerts/destinations/{destination.pk}/deletion/").status == 404
