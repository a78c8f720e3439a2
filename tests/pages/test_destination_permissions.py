"""Reading needs a login, changing needs the permission `destinations.alert_configuration`."""

import pytest
from django.test import Client

from destinations.models import Destination
from sandbox import keys
from sandbox.server import Sandbox
from tests.alerts.factories import a_destination, a_rule
from tests.pages.visitor import Visitor, ada, bob

pytestmark = pytest.mark.django_db
DESTINATIONS, RULES = "/alerts/destinations/", "/alerts/rules/"


@pytest.fixture
def destination() -> Destination:
    return a_destination()


@pytest.fixture
def changes(destination: Destination) -> list[str]:
    """Pages on which something can be changed."""
    rule = a_rule(destination)
    return [
        f"{DESTINATIONS}new/",
        f"{DESTINATIONS}new/incident_io/",
        f"{DESTINATIONS}{destination.pk}/deletion/",
        f"{RULES}new/",
        f"{RULES}{rule.pk}/deletion/",
    ]


def test_whoever_may_configure_opens_every_page(changes: list[str]) -> None:
    page = Visitor(ada())
    assert [page.open(path).status for path in changes] == [200] * len(changes)


def test_whoever_may_not_is_refused_every_page_of_change(changes: list[str]) -> None:
    page = Visitor(bob())
    assert [page.open(path).status for path in changes] == [403] * len(changes)


def test_whoever_may_not_is_refused_every_change(
    sandbox: Sandbox, changes: list[str], destination: Destination
) -> None:
    rule = destination.rules.get()
    own = [f"{DESTINATIONS}{destination.pk}/", f"{RULES}{rule.pk}/"]
    posts = [*changes[1:], *own, f"{DESTINATIONS}{destination.pk}/pauses/"]
    page = Visitor(bob())
    sent = {"action": "test", "name": "Mine", "api_key": keys.FULL}
    assert [page.submit(path, **sent).status for path in posts] == [403] * len(posts)
    destination.refresh_from_db()
    assert (destination.name, destination.is_active) == ("On-call", True)
    assert not sandbox.journal.entries()


def test_whoever_may_not_reads_the_facts(destination: Destination) -> None:
    rule = a_rule(destination, name="Orders", assets=["orders*"])
    page = Visitor(bob()).open(DESTINATIONS)
    assert page.sees("On-call", "incident.io", "Ask an administrator")
    assert not page.sees("Add Destination")
    page.open(f"{DESTINATIONS}{destination.pk}/")
    assert page.sees("On-call", "ends in …0001", destination.config["closed_status_id"])
    assert 'name="api_key"' not in page.html
    page.open(RULES)
    assert page.sees("Orders", "Asset: orders*", "Ask an administrator")
    assert page.open(rule.get_absolute_url()).sees("Orders", "orders*", "On-call")
    assert 'name="event_types"' not in page.html


def test_a_visitor_who_is_not_logged_in_is_sent_to_the_login(changes: list[str]) -> None:
    paths = [*changes, DESTINATIONS, RULES]
    answers = [Client().get(path) for path in paths]
    assert [a["Location"].split("?")[0] for a in answers] == ["/accounts/login/"] * len(paths)


def test_get_changes_nothing(destination: Destination) -> None:
    page = Visitor(ada())
    assert page.open(f"{DESTINATIONS}{destination.pk}/pauses/").status == 405
    page.open(f"{DESTINATIONS}{destination.pk}/deletion/")
    destination.refresh_from_db()
    assert destination.is_active
    assert destination.deleted_at is None


def test_a_draft_of_one_user_is_worth_nothing_to_another(sandbox: Sandbox) -> None:
    new = f"{DESTINATIONS}new/incident_io/"
    owner, thief = ada(), bob()
    thief.user_permissions.set(owner.user_permissions.all())
    page = Visitor(owner).open(new).press("test", name="Stolen", api_key=keys.FULL)
    other = Visitor(thief)
    other.submit(new, **page.fields(), action="save")
    assert "No API key configured" in other.error_beside("api_key")
    assert not Destination.objects.filter(name="Stolen").exists()
