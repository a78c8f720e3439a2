"""What a bot says: calls of the Web API, which tells of failures with 200."""

import uuid
from collections.abc import Set

from destinations.http import Answer, Door
from destinations.vendors.slack import answers
from destinations.vendors.slack.blocks import PLAIN, Json

Said = tuple[Answer, Json]


class Bot:
    """The owner of a token, at the API of the given address."""

    def __init__(self, door: Door, address: str, token: str) -> None:
        self._door = door
        self._address = address
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json; charset=utf-8",
        }

    def who(self) -> Said:
        """The account, and in a header what the token may do. Changes nothing."""
        return self._call("auth.test", {})

    def post(self, channel: str, body: Json, key: str) -> str:
        """Posts a message and returns its id, "channel:ts"."""
        answer, data = self._call("chat.postMessage", _outgoing(channel, body, key))
        return ":".join(answers.posted(answer, data))

    def change(self, channel: str, moment: str, body: Json) -> str:
        """Changes a message. Returns why it could not be, if there is nothing to be done."""
        body = {"channel": channel, "ts": moment, "parse": "none"} | body
        return self._attempt("chat.update", body, answers.UNCHANGEABLE)

    def reply(self, channel: str, moment: str, body: Json, key: str) -> str:
        """Posts into the thread of a message. Returns why not, if there can be no replies."""
        body = _outgoing(channel, body, key) | {"thread_ts": moment}
        return self._attempt("chat.postMessage", body, answers.UNANSWERABLE)

    def _attempt(self, method: str, body: Json, forgiven: Set[str]) -> str:
        answer, data = self._ask(method, body)
        said = answers.code(data)
        if said and said not in forgiven:
            raise answers.refusal(answer, data)
        if not said:
            answers.posted(answer, data)
        return said

    def _call(self, method: str, body: Json) -> Said:
        answer, data = self._ask(method, body)
        if answers.code(data):
            raise answers.refusal(answer, data)
        return answer, data

    def _ask(self, method: str, body: Json) -> Said:
        url = f"{self._address}/{method}"
        answer = self._door.request("POST", url, headers=self._headers, body=body, is_trusted=True)
        return answer, answers.of_api(answer)


def _outgoing(channel: str, body: Json, key: str) -> Json:
    # It is to be a UUID. One that was used in another channel would find a message there.
    identifier = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{key} {channel}"))
    return {"channel": channel} | body | PLAIN | {"client_msg_id": identifier}
