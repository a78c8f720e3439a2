"""Whatever changes a destination, or speaks for it, needs the permission; an address is changed
through its own form only."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from accounts.models import ApiKey
from destinations import connectors
from destinations.connectors.base import SecretUrlField
from destinations.models import Destination
from sandbox.receiver import Receiver
from tests.alerts.factories import a_rule
from tests.pages.visitor import BACKEND, bob

ADDRESSES = [
    (kind, name)
    for kind, connector in connectors.registry.items()
    for name, field in connector.Form.base_fields.items()
    if isinstance(field, SecretUrlField)
]
OTHER = {"kind": "email", "config": '{"recipients": ["evil@example.com"]}', "secrets": "{}"}

pytestmark = pytest.mark.django_db


def a_row(kind: str, **secrets: str) -> Destination:
    destination = Destination(kind=kind, name="Mine", config={"channel": "#data"})
    for name, text in secrets.items():
        destination.set_secret(name, text)
    destination.save()
    return destination


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def row() -> dict[str, Any]:
    return dict(Destination.objects.values().get())


@pytest.mark.parametrize("kind", sorted(connectors.registry))
@pytest.mark.parametrize("action", ["save", "test", "look", "", "delete"])
def test_a_reader_posts_nothing_of_any_kind(kind: str, action: str) -> None:
    with Receiver() as receiver:
        secrets = {name: receiver.url for of, name in ADDRESSES if of == kind}
        destination = a_row(kind, **secrets)
        before, client = row(), logged_in(bob())
        path = f"/alerts/destinations/{destination.pk}/"
        typed = {"name": "Yours", "action": action, **connectors.registry[kind].EXAMPLE}
        posts = [path, f"{path}pauses/", f"{path}deletion/", f"/alerts/destinations/new/{kind}/"]
        assert [client.post(one, typed).status_code for one in posts] == [403] * len(posts)
        assert row() == before
        assert receiver.deliveries == []


@pytest.mark.parametrize("kind", sorted(connectors.registry))
def test_no_get_changes_or_sends_anything(kind: str, admin_user: User) -> None:
    with Receiver() as receiver:
        secrets = {name: receiver.url for of, name in ADDRESSES if of == kind}
        destination = a_row(kind, **secrets)
        before, client = row(), logged_in(admin_user)
        path = f"/alerts/destinations/{destination.pk}/"
        for asked in (path, f"{path}pauses/", f"{path}deletion/", f"{path}?action=test"):
            for action in ("save", "test", "look"):
                client.get(asked, {"action": action, "name": "Yours"})
                client.head(asked)
        assert row() == before
        assert receiver.deliveries == []


@pytest.mark.parametrize("kind", sorted(connectors.registry))
def test_a_guide_is_for_all_who_are_logged_in_and_for_nobody_else(kind: str) -> None:
    path = reverse("destination-guide", args=[kind])
    assert logged_in(bob()).get(path).status_code == 200
    assert logged_in(User.objects.get()).post(path).status_code == 405
    assert Client().get(path).status_code == 302


def test_the_admin_changes_neither_kind_nor_config_nor_secret() -> None:
    destination = a_row("webhook", url="https://hooks.example.com/in")
    a_rule(destination)
    before, client = row(), logged_in(User.objects.create_superuser("root"))
    path = reverse("admin:destinations_destination_change", args=[destination.pk])
    answer = client.post(path, {**OTHER, "name": "Yours", "is_active": "on", "deleted_at_0": "x"})
    assert answer.status_code == 302
    assert row() | {"updated_at": ""} == before | {"updated_at": ""}
    assert client.post(reverse("admin:destinations_destination_add"), OTHER).status_code == 403
    deletion = reverse("admin:destinations_destination_delete", args=[destination.pk])
    assert client.post(deletion, {"post": "yes"}).status_code == 403


def test_staff_without_the_permission_cannot_even_pause_there() -> None:
    destination = a_row("webhook", url="https://hooks.example.com/in")
    staff = User.objects.create_user("staff", is_staff=True)
    staff.user_permissions.add(Permission.objects.get(codename="view_destination"))
    staff.user_permissions.add(Permission.objects.get(codename="change_destination"))
    path = reverse("admin:destinations_destination_change", args=[destination.pk])
    assert logged_in(staff).post(path, {}).status_code == 403
    destination.refresh_from_db()
    assert destination.is_active


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_the_api_has_no_way_to_a_destination(method: str) -> None:
    destination = a_row("webhook", url="https://hooks.example.com/in")
    _, token = ApiKey.objects.issue("writer", scope="read-write")
    before = row()
    for path in ("/api/v1/destinations", f"/api/v1/destinations/{destination.pk}"):
        answer = getattr(Client(), method)(
            path,
            OTHER,
            content_type="application/json",
            headers={"Authorization": f"Bearer {token}"},
        )
        assert answer.status_code in (404, 405), path
    assert row() == before


def test_the_kind_in_a_form_is_that_of_the_row() -> None:
    destination = a_row("webhook", url="https://127.0.0.1/hooks/in")
    client = logged_in(User.objects.create_superuser("root"))
    client.post(
        f"/alerts/destinations/{destination.pk}/",
        {"action": "save", "name": "Mine", "kind": "email", "recipients": "evil@example.com"},
    )
    destination.refresh_from_db()
    assert (destination.kind, destination.config) == ("webhook", {})
