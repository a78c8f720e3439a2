"""The history of deliveries, and one delivery with every attempt."""

from copy import copy
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from alerts import resending, timeline
from alerts.filters import DeliveryFilter
from alerts.keyset import capped_count, page_of
from alerts.models import Delivery, DeliveryState
from alerts.views.alerts import LIVE, NO_CONTENT
from destinations.errors import Outcome
from destinations.messages import Digest, Message

ATTEMPTS_LIMIT = 100
LIST_DEFERS = (
    "message",
    "digest",
    "alert__description",
    "alert__changes",
    "alert__details",
    "alert__tags",
)


@require_safe
def list_deliveries(request: HttpRequest) -> HttpResponse:
    chosen = DeliveryFilter(request.GET)
    rows = chosen.narrow(Delivery.objects.all())
    shown = rows.select_related("alert", "destination", "destination__lane").defer(*LIST_DEFERS)
    context = {
        "filter": chosen,
        "page": page_of(shown, request.GET),
        "count": capped_count(rows, "delivery", "deliveries"),
    }
    return render(request, "alerts/delivery_list.html", context)


@require_safe
def show_delivery(request: HttpRequest, pk: UUID) -> HttpResponse:
    rows = Delivery.objects.select_related(
        "alert", "destination", "destination__lane", "carried_by"
    )
    delivery = get_object_or_404(rows, pk=pk)
    version = timeline.version([delivery])
    is_refresh = request.headers.get("HX-Target") == LIVE
    if is_refresh and request.GET.get("seen") == version:
        return HttpResponse(status=NO_CONTENT)
    attempts = list(delivery.attempts.order_by("-number")[:ATTEMPTS_LIMIT])
    last = attempts[0] if attempts else None
    context = {
        "delivery": delivery,
        "message": Message.from_json(delivery.message),
        "digest": Digest.from_json(delivery.digest) if delivery.digest else None,
        "attempts": attempts,
        "limit": ATTEMPTS_LIMIT,
        "trouble": last if last and last.outcome != Outcome.SUCCESS else None,
        # On a copy: the question fills in what a close would be sent with.
        "obstacle": resending.why_not(copy(delivery)),
        "version": version,
        "is_live": timeline.is_live([delivery]),
    }
    page = "delivery_live" if is_refresh else "delivery_detail"
    return render(request, f"alerts/{page}.html", context)


@require_POST
def retry(request: HttpRequest, pk: UUID) -> HttpResponse:
    delivery = get_object_or_404(Delivery, pk=pk)
    try:
        sent = resending.send_again(delivery, request.user.get_username())
    except resending.CannotSend as error:
        messages.error(request, f"It was not sent again. {error}")
    else:
        is_busy = sent.state == DeliveryState.SENDING
        messages.success(request, "It is being sent already." if is_busy else "It is sent now.")
    return redirect(delivery)
