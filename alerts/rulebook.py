"""The rules as one transaction sees them, each with the destinations that it names."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from alerts import rows
from alerts.digest_slots import slot_after
from alerts.models import Rule
from destinations.models import Destination

RULES = "SELECT {columns} FROM alerts_rule ORDER BY name"
# The config of those only that want digests: few, and reading it takes time.
DESTINATIONS = """
    SELECT named.rule_id, named.destination_id,
        CASE WHEN CAST(destination.config AS text) LIKE '%"timing": "hourly"%'
            OR CAST(destination.config AS text) LIKE '%"timing": "daily"%'
            THEN destination.config END
    FROM alerts_rule_destinations AS named
    JOIN destinations_destination AS destination ON destination.id = named.destination_id
    WHERE destination.deleted_at IS NULL"""


class Rulebook:
    """Read once, when the first event needs it."""

    def __init__(self) -> None:
        self._rules: list[Rule] | None = None
        self._destinations: dict[UUID, list[UUID]] = {}
        self._configs: dict[UUID, dict[str, Any]] = {}

    def __iter__(self) -> Iterator[Rule]:
        if self._rules is None:
            names = rows.names_of(Rule)
            statement = RULES.format(columns=rows.columns(Rule, names))
            self._rules = rows.read(Rule, names, statement)
            self._read_destinations()
        return iter(self._rules)

    def destinations_of(self, rule: Rule) -> list[UUID]:
        """The ids of the rule's destinations, without deleted ones."""
        return self._destinations.get(rule.pk, [])

    def slot_of(self, destination: UUID) -> datetime | None:
        """When the destination's next digest is due; None if it gets each alert at once."""
        config = self._configs.get(destination)
        return slot_after(config, timezone.now()) if config else None

    def _read_destinations(self) -> None:
        rule_id, destination_id = Rule._meta.pk.to_python, Destination._meta.pk.to_python
        with connection.cursor() as cursor:
            cursor.execute(DESTINATIONS)
            for rule, destination, config in cursor.fetchall():
                named = self._destinations.setdefault(rule_id(rule), [])
                named.append(destination_id(destination))
                if config:
                    self._configs[named[-1]] = json.loads(config)
