"""Pages of blackouts. Whoever is logged in may read them; to change one needs a permission."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from alerts import blackouts, quiet_changes
from alerts.models import Blackout
from alerts.quiet_forms import BlackoutForm
from alerts.quiet_now import blackout_now
from alerts.views.rules import configures
from alerts.zones import zone_names
from destinations.models import ALERT_CONFIGURATION


@require_http_methods(["GET", "POST"])
@configures
def new_blackout(request: HttpRequest) -> HttpResponse:
    return _form_page(request, Blackout())


@require_http_methods(["GET", "POST"])
def edit_blackout(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One blackout: its form, or its facts for those who may only read."""
    blackout = get_object_or_404(Blackout, pk=pk)
    if request.user.has_perm(ALERT_CONFIGURATION):
        return _form_page(request, blackout)
    if request.method == "POST":
        raise PermissionDenied
    context = {"stand": blackout_now(blackout, timezone.now())}
    return render(request, "alerts/blackout_facts.html", context)


@require_POST
@configures
def end_blackout(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ends what is on now; when nothing is, nothing changes."""
    blackout, now = get_object_or_404(Blackout, pk=pk), timezone.now()
    if not blackouts.ends_at(blackout, now):
        messages.warning(request, f"{blackout.name} is not on: there was nothing to end.")
        return redirect(blackout)
    quiet_changes.end_now(blackout, now)
    coming = blackout_now(blackout, now).clock
    then = f" It comes again on {coming}, {blackout.zone}." if coming else ""
    held = "Alerts that it held back and that are still open are sent now."
    messages.success(request, f"{blackout.name} has ended. {held}{then}")
    return redirect("quiet-times")


@require_http_methods(["GET", "POST"])
@configures
def delete_blackout(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Asks, then deletes. What it has held back stays listed."""
    blackout = get_object_or_404(Blackout, pk=pk)
    if request.method != "POST":
        context = {"stand": blackout_now(blackout, timezone.now())}
        return render(request, "alerts/blackout_deletion.html", context)
    quiet_changes.delete(blackout)
    messages.success(request, f"{blackout.name} was deleted.")
    return redirect("quiet-times")


def _form_page(request: HttpRequest, blackout: Blackout) -> HttpResponse:
    is_new, name = blackout._state.adding, blackout.name
    stand = None if is_new else blackout_now(blackout, timezone.now())
    form = BlackoutForm(request.POST if request.method == "POST" else None, instance=blackout)
    if form.is_valid():
        quiet_changes.save(form.save(commit=False))
        messages.success(request, f"{blackout.name} was {'created' if is_new else 'saved'}.")
        return redirect("quiet-times")
    context = {"form": form, "is_new": is_new, "name": name, "stand": stand, "zones": zone_names()}
    return render(request, "alerts/blackout_form.html", context)
