"""incident.io's own client as the judge of what is sent, and a list of all that may be."""

import dataclasses
import json
from dataclasses import replace
from typing import Any

import pytest
import responses
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from incident_io.models import (
    IncidentsCreatePayloadV2,
    IncidentsEditPayloadV2,
    IncidentUpdatesCreatePayloadV2,
)

from destinations.connectors.incident_io import IncidentIo
from destinations.http import Door
from destinations.messages import Message
from tests.destinations import example

API = "https://api.incident.io"
MESSAGE = replace(
    example.MESSAGE,
    changes=("Column removed (breaking): customer_email",),
    external_id="01FDAG4SAP5TYPT98WGR2N7W91",
)
INCIDENT = {"incident": {"id": "01FDAG4SAP5TYPT98WGR2N7W91", "reference": "INC-1"}}
UPDATE = {"incident_update": {"id": "01FCNDV6P870EA6S7TK1DSYDG0"}}
PLAIN = {"closed_status_id": "01CLOSED", "severity_id": "01MINOR"}
FULL = PLAIN | {
    "severity_critical_id": "01CRITICAL",
    "incident_type_id": "01DEFAULT",
    "visibility": "private",
    "mode": "test",
    "custom_field_asset_id": "01ASSET",
    "custom_field_data_source_id": "01SOURCE",
    "custom_field_event_type_id": "01EVENT",
}
MAY_BE_SENT = {
    "/v2/incidents": {
        "idempotency_key",
        "name",
        "summary",
        "mode",
        "visibility",
        "severity_id",
        "incident_type_id",
        "custom_field_entries",
    },
    "/v2/incident_updates": {
        "idempotency_key",
        "incident_id",
        "message",
        "to_incident_status_id",
    },
    "/v2/incidents/01FDAG4SAP5TYPT98WGR2N7W91/actions/edit": {
        "notify_incident_channel",
        "incident.incident_status_id",
    },
}


@pytest.fixture(autouse=True)
def real_address(settings: Any) -> None:
    settings.INCIDENT_IO_API_URL = API


def sent(
    verb: str, message: Message = MESSAGE, config: dict[str, str] = FULL, updates: int = 201
) -> list[tuple[str, dict[str, Any]]]:
    """The path and body of every call with a body that a verb makes."""
    connector = IncidentIo(config, {"api_key": "inc_x"}, Door())
    with responses.RequestsMock(assert_all_requests_are_fired=False) as network:
        edit = f"{API}/v2/incidents/{message.external_id}"
        network.post(f"{API}/v2/incidents", json=INCIDENT)
        network.get(edit, json=INCIDENT)
        network.post(f"{API}/v2/incident_updates", json=UPDATE, status=updates)
        network.post(f"{edit}/actions/edit", json=INCIDENT)
        getattr(connector, verb)(message)
        return [
            (str(call.request.url).removeprefix(API), json.loads(call.request.body))
            for call in network.calls
            if call.request.body
        ]


def paths(body: dict[str, Any], prefix: str = "") -> set[str]:
    found: set[str] = set()
    for name, value in body.items():
        inner = isinstance(value, dict)
        found |= paths(value, f"{prefix}{name}.") if inner else {f"{prefix}{name}"}
    return found


def test_its_own_client_would_send_the_same_create() -> None:
    ((_, body),) = sent("create")
    assert IncidentsCreatePayloadV2.from_dict(body).to_dict() == body


def test_with_no_more_than_before_the_create_is_what_it_was() -> None:
    ((_, body),) = sent("create", config=PLAIN)
    assert body == {
        "idempotency_key": MESSAGE.idempotency_key,
        "name": MESSAGE.headline,
        "summary": MESSAGE.summary,
        "mode": "standard",
        "visibility": "public",
        "severity_id": "01MINOR",
    }


def test_its_own_client_would_send_the_same_update() -> None:
    ((_, body),) = sent("close")
    assert IncidentUpdatesCreatePayloadV2.from_dict(body).to_dict() == body


def test_its_own_client_would_send_the_same_edit() -> None:
    (_, (_, body)) = sent("close", updates=404)
    assert IncidentsEditPayloadV2.from_dict(body).to_dict() == body


@pytest.mark.parametrize("updates", [201, 404])
@pytest.mark.parametrize("verb", ["create", "close", "test"])
def test_nothing_is_sent_that_is_not_on_the_list(verb: str, updates: int) -> None:
    calls = sent(verb, dataclasses.replace(MESSAGE, data_source="shop"), updates=updates)
    assert calls
    for path, body in calls:
        assert paths(body) == MAY_BE_SENT[path]


def test_the_create_says_what_it_must() -> None:
    ((_, body),) = sent("create")
    assert body["name"] == "[AnomalyArmor] Column removed from orders"
    for fact in (
        "Source: AnomalyArmor",
        "Rule: Orders",
        "Event type: schema_change",
        "Asset ID: a-17",
        "Column removed (breaking): customer_email",
        "Time: 2026-11-23 08:00:00 UTC",
        "https://armor.example/alerts/1/",
    ):
        assert fact in body["summary"]


def test_the_same_message_makes_the_same_bytes() -> None:
    assert sent("create") == sent("create")


@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(title=st.text(max_size=400), description=st.text(max_size=400))
def test_any_text_makes_a_body_that_its_own_client_accepts(title: str, description: str) -> None:
    ((_, body),) = sent(
        "create", dataclasses.replace(MESSAGE, title=title, description=description)
    )
    assert IncidentsCreatePayloadV2.from_dict(body).to_dict() == body
    assert len(body["name"]) <= 200
    assert len(body["name"].splitlines()) == 1
