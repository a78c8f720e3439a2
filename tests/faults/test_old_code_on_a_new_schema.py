"""While a deploy is under way, yesterday's code works on today's tables, and nothing that waits is
lost on the way there or back."""

import datetime
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from alerts.models import Alert, Delivery, DeliveryState
from destinations.models import Destination
from sandbox.server import Sandbox
from tests.alerts.factories import alerts, create_of, drain

pytestmark = pytest.mark.django_db(transaction=True)
APP = "alerts"
VERSIONS = sorted(name for app, name in MigrationLoader(None).disk_migrations if app == APP)


@pytest.fixture
def back_to_today() -> Iterator[None]:
    yield
    call_command("migrate", APP, verbosity=0)


def code_of(version: str) -> Any:
    """The models as they were then; they know no column that came later."""
    state = MigrationExecutor(connection).loader.project_state((APP, version))
    return state.apps


@pytest.mark.parametrize("version", VERSIONS)
def test_a_row_that_old_code_writes_is_delivered(
    sandbox: Sandbox, destination: Destination, version: str
) -> None:
    model = create_of(alerts(1)[0])
    drain(destination)
    old = code_of(version)
    now = datetime.datetime.now(datetime.UTC)
    alert = old.get_model(APP, "Alert").objects.create(
        fingerprint="f", open_fingerprint="f", event_type="custom", severity="critical",
        title="Written by yesterday's code", occurred_at=now, last_event_at=now,
    )  # fmt: skip
    old.get_model(APP, "Delivery").objects.create(
        alert=alert, destination_id=destination.pk, action="create", event_type="custom",
        idempotency_key="yesterday", message=model.message | {"idempotency_key": "yesterday"},
        next_attempt_at=now,
    )  # fmt: skip
    drain(destination)
    assert create_of(Alert.objects.get(pk=alert.pk)).state == DeliveryState.DELIVERED
    assert sandbox.journal.requests_with_key("yesterday") == 1


@pytest.mark.usefixtures("back_to_today")
@pytest.mark.parametrize("version", VERSIONS[:-1])
def test_what_waits_survives_the_way_back_and_forth(
    sandbox: Sandbox, destination: Destination, version: str
) -> None:
    sandbox.faults.add("status", status=503, times=1)
    sandbox.faults.add("status", status=422, times=1)
    for count in (1, 2, 3):  # a retry that waits, one that has failed, one that is delivered
        alerts(count)
        drain(destination)
    alerts(5)
    before = rows()
    assert len({row[1] for row in before}) == 3
    call_command("migrate", APP, version, verbosity=0)
    call_command("migrate", APP, verbosity=0)
    assert rows() == before
    drain(destination)
    assert not Delivery.objects.filter(state=DeliveryState.PENDING, failure_count=0).exists()


def rows() -> list[tuple[Any, ...]]:
    columns = ("pk", "state", "idempotency_key", "attempt_count", "next_attempt_at", "external_id")
    return list(Delivery.objects.order_by("pk").values_list(*columns))
