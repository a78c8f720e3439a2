"""Signatures by Standard Webhooks, over id, timestamp and body.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hashlib
import hmac
import time
from collections.abc import Sequence

PREFIX = "whsec_"
KEY_BYTES = range(24, 65)


def headers(identifier: str, body: bytes, secrets: Sequence[str]) -> dict[str, str]:
    """The headers of one try. While secrets change, there are two, and both of them sign."""
    moment = str(int(time.time()))
    content = f"{identifier}.{moment}.".encode() + body
    signatures = " ".join(_sign(secret, content) for secret in secrets)
    named = {"webhook-id": identifier, "webhook-timestamp": moment}
    return named | ({"webhook-signature": signatures} if signatures else {})


def is_secret(text: str) -> bool:
    """Whether this is `whsec_` and 24 to 64 bytes in base64."""
    try:
        return text.startswith(PREFIX) and len(_key(text)) in KEY_BYTES
    except ValueError:
        return False


def _sign(secret: str, content: bytes) -> str:
    digest = hmac.digest(_key(secret), content, hashlib.sha256)
    return f"v1,{base64.b64encode(digest).decode()}"


def _key(secret: str) -> bytes:
    text = secret.removeprefix(PREFIX)
    # Some generators leave the padding out, and the libraries of receivers do not miss it.
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
