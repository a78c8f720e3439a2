"""One try of one claimed delivery: from the row to the connector's answer, without the database."""

import dataclasses
import logging
import time

from django.utils import timezone

from alerts.deliveries import NO_INCIDENT
from alerts.fates import Result
from alerts.models import Delivery
from destinations.connectors import Connector
from destinations.errors import DestinationError, Outcome, Retryable
from destinations.messages import Action, Digest, Message, Receipt
from destinations.models import Destination

logger = logging.getLogger(__name__)


def send(delivery: Delivery, connector: Connector) -> Result:
    """Asks the connector. Whatever happens becomes a Result; nothing is raised."""
    started_at, started = timezone.now(), time.monotonic()
    receipt: Receipt | None = None
    error: DestinationError | None = None
    try:
        receipt = _ask(delivery, connector).without(connector.secrets.values())
    except DestinationError as failure:
        error = failure
    except Exception as failure:
        # The text of an unforeseen exception may hold anything, so only its class is told.
        logger.error("Delivery %s broke off: %s", delivery.pk, type(failure).__name__)
        error = Retryable(
            f"An error in Armor Incidents stopped it ({type(failure).__name__}).",
            outcome=Outcome.INTERNAL_ERROR,
            advice="Please report it, with the name of the error.",
        )
    duration_ms = round((time.monotonic() - started) * 1000)
    exchanges = connector.door.exchanges
    return Result(delivery, started_at, duration_ms, receipt, error, exchanges)


def obstacle_to(delivery: Delivery, connector: Connector, destination: Destination) -> str:
    """Why a claimed delivery is pointless; empty if it is not. What a record-only destination was
    asked to create is not there to be closed, once it works for real."""
    if delivery.digest:
        return ""
    action = Action(delivery.action)
    is_pointless = action == Action.CLOSE and not delivery.external_id
    if is_pointless and not destination.is_record_only:
        return NO_INCIDENT
    return connector.obstacle(action)


def _ask(delivery: Delivery, connector: Connector) -> Receipt:
    if delivery.digest:
        return connector.digest(Digest.from_json(delivery.digest))
    message = Message.from_json(delivery.message)
    if delivery.action == Action.CREATE:
        return connector.create(message)
    return connector.close(
        dataclasses.replace(message, external_id=delivery.external_id, reference=delivery.reference)
    )
