"""Where an alert comes from, against patterns: what rules and blackouts have in common. Pure."""

from collections.abc import Iterator, Sequence

from alerts.facts import Facts
from alerts.models import Blackout, Rule, TagMode
from alerts.patterns import Patterns
from alerts.wording import any_of, listed

LABELS = {"data_source": "Data source", "schema": "Schema", "asset": "Asset"}


class Scope:
    """One pattern of each list that is not empty must fit, and none that excludes."""

    def __init__(self, owner: Rule | Blackout) -> None:
        self._wanted = _not_empty([owner.data_sources, owner.schemas, owner.assets])
        self._excluded = _not_empty(
            [owner.exclude_data_sources, owner.exclude_schemas, owner.exclude_assets]
            if isinstance(owner, Rule)
            else []
        )
        self._tags = Patterns(owner.tags)
        needs_all = isinstance(owner, Rule) and owner.tag_mode == TagMode.ALL
        self._each_tag = [Patterns([tag]) for tag in owner.tags] if needs_all else []

    def objections(self, facts: Facts) -> Iterator[str]:
        """Why the alert is out of the scope, in sentences; nothing if it is in it."""
        for key, patterns in self._wanted:
            if not patterns.fits_any(facts.lowered[key]):
                wanted = any_of(patterns.lines)
                yield f"{LABELS[key]} is {_given(facts, key)}; the rule wants {wanted}."
        yield from self._tag_objections(facts)
        for key, patterns in self._excluded:
            if patterns.fits_any(facts.lowered[key]):
                pattern = patterns.that_fits(facts.lowered[key])
                yield f"{LABELS[key]} is {_given(facts, key)}; the rule excludes {pattern}."

    def has(self, facts: Facts) -> bool:
        return next(self.objections(facts), None) is None

    def _tag_objections(self, facts: Facts) -> Iterator[str]:
        tags = facts.lowered["tags"]
        if missing := [each.lines[0] for each in self._each_tag if not each.fits_any(tags)]:
            given, wanted = _given(facts, "tags"), " and ".join(self._tags.lines)
            yield f"Tags are {given}; the rule wants {wanted}: {missing[0]} is missing."
        elif self._tags and not self._each_tag and not self._tags.fits_any(tags):
            wanted = any_of(self._tags.lines)
            yield f"Tag is {_given(facts, 'tags')}; the rule wants {wanted}."


def _not_empty(lists: Sequence[list[str]]) -> list[tuple[str, Patterns]]:
    return [(key, Patterns(lines)) for key, lines in zip(LABELS, lists, strict=False) if lines]


def _given(facts: Facts, key: str) -> str:
    return listed(facts.names[key]) or "not given"
