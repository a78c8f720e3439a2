"""Keeps secrets out of every text that is stored, logged or shown."""

import functools
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

MASK = "[secret]"
SHORTEST_SECRET = 4
# A part of a URL that is shorter may be an ordinary word ("alerts"), and stays.
LONG_WORD = 12
# So may the value of a header ("team-a").
HEADER_VALUE = 8

# What is a secret by its looks, wherever it turns up. Kept linear: no nested repeats.
_LOOKS_SECRET = re.compile(
    r"(?i)(?<=\bbearer )[^\s\"',;]{8,}"
    r"|(?<=\bbasic )[a-z0-9+/=]{16,}"
    r"|\binc_[a-z0-9]{16,}"
    r"|\baa_live_[\w.-]{16,}"
    r"|\bxox[a-z]-[\w-]{10,}"
    r"|\bwhsec_[a-z0-9+/=]{16,}"
    r"|(?<=hooks\.slack\.com/)(?:services|workflows|triggers)/[\w/-]{10,}"
)
# One of these stands in or before each of them. Nearly all texts have none, and need no pattern.
_SIGNS = ("bearer ", "basic ", "inc_", "aa_live_", "xox", "whsec_", "hooks.slack.com/")


def scrub(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` without the given secrets (plain or URL-encoded), and without what looks like one."""
    for secret in _spellings(tuple(secrets)):
        text = text.replace(secret, MASK)
    lowered = text.lower()
    if any(sign in lowered for sign in _SIGNS):
        text = _LOOKS_SECRET.sub(MASK, text)
    return storable(text)


def storable(text: str) -> str:
    """`text` without what a database's text cannot hold: NUL, and halves of surrogate pairs."""
    if text.isascii() and "\x00" not in text:
        return text
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


@functools.lru_cache(maxsize=64)
def _spellings(secrets: tuple[str, ...]) -> list[str]:
    """How the secrets may be spelled in a text, the longest first."""
    known = {part for secret in secrets for part in _parts(secret) if len(part) >= SHORTEST_SECRET}
    encoded = {encode(secret) for secret in known for encode in (_quote_all, quote_plus)}
    return sorted(known | encoded, key=len, reverse=True)


def _parts(secret: str) -> list[str]:
    """The secret; of lines of header also the values; of a URL also what follows its host."""
    parts = [secret]
    if secret.startswith(("https://", "http://")):
        rest = secret.split("/", 3)[3:]
        parts += [part for part in (*rest, *_long_words(*rest)) if len(part) >= LONG_WORD]
    elif "\n" in secret or ": " in secret:
        values = [line.partition(":")[2].strip() for line in secret.splitlines()]
        parts += [value for value in values if len(value) >= HEADER_VALUE]
    return parts


def _long_words(*texts: str) -> list[str]:
    return [word for text in texts for word in re.split(r"[/?&=]", text)]


def _quote_all(text: str) -> str:
    return quote(text, safe="")
