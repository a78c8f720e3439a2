"""Fields of quiet times: a zone, a time of day, a day."""

from datetime import date
from typing import Any

from django import forms

from alerts.zones import zone_names

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)


class ZoneField(forms.CharField):
    """The IANA name of a time zone that this host knows, however it is spelled in capitals."""

    def __init__(self) -> None:
        super().__init__(
            label="Time zone",
            max_length=64,
            initial="UTC",
            help_text="Such as Europe/Berlin. The hours are those that its clocks show.",
            error_messages={"required": "Choose a time zone."},
            widget=forms.TextInput(
                attrs={"list": "zones", "autocomplete": "off", "spellcheck": "false"}
            ),
        )

    def clean(self, value: Any) -> str:
        name = str(super().clean(value))
        known = {each.lower(): each for each in zone_names()}
        if found := known.get(name.lower()):
            return found
        raise forms.ValidationError(
            f"There is no zone {name}. Choose one from the list, such as Europe/Berlin."
        )


class ClockField(forms.TimeField):
    """A time of day, as the browser's own picker writes it."""

    def __init__(self, label: str, *, required: bool = True) -> None:
        super().__init__(
            label=label,
            required=required,
            input_formats=["%H:%M"],
            error_messages={
                "invalid": "Enter a time such as 08:00.",
                "required": "Enter a time.",
            },
            widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        )


class DayField(forms.DateField):
    """A day, as the browser's own picker writes it."""

    def __init__(self, label: str) -> None:
        super().__init__(
            label=label,
            input_formats=["%Y-%m-%d"],
            error_messages={
                "invalid": "Enter a date such as 2026-11-27.",
                "required": "Enter a date.",
            },
            widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        )

    def validate(self, value: date | None) -> None:
        super().validate(value)
        if value and not FIRST_DAY <= value <= LAST_DAY:
            raise forms.ValidationError(f"Enter a year from {FIRST_DAY.year} to {LAST_DAY.year}.")
