"""What every rule would say: of an event that somebody pastes, or of an alert that is there."""

import json
from typing import Any
from uuid import UUID

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods

from alerts import asking, events, pasting
from alerts.explaining import answer_of
from alerts.models import Alert

EVENT_LIMIT = 500_000  # characters
FIELDS = (
    "event_type",
    "severity",
    "title",
    "description",
    "data_source",
    "schema",
    "asset",
    "asset_id",
    "changes",
    "tags",
    "details",
)
EXAMPLE: dict[str, Any] = {
    "event_type": "schema_change",
    "severity": "critical",
    "title": "Column removed from orders",
    "data_source": "prod-postgres",
    "schema": "public",
    "asset": "prod-postgres.shop.public.orders",
    "changes": [{"change_type": "column_removed", "column": "customer_email"}],
    "tags": ["production"],
}


class EventForm(forms.Form):
    """An event as the API takes it; `cleaned_data["event"]` is one that is parsed."""

    event = forms.CharField(
        label="Event",
        max_length=EVENT_LIMIT,
        help_text="JSON, as POST /api/v1/events takes it. Nothing is stored, and nobody is told.",
        error_messages={"required": "Paste an event."},
        widget=forms.Textarea(attrs={"rows": 16, "class": "mono", "spellcheck": "false"}),
    )

    def clean_event(self) -> events.Event:
        try:
            return pasting.parse(self.cleaned_data["event"])
        except pasting.NoEvent as error:
            told = [": ".join(filter(None, each.values())) for each in error.mistakes]
            raise forms.ValidationError(told) from None


@require_http_methods(["GET", "POST"])
def explain(request: HttpRequest) -> HttpResponse:
    """Asks today's rules. A POST stores nothing: it is one because events are long."""
    if request.method == "POST":
        return _page(request, EventForm(request.POST))
    alert = _alert(request.GET.get("alert", ""))
    return _page(request, EventForm(initial={"event": _as_event(alert)}), alert)


def _page(request: HttpRequest, form: EventForm, alert: Alert | None = None) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "alert": alert}
    now = asking.of_alert(alert) if alert else None
    if form.is_valid():
        event = form.cleaned_data["event"]
        now, context["same"] = asking.of_event(event), asking.same_problem(event)
    if now:
        context |= {"answer": answer_of(now.said), "hearers": now.hearers}
    return render(request, "alerts/explain.html", context)


def _alert(pk: str) -> Alert | None:
    if not pk:
        return None
    try:
        return get_object_or_404(Alert, pk=UUID(pk))
    except ValueError:
        raise Http404 from None


def _as_event(alert: Alert | None) -> str:
    """The alert as an event to change and ask about; without one, an example."""
    given = {name: getattr(alert, name) for name in FIELDS} if alert else EXAMPLE
    told = {name: value for name, value in given.items() if value}
    return json.dumps(told, indent=2, ensure_ascii=False)
