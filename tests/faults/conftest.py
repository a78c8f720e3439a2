"""What tests of faults start from. The table of faults is docs/faults.md."""

import os
from collections.abc import Iterator

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from destinations.models import Destination
from sandbox.server import Sandbox
from tests.alerts.factories import a_destination, a_rule
from tests.faults.locks import Lock

# Tests with processes bring their own databases, both kinds, so they run once.
collect_ignore = ["processes"] if os.environ.get("DATABASE_URL", "").startswith("postgres") else []


@pytest.fixture
def destination(sandbox: Sandbox) -> Destination:
    """A destination at the sandbox, and a rule that sends every alert to it."""
    destination = a_destination()
    a_rule(destination)
    return destination


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """The wall clock: it goes on by itself, and jumps when it is told to."""
    with time_machine.travel(timezone.now(), tick=True) as traveller:
        yield traveller


@pytest.fixture
def lock() -> Iterator[Lock]:
    """Somebody else's lock on the database, on which ours wait 0.2 s only, not 20."""
    options = connection.settings_dict["OPTIONS"]
    before = dict(options)
    is_sqlite = connection.vendor == "sqlite"
    options |= {"timeout": 0.2} if is_sqlite else {"options": "-c lock_timeout=200"}
    connection.close()
    lock = Lock()
    yield lock
    lock.close()
    options.clear()
    options.update(before)
    connection.close()
