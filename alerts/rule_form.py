"""The form of a rule."""

from collections.abc import Mapping
from typing import Any, ClassVar, cast

from django import forms
from django.forms.utils import ErrorDict
from django.http import QueryDict

from alerts import rule_checks
from alerts.breaking import breaking_here
from alerts.form_fields import (
    CheckboxGroups,
    CountField,
    DurationField,
    LinesField,
    PatternsField,
    RadioButtons,
    is_on,
)
from alerts.models import ChangeScope, Rule, Schedule, TagMode
from alerts.vocabulary import EventType, Severity, change_type_choices
from destinations.models import Destination

DAYS = 24 * 60  # minutes
NAME_TAKEN = "There is already a rule with this name."
SCHEDULE_GONE = "This schedule was deleted just now. Choose another one."


def _several(choices: Any, help_text: str = "None chosen: all.") -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        choices=choices, required=False, widget=CheckboxGroups, help_text=help_text
    )


class RuleForm(forms.ModelForm[Rule]):
    """Which alerts go where. A condition that is left empty lets everything through."""

    # What is folded up on the page, unless something stands in it or is wrong with it.
    FOLDED: ClassVar[dict[str, list[str]]] = {
        "exclusions": ["exclude_data_sources", "exclude_schemas", "exclude_assets"],
        "ids": ["asset_ids"],
        "columns": ["columns"],
        "lateness": ["late_minutes", "over_percent"],
        "patience": ["min_events", "min_minutes"],
        "limits": ["cooldown_minutes", "daily_limit"],
    }

    event_types = _several(EventType.choices)
    severities = _several(Severity.choices)
    min_severity = forms.ChoiceField(
        label="Minimum severity",
        required=False,
        choices=[("", "Any severity"), *Severity.choices],
        help_text="This one and graver.",
    )
    data_sources = PatternsField(label="Data sources", help_text="For example prod-*")
    schemas = PatternsField(label="Schemas", help_text="For example public")
    assets = PatternsField(
        label="Assets", help_text="The full name, the id, or the last part alone: orders*"
    )
    exclude_data_sources = PatternsField(label="Not these data sources")
    exclude_schemas = PatternsField(label="Not these schemas", help_text="For example tmp_*")
    exclude_assets = PatternsField(label="Not these assets", help_text="For example *_backup")
    asset_ids = LinesField(label="Asset IDs", help_text="One a line, exactly as detectors say it.")
    tags = PatternsField(label="Tags", help_text="For example finance")
    tag_mode = forms.ChoiceField(
        label="Of these tags",
        required=False,
        choices=[("any", "One is enough"), ("all", "Each must be there")],
    )
    change_scope = forms.ChoiceField(
        label="Schema changes", required=False, choices=ChangeScope.choices, widget=RadioButtons
    )
    change_types = _several((), "One of an alert's changes must be among them.")
    columns = PatternsField(
        label="Columns", help_text="One of the changes must be on such a column: *_id"
    )
    late_minutes = DurationField(
        label="Late by at least", longest=365 * DAYS, help_text="Beyond its threshold."
    )
    over_percent = CountField(
        label="Beyond its threshold by at least (%)", most=100_000, help_text="100 is twice as old."
    )
    min_events = CountField(
        label="Events in a row", least=2, most=10_000, help_text="Sent with this one at the latest."
    )
    min_minutes = DurationField(
        label="Open for", longest=30 * DAYS, help_text="Sent after this time at the latest."
    )
    destinations = forms.ModelMultipleChoiceField(
        queryset=Destination.objects.none(),
        label="Send to",
        widget=CheckboxGroups,
        error_messages={"required": "Choose at least one destination."},
    )
    schedule = forms.ModelChoiceField(
        Schedule.objects.all(),
        label="Operating schedule",
        required=False,
        empty_label="None: at any hour",
        help_text="Outside its hours alerts are held back, and sent when it opens if still open.",
    )
    cooldown_minutes = DurationField(
        label="Cooldown",
        longest=30 * DAYS,
        help_text="After an alert of an asset, none of the same asset for this time.",
    )
    daily_limit = CountField(label="Alerts a day at most", most=100_000)

    class Meta:
        model = Rule
        fields = [
            "name",
            "description",
            "is_active",
            "event_types",
            "severities",
            "min_severity",
            "data_sources",
            "schemas",
            "assets",
            "exclude_data_sources",
            "exclude_schemas",
            "exclude_assets",
            "asset_ids",
            "tags",
            "tag_mode",
            "change_scope",
            "change_types",
            "columns",
            "late_minutes",
            "over_percent",
            "min_events",
            "min_minutes",
            "destinations",
            "schedule",
            "cooldown_minutes",
            "daily_limit",
            "is_grouped",
        ]
        labels = {
            "description": "Description (optional)",
            "is_active": "On",
            "is_grouped": "One incident for a burst",
        }
        help_texts = {
            "is_active": "A rule that is off keeps its settings and takes no alert.",
            "is_grouped": "Alerts of one source, schema and event type that come together share an"
            " incident. It is closed when the last of them ends.",
        }
        error_messages = {
            "name": {
                "unique": NAME_TAKEN,
                "required": "Enter a name.",
            }
        }

    def __init__(
        self,
        data: QueryDict | None = None,
        instance: Rule | None = None,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data, instance=instance, initial=dict(initial or {}), label_suffix="")
        # Asked anew for every form: a deleted destination can no longer be chosen.
        chosen = cast("forms.ModelMultipleChoiceField[Destination]", self.fields["destinations"])
        chosen.queryset = Destination.objects.alive()
        types = cast(forms.MultipleChoiceField, self.fields["change_types"])
        types.choices = change_type_choices(breaking_here())
        if self.initial.get("change_types"):  # rows from before there was a scope have only these
            self.initial["change_scope"] = ChangeScope.CHOSEN

    def clean_is_active(self) -> bool:
        return is_on(self)

    def clean_tag_mode(self) -> str:
        return self.cleaned_data["tag_mode"] or TagMode.ANY

    def clean(self) -> None:
        super().clean()
        self._keep_what_was_left_out()
        self._settle_changes()
        for name, sentence in rule_checks.problems(self.cleaned_data):
            if name not in self.errors:
                self.add_error(name, sentence)

    def unfolded(self) -> list[str]:
        """The names of the folded parts in which something stands or is wrong."""
        return [
            part
            for part, names in self.FOLDED.items()
            if any(self[name].errors or self._stands(self[name].value()) for name in names)
        ]

    def forget_errors(self) -> None:
        """Shows what was typed, and does not say yet what is wrong with it."""
        self._errors = ErrorDict()

    def _keep_what_was_left_out(self) -> None:
        """Whoever posts a few fields only changes no others. Boxes that are not checked look like
        left out, so they are not among these."""
        for name, field in self.fields.items():
            is_left_out = field.widget.value_omitted_from_data(
                self.data, self.files, self.add_prefix(name)
            )
            if is_left_out and name in self.cleaned_data and name != "change_scope":
                self.cleaned_data[name] = getattr(self.instance, name)

    def _settle_changes(self) -> None:
        """Change types without a scope are chosen ones; with another scope they mean nothing."""
        values = self.cleaned_data
        if "change_scope" not in values or "change_types" not in values:
            return
        implied = ChangeScope.CHOSEN if values["change_types"] else ChangeScope.ANY
        values["change_scope"] = values["change_scope"] or implied
        if values["change_scope"] != ChangeScope.CHOSEN:
            values["change_types"] = []

    @staticmethod
    def _stands(value: Any) -> bool:
        return bool(value[0] not in ("", None) if isinstance(value, tuple) else value)
