"""Groups among several rules, destinations and storms: each gets what its rules ask for."""

import pytest
from pytest_django.fixtures import Settings

from alerts.models import (
    Alert,
    Delivery,
    DeliveryState,
    Match,
    Rule,
    Storm,
    Verdict,
)
from destinations.models import Destination
from sandbox.server import Sandbox
from tests.alerts.factories import (
    a_destination,
    a_rule,
    alerts,
    an_alert,
    create_of,
    drain,
)
from tests.alerts.grouping import Clock, a_grouped_destination, create_to, later, the_group, told
from tests.alerts.noticeboard import Board, a_reader

pytestmark = pytest.mark.django_db


@pytest.fixture
def destination(sandbox: Sandbox) -> Destination:
    return a_grouped_destination()


def test_a_rule_that_does_not_group_gets_the_alert_its_own_incident(
    destination: Destination,
) -> None:
    a_rule(destination, name="Each by itself")
    assert [create_of(alert).state for alert in alerts(2)] == [DeliveryState.PENDING] * 2
    assert not Storm.objects.exists()


def test_each_destination_has_its_own_answer(destination: Destination) -> None:
    other = a_destination("Other")
    a_rule(other, name="Each by itself")
    for alert in alerts(2):
        assert create_to(destination, alert).state == DeliveryState.SKIPPED
        assert create_to(other, alert).state == DeliveryState.PENDING
    assert [d.destination for d in the_group().alert.deliveries.all()] == [destination]


def test_one_group_speaks_for_all_rules_and_names_those_of_each_destination(
    destination: Destination, clock: Clock
) -> None:
    other = a_destination("Other")
    a_rule(other, name="Critical ones", severities=["critical"], is_grouped=True)
    a_rule(destination, name="Another", is_grouped=True)
    an_alert(asset="a", severity="warning")
    an_alert(asset="b", severity="critical")
    later(clock, 11)
    assert told(destination).rule == "Another, Everything"
    assert told(other).rule == "Critical ones"
    named = Match.objects.filter(alert=the_group().pk, verdict=Verdict.MATCHED)
    assert {match.rule_name for match in named} == {"Another", "Critical ones", "Everything"}


def test_a_destination_hears_of_no_alert_that_no_rule_sends_there(
    destination: Destination, clock: Clock
) -> None:
    other = a_destination("Other")
    a_rule(other, name="Payments", assets=["*payments*"], is_grouped=True)
    an_alert(asset="shop.orders", title="Orders are broken")
    payments = an_alert(asset="shop.payments", title="Payments are broken", severity="info")
    later(clock, 11)
    assert told(destination).title == "Orders are broken and 1 more"
    message = told(other)
    assert (message.title, message.severity) == ("Payments are broken", "info")
    assert payments.get_absolute_url() in message.link
    assert "orders" not in str(message.to_json()).lower().replace("customer", "")


def test_what_is_suppressed_joins_when_it_is_matched(
    destination: Destination, clock: Clock
) -> None:
    Rule.objects.get().delete()
    a_rule(destination, name="After a minute", is_grouped=True, min_minutes=1)
    alert = an_alert()
    assert alert.verdict == Verdict.WAITING
    assert not Storm.objects.exists()
    later(clock, 61)
    alert.refresh_from_db()
    assert alert.part_of == the_group()
    assert create_of(alert).state == DeliveryState.SKIPPED


def test_a_rule_that_groups_no_more_sends_what_follows_by_itself(
    destination: Destination, clock: Clock
) -> None:
    grouped = an_alert(asset="a")
    rule = Rule.objects.get()
    rule.is_grouped = False
    rule.save()
    assert create_of(an_alert(asset="b")).state == DeliveryState.PENDING
    assert create_of(grouped).state == DeliveryState.SKIPPED
    later(clock, 11)
    assert create_of(the_group().alert).next_attempt_at is not None


def test_a_destination_that_needs_attention_gets_the_whole_list_later(
    sandbox: Sandbox, destination: Destination, clock: Clock
) -> None:
    destination.attention = "HTTP 401: Unauthorized"
    destination.save()
    alerts(1)
    later(clock, 60)
    an_alert(asset="a minute later")
    later(clock, 1)
    destination.attention = ""
    destination.save()
    drain(destination)
    [incident] = sandbox.workspace.incidents()
    assert "a minute later" in incident.summary


def test_where_the_groups_incident_failed_what_follows_goes_by_itself(
    destination: Destination, clock: Clock
) -> None:
    an_alert(asset="a")
    Delivery.objects.filter(alert=the_group().pk).update(state=DeliveryState.FAILED)
    assert create_of(an_alert(asset="b")).state == DeliveryState.PENDING
    assert the_group().members.count() == 1


def test_a_record_only_destination_records_one_for_all(sandbox: Sandbox, clock: Clock) -> None:
    destination = a_destination()
    destination.is_record_only = True
    destination.save()
    a_rule(destination, is_grouped=True)
    alerts(2)
    later(clock, 11)
    drain(destination)
    an_alert(asset="late")
    recorded = Delivery.objects.exclude(reason="").exclude(reason__startswith="Part of a group")
    assert [d.alert for d in recorded] == [the_group().alert]
    destination.is_record_only = False
    destination.save()
    assert create_of(an_alert(asset="for real")).state == DeliveryState.PENDING


def test_a_digest_gathers_by_itself(board: Board) -> None:
    reader = a_reader()
    Rule.objects.all().delete()
    a_rule(reader, is_grouped=True)
    assert create_of(an_alert()).digest_at is not None
    assert not Storm.objects.exists()


def test_a_group_counts_as_one_for_the_storm_brake(
    destination: Destination, settings: Settings
) -> None:
    settings.STORM_LIMIT = 2
    for schema in ("a", "a", "a", "b", "b", "c", "c"):
        number = Alert.objects.count()
        an_alert(asset=f"{number}", schema=schema)
    kinds = [storm.kind for storm in Storm.objects.order_by("joined_at")]
    assert kinds == ["group", "group", "storm"]
    assert Storm.objects.get(burst="").members.count() == 2
    assert Delivery.objects.exclude(passed_by=None).count() == 2


def test_a_group_speaks_where_the_storm_brake_holds_its_member(
    destination: Destination, settings: Settings, clock: Clock
) -> None:
    settings.STORM_LIMIT = 2
    other = a_destination("Other")
    a_rule(other, name="Each by itself")
    opened = alerts(4)
    states = [create_to(other, alert).state for alert in opened]
    assert states == [DeliveryState.PENDING] * 2 + [DeliveryState.SKIPPED] * 2
    later(clock, 11)
    assert told(other).title == "Column removed from orders and 3 more"
    assert [storm.kind for storm in Storm.objects.all()] == ["group"]
