"""What every kind of destination does alike, from an alert to its stand-in."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from alerts import lifecycle, notices, resending
from alerts.models import Alert, AlertState, Attempt, Delivery, DeliveryState, Lane
from destinations.errors import Outcome
from destinations.models import Destination
from tests import stand_ins
from tests.alerts.factories import a_rule, an_alert, close_of, create_of, drain, lane_of
from tests.stand_ins import NAMES, StandIns

pytestmark = pytest.mark.django_db
TYPED = ("Slack webhook", "Webhook", "Teams")


@pytest.fixture
def places(settings: Settings) -> Iterator[StandIns]:
    with stand_ins.running() as there:
        there.point(settings)
        yield there


def a_reader(places: StandIns, name: str, **fields: Any) -> Destination:
    destination = places.destination(name)
    Destination.objects.filter(pk=destination.pk).update(**fields)
    a_rule(destination, name=f"All to {name}")
    return destination


def end(alert: Alert) -> None:
    lifecycle.end(alert, AlertState.RESOLVED, "ada", "reran the job")


def make_due() -> None:
    """What waits is due, and no lane waits for anything."""
    Delivery.objects.filter(state=DeliveryState.PENDING).update(next_attempt_at=timezone.now())
    Lane.objects.update(paused_until=None, tokens=None)


@pytest.mark.parametrize("name", NAMES)
def test_record_only_keeps_both_and_asks_nobody(places: StandIns, name: str) -> None:
    shadow = a_reader(places, name, is_record_only=True)
    alert = an_alert()
    drain(shadow)
    end(alert)
    drain(shadow)
    for delivery in (create_of(alert), close_of(alert)):
        assert delivery.state == DeliveryState.SKIPPED
        [attempt] = delivery.attempts.all()
        assert attempt.outcome == Outcome.RECORDED
        assert attempt.exchanges[0]["url"]
    assert places.asked() == 0


@pytest.mark.parametrize("name", NAMES)
def test_what_is_recorded_of_the_beginning_is_what_would_be_sent(
    places: StandIns, name: str
) -> None:
    shadow = a_reader(places, name, is_record_only=True)
    alert = an_alert()
    drain(shadow)
    recorded = Attempt.objects.get().exchanges[0]
    Destination.objects.update(is_record_only=False)
    resending.send_again(create_of(alert), "ada")
    drain(shadow)
    sent = Attempt.objects.latest("number").exchanges[0]
    names = ("method", "url", "body")
    assert [recorded[part] for part in names] == [sent[part] for part in names]


@pytest.mark.parametrize("name", NAMES)
def test_sent_again_by_hand_it_has_the_same_id(places: StandIns, name: str) -> None:
    reader = a_reader(places, name)
    alert = an_alert()
    drain(reader)
    before = create_of(alert)
    resending.send_again(before, "ada")
    drain(reader)
    after = create_of(alert)
    assert after.state == DeliveryState.DELIVERED
    assert after.idempotency_key == before.idempotency_key
    assert after.external_id == before.external_id != ""
    first, second = (attempt.exchanges[0]["body"] for attempt in after.attempts.order_by("number"))
    assert first == second


def test_a_bot_a_webhook_and_a_mail_carry_the_same_ids(places: StandIns) -> None:
    readers = [a_reader(places, name) for name in ("Slack bot", "Webhook", "Mail", "PagerDuty")]
    alert = an_alert()
    for reader in readers:
        drain(reader)
    for delivery in alert.deliveries.all():
        resending.send_again(delivery, "ada")
    for reader in readers:
        drain(reader)
    assert len({d.id for d in places.receiver.deliveries}) == 1
    assert len(places.receiver.deliveries) == 2
    assert len({letter.message["Message-ID"] for letter in places.mail.letters}) == 1
    assert len(places.bot.messages) == len(places.pagerduty.alerts) == 1


def limit(places: StandIns, name: str, times: int) -> None:
    """The next calls are answered with 429, and a wait of 40 s where there is a word for it."""
    for _ in range(times):
        places.bot.fail("ratelimited", status=429, Retry_After="40")
        places.hook.fail("rate_limited", status=429, Retry_After="40")
    places.pagerduty.fail(429, times=times, Retry_After="40")
    places.incident_io.faults.add("rate_limited", seconds=40, times=times)
    places.receiver.answer(429, times=times, Retry_After="40")
    if name == "Teams":
        places.teams.answer(429, times=times, Retry_After="40")
    places.mail.answer("MAIL", "451 4.7.1 Too many messages, slow down", times)


@pytest.mark.parametrize("name", NAMES)
def test_a_limit_pauses_the_lane_and_uses_no_try_up(places: StandIns, name: str) -> None:
    reader = a_reader(places, name)
    limit(places, name, times=12)  # more than there are tries in the schedule
    alert = an_alert()
    longest = 120 if name == "Mail" else 40
    for _ in range(12):
        drain(reader)
        until = lane_of(reader).paused_until
        assert until is not None
        assert 5 < (until - timezone.now()).total_seconds() <= longest
        assert (create_of(alert).state, create_of(alert).failure_count) == ("pending", 0)
        make_due()
    drain(reader)
    assert create_of(alert).state == DeliveryState.DELIVERED
    reader.refresh_from_db()
    assert reader.attention == ""


@pytest.mark.parametrize("name", TYPED)
def test_a_blocked_address_holds_and_the_history_says_so(
    places: StandIns, settings: Settings, client: Client, name: str
) -> None:
    reader = a_reader(places, name)
    settings.OUTBOUND_ALLOW_CIDRS = []
    alert = an_alert()
    drain(reader)
    reader.refresh_from_db()
    create = create_of(alert)
    assert (create.state, create.failure_count) == (DeliveryState.PENDING, 0)
    assert create.attempts.get().outcome == Outcome.BLOCKED_ADDRESS
    assert "127.0.0.1" in reader.attention
    client.force_login(User.objects.create_superuser("root"))
    page = client.get(f"/alerts/history/{create.pk}/").content.decode()
    assert "Blocked address" in page or "blocked address" in page
    assert places.asked() == 0


def test_after_410_resume_sends_all_that_waits(places: StandIns, client: Client) -> None:
    User.objects.create_superuser("ada", "ada@example.com")
    hook = a_reader(places, "Webhook")
    places.receiver.answer(410)
    alert, other = an_alert(), an_alert(asset="shop.public.customers")
    drain(hook)
    places.receiver.answer(204)
    _tell()
    hook.refresh_from_db()
    assert not hook.is_active
    asked = places.asked()
    drain(hook)
    assert places.asked() == asked
    client.force_login(User.objects.create_superuser("root"))
    client.post(f"/alerts/destinations/{hook.pk}/pauses/")
    drain(hook)
    assert {create_of(one).state for one in (alert, other)} == {DeliveryState.DELIVERED}
    hook.refresh_from_db()
    assert (hook.is_active, hook.attention) == (True, "")
    _tell()
    assert [letter.subject.rpartition("Webhook ")[2] for letter in mail.outbox] == [
        "needs attention",
        "works again",
    ]


def test_a_webhook_that_is_down_for_hours_is_held_told_of_and_recovers(places: StandIns) -> None:
    User.objects.create_superuser("root", "root@example.com")
    hook = a_reader(places, "Webhook")
    places.receiver.answer(503)
    alert = an_alert()
    drain(hook)
    Destination.objects.update(failing_since=timezone.now() - timedelta(hours=2))
    Lane.objects.update(failures_in_row=20)
    for _ in range(30):
        make_due()
        drain(hook)
        _tell()
    create = create_of(alert)
    assert create.state == DeliveryState.PENDING
    assert create.attempt_count > 30
    assert "held" in lane_of(hook).pause_reason
    places.receiver.answer(204)
    make_due()
    drain(hook)
    _tell()
    assert create_of(alert).state == DeliveryState.DELIVERED
    assert [letter.subject.rpartition("Webhook ")[2] for letter in mail.outbox] == [
        "needs attention",
        "works again",
    ]


def test_while_it_is_held_nothing_waits_longer_than_for_the_next_probe(places: StandIns) -> None:
    hook = a_reader(places, "Webhook")
    places.receiver.answer(503)
    alert = an_alert()
    drain(hook)
    Destination.objects.update(failing_since=timezone.now() - timedelta(hours=2))
    Lane.objects.update(failures_in_row=20)
    Delivery.objects.update(failure_count=9)
    make_due()
    drain(hook)
    waits = create_of(alert).next_attempt_at
    assert waits is not None
    assert waits <= timezone.now() + timedelta(minutes=5)


def _tell() -> None:
    for lane in notices.due(timezone.now()):
        notices.tell(lane.pk)
