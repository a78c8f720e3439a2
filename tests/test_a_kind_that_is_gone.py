"""After a downgrade, a destination may be of a kind that this version does not know.

Nothing breaks over it, nothing of it is lost, every page says what is wrong, and it can be deleted.
"""

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
from alerts.models import Alert, AlertState, Attempt, Delivery, DeliveryState
from alerts.sweep import sweep
from destinations.models import Destination
from sandbox import keys
from sandbox.server import Sandbox
from tests.alerts.factories import a_destination, a_rule, an_alert, drain, lane_of
from tests.pages.visitor import BACKEND, Visitor, ada, bob

GONE = "carrier_pigeon"
WRONG = f"This version of Armor Incidents does not know the type {GONE}"

pytestmark = pytest.mark.django_db


@pytest.fixture
def destination(sandbox: Sandbox, settings: Settings) -> Destination:
    """One that has delivered, of a kind that is gone since."""
    settings.EMAIL_HOST = "mail.example"
    destination = a_destination()
    a_rule(destination)
    an_alert(asset="before")
    drain(destination)
    assert Delivery.objects.get().state == DeliveryState.DELIVERED
    Destination.objects.update(kind=GONE)
    destination.refresh_from_db()
    return destination


def path_of(destination: Destination) -> str:
    return f"/alerts/destinations/{destination.pk}/"


def test_what_is_due_for_it_waits_and_says_why(destination: Destination, sandbox: Sandbox) -> None:
    before = len(sandbox.journal.entries())
    alert = an_alert(asset="after")
    drain(destination)
    end(alert, AlertState.RESOLVED)
    sweep()
    drain(destination)
    delivery = Delivery.objects.get(alert=alert, action="create")
    assert delivery.state == DeliveryState.PENDING
    assert WRONG in delivery.reason
    assert WRONG in Attempt.objects.latest("id").error
    assert len(sandbox.journal.entries()) == before
    destination.refresh_from_db()
    assert WRONG in destination.attention


def test_its_admins_are_told(destination: Destination) -> None:
    ada_ = ada()
    User.objects.filter(pk=ada_.pk).update(email="ada@example.com")
    an_alert(asset="after")
    drain(destination)
    for lane in notices.due(timezone.now()):
        notices.tell(lane.pk)
    [letter] = mail.outbox
    assert WRONG in letter.body


def test_it_goes_on_when_its_kind_is_back(destination: Destination) -> None:
    alert = an_alert(asset="after")
    drain(destination)
    Destination.objects.update(kind="incident_io")
    visitor = Visitor(ada()).open(path_of(destination))
    visitor.submit(f"{path_of(destination)}pauses/")
    visitor.submit(f"{path_of(destination)}pauses/")
    drain(destination)
    assert Delivery.objects.get(alert=alert).state == DeliveryState.DELIVERED
    assert lane_of(destination).failures_in_row == 0


def test_every_page_says_what_is_wrong_and_none_breaks(destination: Destination) -> None:
    an_alert(asset="after")
    drain(destination)
    reader, writer = Visitor(bob()), Visitor(ada())
    for visitor in (reader, writer):
        for path in ("/alerts/destinations/", path_of(destination)):
            assert visitor.open(path).sees(GONE, WRONG), path
        assert visitor.open("/alerts/history/").status == 200
        assert visitor.open("/alerts/rules/").status == 200
        for alert in Alert.objects.all():
            assert visitor.open(alert.get_absolute_url()).status == 200
        for delivery in Delivery.objects.all():
            assert visitor.open(delivery.get_absolute_url()).status == 200
    assert reader.open(f"/alerts/destinations/guides/{GONE}/").status == 404
    assert writer.open(f"/alerts/destinations/new/{GONE}/").status == 404


def test_the_admin_and_the_api_name_it(destination: Destination) -> None:
    an_alert(asset="after")
    drain(destination)
    staff = Client()
    staff.force_login(User.objects.create_superuser("root"), backend=BACKEND)
    page = staff.get(reverse("admin:destinations_destination_change", args=[destination.pk]))
    assert WRONG in page.content.decode()
    for model in ("destinations_destination", "alerts_delivery", "alerts_attempt"):
        assert staff.get(reverse(f"admin:{model}_changelist")).status_code == 200
    _, token = ApiKey.objects.issue("reader")
    asked = f"/api/v1/alerts/{Alert.objects.latest('created_at').pk}/deliveries"
    answer = staff.get(asked, headers={"Authorization": f"Bearer {token}"})
    assert answer.json()["data"][0]["destination_type"] == GONE


@pytest.mark.parametrize("action", ["save", "test", "look"])
def test_its_form_changes_nothing(destination: Destination, sandbox: Sandbox, action: str) -> None:
    before = len(sandbox.journal.entries())
    visitor = Visitor(ada()).open(path_of(destination))
    visitor.press(action, name="Renamed", api_key="another")
    assert visitor.status == 200
    assert visitor.sees(WRONG)
    kept = Destination.objects.get()
    assert (kept.name, kept.config) == (destination.name, destination.config)
    assert kept.unseal("api_key") == keys.FULL
    assert len(sandbox.journal.entries()) == before


def test_it_can_be_paused_and_deleted(destination: Destination) -> None:
    alert = an_alert(asset="after")
    visitor = Visitor(ada()).open(path_of(destination))
    visitor.submit(f"{path_of(destination)}pauses/")
    destination.refresh_from_db()
    assert not destination.is_active
    # Nobody knows whether a thing of that kind stays open: better one that is named in vain.
    assert visitor.open(f"{path_of(destination)}deletion/").sees("Still open there", "INC-")
    visitor.submit()
    assert visitor.sees("was deleted")
    assert Delivery.objects.get(alert=alert).state == DeliveryState.SKIPPED
    assert Destination.objects.get().secrets == {}
