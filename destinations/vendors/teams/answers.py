"""What a workflow answers, and what the connectors that it replaces answered.

A workflow says 202 and nothing as soon as it has started, and a refusal as `error.code` and
`error.message`. A connector said "1" if all was well; what went wrong it said with 200, too, in a
sentence: https://github.com/MicrosoftDocs/msteams-docs/issues/7425.
"""

import re
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from destinations.errors import DestinationError, MalformedAnswer, NeedsAttention, Rejected
from destinations.http import Answer

FAILED = re.compile(r"delivery failed", re.IGNORECASE)
STATUS_WITHIN = re.compile(r"HTTP error ([45]\d\d)\b")
# Of workflows that are turned off or gone, or that take no calls from outside.
FOR_A_PERSON = re.compile(r"NotEnabled|Disabled|Suspended|NotFound|Authori[sz]ation")
NEW_LINK = (
    "In Teams, open the channel's Workflows, see that this one is there and turned on, and copy its"
    " webhook link again. Microsoft moves workflows to new addresses at times."
)
ADVICE = {
    401: f"{NEW_LINK} It must let anyone trigger it, and the link must have sig= in it.",
    403: f"{NEW_LINK} It must let anyone trigger it, and the link must have sig= in it.",
    404: NEW_LINK,
    410: NEW_LINK,
}
GONE = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}


def read(answer: Answer) -> None:
    """Content if the message was taken. Raises otherwise."""
    if not answer.is_success:
        raise _refusal(answer, _code(answer))
    said = answer.content.decode("utf-8", "replace")
    if not FAILED.search(said):
        return
    if within := STATUS_WITHIN.search(said):
        inner = replace(answer, status_code=int(within[1]))
        raise _refusal(inner, f"told by Teams within HTTP {answer.status_code}")
    raise MalformedAnswer(
        f"HTTP {answer.status_code}, but the answer says that the delivery failed.",
        status_code=answer.status_code,
    )


def _refusal(answer: Answer, detail: str) -> DestinationError:
    advice = ADVICE.get(answer.status_code, "")
    error = answer.error(detail=detail, advice=advice)
    is_for_a_person = answer.status_code in GONE or FOR_A_PERSON.search(detail.partition(":")[0])
    if type(error) is Rejected and is_for_a_person:
        return NeedsAttention(str(error), advice=advice or NEW_LINK, status_code=error.status_code)
    return error


def _code(answer: Answer) -> str:
    """`WorkflowTriggerIsNotEnabled: …`; empty if the answer is of another form."""
    try:
        error: Any = answer.json().get("error")
    except MalformedAnswer:
        return ""
    texts = [error.get(name) for name in ("code", "message")] if isinstance(error, dict) else []
    return ": ".join(text for text in texts if isinstance(text, str) and text)
