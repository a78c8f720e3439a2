"""Rows read and written past the ORM come out as the ORM's own."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from django_q.models import OrmQ, Task

from accounts.models import ApiKey
from alerts import rows, tasks
from alerts.models import Activity, Alert, Attempt, Delivery, Event, Lane
from destinations.errors import Outcome
from destinations.models import Destination
from tests.alerts.factories import a_destination, a_rule, an_alert, create_of

pytestmark = pytest.mark.django_db


def test_what_is_found_equals_what_the_orm_finds() -> None:
    a_rule(a_destination())
    alert = an_alert(details={"rows": 3, "late": None})
    (found,) = rows.find(Alert, "id", [alert.pk])
    theirs = Alert.objects.get(pk=alert.pk)
    names = rows.names_of(Alert)
    assert [getattr(found, name) for name in names] == [getattr(theirs, name) for name in names]
    assert type(found.created_at) is type(theirs.created_at)


def test_only_some_fields_are_read_and_foreign_keys_are_their_targets_type() -> None:
    a_rule(a_destination())
    create = create_of(an_alert())
    (found,) = rows.find(Delivery, "id", [create.pk], only=("alert", "id", "message"))
    assert (found.pk, found.alert_id, found.message) == (create.pk, create.alert_id, create.message)
    assert "reason" in found.get_deferred_fields()


def test_none_is_null() -> None:
    key, _ = ApiKey.objects.issue("dbt")
    for api_key in (key, None):
        Event.objects.create(
            api_key=api_key, event_id="7", status="resolved", body={}, occurred_at=timezone.now()
        )
    found = rows.find(Event, "event_id", ["7", "8"], api_key=None)
    assert [event.api_key_id for event in found] == [None]
    found = rows.find(Event, "event_id", ["7", "8"], api_key=key.pk)
    assert [event.api_key_id for event in found] == [key.pk]
    assert rows.find(Event, "event_id", []) == []


def test_one_row_and_many_are_added_with_their_defaults() -> None:
    alert = an_alert()
    before = alert.activities.count()
    rows.insert([Activity(alert_id=alert.pk, kind=Activity.Kind.COMMENT, note="é 'x' %s")])
    rows.insert([Activity(alert_id=alert.pk, kind=Activity.Kind.COMMENT) for _ in range(3)])
    rows.insert([])
    added = alert.activities.order_by("id")[before:]
    assert [activity.note for activity in added] == ["é 'x' %s", "", "", ""]
    assert all(abs(timezone.now() - a.created_at) < timedelta(minutes=1) for a in added)


def test_constraints_hold() -> None:
    a_rule(a_destination())
    create = create_of(an_alert())
    attempt = Attempt(delivery=create, number=1, started_at=timezone.now(), outcome=Outcome.SUCCESS)
    rows.insert([attempt])
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.insert([attempt])


def test_an_update_changes_its_row_and_its_columns_only() -> None:
    one, other = a_destination("One"), a_destination("Other")
    now = timezone.now()
    rows.update(Destination, one.pk, {"last_error": "HTTP 503", "last_failure_at": now})
    rows.update(Destination, other.pk, {})
    one.refresh_from_db()
    other.refresh_from_db()
    assert (one.last_error, one.last_failure_at, one.name) == ("HTTP 503", now, "One")
    assert (other.last_error, other.last_failure_at) == ("", None)


def test_old_failures_and_orphaned_doorbells_are_deleted_from_the_queue() -> None:
    now = timezone.now()
    for days in (1, 8):
        then = now - timedelta(days=days)
        Task.objects.create(
            id=uuid4().hex, name=str(days), func="f", started=then, stopped=then, success=False
        )
    for hours in (1, 25):
        OrmQ.objects.create(key="k", payload="p", lock=now - timedelta(hours=hours))
    assert tasks.prune_queue(now) == 2
    assert [task.name for task in Task.objects.all()] == ["1"]
    assert OrmQ.objects.get().lock > now - timedelta(hours=2)


def test_the_queue_gives_what_waits_and_nothing_else() -> None:
    a_rule(a_destination())
    broker = tasks.Doorbells("armor_incidents")
    assert broker.dequeue() is None
    an_alert()
    ((pk, _),) = broker.dequeue()
    assert OrmQ.objects.get().pk == pk
    assert broker.dequeue() is None, "it was taken"
    assert Lane.objects.get().rung_at is not None
