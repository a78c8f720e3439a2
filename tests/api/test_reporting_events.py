from alerts.models import Alert, Event
from tests.alerts.factories import a_destination, a_rule
from tests.api.client import EVENT, Api


def test_an_event_is_accepted_with_its_alert(api: Api) -> None:
    a_rule(a_destination())
    answer = api.report()
    alert = Alert.objects.get()
    assert answer.status_code == 202
    assert answer.json() == {
        "data": {"event_id": "e-1", "alert_id": str(alert.pk), "status": "accepted"}
    }


def test_an_event_that_no_rule_wants_is_unmatched(api: Api) -> None:
    assert api.report().json()["data"]["status"] == "unmatched"


def test_a_repeat_of_the_event_id_is_a_duplicate(api: Api) -> None:
    first, again = api.report().json()["data"], api.report().json()["data"]
    assert again == {**first, "status": "duplicate"}


def test_a_resolved_event_for_nothing_names_no_alert(api: Api) -> None:
    data = api.report(status="resolved").json()["data"]
    assert (data["alert_id"], data["status"]) == (None, "unmatched")


def test_aliases_of_event_types_and_changes_are_understood(api: Api) -> None:
    changes = [{"change_type": "Column-Dropped", "column_name": "a", "old_value": 5}]
    assert api.report(event_type="schema_drift", changes=changes).status_code == 202
    alert = Alert.objects.get()
    assert alert.event_type == "schema_change"
    assert alert.changes == [
        {
            "change_type": "column_removed",
            "column": "a",
            "object_name": "",
            "old_value": "5",
            "new_value": None,
        }
    ]


def test_only_the_required_fields_are_required(api: Api) -> None:
    assert api.post("/events", {"event_type": "custom", "title": "T", "asset_id": "1"}).json()[
        "data"
    ]["event_id"]
    alert = Alert.objects.get()
    assert (alert.severity, alert.asset, alert.changes, alert.tags) == ("warning", "", [], [])


def test_null_means_absent(api: Api) -> None:
    optional = ("description", "data_source", "schema", "asset_id", "changes", "tags", "details")
    assert api.post("/events", EVENT | dict.fromkeys(optional)).status_code == 202


def test_unknown_fields_are_ignored_and_not_kept(api: Api) -> None:
    assert api.report(rows=[{"ssn": "078-05-1120"}]).status_code == 202
    assert "078-05-1120" not in str(Event.objects.get().body)


def test_a_batch_is_answered_in_its_order(api: Api) -> None:
    batch = [EVENT | {"event_id": f"e-{number}", "asset": f"t{number}"} for number in range(5)]
    answer = api.post("/events/batch", {"events": [*batch, batch[0]]})
    results = answer.json()["data"]["results"]
    assert answer.status_code == 202
    assert [result["event_id"] for result in results] == [*(f"e-{n}" for n in range(5)), "e-0"]
    assert [result["status"] for result in results] == ["unmatched"] * 5 + ["duplicate"]


def test_one_wrong_event_refuses_the_whole_batch_and_is_named(api: Api) -> None:
    batch = [EVENT, EVENT | {"event_id": "e-2", "severity": "grave"}]
    answer = api.post("/events/batch", {"events": batch})
    assert answer.status_code == 422
    (detail,) = answer.json()["error"]["details"]
    assert detail["field"] == "events.1.severity"
    assert not Event.objects.exists()


def test_a_thousand_events_are_taken_and_one_more_is_not(api: Api) -> None:
    event = {"event_type": "custom", "title": "T", "asset": "t"}
    answer = api.post("/events/batch", {"events": [event] * 1000})
    assert answer.status_code == 202
    assert len(answer.json()["data"]["results"]) == 1000
    assert Alert.objects.get().count == 1000
    refused = api.post("/events/batch", {"events": [event] * 1001})
    assert refused.status_code == 422
    assert refused.json()["error"]["details"][0]["field"] == "events"
    assert Event.objects.count() == 1000


def test_an_empty_batch_is_taken(api: Api) -> None:
    answer = api.post("/events/batch", {"events": []})
    assert (answer.status_code, answer.json()) == (202, {"data": {"results": []}})
