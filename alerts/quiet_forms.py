"""The forms of operating schedules and blackouts."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.forms.formsets import BaseFormSet
from django.utils import timezone

from alerts.form_fields import CheckboxGroups, PatternsField, RadioButtons, is_on
from alerts.models import Blackout, Schedule
from alerts.quiet_fields import ClockField, DayField, ZoneField
from alerts.quiet_words import DAYS
from alerts.zones import moment_of, zone_of

ROWS_LIMIT = 20
SPARE_ROWS = 2
A_WEEK = [{"days": [1, 2, 3, 4, 5], "start": "08:00", "end": "18:00"}]
NO_WINDOW = "Enter at least one window with days and times: without any it would never open."
EMPTY = "Empty: everything."
NAME_TAKEN = "There is already an operating schedule with this name."


class WindowForm(forms.Form):
    """One row of a schedule. One that is left empty is no window."""

    days = forms.TypedMultipleChoiceField(
        label="Days",
        coerce=int,
        required=False,
        choices=[(number, name) for number, name in enumerate(DAYS, start=1)],
        widget=CheckboxGroups,
    )
    start = ClockField("From", required=False)
    end = ClockField("To", required=False)

    def clean(self) -> None:
        days, start, end = (self.cleaned_data.get(name) for name in ("days", "start", "end"))
        if self.errors or (not days and start is None and end is None):
            return
        if not days:
            self.add_error("days", "Choose at least one day, or take the times away.")
        for name, at in (("start", start), ("end", end)):
            if at is None:
                self.add_error(name, "Enter a time; or leave the whole row empty.")
        if start is not None and start == end and (start.hour or start.minute):
            self.add_error(
                "end", "From and to are the same. For the whole day, enter 00:00 and 00:00."
            )

    @property
    def window(self) -> dict[str, Any] | None:
        """As a schedule stores it; None if the row is empty."""
        values = self.cleaned_data
        if not values.get("days"):
            return None
        start, end = values["start"], values["end"]
        return {"days": sorted(values["days"]), "start": f"{start:%H:%M}", "end": f"{end:%H:%M}"}


class ScheduleForm(forms.ModelForm[Schedule]):
    """A name, a zone, and rows of windows."""

    zone = ZoneField()

    class Meta:
        model = Schedule
        fields = ["name", "zone"]
        error_messages = {
            "name": {
                "unique": NAME_TAKEN,
                "required": "Enter a name.",
            }
        }

    def __init__(self, data: Mapping[str, Any] | None = None, *, instance: Schedule) -> None:
        super().__init__(data, instance=instance, label_suffix="")
        self.rows = self._rows(data, instance.windows or A_WEEK)

    def _rows(
        self, data: Mapping[str, Any] | None, windows: list[dict[str, Any]]
    ) -> BaseFormSet[WindowForm]:
        row_set = forms.formset_factory(
            WindowForm, extra=SPARE_ROWS, max_num=ROWS_LIMIT, absolute_max=ROWS_LIMIT
        )
        return row_set(
            data,
            initial=windows if data is None else None,
            prefix="windows",
            form_kwargs={"label_suffix": ""},
            error_messages={"missing_management_form": NO_WINDOW},
        )

    @property
    def parts(self) -> list[forms.BaseForm]:
        """This one and those of its rows."""
        return [self, *self.rows.forms]

    def is_valid(self) -> bool:
        return all([super().is_valid(), self.rows.is_valid()])

    def clean(self) -> None:
        super().clean()
        if self.rows.is_valid() and not self._windows():
            self.add_error(None, NO_WINDOW)
        for sentence in self.rows.non_form_errors():
            self.add_error(None, sentence)

    def save(self, commit: bool = True) -> Schedule:
        self.instance.windows = self._windows()
        return super().save(commit)

    def _windows(self) -> list[dict[str, Any]]:
        return [row.window for row in self.rows.forms if row.window]


LONGEST = {
    Blackout.Recurrence.WEEKLY: (
        timedelta(days=7),
        "It comes every week, so it must be shorter than 7 days: it would never end.",
    ),
    Blackout.Recurrence.YEARLY: (
        timedelta(days=365),
        "It comes every year, so it must be shorter than 365 days: it would never end.",
    ),
}


class BlackoutForm(forms.ModelForm[Blackout]):
    """When nothing is sent, and of what: with no pattern, of everything."""

    zone = ZoneField()
    start_date = DayField("First day")
    start_time = ClockField("From")
    end_date = DayField("Last day")
    end_time = ClockField("To")
    data_sources = PatternsField(label="Data sources", help_text=f"For example prod-*. {EMPTY}")
    schemas = PatternsField(label="Schemas", help_text=f"For example public. {EMPTY}")
    assets = PatternsField(label="Assets", help_text=f"For example orders*. {EMPTY}")
    tags = PatternsField(label="Tags", help_text=f"For example finance. {EMPTY}")

    class Meta:
        model = Blackout
        fields = [
            "name",
            "is_active",
            "recurrence",
            "zone",
            "start_date",
            "start_time",
            "end_date",
            "end_time",
            "data_sources",
            "schemas",
            "assets",
            "tags",
        ]
        labels = {"is_active": "On", "recurrence": "How often"}
        help_texts = {"is_active": "One that is off keeps its settings and holds nothing back."}
        widgets = {"recurrence": RadioButtons}
        error_messages = {"name": {"required": "Enter a name."}}

    def __init__(self, data: Mapping[str, Any] | None = None, *, instance: Blackout) -> None:
        super().__init__(data, instance=instance, label_suffix="")
        self.fields["recurrence"].required = False

    def clean_is_active(self) -> bool:
        return is_on(self)

    def clean_recurrence(self) -> str:
        return self.cleaned_data["recurrence"] or Blackout.Recurrence.ONCE

    def clean(self) -> None:
        super().clean()
        values = self.cleaned_data
        needed = {"zone", "recurrence", "start_date", "start_time", "end_date", "end_time"}
        if needed <= values.keys():
            start = datetime.combine(values["start_date"], values["start_time"])
            end = datetime.combine(values["end_date"], values["end_time"])
            self._check_times(start, end)

    def _check_times(self, start: datetime, end: datetime) -> None:
        """At most one sentence, beside the field in which it is put right."""
        recurrence, zone = self.cleaned_data["recurrence"], self.cleaned_data["zone"]
        longest = LONGEST.get(recurrence)
        begins, ends = (moment_of(each, zone_of(zone)) for each in (start, end))
        if end.date() < start.date():
            self.add_error("end_date", "It ends before it begins. Choose a later day.")
        elif end <= start:
            self.add_error("end_time", "It ends before it begins. Choose a later time or day.")
        elif longest and end - start >= longest[0]:
            self.add_error("end_date", longest[1])
        elif recurrence == Blackout.Recurrence.ONCE and begins == ends:
            self.add_error("end_time", f"The clocks of {zone} skip this time. Choose another.")
        elif self._is_late(recurrence) and ends <= timezone.now():
            self.add_error("end_date", "It is over already. Choose an end that is still to come.")

    def _is_late(self, recurrence: str) -> bool:
        """Whether an end in the past is wrong. One that is there already may have been ended."""
        return recurrence == Blackout.Recurrence.ONCE and self.instance._state.adding
