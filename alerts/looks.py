"""What the sweeper has to look at: storms and groups that an alert has joined or left.

Whoever judges or ends an alert only adds a row here, and so waits for nobody. A look can be seen as
soon as what it is about; the sweeper deletes it when it has looked (alerts/sums.py).
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from alerts import rows
from alerts.models import Alert, Look


def ask(storms: Iterable[UUID], due_at: datetime | None = None) -> None:
    """Has the sweeper look at these, now or later. In the transaction of what there is to see."""
    at = due_at or timezone.now()
    rows.insert([Look(storm_id=pk, due_at=at) for pk in storms])


def ask_after_end(alert: Alert) -> None:
    """The alert has ended: perhaps as the last of its storm or group, perhaps it is the summary of
    one. Every event names an asset, so an alert that has none speaks for others."""
    concerned = [alert.part_of_id, None if alert.asset_name else alert.pk]
    ask(pk for pk in concerned if pk)
