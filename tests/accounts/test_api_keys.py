from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts.models import ApiKey, Scope, digest

pytestmark = pytest.mark.django_db


def test_a_key_is_long_random_and_not_kept() -> None:
    tokens = {ApiKey.objects.issue("dbt")[1] for _ in range(50)}
    assert len(tokens) == 50
    for token in tokens:
        assert token.startswith("aa_live_")
        assert len(token.partition(".")[2]) >= 43
    stored = str(list(ApiKey.objects.values_list()))
    assert not any(token.partition(".")[2] in stored for token in tokens)


def test_a_key_opens_and_nothing_like_it_does() -> None:
    key, token = ApiKey.objects.issue("dbt")
    assert ApiKey.objects.authenticate(token) == key
    for wrong in (token[:-1], token + "x", token.upper(), token.removeprefix("aa_live_"), ""):
        assert ApiKey.objects.authenticate(wrong) is None


def test_the_stored_digest_is_no_key() -> None:
    key, _ = ApiKey.objects.issue("dbt")
    assert ApiKey.objects.authenticate(key.digest) is None
    assert ApiKey.objects.authenticate(f"aa_live_{key.prefix}.{key.digest}") is None
    assert len(digest("x")) == 64


def test_a_revoked_key_does_not_open() -> None:
    key, token = ApiKey.objects.issue("dbt")
    key.revoked_at = timezone.now()
    key.save()
    assert ApiKey.objects.authenticate(token) is None


def test_its_last_use_is_noted_at_most_once_a_minute(
    django_assert_num_queries: pytest.FixtureRequest,
) -> None:
    key, token = ApiKey.objects.issue("dbt")
    ApiKey.objects.authenticate(token)
    key.refresh_from_db()
    first = key.last_used_at
    assert first is not None
    with django_assert_num_queries(1):  # type: ignore[operator]
        ApiKey.objects.authenticate(token)
    with time_machine.travel(first + timedelta(seconds=61)):
        ApiKey.objects.authenticate(token)
    key.refresh_from_db()
    assert key.last_used_at is not None
    assert key.last_used_at > first


def test_only_a_read_write_key_may_write() -> None:
    assert ApiKey.objects.issue("a")[0].may_write
    assert not ApiKey.objects.issue("b", Scope.READ_ONLY)[0].may_write


def made(*arguments: str) -> str:
    out = StringIO()
    call_command("create_api_key", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_prints_the_key_alone_on_the_last_line() -> None:
    token = made("dbt production").splitlines()[-1]
    key = ApiKey.objects.authenticate(token)
    assert key is not None
    assert (key.name, key.scope) == ("dbt production", Scope.READ_WRITE)


def test_the_command_knows_two_scopes() -> None:
    made("dashboard", "--scope", "read-only")
    assert ApiKey.objects.get().scope == Scope.READ_ONLY
    with pytest.raises(CommandError):
        made("x", "--scope", "root")


def test_the_admin_shows_no_digest_and_makes_no_key(admin_client: Client) -> None:
    key, token = ApiKey.objects.issue("dbt")
    for path in ("/admin/accounts/apikey/", f"/admin/accounts/apikey/{key.pk}/change/"):
        page = admin_client.get(path).content.decode()
        assert "dbt" in page
        assert key.digest not in page
        assert token not in page
    assert admin_client.get("/admin/accounts/apikey/add/").status_code == 403


def test_the_admin_revokes(admin_client: Client) -> None:
    key, token = ApiKey.objects.issue("dbt")
    admin_client.post("/admin/accounts/apikey/", {"action": "revoke", "_selected_action": [key.pk]})
    assert ApiKey.objects.authenticate(token) is None


def test_the_queues_pages_are_not_in_the_admin(admin_client: Client) -> None:
    assert "django_q" not in admin_client.get("/admin/").content.decode().lower()
    assert admin_client.get("/admin/django_q/ormq/").status_code == 404


def first_admin(monkeypatch: pytest.MonkeyPatch, **env: str) -> str:
    for name in ("USERNAME", "PASSWORD", "EMAIL"):
        monkeypatch.delenv(f"DJANGO_SUPERUSER_{name}", raising=False)
    for name, value in env.items():
        monkeypatch.setenv(f"DJANGO_SUPERUSER_{name}", value)
    out = StringIO()
    call_command("create_first_admin", stdout=out)
    return out.getvalue()


def test_the_first_admin_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    said = first_admin(monkeypatch, USERNAME="ada", PASSWORD="analytical-engine")
    user = User.objects.get()
    assert user.is_superuser
    assert user.check_password("analytical-engine")
    assert "analytical-engine" not in said


def test_there_is_no_second_first_admin(monkeypatch: pytest.MonkeyPatch) -> None:
    first_admin(monkeypatch, USERNAME="ada", PASSWORD="analytical-engine")
    first_admin(monkeypatch, USERNAME="eve", PASSWORD="analytical-engine")
    assert User.objects.get().username == "ada"


@pytest.mark.parametrize("env", [{}, {"USERNAME": "ada"}, {"PASSWORD": "analytical-engine"}])
def test_no_admin_is_made_with_a_default(
    monkeypatch: pytest.MonkeyPatch, env: dict[str, str]
) -> None:
    assert "createsuperuser" in first_admin(monkeypatch, **env)
    assert not User.objects.exists()


def test_a_password_that_was_typed_wrong_too_often_locks_that_pair_only(client: Client) -> None:
    User.objects.create_user("ada", password="analytical-engine")
    for _ in range(10):
        client.post("/accounts/login/", {"username": "ada", "password": "wrong"})
    right = {"username": "ada", "password": "analytical-engine"}
    assert client.post("/accounts/login/", right).status_code == 429
    elsewhere = client.post("/accounts/login/", right, REMOTE_ADDR="192.0.2.1")
    assert elsewhere.status_code == 302
