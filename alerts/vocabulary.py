"""The words for what happened: event types, severities, schema changes, and their aliases."""

from collections.abc import Collection, Mapping

from django.db import models


class EventType(models.TextChoices):
    SCHEMA_CHANGE = "schema_change", "Schema change"
    FRESHNESS_VIOLATION = "freshness_violation", "Freshness violation"
    METRIC_ANOMALY = "metric_anomaly", "Metric anomaly"
    VALIDITY_FAILURE = "validity_failure", "Validity failure"
    DISCOVERY_FAILED = "discovery_failed", "Discovery failed"
    ASSET_REMOVED = "asset_removed", "Asset removed"
    NEW_ASSET = "new_asset", "New asset"
    CUSTOM = "custom", "Custom"


class Severity(models.TextChoices):
    """From mild to grave; the order counts."""

    INFO = "info", "Info"
    WARNING = "warning", "Warning"
    CRITICAL = "critical", "Critical"


SEVERITY_RANK = {severity: rank for rank, severity in enumerate(Severity.values)}

# The names that AnomalyArmor's API, SDK and pages have used for the same things.
EVENT_TYPE_ALIASES = {
    "schema_drift": EventType.SCHEMA_CHANGE,
    "schema_change_detected": EventType.SCHEMA_CHANGE,
    "freshness": EventType.FRESHNESS_VIOLATION,
    "freshness_stale": EventType.FRESHNESS_VIOLATION,
    "freshness_alert": EventType.FRESHNESS_VIOLATION,
    "row_count": EventType.METRIC_ANOMALY,
    "anomaly": EventType.METRIC_ANOMALY,
    "custom_sql": EventType.VALIDITY_FAILURE,
    "validity": EventType.VALIDITY_FAILURE,
    "freshness_violation_detected": EventType.FRESHNESS_VIOLATION,
    "metric_anomaly_detected": EventType.METRIC_ANOMALY,
    "connection_failed": EventType.DISCOVERY_FAILED,
    # A discovery that went well reports what it has found.
    "discovery_complete": EventType.NEW_ASSET,
    "new_asset_discovered": EventType.NEW_ASSET,
    "asset_added": EventType.NEW_ASSET,
    "asset_deleted": EventType.ASSET_REMOVED,
}

# Category -> change types; those that break whoever reads the data are in BREAKING.
CHANGE_TYPES = {
    "Column": (
        "column_added",
        "column_removed",
        "column_renamed",
        "column_type_changed",
        "column_nullability_tightened",
        "column_nullability_relaxed",
        "column_default_changed",
        "column_position_changed",
        "column_comment_changed",
    ),
    "Table": (
        "table_added",
        "table_removed",
        "table_renamed",
        "view_added",
        "view_removed",
        "view_definition_changed",
        "table_kind_changed",
        "table_comment_changed",
    ),
    "Schema & Catalog": ("schema_added", "schema_removed", "catalog_added", "catalog_removed"),
    "Index": ("index_added", "index_removed", "index_changed"),
    "Constraint": (
        "unique_added",
        "unique_removed",
        "check_added",
        "check_removed",
        "check_changed",
    ),
    "Foreign Key": ("foreign_key_added", "foreign_key_removed", "foreign_key_changed"),
    "Primary Key": ("primary_key_added", "primary_key_removed", "primary_key_changed"),
}
ALL_CHANGE_TYPES = frozenset(name for names in CHANGE_TYPES.values() for name in names)
BREAKING = frozenset(
    {
        "column_removed",
        "column_renamed",
        "column_type_changed",
        "column_nullability_tightened",
        "table_removed",
        "table_renamed",
        "view_removed",
        "table_kind_changed",
        "schema_removed",
        "catalog_removed",
        "unique_added",
        "check_added",
        "foreign_key_added",
        "foreign_key_removed",
        "foreign_key_changed",
        "primary_key_removed",
        "primary_key_changed",
    }
)
CHANGE_TYPE_ALIASES = {
    "column_dropped": "column_removed",
    "column_deleted": "column_removed",
    "type_changed": "column_type_changed",
    "table_dropped": "table_removed",
    "table_deleted": "table_removed",
    "view_dropped": "view_removed",
    "view_deleted": "view_removed",
    "schema_dropped": "schema_removed",
    "schema_deleted": "schema_removed",
    "primary_key_dropped": "primary_key_removed",
    "foreign_key_dropped": "foreign_key_removed",
    "index_dropped": "index_removed",
}


def breaking_with(flags: Mapping[str, bool]) -> frozenset[str]:
    """The breaking change types, where an admin's own flags count more than ours."""
    if not flags:
        return BREAKING
    ours = {name for name in BREAKING if flags.get(name, True)}
    return frozenset(ours | {name for name, is_breaking in flags.items() if is_breaking})


def event_type(name: str) -> EventType:
    """The event type for a name or an alias of it, in any case. Raises ValueError."""
    word = _normal(name)
    return EVENT_TYPE_ALIASES.get(word) or EventType(word)


def change_type(name: str) -> str:
    """The change type for a name or an alias of it, in any case. Raises ValueError."""
    word = _normal(name)
    word = CHANGE_TYPE_ALIASES.get(word, word)
    if word not in ALL_CHANGE_TYPES:
        raise ValueError(f"{name!r} is not a known change type")
    return word


def change_type_choices(
    breaking: Collection[str] = BREAKING,
) -> list[tuple[str, list[tuple[str, str]]]]:
    """Choices for a form field, grouped by category, the breaking ones marked."""
    return [
        (group, [(name, change_label(name, breaking)) for name in names])
        for group, names in CHANGE_TYPES.items()
    ]


def change_label(name: str, breaking: Collection[str] = BREAKING) -> str:
    """`column_removed` as people read it: "Column removed (breaking)"."""
    return change_name(name) + (" (breaking)" if name in breaking else "")


def change_name(name: str) -> str:
    """`column_removed` as "Column removed"."""
    return name.replace("_", " ").capitalize()


def _normal(name: str) -> str:
    return name.strip().lower().replace("-", "_").replace(" ", "_")
