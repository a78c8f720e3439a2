"""More alerts of a rule in a minute than its brake lets through become one summary."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from pytest_django.fixtures import Settings

from alerts import ingest
from alerts.lifecycle import acknowledge, end
from alerts.models import Alert, AlertState, Delivery, DeliveryState, Lane, Storm
from alerts.resending import send_again
from alerts.sweep import sweep
from destinations.messages import Action
from destinations.models import Destination
from sandbox import keys
from sandbox.server import Sandbox
from tests.alerts.factories import (
    a_destination,
    a_rule,
    alerts,
    an_alert,
    an_event,
    close_of,
    create_of,
    drain,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def brake(settings: Settings) -> None:
    settings.STORM_LIMIT = 3


def the_storm() -> Storm:
    return Storm.objects.select_related("alert").get()


def create_to(destination: Destination, alert: Alert) -> Delivery:
    return alert.deliveries.get(destination=destination, action=Action.CREATE)


def later(clock: time_machine.Traveller, seconds: float) -> None:
    clock.shift(timedelta(seconds=seconds))
    sweep()


def test_what_comes_on_top_is_skipped_and_says_why(destination: Destination) -> None:
    opened = alerts(5)
    states = [create_of(alert).state for alert in opened]
    assert states == [DeliveryState.PENDING] * 3 + [DeliveryState.SKIPPED] * 2
    assert create_of(opened[4]).reason == (
        "Storm brake: more than 3 alerts of this rule in a minute. A summary speaks for it."
    )
    members = set(the_storm().members.all())
    assert members == set(opened[3:])


def test_one_summary_lists_and_links_them_all(sandbox: Sandbox, destination: Destination) -> None:
    with time_machine.travel(timezone.now(), tick=True) as clock:
        opened = alerts(6)
        drain(destination)
        assert len(sandbox.workspace.incidents()) == 3
        later(clock, 31)
        drain(destination)
    *_, summary = sandbox.workspace.incidents()
    assert len(sandbox.workspace.incidents()) == 4
    assert summary.name == "[AnomalyArmor] Storm: 3 more alerts of the rule Everything"
    for member in opened[3:]:
        assert member.get_absolute_url() in summary.summary
    assert the_storm().alert.get_absolute_url() in summary.summary


def test_a_summary_of_many_names_some_and_counts_the_rest(destination: Destination) -> None:
    ingest.record_all([an_event(asset=f"shop.public.t{number}") for number in range(100)])
    sweep()
    message = create_of(the_storm().alert).message
    assert message["title"] == "Storm: 97 more alerts of the rule Everything"
    assert message["description"].count("\n- ") == 40
    assert message["description"].endswith(f"… and 57 more: {message['link']}")


def test_a_batch_is_braked_as_single_events_are(destination: Destination) -> None:
    results = ingest.record_all([an_event(asset=f"t{number}") for number in range(10)])
    assert {result.status for result in results} == {"accepted"}
    creates = Delivery.objects.filter(alert__storm=None)
    assert creates.filter(state=DeliveryState.PENDING).count() == 3
    assert creates.filter(state=DeliveryState.SKIPPED).count() == 7


def test_the_brake_lets_its_number_through_every_minute(destination: Destination) -> None:
    with time_machine.travel(timezone.now(), tick=True) as clock:
        for minute in range(3):
            for number in range(5):
                an_alert(asset=f"{minute} {number}")
            clock.shift(timedelta(seconds=61))
    assert Delivery.objects.exclude(passed_by=None).count() == 9
    assert Storm.objects.count() == 1


def test_after_ten_quiet_minutes_it_is_a_new_storm(destination: Destination) -> None:
    with time_machine.travel(timezone.now(), tick=True) as clock:
        alerts(5)
        clock.shift(timedelta(minutes=11))
        for number in range(5):
            an_alert(asset=f"second {number}")
    assert Storm.objects.count() == 2


def test_each_rule_has_a_brake_of_its_own(destination: Destination) -> None:
    other = a_destination("Other")
    a_rule(other, name="Critical ones", severities=["critical"])
    for number in range(3):
        an_alert(asset=f"warning {number}", severity="warning")
    alert = an_alert(asset="critical")
    assert [c.state for c in alert.deliveries.filter(destination=other)] == [DeliveryState.PENDING]
    assert create_to(destination, alert).state == DeliveryState.SKIPPED
    assert the_storm().rule == destination.rules.get()


def test_one_storm_speaks_for_an_alert_that_two_brakes_hold(
    sandbox: Sandbox, destination: Destination
) -> None:
    other = a_destination("Other", key=keys.FULL)
    a_rule(other, name="The same again")
    with time_machine.travel(timezone.now(), tick=True) as clock:
        opened = alerts(5)
        later(clock, 31)
        drain(destination)
        drain(other)
        later(clock, 61)
        assert the_storm().alert.is_open
        assert set(the_storm().members.all()) == set(opened[3:])
    assert len([i for i in sandbox.workspace.incidents() if "Storm: 2 more" in i.name]) == 2


def test_another_rule_that_wants_the_alert_lets_it_through(destination: Destination) -> None:
    alerts(3)
    a_rule(destination, name="A second one")
    alert = an_alert(asset="the fourth")
    assert create_of(alert).state == DeliveryState.PENDING
    assert not Storm.objects.exists()


def test_zero_switches_the_brake_off(destination: Destination, settings: Settings) -> None:
    settings.STORM_LIMIT = 0
    alerts(40)
    assert not Storm.objects.exists()
    assert Delivery.objects.filter(state=DeliveryState.PENDING).count() == 40


def test_a_member_is_acknowledged_and_sent_by_itself_if_need_be(
    sandbox: Sandbox, destination: Destination
) -> None:
    member = alerts(4)[3]
    assert acknowledge(member, "ada").state == AlertState.ACKNOWLEDGED
    send_again(create_of(member), "ada")
    drain(destination)
    assert create_of(member).state == DeliveryState.DELIVERED
    end(member, AlertState.RESOLVED)
    drain(destination)
    assert close_of(member).state == DeliveryState.DELIVERED


def test_members_end_with_their_storm(sandbox: Sandbox, destination: Destination) -> None:
    with time_machine.travel(timezone.now(), tick=True) as clock:
        opened = alerts(6)
        later(clock, 31)
        drain(destination)
        end(the_storm().alert, AlertState.DISMISSED, "ada")
        sweep()
        drain(destination)
    states = [Alert.objects.get(pk=alert.pk).state for alert in opened]
    assert states == [AlertState.TRIGGERED] * 3 + [AlertState.DISMISSED] * 3
    assert close_of(the_storm().alert).state == DeliveryState.DELIVERED
    closed = [i.name for i in sandbox.workspace.incidents() if not i.is_open]
    assert closed == ["[AnomalyArmor] Storm: 3 more alerts of the rule Everything"]


def test_a_storm_ends_when_all_its_members_have(sandbox: Sandbox, destination: Destination) -> None:
    with time_machine.travel(timezone.now(), tick=True) as clock:
        first, second = alerts(5)[3:]
        later(clock, 61)
        drain(destination)
        end(first, AlertState.RESOLVED)
        later(clock, 1)
        assert the_storm().alert.is_open
        end(second, AlertState.RESOLVED)
        later(clock, 1)
        drain(destination)
    assert the_storm().alert.state == AlertState.RESOLVED
    assert close_of(the_storm().alert).state == DeliveryState.DELIVERED


def test_a_storm_that_ends_before_its_summary_is_sent_sends_nothing(
    sandbox: Sandbox, destination: Destination
) -> None:
    alerts(4)
    end(the_storm().alert, AlertState.RESOLVED, "ada")
    drain(destination)
    assert len(sandbox.workspace.incidents()) == 3
    assert create_of(the_storm().alert).reason == "The alert ended before it was sent."


def test_a_storm_of_a_deleted_rule_is_told_all_the_same(
    sandbox: Sandbox, destination: Destination
) -> None:
    with time_machine.travel(timezone.now(), tick=True) as clock:
        alerts(5)
        destination.rules.all().delete()
        later(clock, 31)
        drain(destination)
    assert len(sandbox.workspace.incidents()) == 4


def test_the_summary_rings_when_it_is_due_and_not_before(destination: Destination) -> None:
    with time_machine.travel(timezone.now(), tick=True) as clock:
        alerts(4)
        Delivery.objects.filter(alert__storm=None).delete()
        Lane.objects.update(rung_at=None)
        later(clock, 1)
        assert Lane.objects.get().rung_at is None
        later(clock, 30)
        assert Lane.objects.get().rung_at is not None


def test_the_summary_blanks_what_may_not_leave(destination: Destination) -> None:
    alerts(3)
    an_alert(asset="x", title="Login with password=hunter2hunter2 failed")
    sweep()
    create = create_of(the_storm().alert)
    assert "hunter2" not in str(create.message)
    assert create.blanked == 1
    assert create.action == Action.CREATE


def test_a_repeat_of_a_member_does_not_count_again(destination: Destination) -> None:
    alerts(4)
    for _ in range(3):
        ingest.record(an_event(asset="shop.public.table_3"))
    sweep()
    assert the_storm().alert.count == 1
