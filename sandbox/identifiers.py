"""Identifiers and timestamps in the forms that incident.io uses."""

import secrets
import time
import uuid
from datetime import UTC, datetime

# Crockford's base 32, without I, L, O and U: https://github.com/ulid/spec
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RANDOM_BITS = 80
_LENGTH = 26


def ulid() -> str:
    number = (time.time_ns() // 1_000_000 << _RANDOM_BITS) | secrets.randbits(_RANDOM_BITS)
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(_LENGTH)))


def request_id(sequence: int) -> str:
    """A UUID or eight characters in turn: both forms occur in real answers."""
    return str(uuid.uuid4()) if sequence % 2 else secrets.token_urlsafe(6)


def timestamp() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
