"""What was typed travels from one page to the next: sealed, short-lived, for one user and field.

The browser carries it in a hidden field, so that a form with a secret can be tested and then saved
without a second typing, and no half-made destination lies in the database or in a session.
"""

import json
from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone

from destinations.crypto import SecretUnreadable, key_ring

LIFETIME = timedelta(minutes=30)


def seal(text: str, user: AbstractBaseUser, kind: str, field: str) -> str:
    """A token that only `unseal` with the same user, kind and field opens, for half an hour."""
    expires = (timezone.now() + LIFETIME).timestamp()
    content = json.dumps({"text": text, "expires": expires})
    return key_ring().seal(content, _context(user, kind, field))


def unseal(token: str, user: AbstractBaseUser, kind: str, field: str) -> str:
    """What was sealed; empty if the token is too old, forged, or somebody else's."""
    try:
        content = json.loads(key_ring().unseal(token, _context(user, kind, field)))
    except SecretUnreadable:
        return ""
    is_fresh = timezone.now().timestamp() < content["expires"]
    return str(content["text"]) if is_fresh else ""


def _context(user: AbstractBaseUser, kind: str, field: str) -> str:
    return f"armor_incidents:draft:{user.pk}:{kind}:{field}"
