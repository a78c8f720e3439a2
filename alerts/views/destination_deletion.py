"""Deletes a destination, after a page that says what that means."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from alerts.deletion import OPEN_LIMIT, delete, open_incidents
from alerts.models import Delivery, DeliveryState
from destinations.models import ALERT_CONFIGURATION, Destination


@require_http_methods(["GET", "POST"])
@permission_required(ALERT_CONFIGURATION, raise_exception=True)
def delete_destination(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Asks, with what is still open there; then deletes."""
    destination = get_object_or_404(Destination.objects.alive(), pk=pk)
    if request.method != "POST":
        return render(request, "alerts/destination_deletion.html", _consequences(destination))
    skipped = delete(destination)
    waiting = f" Pending deliveries that were skipped: {skipped}." if skipped else ""
    messages.success(request, f"{destination.name} was deleted.{waiting}")
    return redirect("destinations")


def _consequences(destination: Destination) -> dict[str, object]:
    opened = list(open_incidents(destination)[: OPEN_LIMIT + 1])
    pending = Delivery.objects.filter(destination=destination, state=DeliveryState.PENDING)
    return {
        "destination": destination,
        "open_incidents": opened[:OPEN_LIMIT],
        "has_more": len(opened) > OPEN_LIMIT,
        "rules": destination.rules.all(),
        "pending_count": pending.count(),
    }
