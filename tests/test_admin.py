"""The admin for support staff: everything is found, history cannot be changed, no secret shows."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from alerts import ingest
from alerts.events import Event
from alerts.models import Alert, Delivery, Rule
from destinations.models import Destination
from sandbox.keys import FULL

HISTORY = ["alert", "event", "delivery", "attempt"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def destination(admin_user: User) -> Destination:
    destination = Destination(kind="incident_io", name="On-call")
    destination.set_secret("api_key", FULL, admin_user)
    destination.save()
    rule = Rule.objects.create(name="All")
    rule.destinations.add(destination)
    ingest.record(Event(event_type="custom", title="Late", asset="orders", event_id="e-1"))
    return destination


def test_every_list_opens_and_searches(admin_client: Client, destination: Destination) -> None:
    for model in admin.site._registry:
        path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        assert admin_client.get(path).status_code == 200, path
        assert admin_client.get(path, {"q": "orders"}).status_code == 200, path


def test_every_row_opens(admin_client: Client, destination: Destination) -> None:
    for row in (destination, Rule.objects.get(), Alert.objects.get(), Delivery.objects.get()):
        name = f"admin:{row._meta.app_label}_{row._meta.model_name}_change"
        assert admin_client.get(reverse(name, args=[row.pk])).status_code == 200


def test_a_destination_shows_no_secret_in_any_form(
    admin_client: Client, destination: Destination
) -> None:
    page = admin_client.get(
        reverse("admin:destinations_destination_change", args=[destination.pk])
    ).content.decode()
    assert FULL not in page
    assert destination.secrets["api_key"]["sealed"] not in page


@pytest.mark.parametrize("model", HISTORY)
def test_history_cannot_be_changed_even_by_a_superuser(admin_client: Client, model: str) -> None:
    assert admin_client.get(reverse(f"admin:alerts_{model}_add")).status_code == 403
    page = admin_client.get(reverse(f"admin:alerts_{model}_changelist")).content.decode()
    assert "delete_selected" not in page


def test_the_admin_asks_for_the_same_permission_as_the_pages(
    client: Client, destination: Destination
) -> None:
    staff = User.objects.create_user("staff", is_staff=True)
    staff.user_permissions.add(
        *Permission.objects.filter(codename__in=["view_destination", "change_destination"])
    )
    client.force_login(staff)
    path = reverse("admin:destinations_destination_change", args=[destination.pk])
    assert client.post(path, {}).status_code == 403
    staff.user_permissions.add(Permission.objects.get(codename="alert_configuration"))
    assert client.post(path, {}).status_code == 302
    destination.refresh_from_db()
    assert not destination.is_active


def test_the_queue_has_no_admin_pages(admin_client: Client) -> None:
    assert admin_client.get("/admin/django_q/").status_code == 404
    assert not [m for m in admin.site._registry if m._meta.app_label == "django_q"]


def test_an_api_key_can_be_revoked_but_not_made(admin_client: Client) -> None:
    assert admin_client.get(reverse("admin:accounts_apikey_add")).status_code == 403
