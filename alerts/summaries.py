"""What the summary of a storm or a group says at each destination.

A destination hears of no alert that no rule sends there: the list, the count and the severity are
those of the members that have a create for it.
"""

import copy
import dataclasses
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import Case, Count, Max, Q, QuerySet, Value, When

from alerts.breaking import breaking_here
from alerts.messages import create_message
from alerts.models import Alert, Storm
from alerts.redaction import redactor_for
from alerts.vocabulary import SEVERITY_RANK, Severity
from destinations.messages import Action, Message, shorten

LIST_LIMIT = 40  # members that a summary names
LINE_LIMIT = 110  # characters of each, before its link: so that the list fits into a summary
TITLE_LIMIT = 480  # characters of a title, before the number of the others
RANK = Case(*[When(severity=name, then=Value(rank)) for name, rank in SEVERITY_RANK.items()])
SKIPPED_IN_A_GROUP = "Part of a group: its incident speaks for this alert."


@dataclasses.dataclass(frozen=True, slots=True)
class Sum:
    """How many members there are, how many are open, the gravest severity, and when one came."""

    count: int
    open_count: int
    severity: str
    last_at: datetime | None


def sum_of(members: QuerySet[Alert]) -> Sum:
    found = members.aggregate(
        count=Count("pk"),
        open_count=Count("pk", filter=Q(ended_at=None)),
        rank=Max(RANK),
        last_at=Max("created_at"),
    )
    severity = Severity.values[found.pop("rank") or 0]
    return Sum(severity=severity, **found)


def title_of(storm: Storm, count: int, first_title: str) -> str:
    """One that stands for all members; `first_title` is the first one's own."""
    if not storm.burst:
        return storm_title(storm.rule.name, count) if storm.rule else storm.alert.title
    return group_title(first_title, count)


def storm_title(rule: str, count: int) -> str:
    return f"Storm: {count} more alert{'' if count == 1 else 's'} of the rule {rule}"


def group_title(first_title: str, count: int) -> str:
    """That of the first, as long as it is alone."""
    return f"{shorten(first_title, TITLE_LIMIT)} and {count - 1} more" if count > 1 else first_title


def skip_reason(storm: Storm) -> str:
    """Why the create of a member is not sent."""
    if storm.burst:
        return SKIPPED_IN_A_GROUP
    return (
        f"Storm brake: more than {settings.STORM_LIMIT} alerts of this rule in a minute."
        " A summary speaks for it."
    )


def message_of(storm: Storm, destination: UUID, rule: str, key: str) -> tuple[Message, int]:
    """What a destination is told of the members that it has now, and how much was blanked."""
    told = storm.members.filter(
        deliveries__destination=destination, deliveries__action=Action.CREATE
    )
    members = list(told.order_by("created_at", "id")[:LIST_LIMIT])
    if storm.burst and len(members) == 1:
        # It reads as if it were alone in the world.
        return create_message(members[0], rule, key, breaking_here())
    total = sum_of(told)
    said = copy.copy(storm.alert)
    said.severity = total.severity
    said.title = "" if storm.burst else title_of(storm, total.count, "")
    message, blanked = create_message(said, rule, key)
    first, lines, blanked_in_lines = _listed(members)
    if storm.burst:
        message = dataclasses.replace(message, title=group_title(first, total.count))
    if total.count > len(lines):
        lines.append(f"… and {total.count - len(lines)} more: {message.link}")
    text = "\n".join([message.description, "", *lines])
    return dataclasses.replace(message, description=text), blanked + blanked_in_lines


def _listed(members: Sequence[Alert]) -> tuple[str, list[str], int]:
    """The first one's title, a line for each, and how much was blanked."""
    titles, lines, blanked = [], [], 0
    for member in members:
        redactor = redactor_for(member)
        title, asset = redactor.text(member.title), redactor.name(member.asset_name)
        text = title if asset in title else f"{title} · {asset}"
        ended = "" if member.is_open else f" ({member.state})"
        link = settings.PUBLIC_URL + member.get_absolute_url()
        titles.append(title)
        lines.append(f"- {shorten(text, LINE_LIMIT)}{ended} {link}")
        blanked += redactor.count
    return next(iter(titles), ""), lines, blanked
