"""Pages of operating schedules. Whoever is logged in may read them; to change one needs a
permission."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.db.models import ProtectedError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from alerts import quiet_changes
from alerts.models import Schedule
from alerts.quiet_forms import NAME_TAKEN, ScheduleForm
from alerts.quiet_now import schedule_now
from alerts.views.rules import configures
from alerts.zones import zone_names
from destinations.models import ALERT_CONFIGURATION


@require_http_methods(["GET", "POST"])
@configures
def new_schedule(request: HttpRequest) -> HttpResponse:
    return _form_page(request, Schedule())


@require_http_methods(["GET", "POST"])
def edit_schedule(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One schedule: its form, or its facts for those who may only read."""
    schedule = get_object_or_404(Schedule, pk=pk)
    if request.user.has_perm(ALERT_CONFIGURATION):
        return _form_page(request, schedule)
    if request.method == "POST":
        raise PermissionDenied
    return render(request, "alerts/schedule_facts.html", _stand(schedule))


@require_http_methods(["GET", "POST"])
@configures
def delete_schedule(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Asks, then deletes; but not one that rules use."""
    schedule = get_object_or_404(Schedule, pk=pk)
    if request.method != "POST":
        return render(request, "alerts/schedule_deletion.html", _stand(schedule))
    try:
        quiet_changes.delete(schedule)
    except ProtectedError:
        messages.error(request, f"{schedule.name} was not deleted: rules use it.")
        return redirect("schedule-deletion", pk)
    messages.success(request, f"{schedule.name} was deleted.")
    return redirect("quiet-times")


def _form_page(request: HttpRequest, schedule: Schedule) -> HttpResponse:
    is_new, name = schedule._state.adding, schedule.name
    context = {} if is_new else _stand(schedule)
    form = ScheduleForm(request.POST if request.method == "POST" else None, instance=schedule)
    if form.is_valid() and _save(form):
        messages.success(request, f"{schedule.name} was {'created' if is_new else 'saved'}.")
        return redirect("quiet-times")
    context |= {"form": form, "is_new": is_new, "name": name, "zones": zone_names()}
    return render(request, "alerts/schedule_form.html", context)


def _save(form: ScheduleForm) -> bool:
    """False, with an error, if somebody else has just taken the name."""
    try:
        quiet_changes.save(form.save(commit=False))
    except IntegrityError:
        form.add_error("name", NAME_TAKEN)
        return False
    return True


def _stand(schedule: Schedule) -> dict[str, object]:
    """How it stands as it is stored, and the rules that use it."""
    rules = list(schedule.rules.only("name"))
    return {"stand": schedule_now(schedule, timezone.now()), "rules": rules}
