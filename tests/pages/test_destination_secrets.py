"""Optional secrets can be removed, and every secret belongs to the host that it was entered for."""

import base64

import pytest
from pytest_django.fixtures import Settings

from destinations.models import Destination
from sandbox.receiver import Receiver
from tests.pages.visitor import Visitor, ada

NEW = "/alerts/destinations/new/webhook/"
SECRET = f"whsec_{base64.b64encode(bytes(32)).decode()}"
HERE, ELSEWHERE = "https://127.0.0.1/hooks/here", "https://[::1]/hooks/elsewhere"

pytestmark = pytest.mark.django_db


@pytest.fixture
def page() -> Visitor:
    """Ada at the page of a webhook with a signing secret."""
    visitor = Visitor(ada()).open(NEW)
    visitor.press("save", name="Hook", url=HERE, signing_secret=SECRET)
    assert visitor.sees("Hook was created.")
    return visitor.open(f"/alerts/destinations/{Destination.objects.get().pk}/")


def stored(name: str) -> str:
    return Destination.objects.get().unseal(name)


def test_of_an_address_only_the_origin_is_shown_again(page: Visitor) -> None:
    assert page.sees("on https://127.0.0.1.", "Remove the stored signing secret")
    assert "hooks/here" not in page.html
    assert SECRET not in page.html


def test_an_optional_secret_is_removed_by_its_box(page: Visitor) -> None:
    page.press("save", signing_secret_removed="on")
    assert page.sees("Hook was saved.")
    assert (stored("signing_secret"), stored("url")) == ("", HERE)


def test_a_secret_that_is_typed_over_the_box_is_taken(page: Visitor) -> None:
    other = f"whsec_{base64.b64encode(bytes([7] * 32)).decode()}"
    page.press("save", signing_secret_removed="on", signing_secret=other)
    assert stored("signing_secret") == other


def test_what_is_needed_has_no_box(page: Visitor) -> None:
    assert "url_removed" not in page.html


def test_another_host_does_not_get_the_secret_of_the_first(page: Visitor) -> None:
    page.press("save", url=ELSEWHERE)
    assert "It was for another host. Enter it again for ::1." in page.error_beside("signing_secret")
    assert (stored("url"), stored("signing_secret")) == (HERE, SECRET)


@pytest.mark.parametrize("answer", [{"signing_secret": SECRET}, {"signing_secret_removed": "on"}])
def test_it_gets_what_is_entered_again_and_nothing_that_is_removed(
    page: Visitor, answer: dict[str, str]
) -> None:
    page.press("save", url=ELSEWHERE, **answer)
    assert page.sees("Hook was saved.")
    assert stored("url") == ELSEWHERE
    assert stored("signing_secret") == answer.get("signing_secret", "")


def test_another_path_on_the_same_host_keeps_the_secret(page: Visitor) -> None:
    page.press("save", url="https://127.0.0.1/hooks/new")
    assert page.sees("Hook was saved.")
    assert stored("signing_secret") == SECRET


def test_a_test_sends_nothing_of_the_first_host_to_another(page: Visitor) -> None:
    with Receiver() as receiver:
        page.press("test", url=receiver.url)
        assert page.sees("Not tested: see the marked fields.")
        assert receiver.deliveries == []


def test_a_blocked_address_is_an_error_of_its_field(settings: Settings) -> None:
    settings.OUTBOUND_ALLOW_CIDRS = []
    visitor = Visitor(ada()).open(NEW)
    visitor.press("save", name="Hook", url="https://169.254.169.254/latest/meta-data/")
    assert "must not be reached" in visitor.error_beside("url")
    assert not Destination.objects.exists()


def test_the_test_of_a_webhook_shows_status_and_time() -> None:
    with Receiver(SECRET) as receiver:
        visitor = Visitor(ada()).open(NEW)
        visitor.press("test", name="Hook", url=receiver.url, signing_secret=SECRET)
        assert visitor.sees("Success! Message sent.", "Status: 204 No Content. Response time:")
        assert receiver.deliveries[0].payload["event_type"] == "alert.test"
        visitor.press("save")
        assert visitor.sees("Hook was created.")
        assert Destination.objects.get().verified_at is not None


def test_who_resumes_what_was_disabled_lets_it_go_on(page: Visitor) -> None:
    Destination.objects.update(is_active=False, attention="HTTP 410: Gone")
    page.open(page.path)
    assert page.sees("HTTP 410: Gone")
    page.submit(f"{page.path}pauses/")
    destination = Destination.objects.get()
    assert (destination.is_active, destination.attention) == (True, "")


def test_a_refused_secret_is_not_left_out_without_a_word() -> None:
    visitor = Visitor(ada()).open(NEW)
    visitor.press("save", name="Hook", url=HERE, signing_secret="no secret of this form")
    assert "whsec_" in visitor.error_beside("signing_secret")
    visitor.press("save")
    assert "Enter it again, or go on without it." in visitor.error_beside("signing_secret")
    assert not Destination.objects.exists()
    visitor.press("save")
    assert visitor.sees("Hook was created.")
    assert stored("signing_secret") == ""


@pytest.mark.parametrize(
    ("kind", "fields", "warns"),
    [
        ("pagerduty", {"routing_key": "a" * 32}, True),
        ("webhook", {"url": HERE}, False),
    ],
)
def test_a_new_key_may_leave_things_open_at_the_former_account(
    kind: str, fields: dict[str, str], warns: bool
) -> None:
    page = Visitor(ada()).open(f"/alerts/destinations/new/{kind}/")
    page.press("save", name="Pager", **fields)
    assert not page.sees("stays open there")
    page.open(f"/alerts/destinations/{Destination.objects.get().pk}/")
    page.press("save", **{name: value.replace("a", "b") for name, value in fields.items()})
    assert page.sees("Pager was saved.")
    assert page.sees("what is open in the former one stays open there") is warns
