"""A preview says what a rule would have done with the alerts of the last days."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from alerts.models import Alert, Blackout, Rule, Schedule, Suppressor
from alerts.previews import sampling
from alerts.previews.past import Past, look_back
from tests.alerts.factories import a_rule, an_alert

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)  # a Tuesday
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
numbers: Iterator[int] = iter(range(1_000_000))


def past_alert(ago: timedelta, *, lasts: timedelta | None = None, **fields: Any) -> Alert:
    """An alert that came so long ago; and ended, if it `lasts` only so long."""
    at = NOW - ago
    name = {"asset": f"shop.public.table_{next(numbers)}"}
    alert = Alert(
        **{
            "event_type": "schema_change",
            "severity": "critical",
            "title": "Column removed",
            "data_source": "prod",
            "schema": "public",
            "occurred_at": at,
            "last_event_at": at,
        }
        | name
        | fields
    )
    alert.fingerprint = alert.pk.hex
    alert.ended_at = at + lasts if lasts else None
    alert.save()
    Alert.objects.filter(pk=alert.pk).update(created_at=at)
    return alert


def preview(days: int = 30, saved: Rule | None = None, **conditions: Any) -> Past:
    return look_back(Rule(**conditions), days, NOW, saved)


def test_it_counts_what_fits_by_severity_type_and_day() -> None:
    past_alert(HOUR)
    past_alert(2 * HOUR, severity="info")
    past_alert(3 * DAY, event_type="new_asset")
    past = preview(min_severity="warning")
    assert (past.tally.matched, past.tally.incidents) == (2, 2)
    assert past.by_severity == {"critical": 2}
    assert past.by_type == {"schema_change": 1, "new_asset": 1}
    assert {day.date.day: day.told for day in past.by_day if day.matched} == {24: 1, 21: 1}
    assert len(past.by_day) == 30
    assert past.by_day[-1].date == NOW.date()


def test_only_the_chosen_days_count() -> None:
    past_alert(6 * DAY)
    past_alert(29 * DAY)
    past_alert(80 * DAY)
    assert [preview(days).tally.matched for days in (7, 30, 90)] == [1, 2, 3]


def test_patterns_tags_changes_and_lateness_are_asked() -> None:
    removed = {"change_type": "column_removed", "column": "email"}
    fits = {"asset": "shop.orders", "tags": ["finance"], "changes": [removed]}
    late = {"details": {"hours_stale": 5, "threshold_hours": 2}}
    past_alert(HOUR, **fits | late)
    past_alert(HOUR, **fits)
    past_alert(HOUR, **fits | late | {"tags": []})
    past_alert(HOUR, **fits | late | {"changes": []})
    asked = {"assets": ["orders*"], "tags": ["fin*"], "columns": ["e*"], "late_minutes": 60}
    assert preview(**asked, change_scope="breaking").tally.matched == 1


def test_a_rule_that_is_off_is_not_asked_for_it() -> None:
    past_alert(HOUR)
    assert preview(is_active=False).tally.matched == 0


def test_the_newest_ten_are_shown() -> None:
    alerts = [past_alert(hours * HOUR) for hours in range(12)]
    assert [each.alert.pk for each in preview().samples] == [alert.pk for alert in alerts[:10]]


def test_an_alert_outside_the_hours_of_the_schedule_is_held_back() -> None:
    windows = [{"days": [1, 2, 3, 4, 5], "start": "08:00", "end": "18:00"}]
    schedule = Schedule.objects.create(name="Office", windows=windows)
    past_alert(HOUR)
    past_alert(DAY + 16 * HOUR, lasts=HOUR)  # in the night, and over before the morning
    past_alert(DAY + 16 * HOUR)
    tally = preview(schedule=schedule).tally
    assert (tally.matched, tally.incidents, tally.late) == (3, 2, 1)
    assert tally.held == {Suppressor.SCHEDULE: 1}


def test_an_alert_in_a_blackout_is_held_back_if_it_is_in_its_scope() -> None:
    yesterday = (NOW - DAY).date()
    Blackout.objects.create(
        name="Migration",
        start_date=yesterday,
        start_time=time(9),
        end_date=yesterday,
        end_time=time(11),
        tags=["nightly"],
    )
    past_alert(DAY + 2 * HOUR, lasts=HOUR, tags=["nightly"])
    past_alert(DAY + 2 * HOUR, lasts=HOUR)
    past_alert(DAY, lasts=HOUR, tags=["nightly"])
    tally = preview().tally
    assert (tally.incidents, tally.held) == (2, {Suppressor.BLACKOUT: 1})


def test_an_inactive_blackout_holds_nothing_back() -> None:
    day = NOW.date()
    times = {"start_date": day, "start_time": time(), "end_date": day, "end_time": time(23)}
    Blackout.objects.create(name="Off", is_active=False, **times)
    past_alert(HOUR)
    assert preview().tally.held == {}


def test_a_cooldown_lets_one_alert_of_an_asset_through() -> None:
    for minutes in (0, 10, 59, 60, 70):
        past_alert(3 * HOUR - timedelta(minutes=minutes), asset="a", lasts=timedelta(seconds=1))
    past_alert(3 * HOUR, asset="b", lasts=timedelta(seconds=1))
    tally = preview(cooldown_minutes=60).tally
    assert (tally.incidents, tally.held) == (3, {Suppressor.COOLDOWN: 3})


def test_what_is_still_open_when_its_cooldown_ends_is_told_then() -> None:
    past_alert(3 * HOUR, asset="a")
    past_alert(3 * HOUR - timedelta(minutes=10), asset="a")
    tally = preview(cooldown_minutes=60).tally
    assert (tally.incidents, tally.late, tally.held) == (2, 1, {})


def test_a_daily_limit_counts_the_days_of_the_schedules_zone() -> None:
    always = [{"days": [1, 2, 3, 4, 5, 6, 7], "start": "00:00", "end": "00:00"}]
    schedule = Schedule.objects.create(name="Tokyo", zone="Asia/Tokyo", windows=always)
    for hours in (22, 21.5, 20.5, 20):  # midnight in Tokyo is 15:00 UTC, 21 hours ago
        past_alert(hours * HOUR, lasts=timedelta(minutes=1))
    assert preview(schedule=schedule, daily_limit=1).tally.incidents == 2
    utc = preview(daily_limit=1).tally
    assert (utc.incidents, utc.held) == (1, {Suppressor.DAILY_LIMIT: 3})


def test_a_rule_that_groups_opens_one_incident_for_a_burst(settings: Settings) -> None:
    settings.GROUP_WINDOW = 300
    for seconds in (0, 100, 299, 300):
        past_alert(HOUR - timedelta(seconds=seconds))
    past_alert(HOUR, schema="other")
    tally = preview(is_grouped=True).tally
    assert (tally.matched, tally.incidents, tally.grouped) == (5, 3, 2)
    assert preview().tally.incidents == 5


def test_a_burst_is_one_however_its_names_are_spelled_in_capitals() -> None:
    past_alert(HOUR, schema="public")
    past_alert(HOUR, schema="PUBLIC")
    assert preview(is_grouped=True).tally.grouped == 1


def test_a_rule_that_waits_tells_what_lasts_or_repeats() -> None:
    past_alert(2 * HOUR, lasts=timedelta(minutes=29))
    past_alert(2 * HOUR, lasts=timedelta(minutes=31))
    past_alert(timedelta(minutes=29))
    past_alert(2 * HOUR, count=3, lasts=timedelta(minutes=1))
    by_time = preview(min_minutes=30).tally
    assert (by_time.matched, by_time.incidents, by_time.waiting) == (4, 1, 3)
    assert preview(min_minutes=30, min_events=3).tally.incidents == 2


def test_the_saved_version_is_asked_in_the_same_pass() -> None:
    past_alert(HOUR)
    past_alert(HOUR, event_type="new_asset")
    saved = a_rule(event_types=["new_asset"])
    past = preview(saved=saved, event_types=["new_asset", "schema_change"])
    assert past.saved is not None
    assert (past.tally.matched, past.saved.matched) == (2, 1)


def test_nothing_is_written() -> None:
    an_alert()
    with CaptureQueriesContext(connection) as captured:
        preview(90, cooldown_minutes=5, daily_limit=1, is_grouped=True)
    assert {query["sql"].split()[0] for query in captured} == {"SELECT"}
    assert not [query for query in captured if "FOR UPDATE" in query["sql"]]


def test_a_few_queries_are_enough_for_pages_of_alerts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "PAGE", 4)
    for hours in range(10):
        past_alert(hours * HOUR)
    with CaptureQueriesContext(connection) as captured:
        assert preview().tally.matched == 10
    assert len(captured) <= 6  # what rules there are, a count, three pages, the newest ten


def test_it_reads_no_more_alerts_than_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "ROWS_LIMIT", 300)
    monkeypatch.setattr(sampling, "PAGE", 40)
    monkeypatch.setattr(sampling, "FIRST_STEP", 1 << 10)
    _many(2000)
    past = preview(severities=["critical"])
    assert past.is_sampled
    assert 300 <= past.counted < 340
    assert past.tally.matched == pytest.approx(1000, rel=0.25)
    assert sum(day.matched for day in past.by_day) == pytest.approx(past.tally.matched, rel=0.02)


def test_it_reads_no_longer_than_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "ROWS_LIMIT", 30)
    monkeypatch.setattr(sampling, "SECONDS", 0.0)
    _many(100)
    with CaptureQueriesContext(connection) as captured:
        past = preview()
    assert past.share == sampling.FIRST_STEP / sampling.PARTS  # one part, and no second
    assert len(captured) < 5


# PostgreSQL reads a small table whole.
@pytest.mark.only_on("sqlite")
def test_a_part_of_the_ids_is_found_by_the_primary_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "ROWS_LIMIT", 30)
    _many(100)
    with CaptureQueriesContext(connection) as captured:
        assert preview(event_types=["schema_change"], min_severity="warning").is_sampled
    [parts, *_] = [query["sql"] for query in captured if '"id" >=' in query["sql"]]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {parts}")
        plan = cursor.fetchall()[0][-1]
    assert "sqlite_autoindex_alerts_alert_1 (id>? AND id<?)" in plan


def test_few_of_an_event_type_are_counted_exactly_among_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sampling, "ROWS_LIMIT", 50)
    _many(200)
    for hours in range(5):
        past_alert(hours * HOUR, event_type="discovery_failed")
    past = preview(event_types=["discovery_failed", "new_asset"])
    assert (past.is_sampled, past.tally.matched) == (False, 5)


def test_estimates_of_a_sample_are_near(monkeypatch: pytest.MonkeyPatch) -> None:
    _many(4000)
    asked: dict[str, Any] = {"severities": ["critical"], "cooldown_minutes": 600}
    exact = [preview(**asked).tally, preview(is_grouped=True).tally, preview(daily_limit=20).tally]
    monkeypatch.setattr(sampling, "ROWS_LIMIT", 1000)
    near = [preview(**asked).tally, preview(is_grouped=True).tally, preview(daily_limit=20).tally]
    for estimate, truth in zip(near, exact, strict=True):
        assert estimate.matched == pytest.approx(truth.matched, rel=0.15)
        assert truth.incidents / 2 < estimate.incidents < truth.incidents * 2
    assert near[2].incidents == exact[2].incidents


def _many(count: int) -> None:
    """Alerts of ten assets in the last 29 days, every second one critical."""
    made = []
    for number in range(count):
        at = NOW - number * (29 * DAY / count)
        alert = Alert(
            event_type="schema_change",
            severity="critical" if number % 2 else "info",
            title="Column removed",
            data_source=f"source-{number % 3}",
            asset=f"table_{number % 10}",
            occurred_at=at,
            last_event_at=at,
            ended_at=at,
        )
        alert.fingerprint = alert.pk.hex
        made.append(alert)
    Alert.objects.bulk_create(made)
    for alert in made:
        alert.created_at = alert.occurred_at
    Alert.objects.bulk_update(made, ["created_at"], batch_size=200)
