"""The statuses, severities, incident types and custom fields of the sandbox's workspace.

They have the traps of a real one: not in rank order, several statuses of one category, negative
ranks, a description of one blank. https://api-docs.incident.io/ ("Incident Statuses V1",
"Severities V1", "Incident Types V1", "Custom Fields V2").
"""

from sandbox.errors import Json

# A status of one of these can no longer change by API: the incident is over.
ENDED = frozenset({"closed", "declined", "merged", "canceled"})
CREATED_AT = "2024-02-06T09:41:12.693Z"


def _status(suffix: str, name: str, category: str, rank: int, description: str) -> Json:
    return _item("01HNYMSTATVS", suffix, name, description, rank=rank, category=category)


def _severity(suffix: str, name: str, rank: int, description: str) -> Json:
    return _item("01HNYMSEVRTY", suffix, name, description, rank=rank)


def _type(suffix: str, name: str, description: str, **traits: object) -> Json:
    defaults = {
        "is_default": False,
        "private_incidents_only": False,
        "create_in_triage": "optional",
    }
    return _item("01HNYM1NCTYP", suffix, name, description, **(defaults | traits))


def _custom_field(suffix: str, name: str, field_type: str, description: str) -> Json:
    return _item("01HNYMCVSTFD", suffix, name, description, field_type=field_type)


def _item(prefix: str, suffix: str, name: str, description: str, **traits: object) -> Json:
    identity = {"id": prefix + suffix.rjust(26 - len(prefix), "0"), "name": name}
    moments = {"created_at": CREATED_AT, "updated_at": CREATED_AT}
    return {**identity, "description": description, **traits, **moments}


STATUSES: tuple[Json, ...] = (
    _status("F1X", "Fixing", "live", 2, "A fix is **being made**."),
    _status("REV", "Reviewing", "learning", 5, "We are talking through what happened."),
    _status("CAN", "Canceled", "canceled", -3, "It was opened by mistake."),
    _status("1NV", "Investigating", "live", 1, "We are finding out what is going on."),
    _status("D0C", "Documenting", "learning", 4, " "),
    _status("TR1", "Triage", "triage", 0, "Somebody must decide whether this is an incident."),
    _status("MRG", "Merged", "merged", -2, "It is the same as another incident."),
    _status("DEC", "Declined", "declined", -1, "It is not an incident."),
    _status("C1S", "Closed", "closed", 6, "All is done."),
    _status("M0N", "Monitoring", "live", 3, "The fix is in; we watch whether it holds."),
    _status("PAS", "Paused", "paused", 7, "We wait for something outside."),
)

# Lower is less severe.
SEVERITIES: tuple[Json, ...] = (
    _severity("MAJ", "Major", 1, "Issues causing **significant impact**."),
    _severity("CR1", "Critical", 2, "Issues causing very high impact to customers."),
    _severity("M1N", "Minor", 0, "Issues with **low impact**."),
)

INCIDENT_TYPES: tuple[Json, ...] = (
    _type("SEC", "Security", "Only for invited people.", private_incidents_only=True),
    _type("DEF", "Default", "", is_default=True),
    _type("TRG", "Data quality", "Looked at before it counts.", create_in_triage="always"),
)

# The list says of no field whether it is required, and of a select not what it offers.
CUSTOM_FIELDS: tuple[Json, ...] = (
    _custom_field("TEAM", "Affected team", "single_select", "Who has to look."),
    _custom_field("ASSET", "Affected asset", "text", "The table or the view."),
    _custom_field("RVNBK", "Runbook", "link", " "),
    _custom_field("SRC", "Data source", "text", "Where the asset is."),
    _custom_field("EVENT", "Kind of event", "text", "What was noticed."),
)

STATUS_BY_ID = {status["id"]: status for status in STATUSES}
SEVERITY_BY_ID = {severity["id"]: severity for severity in SEVERITIES}
TYPE_BY_ID = {kind["id"]: kind for kind in INCIDENT_TYPES}
FIELD_BY_ID = {field["id"]: field for field in CUSTOM_FIELDS}
CATEGORIES = frozenset(status["category"] for status in STATUSES)


def first_status(category: str) -> Json:
    """The status of a category that comes first by rank: the one the workspace starts with."""
    return min(
        (status for status in STATUSES if status["category"] == category),
        key=lambda status: int(status["rank"]),
    )


DEFAULT_TYPE = next(kind for kind in INCIDENT_TYPES if kind["is_default"])
