"""Alerts of one burst share an incident, where their rules group."""

from datetime import timedelta

import pytest
from pytest_django.fixtures import DjangoAssertNumQueries

from alerts import ingest
from alerts.models import (
    Alert,
    Delivery,
    DeliveryState,
    Storm,
)
from alerts.sweep import sweep
from destinations.messages import Message
from destinations.models import Destination
from sandbox.server import Sandbox
from tests.alerts.factories import (
    alerts,
    an_alert,
    an_event,
    create_of,
    drain,
    lane_of,
)
from tests.alerts.grouping import Clock, a_grouped_destination, later, the_group, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def destination(sandbox: Sandbox) -> Destination:
    return a_grouped_destination()


def test_twelve_alerts_of_a_burst_are_one_incident_that_lists_them(
    sandbox: Sandbox, destination: Destination, clock: Clock
) -> None:
    opened = alerts(12)
    later(clock, 11)
    drain(destination)
    [incident] = sandbox.workspace.incidents()
    assert incident.name == "[AnomalyArmor] Column removed from orders and 11 more"
    for member in opened:
        assert member.get_absolute_url() in incident.summary
        assert member.asset in incident.summary
    assert the_group().alert.get_absolute_url() in incident.summary


def test_a_member_says_why_its_own_create_was_skipped(destination: Destination) -> None:
    for member in alerts(2):
        create = create_of(member)
        assert create.state == DeliveryState.SKIPPED
        assert create.reason == "Part of a group: its incident speaks for this alert."
        assert create.passed_by is None


def test_nothing_is_sent_before_it_has_gathered(
    sandbox: Sandbox, destination: Destination, clock: Clock
) -> None:
    alerts(2)
    later(clock, 9)
    drain(destination)
    assert not sandbox.workspace.incidents()
    assert create_of(the_group().alert).reason == "It gathers the alerts that it will list."
    an_alert(asset="just in time")
    clock.shift(timedelta(seconds=2))
    drain(destination)  # a worker comes by before the sweeper has counted
    assert not sandbox.workspace.incidents()
    sweep()
    drain(destination)
    [incident] = sandbox.workspace.incidents()
    assert "just in time" in incident.summary
    assert create_of(the_group().alert).reason == ""


def test_the_sweeper_rings_for_it_when_it_has_gathered(
    destination: Destination, clock: Clock
) -> None:
    alerts(2)
    later(clock, 9)
    assert lane_of(destination).rung_at is None
    later(clock, 2)
    assert lane_of(destination).rung_at is not None


def test_it_is_sent_at_last_when_no_sweeper_comes(
    sandbox: Sandbox, destination: Destination, clock: Clock
) -> None:
    alerts(1)
    clock.shift(timedelta(seconds=71))
    drain(destination)
    assert len(sandbox.workspace.incidents()) == 1


def test_later_ones_join_silently_and_are_counted(
    sandbox: Sandbox, destination: Destination, clock: Clock
) -> None:
    alerts(2)
    later(clock, 11)
    drain(destination)
    late = an_alert(asset="late")
    later(clock, 1)
    drain(destination)
    assert len(sandbox.workspace.incidents()) == 1
    assert late.part_of == the_group()
    assert the_group().alert.title == "Column removed from orders and 2 more"
    assert the_group().alert.count == 3


def test_after_the_window_it_is_a_new_group_beside_the_first(
    destination: Destination, clock: Clock
) -> None:
    first = an_alert(asset="a")
    clock.shift(timedelta(seconds=299))
    assert an_alert(asset="b").part_of_id == first.part_of_id
    clock.shift(timedelta(seconds=2))
    others = [an_alert(asset="c"), an_alert(asset="d")]
    assert {alert.part_of_id for alert in others} != {first.part_of_id}
    assert Alert.objects.filter(storm__isnull=False, ended_at=None).count() == 2
    assert Storm.objects.count() == 2


@pytest.mark.parametrize(
    "other",
    [{"event_type": "new_asset"}, {"data_source": "staging"}, {"schema": "private"}],
    ids=lambda other: next(iter(other)),
)
def test_another_event_type_source_or_schema_is_another_burst(
    destination: Destination, other: dict[str, str]
) -> None:
    assert an_alert(asset="a").part_of_id != an_alert(asset="b", **other).part_of_id


def test_one_alone_reads_like_an_ordinary_incident(
    sandbox: Sandbox, destination: Destination, clock: Clock
) -> None:
    alert = an_alert()
    later(clock, 11)
    drain(destination)
    [incident] = sandbox.workspace.incidents()
    assert incident.name == "[AnomalyArmor] Column removed from orders"
    ordinary = Message.from_json(create_of(alert).message)
    assert incident.summary == ordinary.summary
    assert told(destination).changes == ordinary.changes != ()


def test_the_gravest_member_gives_the_severity(destination: Destination, clock: Clock) -> None:
    an_alert(asset="a", severity="info")
    an_alert(asset="b", severity="warning")
    later(clock, 1)
    assert (the_group().alert.severity, told(destination).severity) == ("warning", "warning")
    ingest.record(an_event(asset="a", severity="critical"))  # it gets worse
    later(clock, 1)
    assert (the_group().alert.severity, told(destination).severity) == ("critical", "critical")


def test_a_severity_that_is_raised_after_it_was_sent_is_shown(
    sandbox: Sandbox, destination: Destination, clock: Clock
) -> None:
    an_alert(asset="a", severity="warning")
    later(clock, 11)
    drain(destination)
    an_alert(asset="b", severity="critical")
    sweep()
    assert the_group().alert.severity == "critical"
    assert told(destination).severity == "warning"  # as it was said


def test_a_repeat_or_an_escalation_of_a_member_changes_nothing_else(
    destination: Destination,
) -> None:
    an_alert(severity="warning")
    for severity in ("warning", "critical", "critical"):
        ingest.record(an_event(severity=severity))
    sweep()
    assert the_group().alert.count == 1
    assert Delivery.objects.count() == 2  # the member's, which is skipped, and the group's


def test_secrets_in_titles_are_blanked_and_counted_once(
    destination: Destination, clock: Clock
) -> None:
    an_alert(asset="a", title="Login with password=hunter2hunter2 failed")
    an_alert(asset="orders", title="Column 'orders' is gone, as is 'jane@example.com'")
    later(clock, 11)
    create = create_of(the_group().alert)
    assert "hunter2" not in str(create.message)
    assert "jane" not in str(create.message)
    assert "'orders'" in create.message["description"]
    assert create.blanked == 2


def test_a_long_title_keeps_its_count(destination: Destination) -> None:
    for number in range(2):
        an_alert(asset=f"{number}", title="x" * 500)
    sweep()
    title = the_group().alert.title
    assert title.endswith("… and 1 more")
    assert len(title) <= 500


def test_it_explains_itself(destination: Destination) -> None:
    an_alert(asset="a")
    summary = the_group().alert
    assert (summary.event_type, summary.data_source, summary.schema) == (
        "schema_change",
        "prod-postgres",
        "public",
    )
    assert summary.description == (
        "This incident stands for all alerts of one burst (schema change in prod-postgres, schema"
        " public, within 5 min of the first), and is closed when the last of them has ended."
    )
    assert summary.activities.get().note == "by grouping"


def test_events_of_a_batch_are_grouped_with_few_statements(
    destination: Destination, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(60):
        ingest.record_all([an_event(asset=f"table_{number}") for number in range(200)])
    assert the_group().members.count() == 200
