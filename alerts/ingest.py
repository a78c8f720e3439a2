"""Takes events in: one short transaction from an event to its alert, verdicts and deliveries."""

from collections.abc import Sequence

from accounts.models import ApiKey
from alerts import events
from alerts.intake import Intake, Recorded
from alerts.models import Installation
from alerts.turns import in_turn


def record(event: events.Event, api_key: ApiKey | None = None) -> Recorded:
    """Records one event. When it returns, everything is committed."""
    return record_all([event], api_key)[0]


def record_all(batch: Sequence[events.Event], api_key: ApiKey | None = None) -> list[Recorded]:
    """Records events in their order, all or none. When it returns, everything is committed.

    Raises OperationalError when the database cannot take them.
    """

    def work() -> list[Recorded]:
        if len(batch) > 1:
            _wait_for_other_batches()
        return Intake(batch, api_key).run()

    return in_turn(work)


def _wait_for_other_batches() -> None:
    """PostgreSQL: two batches with the same problems in other orders would deadlock, again and
    again. The installation's row is the lock that they take turns with."""
    Installation.objects.select_for_update().first()
