import pytest

from alerts.lifecycle import end
from alerts.models import AlertState, DeliveryState
from sandbox import keys
from sandbox.server import Sandbox
from tests.alerts.factories import a_destination, a_rule, an_alert, close_of, drain

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("category", ["closed", "declined", "merged", "canceled"])
def test_an_incident_that_somebody_has_ended_is_left_as_it_is(
    sandbox: Sandbox, category: str
) -> None:
    destination = a_destination()
    a_rule(destination)
    alert = an_alert()
    drain(destination)
    (incident,) = sandbox.workspace.incidents()
    sandbox.workspace.move_by_hand(incident.id, category)
    end(alert, AlertState.RESOLVED)
    drain(destination)
    close = close_of(alert)
    assert close.state == DeliveryState.DELIVERED
    assert close.reason == f"Already {category} by somebody in incident.io."
    assert incident.category == category
    assert [entry.route for entry in sandbox.journal.entries()] == ["create", "show"]


@pytest.mark.parametrize("category", ["triage", "live", "learning"])
def test_an_incident_that_is_still_worked_on_is_closed(sandbox: Sandbox, category: str) -> None:
    destination = a_destination()
    a_rule(destination)
    alert = an_alert()
    drain(destination)
    (incident,) = sandbox.workspace.incidents()
    sandbox.workspace.move_by_hand(incident.id, category)
    end(alert, AlertState.DISMISSED)
    drain(destination)
    assert close_of(alert).state == DeliveryState.DELIVERED
    assert close_of(alert).reason == ""
    assert incident.category == "closed"


def test_an_incident_that_is_gone_cannot_be_closed(sandbox: Sandbox) -> None:
    destination = a_destination()
    a_rule(destination)
    alert = an_alert()
    drain(destination)
    sandbox.workspace.reset()
    end(alert, AlertState.RESOLVED)
    drain(destination)
    close = close_of(alert)
    assert close.state == DeliveryState.FAILED
    assert close.reason.startswith("HTTP 404: Not Found")


def test_a_close_that_the_key_may_not_make_names_the_missing_permission(sandbox: Sandbox) -> None:
    sandbox.workspace.settings.post_incident_flow_required = True
    destination = a_destination(key=keys.NO_OPT_OUT)
    a_rule(destination)
    alert = an_alert()
    drain(destination)
    end(alert, AlertState.RESOLVED)
    drain(destination)
    close = close_of(alert)
    assert close.state == DeliveryState.PENDING
    assert "post_incident_flow_opt_out" in close.reason
    destination.refresh_from_db()
    assert destination.attention == close.reason
