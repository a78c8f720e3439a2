"""What quiet windows have held back of late, in numbers that cost the same whatever happened: each
looks at so many rows, along an index."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, IntegerField, OuterRef, QuerySet
from django.db.models.expressions import RawSQL

from alerts.models import QuietWindow, Suppression, Suppressor
from alerts.quiet_words import in_utc
from alerts.windows import NEVER

LIMIT = 500  # suppressions of a window that are counted
WINDOWS = 30
LATELY = timedelta(days=30)
NEWS = timedelta(hours=24)

# Of the newest suppressions of a window: how many they are, of how many alerts, how many open.
ROWS = """(SELECT COUNT(*) FROM ({held}) AS held)"""
ALERTS = """(SELECT COUNT(DISTINCT alert_id) FROM ({held}) AS held)"""
OPEN = """(SELECT COUNT(DISTINCT held.alert_id) FROM ({held}) AS held
    JOIN alerts_alert AS alert ON alert.id = held.alert_id AND alert.ended_at IS NULL)"""
HELD = """
    SELECT alert_id FROM alerts_suppression
    WHERE window_id = alerts_quietwindow.id ORDER BY created_at DESC LIMIT %s"""


@dataclass(frozen=True, slots=True)
class Held:
    """A quiet window, and how many alerts it held back: `is_more` if not all were counted."""

    window: QuietWindow
    count: int
    open_count: int
    is_more: bool
    is_on: bool

    @property
    def until(self) -> datetime | None:
        """When it ends or ended; None: nobody knows."""
        return self.window.ends_at if self.window.ends_at < NEVER else None

    @property
    def alerts(self) -> str:
        return f"{self._least}{self.count:,} alert{'' if self.count == 1 else 's'}"

    @property
    def still_open(self) -> str:
        return f"{self._least}{self.open_count:,}"

    @property
    def in_words(self) -> str:
        """Of one that is over: what ended, when, and what it held back."""
        what = f"{Suppressor(self.window.kind).label} {self.window.name}"
        done = "opened" if self.window.kind == Suppressor.SCHEDULE else "ended"
        were = "was" if self.count == 1 and not self.is_more else "were"
        are = "is" if self.open_count == 1 and not self.is_more else "are"
        left = f"{self.still_open} {are} still open" if self.open_count else "none is still open"
        at = in_utc(self.window.ends_at)
        return f"{what} {done} {at}: {self.alerts} {were} suppressed, {left}."

    @property
    def _least(self) -> str:
        return "at least " if self.is_more else ""


def lately(now: datetime) -> list[Held]:
    """The windows that are on or ended in the last days, the latest end first. One query."""
    windows = _counted(QuietWindow.objects.filter(ends_at__gt=now - LATELY))
    return [_held(window, now) for window in windows[:WINDOWS]]


def newest_ended(now: datetime) -> Held | None:
    """The window that ended last, if that was in the last day. One query."""
    ended = QuietWindow.objects.filter(ends_at__lte=now, ends_at__gt=now - NEWS)
    held_some = Exists(Suppression.objects.filter(window=OuterRef("pk")))
    window = _counted(ended.filter(held_some)).first()
    return _held(window, now) if window else None


def held_in(window: QuietWindow, now: datetime) -> Held:
    return _held(_counted(QuietWindow.objects.filter(pk=window.pk)).get(), now)


def _counted(windows: QuerySet[QuietWindow]) -> QuerySet[QuietWindow]:
    counts = {
        "row_count": (ROWS, LIMIT + 1),
        "alert_count": (ALERTS, LIMIT),
        "open_count": (OPEN, LIMIT),
    }
    annotations = {
        name: RawSQL(statement.format(held=HELD), [limit], IntegerField())  # noqa: S611  # our own
        for name, (statement, limit) in counts.items()
    }
    return windows.annotate(**annotations).order_by("-ends_at", "-id")


def _held(window: QuietWindow, now: datetime) -> Held:
    counted = vars(window)
    return Held(
        window,
        count=counted["alert_count"],
        open_count=counted["open_count"],
        is_more=counted["row_count"] > LIMIT,
        is_on=window.ends_at > now,
    )
