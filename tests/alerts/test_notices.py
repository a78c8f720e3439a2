"""The admins hear once that a destination needs them, and once that it works again."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.core import mail
from django.utils import timezone
from django_q.models import OrmQ
from pytest_django.fixtures import Settings

from alerts import notices, sweep, tasks
from alerts.models import Lane
from destinations.models import Destination
from sandbox import keys
from sandbox.server import Sandbox
from tests.alerts.factories import a_destination, a_rule, an_alert, drain, lane_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def people(settings: Settings) -> None:
    settings.EMAIL_HOST = "mail.example"
    configure = Permission.objects.get(codename="alert_configuration")
    User.objects.create_user("ada", "ada@example.com").user_permissions.add(configure)
    User.objects.create_superuser("root", "root@example.com")
    User.objects.create_user("viewer", "viewer@example.com")
    User.objects.create_superuser("silent", "")
    User.objects.create_superuser("gone", "gone@example.com", is_active=False)


def tell() -> None:
    for lane in notices.due(timezone.now()):
        notices.tell(lane.pk)


def refused() -> Destination:
    destination = a_destination(key=keys.REVOKED)
    a_rule(destination)
    an_alert()
    drain(destination)
    return destination


def down_for(destination: Destination, *, failures: int, minutes: int) -> None:
    since = timezone.now() - timedelta(minutes=minutes)
    Destination.objects.filter(pk=destination.pk).update(failing_since=since, last_error="HTTP 500")
    Lane.objects.update_or_create(destination=destination, defaults={"failures_in_row": failures})


def test_a_refused_key_is_told_once_to_those_who_can_mend_it(sandbox: Sandbox) -> None:
    destination = refused()
    tell()
    tell()
    [letter] = mail.outbox
    assert sorted(letter.to) == ["ada@example.com", "root@example.com"]
    assert letter.subject == "[AnomalyArmor] Destination On-call needs attention"
    assert "HTTP 401: Unauthorized" in letter.body
    assert f"/alerts/destinations/{destination.pk}/" in letter.body
    assert keys.REVOKED not in letter.body


def test_it_is_told_once_that_it_works_again(sandbox: Sandbox) -> None:
    destination = refused()
    tell()
    destination.refresh_from_db()
    destination.set_secret("api_key", keys.FULL)
    destination.save()
    tell()
    assert len(mail.outbox) == 1  # nothing has been delivered yet
    drain(destination)
    tell()
    tell()
    assert [letter.subject for letter in mail.outbox[1:]] == [
        "[AnomalyArmor] Destination On-call works again"
    ]


def test_after_it_worked_again_the_next_trouble_is_told_anew(sandbox: Sandbox) -> None:
    destination = refused()
    tell()
    destination.refresh_from_db()
    destination.set_secret("api_key", keys.FULL)
    destination.save()
    drain(destination)
    tell()
    Destination.objects.update(attention="HTTP 403: Forbidden", tell_after=None)
    tell()
    assert len(mail.outbox) == 3


@pytest.mark.parametrize(
    ("failures", "minutes", "told"), [(19, 600, 0), (20, 59, 0), (20, 61, 1), (500, 5, 0)]
)
def test_failing_is_told_when_it_is_both_often_and_long(
    sandbox: Sandbox, failures: int, minutes: int, told: int
) -> None:
    destination = a_destination()
    down_for(destination, failures=failures, minutes=minutes)
    tell()
    assert len(mail.outbox) == told


def test_a_held_destination_gives_nothing_up_and_recovers_by_itself(sandbox: Sandbox) -> None:
    destination = a_destination()
    a_rule(destination)
    alert = an_alert()
    down_for(destination, failures=30, minutes=90)
    sandbox.faults.add("status", status=500, times=1)
    drain(destination)
    delivery = alert.deliveries.get()
    assert (delivery.state, delivery.failure_count) == ("pending", 0)
    assert "held" in lane_of(destination).pause_reason
    tell()
    Lane.objects.update(paused_until=None)
    alert.deliveries.update(next_attempt_at=timezone.now())
    drain(destination)
    tell()
    destination.refresh_from_db()
    assert destination.failing_since is None
    assert alert.deliveries.get().state == "delivered"
    assert [letter.subject.rpartition("On-call ")[2] for letter in mail.outbox] == [
        "needs attention",
        "works again",
    ]


def test_the_first_failure_of_a_row_is_remembered(sandbox: Sandbox) -> None:
    destination = a_destination()
    a_rule(destination)
    sandbox.faults.add("status", status=500, times=2)
    alert = an_alert()
    drain(destination)
    destination.refresh_from_db()
    first = destination.failing_since
    assert first is not None
    alert.deliveries.update(next_attempt_at=timezone.now())
    drain(destination)
    destination.refresh_from_db()
    assert destination.failing_since == first


def test_a_mail_that_cannot_be_sent_is_sent_later(
    sandbox: Sandbox, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    destination = refused()
    settings.EMAIL_BACKEND = "tests.alerts.test_notices.Broken"
    tell()
    destination.refresh_from_db()
    assert destination.told_at is None
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    tell()
    assert mail.outbox == []  # not at once
    Destination.objects.update(tell_after=timezone.now())
    tell()
    assert len(mail.outbox) == 1


def test_without_a_mail_server_nothing_is_tried(sandbox: Sandbox, settings: Settings) -> None:
    settings.EMAIL_HOST = ""
    refused()
    tell()
    assert mail.outbox == []


def test_the_name_of_a_destination_cannot_make_headers(sandbox: Sandbox) -> None:
    destination = refused()
    Destination.objects.filter(pk=destination.pk).update(name="On\r\nBcc: eve@example.com")
    tell()
    [letter] = mail.outbox
    assert letter.subject == "[AnomalyArmor] Destination On Bcc: eve@example.com needs attention"


class Broken:
    def __init__(self, **options: object) -> None:
        pass

    def send_messages(self, messages: object) -> int:
        raise ConnectionRefusedError


def test_the_sweeper_has_a_worker_tell_it(sandbox: Sandbox) -> None:
    destination = refused()
    OrmQ.objects.all().delete()
    sweep.sweep()
    [task] = [job.task for job in OrmQ.objects.all() if job.func() == "alerts.tasks.tell"]
    assert task["args"] == (lane_of(destination).pk,)
    tasks.tell(*task["args"])
    assert len(mail.outbox) == 1
    OrmQ.objects.all().delete()
    sweep.sweep()
    assert not [job for job in OrmQ.objects.all() if job.func() == "alerts.tasks.tell"]
