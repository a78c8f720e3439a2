"""The list of alerts, one alert, and what people do to it."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from alerts import explaining, lifecycle, suppressed, timeline
from alerts.filters import AlertFilter
from alerts.keyset import capped_count, page_of
from alerts.models import Alert, AlertState, Delivery, Rule
from alerts.triage import NoteForm, SnoozeForm, end_by_hand
from destinations.messages import Action
from destinations.models import Destination

MEMBERS_LIMIT = 20
NO_CONTENT = 204
LIVE = "live"  # the id of the part of a page that keeps itself fresh


@require_safe
def list_alerts(request: HttpRequest) -> HttpResponse:
    chosen = AlertFilter(request.GET)
    creates = (
        Delivery.objects.filter(action=Action.CREATE)
        .select_related("destination")
        .only("alert_id", "state", "reference", "link", "destination__name")
        .order_by("-reference", "destination__name")  # what can be opened comes first
    )
    alerts = Alert.objects.select_related("part_of")
    rows = chosen.narrow(alerts.defer("description", "changes", "details", "tags"))
    rows_with = rows.prefetch_related(
        Prefetch("deliveries", creates, "creates"),
        Prefetch("matches", explaining.first_held(), "held"),
        Prefetch("part_of__alert", Alert.objects.only("count")),
        Prefetch("part_of__alert__deliveries", creates, "told_creates"),
    )
    page = page_of(rows_with, request.GET)
    count = capped_count(rows, "alert", "alerts")
    context = {"filter": chosen, "page": page, "count": count}
    if not chosen.is_narrow:
        context["quiet_window"] = suppressed.newest_ended(timezone.now())
    if not page.rows and not chosen.is_narrow:
        context |= _first_steps()
    return render(request, "alerts/alert_list.html", context)


def _first_steps() -> dict[str, bool]:
    """What has been set up already, for a list that is empty."""
    return {
        "has_alerts": Alert.objects.exists(),
        "has_destinations": Destination.objects.alive().exists(),
        "has_rules": Rule.objects.exists(),
    }


@require_safe
def show_alert(request: HttpRequest, pk: UUID) -> HttpResponse:
    alert = get_object_or_404(Alert.objects.select_related("part_of__alert"), pk=pk)
    legs = timeline.legs_of(alert)
    deliveries = [delivery for line in legs for delivery in line.deliveries]
    version = timeline.version(deliveries)
    is_refresh = request.headers.get("HX-Target") == LIVE
    if is_refresh and request.GET.get("seen") == version:
        return HttpResponse(status=NO_CONTENT)
    context = {
        "alert": alert,
        "legs": legs,
        "version": version,
        "is_live": timeline.is_live(deliveries),
        "timeline": timeline.timeline_of(alert),
        "limit": timeline.ENTRIES_LIMIT,
    }
    if is_refresh:
        return render(request, "alerts/alert_live.html", context)
    context |= {
        "answer": explaining.answer_of(explaining.said_of(alert)),
        "members": Alert.objects.filter(part_of=alert.pk).order_by("-created_at", "-id")[
            :MEMBERS_LIMIT
        ],
        "ending": timeline.ending_of(alert),
        "form": SnoozeForm(),
    }
    return render(request, "alerts/alert_detail.html", context)


@require_POST
def acknowledge(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _triage(request, pk, lifecycle.acknowledge, "Acknowledged. It is yours now.")


@require_POST
def resolve(request: HttpRequest, pk: UUID) -> HttpResponse:
    done = "Resolved. Its deliveries show what becomes of its incidents."
    return _triage(request, pk, _ending(AlertState.RESOLVED), done)


@require_POST
def dismiss(request: HttpRequest, pk: UUID) -> HttpResponse:
    done = "Dismissed. Its deliveries show what becomes of its incidents."
    return _triage(request, pk, _ending(AlertState.DISMISSED), done)


@require_POST
def snooze(request: HttpRequest, pk: UUID) -> HttpResponse:
    form = SnoozeForm(request.POST)
    if "hours" in form.errors:
        messages.error(request, f"Snooze takes 1 to {lifecycle.SNOOZE_HOURS_MAX} hours.")
        return redirect("alert", pk)
    hours = form.cleaned_data["hours"]

    def act(alert: Alert, actor: str, note: str) -> Alert:
        return lifecycle.snooze(alert, hours, actor, note)

    return _triage(request, pk, act, f"Snoozed for {hours} hour{'' if hours == 1 else 's'}.")


def _ending(state: AlertState) -> Callable[[Alert, str, str], Alert]:
    return lambda alert, actor, note: end_by_hand(alert, state, actor, note)


def _triage(
    request: HttpRequest, pk: UUID, act: Callable[[Alert, str, str], Alert], done: str
) -> HttpResponse:
    """Does it in the name of who asks, and says so on the alert's page."""
    alert = get_object_or_404(Alert, pk=pk)
    form = NoteForm(request.POST)
    if not form.is_valid():
        messages.error(request, f"Nothing was changed. Note: {form.errors['note'][0]}")
        return redirect(alert)
    try:
        act(alert, request.user.get_username(), form.cleaned_data["note"])
    except lifecycle.AlreadyEnded as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, done)
    return redirect(alert)
