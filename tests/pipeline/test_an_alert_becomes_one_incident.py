"""The main job with real processes: triggered, created once, resolved, closed once."""

from concurrent.futures import ThreadPoolExecutor

from tests.pipeline.system import System, event


def test_a_triggered_alert_is_created_and_a_resolved_one_is_closed(system: System) -> None:
    alert = system.trigger("orders")
    created = system.wait_until_delivered(alert, "create")
    [incident] = system.sandbox.workspace.incidents()
    assert created["external_id"] == incident.id
    assert created["reference"] == incident.reference

    answer = system.post("/events", event("orders", status="resolved"))
    assert answer.json()["data"] == {
        "event_id": answer.json()["data"]["event_id"],
        "alert_id": alert,
        "status": "accepted",
    }
    system.wait_until_delivered(alert, "close")
    assert incident.status["category"] == "closed"
    assert [
        entry.route for entry in system.sandbox.journal.entries() if entry.method == "POST"
    ] == [
        "create",
        "update",
    ]


def test_fifty_equal_events_at_the_same_time_make_one_incident(system: System) -> None:
    with ThreadPoolExecutor(16) as threads:
        alerts = set(threads.map(lambda _: system.trigger("orders"), range(50)))
    [alert] = alerts
    system.wait_until_delivered(alert, "create")
    assert system.get(f"/alerts/{alert}")["count"] == 50
    assert len(system.sandbox.workspace.incidents()) == 1


def test_a_trigger_after_the_end_opens_a_new_alert_and_a_new_incident(system: System) -> None:
    first = system.trigger("orders")
    system.wait_until_delivered(first, "create")
    system.post(f"/alerts/{first}/resolve")
    second = system.trigger("orders")
    assert second != first
    system.wait_until_delivered(second, "create")
    keys = {system.deliveries(alert)["create"]["idempotency_key"] for alert in (first, second)}
    assert len(keys) == 2
    assert len(system.sandbox.workspace.incidents()) == 2
