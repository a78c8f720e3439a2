"""Which change types are breaking here: ours, unless an administrator has decided otherwise."""

from collections.abc import Collection

from django.db import transaction

from alerts.models import BreakingFlag
from alerts.vocabulary import ALL_CHANGE_TYPES, BREAKING, breaking_with


def breaking_here() -> frozenset[str]:
    """One query."""
    return breaking_with(dict(BreakingFlag.objects.values_list("change_type", "is_breaking")))


@transaction.atomic
def decide(breaking: Collection[str]) -> int:
    """From now on these are breaking and all others are not. Keeps only what differs from ours;
    returns how many do."""
    differing = {name for name in ALL_CHANGE_TYPES if (name in breaking) != (name in BREAKING)}
    BreakingFlag.objects.exclude(change_type__in=differing).delete()
    for name in sorted(differing):
        BreakingFlag(change_type=name, is_breaking=name in breaking).save()
    return len(differing)
