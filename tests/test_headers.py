"""The browser's defences are on, on every kind of answer."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/alerts/", "/accounts/login/", "/no/such/page", "/api/v1/docs"])
def test_every_page_carries_strict_headers(admin_client: Client, path: str) -> None:
    headers = admin_client.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "no-store" in headers["Cache-Control"]
    assert "camera=()" in headers["Permissions-Policy"]


def test_a_wrong_password_is_stopped_after_ten_tries(client: Client) -> None:
    for _ in range(10):
        last = client.post("/accounts/login/", {"username": "ada", "password": "wrong"})
    assert last.status_code == 429
    assert "Too many tries" in last.content.decode()


def test_an_error_page_shows_neither_trace_nor_secret(
    admin_user: object, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("inc_0123456789abcdef0123")

    monkeypatch.setattr("armor_incidents.health.key_ring", fail)
    client.raise_request_exception = False
    answer = client.get("/readyz")
    assert answer.status_code == 500
    page = answer.content.decode()
    assert "RuntimeError" not in page
    assert "inc_0123" not in page
    assert "<h1>" in page
