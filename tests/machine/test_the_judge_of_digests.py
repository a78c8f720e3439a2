"""The judge of digests is no rubber stamp either: each promise fails when it is broken."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from alerts.digests import UNTOLD
from alerts.models import Delivery, DeliveryState
from destinations.messages import Action, Digest
from tests.machine import closing_time, people, producers, telling, workers
from tests.machine.board import Told, a_board
from tests.machine.readers import RECORD, Library
from tests.machine.world import Stage

pytestmark = pytest.mark.django_db(transaction=True)
Tamper = Callable[[Library], object]


@pytest.fixture
def library(stage: Stage) -> Iterator[Library]:
    """Two alerts that a digest has told of, one of them ended; and one that waits for the next."""
    with a_board() as board:
        library = Library(stage, board)
        library.add_reader("hourly")
        for asset in range(2):
            producers.trigger(library, asset, "warning")
        library.clock.jump(3601)
        workers.work()
        producers.trigger(library, 2, "warning")
        people.handle(library, 0, "resolve")
        telling.judge(library)
        yield library


def _members() -> None:
    Delivery.objects.filter(carried_by__isnull=False).update(state=DeliveryState.FAILED)


def _tell(library: Library, **values: object) -> None:
    [first] = [told for told in library.board.told if told.action is None][:1]
    library.board.told.append(replace(first, **values))  # type: ignore[arg-type]


def _tell_wrong(library: Library, **values: Any) -> None:
    [first] = [told for told in library.board.told if told.action is None][:1]
    assert isinstance(first.what, Digest)
    _tell(library, what=replace(first.what, **values))


def _tell_an_end_first(library: Library) -> None:
    library.begun.clear()
    close = Delivery.objects.get(action=Action.CLOSE)
    told: Told = library.board.told[0]
    library.board.told.append(replace(told, key=close.idempotency_key, action=Action.CLOSE))


def _tell_the_silenced(library: Library) -> None:
    library.readers[0].edit(RECORD)
    _tell(library)


BROKEN: list[tuple[Callable[[Library], None], Tamper]] = [
    (
        telling.nothing_waits_for_nothing,
        lambda _: Delivery.objects.filter(state=DeliveryState.PENDING).update(next_attempt_at=None),
    ),
    (telling.what_is_carried_ends_as_its_digest, lambda _: _members()),
    (telling.the_silenced_are_told_nothing, _tell_the_silenced),
    (telling.nothing_is_told_twice, _tell),
    (telling.a_digest_says_the_same_at_every_try, lambda lib: _tell_wrong(lib, still_open=7)),
    (telling.a_digest_counts_what_it_tells, lambda lib: _tell_wrong(lib, opened=7)),
    (telling.a_digest_counts_what_it_tells, lambda lib: _tell_wrong(lib, still_open=-1)),
    (telling.no_end_before_its_beginning, _tell_an_end_first),
    (telling.still_open_is_counted_right, lambda lib: lib.counts.append((2, 3))),
    (
        telling.what_was_told_is_not_called_untold,
        lambda _: Delivery.objects.filter(action=Action.CLOSE).update(reason=UNTOLD),
    ),
]


@pytest.mark.parametrize(("promise", "tamper"), BROKEN)
def test_a_broken_promise_is_noticed(
    library: Library, promise: Callable[[Library], None], tamper: Tamper
) -> None:
    tamper(library)
    library.look()
    with pytest.raises(AssertionError):
        promise(library)


def test_what_never_ends_is_noticed(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "work", lambda: None)
    with pytest.raises(AssertionError, match="still under way"):
        closing_time.end_well(library)


def test_what_is_called_delivered_and_was_never_told_is_noticed(library: Library) -> None:
    library.answered.clear()
    with pytest.raises(AssertionError, match="never told"):
        closing_time.end_well(library)
