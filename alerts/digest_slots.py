"""When a destination's next digest is due. Pure: its config and a moment in, a moment out."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any

from alerts.zones import zone_of

HOUR = timedelta(hours=1)
DAYS = [timedelta(days=days) for days in (-1, 0, 1, 2)]
AT = time(9)  # of a daily digest whose own time cannot be read


def slot_after(config: Mapping[str, Any], moment: datetime) -> datetime | None:
    """The first slot later than `moment`; None if the destination gets each alert at once."""
    match config.get("timing"):
        case "hourly":
            return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + HOUR
        case "daily":
            zone = zone_of(str(config.get("digest_zone") or ""))
            return _day_after(_time_of(config), zone, moment)
        case _:
            return None


def _day_after(at: time, zone: tzinfo, moment: datetime) -> datetime:
    """Once for every day of the zone. A time that the clocks skip comes as much later as they skip,
    which may be on the next date; of a time that comes twice it is the first."""
    today = moment.astimezone(zone).date()
    slots = (datetime.combine(today + days, at, zone).astimezone(UTC) for days in DAYS)
    return next(slot for slot in slots if slot > moment)


def _time_of(config: Mapping[str, Any]) -> time:
    try:
        return time.fromisoformat(str(config.get("digest_at"))).replace(tzinfo=None)
    except ValueError:
        return AT
