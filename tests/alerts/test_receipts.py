"""What a destination answers is stored, however odd it is."""

import pytest

from alerts.models import DeliveryState
from destinations.connectors.incident_io import IncidentIo
from destinations.messages import Receipt
from sandbox.server import Sandbox
from tests.alerts.factories import a_destination, a_rule, an_alert, create_of, drain

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("text", ["x" * 5000, "a\x00b", "a\ud800b", "İ" * 300])
def test_an_odd_receipt_is_delivered_all_the_same(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    receipt = Receipt(external_id=text, reference=text, link=text, note=text)
    monkeypatch.setattr(IncidentIo, "create", lambda *args: receipt)
    destination = a_destination()
    a_rule(destination)
    alert = an_alert()
    drain(destination)
    delivery = create_of(alert)
    assert delivery.state == DeliveryState.DELIVERED
    assert delivery.external_id[:1] == delivery.reference[:1] == text[:1]
