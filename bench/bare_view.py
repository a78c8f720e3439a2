"""What `ingest` is compared with: a view that parses JSON and inserts one row for each event."""

import json
from typing import Any

from django.db import transaction
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from alerts.models import Event
from armor_incidents.health import healthz


@csrf_exempt
def one(request: HttpRequest) -> JsonResponse:
    with transaction.atomic():
        row = _insert(json.loads(request.body))
    return JsonResponse({"data": {"event_id": row.event_id}}, status=202)


@csrf_exempt
def many(request: HttpRequest) -> JsonResponse:
    with transaction.atomic():
        rows = [_insert(event) for event in json.loads(request.body)["events"]]
    return JsonResponse({"data": [{"event_id": row.event_id} for row in rows]}, status=202)


def _insert(event: dict[str, Any]) -> Event:
    return Event.objects.create(
        event_id=event["event_id"],
        status="triggered",
        body=event,
        occurred_at=event["occurred_at"],
    )


urlpatterns = [
    path("healthz", healthz),
    path("api/v1/events", one),
    path("api/v1/events/batch", many),
]
