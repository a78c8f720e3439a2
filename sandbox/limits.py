"""The rate limit: a token bucket for each API key, and the headers that describe it.

1,200 requests a minute for each key, refilled at 20 a second, and the form of the headers:
https://api-docs.incident.io/ ("Rate limits").
"""

import math
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from sandbox.errors import Json


@dataclass(frozen=True)
class Allowance:
    """What one request found in its bucket."""

    granted: bool
    headers: dict[str, str]
    wait_seconds: int


class TokenBucket:
    def __init__(self, rate: float, burst: int) -> None:
        self.rate = rate
        self.burst = burst
        # The binding limit comes first, so that the header is not a plain integer.
        self._limit = f"{burst}, {burst};window={max(1, round(burst / rate))}"
        self._tokens = float(burst)
        self._filled_at = time.monotonic()
        self._lock = threading.Lock()

    def take(self) -> Allowance:
        with self._lock:
            now = time.monotonic()
            self._tokens = min(self.burst, self._tokens + (now - self._filled_at) * self.rate)
            self._filled_at = now
            granted = self._tokens >= 1
            self._tokens -= granted
            tokens = self._tokens
        return self._describe(granted, tokens)

    def _describe(self, granted: bool, tokens: float) -> Allowance:
        remaining = int(tokens)
        full_at = math.ceil(time.time() + (self.burst - tokens) / self.rate)
        headers = {
            "X-RateLimit-Limit": self._limit,
            "X-RateLimit-Remaining": str(remaining),
            "X-RateLimit-Used": str(self.burst - remaining),
            "X-RateLimit-Reset": str(full_at),
        }
        if granted:
            return Allowance(True, headers, 0)
        wait = max(1, math.ceil((1 - tokens) / self.rate))
        return Allowance(False, headers | {"Retry-After": str(wait)}, wait)


class Limiter:
    """The buckets of all keys; `rate` is in requests a second."""

    def __init__(self, rate: float, burst: int) -> None:
        self._lock = threading.Lock()
        self.configure(rate, burst)

    def configure(self, rate: float, burst: int) -> None:
        if rate <= 0 or burst < 1:
            raise ValueError("rate and burst must be positive")
        with self._lock:
            self.rate, self.burst = rate, burst
            self._buckets: dict[str, TokenBucket] = {}

    def take(self, key_id: str) -> Allowance:
        bucket = self._buckets.get(key_id)
        if bucket is None:
            with self._lock:
                bucket = self._buckets.setdefault(key_id, TokenBucket(self.rate, self.burst))
        return bucket.take()


def too_many_requests(request_id: str, key_name: str, limit: int, retry_after: str | None) -> Json:
    """The body of a 429.

    Without a time to wait it takes the form of the second limit, which counts the incidents
    created in the last hour and names no moment when it ends.
    """
    kind = "too_many_requests" if retry_after else "rate_limit_reached"
    message = (
        "Too many requests hit the API too quickly. "
        "We recommend an exponential backoff of your requests."
    )
    body: Json = {"type": kind, "status": 429, "request_id": request_id}
    if retry_after:
        numbers = {"limit": limit, "remaining": 0, "retry_after": retry_after}
        body["rate_limit"] = {"name": key_name, **numbers}
    return body | {"errors": [{"code": kind, "message": message}]}


def rfc3339_after(seconds: float) -> str:
    moment = datetime.fromtimestamp(time.time() + seconds, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def rfc1123_after(seconds: float) -> str:
    """The older form, with the zone spelt UTC where RFC 1123 says GMT."""
    moment = datetime.fromtimestamp(time.time() + seconds, UTC)
    return moment.strftime("%a, %d %b %Y %H:%M:%S UTC")
