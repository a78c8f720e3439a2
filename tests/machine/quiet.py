"""Rules that wait, count and keep hours, as the machine sees them: an alert is told later, or if it
has ended before, never. Nothing is told twice, and nothing is forgotten."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from alerts import rules
from alerts.models import Alert, DailyCount, Match, Rule, Schedule, Suppressor, Verdict
from alerts.rulebook import Rulebook
from destinations.messages import Action
from tests.machine.channel import Channel
from tests.machine.world import Sight, World

PATIENT, SLOW, CALM, MODEST, OFFICE = "patient", "slow", "calm", "modest", "office"
MANNERS = (PATIENT, SLOW, CALM, MODEST, OFFICE)
HELD = (Verdict.WAITING, Verdict.SUPPRESSED)
COUNTED = (Suppressor.COOLDOWN, Suppressor.DAILY_LIMIT)
LIMIT = 3
A_MOMENT = timedelta(seconds=2)  # the clock ticks between the sweep and the judge
A_DAY = (3_600, 43_200, 43_200, 301)  # seconds
HOURS = [{"days": [1, 2, 3, 4, 5, 6, 7], "start": "06:00", "end": "09:00"}]
NOTHING: dict[str, Any] = {
    "min_events": None,
    "min_minutes": None,
    "cooldown_minutes": None,
    "daily_limit": None,
    "schedule": None,
}


def _asks_for(manner: str) -> dict[str, Any]:
    match manner:
        case "patient":
            return NOTHING | {"min_events": 2}
        case "slow":
            return NOTHING | {"min_events": 4, "min_minutes": 5}
        case "calm":
            return NOTHING | {"cooldown_minutes": 30}
        case "modest":
            return NOTHING | {"daily_limit": LIMIT}
        case _:
            office, _ = Schedule.objects.get_or_create(name="Office", defaults={"windows": HOURS})
            return NOTHING | {"schedule": office}


def add_channel(world: World, manner: str) -> None:
    world.add_channel(**_asks_for(manner))


def change(world: World, manner: str) -> None:
    """As the rule's page does it."""
    for rule in _rules(world):
        for name, value in _asks_for(manner).items():
            setattr(rule, name, value)
        rule.save()
        rule.matches.look_again()


def _channels(world: World) -> list[Channel]:
    return [channel for channel in world.channels if channel.conditions]


def _rules(world: World) -> Iterator[Rule]:
    for channel in _channels(world):
        yield Rule.objects.get(name=f"Rule of {channel.name}")


def what_is_told_was_taken(world: World, sight: Sight) -> None:
    """I11: such a rule's destination hears of those alerts that the rule has taken, and of no
    others. What it has taken is never taken back."""
    for channel in _channels(world):
        matches = Match.objects.filter(rule__name=f"Rule of {channel.name}")
        taken = set(matches.filter(verdict=Verdict.MATCHED).values_list("alert", flat=True))
        told = {pk for pk in sight.alerts if channel.pk in sight.of(pk, Action.CREATE)}
        assert told <= taken, f"told, and not taken: {told - taken}"
        assert channel.is_deleted or taken == told, f"taken, and not told: {taken - told}"


def no_limit_is_exceeded(world: World, sight: Sight) -> None:
    """I12"""
    assert not DailyCount.objects.filter(taken__gt=LIMIT).exists()


def what_settles_is_open_and_flaps(world: World, sight: Sight) -> None:
    """I13: what was reported as over is held open for a while, and only if it flaps."""
    for alert in sight.alerts.values():
        if alert.settles_at:
            assert alert.is_open, f"{alert.pk} has ended, and is still to end"
            assert alert.is_flapping, f"{alert.pk} is held open, and does not flap"


def nothing_is_overdue() -> None:
    """What every rule says now is what is stored: called right after a sweep."""
    now = timezone.now()
    assert not Alert.objects.filter(settles_at__lt=now - A_MOMENT).exists()
    for alert in Alert.objects.filter(ended_at=None, settles_at=None):
        wanted = _wanted_by(alert, now) & _wanted_by(alert, now - A_MOMENT)
        for match in alert.matches.filter(verdict__in=HELD, rule__in=wanted):
            assert match.suppressor in COUNTED, f"{match} is overdue: {match.reason}"
            assert match.look_again_at is not None
            assert match.look_again_at > now - A_MOMENT


def _wanted_by(alert: Alert, now: datetime) -> set[UUID]:
    """The rules that take the alert at this moment, unless their quota is used up."""
    book = Rulebook()
    fresh = rules.verdicts(alert, book.conditions, now=now, quiet=book.quiet)
    return {finding.rule.pk for finding in fresh if finding.verdict == Verdict.MATCHED}


def nothing_is_held_for_ever() -> None:
    """A day later each of these rules has told, but for one that waits for further events, one that
    has more to tell than a few a day, and one outside its hours. What settled has ended."""
    assert not Alert.objects.filter(settles_at__isnull=False).exists()
    held = Match.objects.filter(alert__ended_at=None, verdict__in=HELD)
    for match in held.exclude(suppressor__in=(*COUNTED, Suppressor.SCHEDULE)):
        is_for_events = match.verdict == Verdict.WAITING and match.until is None
        assert is_for_events, f"{match} for ever: {match.reason}"
