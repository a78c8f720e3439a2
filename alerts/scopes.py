"""Where an alert comes from, against patterns: what rules and blackouts have in common. Pure."""

from collections.abc import Iterator, Sequence

from alerts.facts import Facts
from alerts.models import Alert, Blackout, Rule, TagMode
from alerts.patterns import Patterns
from alerts.wording import all_of, any_of, clipped, of_some

LABELS = {"data_source": "Data source", "schema": "Schema", "asset": "Asset"}


class Scope:
    """One pattern of each list that is not empty must fit, and none that excludes."""

    def __init__(self, owner: Rule | Blackout) -> None:
        self._whose = "the rule" if isinstance(owner, Rule) else "the blackout"
        self._wanted = _not_empty([owner.data_sources, owner.schemas, owner.assets])
        self._excluded = _not_empty(
            [owner.exclude_data_sources, owner.exclude_schemas, owner.exclude_assets]
            if isinstance(owner, Rule)
            else []
        )
        self._tags = Patterns(owner.tags)
        needs_all = isinstance(owner, Rule) and owner.tag_mode == TagMode.ALL
        self._each_tag = [Patterns([tag]) for tag in owner.tags] if needs_all else []

    def __bool__(self) -> bool:
        """Whether it leaves anything out."""
        return bool(self._wanted or self._excluded or self._tags)

    def objections(self, facts: Facts) -> Iterator[str]:
        """Why the alert is out of the scope, in sentences; nothing if it is in it."""
        for key, patterns in self._wanted:
            if not patterns.fits_any(facts.lowered[key]):
                wanted = any_of(patterns.lines)
                yield f"{_what_is_given(facts.alert, key)}; {self._whose} wants {wanted}."
        if self._tags:
            yield from self._tag_objections(facts)
        for key, patterns in self._excluded:
            if patterns.fits_any(facts.lowered[key]):
                pattern = clipped(patterns.that_fits(facts.lowered[key]))
                yield f"{_what_is_given(facts.alert, key)}; {self._whose} excludes {pattern}."

    def has(self, facts: Facts) -> bool:
        return next(self.objections(facts), None) is None

    def in_words(self) -> str:
        """What it is narrowed to; empty if it is everything."""
        parts = [
            f"{LABELS[key].lower()} {any_of(patterns.lines)}" for key, patterns in self._wanted
        ]
        return ", ".join([*parts, f"tag {any_of(self._tags.lines)}"] if self._tags else parts)

    def _tag_objections(self, facts: Facts) -> Iterator[str]:
        tags, wanted = facts.lowered["tags"], self._tags.lines
        if missing := [each.lines[0] for each in self._each_tag if not each.fits_any(tags)]:
            lacks = f"; {clipped(missing[0])} is missing" if len(wanted) > 1 else ""
            yield f"{_tags_given(facts)}; {self._whose} wants {all_of(wanted)}{lacks}."
        elif self._tags and not self._each_tag and not self._tags.fits_any(tags):
            yield f"{_tags_given(facts)}; {self._whose} wants {any_of(wanted)}."


def _not_empty(lists: Sequence[list[str]]) -> list[tuple[str, Patterns]]:
    return [(key, Patterns(lines)) for key, lines in zip(LABELS, lists, strict=False) if lines]


def _what_is_given(alert: Alert, key: str) -> str:
    """`Asset is shop.public.orders (ID a-17)`, `Schema is not given`."""
    value = alert.asset_name if key == "asset" else getattr(alert, key)
    has_both = key == "asset" and alert.asset and alert.asset_id
    also = f" (ID {clipped(alert.asset_id)})" if has_both else ""
    return f"{LABELS[key]} is {clipped(value) or 'not given'}{also}"


def _tags_given(facts: Facts) -> str:
    return of_some("Tag", "Tags", facts.names["tags"])
