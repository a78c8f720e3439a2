"""The judge of the crash tests finds each thing that must not happen."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from sandbox.incidents import Incident
from sandbox.journal import Entry
from sandbox.keys import FULL, KeyRing
from sandbox.reference_data import first_status
from sandbox.workspace import Workspace
from tests.crashes.judge import PREFIX, complaints
from tests.crashes.ledger import Attempt, Delivery
from tests.crashes.story import Episode

TITLE = "Column removed"


@dataclass
class History:
    """One alert that was opened, delivered in a second try, ended, and closed."""

    workspace: Workspace = field(default_factory=Workspace)
    episode: Episode = field(default_factory=lambda: Episode(TITLE, is_ended=True))
    rows: list[Delivery] = field(default_factory=list)
    journal: list[Entry] = field(default_factory=list)

    def __post_init__(self) -> None:
        incident = self.open_incident("key")
        tries = [Attempt(1, "interrupted", "12:00:00"), Attempt(2, "success", "12:00:02")]
        create = Delivery("lane 0", TITLE, "create", "delivered", 2, incident.id, tries)
        close = replace(create, action="close", attempt_count=1)
        self.rows = [create, replace(close, attempts=[Attempt(1, "success", "12:00:04")])]
        edit = f"/v2/incidents/{incident.id}/actions/edit"
        self.journal = [
            self.call("create", "/v2/incidents", None),
            self.call("create", "/v2/incidents", 200),
            self.call("edit", edit, 200),
        ]
        self.workspace.move_by_hand(incident.id, "closed")

    def open_incident(self, key: str) -> Incident:
        key_row = KeyRing().find(FULL)
        assert key_row
        body = {"idempotency_key": key, "name": PREFIX + TITLE, "visibility": "public"}
        return self.workspace.create(body, key_row)

    def call(self, route: str, path: str, status: int | None) -> Entry:
        [incident] = self.workspace.incidents()
        entry = Entry(1, 0, 0, "POST", path, "", route, "full", "key", b"", status)
        entry.incident_id = incident.id
        return entry

    def judged(self) -> list[str]:
        incidents = self.workspace.incidents()
        return complaints("lane 0", [self.episode], self.rows, incidents, self.journal)


def _second_incident(history: History) -> None:
    history.workspace.move_by_hand(history.open_incident("another key").id, "closed")


def _incident_without_alert(history: History) -> None:
    history.episode = Episode("Something else", is_ended=True)


def _incident_was_never_made(history: History) -> None:
    history.workspace.reset()


def _delivery_was_never_planned(history: History) -> None:
    history.rows = []


def _incident_stays_open(history: History) -> None:
    history.workspace.incidents()[0].status = first_status("live")


def _alert_is_open(history: History) -> None:
    history.episode = Episode(TITLE, is_ended=False)


def _delivery_is_left(history: History) -> None:
    history.rows[1] = replace(history.rows[1], state="sending")


def _delivery_is_given_up(history: History) -> None:
    history.rows[1] = replace(history.rows[1], state="failed")


def _delivery_names_no_incident(history: History) -> None:
    history.rows[0] = replace(history.rows[0], external_id="")


def _skipped_after_a_try(history: History) -> None:
    history.rows[0] = replace(history.rows[0], state="skipped")


def _attempt_is_missing(history: History) -> None:
    history.rows[0] = replace(history.rows[0], attempts=history.rows[0].attempts[1:])


def _close_was_tried_first(history: History) -> None:
    early = [Attempt(1, "success", "12:00:01")]
    history.rows[1] = replace(history.rows[1], attempts=early)


def _close_was_asked_first(history: History) -> None:
    del history.journal[1]


def _request_was_refused(history: History) -> None:
    history.journal[1].status = 422


WRONGS: dict[str, Callable[[History], None]] = {
    "duplicate": _second_incident,
    "unasked": _incident_without_alert,
    "lost (the create": _incident_was_never_made,
    "lost (no delivery": _delivery_was_never_planned,
    "lost (the create is skipped": _skipped_after_a_try,
    "never closed": _incident_stays_open,
    "closed, though the alert is open": _alert_is_open,
    "stuck": _delivery_is_left,
    "given up": _delivery_is_given_up,
    "names another incident": _delivery_names_no_incident,
    "attempts with gaps": _attempt_is_missing,
    "before its create was answered: Column": _close_was_tried_first,
    "before its create was answered: {": _close_was_asked_first,
    "refused": _request_was_refused,
}


def test_a_history_without_a_fault_is_not_complained_of() -> None:
    assert History().judged() == []


@pytest.mark.parametrize("sentence", WRONGS)
def test_what_is_wrong_is_said(sentence: str) -> None:
    history = History()
    WRONGS[sentence](history)
    assert any(sentence in complaint for complaint in history.judged()), history.judged()
