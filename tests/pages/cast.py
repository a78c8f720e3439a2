"""Deliveries in every state that a page can show."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from alerts.models import Alert, Attempt, Delivery, DeliveryState
from destinations.errors import Outcome
from destinations.models import Destination
from tests.alerts.factories import a_destination, a_rule, an_alert, create_of

ADVICE = "The account asks for a severity: set the Severity ID of this destination."
REFUSAL = "HTTP 422: Unprocessable Content (A severity is required)"


def a_sent_alert(name: str = "On-call", **fields: Any) -> tuple[Alert, Delivery]:
    """An alert and its create, which waits to be sent."""
    destination = Destination.objects.filter(name=name).first() or a_destination(name)
    if not destination.rules.exists():
        a_rule(destination, name=f"All to {name}")
    alert = an_alert(**fields)
    return alert, alert.deliveries.get(destination=destination)


def delivered(delivery: Delivery, reference: str = "INC-7") -> Delivery:
    return _settled(
        delivery,
        state=DeliveryState.DELIVERED,
        reference=reference,
        external_id="01INC",
        link=f"https://app.incident.io/acme/incidents/{reference}",
        delivered_at=timezone.now(),
        next_attempt_at=None,
        attempt_count=1,
    )


def failed(delivery: Delivery) -> Delivery:
    """Refused for good, after a timeout."""
    an_attempt(delivery, 1, Outcome.TIMEOUT, error="api.incident.io did not answer in time.")
    an_attempt(
        delivery,
        2,
        Outcome.NON_2XX,
        status_code=422,
        error=REFUSAL,
        advice=ADVICE,
        request_id="req-7f3a",
        is_manual=True,
        exchanges=[
            {
                "method": "POST",
                "url": "https://api.incident.io/v2/incidents",
                "body": {"name": "<script>alert(1)</script>"},
                "status_code": 422,
                "answer": '{"errors": [{"message": "A severity is required"}]}',
                "duration_ms": 280,
            }
        ],
    )
    return _settled(
        delivery,
        state=DeliveryState.FAILED,
        reason=REFUSAL,
        next_attempt_at=None,
        attempt_count=2,
    )


def retrying(delivery: Delivery) -> Delivery:
    an_attempt(delivery, 1, Outcome.NON_2XX, status_code=503, error="HTTP 503: Service Unavailable")
    return _settled(
        delivery,
        reason="HTTP 503: Service Unavailable",
        next_attempt_at=timezone.now() + timedelta(minutes=1),
        attempt_count=1,
        failure_count=1,
    )


def an_attempt(delivery: Delivery, number: int, outcome: Outcome, **fields: Any) -> Attempt:
    started_at = timezone.now() + timedelta(seconds=number)
    return Attempt.objects.create(
        delivery=delivery,
        number=number,
        outcome=outcome,
        started_at=started_at,
        duration_ms=1234,
        **fields,
    )


def many_alerts(count: int) -> list[Alert]:
    """Alerts with deliveries, several of them opened at the very same moment."""
    made = []
    now = timezone.now()
    for number in range(count):
        alert, _ = a_sent_alert(dedup_key=f"problem {number}", title=f"Problem {number}")
        delivered(create_of(alert), f"INC-{number}")
        made.append(alert)
        at = now - timedelta(minutes=number // 7)
        Alert.objects.filter(pk=alert.pk).update(created_at=at)
        Delivery.objects.filter(alert=alert).update(created_at=at)
    return made


def _settled(delivery: Delivery, **fields: Any) -> Delivery:
    Delivery.objects.filter(pk=delivery.pk).update(**fields)
    delivery.refresh_from_db()
    return delivery
