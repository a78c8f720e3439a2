"""The states of an alert: acknowledged, snoozed, woken, ended. Every change is on its timeline."""

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from alerts import looks, planning
from alerts.models import Activity, Alert, AlertState, Match, Suppressor
from alerts.rows import prepared

SNOOZE_HOURS_MAX = 720
WAKE_BATCH = 200
OF_A_STATE = ["state", "snoozed_until", "ended_at", "open_fingerprint", "settles_at"]
NEVER_TOLD = " The alert ended before that."
GIVE_UP = """
    UPDATE alerts_match SET look_again_at = NULL, reason = reason || %s
    WHERE alert_id = %s AND verdict IN ('waiting', 'suppressed')"""


class AlreadyEnded(Exception):
    """The alert has ended; nothing can be done to it any more."""


def acknowledge(alert: Alert, actor: str, note: str = "") -> Alert:
    """Somebody looks after it. Raises AlreadyEnded."""
    return _change(alert, AlertState.ACKNOWLEDGED, Activity.Kind.ACKNOWLEDGED, actor, note)


def snooze(alert: Alert, hours: int, actor: str, note: str = "") -> Alert:
    """Out of sight for 1 to 720 hours. Raises AlreadyEnded."""
    until = timezone.now() + timedelta(hours=hours)
    note = f"for {hours} hours" + (f": {note}" if note else "")
    return _change(alert, AlertState.SNOOZED, Activity.Kind.SNOOZED, actor, note, until)


@transaction.atomic
def wake_snoozed() -> int:
    """Brings back alerts whose snooze is over. Returns how many."""
    over = Alert.objects.select_for_update(skip_locked=True).filter(
        state=AlertState.SNOOZED, snoozed_until__lte=timezone.now()
    )[:WAKE_BATCH]
    woken = [_set(alert, AlertState.TRIGGERED, Activity.Kind.WOKEN, "", "") for alert in over]
    return len(woken)


@transaction.atomic
def end(alert: Alert, state: AlertState, actor: str = "", note: str = "") -> Alert:
    """Resolves or dismisses the alert, and plans the close of what was opened for it.

    Ending an ended alert changes nothing: two people may click at the same time.
    """
    alert = Alert.objects.select_for_update().get(pk=alert.pk)
    if not alert.is_open:
        return alert
    alert.ended_at, alert.open_fingerprint, alert.settles_at = timezone.now(), None, None
    _set(alert, state, Activity.Kind(state.value), actor, note)
    planning.plan_closes(alert, actor, note)
    looks.ask_after_end(alert)
    _give_up_waiting(alert)
    return alert


def _give_up_waiting(alert: Alert) -> None:
    """Whatever a rule waited for, or was kept quiet by: it is never told now, and says so."""
    with connection.cursor() as cursor:
        cursor.execute(GIVE_UP, [NEVER_TOLD, prepared(Match, "alert", alert.pk)])


@transaction.atomic
def _change(
    alert: Alert,
    state: AlertState,
    kind: Activity.Kind,
    actor: str,
    note: str,
    snoozed_until: datetime | None = None,
) -> Alert:
    alert = Alert.objects.select_for_update().get(pk=alert.pk)
    if not alert.is_open:
        raise AlreadyEnded(f"This alert was already {alert.state}.")
    if alert.state == AlertState.SNOOZED:
        alert.matches.filter(suppressor=Suppressor.SNOOZE).look_again()
    alert.snoozed_until = snoozed_until
    return _set(alert, state, kind, actor, note)


def _set(alert: Alert, state: AlertState, kind: Activity.Kind, actor: str, note: str) -> Alert:
    alert.state = state
    alert.save(update_fields=OF_A_STATE)
    Activity.objects.create(alert=alert, kind=kind, actor=actor, note=note)
    return alert
