"""Events come in another order than they happened: a needless incident rather than a lost one."""

import itertools

import pytest

from alerts import ingest
from alerts.models import Alert, Event
from alerts.sweep import sweep
from destinations.models import Destination
from sandbox.server import Sandbox
from tests.alerts.factories import an_event, drain, resolved

pytestmark = pytest.mark.django_db
HAPPENED = [
    an_event(occurred_at="2026-11-23T08:00:00Z", event_id="opened"),
    resolved(occurred_at="2026-11-23T08:05:00Z", event_id="ended"),
    an_event(occurred_at="2026-11-23T08:10:00Z", event_id="opened again"),
    resolved(occurred_at="2026-11-23T08:15:00Z", event_id="ended again"),
]


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))), ids=str)
def test_every_order_is_taken_and_the_incidents_follow_their_alerts(
    sandbox: Sandbox, destination: Destination, order: tuple[int, ...]
) -> None:
    for place in order:
        ingest.record(HAPPENED[place])
        drain(destination)
    sweep()
    drain(destination)
    assert Event.objects.count() == 4
    opened = [i.is_open for i in sandbox.workspace.incidents()]
    assert len(opened) == Alert.objects.count() >= 1
    assert opened.count(True) == Alert.objects.filter(ended_at=None).count() <= 1


def test_a_sample_with_a_fixed_time_can_be_sent_again_and_again(
    sandbox: Sandbox, destination: Destination
) -> None:
    """As somebody does who tries the example of the documents twice."""
    for _ in range(2):
        ingest.record(an_event())
        drain(destination)
        ingest.record(resolved())
        drain(destination)
    assert [incident.category for incident in sandbox.workspace.incidents()] == ["closed"] * 2


def test_a_resolve_that_comes_first_is_kept_and_the_trigger_still_opens_an_alert(
    sandbox: Sandbox, destination: Destination
) -> None:
    assert ingest.record(HAPPENED[1]).status == "unmatched"
    assert ingest.record(HAPPENED[0]).status == "accepted"
    drain(destination)
    assert [incident.is_open for incident in sandbox.workspace.incidents()] == [True]
    assert Event.objects.filter(alert=None).count() == 1
