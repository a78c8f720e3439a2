"""A stand-in for somebody's webhook receiver: checks signatures itself, and keeps what it got.

The scheme: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

    with Receiver("whsec_…") as receiver:
        receiver.answer(503, times=2)
        ...  # let the code under test post to receiver.url
        assert receiver.deliveries[0].is_authentic
"""

import base64
import hashlib
import hmac
import json
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from sandbox.stand_in import StandIn
from sandbox.wire import Request, Response, json_response

TOLERANCE = 300  # seconds that a clock may be wrong, or a request under way
FOR_EVER = -1
PATH = "/hooks/5f1c9e0a2b7d"


@dataclass(frozen=True)
class Delivery:
    """One request, as it came. `problem` says why it is not authentic; empty if it is."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    status: int
    problem: str

    @property
    def is_authentic(self) -> bool:
        return not self.problem

    @property
    def payload(self) -> Any:
        return json.loads(self.body)

    @property
    def id(self) -> str:
        return self.headers.get("webhook-id", "")


def problem(headers: dict[str, str], body: bytes, secret: str, now: float | None = None) -> str:
    """Why a request (its headers by lower-case names) is not authentic; empty if it is."""
    identifier, moment = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not identifier or not moment.isdecimal():
        return "webhook-id or webhook-timestamp is missing"
    if abs((time.time() if now is None else now) - int(moment)) > TOLERANCE:
        return "the timestamp is too old or too new"
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = f"{identifier}.{moment}.".encode() + body
    expected = base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
    given = headers.get("webhook-signature", "").split(" ")
    if any(hmac.compare_digest(one, f"v1,{expected}") for one in given if one.isascii()):
        return ""
    return "no signature is right" if given != [""] else "it is not signed"


@dataclass
class _Plan:
    """What is answered, how often, and after how long."""

    status: int = 204
    times: int = FOR_EVER
    seconds: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)


class Receiver(StandIn):
    """A running receiver: `with Receiver(secret) as receiver: requests.post(receiver.url, …)`.

    With a `secret` it answers 401 to what is not authentic; without one, everything is.
    """

    def __init__(self, secret: str = "", host: str = "127.0.0.1", port: int = 0) -> None:
        super().__init__(port, host)
        self.secret = secret
        self.deliveries: list[Delivery] = []
        self.url = self.root + PATH
        self._plan = _Plan()
        self._lock = threading.Lock()

    def answer(
        self, status: int, *, times: int = FOR_EVER, seconds: float = 0.0, **headers: str
    ) -> None:
        """From now on, answers this status, so many times, each after `seconds`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with self._lock:
            self._plan = _Plan(status, times, seconds, named)

    def answer_to(self, request: Request) -> Response:
        plan = self._next_plan()
        wrong = problem(request.headers, request.body, self.secret) if self.secret else ""
        status = 401 if wrong else plan.status
        self.deliveries.append(
            Delivery(request.method, request.path, request.headers, request.body, status, wrong)
        )
        self.stopping.wait(plan.seconds)
        if status == 204:
            return Response(204, headers=plan.headers)
        return json_response(status, {"problem": wrong} if wrong else {}, plan.headers)

    def _next_plan(self) -> _Plan:
        with self._lock:
            plan = self._plan
            if plan.times == 0:
                self._plan = plan = _Plan()
            elif plan.times > 0:
                plan.times -= 1
            return plan
