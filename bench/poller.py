"""`python -m bench.poller`: the bare loop that `idle` is compared with. It looks at django-q2's
table every 50 ms, as the worker's cluster does, and posts what it finds."""

import os
import time

import django
import requests

django.setup()

from django.db import connection  # noqa: E402

from sandbox.keys import FULL  # noqa: E402

POLL = 0.05  # seconds
NEXT = "SELECT id, payload FROM django_q_ormq ORDER BY id LIMIT 1"
TAKE = "DELETE FROM django_q_ormq WHERE id = %s"


def poll(http: requests.Session, url: str) -> bool:
    """Posts the next row, if there is one."""
    with connection.cursor() as cursor:
        cursor.execute(NEXT)
        row = cursor.fetchone()
        if row is None:
            return False
        cursor.execute(TAKE, [row[0]])
    body = {"name": f"Row {row[1]}", "idempotency_key": row[1], "visibility": "public"}
    http.post(url, json=body, timeout=30).raise_for_status()
    return True


if __name__ == "__main__":
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {FULL}"
        while True:
            if not poll(session, f"{os.environ['INCIDENT_IO_API_URL']}/v2/incidents"):
                time.sleep(POLL)
