"""Many workers open, join and end groups at the same time, with real commits."""

import threading

import pytest
from django.db import connection
from django.utils import timezone

from alerts import groups, ingest, joining
from alerts.lifecycle import end
from alerts.models import Alert, AlertState, Delivery, Look, Storm
from alerts.sweep import sweep
from destinations.messages import Action
from tests.alerts.factories import a_destination, a_rule, alerts, an_alert, an_event, resolved
from tests.alerts.test_ingest_at_the_same_time import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def incidents_planned() -> int:
    """Creates that will be sent."""
    creates = Delivery.objects.filter(action=Action.CREATE)
    return creates.exclude(reason__startswith="Part of a group").count()


def test_fifty_alerts_of_one_burst_open_one_group() -> None:
    a_rule(a_destination(), is_grouped=True)
    at_once(50, lambda number: ingest.record(an_event(asset=f"table_{number}")))
    group = Storm.objects.get()
    assert group.members.count() == 50
    assert incidents_planned() == 1


def test_batches_of_several_bursts_in_opposite_orders_share_their_groups() -> None:
    a_rule(a_destination(), is_grouped=True)

    def report(number: int) -> None:
        schemas = [f"schema_{n}" for n in range(5)]
        batch = schemas if number % 2 else schemas[::-1]
        ingest.record_all([an_event(asset=f"{number} {name}", schema=name) for name in batch])

    at_once(6, report)
    assert Storm.objects.count() == 5
    assert incidents_planned() == 5


def test_the_last_members_end_at_the_same_time_and_the_group_with_them() -> None:
    a_rule(a_destination(), is_grouped=True)
    opened = alerts(8)
    at_once(8, lambda number: end(opened[number], AlertState.RESOLVED))
    at_once(3, lambda number: sweep())
    group = Storm.objects.get().alert
    assert group.state == AlertState.RESOLVED
    assert group.activities.filter(kind="resolved").count() == 1
    assert not Look.objects.filter(due_at__lte=timezone.now()).exists()


def test_nobody_joins_a_group_that_has_ended() -> None:
    """Whatever the order: no alert is left open in an ended group, and none loses its incident."""
    a_rule(a_destination(), is_grouped=True)

    def work(number: int) -> None:
        for turn in range(6):
            name = f"{number} {turn}"
            ingest.record(an_event(asset=name))
            ingest.record(resolved(asset=name))
            if number % 2:
                sweep()

    at_once(6, work)
    ended = an_alert(asset="the last")
    sweep()
    members = Alert.objects.filter(part_of__isnull=False)
    assert members.count() == 37
    lost = members.filter(activities__note="with its group")
    assert not lost.exists()
    still_open = Alert.objects.filter(ended_at=None, storm__isnull=False)
    assert [group.pk for group in still_open] == [ended.part_of_id]


# SQLite has one writer: nobody joins while another ends.
@pytest.mark.only_on("postgresql")
def test_an_end_waits_for_who_is_joining(monkeypatch: pytest.MonkeyPatch) -> None:
    a_rule(a_destination(), is_grouped=True)
    [first] = alerts(1)
    joined, may_commit = threading.Event(), threading.Event()

    find = groups.current

    def find_and_take_time(burst: str) -> Storm | None:
        found = find(burst)
        joined.set()
        may_commit.wait(10)
        return found

    monkeypatch.setattr(groups, "current", find_and_take_time)

    def finish() -> None:
        joined.wait(10)
        end(first, AlertState.RESOLVED)
        sweeper = threading.Thread(target=_sweep)
        sweeper.start()
        sweeper.join(0.3)
        assert sweeper.is_alive()  # it waits for the one that joins
        may_commit.set()
        sweeper.join(10)

    at_once(2, lambda n: ingest.record(an_event(asset="second")) if n else finish())
    group = Storm.objects.select_related("alert").get()
    assert group.alert.is_open
    assert group.open_count == 1


def test_a_summary_that_is_ending_is_not_held() -> None:
    a_rule(a_destination(), is_grouped=True)
    alerts(1)
    group = Storm.objects.select_related("alert").get()
    end(group.alert, AlertState.RESOLVED, "ada")
    assert not joining.hold(group)
    assert an_alert(asset="next").part_of_id != group.pk


def _sweep() -> None:
    try:
        sweep()
    finally:
        connection.close()
