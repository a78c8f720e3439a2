"""How the incident of an ended alert is closed: by an update, or as far as the account allows."""

from dataclasses import replace
from typing import Any

import pytest

from destinations.connectors.incident_io import IncidentIo
from destinations.errors import NeedsAttention, Rejected
from destinations.http import Door
from destinations.messages import Message
from sandbox import keys
from sandbox.incidents import Incident
from sandbox.reference_data import first_status
from sandbox.server import Sandbox
from tests.destinations.example import MESSAGE

CLOSED = first_status("closed")["id"]
EDITOR = (keys.VIEWER, keys.CREATOR, keys.EDITOR)


def connector(key: str = keys.FULL, **config: str) -> IncidentIo:
    return IncidentIo({"closed_status_id": CLOSED} | config, {"api_key": key}, Door([key], 10))


def opened(sandbox: Sandbox, key: str = keys.FULL, **config: str) -> tuple[Incident, Message]:
    """An incident, and the message that closes it."""
    receipt = connector(key, **config).create(MESSAGE)
    ending = {"ended": "resolved", "ended_by": "ada", "ended_note": "reran the job"}
    close = {"external_id": receipt.external_id, "idempotency_key": "key-close"}
    return sandbox.workspace.find(receipt.external_id), replace(MESSAGE, **close, **ending)  # type: ignore[arg-type]


def last_body(sandbox: Sandbox) -> dict[str, Any]:
    body = sandbox.journal.entries()[-1].as_json()["body"]
    assert isinstance(body, dict)
    return body


def routes(sandbox: Sandbox) -> list[str | None]:
    return [entry.route for entry in sandbox.journal.entries()]


def test_the_channel_is_told_who_ended_it_and_why(sandbox: Sandbox) -> None:
    incident, message = opened(sandbox)
    seen_at = incident.updated_at
    connector().close(message)
    assert last_body(sandbox) == {
        "idempotency_key": f"key-close-{seen_at}",
        "incident_id": incident.id,
        "message": "Resolved by ada: reran the job.\n\nhttps://armor.example/alerts/1/",
        "to_incident_status_id": CLOSED,
    }
    assert incident.category == "closed"


def test_a_reason_cannot_mention_anybody_or_hide_a_link(sandbox: Sandbox) -> None:
    _, message = opened(sandbox)
    note = "<!channel> @here [ok](https://evil.example) ![x](y) <https://a|b> `rm`"
    connector().close(replace(message, ended_note=note, ended_by="<@U123>"))
    text, _, link = last_body(sandbox)["message"].rpartition("\n\n")
    assert not set("<>[]`@") & set(text)
    assert "https://evil.example" in text
    assert link == MESSAGE.link


def test_an_older_api_gets_an_edit_that_tells_the_channel(sandbox: Sandbox) -> None:
    sandbox.workspace.settings.has_incident_updates = False
    incident, message = opened(sandbox)
    assert connector().close(message).note == ""
    assert routes(sandbox) == ["create", "show", "update", "edit"]
    assert last_body(sandbox) == {
        "notify_incident_channel": True,
        "incident": {"incident_status_id": CLOSED},
    }
    assert incident.category == "closed"


@pytest.mark.parametrize("status", [404, 405])
def test_a_call_that_is_not_there_is_no_failure(sandbox: Sandbox, status: int) -> None:
    incident, message = opened(sandbox)
    sandbox.faults.add("status", route="update", status=status)
    connector().close(message)
    assert incident.category == "closed"


@pytest.mark.parametrize("status", [400, 422])
def test_a_refused_update_is_a_failure_and_not_tried_as_an_edit(
    sandbox: Sandbox, status: int
) -> None:
    incident, message = opened(sandbox)
    sandbox.faults.add("status", route="update", status=status)
    with pytest.raises(Rejected):
        connector().close(message)
    assert routes(sandbox)[-1] == "update"
    assert incident.is_open


@pytest.mark.parametrize("has_updates", [True, False])
@pytest.mark.parametrize("flow", [True, False])
def test_a_role_that_is_missing_for_the_close_is_a_persons_business(
    sandbox: Sandbox, has_updates: bool, flow: bool
) -> None:
    settings = sandbox.workspace.settings
    settings.has_incident_updates, settings.post_incident_flow_required = has_updates, flow
    incident, message = opened(sandbox)
    with pytest.raises(NeedsAttention, match="HTTP 403"):
        connector(keys.NO_OPT_OUT if flow else keys.CREATOR_ONLY).close(message)
    assert incident.is_open


@pytest.mark.parametrize("category", ["closed", "declined", "merged", "canceled"])
def test_what_a_person_has_ended_is_left_as_it_is(sandbox: Sandbox, category: str) -> None:
    incident, message = opened(sandbox)
    sandbox.workspace.move_by_hand(incident.id, category)
    assert connector().close(message).note == f"Already {category} by somebody in incident.io."
    assert routes(sandbox) == ["create", "show"]


def test_an_incident_in_its_post_incident_flow_is_closed(sandbox: Sandbox) -> None:
    incident, message = opened(sandbox)
    sandbox.workspace.move_by_hand(incident.id, "learning")
    connector().close(message)
    assert incident.category == "closed"


@pytest.mark.parametrize("mode", ["reset_after", "empty", "no_id"])
def test_a_close_whose_answer_was_lost_is_not_said_twice(sandbox: Sandbox, mode: str) -> None:
    incident, message = opened(sandbox)
    sandbox.faults.add(mode, route="update", times=1, process=True)
    with pytest.raises(Exception, match=r"broke|HTTP 20"):
        connector().close(message)
    assert connector().close(message).note.startswith("Already closed")
    assert [a.what for a in incident.activity if "Resolved" in a.what] == [
        "wrote: Resolved by ada: reran the job.\n\nhttps://armor.example/alerts/1/"
    ]


def test_a_second_try_before_anything_happened_has_the_same_key(sandbox: Sandbox) -> None:
    _, message = opened(sandbox)
    sandbox.faults.add("status", route="update", status=503, times=1)
    with pytest.raises(Exception, match="HTTP 503"):
        connector().close(message)
    first = last_body(sandbox)
    connector().close(message)
    assert last_body(sandbox) == first


def test_what_was_opened_again_can_be_closed_again(sandbox: Sandbox) -> None:
    incident, message = opened(sandbox)
    connector().close(message)
    sandbox.workspace.move_by_hand(incident.id, "live")
    connector().close(message)
    assert incident.category == "closed"


def test_a_private_incident_needs_a_key_that_may_read_it(sandbox: Sandbox) -> None:
    key = sandbox.keys.add("sees all", *EDITOR, keys.GLOBAL_ACCESS)
    incident, message = opened(sandbox, visibility="private")
    with pytest.raises(Rejected, match="HTTP 404") as caught:
        connector().close(message)
    assert "global_access" in caught.value.advice
    connector(key).close(message)
    assert incident.category == "closed"


def test_a_test_on_an_older_api_is_closed_again(sandbox: Sandbox) -> None:
    sandbox.workspace.settings.has_incident_updates = False
    receipt = connector().test(MESSAGE)
    assert "closed again" in receipt.note
    assert [incident.category for incident in sandbox.workspace.incidents()] == ["closed"]
