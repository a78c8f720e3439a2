"""What rules ask about one alert, looked up once for all of them. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alerts.lateness import Lateness, lateness_of
from alerts.models import Alert
from alerts.vocabulary import BREAKING, SEVERITY_RANK


@dataclass(frozen=True, slots=True)
class Facts:
    """One alert at one moment."""

    alert: Alert
    now: datetime
    rank: int  # of its severity
    # By data_source, schema, asset and tags: as they are spelled, and in small letters as patterns
    # take them.
    names: dict[str, list[str]]
    lowered: dict[str, list[str]]
    # By change type, the columns that it is about: in small letters, and as they are spelled.
    columns: dict[str, dict[str, str]]
    breaking: Collection[str]
    lateness: Lateness
    since: datetime  # when it opened; for one that is being opened, now


def facts_of(alert: Alert, now: datetime, breaking: Collection[str] = BREAKING) -> Facts:
    """`breaking` names the change types that count as breaking."""
    last_part = alert.asset.rpartition(".")[2]
    names = {
        "data_source": [alert.data_source],
        "schema": [alert.schema],
        "asset": [alert.asset, alert.asset_id, last_part],
        "tags": list(alert.tags),
    }
    return Facts(
        alert=alert,
        now=now,
        rank=SEVERITY_RANK[alert.severity],
        names=names,
        lowered={key: [name.lower() for name in given if name] for key, given in names.items()},
        columns=_columns(alert.changes),
        breaking=breaking,
        lateness=lateness_of(alert.details),
        since=alert.created_at or now,
    )


def _columns(changes: list[dict[str, Any]]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for change in changes:
        of_type, column = found.setdefault(change["change_type"], {}), change.get("column", "")
        if column:
            of_type.setdefault(column.lower(), column)
    return found
