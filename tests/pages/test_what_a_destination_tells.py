"""What is kept, what is missing, and what each destination does, stands where people look."""

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from destinations.models import Destination
from destinations.templatetags.exchanges import pretty
from sandbox.receiver import Receiver
from tests.alerts.factories import a_destination, a_rule, an_alert, create_of, drain
from tests.pages.visitor import Visitor, ada

NEW = "/alerts/destinations/new"
KEPT = "What you entered is kept, sealed, for half an hour."
HOOK = "https://127.0.0.1/hooks/here"

pytestmark = pytest.mark.django_db


def test_what_is_kept_is_said_beside_each_secret_and_beside_no_other() -> None:
    page = Visitor(ada()).open(f"{NEW}/webhook/")
    headers = "X-API-Key: 4f2a90\nX-Environment: production"
    page.press("save", name="", url=HOOK, headers=headers, bearer_token="tökén")
    assert KEPT in page.error_beside("url")
    assert KEPT not in page.error_beside("bearer_token")
    assert KEPT not in page.error_beside("signing_secret")
    page.press("save", name="Hook", bearer_token="token")
    assert Destination.objects.get().unseal("headers") == headers


def test_a_refused_save_lists_its_errors_first() -> None:
    page = Visitor(ada()).open(f"{NEW}/webhook/")
    page.press("save", name="Hook", url=HOOK, bearer_token="tökén")
    assert page.sees("Not saved: see the marked fields.", "Bearer token</a>: A token has only")
    assert page.text.index("Not saved") < page.text.index('id="field-name"')


def test_a_page_that_is_opened_tells_of_no_errors() -> None:
    page = Visitor(ada()).open(f"{NEW}/webhook/")
    assert not page.sees("Not saved")
    assert not page.sees("Error:")


def test_without_a_mail_server_the_form_says_what_to_do(settings: Settings) -> None:
    settings.EMAIL_HOST = ""
    page = Visitor(ada()).open(f"{NEW}/email/")
    assert page.sees("No mail server is set", "sets EMAIL_URL and starts it anew.")
    settings.EMAIL_HOST = "mail.example.com"
    assert not page.open(f"{NEW}/email/").sees("No mail server is set")


def test_the_list_tells_digests_and_record_only(person: Client) -> None:
    for timing in ("hourly", "daily"):
        Destination.objects.create(kind="email", name=timing, config={"timing": timing})
    Destination.objects.create(kind="email", name="shadow", is_record_only=True)
    html = person.get("/alerts/destinations/").content.decode()
    told = {label: html.count(label) for label in ("Hourly digest", "Daily digest", "Record only")}
    assert told == {"Hourly digest": 1, "Daily digest": 1, "Record only": 1}


def test_an_answer_without_content_is_called_empty() -> None:
    with Receiver() as receiver:
        page = Visitor(ada()).open(f"{NEW}/webhook/")
        page.press("test", name="Hook", url=receiver.url)
    assert page.sees("What was asked and answered (1)", "→ 204", "Empty.")
    assert not page.sees("None came.")


def test_what_was_only_recorded_is_not_missing_an_answer(person: Client) -> None:
    destination = a_destination()
    Destination.objects.update(is_record_only=True)
    destination.refresh_from_db()
    a_rule(destination)
    delivery = create_of(an_alert())
    drain(destination)
    html = person.get(delivery.get_absolute_url()).content.decode()
    assert "It was not sent." in html
    assert "None came." not in html


def test_a_mail_is_shown_line_by_line() -> None:
    mail = {"to": ["a@example.com", "b@example.com"], "Message-ID": "<1@x>", "text": "One.\nTwo."}
    assert pretty(mail) == "to: a@example.com, b@example.com\nMessage-ID: <1@x>\n\nOne.\nTwo."
