"""What Slack answers, read with care. Its API says with 200 that something failed.

Codes of the API: https://docs.slack.dev/reference/methods/chat.postMessage#errors; a webhook says
them as plain text: https://api.slack.com/changelog/2016-05-17-changes-to-errors-for-incoming-webhooks
What only a person can mend holds the lane: nothing is lost, and it goes on when the test succeeds.
"""

import re
from http import HTTPStatus
from typing import Any

from destinations import errors
from destinations.errors import DestinationError, MalformedAnswer, NeedsAttention
from destinations.http import Answer

Json = dict[str, Any]

INSTALL = (
    "In api.slack.com/apps, install the app to the workspace again, and enter its bot token here."
)
SCOPE = "Give the app the scope chat:write, and install it to the workspace again."
INVITE = "In Slack, invite the app to the channel with /invite, or correct the channel here."
ADMINS = "Ask an administrator of the Slack workspace to let the app post there."
ARCHIVED = "Unarchive the channel in Slack, or choose another one."
NEW_HOOK = "The webhook is gone. Add a new one to the Slack app, and enter its URL here."
# Code → what a person has to do.
ATTENTION = {
    **dict.fromkeys(
        ("invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive"),
        INSTALL,
    ),
    "not_allowed_token_type": "Enter the bot token of the app: it starts with xoxb-.",
    "missing_scope": SCOPE,
    **dict.fromkeys(("not_in_channel", "no_permission"), INVITE),
    "channel_not_found": f"The channel is gone, or private and without the app. {INVITE}",
    **dict.fromkeys(("is_archived", "channel_is_archived"), ARCHIVED),
    "team_not_found": "Enter the channel's ID, such as C0123456789, in place of its name.",
    "messages_tab_disabled": "Let the app have direct messages, or choose a channel.",
    "user_not_found": "The person whom the webhook writes to is gone. Add a new webhook.",
    "invalid_token": NEW_HOOK,
    **dict.fromkeys(("no_service", "no_service_id", "no_active_hooks", "no_team"), NEW_HOOK),
    "team_disabled": "The Slack workspace is closed. Enter the webhook of another one.",
    "org_login_required": "The workspace is moving into an organization: test again after that.",
    "access_denied": ADMINS,
    "accesslimited": "Slack takes no calls from this network. Ask an administrator of it.",
    "team_access_not_granted": INSTALL,
    **dict.fromkeys(
        (
            *("restricted_action", "restricted_action_read_only_channel", "action_prohibited"),
            "restricted_action_thread_only_channel",
            *("posting_to_general_channel_denied", "ekm_access_denied", "enterprise_is_restricted"),
            "two_factor_setup_required",
        ),
        ADMINS,
    ),
}
PASSING = {
    *("internal_error", "fatal_error", "service_unavailable", "request_timeout"),
    *("team_added_to_org", "external_channel_migrating", "rollup_error"),
}
LIMITED = {"ratelimited", "rate_limited", "message_limit_exceeded"}
# Of the first message of an alert: it is there no more, or not this app's, or too old for a change.
UNCHANGEABLE = {"message_not_found", "cant_update_message", "edit_window_closed"}
# Its thread takes nothing. The message itself is changed by then.
UNANSWERABLE = {
    *("restricted_action_non_threadable_channel", "restricted_action_thread_locked"),
    "cannot_reply_to_message",
}
# `client_msg_id` was used before, and what it had made is gone.
DELETED = {"duplicate_message_not_found", "duplicate_channel_not_found"}
REPORT = "Slack does not take this message as it is. Please report it, with the code."
GONE_AGAIN = "It had been posted before, and was deleted in Slack."
_PASSES = "A delivery is tried again by itself. If this goes on, look at https://slack-status.com."
# Strict, since these stand in sentences: a token that was quoted back matches none of them.
_CODE = re.compile(r"[a-z0-9_]{1,60}")
_SCOPE = re.compile(r"[a-z._]{1,30}(:[a-z._]{1,30})?|incoming-webhook")
_CHANNEL = re.compile(r"[A-Z][A-Z0-9]{1,30}")
_MOMENT = re.compile(r"\d{1,20}\.\d{1,20}")


def of_webhook(answer: Answer) -> None:
    """Content if a webhook took the message. Raises otherwise."""
    said = answer.content.decode("utf-8", "replace").strip()
    if not answer.is_success:
        raise _refusal(answer, said if _CODE.fullmatch(said) else "")
    if said != "ok":
        raise MalformedAnswer(
            f"HTTP {answer.status_code}, but the answer was not “ok”.",
            advice="Check the URL: this is not how an incoming webhook of Slack answers.",
            status_code=answer.status_code,
        )


def of_api(answer: Answer) -> Json:
    """The object in an answer, whether it says that all is well or not. Raises otherwise."""
    if not answer.is_success:
        raise _refusal(answer, code(_object(answer)))
    data = answer.json()
    if data.get("ok") is not True and not code(data):
        raise MalformedAnswer(
            f"HTTP {answer.status_code}, but the answer says neither ok nor an error.",
            status_code=answer.status_code,
        )
    return data


def code(data: Json) -> str:
    """Slack's word for what went wrong; empty if nothing did."""
    said = data.get("error")
    is_failure = data.get("ok") is not True and isinstance(said, str)
    return str(said) if is_failure and _CODE.fullmatch(str(said)) else ""


def refusal(answer: Answer, data: Json) -> DestinationError:
    """An answer that says with a success status that it is none, as an error."""
    said = code(data)
    sentence = f"Slack refused it ({said}){_scopes(data)}."
    details: dict[str, Any] = {"advice": _advice(said), "status_code": answer.status_code}
    if said in LIMITED:
        return errors.RateLimited(sentence, retry_after=_wait(answer), **details)
    if said in ATTENTION:
        return NeedsAttention(sentence, **details)
    if said in PASSING:
        return errors.Retryable(sentence, **details)
    return errors.Rejected(sentence, **details)


def posted(answer: Answer, data: Json) -> tuple[str, str]:
    """Channel and time of a message that was posted. Raises MalformedAnswer."""
    channel, moment = str(data.get("channel")), str(data.get("ts"))
    if not _CHANNEL.fullmatch(channel) or not _MOMENT.fullmatch(moment):
        raise MalformedAnswer(
            f"HTTP {answer.status_code}, but the answer names no message.",
            status_code=answer.status_code,
        )
    return channel, moment


def place(external_id: str) -> tuple[str, str]:
    """Channel and time of a message that is known; both empty if it was posted by a webhook."""
    channel, _, moment = external_id.partition(":")
    is_known = _CHANNEL.fullmatch(channel) and _MOMENT.fullmatch(moment)
    return (channel, moment) if is_known else ("", "")


def _refusal(answer: Answer, said: str) -> DestinationError:
    """An answer with another status than success, as an error."""
    error = answer.error(detail=said, advice=_advice(said) if said else "")
    is_gone = answer.status_code in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
    if type(error) is errors.Rejected and (is_gone or said in ATTENTION):
        advice = ATTENTION.get(said, NEW_HOOK if is_gone else error.advice)
        return NeedsAttention(str(error), advice=advice, status_code=error.status_code)
    return error


def _advice(said: str) -> str:
    if said in PASSING:
        return _PASSES
    if said in LIMITED:
        return "Nothing to do: deliveries are sent as soon as Slack allows it."
    return ATTENTION.get(said) or (GONE_AGAIN if said in DELETED else REPORT)


def _scopes(data: Json) -> str:
    """Which scopes are asked for and which are there, as Slack says with `missing_scope`."""
    told = {name: _known(data.get(name)) for name in ("needed", "provided")}
    said = ", ".join(f"{name}: {scopes}" for name, scopes in told.items() if scopes)
    return f": {said}" * bool(said)


def _known(scopes: Any) -> str:
    """What looks like a scope in a list with commas."""
    listed = scopes.split(",") if isinstance(scopes, str) else []
    return ",".join(one.strip() for one in listed if _SCOPE.fullmatch(one.strip()))


def _wait(answer: Answer) -> float | None:
    seconds = answer.headers.get("Retry-After", "")
    return float(seconds) if seconds.isdecimal() else None


def _object(answer: Answer) -> Json:
    try:
        return answer.json()
    except MalformedAnswer:
        return {}
