"""The form of a rule."""

from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from alerts.models import Rule
from alerts.vocabulary import EventType, Severity, change_type_choices
from destinations.models import Destination

LINES_LIMIT = 200
LINE_LIMIT = 500  # characters


class CheckboxGroups(forms.CheckboxSelectMultiple):
    """Check boxes, under the headings of their groups if the choices have groups."""

    template_name = "alerts/rule_checkboxes.html"


class PatternsField(forms.CharField):
    """Glob patterns, one a line; empty lines and repetitions are dropped."""

    def __init__(self, *, label: str, help_text: str) -> None:
        widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})
        super().__init__(required=False, widget=widget, label=label, help_text=help_text)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        text = str(super().clean(value))
        lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1)]
        patterns = list(dict.fromkeys(line for _, line in lines if line))
        too_long = next((number for number, line in lines if len(line) > LINE_LIMIT), None)
        if too_long:
            raise ValidationError(f"Line {too_long} has more than {LINE_LIMIT} characters.")
        if len(patterns) > LINES_LIMIT:
            first = next(number for number, line in lines if line == patterns[LINES_LIMIT])
            raise ValidationError(f"At most {LINES_LIMIT} lines: line {first} is one too many.")
        return patterns


class RuleForm(forms.ModelForm[Rule]):
    """Which alerts go where. A condition that is left empty lets everything through."""

    event_types = forms.MultipleChoiceField(
        choices=EventType.choices,
        required=False,
        widget=CheckboxGroups,
        help_text="None chosen: all.",
    )
    severities = forms.MultipleChoiceField(
        choices=Severity.choices,
        required=False,
        widget=CheckboxGroups,
        help_text="None chosen: all.",
    )
    change_types = forms.MultipleChoiceField(
        choices=change_type_choices,
        required=False,
        widget=CheckboxGroups,
        help_text="One of an alert's changes must be among them. None chosen: all.",
    )
    destinations = forms.ModelMultipleChoiceField(
        queryset=Destination.objects.none(),
        widget=CheckboxGroups,
        error_messages={"required": "Choose at least one destination."},
    )
    data_sources = PatternsField(label="Data sources", help_text="For example prod-*")
    schemas = PatternsField(label="Schemas", help_text="For example public")
    assets = PatternsField(
        label="Assets", help_text="The full name, the id, or the last part alone: orders*"
    )
    tags = PatternsField(label="Tags", help_text="One of the alert's tags must fit: finance")

    class Meta:
        model = Rule
        fields = [
            "name",
            "is_active",
            "destinations",
            "event_types",
            "severities",
            "change_types",
            "data_sources",
            "schemas",
            "assets",
            "tags",
        ]
        labels = {"is_active": "On"}
        help_texts = {"is_active": "A rule that is off keeps its settings and takes no alert."}
        error_messages = {"name": {"unique": "There is already a rule with this name."}}

    def __init__(self, data: QueryDict | None = None, instance: Rule | None = None) -> None:
        super().__init__(data, instance=instance, label_suffix="")
        # Asked anew for every form: a deleted destination can no longer be chosen.
        chosen = cast("forms.ModelMultipleChoiceField[Destination]", self.fields["destinations"])
        chosen.queryset = Destination.objects.alive()

    def clean_is_active(self) -> bool:
        """A new rule is on unless it was switched off; a box left out says nothing."""
        left_out = self.add_prefix("is_active") not in self.data
        return True if left_out and self.instance._state.adding else self.cleaned_data["is_active"]
