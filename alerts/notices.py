"""Tells the admins by mail that a destination needs them, and that it works again: once each.

They are those who may configure destinations and have an address. Without a mail server, or without
anybody to tell, the pages tell it alone.
"""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage
from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from alerts.models import Lane
from destinations.messages import PRODUCT
from destinations.models import ALERT_CONFIGURATION, Destination

logger = logging.getLogger(__name__)
TRY_AGAIN = timedelta(minutes=5)
RECIPIENTS_LIMIT = 50
BACKEND = "django.contrib.auth.backends.ModelBackend"


def due(now: datetime) -> QuerySet[Lane]:
    """Lanes of destinations of which there is something to tell."""
    if not settings.EMAIL_HOST:
        return Lane.objects.none()
    may_try = Q(destination__tell_after=None) | Q(destination__tell_after__lte=now)
    return Lane.objects.filter(may_try, _in_need(now) | _recovered(), destination__deleted_at=None)


def tell(lane_id: int) -> bool:
    """Sends what there is to tell of the lane's destination. False if there is nothing, or if it
    could not be sent: then it is tried again later."""
    now = timezone.now()
    lane = due(now).select_related("destination").filter(pk=lane_id).first()
    if lane is None:
        return False
    destination = lane.destination
    before, after = destination.told_at, None if destination.told_at else now
    mine = Destination.objects.filter(pk=destination.pk, told_at=before)
    # Noted before it is sent: two workers must not tell it twice.
    if not mine.update(told_at=after, tell_after=None):
        return False
    try:
        return bool(_letter(destination, is_recovery=before is not None).send())
    except OSError as error:  # smtplib's errors are OSErrors, too
        logger.warning("Could not tell the admins by mail: %s.", type(error).__name__)
        mine = Destination.objects.filter(pk=destination.pk, told_at=after)
        mine.update(told_at=before, tell_after=now + TRY_AGAIN)
        return False


def _in_need(now: datetime) -> Q:
    """Nobody was told yet that it waits for a person, or has been down for long."""
    is_down = Q(
        destination__failing_since__lte=now - timedelta(seconds=settings.HOLD_AFTER),
        failures_in_row__gte=settings.HOLD_FAILURES,
        destination__is_active=True,
    )
    return Q(destination__told_at=None) & (~Q(destination__attention="") | is_down)


def _recovered() -> Q:
    """It was told of, and has delivered something since."""
    return Q(
        destination__attention="",
        destination__failing_since=None,
        destination__last_success_at__gt=F("destination__told_at"),
    )


def _letter(destination: Destination, *, is_recovery: bool) -> EmailMessage:
    page = settings.PUBLIC_URL + reverse("destination", args=[destination.pk])
    if is_recovery:
        subject, text = "works again", "What was waiting for it is being sent."
    else:
        subject = "needs attention"
        since = destination.attention_at or destination.failing_since or timezone.now()
        text = f"{destination.attention or destination.last_error}\n\n"
        text += f"Since {since:%Y-%m-%d %H:%M} UTC. What is due for it waits; nothing is lost."
    name = " ".join(destination.name.split())
    return EmailMessage(
        subject=f"{PRODUCT} Destination {name} {subject}",
        body=f"{text}\n\n{page}\n",
        to=_admins(),
        headers={"Auto-Submitted": "auto-generated"},
    )


def _admins() -> list[str]:
    users = get_user_model().objects.with_perm(ALERT_CONFIGURATION, backend=BACKEND)
    told = users.filter(is_active=True).exclude(email="").order_by("pk")
    return list(told.values_list("email", flat=True)[:RECIPIENTS_LIMIT])
