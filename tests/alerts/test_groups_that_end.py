"""A group ends with its last member, and members with their group."""

from datetime import timedelta

import pytest
from django.utils import timezone

from alerts import ingest
from alerts.lifecycle import end, snooze
from alerts.models import (
    Activity,
    Alert,
    AlertState,
    DeliveryState,
    Look,
    Rule,
    Storm,
)
from alerts.pruning import prune
from alerts.resending import send_again
from alerts.sweep import sweep
from destinations.models import Destination
from sandbox.server import Sandbox
from tests.alerts.factories import (
    alerts,
    an_alert,
    an_event,
    close_of,
    create_of,
    drain,
    resolve,
)
from tests.alerts.grouping import Clock, a_grouped_destination, later, the_group, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def destination(sandbox: Sandbox) -> Destination:
    return a_grouped_destination()


def test_it_is_closed_when_the_last_member_ends(
    sandbox: Sandbox, destination: Destination, clock: Clock
) -> None:
    *others, last = alerts(4)
    later(clock, 11)
    drain(destination)
    for member in others:
        resolve(member)
    later(clock, 1)
    drain(destination)
    assert the_group().alert.is_open
    resolve(last)
    later(clock, 1)
    drain(destination)
    assert the_group().alert.state == AlertState.RESOLVED
    assert close_of(the_group().alert).state == DeliveryState.DELIVERED
    assert [incident.is_open for incident in sandbox.workspace.incidents()] == [False]
    note = the_group().alert.activities.get(kind=Activity.Kind.RESOLVED).note
    assert note == "All of its alerts have ended."
    assert not Look.objects.exists()


def test_what_comes_after_its_end_opens_a_new_group(
    sandbox: Sandbox, destination: Destination, clock: Clock
) -> None:
    for _ in range(2):
        resolve(an_alert())  # the same problem, twice
        sweep()
    assert Storm.objects.count() == 2
    assert not Alert.objects.filter(ended_at=None).exists()


def test_ended_before_it_was_sent_nothing_is_sent(
    sandbox: Sandbox, destination: Destination, clock: Clock
) -> None:
    for member in alerts(2):
        resolve(member)
    later(clock, 11)
    drain(destination)
    assert not sandbox.workspace.incidents()
    assert create_of(the_group().alert).reason == "The alert ended before it was sent."


def test_members_end_with_their_group(
    sandbox: Sandbox, destination: Destination, clock: Clock
) -> None:
    opened = alerts(3)
    later(clock, 11)
    drain(destination)
    end(the_group().alert, AlertState.DISMISSED, "ada")
    sweep()
    drain(destination)
    for member in opened:
        member.refresh_from_db()
        assert member.state == AlertState.DISMISSED
        ending = member.activities.get(kind=Activity.Kind.DISMISSED)
        assert ending.note == "with its group"
    assert [incident.is_open for incident in sandbox.workspace.incidents()] == [False]


def test_a_group_of_many_ends_in_one_round(destination: Destination, clock: Clock) -> None:
    ingest.record_all([an_event(asset=f"table_{number}") for number in range(130)])
    end(the_group().alert, AlertState.RESOLVED, "ada")
    later(clock, 11)
    assert not Alert.objects.filter(ended_at=None).exists()
    assert not Look.objects.exists()


def test_an_ended_member_is_listed_as_such(
    sandbox: Sandbox, destination: Destination, clock: Clock
) -> None:
    resolve(alerts(2)[0])
    later(clock, 11)
    lines = told(destination).description.splitlines()
    assert ["(resolved)" in line for line in lines if line.startswith("- ")] == [True, False]


def test_a_member_can_be_sent_by_itself(
    sandbox: Sandbox, destination: Destination, clock: Clock
) -> None:
    member, _ = alerts(2)
    send_again(create_of(member), "ada")
    drain(destination)
    assert len(sandbox.workspace.incidents()) == 1
    resolve(member)
    drain(destination)
    assert close_of(member).state == DeliveryState.DELIVERED
    later(clock, 11)
    drain(destination)
    assert [incident.is_open for incident in sandbox.workspace.incidents()] == [False, True]


def test_a_snoozed_member_keeps_its_group_open(destination: Destination) -> None:
    first, second = alerts(2)
    snooze(first, 4, "ada")
    resolve(second)
    sweep()
    assert the_group().alert.is_open


def test_a_deleted_rule_takes_nothing_back(
    sandbox: Sandbox, destination: Destination, clock: Clock
) -> None:
    member, _ = alerts(2)
    Rule.objects.get().delete()
    later(clock, 11)
    drain(destination)
    [incident] = sandbox.workspace.incidents()
    assert "Rule: Everything" in incident.summary
    end(the_group().alert, AlertState.RESOLVED, "ada")
    sweep()
    member.refresh_from_db()
    assert not member.is_open


def test_a_deleted_destination_is_told_nothing_and_the_group_still_ends(
    sandbox: Sandbox, destination: Destination, clock: Clock
) -> None:
    [member] = alerts(1)
    destination.delete_softly()
    later(clock, 11)
    assert create_of(the_group().alert).state == DeliveryState.SKIPPED
    resolve(member)
    sweep()
    assert not the_group().alert.is_open


def test_a_clock_that_was_set_back_holds_nothing_up(
    sandbox: Sandbox, destination: Destination, clock: Clock
) -> None:
    alerts(1)
    clock.shift(-timedelta(days=1))
    an_alert(asset="yesterday")
    later(clock, 11)
    drain(destination)
    [incident] = sandbox.workspace.incidents()
    assert "yesterday" in incident.summary
    for alert in Alert.objects.filter(storm=None):
        resolve(alert)
    sweep()
    assert not Alert.objects.filter(ended_at=None).exists()
    assert not Look.objects.exists()


def test_an_event_ends_no_group_by_its_facts(destination: Destination) -> None:
    member = an_alert()
    answer = ingest.record(an_event(status="resolved", changes=[]))
    assert answer.alert_id == member.pk
    assert the_group().alert.is_open  # until the sweeper has looked


def test_a_group_is_deleted_after_its_members(destination: Destination, clock: Clock) -> None:
    resolve(an_alert())
    later(clock, 11)
    clock.shift(timedelta(days=100))
    while not prune(timezone.now()).is_complete:
        pass
    assert not Storm.objects.exists()
    assert not Alert.objects.exists()
