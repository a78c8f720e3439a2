"""Microsoft Teams: what is posted to a workflow, what it answers, and what the form takes."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import responses

from destinations.connectors.teams import ELSEWHERE, RETIRED, UNSIGNED, Teams
from destinations.errors import (
    DestinationError,
    MalformedAnswer,
    NeedsAttention,
    RateLimited,
    Rejected,
    Retryable,
)
from destinations.http import Door
from destinations.messages import Receipt
from sandbox.receiver import Receiver
from tests.destinations.slacking import DIGEST, ENDED, MESSAGE

URL = "https://127.0.0.1/workflows/1/triggers/manual/paths/invoke?sp=%2Frun&sig=s3cret-signature"
POWER = "https://default1.2.environment.api.powerplatform.com:443/powerautomate/workflows/1"
TOLD = (
    "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error {}"
    " with ContextId tcid=0,server=msgapi-1,cv=x.0.."
)


@pytest.fixture
def workflow() -> Iterator[Receiver]:
    with Receiver() as running:
        running.answer(202)
        yield running


def teams(url: str = URL) -> Teams:
    return Teams({}, {"webhook_url": url}, Door([url], 5))


def answered(status: int, body: Any = "") -> Receipt:
    with responses.RequestsMock() as network:
        network.post(URL, status=status, body=body if isinstance(body, str) else json.dumps(body))
        return teams().create(MESSAGE)


def refused(status: int, body: Any = "") -> DestinationError:
    with pytest.raises(DestinationError) as caught:
        answered(status, body)
    assert "s3cret" not in f"{caught.value} {caught.value.advice}"
    return caught.value


def card(workflow: Receiver, number: int = 0) -> Any:
    body = workflow.deliveries[number].payload
    assert body["type"] == "message"
    [attachment] = body["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    return attachment["content"]


def test_an_alert_is_one_card(workflow: Receiver) -> None:
    receipt = teams(workflow.url).create(MESSAGE)
    assert (receipt.external_id, receipt.reference) == ("anomalyarmor-1-2-3", "")
    [delivery] = workflow.deliveries
    assert delivery.method == "POST"
    assert delivery.headers["content-type"] == "application/json"
    heading = card(workflow)["body"][0]
    assert (heading["style"], heading["items"][0]["text"]) == (
        "attention",
        "Column removed from orders",
    )


def test_its_end_is_a_green_card_that_names_the_first(workflow: Receiver) -> None:
    closed = teams(workflow.url).close(replace(ENDED, external_id="anomalyarmor-1-2-3"))
    assert closed.external_id == "anomalyarmor-1-2-3"
    heading, ending = card(workflow)["body"][:2]
    assert heading["style"] == "good"
    assert heading["items"][0]["text"] == "Resolved: Column removed from orders"
    assert ending["text"] == "Resolved by ada: reran the job."


def test_a_test_is_plainly_one_and_says_where_to_look(workflow: Receiver) -> None:
    receipt = teams(workflow.url).test(MESSAGE)
    heading, sentence = card(workflow)["body"][:2]
    assert heading["items"][0]["text"] == "Test: Column removed from orders"
    assert sentence["text"].startswith("This is a test.")
    assert "run history" in receipt.note


def test_a_digest_is_one_card(workflow: Receiver) -> None:
    assert teams(workflow.url).digest(DIGEST).external_id == DIGEST.idempotency_key
    assert "Digest: 3 opened" in card(workflow)["body"][0]["items"][0]["text"]


@pytest.mark.parametrize(
    ("status", "body"), [(202, ""), (200, ""), (200, "1"), (204, ""), (200, {"ok": True})]
)
def test_a_success_is_its_status(status: int, body: Any) -> None:
    assert answered(status, body).external_id == "anomalyarmor-1-2-3"


@pytest.mark.parametrize(
    ("within", "kind"),
    [
        (429, RateLimited),
        (400, Rejected),
        (413, Rejected),
        (401, NeedsAttention),
        (404, NeedsAttention),
        (500, Retryable),
    ],
)
def test_a_failure_told_with_a_success_is_that_failure(
    within: int, kind: type[DestinationError]
) -> None:
    error = refused(200, TOLD.format(within))
    assert type(error) is kind
    assert str(error).startswith(f"HTTP {within}: ")
    assert str(error).endswith("(told by Teams within HTTP 200)")


@pytest.mark.parametrize("said", ["Webhook message delivery failed.", TOLD.format(200)])
def test_a_failure_without_its_number_is_no_success(said: str) -> None:
    assert type(refused(200, said)) is MalformedAnswer


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "WorkflowTriggerIsNotEnabled"),
        (404, "WorkflowNotFound"),
        (401, "DirectApiAuthorizationRequired"),
        (403, "AuthorizationFailed"),
        (410, "Gone"),
    ],
)
def test_a_workflow_that_is_off_or_gone_is_for_a_person(status: int, code: str) -> None:
    error = refused(status, {"error": {"code": code, "message": "Could not run"}})
    assert type(error) is NeedsAttention
    assert f"({code}: Could not run)" in str(error)
    assert "copy its webhook link again" in error.advice


def test_words_of_the_message_do_not_make_it_a_matter_for_a_person() -> None:
    said = {"error": {"code": "TriggerInputSchemaMismatch", "message": "attachments NotFound"}}
    assert type(refused(400, said)) is Rejected


def test_a_limit_is_waited_for() -> None:
    with responses.RequestsMock() as network:
        network.post(URL, status=429, headers={"Retry-After": "9"})
        with pytest.raises(RateLimited) as caught:
            teams().create(MESSAGE)
    assert caught.value.retry_after == 9


def test_a_check_posts_nothing_and_minds_where_it_leads() -> None:
    found = teams("https://169.254.169.254/x?sig=1").check()
    assert "must not be reached" in found.field_errors["webhook_url"]
    assert teams().check().field_errors == {}


def warnings(url: str) -> list[str]:
    form = Teams.Form(data={"webhook_url": url})
    assert form.is_valid(), form.errors
    return form.warnings()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (f"{POWER}?api-version=1&sig=x", []),
        ("https://prod-1.westus.logic.azure.com:443/workflows/1?sig=x", []),
        (f"{POWER}?api-version=1", [UNSIGNED]),
        ("https://acme.webhook.office.com/webhookb2/1@2/IncomingWebhook/3/4", [RETIRED]),
        ("https://outlook.office.com/webhook/1", [RETIRED]),
        ("https://hooks.example.com/1?sig=x", [ELSEWHERE]),
        ("https://evil-logic.azure.com.example.com/1?sig=x", [ELSEWHERE]),
        ("https://notlogic.azure.com/1?sig=x", [ELSEWHERE]),
    ],
)
def test_an_odd_address_is_remarked_upon(url: str, expected: list[str]) -> None:
    assert warnings(url) == expected


def test_a_link_that_was_broken_over_lines_is_put_together() -> None:
    form = Teams.Form(data={"webhook_url": f"{POWER}\n?api-version=1&si\r\ng=x"})
    assert form.is_valid()
    assert form.cleaned_data["webhook_url"] == f"{POWER}?api-version=1&sig=x"


def test_without_its_address_nothing_is_sent() -> None:
    with pytest.raises(NeedsAttention, match="No webhook URL configured"):
        Teams({}, {}, Door()).create(MESSAGE)


def test_its_rate_is_within_four_a_second() -> None:
    assert Teams.BURST + Teams.RATE_PER_SECOND <= 4
