"""What Slack's API says with 200, in its words, and what becomes of it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from pytest_django.fixtures import Settings

from destinations.errors import (
    DestinationError,
    MalformedAnswer,
    NeedsAttention,
    RateLimited,
    Rejected,
    Retryable,
)
from sandbox.slack import BOT, Slack
from tests.destinations.slacking import ENDED, MESSAGE, bot

FOR_A_PERSON = {
    "invalid_auth": "install the app",
    "not_authed": "install the app",
    "token_revoked": "install the app",
    "token_expired": "install the app",
    "account_inactive": "install the app",
    "not_allowed_token_type": "xoxb-",
    "missing_scope": "chat:write",
    "no_permission": "/invite",
    "not_in_channel": "/invite",
    "channel_not_found": "/invite",
    "is_archived": "Unarchive",
    "restricted_action": "administrator",
    "restricted_action_read_only_channel": "administrator",
    "restricted_action_thread_only_channel": "administrator",
    "ekm_access_denied": "administrator",
    "access_denied": "administrator",
    "accesslimited": "network",
    "org_login_required": "test again",
    "team_not_found": "ID",
    "messages_tab_disabled": "direct messages",
}
PASSING = (
    *("internal_error", "fatal_error", "service_unavailable", "request_timeout"),
    *("team_added_to_org", "external_channel_migrating"),
)
LIMITED = ("ratelimited", "rate_limited", "message_limit_exceeded")
FOR_GOOD = (
    *("msg_too_long", "msg_blocks_too_long", "invalid_blocks", "invalid_blocks_format"),
    *("no_text", "too_many_attachments", "invalid_arguments", "something_new"),
)
CLASSES: dict[str, type[DestinationError]] = {
    **dict.fromkeys(FOR_A_PERSON, NeedsAttention),
    **dict.fromkeys(PASSING, Retryable),
    **dict.fromkeys(LIMITED, RateLimited),
    **dict.fromkeys(FOR_GOOD, Rejected),
}


@pytest.fixture
def slack(settings: Settings) -> Iterator[Slack]:
    with Slack() as running:
        settings.SLACK_API_URL = running.api_url
        yield running


def refused() -> DestinationError:
    with pytest.raises(DestinationError) as caught:
        bot().create(MESSAGE)
    return caught.value


@pytest.mark.parametrize("error", CLASSES)
def test_every_refusal_has_its_class(slack: Slack, error: str) -> None:
    slack.fail(error)
    caught = refused()
    assert type(caught) is CLASSES[error]
    assert str(caught) == f"Slack refused it ({error})."
    assert caught.status_code == 200
    assert caught.advice.endswith(".")


@pytest.mark.parametrize("error", FOR_A_PERSON)
def test_what_a_person_must_do_is_said(slack: Slack, error: str) -> None:
    slack.fail(error)
    assert FOR_A_PERSON[error] in refused().advice


def test_a_missing_scope_is_named(slack: Slack) -> None:
    scopes = {"needed": "chat:write", "provided": "users:read, incoming-webhook"}
    slack.fail("missing_scope", details=scopes)
    assert str(refused()) == (
        "Slack refused it (missing_scope): needed: chat:write, provided: users:read,"
        "incoming-webhook."
    )


@pytest.mark.parametrize(
    "odd", [{"needed": 5}, {"needed": ["x"], "provided": None}, {"needed": ""}]
)
def test_a_scope_in_an_unknown_shape_is_left_out(slack: Slack, odd: dict[str, object]) -> None:
    slack.fail("missing_scope", details=odd)
    assert str(refused()) == "Slack refused it (missing_scope)."


@pytest.mark.parametrize("status", [None, 429])
def test_a_limit_says_how_long_to_wait(slack: Slack, status: int | None) -> None:
    slack.fail("ratelimited", status=status, Retry_After="30")
    caught = refused()
    assert isinstance(caught, RateLimited)
    assert caught.retry_after == 30


def test_a_limit_may_not_say_how_long(slack: Slack) -> None:
    slack.fail("ratelimited", Retry_After="soon")
    caught = refused()
    assert isinstance(caught, RateLimited)
    assert caught.retry_after is None


def test_after_a_refusal_the_message_can_still_be_sent(slack: Slack) -> None:
    slack.fail("service_unavailable")
    refused()
    bot().create(MESSAGE)
    assert len(slack.messages) == 1


@pytest.mark.parametrize("status", [500, 503])
def test_a_status_and_its_word_are_both_told(slack: Slack, status: int) -> None:
    slack.fail("internal_error", status=status)
    caught = refused()
    assert type(caught) is Retryable
    assert str(caught).startswith(f"HTTP {status}: ")
    assert "(internal_error)" in str(caught)


def test_a_message_that_was_deleted_is_not_posted_again(slack: Slack) -> None:
    bot().create(MESSAGE)
    slack.messages[0].is_deleted = True
    caught = refused()
    assert type(caught) is Rejected
    assert "deleted in Slack" in caught.advice


def test_the_stand_in_knows_its_token_and_its_members(slack: Slack) -> None:
    with pytest.raises(NeedsAttention, match="invalid_auth"):
        bot(token="xoxb-another").create(MESSAGE)
    with pytest.raises(NeedsAttention, match="invalid_auth"):
        bot(token="xoxb-another").check()
    with pytest.raises(NeedsAttention, match="channel_not_found"):
        bot(channel="#nowhere").create(MESSAGE)
    slack.is_member = False
    with pytest.raises(NeedsAttention, match="not_in_channel"):
        bot().create(MESSAGE)


@pytest.mark.parametrize("error", ["is_archived", "channel_not_found", "missing_scope"])
@pytest.mark.parametrize("what", ["chat.update", "chat.postMessage"])
def test_a_close_that_a_person_must_mend_is_kept(slack: Slack, error: str, what: str) -> None:
    first = bot().create(MESSAGE)
    slack.fail(error, what=what)
    with pytest.raises(NeedsAttention, match=error):
        bot().close(replace(ENDED, external_id=first.external_id))


@pytest.mark.parametrize(
    "answer", [{"error": 5}, {"error": None}, {"ok": "yes", "error": ""}, {"error": ["x"]}]
)
def test_neither_ok_nor_an_error_is_no_success(slack: Slack, answer: dict[str, object]) -> None:
    slack.fail("", details=answer)
    assert isinstance(refused(), MalformedAnswer)
    slack.fail("", details=answer)
    with pytest.raises(MalformedAnswer, match="neither ok nor an error"):
        bot().check()


@pytest.mark.parametrize("said", ["missing_scope", f"invalid_auth {BOT}", BOT])
def test_no_word_of_slack_tells_the_token(slack: Slack, said: str) -> None:
    slack.fail(said, details={"needed": BOT, "provided": f"users:read,a {BOT}"})
    connector = bot()
    with pytest.raises(DestinationError) as caught:
        connector.create(MESSAGE)
    assert BOT not in f"{caught.value} {caught.value.advice}"
    assert BOT not in str(connector.door.exchanges)
