"""A stand-in for Slack: an incoming webhook and three methods of the Web API, over real HTTP.

    with Slack() as slack:
        slack.fail("ratelimited", status=429, Retry_After="7")
        ...  # let the code under test speak to slack.api_url or slack.webhook_url
        assert slack.messages[0].body["text"]

The API says with 200 that something failed; a reply to a deleted message is posted into the channel
(https://github.com/slack-go/slack/issues/1571). That a used `client_msg_id` finds the first message
is implied by Slack's errors and not stated: `heeds_message_ids` turns it off.
"""

import threading
from dataclasses import dataclass, field
from typing import Any

from sandbox import slack_blocks
from sandbox.errors import ApiError, Json
from sandbox.slack_refusals import STATUSES
from sandbox.stand_in import StandIn
from sandbox.wire import Request, Response, json_response

BOT = "xoxb-1234567890-the-sandbox-token"
CHANNEL = "C0123456789"
NAME = "data-alerts"
HOOK = "/services/T0123456789/B0123456789/abcdefghijklmnopqrstuvwx"


@dataclass
class Posted:
    """A message in a channel, as it is now. `ts` is empty if a webhook posted it."""

    body: Json
    ts: str = ""
    channel: str = ""
    thread_ts: str = ""
    is_deleted: bool = False
    changes: int = 0


@dataclass
class Asked:
    """One request, as it came: `what` is the method of the API, or "webhook"."""

    what: str
    headers: dict[str, str]
    body: Any


@dataclass
class _Failure:
    error: str
    status: int | None
    what: str
    headers: dict[str, str] = field(default_factory=dict)
    details: Json = field(default_factory=dict)


class Slack(StandIn):
    """A running stand-in with one workspace and one channel."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.messages: list[Posted] = []
        self.asked: list[Asked] = []
        self.scopes = "chat:write,chat:write.public"
        self.bot_id = "B0123456789"
        self.is_member = True
        self.heeds_message_ids = True
        self._failures: list[_Failure] = []
        self._by_id: dict[str, Posted] = {}
        self._lock = threading.Lock()
        self.api_url = f"{self.root}/api"
        self.webhook_url = self.root + HOOK

    def fail(
        self,
        error: str,
        *,
        status: int | None = None,
        what: str = "",
        details: Json | None = None,
        **headers: str,
    ) -> None:
        """The next call (of one method, if `what` is given) fails. `status` None: as Slack does."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with self._lock:
            self._failures.append(_Failure(error, status, what, named, details or {}))

    def methods(self) -> list[str]:
        return [one.what for one in self.asked]

    def answer_to(self, request: Request) -> Response:
        is_hook = request.path == HOOK
        what = "webhook" if is_hook else request.path.removeprefix("/api/")
        self.asked.append(Asked(what, request.headers, _payload(request)))
        with self._lock:
            if failure := self._next_failure(what):
                return _failed(failure, is_hook)
            return self._webhook(request) if is_hook else self._api(what, request)

    def _next_failure(self, what: str) -> _Failure | None:
        due = next((one for one in self._failures if one.what in ("", what)), None)
        if due:
            self._failures.remove(due)
        return due

    def _webhook(self, request: Request) -> Response:
        body = _payload(request)
        if not body:
            return _text(400, "invalid_payload")
        if wrong := slack_blocks.problem(body):
            return _text(400, wrong)
        self.messages.append(Posted(body))
        return _text(200, "ok")

    def _api(self, method: str, request: Request) -> Response:
        if request.bearer != BOT:
            return _said("invalid_auth" if request.bearer else "not_authed")
        methods = {
            "auth.test": self._who,
            "chat.postMessage": self._post,
            "chat.update": self._update,
        }
        if method not in methods:
            return _said("unknown_method")
        answer = methods[method](_payload(request))
        named = {"x-oauth-scopes": self.scopes} if self.scopes else {}
        return json_response(200, {"ok": "error" not in answer} | answer, named)

    def _who(self, body: Json) -> Json:
        account = {"team": "Acme", "user": "armor", "url": "https://acme.slack.com/"}
        return account | {"bot_id": self.bot_id}

    def _post(self, body: Json) -> Json:
        if body.get("channel") not in (CHANNEL, NAME, f"#{NAME}"):
            return {"error": "channel_not_found"}
        if not self.is_member:
            return {"error": "not_in_channel"}
        if wrong := slack_blocks.problem(body):
            return {"error": wrong}
        identifier = body.get("client_msg_id", "") if self.heeds_message_ids else ""
        posted = self._by_id.get(identifier) or self._add(body)
        if posted.is_deleted:
            return {"error": "duplicate_message_not_found"}
        if identifier:
            self._by_id[identifier] = posted
        return _told(posted)

    def _add(self, body: Json) -> Posted:
        parent = self._find(body.get("thread_ts", ""))
        ts = f"1764000000.{len(self.messages) + 1:06d}"
        posted = Posted(body, ts, CHANNEL, parent.ts if parent else "")
        self.messages.append(posted)
        return posted

    def _update(self, body: Json) -> Json:
        posted = self._find(body.get("ts", ""))
        if posted is None or body.get("channel") != posted.channel:
            return {"error": "message_not_found"}
        if wrong := slack_blocks.problem(body):
            return {"error": wrong}
        posted.body = body
        posted.changes += 1
        return _told(posted)

    def _find(self, ts: str) -> Posted | None:
        there = (one for one in self.messages if one.ts == ts and not one.is_deleted)
        return next(there, None) if ts else None


def _payload(request: Request) -> Json:
    """The JSON object in the body; empty if it is none, as with `auth.test` of Slack's library."""
    try:
        return request.payload
    except ApiError:
        return {}


def _failed(failure: _Failure, is_hook: bool) -> Response:
    if is_hook:
        status = failure.status or STATUSES.get(failure.error, 400)
        return _text(status, failure.error, failure.headers)
    body = {"ok": False, "error": failure.error} | failure.details
    return json_response(failure.status or 200, body, failure.headers)


def _said(error: str) -> Response:
    return json_response(200, {"ok": False, "error": error})


def _text(status: int, text: str, headers: dict[str, str] | None = None) -> Response:
    return Response(status, text.encode(), {"Content-Type": "text/html"} | (headers or {}))


def _told(posted: Posted) -> Json:
    message = {"type": "message", "ts": posted.ts, "text": posted.body.get("text", "")}
    if posted.thread_ts:
        message["thread_ts"] = posted.thread_ts
    return {"channel": posted.channel, "ts": posted.ts, "message": message}
