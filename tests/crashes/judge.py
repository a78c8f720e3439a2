"""Compares what was reported, what the database says, and what the sandboxes saw.

The incidents are told apart by their names, which hold the number of the event that opened the
alert: so a product that calls one alert by two idempotency keys cannot hide it.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from sandbox.incidents import Incident
from sandbox.journal import Entry
from tests.crashes.ledger import Delivery
from tests.crashes.story import Episode

PREFIX = "[AnomalyArmor] "


def complaints(
    lane: str,
    episodes: Sequence[Episode],
    deliveries: Sequence[Delivery],
    incidents: Sequence[Incident],
    journal: Sequence[Entry],
) -> list[str]:
    """All that is wrong in one lane, a sentence each. `journal` holds the requests of the API."""
    rows = {(row.title, row.action): row for row in deliveries if row.lane == lane}
    by_title: dict[str, list[Incident]] = {episode.title: [] for episode in episodes}
    for incident in incidents:
        by_title.setdefault(incident.name.removeprefix(PREFIX), []).append(incident)
    known = {episode.title for episode in episodes}
    found = [f"unasked: {title}" for title in by_title if title not in known]
    for episode in episodes:
        create, close = rows.get((episode.title, "create")), rows.get((episode.title, "close"))
        wrong = _wrong(episode, create, close, by_title[episode.title])
        found += [f"{sentence}: {episode.title}" for sentence in wrong]
    found += [f"{sentence}: {row}" for row in rows.values() for sentence in _wrong_row(row)]
    found += [f"{sentence}: {entry.as_json()}" for sentence, entry in _wrong_calls(journal)]
    return [f"{lane}: {sentence}" for sentence in found]


def _wrong(
    episode: Episode, create: Delivery | None, close: Delivery | None, incidents: list[Incident]
) -> Iterator[str]:
    if len(incidents) > 1:
        yield f"duplicate ({len(incidents)} incidents)"
    if create is None:
        yield "lost (no delivery)"
    elif create.state == "skipped" and episode.is_ended and not create.attempt_count:
        if incidents:
            yield "an incident of a delivery that was never tried"
    elif create.state != "delivered" or not incidents:
        yield f"lost (the create is {create.state}, incidents: {len(incidents)})"
    elif create.external_id not in {incident.id for incident in incidents}:
        yield "the delivery names another incident"
    if episode.is_ended and (close is None or any(incident.is_open for incident in incidents)):
        yield "never closed"
    if not episode.is_ended and (close or not all(incident.is_open for incident in incidents)):
        yield "closed, though the alert is open"
    if create and close and _began(close) and _began(close) <= _succeeded(create):
        yield "closed before its create was answered"


def _began(delivery: Delivery) -> str:
    return min((str(attempt.started_at) for attempt in delivery.attempts), default="")


def _succeeded(create: Delivery) -> str:
    """When the successful attempt began; a create without one is later than any close."""
    times = [str(a.started_at) for a in create.attempts if a.outcome == "success"]
    return max(times, default="never")


def _wrong_row(row: Delivery) -> Iterator[str]:
    if row.state in ("pending", "sending"):
        yield "stuck"
    if row.state == "failed":
        yield "given up"
    if [attempt.number for attempt in row.attempts] != list(range(1, row.attempt_count + 1)):
        yield "attempts with gaps"


def _wrong_calls(journal: Sequence[Entry]) -> Iterator[tuple[str, Entry]]:
    """Requests about an incident that no answered create had named, and refused requests."""
    answered: set[str] = set()
    for entry in journal:
        if entry.status not in (200, 201, None):
            yield "refused", entry
        if entry.route == "create" and entry.status == 200 and entry.incident_id:
            answered.add(entry.incident_id)
        if entry.asks_about and entry.asks_about not in answered:
            yield "closed before its create was answered", entry


def numbers(deliveries: Sequence[Delivery], journal: Sequence[Entry]) -> dict[str, int]:
    """What the report tells: how much was sent, and how much of it twice."""
    outcomes = Counter(attempt.outcome for row in deliveries for attempt in row.attempts)
    keys = Counter(entry.idempotency_key for entry in journal if entry.route == "create")
    return {
        "deliveries": len(deliveries),
        "requests": len(journal),
        "interrupted": outcomes["interrupted"],
        "other_failures": sum(outcomes.values()) - outcomes["interrupted"] - outcomes["success"],
        "creates_sent_again": sum(keys.values()) - len(keys),
    }
