"""The API as a producer uses it."""

import json
from typing import Any

from django.test import Client

EVENT: dict[str, Any] = {
    "event_id": "e-1",
    "event_type": "schema_change",
    "severity": "critical",
    "title": "Column removed from orders",
    "asset": "prod-postgres.shop.public.orders",
}


class Api:
    """Calls with an API key, and without one when there is none."""

    def __init__(self, token: str) -> None:
        self.http = Client(raise_request_exception=False)
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def get(self, path: str) -> Any:
        return self.http.get(f"/api/v1{path}", headers=self.headers)

    def post(self, path: str, body: Any = None, **extra: Any) -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.http.post(
            f"/api/v1{path}", raw, content_type="application/json", headers=self.headers, **extra
        )

    def report(self, **fields: Any) -> Any:
        """Reports an event; a field that is None is left out."""
        body = {name: value for name, value in (EVENT | fields).items() if value is not None}
        return self.post("/events", body)
