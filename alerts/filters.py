"""What a list is narrowed to. A bad value is told beside its field; the others still hold."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import BooleanField, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils import timezone

from alerts.models import Alert, AlertState, Delivery, DeliveryState, Verdict
from alerts.vocabulary import EventType, Severity
from destinations.messages import Action
from destinations.models import Destination

# No index serves a search within text, so it looks at the rows of so many days only.
SEARCH_DAYS = 30
TEXT_LIMIT = 200
UNKNOWN_CHOICE = "Choose one from the list."
OPEN, ALL = "open", "all"
UNMATCHED = "unmatched"
# SQLite takes the index alert_held_newest only for a query that says this as the index does.
IS_HELD = RawSQL("alerts_alert.verdict IN ('suppressed', 'waiting')", [], BooleanField())
# The summary of a group that has one member so far says what the member's own row says.
LONE_GROUP = Q(count=1, storm__burst__gt="")
Choices = list[tuple[str, str]]


def _choice(label: str, choices: Choices, any_label: str = "") -> forms.ChoiceField:
    first: Choices = [("", any_label)] if any_label else []
    return forms.ChoiceField(
        label=label,
        required=False,
        choices=[*first, *choices],
        error_messages={"invalid_choice": UNKNOWN_CHOICE},
    )


def _text(help_text: str) -> forms.CharField:
    widget = forms.TextInput(attrs={"type": "search", "autocomplete": "off"})
    return forms.CharField(
        label="Search", required=False, max_length=TEXT_LIMIT, help_text=help_text, widget=widget
    )


class _TimeField(forms.DateTimeField):
    """A time in UTC, as the browser's own picker writes it."""

    def __init__(self, label: str) -> None:
        super().__init__(
            label=label,
            required=False,
            input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"],
            error_messages={"invalid": "Enter a time such as 2026-11-23T08:00."},
            widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        )


class ListFilter(forms.Form):
    """The query of a list page."""

    def __init__(self, query: Mapping[str, Any]) -> None:
        super().__init__(query)
        self.is_valid()

    @property
    def chosen(self) -> dict[str, Any]:
        """The values that are good and not empty."""
        return {name: value for name, value in self.cleaned_data.items() if value}

    @property
    def is_narrow(self) -> bool:
        return bool(self.chosen or self.errors)

    def _equal(self, *names: str) -> dict[str, Any]:
        return {name: self.chosen[name] for name in names if name in self.chosen}


class AlertFilter(ListFilter):
    """Narrows the list of alerts; it starts with the open ones."""

    state = _choice("State", [(OPEN, "Open"), *AlertState.choices, (ALL, "All")])
    severity = _choice("Severity", Severity.choices, "Any severity")
    event_type = _choice("Event type", EventType.choices, "Any event type")
    routing = _choice(
        "Routing",
        [
            (Verdict.SUPPRESSED, "Suppressed"),
            (Verdict.WAITING, "Waiting"),
            (UNMATCHED, "No rule matched"),
        ],
        "Any routing",
    )
    text = _text(f"Title or asset, in alerts of the last {SEARCH_DAYS} days.")
    # The members of one storm or group; its own page links here.
    storm = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def narrow(self, rows: QuerySet[Alert]) -> QuerySet[Alert]:
        rows = rows.filter(**self._equal("severity", "event_type")).exclude(LONE_GROUP)
        state = self.chosen.get("state", OPEN)
        if state == OPEN:
            rows = rows.filter(ended_at=None)  # as the index on open alerts has it
        elif state != ALL:
            rows = rows.filter(state=state)
        if routing := self.chosen.get("routing"):
            rows = self._routed(rows, routing)
        if "storm" in self.chosen:
            rows = rows.filter(part_of=self.chosen["storm"])
        if text := self.chosen.get("text"):
            rows = rows.filter(
                Q(title__icontains=text) | Q(asset__icontains=text) | Q(asset_id__icontains=text),
                created_at__gte=timezone.now() - timedelta(days=SEARCH_DAYS),
            )
        return rows

    def _routed(self, rows: QuerySet[Alert], routing: str) -> QuerySet[Alert]:
        """By what all rules together do with them; each choice has an index."""
        if routing == UNMATCHED:
            return rows.filter(is_matched=False, verdict__in=["", Verdict.NOT_MATCHED])
        return rows.filter(IS_HELD, verdict=routing)


class DestinationField(forms.ModelChoiceField[Destination]):
    """Every destination there ever was: history outlives them."""

    def label_from_instance(self, destination: Destination) -> str:
        return f"{destination.name} (deleted)" if destination.deleted_at else destination.name


class DeliveryFilter(ListFilter):
    """Narrows the delivery history."""

    destination = DestinationField(
        Destination.objects.order_by("name", "-created_at").defer("config", "secrets"),
        required=False,
        empty_label="Any destination",
        error_messages={"invalid_choice": UNKNOWN_CHOICE},
    )
    state = _choice("State", DeliveryState.choices, "Any state")
    action = _choice("Action", Action.choices, "Any action")
    event_type = _choice("Event type", EventType.choices, "Any event type")
    since = _TimeField("From (UTC)")
    until = _TimeField("To (UTC)")
    text = _text(f"Alert, asset or incident. Without a From time, of the last {SEARCH_DAYS} days.")

    def clean_until(self) -> Any:
        since, until = self.cleaned_data.get("since"), self.cleaned_data["until"]
        if since and until and until < since:
            raise forms.ValidationError("This is before the From time.")
        return until

    def narrow(self, rows: QuerySet[Delivery]) -> QuerySet[Delivery]:
        rows = rows.filter(**self._equal("destination", "state", "action", "event_type"))
        chosen = self.chosen
        since = chosen.get("since")
        if text := chosen.get("text"):
            since = since or timezone.now() - timedelta(days=SEARCH_DAYS)
            rows = rows.filter(
                Q(alert__title__icontains=text)
                | Q(alert__asset__icontains=text)
                | Q(reference__icontains=text)
            )
        if since:
            rows = rows.filter(created_at__gte=since)
        return rows.filter(created_at__lte=chosen["until"]) if "until" in chosen else rows
