"""People who use the pages without JavaScript; none of them ever gets to see a secret."""

import re
from html import unescape
from typing import Any

from django.contrib.auth.models import Permission, User
from django.http import HttpResponse
from django.test import Client

from demo.forms import Page
from sandbox import keys

SECRETS = (keys.FULL, keys.VIEWER_ONLY, keys.CREATOR_ONLY, keys.NO_OPT_OUT, keys.REVOKED)
BACKEND = "django.contrib.auth.backends.ModelBackend"


def ada() -> User:
    """Ada may configure alerts."""
    user = User.objects.create_user("ada")
    user.user_permissions.add(Permission.objects.get(codename="alert_configuration"))
    return user


def bob() -> User:
    """Bob may only read."""
    return User.objects.create_user("bob")


class Visitor:
    """One person with one browser: opens pages, and submits the form of the page at hand."""

    def __init__(self, user: User) -> None:
        self.client = Client()
        self.client.force_login(user, backend=BACKEND)
        self.path, self.html, self.status = "", "", 0

    def open(self, path: str) -> "Visitor":
        return self._arrive(self.client.get(path, follow=True))

    def submit(self, path: str = "", **typed: Any) -> "Visitor":
        """Sends what the page holds and what was typed over it."""
        data = self.fields() | typed
        return self._arrive(self.client.post(path or self.path, data, follow=True))

    def press(self, action: str, **typed: Any) -> "Visitor":
        return self.submit(action=action, **typed)

    def fields(self) -> dict[str, str]:
        """What a browser would send of all that can be filled in on the page."""
        return {name: value for form in Page(self.html).forms for name, value in form.values}

    def sees(self, *texts: str) -> bool:
        """Whether all of these stand on the page."""
        return all(text in self.text for text in texts)

    @property
    def text(self) -> str:
        return " ".join(unescape(self.html).split())

    def error_beside(self, field: str) -> str:
        """The part of the page that belongs to one field."""
        match = re.search(rf'id="field-{field}">(.*?)(?=id="field-|name="action")', self.text)
        return match.group(1) if match else ""

    def _arrive(self, response: Any) -> "Visitor":
        page: HttpResponse = response
        self.html, self.status = page.content.decode(), page.status_code
        self.path = response.request["PATH_INFO"]
        assert not [secret for secret in SECRETS if secret in self.html]
        return self


def htmx() -> dict[str, str]:
    """Headers of a request that htmx makes."""
    return {"HX-Request": "true", "HX-Target": "test-result"}
