import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import ApiKey
from tests.api.client import Api

pytestmark = pytest.mark.django_db
WRITES = ["/events", "/events/batch"]


def unauthorized(api: Api) -> bool:
    answers = [
        api.post("/events", {}),
        api.get(f"/alerts/{'0' * 8}-{'0' * 4}-{'0' * 4}-{'0' * 4}-{'0' * 12}"),
    ]
    for answer in answers:
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "UNAUTHORIZED"
    return True


def test_without_a_key_there_is_a_401() -> None:
    assert unauthorized(Api(""))


@pytest.mark.parametrize(
    "token",
    ["x", "aa_live_", "aa_live_x.y", "aa_live_" + "x" * 10_000, "ключ", "aa_live_a.b.c", "."],
)
def test_a_wrong_key_is_a_401(token: str) -> None:
    ApiKey.objects.issue("real")
    assert unauthorized(Api(token))


def test_a_key_with_another_secret_is_a_401() -> None:
    key, _ = ApiKey.objects.issue("real")
    _, other = ApiKey.objects.issue("other")
    assert unauthorized(Api(f"aa_live_{key.prefix}.{other.partition('.')[2]}"))


def test_a_revoked_key_is_a_401_at_once() -> None:
    key, token = ApiKey.objects.issue("real")
    assert Api(token).post("/events", {}).status_code == 422
    ApiKey.objects.filter(pk=key.pk).update(revoked_at=timezone.now())
    assert unauthorized(Api(token))


def test_a_key_in_the_address_or_a_cookie_is_no_key() -> None:
    _, token = ApiKey.objects.issue("real")
    http = Client()
    http.cookies["Authorization"] = f"Bearer {token}"
    for path in (f"/api/v1/events?key={token}", f"/api/v1/events?Authorization=Bearer%20{token}"):
        assert http.post(path, {}, content_type="application/json").status_code == 401


def test_a_session_opens_no_door_of_the_api(admin_client: Client) -> None:
    answer = admin_client.post("/api/v1/events", {}, content_type="application/json")
    assert answer.status_code == 401


@pytest.mark.parametrize("path", WRITES)
def test_a_read_only_key_may_not_write(reader: Api, path: str) -> None:
    answer = reader.post(path, {})
    assert answer.status_code == 403
    assert answer.json()["error"]["details"] == {
        "required_scope": "read-write",
        "current_scope": "read-only",
    }


def test_a_read_only_key_may_read(reader: Api, api: Api) -> None:
    alert_id = api.report().json()["data"]["alert_id"]
    assert reader.get(f"/alerts/{alert_id}").status_code == 200
    assert reader.get(f"/alerts/{alert_id}/deliveries").status_code == 200
    assert reader.post(f"/alerts/{alert_id}/resolve").status_code == 403


def test_no_csrf_token_is_asked_for() -> None:
    _, token = ApiKey.objects.issue("real")
    api = Api(token)
    api.http = Client(enforce_csrf_checks=True)
    assert api.report().status_code == 202
