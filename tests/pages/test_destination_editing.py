"""A destination that is there already: tested and edited with the key field left empty."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from pytest_django.fixtures import Settings

from destinations import testing
from destinations.models import Destination
from sandbox import keys
from sandbox.server import Sandbox
from tests.alerts.factories import a_destination
from tests.pages.visitor import Visitor, ada, htmx

pytestmark = pytest.mark.django_db
NOW = timezone.now()
NEW = "/alerts/destinations/new/incident_io/"


@pytest.fixture
def destination() -> Destination:
    return a_destination(closed_status_id="")


@pytest.fixture
def page(destination: Destination) -> Visitor:
    return Visitor(ada()).open(f"/alerts/destinations/{destination.pk}/")


def test_a_test_with_an_empty_key_field_uses_the_stored_key(
    sandbox: Sandbox, page: Visitor, destination: Destination
) -> None:
    page.press("test")
    assert page.sees("Success! Incident created: INC-1")
    destination.refresh_from_db()
    assert destination.verified_at


def test_a_test_that_succeeds_ends_the_need_for_attention(
    sandbox: Sandbox, page: Visitor, destination: Destination
) -> None:
    destination.attention = "HTTP 403: Forbidden"
    destination.save()
    page.press("test")
    destination.refresh_from_db()
    assert destination.attention == ""


def test_a_save_with_an_empty_key_field_keeps_the_stored_key(
    sandbox: Sandbox, page: Visitor, destination: Destination
) -> None:
    page.press("save", name="Nights")
    destination.refresh_from_db()
    assert destination.name == "Nights"
    assert destination.unseal("api_key") == keys.FULL
    assert page.sees("Nights was saved.")


def test_a_save_does_not_undo_what_a_worker_wrote_meanwhile(
    page: Visitor, destination: Destination, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meanwhile(form: object) -> list[str]:
        Destination.objects.update(attention="HTTP 401: Unauthorized", last_failure_at=NOW)
        return []

    monkeypatch.setattr(testing, "check", meanwhile)
    page.press("save", name="Nights")
    destination.refresh_from_db()
    assert destination.name == "Nights"
    assert destination.attention == "HTTP 401: Unauthorized"
    assert destination.last_failure_at == NOW


def test_a_save_does_not_bring_a_deleted_destination_back_to_life(
    page: Visitor, destination: Destination, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meanwhile(form: object) -> list[str]:
        Destination.objects.get().delete_softly()
        return []

    monkeypatch.setattr(testing, "check", meanwhile)
    assert page.press("save", api_key=keys.FULL).status == 404
    destination.refresh_from_db()
    assert destination.secrets == {}


def test_a_test_of_a_new_key_leaves_the_stored_one_alone(
    sandbox: Sandbox, page: Visitor, destination: Destination
) -> None:
    other = sandbox.keys.add("other", "viewer", "incident_creator")
    page.press("test", api_key=other)
    assert page.sees("Success! Incident created: INC-1")
    destination.refresh_from_db()
    assert destination.unseal("api_key") == keys.FULL
    assert destination.verified_at is None

    page.press("save")

    destination.refresh_from_db()
    assert destination.unseal("api_key") == other
    assert destination.verified_at


def test_a_new_key_ends_the_need_for_attention_and_is_not_verified(
    sandbox: Sandbox, page: Visitor, destination: Destination
) -> None:
    Destination.objects.update(attention="HTTP 401: Unauthorized", verified_at=timezone.now())
    page.press("save", api_key=keys.NO_OPT_OUT)
    destination.refresh_from_db()
    assert (destination.attention, destination.verified_at) == ("", None)


def test_the_page_tells_when_the_key_was_set_and_how_it_ends(sandbox: Sandbox) -> None:
    with time_machine.travel("2026-11-24T10:00:00Z", tick=False):
        page = Visitor(ada()).open(NEW).press("save", name="On-call", api_key=keys.FULL)
    page.open(f"/alerts/destinations/{Destination.objects.get().pk}/")
    assert page.sees("Set on 24 Nov 2026 by ada, ends in …0001.", "Leave it empty to keep it.")


def test_an_unreadable_key_is_said_and_asked_for_again(
    sandbox: Sandbox, page: Visitor, destination: Destination, settings: Settings
) -> None:
    settings.DATA_ENCRYPTION_KEYS = ["c" * 32 + "0123456789abcdef" * 2]
    page.open("/alerts/destinations/")
    assert page.sees("Secret unreadable")
    page.open(f"/alerts/destinations/{destination.pk}/")
    assert page.sees("The stored secret cannot be read")

    page.press("test")
    assert "Enter it again." in page.error_beside("api_key")

    page.press("save", api_key=keys.FULL)
    destination.refresh_from_db()
    assert destination.unseal("api_key") == keys.FULL
    assert not page.sees("Secret unreadable")


def test_a_page_that_is_sent_twice_makes_one_incident(sandbox: Sandbox, page: Visitor) -> None:
    once = page.fields() | {"action": "test"}
    for _ in range(2):
        page.client.post(page.path, once)
    assert len(sandbox.workspace.incidents()) == 1


def test_each_new_click_makes_a_new_incident(sandbox: Sandbox, page: Visitor) -> None:
    page.press("test")
    page.press("test")
    assert page.sees("Success! Incident created: INC-2")
    assert len(sandbox.workspace.incidents()) == 2


def test_after_a_lost_answer_the_next_click_makes_no_second_incident(
    sandbox: Sandbox, page: Visitor
) -> None:
    sandbox.faults.add("status", route="create", status=503, times=1, process=True)
    page.press("test")
    assert page.sees("HTTP 503")
    page.press("test")
    assert page.sees("Success! Incident created: INC-1")
    assert len(sandbox.workspace.incidents()) == 1


def test_htmx_gets_the_panel_alone_and_no_draft_of_the_key(
    sandbox: Sandbox, page: Visitor, destination: Destination
) -> None:
    data = page.fields() | {"action": "test", "api_key": keys.FULL}
    html = page.client.post(page.path, data, headers=htmx()).content.decode()
    assert "Success! Incident created: INC-1" in html
    assert "<h1" not in html
    assert 'name="tested"' in html
    assert "api_key_draft" not in html
    assert keys.FULL not in html


def test_a_draft_that_is_too_old_is_asked_for_again(sandbox: Sandbox) -> None:
    page = Visitor(ada()).open(NEW).press("test", name="On-call", api_key=keys.FULL)
    with time_machine.travel(timezone.now() + timedelta(minutes=31)):
        page.press("save")
    assert "No API key configured." in page.error_beside("api_key")
    assert "half an hour" in page.error_beside("api_key")
    assert not Destination.objects.filter(name="On-call").exists()


def test_pause_and_resume(sandbox: Sandbox, page: Visitor, destination: Destination) -> None:
    page.submit(f"{page.path}pauses/")
    assert page.sees("On-call is paused", "Paused", "Resume")
    page.submit(f"{page.path}pauses/")
    assert page.sees("On-call works again", "Pause")
    destination.refresh_from_db()
    assert destination.is_active


def test_the_kind_cannot_be_changed(
    sandbox: Sandbox, page: Visitor, destination: Destination
) -> None:
    page.press("save", kind="slack")
    destination.refresh_from_db()
    assert destination.kind == "incident_io"


def test_a_deleted_destination_is_not_found(page: Visitor, destination: Destination) -> None:
    destination.delete_softly()
    assert page.open(page.path).status == 404
