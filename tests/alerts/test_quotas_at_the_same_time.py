"""Events and sweepers that judge at the same time, with real commits: no quota is exceeded, nothing
is told twice, and what settles ends once."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from alerts import flapping, ingest, waiting
from alerts.models import (
    Activity,
    Alert,
    AlertState,
    Cooldown,
    DailyCount,
    Delivery,
    Match,
    Verdict,
)
from tests.alerts.factories import a_destination, a_rule, an_alert, an_event, resolved
from tests.alerts.test_ingest_at_the_same_time import at_once

pytestmark = pytest.mark.django_db(transaction=True)
WORKERS = 16
PAST = timedelta(minutes=5)


def report(number: int, **fields: str) -> None:
    ingest.record(an_event(**{"asset": f"shop.t{number}", "dedup_key": str(number)} | fields))


def all_is_due() -> None:
    """As if all that is held had waited long enough."""
    Match.objects.filter(look_again_at__isnull=False).update(look_again_at=timezone.now() - PAST)


def matched() -> int:
    return Match.objects.filter(verdict=Verdict.MATCHED).count()


def test_a_daily_limit_is_used_up_and_not_exceeded() -> None:
    a_rule(a_destination(), daily_limit=5)
    at_once(WORKERS, report)
    assert Delivery.objects.count() == matched() == DailyCount.objects.get().taken == 5
    assert Alert.objects.filter(verdict=Verdict.SUPPRESSED).count() == WORKERS - 5


def test_a_cooldown_takes_one_of_an_asset() -> None:
    a_rule(a_destination(), cooldown_minutes=60)
    at_once(WORKERS, lambda number: report(number, asset=f"shop.t{number % 2}"))
    assert Delivery.objects.count() == matched() == Cooldown.objects.count() == 2


def test_who_loses_the_cooldown_gives_the_day_back() -> None:
    a_rule(a_destination(), cooldown_minutes=60, daily_limit=3)
    at_once(WORKERS, lambda number: report(number, asset="shop.t"))
    assert Delivery.objects.count() == DailyCount.objects.get().taken == 1


def test_batches_and_single_events_share_one_count() -> None:
    a_rule(a_destination(), daily_limit=20)

    def work(number: int) -> None:
        if number % 4:
            report(number)
        else:
            names = [f"batch.{number}.{place}" for place in range(6)]
            ingest.record_all([an_event(asset=name) for name in names])

    at_once(WORKERS, work)
    assert Delivery.objects.count() == DailyCount.objects.get().taken == 20


def test_sweepers_and_events_share_one_count(settings: Settings) -> None:
    settings.STORM_LIMIT = 0
    rule = a_rule(a_destination(), daily_limit=1)
    for number in range(20):
        report(number)
    rule.daily_limit = 10
    rule.save()
    all_is_due()
    at_once(8, lambda number: report(100 + number) if number % 2 else waiting.judge_again())
    assert Delivery.objects.count() == matched() == DailyCount.objects.get().taken == 10


def test_an_event_and_sweepers_that_judge_one_alert_plan_one_delivery() -> None:
    a_rule(a_destination(), min_events=3, min_minutes=10)
    alert = an_alert()
    Alert.objects.update(created_at=timezone.now() - timedelta(minutes=10))
    all_is_due()
    at_once(8, lambda number: ingest.record(an_event()) if number % 2 else waiting.judge_again())
    alert.refresh_from_db()
    assert (alert.count, alert.verdict, alert.is_matched) == (5, Verdict.MATCHED, True)
    assert Delivery.objects.count() == matched() == 1


def test_many_that_are_due_are_told_once_each_by_several_sweepers(settings: Settings) -> None:
    settings.STORM_LIMIT = 0
    a_rule(a_destination(), min_minutes=10)
    ingest.record_all([an_event(asset=f"shop.t{number}") for number in range(60)])
    Alert.objects.update(created_at=timezone.now() - timedelta(minutes=10))
    all_is_due()
    at_once(3, lambda _: waiting.judge_again())
    waiting.judge_again()  # what one had in hand when the others looked
    assert Delivery.objects.count() == matched() == 60


def test_rules_with_limits_in_any_order_do_not_lose_each_other(settings: Settings) -> None:
    """Their counts are locked in the order in which alerts meet them."""
    settings.STORM_LIMIT = 0
    destination = a_destination()
    for name in ("One", "Two"):
        a_rule(destination, name=name, daily_limit=1000, min_minutes=10, tags=[name])
    tags = [["One"], ["Two"]]
    for number in range(40):
        ingest.record(an_event(asset=f"shop.t{number}", tags=tags[number % 2]))
    Alert.objects.update(created_at=timezone.now() - timedelta(minutes=10))
    all_is_due()

    def work(number: int) -> None:
        if number % 3:
            order = (0, 1) if number % 2 else (1, 0)
            for place in order:
                ingest.record(an_event(asset=f"shop.t{place}", tags=tags[place]))
        else:
            waiting.judge_again()

    at_once(9, work)
    waiting.judge_again()
    assert set(DailyCount.objects.values_list("taken", flat=True)) == {20}
    assert Delivery.objects.count() == 40


def test_ends_of_a_flapping_alert_at_the_same_time_settle_it_once(settings: Settings) -> None:
    settings.FLAP_LIMIT = 1
    ingest.record_all([an_event(), resolved(), an_event()])
    at_once(8, lambda _: ingest.record(resolved()))
    assert Activity.objects.filter(kind=Activity.Kind.SETTLING).count() == 1


def test_an_event_while_sweepers_end_what_has_settled(settings: Settings) -> None:
    """It comes in time, or it opens a new alert."""
    settings.FLAP_LIMIT = 1
    a_rule(a_destination())
    ingest.record_all([an_event(), resolved(), an_event()])
    flapping_one = Alert.objects.get(is_flapping=True)
    ingest.record(resolved())
    Alert.objects.filter(pk=flapping_one.pk).update(settles_at=timezone.now() - PAST)
    at_once(8, lambda number: ingest.record(an_event()) if number % 2 else flapping.end_settled())
    flapping_one.refresh_from_db()
    assert flapping_one.settles_at is None
    assert Alert.objects.filter(ended_at=None).count() == 1
    ends = flapping_one.activities.filter(kind=Activity.Kind.RESOLVED).count()
    assert ends == (flapping_one.state == AlertState.RESOLVED)
