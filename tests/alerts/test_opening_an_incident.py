import pytest

from alerts.lifecycle import end
from alerts.models import AlertState, DeliveryState
from destinations.errors import Outcome
from sandbox.server import Sandbox
from tests.alerts.factories import a_destination, a_rule, an_alert, close_of, create_of, drain

pytestmark = pytest.mark.django_db


def test_an_alert_opens_one_incident_and_its_end_closes_it(sandbox: Sandbox) -> None:
    destination = a_destination()
    a_rule(destination)
    alert = an_alert()
    drain(destination)
    end(alert, AlertState.RESOLVED)
    drain(destination)
    (incident,) = sandbox.workspace.incidents()
    create, close = create_of(alert), close_of(alert)
    assert (create.state, close.state) == (DeliveryState.DELIVERED, DeliveryState.DELIVERED)
    assert create.external_id == close.external_id == incident.id
    assert incident.category == "closed"
    assert [attempt.outcome for attempt in create.attempts.all()] == [Outcome.SUCCESS]
