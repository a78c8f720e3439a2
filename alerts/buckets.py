"""The rate limit of a lane: a token bucket that lives in the lane's row."""

from django.utils import timezone

from alerts.models import Lane


class Bucket:
    """Fills at the connector's rate up to its burst; a 429 empties it (alerts/health.py).

    Only the holder of the lane's lease uses it, so one bucket serves all workers and hosts.
    """

    def __init__(self, lane: Lane) -> None:
        connector = lane.destination.connector_class
        self._rate, self._burst = connector.RATE_PER_SECOND, connector.BURST
        self._lane = lane
        if lane.tokens is None or lane.tokens_at is None:
            lane.tokens, lane.tokens_at = self._burst, timezone.now()

    def available(self) -> int:
        """How many calls may be made now."""
        self._fill()
        return int(self._lane.tokens or 0)

    def take(self, calls: int) -> None:
        """Counts calls; a delivery of several calls may overdraw a little, and is paid back."""
        self._lane.tokens = (self._lane.tokens or 0) - calls

    def _fill(self) -> None:
        now = timezone.now()
        # A clock set back must not drain the bucket.
        passed = max(0.0, (now - (self._lane.tokens_at or now)).total_seconds())
        self._lane.tokens = min(self._burst, (self._lane.tokens or 0) + passed * self._rate)
        self._lane.tokens_at = now
