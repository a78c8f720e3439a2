"""Cooldowns and daily limits of rules: counted in the database, so that two workers which judge at
the same moment share one count.

Each is taken by one statement that takes it if it may: whoever looks beforehand, to say until when
it is used up, does not rely on that. Only rules that have one cost anything.
"""

import hashlib
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any
from uuid import UUID

from django.db import connection

from alerts.lateness import in_words
from alerts.models import Alert, Cooldown, DailyCount, Rule, Schedule, Suppressor
from alerts.rows import prepared, prepared_all
from alerts.suppression import Obstacle
from alerts.wording import moment
from alerts.zones import moment_of, zone_of

DAY = timedelta(days=1)
# A cooldown counts in both directions: who waited for a lock may be at an earlier `now` than the
# one that had it. Dated further ahead than it is long, it is from a clock that ran ahead.
COOL = """
    INSERT INTO alerts_cooldown (rule_id, asset, taken_at) VALUES (%s, %s, %s)
    ON CONFLICT (rule_id, asset) DO UPDATE SET taken_at = excluded.taken_at
    WHERE alerts_cooldown.taken_at <= %s OR alerts_cooldown.taken_at >= %s"""
COUNT = """
    INSERT INTO alerts_dailycount (rule_id, day, taken) VALUES (%s, %s, 1)
    ON CONFLICT (rule_id, day) DO UPDATE SET taken = alerts_dailycount.taken + 1
    WHERE alerts_dailycount.taken < %s"""

BACK = "UPDATE alerts_dailycount SET taken = taken - 1 WHERE rule_id = %s AND day = %s"


def take(rule: Rule, alert: Alert, schedule: Schedule | None, now: datetime) -> Obstacle | None:
    """Takes one of the rule's quota for the alert; or says what is used up, and takes nothing."""
    asset = asset_key(alert)
    if cooldown := _cools_until(rule, asset, now):
        return _cooling(rule, cooldown)
    zone = zone_of_days(schedule)
    day = now.astimezone(zone).date()
    if not _count(rule, day):
        return _used_up(rule, day, zone)
    if not _cool(rule, asset, now):  # somebody was quicker
        _give_back(rule, day)
        return _cooling(rule, _cools_until(rule, asset, now) or now)
    return None


def used_up(
    alert: Alert, limited: Iterable[tuple[Rule, Schedule | None]], now: datetime
) -> dict[UUID, Obstacle]:
    """What `take` would answer each of these rules, by the rule's id; takes nothing."""
    by_id = {
        rule.pk: (rule, zone_of_days(schedule))
        for rule, schedule in limited
        if rule.cooldown_minutes or rule.daily_limit
    }
    if not by_id:
        return {}
    days = {pk: now.astimezone(zone).date() for pk, (_, zone) in by_id.items()}
    found: dict[UUID, Obstacle] = {}
    for count in DailyCount.objects.filter(rule__in=by_id, day__in=set(days.values())):
        rule, zone = by_id[count.rule_id]
        if rule.daily_limit and count.day == days[rule.pk] and count.taken >= rule.daily_limit:
            found[rule.pk] = _used_up(rule, count.day, zone)
    for last in Cooldown.objects.filter(rule__in=by_id, asset=asset_key(alert)):
        rule, _ = by_id[last.rule_id]
        if abs(now - last.taken_at) < (length := timedelta(minutes=rule.cooldown_minutes or 0)):
            found[rule.pk] = _cooling(rule, last.taken_at + length)  # asked first
    return found


def zone_of_days(schedule: Schedule | None) -> tzinfo:
    """By whose days a daily limit counts."""
    return zone_of(schedule.zone if schedule else "UTC")


def day_ends_at(day: date, zone: tzinfo) -> datetime:
    """The zone's midnight after the day, in UTC."""
    return moment_of(datetime.combine(day + DAY, time()), zone)


def asset_key(alert: Alert) -> str:
    """Equal for alerts that share a cooldown."""
    name = f"{alert.data_source}\x1f{alert.asset_name}"
    return hashlib.sha256(name.lower().encode()).hexdigest()


def _cools_until(rule: Rule, asset: str, now: datetime) -> datetime | None:
    if not rule.cooldown_minutes:
        return None
    length = timedelta(minutes=rule.cooldown_minutes)
    last = Cooldown.objects.filter(
        rule=rule.pk, asset=asset, taken_at__gt=now - length, taken_at__lt=now + length
    ).first()
    return last.taken_at + length if last else None


def _cool(rule: Rule, asset: str, now: datetime) -> bool:
    if not rule.cooldown_minutes:
        return True
    values = {"rule": rule.pk, "asset": asset, "taken_at": now}
    length = timedelta(minutes=rule.cooldown_minutes)
    over = [prepared(Cooldown, "taken_at", moment) for moment in (now - length, now + length)]
    return _execute(COOL, [*prepared_all(Cooldown, values), *over])


def _count(rule: Rule, day: date) -> bool:
    return not rule.daily_limit or _execute(COUNT, [*_ids(rule, day), rule.daily_limit])


def _give_back(rule: Rule, day: date) -> None:
    if rule.daily_limit:
        _execute(BACK, _ids(rule, day))


def _ids(rule: Rule, day: date) -> list[Any]:
    return prepared_all(DailyCount, {"rule": rule.pk, "day": day})


def _execute(statement: str, parameters: list[Any]) -> bool:
    """Whether it wrote anything."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return bool(cursor.rowcount)


def _cooling(rule: Rule, until: datetime) -> Obstacle:
    wait = in_words(rule.cooldown_minutes or 0)
    reason = f"The rule took this asset less than {wait} ago: cooldown until {moment(until)}."
    return Obstacle(Suppressor.COOLDOWN, reason, until)


def _used_up(rule: Rule, day: date, zone: tzinfo) -> Obstacle:
    until = day_ends_at(day, zone)
    reason = f"The rule has taken its {rule.daily_limit} alerts of {day}: until {moment(until)}."
    return Obstacle(Suppressor.DAILY_LIMIT, reason, until)
