"""Keeps secrets out of every text that is stored, logged or shown."""

import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

MASK = "[secret]"
SHORTEST_SECRET = 4

# What is a secret by its looks, wherever it turns up. Kept linear: no nested repeats.
_LOOKS_SECRET = re.compile(
    r"(?i)(?<=\bbearer )[^\s\"',;]{8,}"
    r"|(?<=\bbasic )[a-z0-9+/=]{16,}"
    r"|\binc_[a-z0-9]{16,}"
    r"|\baa_live_[\w.-]{16,}"
)


def scrub(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` without the given secrets (plain or URL-encoded), and without what looks like one."""
    for secret in sorted(_spellings(secrets), key=len, reverse=True):
        text = text.replace(secret, MASK)
    return storable(_LOOKS_SECRET.sub(MASK, text))


def storable(text: str) -> str:
    """`text` without what a database's text cannot hold: NUL, and halves of surrogate pairs."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def _spellings(secrets: Iterable[str]) -> set[str]:
    known = {secret for secret in secrets if len(secret) >= SHORTEST_SECRET}
    return known | {quote(secret, safe="") for secret in known} | {quote_plus(s) for s in known}
