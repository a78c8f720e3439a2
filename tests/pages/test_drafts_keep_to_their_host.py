"""A draft is good for the host that it was typed for, and is never dropped without a word."""

import base64
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from destinations.models import Destination
from sandbox.receiver import Receiver
from tests.pages.visitor import Visitor, ada

NEW = "/alerts/destinations/new/webhook/"
SECRET = f"whsec_{base64.b64encode(bytes(32)).decode()}"
OTHER = f"whsec_{base64.b64encode(bytes([7] * 32)).decode()}"
HERE, ELSEWHERE = "https://127.0.0.1/hooks/here", "https://[::1]/hooks/elsewhere"
TYPED = {"url": HERE, "signing_secret": SECRET, "bearer_token": "a-token-of-the-first-host"}

pytestmark = pytest.mark.django_db


@pytest.fixture
def page() -> Visitor:
    """Ada has typed all, but for the name: the secrets are drafts now."""
    visitor = Visitor(ada()).open(NEW).press("save", **TYPED)
    assert not Destination.objects.exists()
    return visitor


def test_drafts_are_used_for_the_host_that_they_were_typed_for(page: Visitor) -> None:
    page.press("save", name="Hook", url="https://127.0.0.1/hooks/another")
    assert page.sees("Hook was created.")
    destination = Destination.objects.get()
    assert destination.unseal("signing_secret") == SECRET
    assert destination.unseal("bearer_token") == TYPED["bearer_token"]


@pytest.mark.parametrize("action", ["save", "test", "look"])
def test_another_host_gets_no_draft_of_the_first(page: Visitor, action: str) -> None:
    with Receiver() as receiver:
        page.press(action, name="Hook", url=receiver.url)
        assert "Enter it again" in page.error_beside("bearer_token")
        assert "Enter it again" in page.error_beside("signing_secret")
        assert receiver.deliveries == []
    assert not Destination.objects.exists()


def test_another_host_gets_none_either_if_the_draft_of_the_address_is_taken_away(
    page: Visitor,
) -> None:
    kept = {name: value for name, value in page.fields().items() if name != "url_draft"}
    answer = page.client.post(NEW, kept | {"name": "Hook", "url": ELSEWHERE, "action": "save"})
    assert "Enter it again" in answer.content.decode()
    assert not Destination.objects.exists()


def test_it_gets_what_is_typed_again(page: Visitor) -> None:
    page.press("save", name="Hook", url=ELSEWHERE)
    page.press("save", name="Hook", signing_secret=OTHER)
    assert page.sees("Hook was created.")
    destination = Destination.objects.get()
    assert destination.unseal("url") == ELSEWHERE
    assert destination.unseal("signing_secret") == OTHER
    assert destination.unseal("bearer_token") == ""


def test_what_was_typed_beside_a_misspelled_address_was_typed_for_nobody_yet() -> None:
    page = Visitor(ada()).open(NEW).press("save", **TYPED | {"url": "127.0.0.1/hooks"})
    page.press("save", name="Hook", url=HERE)
    assert page.sees("Hook was created.")
    assert Destination.objects.get().unseal("signing_secret") == SECRET


def test_an_optional_draft_that_is_too_old_is_missed_once(page: Visitor) -> None:
    with time_machine.travel(timezone.now() + timedelta(minutes=31), tick=False):
        # The session lives on; only the drafts are over.
        page.press("save", name="Hook", url=HERE)
        assert "half an hour" in page.error_beside("signing_secret")
        assert not Destination.objects.exists()
        page.press("save")
    assert page.sees("Hook was created.")


def test_a_stored_secret_does_not_step_in_for_a_draft_that_is_too_old(page: Visitor) -> None:
    page.press("save", name="Hook")
    path = f"/alerts/destinations/{Destination.objects.get().pk}/"
    page.open(path).press("save", name="", signing_secret=OTHER)
    with time_machine.travel(timezone.now() + timedelta(minutes=31), tick=False):
        page.press("save", name="Hook")
        assert "half an hour" in page.error_beside("signing_secret")


def test_the_same_host_without_tls_is_another_one(page: Visitor) -> None:
    page.press("save", name="Hook")
    page.open(f"/alerts/destinations/{Destination.objects.get().pk}/")
    page.press("save", url=HERE.replace("https:", "http:"))
    assert "Enter it again" in page.error_beside("signing_secret")
    assert Destination.objects.get().unseal("url") == HERE
