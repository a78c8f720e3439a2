"""Whatever happens, in whatever order: the promises of docs/digests.md hold.

`LONG=1`, `MACHINE_SEED=<n>` and `QUICK=1` are those of test_any_history.
"""

from collections.abc import Iterator

import pytest
from hypothesis import settings as hypothesis_settings

from alerts import carrying, digest_contents, digests
from alerts.models import Delivery
from destinations.models import Destination
from tests.machine import telling
from tests.machine.board import Board, a_board
from tests.machine.librarian import AnyHistoryOfDigests
from tests.machine.readers import Library
from tests.machine.test_any_history import IS_LONG, PROFILE, play
from tests.machine.world import Stage

pytestmark = pytest.mark.django_db(transaction=True)
EXAMPLES = 300 if IS_LONG else 12


@pytest.fixture
def board() -> Iterator[Board]:
    with a_board() as board:
        yield board


@pytest.mark.timeout(3600 if IS_LONG else 600)
def test_every_promise_is_kept_in_any_history_of_digests(
    stage: Stage, board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    class History(AnyHistoryOfDigests):
        pass

    def count_twice(library: Library) -> None:
        def counted(leader: Delivery, destination: Destination) -> int:
            said = count(leader, destination)
            library.counts.append((said, telling.count_again(leader, destination)))
            if destination.is_record_only:
                library.made_to_record.add(leader.pk)
            return said

        monkeypatch.setattr(digest_contents, "_still_open", counted)

    # Small limits, so that small digests reach them.
    monkeypatch.setattr(carrying, "BATCH", 2)
    monkeypatch.setattr(digest_contents, "LINES_LIMIT", 3)
    monkeypatch.setattr(digests, "PULL_BATCH", 2)
    monkeypatch.setattr(digests, "MEMBERS_LIMIT", 8)
    count = digest_contents._still_open
    History.stage, History.board, History.counting = stage, board, staticmethod(count_twice)
    play(History, hypothesis_settings(PROFILE, max_examples=EXAMPLES))
