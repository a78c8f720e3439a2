"""Somebody at a browser: opens pages, fills in their forms, and clicks their buttons."""

from urllib.parse import urljoin

import requests

from demo.forms import Form, Page

TIMEOUT = 30  # seconds; a test of a destination waits for the destination


class Person:
    """A browser session."""

    def __init__(self, url: str) -> None:
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy stands between us and this machine
        self._session.headers["Accept"] = "text/html"
        self.url = url + "/"
        self.page = Page("")

    def open(self, path: str) -> Page:
        return self._show(self._session.get(urljoin(self.url, path), timeout=TIMEOUT))

    def send(self, form: Form, **button: str) -> Page:
        """Sends the form as a click on its button does, which may have a name and a value."""
        target = urljoin(self.url, form.action)
        data = [*form.values, *button.items()]
        # Django checks where a POST comes from when it came over TLS.
        headers = {"Referer": self.url}
        if form.method == "get":
            return self._show(self._session.get(target, params=data, timeout=TIMEOUT))
        return self._show(self._session.post(target, data, headers=headers, timeout=TIMEOUT))

    def _show(self, response: requests.Response) -> Page:
        response.raise_for_status()
        self.url = response.url
        self.page = Page(response.text)
        return self.page
