"""Changes of schedules and blackouts: what they held back is looked at again."""

from datetime import datetime

from django.db import transaction

from alerts import blackouts, windows
from alerts.models import Blackout, Schedule
from alerts.zones import zone_of


@transaction.atomic
def save(source: Schedule | Blackout) -> None:
    source.save()
    windows.let_go(source)


@transaction.atomic
def delete(source: Schedule | Blackout) -> None:
    """Raises ProtectedError for a schedule that rules use."""
    windows.let_go(source, is_gone=True)
    source.delete()


def end_now(blackout: Blackout, now: datetime) -> None:
    """Ends the occurrence that is on. One that recurs begins anew with its next occurrence."""
    coming, zone = blackouts.next_after(blackout, now), zone_of(blackout.zone)
    if coming:
        length = blackout.end_date - blackout.start_date
        blackout.start_date = coming.start.astimezone(zone).date()
        blackout.end_date = blackout.start_date + length
    else:
        local = now.astimezone(zone)
        blackout.end_date, blackout.end_time = local.date(), local.time().replace(microsecond=0)
    save(blackout)
