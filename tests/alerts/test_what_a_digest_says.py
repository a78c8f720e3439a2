"""What stands in a digest: counts, and lines by rule and asset, with nothing that may not leave."""

import pytest
import time_machine

from alerts import ingest
from alerts.lifecycle import end
from alerts.models import Alert, AlertState
from destinations.messages import DigestLine
from destinations.models import Destination
from tests.alerts import noticeboard
from tests.alerts.factories import (
    a_rule,
    an_alert,
    an_event,
    resolved,
)
from tests.alerts.noticeboard import (
    Board,
    a_reader,
    at,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(board: Board, clock: time_machine.Traveller) -> Destination:
    return a_reader()


def resolve(alert: Alert) -> None:
    end(alert, AlertState.RESOLVED, "ada")


def test_lines_are_by_rule_and_asset_the_gravest_and_busiest_first(
    board: Board, clock: time_machine.Traveller
) -> None:
    reader = a_reader()
    reader.rules.all().delete()
    a_rule(reader, name="Tables")
    for number in range(3):
        an_alert(asset="busy", title=f"Late {number}", dedup_key=str(number), severity="info")
    an_alert(asset="grave", title="Zero rows", dedup_key="a", severity="warning")
    an_alert(asset="grave", title="Column removed", dedup_key="b", severity="critical")
    resolve(an_alert(asset="calm", title="Late", severity="info"))
    ingest.record(resolved(asset="grave", dedup_key="a"))
    at(clock, "9:00")
    [digest] = board.digests
    assert digest.lines == (
        DigestLine(
            rule="Tables",
            asset="grave",
            severity="critical",
            opened=2,
            ended=1,
            title="Column removed",
        ),
        DigestLine(rule="Tables", asset="busy", severity="info", opened=3, ended=0, title="Late 2"),
        DigestLine(rule="Tables", asset="calm", severity="info", opened=1, ended=1, title="Late"),
    )


def test_an_asset_without_a_name_goes_by_its_id(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    an_alert(asset="", asset_id="a-99")
    at(clock, "9:00")
    assert board.digests[0].lines[0].asset == "a-99"


def test_it_names_fifty_lines_and_counts_the_rest(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    ingest.record_all([an_event(asset=f"t{number}") for number in range(53)])
    at(clock, "9:00")
    [digest] = board.digests
    assert (len(digest.lines), digest.more, digest.opened) == (50, 3, 53)


def test_fifty_lines_leave_nothing_out(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    ingest.record_all([an_event(asset=f"t{number}") for number in range(50)])
    at(clock, "9:00")
    assert (len(board.digests[0].lines), board.digests[0].more) == (50, 0)


def test_long_names_are_cut(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    an_alert(asset="a" * 500, title="t" * 500)
    at(clock, "9:00")
    [line] = board.digests[0].lines
    assert line.asset == "a" * 199 + "…"
    assert line.title == "t" * 199 + "…"


def test_what_may_not_leave_is_blanked_in_it(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    an_alert(title="Login with password=hunter2hunter2 failed")
    at(clock, "9:00")
    assert "hunter2" not in str(board.digests[0])
    assert "hunter2" not in str(noticeboard.leader().digest)


def test_still_open_counts_only_what_this_destination_was_told(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    other = a_reader("Others")
    other.rules.all().delete()
    a_rule(other, name="Critical", severities=["critical"])
    an_alert(asset="a", severity="warning")
    an_alert(asset="b", severity="critical")
    at(clock, "9:00")
    assert sorted(digest.still_open for digest in board.digests) == [1, 2]
