"""Fields that the forms of rules and of quiet times share."""

from collections.abc import Mapping
from decimal import Decimal
from fnmatch import translate
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from alerts.lateness import in_words

LINES_LIMIT = 200
LINE_LIMIT = 500  # characters
UNITS = {"minutes": 1, "hours": 60, "days": 24 * 60}
# What `fnmatch` makes of brackets that take no character, such as [z-a].
NOTHING = "(?!)"


class CheckboxGroups(forms.CheckboxSelectMultiple):
    """Check boxes, under the headings of their groups if the choices have groups."""

    template_name = "alerts/rule_checkboxes.html"


class RadioButtons(forms.RadioSelect):
    """Radio buttons that look like the check boxes beside them."""

    template_name = "alerts/rule_checkboxes.html"


def is_on(form: forms.ModelForm[Any]) -> bool:
    """For `clean_is_active`: a new row is on unless it was switched off; a box left out says
    nothing."""
    left_out = form.add_prefix("is_active") not in form.data
    return bool((left_out and form.instance._state.adding) or form.cleaned_data["is_active"])


class LinesField(forms.CharField):
    """Several values, one a line; empty lines and repetitions are dropped."""

    def __init__(self, *, label: str, help_text: str = "") -> None:
        widget = forms.Textarea(attrs={"rows": 2, "spellcheck": "false"})
        super().__init__(
            required=False, widget=widget, label=label, help_text=help_text, strip=False
        )

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        text = "\n".join(value) if isinstance(value, list) else str(super().clean(value))
        lines = [
            (number, line.strip())
            for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1)
        ]
        for number, line in lines:
            if objection := self.objection(line):
                raise ValidationError(f"Line {number} {objection}")
        values = list(dict.fromkeys(line for _, line in lines if line))
        if len(values) > LINES_LIMIT:
            first = next(number for number, line in lines if line == values[LINES_LIMIT])
            raise ValidationError(f"At most {LINES_LIMIT} lines: line {first} is one too many.")
        return values

    def objection(self, line: str) -> str:
        """What is wrong with a line, as the rest of a sentence that begins with its number."""
        if len(line) > LINE_LIMIT:
            return f"has more than {LINE_LIMIT} characters."
        return "" if line.isprintable() else "has a character that cannot be seen. Type it anew."


class PatternsField(LinesField):
    """Glob patterns (alerts/patterns.py), one a line."""

    def objection(self, line: str) -> str:
        return super().objection(line) or _objection_to_brackets(line.lower())


def _objection_to_brackets(pattern: str) -> str:
    rest = pattern
    while "[" in rest:
        inside = rest[rest.index("[") + 1 :]
        if inside.startswith(("]", "!]")) and "]" not in inside.removeprefix("!")[1:]:
            return "has empty brackets. Put the characters that may stand there into them: [abc]."
        end = inside.find("]", 2 if inside.startswith("!") else 1)
        if end < 0:
            return "has a [ without its ]. For the character itself write [[]."
        rest = inside[end + 1 :]
    if "[" in pattern and NOTHING in translate(pattern):
        return "has brackets that nothing fits. Write a range from low to high: [a-z]."
    return ""


class DurationInput(forms.NumberInput):
    """A number, and the unit it is in."""

    template_name = "alerts/rule_duration.html"

    def __init__(self, label: str) -> None:
        super().__init__(attrs={"min": 0, "step": "any", "inputmode": "decimal"})
        self.label = label

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        amount, unit = value or ("", "hours")
        context = super().get_context(name, amount, attrs)
        return context | {"units": list(UNITS), "unit": unit, "label": self.label}

    def format_value(self, value: Any) -> Any:
        return value

    def value_from_datadict(
        self, data: Mapping[str, Any], files: Any, name: str
    ) -> tuple[Any, Any] | None:
        """Without a unit it is in minutes, as it is stored."""
        amount = data.get(name)
        return None if amount is None else (amount, data.get(f"{name}_unit", "minutes"))


class DurationField(forms.Field):
    """A time in whole minutes, written in the unit that people like."""

    def __init__(self, *, label: str, longest: int, help_text: str = "") -> None:
        super().__init__(
            required=False, label=label, help_text=help_text, widget=DurationInput(label)
        )
        self.longest = longest

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, int):
            return value
        unit = next(unit for unit in reversed(UNITS) if value % UNITS[unit] == 0)
        return value // UNITS[unit], unit

    def to_python(self, value: Any) -> int | None:
        amount, unit = value if isinstance(value, tuple) else (value, "minutes")
        if amount in self.empty_values or not str(amount).strip():
            return None
        try:
            minutes = Decimal(str(amount).strip()) * UNITS[str(unit)]
            # A whole number as great as 1e9999 would take long to make.
            return round(max(Decimal(0), min(minutes, Decimal(self.longest + 1))))
        except (ArithmeticError, ValueError, KeyError):
            raise ValidationError("Enter a number and its unit.") from None

    def validate(self, value: int | None) -> None:
        if value is not None and value < 1:
            raise ValidationError("Enter at least a minute, or leave it empty.")
        if value is not None and value > self.longest:
            raise ValidationError(f"Enter at most {in_words(self.longest)}.")


class CountField(forms.IntegerField):
    """A whole number from `least` to `most`, or nothing."""

    def __init__(self, *, label: str, least: int = 1, most: int, help_text: str = "") -> None:
        super().__init__(
            required=False,
            label=label,
            help_text=help_text,
            min_value=least,
            max_value=most,
            error_messages={
                "invalid": "Enter a whole number.",
                "min_value": f"Enter {least} or more, or leave it empty.",
                "max_value": f"Enter at most {most:,}.",
            },
        )
