"""Quiet times on one page: blackouts, operating schedules, and what was suppressed of late."""

from datetime import timedelta
from typing import Any

from django.db.models import Case, F, Prefetch, Q, QuerySet, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from alerts import fates_of_held, suppressed
from alerts.models import Blackout, QuietWindow, Rule, Schedule
from alerts.quiet_now import board_of, schedule_now

LIMIT = 200  # schedules, and blackouts


@require_safe
def list_quiet_times(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    found = list(_blackouts()[: LIMIT + 1])
    schedules = list(_schedules()[: LIMIT + 1])
    context: dict[str, Any] = {
        "board": board_of(found[:LIMIT], now),
        "schedules": [schedule_now(schedule, now) for schedule in schedules[:LIMIT]],
        "held": suppressed.lately(now),
        "days": suppressed.LATELY.days,
        "most": suppressed.WINDOWS,
        "limit": LIMIT,
        "has_more": max(len(found), len(schedules)) > LIMIT,
    }
    return render(request, "alerts/quiet_times.html", context)


@require_safe
def show_window(request: HttpRequest, pk: int) -> HttpResponse:
    """What one quiet window held back, and what became of it since."""
    window = get_object_or_404(QuietWindow.objects.select_related("schedule", "blackout"), pk=pk)
    before = request.GET.get("before", "")
    rows, older = fates_of_held.page_of(window, before)
    context = {
        "held": suppressed.held_in(window, timezone.now()),
        "rows": rows,
        "before": before,
        "older": older,
    }
    return render(request, "alerts/quiet_window.html", context)


def _blackouts() -> QuerySet[Blackout]:
    """What may be on comes first, so that it is never cut off: those that come once and are not
    over, the soonest end first; those that recur; and what is over, the latest end first."""
    # By dates alone: no clock is more than a day away from that of UTC.
    once, yesterday = Blackout.Recurrence.ONCE, timezone.now().date() - timedelta(days=1)
    is_ahead = Q(recurrence=once, end_date__gte=yesterday)
    rank = Case(When(is_ahead, then=0), When(recurrence=once, then=2), default=1)
    soonest = Case(When(is_ahead, then=F("end_date")))
    return Blackout.objects.order_by("-is_active", rank, soonest, "-end_date", "name")


def _schedules() -> QuerySet[Schedule]:
    named = Rule.objects.only("name", "schedule_id").order_by("name")
    return Schedule.objects.order_by("name").prefetch_related(Prefetch("rules", named))
