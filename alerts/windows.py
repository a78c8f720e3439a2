"""Keeps what was suppressed, by the quiet window that held it back."""

from collections.abc import Iterable
from datetime import UTC, datetime

from django.db.models import QuerySet
from django.utils import timezone

from alerts import blackouts, schedules
from alerts.models import Alert, Blackout, Match, QuietWindow, Schedule, Suppression, Suppressor
from alerts.rules import Finding
from alerts.suppression import Obstacle

# Of a suppression of which nobody knows when it ends.
NEVER = datetime(9999, 1, 1, tzinfo=UTC)


def keep(suppressed: Iterable[tuple[Alert, Finding]]) -> None:
    """Notes each suppression once, however often its alert is judged. In the transaction of the
    judgement."""
    found = [(alert, finding, finding.obstacle) for alert, finding in suppressed]
    windows = _windows_of(obstacle for _, _, obstacle in found if obstacle)
    Suppression.objects.bulk_create(
        [
            Suppression(
                alert_id=alert.pk,
                rule_id=finding.rule.pk,
                rule_name=finding.rule.name,
                kind=obstacle.kind,
                window=windows.get(_key(obstacle)),
                until=obstacle.until or NEVER,
            )
            for alert, finding, obstacle in found
            if obstacle
        ],
        ignore_conflicts=True,
    )


def let_go(source: Schedule | Blackout, *, is_gone: bool = False) -> None:
    """What the schedule or blackout holds back is judged again, because it was changed or is about
    to be deleted; and its windows end now, unless they end as before. In the transaction of the
    change."""
    now = timezone.now()
    if isinstance(source, Schedule):
        held, windows = Match.objects.filter(rule__schedule=source), source.quietwindow_set.all()
        is_open = is_gone or schedules.is_open(source, now)
        until = None if is_open else schedules.next_opening(source, now) or NEVER
    else:
        held = Match.objects.filter(suppressor=Suppressor.BLACKOUT)
        windows = source.quietwindow_set.all()
        until = None if is_gone else blackouts.ends_at(source, now)
    held.look_again()
    _end(windows, now, until)


def _end(windows: QuerySet[QuietWindow], now: datetime, until: datetime | None) -> None:
    on = windows.filter(ends_at__gt=now)
    (on.exclude(ends_at=until) if until else on).update(ends_at=now)


def _windows_of(obstacles: Iterable[Obstacle]) -> dict[str, QuietWindow]:
    """The windows of schedules and blackouts; other suppressors have none."""
    by_key = {_key(each): each for each in obstacles if each.schedule or each.blackout}
    if not by_key:
        return {}
    now = timezone.now()
    QuietWindow.objects.bulk_create(
        [_new_window(key, obstacle, now) for key, obstacle in by_key.items()], ignore_conflicts=True
    )
    windows = {window.key: window for window in QuietWindow.objects.filter(key__in=by_key)}
    for key, window in windows.items():
        _go_on(window, by_key[key].until or NEVER)
    return windows


def _go_on(window: QuietWindow, until: datetime) -> None:
    """One that a change has ended is on again, if another change takes the first one back."""
    if window.ends_at != until:
        window.ends_at = until
        window.save(update_fields=["ends_at"])


def _new_window(key: str, obstacle: Obstacle, now: datetime) -> QuietWindow:
    source = obstacle.schedule or obstacle.blackout
    return QuietWindow(
        kind=obstacle.kind,
        schedule=obstacle.schedule,
        blackout=obstacle.blackout,
        name=source.name if source else "",
        key=key,
        began_at=now,
        ends_at=obstacle.until or NEVER,
    )


def _key(obstacle: Obstacle) -> str:
    source = obstacle.schedule or obstacle.blackout
    until = obstacle.until or NEVER
    return f"{obstacle.kind} {source.pk.hex if source else ''} {until.isoformat()}"
