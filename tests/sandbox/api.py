"""A small client of the sandbox, with which its tests speak."""

from typing import Any, Self

import requests

from sandbox.keys import FULL
from sandbox.reference_data import first_status
from sandbox.server import Sandbox

TIMEOUT_SECONDS = 5
CLOSED = first_status("closed")["id"]


class Api:
    """One kept-alive connection to a sandbox, with one key or none."""

    def __init__(self, sandbox: Sandbox, key: str | None = FULL) -> None:
        self.url = sandbox.url
        self.session = requests.Session()
        self.session.trust_env = False
        if key:
            self.session.headers["Authorization"] = f"Bearer {key}"

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.session.get(self.url + path, timeout=TIMEOUT_SECONDS, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> requests.Response:
        return self.session.post(self.url + path, json=body, timeout=TIMEOUT_SECONDS, **options)

    def delete(self, path: str) -> requests.Response:
        return self.session.delete(self.url + path, timeout=TIMEOUT_SECONDS)

    def create(self, key: str = "key-1", **fields: Any) -> requests.Response:
        return self.post(
            "/v2/incidents", {"idempotency_key": key, "visibility": "public", **fields}
        )

    def created(self, key: str = "key-1", **fields: Any) -> dict[str, Any]:
        response = self.create(key, **fields)
        assert response.status_code == 200, response.text
        incident: dict[str, Any] = response.json()["incident"]
        return incident

    def edit(self, identifier: str, **fields: Any) -> requests.Response:
        body = {"notify_incident_channel": False, "incident": fields}
        return self.post(f"/v2/incidents/{identifier}/actions/edit", body)

    def close(self, identifier: str) -> requests.Response:
        return self.edit(identifier, incident_status_id=CLOSED)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()


def problem(response: requests.Response) -> dict[str, Any]:
    """The only entry of an error's list, once its envelope is found to be whole."""
    body = response.json()
    assert body["status"] == response.status_code
    assert body["type"]
    assert body["request_id"]
    (entry,) = body["errors"]
    found: dict[str, Any] = entry
    return found
