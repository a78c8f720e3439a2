"""Liveness and readiness, for load balancers and people: /healthz and /readyz."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from alerts.models import Delivery, DeliveryState, Heartbeat
from alerts.tasks import HEARTBEAT
from destinations.crypto import key_ring

OLDEST_DUE_LIMIT = timedelta(minutes=5)


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 if work gets done: database, keys, worker, nothing overdue. 503 names what is not."""
    checks = {"keys": _keys()}
    try:
        checks |= {"database": "ok", "worker": _worker(), "deliveries": _deliveries()}
    except DatabaseError:
        checks["database"] = "the database does not answer"
    is_ready = all(state == "ok" for state in checks.values())
    return JsonResponse(
        {"status": "ok" if is_ready else "not ready", "checks": checks},
        status=200 if is_ready else 503,
    )


def _keys() -> str:
    key_ring()
    return "ok"


def _worker() -> str:
    heartbeat = Heartbeat.objects.filter(name=HEARTBEAT).first()
    if heartbeat is None or heartbeat.beaten_at is None:
        return "no worker has run yet"
    silent = timezone.now() - heartbeat.beaten_at
    limit = timedelta(seconds=2 * settings.STALL_TIMEOUT)
    return "ok" if silent < limit else f"silent for {silent.seconds} s"


def _deliveries() -> str:
    """Whether something that could be sent has waited for long. Held destinations do not count."""
    now = timezone.now()
    overdue = Delivery.objects.filter(
        state=DeliveryState.PENDING,
        next_attempt_at__lt=now - OLDEST_DUE_LIMIT,
        destination__is_active=True,
        destination__attention="",
    ).exclude(destination__lane__paused_until__gt=now)
    return "a delivery is overdue by more than 5 minutes" if overdue.exists() else "ok"
