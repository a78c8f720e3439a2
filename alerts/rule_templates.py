"""Rules to start from: what a new rule's page offers, and what a copy begins with. Nothing is saved
before somebody has looked at it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.forms.models import model_to_dict

from alerts.models import ChangeScope, Rule
from alerts.vocabulary import EventType, Severity
from destinations.models import Destination

NAME_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Template:
    """A good use of a rule; `kind` is that of the destination it is meant for."""

    slug: str
    title: str
    text: str
    kind: str
    fields: Mapping[str, Any]


TEMPLATES = (
    Template(
        "column-removed",
        "Column removed or renamed in production",
        "An incident when a column that somebody reads is gone.",
        "incident_io",
        {
            "event_types": [EventType.SCHEMA_CHANGE],
            "change_types": ["column_removed", "column_renamed"],
            "tags": ["prod*"],
            "is_grouped": True,
        },
    ),
    Template(
        "breaking-change",
        "Breaking change",
        "An incident for any schema change that breaks whoever reads the data.",
        "incident_io",
        {
            "event_types": [EventType.SCHEMA_CHANGE],
            "change_scope": ChangeScope.BREAKING,
            "is_grouped": True,
        },
    ),
    Template(
        "critical-freshness",
        "Critical data is late",
        "An incident when a table that people wait for is stale.",
        "incident_io",
        {
            "event_types": [EventType.FRESHNESS_VIOLATION],
            "min_severity": Severity.CRITICAL,
        },
    ),
    Template(
        "everything-critical",
        "Everything critical",
        "An incident for every critical alert, whatever it is about.",
        "incident_io",
        {"min_severity": Severity.CRITICAL},
    ),
    Template(
        "harmless-changes",
        "Harmless schema changes",
        "Columns added and the like, for Slack: good to know, nothing to do.",
        "slack",
        {
            "event_types": [EventType.SCHEMA_CHANGE],
            "change_scope": ChangeScope.NON_BREAKING,
            "is_grouped": True,
        },
    ),
    Template(
        "development",
        "Development and staging, quietly",
        "For Slack, in bursts, at most 20 a day and one an hour for each asset.",
        "slack",
        {
            "data_sources": ["*dev*", "*staging*"],
            "is_grouped": True,
            "cooldown_minutes": 60,
            "daily_limit": 20,
        },
    ),
)


def begin(slug: str) -> dict[str, Any] | None:
    """What the form starts with; None if there is no such template. A destination of its kind is
    chosen if there is one only."""
    template = next((each for each in TEMPLATES if each.slug == slug), None)
    if template is None:
        return None
    fitting = list(Destination.objects.alive().filter(kind=template.kind)[:2])
    chosen = [fitting[0].pk] if len(fitting) == 1 else []
    return {**template.fields, "name": _free_name(template.title), "destinations": chosen}


def copy_of(rule: Rule) -> dict[str, Any]:
    """The same rule under another name, its destinations too."""
    return model_to_dict(rule) | {"name": _free_name(f"Copy of {rule.name}")}


def _free_name(wanted: str) -> str:
    """The name, or with a number behind it if it is taken."""
    taken = set(Rule.objects.filter(name__startswith=wanted[: NAME_LIMIT - 5]).values_list("name"))
    number, name = 1, wanted[:NAME_LIMIT]
    while (name,) in taken:
        number += 1
        name = f"{wanted[: NAME_LIMIT - 5]} {number}"
    return name
