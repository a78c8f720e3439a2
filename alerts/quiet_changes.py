"""Changes of schedules and blackouts: what they held back is looked at again."""

from datetime import datetime

from alerts import blackouts, windows
from alerts.models import Blackout, Schedule
from alerts.turns import in_turn
from alerts.zones import zone_of


def save(source: Schedule | Blackout) -> None:
    def work() -> None:
        source.save()
        windows.let_go(source)

    in_turn(work)


def delete(source: Schedule | Blackout) -> None:
    """Raises ProtectedError for a schedule that rules use."""

    def work() -> None:
        # Locked first: who has just judged by it commits before, or judges anew.
        held = type(source)._default_manager.select_for_update().filter(pk=source.pk).first()
        if held:
            windows.let_go(held, is_gone=True)
            held.delete()

    in_turn(work)


def end_now(blackout: Blackout, now: datetime) -> None:
    """Ends the occurrence that is on. One that recurs begins anew with its next occurrence."""
    if coming := blackouts.next_days(blackout, now):
        blackout.start_date, blackout.end_date = coming
    else:
        local = now.astimezone(zone_of(blackout.zone))
        blackout.end_date, blackout.end_time = local.date(), local.time().replace(microsecond=0)
    save(blackout)
