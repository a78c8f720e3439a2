"""A detector: reports events to the API, with an API key."""

from typing import Any

import requests

TIMEOUT = 30  # seconds

COLUMN_REMOVED: dict[str, Any] = {
    "event_id": "schema-scan-1041",
    "event_type": "schema_change",
    "severity": "critical",
    "title": "Column removed from orders",
    "description": "Column customer_email was removed from public.orders.",
    "data_source": "prod-postgres",
    "schema": "public",
    "asset": "prod-postgres.shop.public.orders",
    "changes": [
        {
            "change_type": "column_removed",
            "column": "customer_email",
            "old_value": "varchar(255)",
            "new_value": None,
        }
    ],
    "tags": ["production"],
}
TABLE_STALE: dict[str, Any] = {
    "event_id": "freshness-7f3a",
    "event_type": "freshness_violation",
    "severity": "warning",
    "title": "daily_revenue is 5 hours late",
    "description": "The last load ended at 03:00; one was expected every hour.",
    "data_source": "warehouse",
    "schema": "marts",
    "asset": "warehouse.marts.daily_revenue",
}
TABLE_FOUND: dict[str, Any] = {
    "event_id": "discovery-88",
    "event_type": "new_asset",
    "severity": "info",
    "title": "New table order_items",
    "data_source": "prod-postgres",
    "schema": "public",
    "asset": "prod-postgres.shop.public.order_items",
}


class Producer:
    """Speaks for a detector."""

    def __init__(self, url: str, api_key: str) -> None:
        self._url = f"{url}/api/v1"
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Authorization"] = f"Bearer {api_key}"

    def report(self, event: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """Reports an event; returns its `event_id`, `alert_id` and `status`."""
        body = event | changes
        answer = self._session.post(f"{self._url}/events", json=body, timeout=TIMEOUT)
        answer.raise_for_status()
        data: dict[str, Any] = answer.json()["data"]
        return data

    def alert_state(self, alert_id: str) -> str:
        answer = self._session.get(f"{self._url}/alerts/{alert_id}", timeout=TIMEOUT)
        answer.raise_for_status()
        return str(answer.json()["data"]["status"])
