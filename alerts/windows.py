"""Keeps what was suppressed, by the quiet window that held it back."""

from collections.abc import Iterable
from datetime import UTC, datetime

from django.utils import timezone

from alerts.models import Alert, QuietWindow, Suppression
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


def _windows_of(obstacles: Iterable[Obstacle]) -> dict[str, QuietWindow]:
    """The windows of schedules and blackouts; other suppressors have none."""
    by_key = {_key(each): each for each in obstacles if each.schedule or each.blackout}
    if not by_key:
        return {}
    now = timezone.now()
    QuietWindow.objects.bulk_create(
        [_new_window(key, obstacle, now) for key, obstacle in by_key.items()], ignore_conflicts=True
    )
    return {window.key: window for window in QuietWindow.objects.filter(key__in=by_key)}


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
