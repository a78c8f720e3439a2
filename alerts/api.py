"""The API of events, alerts and deliveries. Mounted by armor_incidents/api.py."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings
from django.db import OperationalError
from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Router, Status

from accounts.api import ApiError, AskingAuth
from accounts.models import ApiKey
from alerts import asking, events, explaining, ingest, resending
from alerts.intake import Recorded
from alerts.lifecycle import end
from alerts.models import Alert, AlertState, Delivery
from alerts.schemas import (
    AlertOut,
    DeliveryOut,
    Ending,
    Envelope,
    ErrorOut,
    RecordedOut,
    ResultsOut,
    VerdictOut,
)

router = Router()
DATABASE_RETRY_AFTER = 5  # seconds
DELIVERIES_LIMIT = 200
_errors: dict[int, type] = dict.fromkeys((400, 401, 403, 404, 409, 413, 422, 503), ErrorOut)
_Parsed = TypeVar("_Parsed")


def _body_of(schema: str) -> dict[str, Any]:
    """Names the body's schema in the document; the routes parse the bytes themselves."""
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"requestBody": {"required": True, "content": content}}


@router.post(
    "/events",
    tags=["Events"],
    response={202: Envelope[RecordedOut], **_errors},
    openapi_extra=_body_of("Event"),
)
def report_event(request: HttpRequest) -> Any:
    """Report one event. Answered after commit; the same event_id again is a duplicate."""
    event = _parsed(events.parse, request)
    return Status(202, {"data": _record([event], request)[0]})


@router.post(
    "/events/batch",
    tags=["Events"],
    response={202: Envelope[ResultsOut], **_errors},
    openapi_extra=_body_of("Batch"),
)
def report_events(request: HttpRequest) -> Any:
    """Report up to 1,000 events, in their order: all are taken, or none."""
    batch = _parsed(events.parse_batch, request)
    return Status(202, {"data": {"results": _record(batch, request)}})


@router.get(
    "/alerts/{uuid:alert_id}",
    tags=["Alerts"],
    response={200: Envelope[AlertOut], **_errors},
    by_alias=True,
)
def get_alert(request: HttpRequest, alert_id: UUID) -> Any:
    """Get one alert."""
    return {"data": _alert(alert_id)}


@router.post(
    "/alerts/{uuid:alert_id}/resolve",
    tags=["Alerts"],
    response={200: Envelope[AlertOut], **_errors},
    by_alias=True,
)
def resolve_alert(request: HttpRequest, alert_id: UUID, ending: Ending | None = None) -> Any:
    """Resolve an alert, and close what was opened for it. Again changes nothing."""
    return _end(request, alert_id, AlertState.RESOLVED, ending)


@router.post(
    "/alerts/{uuid:alert_id}/dismiss",
    tags=["Alerts"],
    response={200: Envelope[AlertOut], **_errors},
    by_alias=True,
)
def dismiss_alert(request: HttpRequest, alert_id: UUID, ending: Ending | None = None) -> Any:
    """Dismiss an alert as not worth acting on, and close what was opened for it."""
    return _end(request, alert_id, AlertState.DISMISSED, ending)


@router.get(
    "/alerts/{uuid:alert_id}/verdicts",
    tags=["Alerts"],
    response={200: Envelope[list[VerdictOut]], **_errors},
)
def list_verdicts(request: HttpRequest, alert_id: UUID) -> Any:
    """List what every rule said of an alert when it was judged last: matched; the first condition
    that failed, with both values; or what holds it back and until when."""
    return {"data": explaining.said_of(_alert(alert_id))}


@router.post(
    "/verdicts",
    tags=["Rules"],
    auth=AskingAuth(),
    response={200: Envelope[list[VerdictOut]], **_errors},
    openapi_extra=_body_of("Event"),
)
def ask_rules(request: HttpRequest) -> Any:
    """Ask what every rule would say of an event now, as the first of its problem. Nothing is stored
    or sent; a read-only key is enough."""
    return {"data": asking.of_event(_parsed(events.parse, request)).said}


@router.get(
    "/alerts/{uuid:alert_id}/deliveries",
    tags=["Deliveries"],
    response={200: Envelope[list[DeliveryOut]], **_errors},
)
def list_deliveries(request: HttpRequest, alert_id: UUID) -> Any:
    """List an alert's deliveries with every attempt, oldest first."""
    rows = _deliveries().filter(alert=_alert(alert_id)).order_by("created_at", "action")
    return {"data": list(rows[:DELIVERIES_LIMIT])}


@router.post(
    "/deliveries/{uuid:delivery_id}/retries",
    tags=["Deliveries"],
    response={202: Envelope[DeliveryOut], **_errors},
)
def retry_delivery(request: HttpRequest, delivery_id: UUID) -> Any:
    """Send a delivery again, or a waiting one now, with the same idempotency key."""
    delivery = _found(_deliveries(), delivery_id, "delivery")
    try:
        resending.send_again(delivery, _actor(request))
    except resending.CannotSend as error:
        raise ApiError(409, "CONFLICT", str(error)) from None
    return Status(202, {"data": _deliveries().get(pk=delivery.pk)})


def _parsed(parse: Callable[[bytes], _Parsed], request: HttpRequest) -> _Parsed:
    if int(request.headers.get("Content-Length") or 0) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 1024
        raise ApiError(413, "PAYLOAD_TOO_LARGE", f"The body is larger than {limit} KiB.")
    try:
        return parse(request.body)
    except events.MalformedJson as error:
        raise ApiError(400, "MALFORMED_JSON", str(error)) from None
    except events.InvalidEvent as error:
        raise ApiError(422, "VALIDATION_ERROR", str(error), error.errors) from None


def _record(batch: Sequence[events.Event], request: HttpRequest) -> list[Recorded]:
    try:
        return ingest.record_all(batch, _key(request))
    except OperationalError:
        message = "The database cannot take events now. Nothing was stored: send it again."
        raise ApiError(
            503, "DATABASE_UNAVAILABLE", message, retry_after=DATABASE_RETRY_AFTER
        ) from None


def _end(
    request: HttpRequest, alert_id: UUID, state: AlertState, ending: Ending | None
) -> dict[str, Any]:
    note = ending.note if ending else ""
    return {"data": end(_alert(alert_id), state, _actor(request), note)}


def _alert(alert_id: UUID) -> Alert:
    alert: Alert = _found(Alert.objects.all(), alert_id, "alert")
    return alert


def _deliveries() -> QuerySet[Delivery]:
    return Delivery.objects.select_related("destination").prefetch_related("attempts")


def _found(rows: QuerySet[Any], pk: UUID, what: str) -> Any:
    row = rows.filter(pk=pk).first()
    if row is None:
        raise ApiError(404, "NOT_FOUND", f"There is no such {what}.")
    return row


def _key(request: HttpRequest) -> ApiKey:
    key: ApiKey = request.auth  # type: ignore[attr-defined]  # set by ninja
    return key


def _actor(request: HttpRequest) -> str:
    return f"API key {_key(request).name}"
