"""Who speaks for an alert at a destination: the alert itself, a group, or a storm."""

from collections.abc import Sequence
from uuid import UUID

from alerts import groups, joining, looks, storms
from alerts.joining import Place
from alerts.models import Alert, Rule, Storm


class Speakers:
    """Those of one transaction.

    An alert is part of one summary at most, so that this can end when its members have: where a
    second one would be needed, the first speaks for it as well.
    """

    def __init__(self) -> None:
        self._brake = storms.Brake()
        self._held: dict[UUID, Storm | None] = {}
        self._storms: dict[UUID, Storm] = {}
        self._groups: dict[str, Storm] = {}
        self._places: dict[tuple[UUID, UUID], Place] = {}
        self._noted: set[tuple[UUID, UUID]] = set()
        self._joined: set[UUID] = set()

    def find(
        self, alert: Alert, destination: UUID, named_by: Sequence[Rule]
    ) -> tuple[Rule | None, Storm | None]:
        """The rule that lets the alert's own create through, or else the summary that speaks for
        it, which the alert then joins."""
        part_of = self._part_of(alert)
        if group := self._group(alert, destination, named_by, part_of):
            return None, self._join(group, named_by)
        if passing := self._brake.passing(named_by, destination):
            return passing, None
        storm = part_of or self._storm(named_by[0], alert)
        if self._place(storm, destination) == Place.UNTOLD:
            self._tell(storm, destination, named_by, None)
        return None, self._join(storm, named_by)

    def has_changed(self, alert: Alert) -> None:
        """An alert was judged again: perhaps it is graver now."""
        if alert.part_of_id:
            self._joined.add(alert.part_of_id)

    def write(self) -> None:
        """Has the sweeper look at what was joined."""
        looks.ask(self._joined)
        self._joined.clear()

    def _group(
        self, alert: Alert, destination: UUID, named_by: Sequence[Rule], part_of: Storm | None
    ) -> Storm | None:
        """The group that speaks for the alert, if all of the rules want one; opened if need be. Its
        create passes the storm brake as an alert's own would."""
        if not is_grouped(named_by) or (part_of and not part_of.burst):
            return None
        burst = groups.burst_of(alert)
        group = part_of or self._open_group(burst)
        place = self._place(group, destination) if group else Place.UNTOLD
        if place == Place.TOLD:
            return group
        if place == Place.IN_VAIN:
            return None
        passing = self._brake.passing(named_by, destination)
        if not passing and not part_of:
            return None
        if group is None:
            group = self._groups[burst] = groups.open_group(burst, alert)
        # The next one of this burst is spoken for, too, whether this was held by a brake or not.
        self._tell(group, destination, named_by, passing)
        return group

    def _open_group(self, burst: str) -> Storm | None:
        if burst not in self._groups and (found := groups.current(burst)):
            self._groups[burst] = found
        return self._groups.get(burst)

    def _storm(self, rule: Rule, first: Alert) -> Storm:
        if rule.pk not in self._storms:
            self._storms[rule.pk] = storms.storm_of(rule, first)
        return self._storms[rule.pk]

    def _part_of(self, alert: Alert) -> Storm | None:
        """What the alert has joined before, as long as it is open."""
        pk = alert.part_of_id
        if pk is not None and pk not in self._held:
            found = Storm.objects.select_related("alert", "rule").filter(pk=pk).first()
            self._held[pk] = found if found and joining.hold(found) else None
        return self._held[pk] if pk else None

    def _place(self, storm: Storm, destination: UUID) -> Place:
        key = storm.pk, destination
        if key not in self._places:
            self._places[key] = joining.place_of(storm, destination)
        return self._places[key]

    def _tell(
        self, storm: Storm, destination: UUID, rules: Sequence[Rule], passed_by: Rule | None
    ) -> None:
        joining.tell(storm, destination, rules, passed_by)
        self._places[storm.pk, destination] = Place.TOLD

    def _join(self, storm: Storm, rules: Sequence[Rule]) -> Storm:
        self._held[storm.pk] = storm
        self._joined.add(storm.pk)
        new = [rule for rule in rules if (storm.pk, rule.pk) not in self._noted]
        if new:
            joining.note_rules(storm, new)
            self._noted.update((storm.pk, rule.pk) for rule in new)
        return storm


def is_grouped(rules: Sequence[Rule]) -> bool:
    """Whether alerts that these rules name share an incident: one that does not group is enough."""
    return all(rule.is_grouped for rule in rules)
