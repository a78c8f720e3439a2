"""Seals secrets with AES-256-GCM, bound to their place. The only importer of `cryptography`.

A sealed secret reads `v1:<key id>:<nonce>:<ciphertext>`. The context (say, row and field) is
authenticated with it, so that a ciphertext copied into another row does not open there.
"""

import base64
import binascii
import functools
import hashlib
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed

VERSION = "v1"
KEY_BYTES = 32
# NIST SP 800-38D: 96 bits, never used twice with one key.
NONCE_BYTES = 12


class SecretUnreadable(Exception):
    """The secret was sealed with a key that is no longer there, or was tampered with."""


class KeyRing:
    """Several keys: the first seals, all of them open."""

    def __init__(self, keys: list[bytes]) -> None:
        self._keys = {key_id(key): AESGCM(key) for key in keys}
        self.current = key_id(keys[0])

    def seal(self, plaintext: str, context: str) -> str:
        """Seals `plaintext` for `context`; only the same context opens it again."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._keys[self.current].encrypt(nonce, plaintext.encode(), context.encode())
        return ":".join([VERSION, self.current, _encode(nonce), _encode(sealed)])

    def unseal(self, token: str, context: str) -> str:
        """The plaintext of `token`. Raises SecretUnreadable, which never quotes the token."""
        try:
            version, kid, nonce, sealed = token.split(":")
            if version != VERSION:
                raise SecretUnreadable("the secret was sealed in an unknown way")
            plaintext = self._keys[kid].decrypt(_decode(nonce), _decode(sealed), context.encode())
        except KeyError:
            raise SecretUnreadable(
                "the key that sealed it is not in DATA_ENCRYPTION_KEYS"
            ) from None
        except (InvalidTag, ValueError):
            raise SecretUnreadable("it was changed, or belongs to another row") from None
        return plaintext.decode()

    def is_current(self, token: str) -> bool:
        """Whether `token` was sealed with the first key."""
        return token.startswith(f"{VERSION}:{self.current}:")


def key_id(key: bytes) -> str:
    """A short public name of a key: 8 hex digits of its SHA-256."""
    return hashlib.sha256(key).hexdigest()[:8]


def parse_key(text: str) -> bytes:
    """32 bytes from base64 (both alphabets) or 64 hex digits. Raises ImproperlyConfigured."""
    text = text.strip()
    try:
        if len(text) == 2 * KEY_BYTES:
            key = binascii.unhexlify(text)
        else:
            key = base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES or len(set(key)) < KEY_BYTES // 4:
        raise ImproperlyConfigured(
            "DATA_ENCRYPTION_KEYS must be a comma list of keys of 32 random bytes in base64."
            " A fresh one: openssl rand -base64 32"
        )
    return key


@functools.cache
def key_ring() -> KeyRing:
    """The ring of DATA_ENCRYPTION_KEYS."""
    return KeyRing([parse_key(text) for text in settings.DATA_ENCRYPTION_KEYS if text.strip()])


def _forget_ring(*, setting: str, **kwargs: object) -> None:
    if setting == "DATA_ENCRYPTION_KEYS":
        key_ring.cache_clear()


setting_changed.connect(_forget_ring)


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
