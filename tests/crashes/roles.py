"""What the forked processes do."""

import itertools
import logging
import os
import random
import time
from collections.abc import Callable

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from accounts.models import ApiKey
from alerts import checks, events, ingest, lanes, sweep
from alerts.models import Lane, Rule
from destinations.models import Destination
from sandbox.keys import FULL
from sandbox.reference_data import first_status
from tests.crashes import story
from tests.crashes.scene import Scene

logger = logging.getLogger(__name__)
PAUSE = 0.05  # seconds between a worker's rounds
PACE = 0.08  # seconds between events, on average


def prepare(scene: Scene) -> None:
    """Makes the tables, and a rule that sends every alert to every destination."""
    assert checks.timeouts_are_in_order(None) == []
    call_command("migrate", verbosity=0)
    rule = Rule.objects.create(name="Everything")
    for number, _ in enumerate(scene.urls):
        destination = Destination(kind="incident_io", name=f"lane {number}")
        destination.set_secret("api_key", FULL)
        destination.config = {"closed_status_id": first_status("closed")["id"]}
        destination.save()
        rule.destinations.add(destination)
        Lane.objects.create(destination=destination)
    ApiKey.objects.issue("crashes")


def work(scene: Scene) -> None:
    """A worker without a queue: it sweeps, and then tries each lane, in any order, for ever."""
    board = scene.board
    random.seed()
    in_order = list(Lane.objects.order_by("destination__name").values_list("pk", flat=True))
    while True:
        _without_end(sweep.sweep)
        for number in random.sample(range(len(in_order)), len(in_order)):
            settings.INCIDENT_IO_API_URL = scene.urls[number]
            _without_end(lanes.drain, in_order[number], lambda number=number: board.look(number))
        time.sleep(PAUSE)


def _without_end(task: Callable[..., None], *arguments: object) -> None:
    """As in production, where a drain that breaks off is logged, and rung for again."""
    try:
        task(*arguments)
    except Exception:
        logger.exception("A task broke off.")
        connection.close()


def report(scene: Scene) -> None:
    """Reports events from where the last producer stopped, for ever."""
    for number in itertools.count(_accepted(scene)):
        _report(scene, number)
        time.sleep(random.uniform(0, 2 * PACE))


def finish(scene: Scene) -> None:
    """Reports the event again that the killed producer may have been at, as a client would."""
    _report(scene, _accepted(scene))


def _accepted(scene: Scene) -> int:
    return scene.accepted.read_text().count("\n") if scene.accepted.exists() else 0


def _report(scene: Scene, number: int) -> None:
    key = ApiKey.objects.get(name="crashes")
    ingest.record(events.Event.model_validate(story.event(scene.seed, number)), key)
    descriptor = os.open(scene.accepted, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(descriptor, b"accepted\n")
    os.close(descriptor)
