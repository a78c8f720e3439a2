"""Cooldowns and daily limits of rules: counted in the database, so that two workers which judge at
the same moment share one count.

Each is one statement that takes the quota if it may: nobody looks first and takes later. Only rules
that have one cost anything.
"""

import hashlib
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from django.db import connection

from alerts.lateness import in_words
from alerts.models import Alert, Cooldown, DailyCount, Rule, Schedule, Suppressor
from alerts.rows import prepared, prepared_all
from alerts.suppression import Obstacle
from alerts.wording import moment
from alerts.zones import zone_of

DAY = timedelta(days=1)
COOL = """
    INSERT INTO alerts_cooldown (rule_id, asset, taken_at) VALUES (%s, %s, %s)
    ON CONFLICT (rule_id, asset) DO UPDATE SET taken_at = excluded.taken_at
    WHERE alerts_cooldown.taken_at <= %s OR alerts_cooldown.taken_at > excluded.taken_at"""
COUNT = """
    INSERT INTO alerts_dailycount (rule_id, day, taken) VALUES (%s, %s, 1)
    ON CONFLICT (rule_id, day) DO UPDATE SET taken = alerts_dailycount.taken + 1
    WHERE alerts_dailycount.taken < %s"""


BACK = "UPDATE alerts_dailycount SET taken = taken - 1 WHERE rule_id = %s AND day = %s"


def take(rule: Rule, alert: Alert, schedule: Schedule | None, now: datetime) -> Obstacle | None:
    """Takes one of the rule's quota for the alert; or says what is used up, and takes nothing."""
    asset = _asset_key(alert)
    if cooldown := _cools_until(rule, asset, now):
        return _cooling(rule, cooldown)
    zone = zone_of(schedule.zone if schedule else "UTC")
    day = now.astimezone(zone).date()
    if not _count(rule, day):
        return _used_up(rule, day, zone)
    if not _cool(rule, asset, now):  # somebody was quicker
        _give_back(rule, day)
        return _cooling(rule, _cools_until(rule, asset, now) or now)
    return None


def day_ends_at(day: date, zone: tzinfo) -> datetime:
    """The zone's midnight after the day, in UTC."""
    return datetime.combine(day + DAY, time(), zone).astimezone(UTC)


def _cools_until(rule: Rule, asset: str, now: datetime) -> datetime | None:
    if not rule.cooldown_minutes:
        return None
    last = Cooldown.objects.filter(rule=rule.pk, asset=asset, taken_at__lte=now).first()
    until = last.taken_at + timedelta(minutes=rule.cooldown_minutes) if last else None
    return until if until and until > now else None


def _cool(rule: Rule, asset: str, now: datetime) -> bool:
    if not rule.cooldown_minutes:
        return True
    values = {"rule": rule.pk, "asset": asset, "taken_at": now}
    over = prepared(Cooldown, "taken_at", now - timedelta(minutes=rule.cooldown_minutes))
    return _execute(COOL, [*prepared_all(Cooldown, values), over])


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


def _asset_key(alert: Alert) -> str:
    name = f"{alert.data_source}\x1f{alert.asset_name}"
    return hashlib.sha256(name.lower().encode()).hexdigest()
