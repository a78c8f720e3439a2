"""Every path as every role: nothing is open by accident, and reading is not configuring."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

OPEN = ("accounts/", "api/", "healthz", "readyz", "favicon.ico", "robots.txt", "admin/login/")
CONFIGURING = [
    "/alerts/destinations/new/",
    "/alerts/destinations/new/incident_io/",
    "/alerts/rules/new/",
    "/alerts/schedules/new/",
    "/alerts/blackouts/new/",
]
READING = [
    "/alerts/",
    "/alerts/history/",
    "/alerts/destinations/",
    "/alerts/rules/",
    "/alerts/quiet-times/",
    "/alerts/rules/explain/",
    "/help/",
]

pytestmark = pytest.mark.django_db


def _paths(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[str]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _paths(pattern.url_patterns, path)
        else:
            yield path


def _ours() -> list[str]:
    """All paths but the admin's own, with something put in for their parameters."""
    patterns = get_resolver().url_patterns
    filled = [
        path.replace("<uuid:pk>", str(uuid4()))
        .replace("<int:pk>", "7")
        .replace("<slug:kind>", "incident_io")
        .replace("<path:name>", "rules")
        for path in _paths(patterns)
        if not path.startswith("admin/") or path == "admin/login/"
    ]
    return [path for path in filled if not path.startswith(OPEN)]


@pytest.mark.parametrize("method", ["get", "post"])
def test_anonymous_visitors_are_sent_to_the_login_page(client: Client, method: str) -> None:
    paths = _ours()
    assert len(paths) > 15
    for path in paths:
        answer = getattr(client, method)(f"/{path}")
        assert answer.status_code == 302, path
        assert answer["Location"].startswith("/accounts/login/"), path


def test_a_part_of_a_page_sends_the_whole_page_to_the_login(client: Client) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/alerts/rules/"}
    answer = client.post("/alerts/rules/new/", headers=headers)
    assert answer.status_code == 204
    assert answer["HX-Redirect"] == "/accounts/login/?next=/alerts/rules/"


@pytest.mark.parametrize("path", ["/healthz", "/robots.txt", "/favicon.ico", "/api/v1/docs"])
def test_some_paths_answer_everybody(client: Client, path: str) -> None:
    assert client.get(path).status_code in (200, 302)
    assert not client.get(path).headers.get("Location", "").startswith("/accounts/")


def test_the_admin_has_no_second_login_page(client: Client) -> None:
    assert client.get("/admin/login/?next=/admin/")["Location"] == ("/accounts/login/?next=/admin/")


def test_reading_needs_a_login_and_nothing_more(client: Client) -> None:
    client.force_login(User.objects.create_user("viewer"))
    for path in READING:
        assert client.get(path).status_code == 200, path


def test_configuring_needs_its_own_permission(client: Client) -> None:
    person = User.objects.create_user("person")
    client.force_login(person)
    for path in CONFIGURING:
        assert client.get(path).status_code == 403, path
        assert client.post(path).status_code in (403, 405), path
    person.user_permissions.add(Permission.objects.get(codename="alert_configuration"))
    for path in CONFIGURING:
        assert client.get(path).status_code == 200, path


def test_a_form_without_its_token_is_refused(admin_user: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)
    for path in _ours():
        assert client.post(f"/{path}").status_code in (403, 405), path
