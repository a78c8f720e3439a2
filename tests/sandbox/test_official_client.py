"""incident.io's own Python client as the judge of the sandbox's answers."""

from collections.abc import Iterator

import httpx
import pytest
from incident_io import AuthenticatedClient
from incident_io.api.custom_fields_v2 import custom_fields_v2_list
from incident_io.api.incident_statuses_v1 import incident_statuses_v1_list
from incident_io.api.incident_types_v1 import incident_types_v1_list
from incident_io.api.incident_updates_v2 import incident_updates_v2_create
from incident_io.api.incidents_v2 import (
    incidents_v2_create,
    incidents_v2_edit,
    incidents_v2_list,
    incidents_v2_show,
)
from incident_io.api.severities_v1 import severities_v1_list
from incident_io.api.utilities_v1 import utilities_v1_identity
from incident_io.models import (
    CustomFieldEntryPayloadV2,
    CustomFieldsListResultV2,
    CustomFieldValuePayloadV2,
    ErrorResponse,
    IncidentEditPayloadV2,
    IncidentsCreatePayloadV2,
    IncidentsCreatePayloadV2Mode,
    IncidentsCreatePayloadV2Visibility,
    IncidentsCreateResultV2,
    IncidentsEditPayloadV2,
    IncidentsEditResultV2,
    IncidentsListResultV2,
    IncidentsShowResultV2,
    IncidentStatusesListResultV1,
    IncidentsV2ListMode,
    IncidentsV2ListStatusCategory,
    IncidentTypesListResultV1,
    IncidentUpdatesCreatePayloadV2,
    IncidentUpdatesCreateResultV2,
    IncidentV2,
    SeveritiesListResultV1,
    UtilitiesIdentityResultV1,
)
from incident_io.types import Unset

from sandbox import keys
from sandbox.reference_data import CUSTOM_FIELDS, INCIDENT_TYPES, SEVERITIES
from sandbox.server import Sandbox
from tests.sandbox.api import CLOSED, TIMEOUT_SECONDS


def official_client(sandbox: Sandbox, key: str) -> AuthenticatedClient:
    return AuthenticatedClient(
        base_url=sandbox.url,
        token=key,
        timeout=httpx.Timeout(TIMEOUT_SECONDS),
        raise_on_unexpected_status=True,
        httpx_args={"trust_env": False},
    )


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[AuthenticatedClient]:
    with official_client(sandbox, keys.FULL) as running:
        yield running


def payload(mode: str = "standard") -> IncidentsCreatePayloadV2:
    return IncidentsCreatePayloadV2(
        idempotency_key=f"key-{mode}",
        visibility=IncidentsCreatePayloadV2Visibility.PUBLIC,
        mode=IncidentsCreatePayloadV2Mode(mode),
        name="Orders is stale",
        summary="2 h late",
        severity_id=SEVERITIES[0]["id"],
    )


def create(client: AuthenticatedClient, mode: str = "standard") -> IncidentV2:
    result = incidents_v2_create.sync(client=client, body=payload(mode))
    assert isinstance(result, IncidentsCreateResultV2)
    return result.incident


def closing(status_id: str = CLOSED) -> IncidentsEditPayloadV2:
    fields = IncidentEditPayloadV2(incident_status_id=status_id)
    return IncidentsEditPayloadV2(incident=fields, notify_incident_channel=False)


def test_it_creates_an_incident_once(client: AuthenticatedClient) -> None:
    incident = create(client)
    assert (incident.name, incident.summary) == ("Orders is stale", "2 h late")
    assert not isinstance(incident.severity, Unset)
    assert incident.severity.name == "Major"
    assert create(client).id == incident.id


def test_it_closes_and_shows_an_incident(client: AuthenticatedClient) -> None:
    incident = create(client)
    edited = incidents_v2_edit.sync(incident.id, client=client, body=closing())
    assert isinstance(edited, IncidentsEditResultV2)
    shown = incidents_v2_show.sync(incident.id, client=client)
    assert isinstance(shown, IncidentsShowResultV2)
    assert shown == IncidentsShowResultV2(incident=edited.incident)
    assert shown.incident.incident_status.category == "closed"


def test_it_creates_one_with_a_type_and_a_custom_field(client: AuthenticatedClient) -> None:
    field = next(field for field in CUSTOM_FIELDS if field["field_type"] == "text")
    value = CustomFieldValuePayloadV2(value_text="shop.public.orders")
    body = payload()
    body.incident_type_id = INCIDENT_TYPES[1]["id"]
    body.custom_field_entries = [
        CustomFieldEntryPayloadV2(custom_field_id=field["id"], values=[value])
    ]
    result = incidents_v2_create.sync(client=client, body=body)
    assert isinstance(result, IncidentsCreateResultV2)
    (entry,) = result.incident.custom_field_entries
    assert (entry.custom_field.name, entry.values[0].value_text) == (
        field["name"],
        "shop.public.orders",
    )
    assert not isinstance(result.incident.incident_type, Unset)
    assert result.incident.incident_type.name == "Default"


def test_it_closes_with_an_update_once(client: AuthenticatedClient) -> None:
    incident = create(client)
    body = IncidentUpdatesCreatePayloadV2(
        idempotency_key="key-close",
        incident_id=incident.id,
        message="Resolved by ada.",
        to_incident_status_id=CLOSED,
        to_severity_id=SEVERITIES[1]["id"],
    )
    made = incident_updates_v2_create.sync(client=client, body=body)
    assert isinstance(made, IncidentUpdatesCreateResultV2)
    assert made.incident_update.new_incident_status.category == "closed"
    assert not isinstance(made.incident_update.new_severity, Unset)
    assert made.incident_update.new_severity.name == "Critical"
    assert incident_updates_v2_create.sync(client=client, body=body) == made


def test_it_understands_that_an_update_is_refused(client: AuthenticatedClient) -> None:
    body = IncidentUpdatesCreatePayloadV2(idempotency_key="key", incident_id=create(client).id)
    refusal = incident_updates_v2_create.sync(client=client, body=body)
    assert isinstance(refusal, ErrorResponse)
    assert (refusal.status, refusal.errors[0].code) == (422, "is_required")


def test_it_lists_incidents_by_mode_and_status(client: AuthenticatedClient) -> None:
    create(client)
    test = create(client, "test")
    result = incidents_v2_list.sync(
        client=client,
        mode=IncidentsV2ListMode.from_dict({"one_of": ["test"]}),
        status_category=IncidentsV2ListStatusCategory.from_dict({"one_of": ["live"]}),
    )
    assert isinstance(result, IncidentsListResultV2)
    assert [incident.id for incident in result.incidents] == [test.id]
    assert not isinstance(result.pagination_meta, Unset)
    assert result.pagination_meta.total_record_count == 1


def test_it_reads_the_identity_and_the_reference_data(client: AuthenticatedClient) -> None:
    identity = utilities_v1_identity.sync(client=client)
    assert isinstance(identity, UtilitiesIdentityResultV1)
    assert "incident_creator" in identity.identity.roles
    statuses = incident_statuses_v1_list.sync(client=client)
    assert isinstance(statuses, IncidentStatusesListResultV1)
    assert len(statuses.incident_statuses) == 11
    severities = severities_v1_list.sync(client=client)
    assert isinstance(severities, SeveritiesListResultV1)
    assert len(severities.severities) == 3
    kinds = incident_types_v1_list.sync(client=client)
    assert isinstance(kinds, IncidentTypesListResultV1)
    assert [kind.name for kind in kinds.incident_types if kind.is_default] == ["Default"]
    fields = custom_fields_v2_list.sync(client=client)
    assert isinstance(fields, CustomFieldsListResultV2)
    assert {field.field_type for field in fields.custom_fields} == {
        *("text", "link", "single_select")
    }


def test_it_understands_a_validation_error(client: AuthenticatedClient) -> None:
    body = closing("01FCNDV6P870EA6S7TK1DSYDG0")
    refusal = incidents_v2_edit.sync(create(client).id, client=client, body=body)
    assert isinstance(refusal, ErrorResponse)
    assert (refusal.status, refusal.type_) == (422, "validation_error")
    assert not isinstance(refusal.errors[0].source, Unset)
    assert refusal.errors[0].source.field == "incident_status_id"


def test_it_understands_a_missing_role(sandbox: Sandbox) -> None:
    with official_client(sandbox, keys.VIEWER_ONLY) as viewer:
        refusal = incidents_v2_create.sync(client=viewer, body=payload())
    assert isinstance(refusal, ErrorResponse)
    assert (refusal.status, refusal.type_) == (403, "resource_forbidden")
    assert not isinstance(refusal.errors[0].metadata, Unset)
    assert refusal.errors[0].metadata["scope"] == "incidents.create"


@pytest.mark.parametrize("form", ["seconds", "rfc3339", "body_only", "none"])
def test_it_understands_a_rate_limit(
    sandbox: Sandbox, client: AuthenticatedClient, form: str
) -> None:
    sandbox.faults.add("rate_limited", retry_after=form)
    refusal = incidents_v2_create.sync(client=client, body=payload())
    assert isinstance(refusal, ErrorResponse)
    assert refusal.status == 429
