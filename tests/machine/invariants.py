"""What must be true after every step of any history. Each raises AssertionError if it is not."""

import re
from collections import Counter
from collections.abc import Callable
from itertools import groupby
from uuid import UUID

from django.conf import settings
from django.db import connection

from alerts.models import Alert, Attempt, Delivery, DeliveryState
from destinations.connectors.incident_io import IncidentIo
from destinations.errors import Outcome
from destinations.messages import Action
from tests.machine import quiet
from tests.machine.channel import CANARY
from tests.machine.world import Heard, Sight, World

MINUTE = 60.0
ENDED = {DeliveryState.DELIVERED, DeliveryState.FAILED, DeliveryState.SKIPPED}
UNCOUNTED = {Outcome.SUCCESS, Outcome.SECRET_UNREADABLE, Outcome.INTERRUPTED}
UNCOUNTED_STATUSES = {401, 403, 429}


def nothing_accepted_is_forgotten(world: World, sight: Sight) -> None:
    """I1: each alert and destination that a rule joined has a create with an end or a time."""
    for alert_id, destinations in world.promised.items():
        if alert_id in world.pruned:
            continue
        alert = sight.alerts[alert_id]
        creates = sight.of(alert_id, Action.CREATE)
        closes = sight.of(alert_id, Action.CLOSE)
        assert destinations <= set(creates), f"{alert} has no delivery"
        assert all(_has_end_or_time(create) for create in creates.values()), alert
        assert alert.is_open or set(closes) == set(creates), f"{alert} ended without a close"
        for destination, close in closes.items():
            waits = creates[destination].state not in ENDED
            assert _has_end_or_time(close) or waits, f"the close of {alert} waits for nothing"


def _has_end_or_time(delivery: Delivery) -> bool:
    if delivery.state == DeliveryState.SENDING:
        return delivery.lease_until is not None
    return delivery.state in ENDED or delivery.next_attempt_at is not None


def an_alert_is_one_incident(world: World, sight: Sight) -> None:
    """I2: also if keys should differ, since the sandbox is asked what the incidents are about."""
    made = Counter(
        (alert_of(incident.summary), incident.creator.name.partition("/")[0])
        for incident in world.sandbox.workspace.incidents()
    )
    assert all(count == 1 for count in made.values()), made


def alert_of(summary: str) -> UUID:
    """The alert that an incident is about, by the link in its summary."""
    found = re.search(r"^Alert: \S+/([0-9a-f-]{36})/?$", summary, re.MULTILINE)
    assert found, summary
    return UUID(found[1])


def no_close_before_its_create(world: World, sight: Sight) -> None:
    """I3: nothing but creates is asked for, and what concerns an incident that we know of."""
    known = {delivery.external_id for delivery in sight.deliveries.values()} - {""}
    for heard in sight.fresh:
        route, path = heard.entry.route, heard.entry.path
        assert route in {"create", "show", "update", "edit"}, f"nobody asked for {path}"
        if route != "create" and not heard.by_the_dying:
            assert heard.entry.asks_about in known, f"{path} before its create was recorded"
    for close in sight.deliveries.values():
        if close.action == Action.CLOSE and close.attempt_count:
            assert close.external_id, f"a close of nothing was tried: {close.pk}"


def tries_are_bounded(world: World, sight: Sight) -> None:
    """I4: failures by the schedule, dead workers in a row by their own limit; both begin anew when
    a person sends it again."""
    cap = len(settings.RETRY_SCHEDULE) + 1
    for delivery in sight.deliveries.values():
        attempts = sight.attempts.get(delivery.pk, [])
        times = 1 + world.sent_again[delivery.pk]
        assert delivery.failure_count <= cap
        assert sum(_counts(attempt) for attempt in attempts) <= cap * times, delivery
        assert _interrupted_in_a_row(attempts) <= settings.INTERRUPTIONS_LIMIT * times, delivery


def _counts(attempt: Attempt) -> bool:
    is_free = attempt.outcome in UNCOUNTED or attempt.status_code in UNCOUNTED_STATUSES
    return not is_free


def _interrupted_in_a_row(attempts: list[Attempt]) -> int:
    runs = groupby(attempts, lambda attempt: attempt.outcome == Outcome.INTERRUPTED)
    return max((len(list(run)) for is_interrupted, run in runs if is_interrupted), default=0)


def the_silenced_hear_nothing(world: World, sight: Sight) -> None:
    """I5: paused, deleted or held destinations get no request."""
    for heard in sight.fresh:
        assert heard.channel.may_be_spoken_to, f"{heard.entry.path} to {heard.channel}"
    for channel in {h.channel.name: h.channel for h in sight.fresh if _was_refused(h)}.values():
        assert channel.row().attention, f"{channel} was refused, and is not held"


def _was_refused(heard: Heard) -> bool:
    return heard.entry.status in {401, 403} and not heard.by_the_dying


def every_try_is_on_record(world: World, sight: Sight) -> None:
    """I6: each claim that is over has one attempt, and their numbers have no gap."""
    for delivery in sight.deliveries.values():
        over = delivery.attempt_count - (delivery.state == DeliveryState.SENDING)
        numbers = [attempt.number for attempt in sight.attempts.get(delivery.pk, [])]
        assert numbers == list(range(1, over + 1)), delivery


def the_rate_is_kept(world: World, sight: Sight) -> None:
    """I7: in no minute more than the bucket gives; closes may overdraw it once, by its size."""
    limit = IncidentIo.RATE_PER_SECOND * MINUTE + 2 * IncidentIo.BURST
    for last in sight.fresh:
        minute = [h for h in world.heard if last.at - MINUTE < h.at <= last.at]
        calls = [h for h in minute if h.channel is last.channel and not h.by_the_dying]
        assert len(calls) <= limit, f"{len(calls)} calls within a minute"


def no_key_leaks(world: World, sight: Sight) -> None:
    """I8: no table, and no line of the log, has a key in clear."""
    assert not [line for line in world.stage.log if CANARY in line]
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            assert CANARY not in str(cursor.fetchall()), table


def nothing_breaks_inside(world: World, sight: Sight) -> None:
    """No history makes the product stumble over itself."""
    broken = [
        attempt.error
        for attempts in sight.attempts.values()
        for attempt in attempts
        if attempt.outcome == Outcome.INTERNAL_ERROR
    ]
    assert not broken, broken


def open_alerts_stay(world: World, sight: Sight) -> None:
    """What was pruned had ended; nothing else disappears."""
    gone = set(world.promised) - set(sight.alerts)
    assert gone == world.pruned
    assert Alert.objects.filter(open_fingerprint=None, ended_at=None).count() == 0


INVARIANTS: tuple[Callable[[World, Sight], None], ...] = (
    nothing_accepted_is_forgotten,
    an_alert_is_one_incident,
    no_close_before_its_create,
    tries_are_bounded,
    the_silenced_hear_nothing,
    every_try_is_on_record,
    the_rate_is_kept,
    no_key_leaks,
    nothing_breaks_inside,
    open_alerts_stay,
    quiet.what_is_told_was_taken,
    quiet.no_limit_is_exceeded,
    quiet.what_settles_is_open_and_flaps,
)
