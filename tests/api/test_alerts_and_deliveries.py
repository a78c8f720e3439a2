import uuid

import pytest

from alerts.models import Activity, Alert, Delivery, DeliveryState
from tests.alerts.factories import a_destination, a_rule, drain
from tests.api.client import Api

CONTRACT = {
    "id",
    "destination",
    "action",
    "state",
    "reason",
    "idempotency_key",
    "external_id",
    "reference",
    "link",
    "next_attempt_at",
    "attempts",
}
ATTEMPT_CONTRACT = {
    "number",
    "started_at",
    "duration_ms",
    "outcome",
    "status_code",
    "error",
    "request_id",
}


@pytest.fixture
def alert_id(api: Api) -> str:
    a_rule(a_destination())
    return str(api.report(changes=[{"change_type": "column_added"}]).json()["data"]["alert_id"])


def test_an_alert_can_be_read(api: Api, alert_id: str) -> None:
    data = api.get(f"/alerts/{alert_id}").json()["data"]
    assert (data["id"], data["status"], data["schema"]) == (alert_id, "triggered", "")
    assert data["changes"][0]["change_type"] == "column_added"


def test_its_deliveries_show_every_attempt(api: Api, alert_id: str, sandbox: object) -> None:
    drain(Delivery.objects.get().destination)
    api.post(f"/alerts/{alert_id}/resolve")
    create, close = api.get(f"/alerts/{alert_id}/deliveries").json()["data"]
    assert set(create) >= CONTRACT
    assert (create["action"], create["state"]) == ("create", "delivered")
    assert (close["action"], close["state"], close["attempts"]) == ("close", "pending", [])
    (attempt,) = create["attempts"]
    assert set(attempt) == ATTEMPT_CONTRACT
    assert (attempt["number"], attempt["outcome"], attempt["status_code"]) == (1, "success", 200)


@pytest.mark.parametrize(("path", "state"), [("resolve", "resolved"), ("dismiss", "dismissed")])
def test_an_alert_can_be_ended(api: Api, alert_id: str, path: str, state: str) -> None:
    answer = api.post(f"/alerts/{alert_id}/{path}", {"note": "a migration"})
    assert answer.json()["data"]["status"] == state
    activity = Activity.objects.get(kind=state)
    assert (activity.actor, activity.note) == ("API key dbt", "a migration")
    assert api.post(f"/alerts/{alert_id}/{path}").status_code == 200
    assert Activity.objects.filter(kind=state).count() == 1


@pytest.mark.parametrize("note", ['"a\\u0000b"', '"\\ud800"', "5", "[]", '"' + "x" * 8193 + '"'])
def test_an_odd_note_is_refused(api: Api, alert_id: str, note: str) -> None:
    answer = api.post(f"/alerts/{alert_id}/resolve", f'{{"note": {note}}}'.encode())
    assert answer.status_code == 422
    assert Alert.objects.get().ended_at is None


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 5000])
def test_an_ending_that_is_no_json_is_a_400(api: Api, alert_id: str, body: bytes) -> None:
    assert api.post(f"/alerts/{alert_id}/resolve", body).status_code == 400
    assert Alert.objects.get().ended_at is None


def test_a_delivery_is_sent_again_with_its_key(api: Api, alert_id: str) -> None:
    Delivery.objects.update(state=DeliveryState.FAILED, next_attempt_at=None)
    delivery = Delivery.objects.get()
    answer = api.post(f"/deliveries/{delivery.pk}/retries")
    assert answer.status_code == 202
    data = answer.json()["data"]
    assert (data["state"], data["idempotency_key"]) == ("pending", delivery.idempotency_key)
    assert data["next_attempt_at"] is not None


def test_what_cannot_be_sent_is_a_409_that_says_why(api: Api, alert_id: str) -> None:
    api.post(f"/alerts/{alert_id}/resolve")
    answer = api.post(f"/deliveries/{Delivery.objects.get(action='create').pk}/retries")
    assert answer.status_code == 409
    assert "has ended" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/alerts/{}"),
        ("get", "/alerts/{}/deliveries"),
        ("post", "/alerts/{}/resolve"),
        ("post", "/alerts/{}/dismiss"),
        ("post", "/deliveries/{}/retries"),
    ],
)
def test_what_is_not_there_is_a_404_that_tells_nothing(
    api: Api, alert_id: str, method: str, path: str
) -> None:
    unknown = str(uuid.uuid4())
    answer = getattr(api, method)(path.format(unknown))
    assert answer.status_code == 404
    error = answer.json()["error"]
    assert error["code"] == "NOT_FOUND"
    assert unknown not in str(error)


@pytest.mark.parametrize("path", ["/alerts/1", "/alerts/x/deliveries", "/nothing", "/alerts/"])
def test_an_unknown_path_is_a_404(api: Api, path: str) -> None:
    assert api.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/events", "/events/batch"])
def test_events_cannot_be_read(api: Api, path: str) -> None:
    assert api.get(path).status_code == 405


def test_a_bug_is_a_500_in_the_same_form_that_tells_nothing(
    api: Api, alert_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(*args: object) -> None:
        raise RuntimeError("canary-4711")

    monkeypatch.setattr("alerts.api._alert", explode)
    answer = api.get(f"/alerts/{alert_id}")
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "SERVER_ERROR"
    assert "canary" not in answer.content.decode()
    assert Alert.objects.count() == 1
