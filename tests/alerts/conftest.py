"""What most tests of the pipeline start from."""

from collections.abc import Iterator

import pytest
import time_machine

from destinations.models import Destination
from sandbox.server import Sandbox
from tests.alerts.factories import a_destination, a_rule
from tests.alerts.noticeboard import START, Board, a_board


@pytest.fixture
def destination(sandbox: Sandbox) -> Destination:
    """A destination at the sandbox, and a rule that sends every alert to it."""
    destination = a_destination()
    a_rule(destination)
    return destination


@pytest.fixture
def board(monkeypatch: pytest.MonkeyPatch) -> Board:
    """A kind of destination that collects, and keeps what it is told."""
    return a_board(monkeypatch)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """The wall clock, half an hour before a full one: it goes on, and jumps when it is told to."""
    with time_machine.travel(START, tick=True) as traveller:
        yield traveller


@pytest.fixture
def still() -> Iterator[time_machine.Traveller]:
    """A clock that stands still until it is told to go on."""
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller
