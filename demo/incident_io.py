"""What the sandbox itself says of its incidents: the demo believes nobody else."""

import time
from typing import Any

import requests

WAIT = 30.0  # seconds for something to happen in the sandbox
POLL = 0.01  # seconds
STILL = 3.0  # seconds in which nothing must happen


class IncidentIo:
    """The sandbox, seen from outside."""

    def __init__(self, url: str, api_key: str) -> None:
        self.url = url
        self._key = {"Authorization": f"Bearer {api_key}"}
        self._session = requests.Session()
        self._session.trust_env = False

    def closed_status(self) -> tuple[str, str]:
        """Id and name of the account's first status of the category closed."""
        statuses = self._get("/v1/incident_statuses")["incident_statuses"]
        status = next(s for s in statuses if s["category"] == "closed")
        return status["id"], status["name"]

    def incidents(self) -> list[dict[str, Any]]:
        incidents: list[dict[str, Any]] = self._get("/_sandbox/incidents")["incidents"]
        return sorted(incidents, key=lambda incident: incident["created_at"])

    def counts(self) -> dict[str, Any]:
        return self._get("/_sandbox/state")

    def wait_for_new(self, known: int) -> dict[str, Any]:
        """The incident that comes after so many."""
        ends = time.monotonic() + WAIT
        while time.monotonic() < ends:
            if len(incidents := self.incidents()) > known:
                return incidents[-1]
            time.sleep(POLL)
        raise LookupError(f"No incident was created within {WAIT:g} s.")

    def wait_until_closed(self, reference: str) -> None:
        ends = time.monotonic() + WAIT
        while time.monotonic() < ends:
            if category(self._named(reference)) == "closed":
                return
            time.sleep(POLL)
        raise LookupError(f"{reference} was not closed within {WAIT:g} s.")

    def stays_at(self, count: int) -> bool:
        """Whether no incident is added for a while."""
        time.sleep(STILL)
        return len(self.incidents()) == count

    def _named(self, reference: str) -> dict[str, Any]:
        return next(i for i in self.incidents() if i["reference"] == reference)

    def _get(self, path: str) -> dict[str, Any]:
        answer = self._session.get(self.url + path, headers=self._key, timeout=WAIT)
        answer.raise_for_status()
        body: dict[str, Any] = answer.json()
        return body


def category(incident: dict[str, Any]) -> str:
    return str(incident["incident_status"]["category"])
