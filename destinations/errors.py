"""Everything that can go wrong on the way to a destination.

DestinationError            a sentence, advice, and the outcome that the attempt row gets
├── Retryable               may pass by itself: network, timeout, 408, 425, 5xx
│   ├── RateLimited         429: the whole lane waits, and the try does not count
│   └── MalformedAnswer     2xx, but not what the provider promises
├── Rejected                the same again would fail again: 400, 404, 413, 422, 3xx
├── NeedsAttention          a person must act: 401, 403, an unreadable secret; holds the lane
│   └── Disabled            the receiver wants nothing more (410): the destination is paused
└── Recorded                record-only: it was rendered, and nothing was sent
"""

from django.db import models

from destinations.scrubbing import storable

REQUEST_ID_LIMIT = 100  # characters


class Outcome(models.TextChoices):
    """How one attempt ended. `interrupted` and `internal_error` are ours, not the network's."""

    SUCCESS = "success", "success"
    NON_2XX = "non_2xx", "refused"
    NETWORK_ERROR = "network_error", "network error"
    TIMEOUT = "timeout", "timeout"
    TLS_ERROR = "tls_error", "TLS error"
    UNREACHABLE = "unreachable", "unreachable"
    MALFORMED_RESPONSE = "malformed_response", "malformed answer"
    SECRET_UNREADABLE = "secret_unreadable", "secret unreadable"
    BLOCKED_ADDRESS = "blocked_address", "blocked address"
    INTERRUPTED = "interrupted", "interrupted"
    INTERNAL_ERROR = "internal_error", "internal error"
    RECORDED = "recorded", "recorded only"


class DestinationError(Exception):
    """Base. `str(error)` is a sentence for people and never holds a secret or a URL's path."""

    outcome: Outcome = Outcome.NON_2XX

    def __init__(
        self,
        sentence: str,
        *,
        outcome: Outcome | None = None,
        advice: str = "",
        status_code: int | None = None,
        request_id: str = "",
    ) -> None:
        super().__init__(storable(sentence))
        self.outcome = outcome or self.outcome
        self.advice = advice
        self.status_code = status_code
        self.request_id = storable(request_id)[:REQUEST_ID_LIMIT]


class Retryable(DestinationError):
    """May pass by itself."""


class RateLimited(Retryable):
    """The provider asks us to wait `retry_after` seconds (None: it did not say how long)."""

    def __init__(self, sentence: str, *, retry_after: float | None, **details: object) -> None:
        super().__init__(sentence, **details)  # type: ignore[arg-type]
        self.retry_after = retry_after


class MalformedAnswer(Retryable):
    """A success status without the promised content: nobody knows whether it was done."""

    outcome = Outcome.MALFORMED_RESPONSE


class Rejected(DestinationError):
    """The same again would fail again."""


class NeedsAttention(DestinationError):
    """A person must act before anything more is sent to this destination."""


class Disabled(NeedsAttention):
    """The receiver has said that it wants nothing more, ever."""


class Recorded(DestinationError):
    """A record-only destination: the request is in the exchanges, and was not sent."""

    outcome = Outcome.RECORDED
