"""What the operator set: variables, files named by `NAME_FILE`, or keys made once in `var/`."""

import base64
import os
import secrets
from collections.abc import Callable
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"
SECRET_KEY_MIN_LENGTH = 32
SECRET_KEY_MIN_DISTINCT = 8

# FileAwareEnv reads NAME from the file that NAME_FILE names, as Docker and systemd secrets want it.
env = environ.FileAwareEnv()


def new_secret_key() -> str:
    """A random string for `SECRET_KEY`."""
    return secrets.token_urlsafe(48)


def new_encryption_key() -> str:
    """32 random bytes in base64, the form of each entry of `DATA_ENCRYPTION_KEYS`."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


def required_secret(name: str, make: Callable[[], str], *, may_make: bool) -> str:
    """The secret `name`; made once under `var/` if `may_make`, else its absence stops the start."""
    value = str(env(name, default="")).strip()
    if value:
        return value
    if not may_make:
        raise ImproperlyConfigured(
            f"{name} is not set. Set it in the environment, or set {name}_FILE to a file that holds"
            f" it. A fresh value: {_recipe(name)}"
        )
    return _read_or_make(VAR_DIR / name.lower(), make)


def check_secret_key(value: str) -> str:
    """`value` itself; a short or monotonous one stops the start."""
    if len(value) < SECRET_KEY_MIN_LENGTH or len(set(value)) < SECRET_KEY_MIN_DISTINCT:
        raise ImproperlyConfigured(
            f"SECRET_KEY is too weak: it needs at least {SECRET_KEY_MIN_LENGTH} random characters."
            f" A fresh value: {_recipe('SECRET_KEY')}"
        )
    return value


def _recipe(name: str) -> str:
    size = 32 if name == "DATA_ENCRYPTION_KEYS" else 48
    return f"openssl rand -base64 {size}"


def _read_or_make(path: Path, make: Callable[[], str]) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        # O_EXCL: of two processes that start together, one makes the key and both use it.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(make() + "\n")
    return path.read_text().strip()
