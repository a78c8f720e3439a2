"""Keeps secrets out of every text that is stored, logged or shown."""

import base64
import functools
import json
import re
from collections.abc import Iterable
from html import escape
from urllib.parse import quote, quote_plus, unquote

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
    """`text` without the given secrets, however spelled, and without what looks like one."""
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
    encoded = {spelling for secret in known for spelling in _encodings(secret)}
    return sorted(known | encoded, key=len, reverse=True)


def _encodings(secret: str) -> set[str]:
    """As it stands in addresses, in JSON (and a request's JSON in that of an answer), in HTML."""
    in_json = _in_json(secret)
    in_base64 = base64.b64encode(secret.encode("utf-8", "replace")).decode()
    quoted = {quote(secret, safe=""), quote_plus(secret), in_json, _in_json(in_json)}
    return quoted | {escape(secret), in_base64, in_base64.rstrip("=")}


def _parts(secret: str) -> list[str]:
    """The secret; of lines of header also the values; of a URL also what follows its host."""
    parts = [secret]
    if secret.startswith(("https://", "http://")):
        rest = secret.split("/", 3)[3:]
        words = _long_words(*rest)
        words += [unquote(word) for word in words]
        parts += [part for part in (*rest, *words) if len(part) >= LONG_WORD]
    elif ":" in secret:
        values = [line.partition(":")[2].strip() for line in secret.splitlines()]
        parts += [value for value in values if len(value) >= HEADER_VALUE]
        # The credential behind "Basic " or "Token ".
        parts += [word for value in values for word in value.split() if len(word) >= LONG_WORD]
    return parts


def _long_words(*texts: str) -> list[str]:
    return [word for text in texts for word in re.split(r"[/?&=]", text)]


def _in_json(text: str) -> str:
    return json.dumps(text)[1:-1]
