"""A rule as its form stands, also if the form is only half filled. Nothing is saved."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.forms import ModelForm

from alerts.models import Rule

# What a preview does not ask for.
UNASKED = frozenset({"name", "description", "destinations"})


@dataclass(frozen=True, slots=True)
class Draft:
    """`ignored` are the labels of fields with a mistake: their conditions are left out. The rule
    counts as on, and so does the saved one; whether it `is_active` is told apart."""

    rule: Rule
    is_active: bool
    saved: Rule | None
    destinations: int | None  # None: they are wrong
    ignored: Sequence[str]


def draft_of(form: ModelForm[Rule]) -> Draft:
    """From a bound form, of a new rule or of one that is saved."""
    errors = form.errors  # cleans the form, which writes what is valid to its instance
    names = {field.name for field in Rule._meta.concrete_fields} - {"id"}
    saved = (
        None if form.instance._state.adding else Rule.objects.filter(pk=form.instance.pk).first()
    )
    values = {name: value for name, value in form.cleaned_data.items() if name in names - UNASKED}
    rule = Rule(**values | {"is_active": True})
    if saved:
        saved.is_active = True
        rule.pk, rule._state.adding = saved.pk, False
    chosen = form.cleaned_data.get("destinations")
    return Draft(
        rule=rule,
        is_active=bool(values.get("is_active", True)),
        saved=saved,
        destinations=None if chosen is None else len(chosen),
        ignored=[str(form[name].label) for name in errors if name in form.fields.keys() - UNASKED],
    )
