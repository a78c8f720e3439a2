"""The mail server and the sender, which are the operator's: EMAIL_URL and EMAIL_FROM.

`smtp://host`, `smtp+tls://user:password@host` (STARTTLS) or `smtp+ssl://…` (TLS from the start).
Names with an underscore stay out of the settings: Django's error page would show them whole.
"""

from collections.abc import Mapping
from contextlib import suppress
from email.utils import parseaddr
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from armor_incidents.environment import env

_PORTS = {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465}
_FORM = (
    "EMAIL_URL cannot be read. It looks like smtp+tls://user:password@mail.example.com:587, with"
    " smtp://, smtp+tls:// or smtp+ssl://; special characters of the password are percent-encoded."
)


def _server(url: str) -> Mapping[str, Any]:
    """Host, port, user and password out of the address. No error quotes it: the password stands
    in there."""
    scheme = url.partition("://")[0]
    found: dict[str, Any] = {}
    with suppress(ValueError):
        found = env.email_url_config(url) if scheme in _PORTS else {}
    if not found.get("EMAIL_HOST") or not isinstance(found["EMAIL_PORT"], int | None):
        raise ImproperlyConfigured(_FORM)
    return found | {
        "EMAIL_PORT": found["EMAIL_PORT"] or _PORTS[scheme],
        "EMAIL_USE_TLS": scheme == "smtp+tls",
        "EMAIL_USE_SSL": scheme == "smtp+ssl",
    }


def _sender(text: str) -> str:
    """The sender, checked: it becomes a header of every mail."""
    name, _, domain = parseaddr(text)[1].partition("@")
    if not (name and domain and text.isprintable()):
        raise ImproperlyConfigured("EMAIL_FROM must be like: Armor Incidents <armor@example.com>")
    return text


# A file with a secret often ends with a line break.
_url = str(env("EMAIL_URL", default="")).strip()
_found: Mapping[str, Any] = _server(_url) if _url else {}

EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = str(_found.get("EMAIL_HOST", ""))  # empty: no mail server is set
EMAIL_PORT = int(_found.get("EMAIL_PORT", 25))
EMAIL_HOST_USER = str(_found.get("EMAIL_HOST_USER") or "")
EMAIL_HOST_PASSWORD = str(_found.get("EMAIL_HOST_PASSWORD") or "")
EMAIL_USE_TLS = bool(_found.get("EMAIL_USE_TLS"))
EMAIL_USE_SSL = bool(_found.get("EMAIL_USE_SSL"))
# For Django's own mail. Deliveries have their total deadline instead (destinations/mail.py).
EMAIL_TIMEOUT = 20
EMAIL_FROM = _sender(
    str(env("EMAIL_FROM", default="Armor Incidents <armor-incidents@localhost>")).strip()
)
DEFAULT_FROM_EMAIL = SERVER_EMAIL = EMAIL_FROM
