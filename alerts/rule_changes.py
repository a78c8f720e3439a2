"""Changes of rules: what they held back, or waited for, is looked at again."""

from collections.abc import Callable

from alerts.models import Rule
from alerts.turns import in_turn


def save(rule: Rule, write: Callable[[], object]) -> None:
    """Saves a new or changed rule, as `write` does it."""

    def work() -> None:
        write()
        rule.matches.look_again()

    in_turn(work)


def switch(rule: Rule, *, is_active: bool) -> None:
    """Turns the rule on or off."""
    rule.is_active = is_active
    save(rule, lambda: rule.save(update_fields=["is_active", "updated_at"]))


def delete(rule: Rule) -> None:
    """What the rule said of past alerts stays with them."""

    def work() -> None:
        # Locked first: who has just judged by it commits before, or judges anew.
        held = Rule.objects.select_for_update().filter(pk=rule.pk).first()
        if held:
            held.matches.look_again()
            held.delete()

    in_turn(work)
