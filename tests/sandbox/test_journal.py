from sandbox import keys
from sandbox.journal import Journal
from sandbox.server import Sandbox
from sandbox.wire import Request
from tests.sandbox.api import Api


def test_the_journal_tells_every_request_but_never_the_key(sandbox: Sandbox, api: Api) -> None:
    incident = api.created("key-1", name="Orders")
    api.get("/v2/nothing?a=b")
    response = api.get("/_sandbox/journal")
    first, second = response.json()["entries"]
    assert first["sequence"] == 1
    assert (first["method"], first["path"], first["route"]) == ("POST", "/v2/incidents", "create")
    assert (first["key"], first["idempotency_key"]) == ("full", "key-1")
    assert (first["status"], first["incident_id"]) == (200, incident["id"])
    assert first["body"] == {"idempotency_key": "key-1", "visibility": "public", "name": "Orders"}
    assert first["fault"] is None
    assert (second["status"], second["route"], second["query"]) == (404, None, "a=b")
    assert first["monotonic_time"] < second["monotonic_time"]
    assert first["wall_time"] <= second["wall_time"]
    assert keys.FULL not in response.text


def test_the_journal_can_be_read_from_a_sequence_number_on(api: Api) -> None:
    for number in range(5):
        api.created(f"key-{number}")
    entries = api.get("/_sandbox/journal?since=3").json()["entries"]
    assert [entry["sequence"] for entry in entries] == [4, 5]


def test_a_full_journal_forgets_the_oldest() -> None:
    journal = Journal(max_entries=3)
    for _ in range(5):
        journal.write(Request("GET", "/", "", {}, b"", True), None, None)
    assert [entry.sequence for entry in journal.entries()] == [3, 4, 5]
    assert [entry.sequence for entry in journal.entries(since=4)] == [5]
    assert journal.entries(since=9) == []


def test_keys_that_are_not_accepted_have_names_too(sandbox: Sandbox) -> None:
    for key in (keys.REVOKED, "inc_unheard_of", None):
        with Api(sandbox, key) as api:
            api.get("/v1/identity")
    names = [entry.key_name for entry in sandbox.journal.entries()]
    assert names == ["revoked", "unknown", None]


def test_a_fault_is_written_down(sandbox: Sandbox, api: Api) -> None:
    sandbox.faults.add("status", status=503, times=1)
    api.create()
    api.create()
    faults = [(entry.fault, entry.status) for entry in sandbox.journal.entries()]
    assert faults == [("status", 503), (None, 200)]


def test_a_request_without_an_answer_has_the_status_none(sandbox: Sandbox, api: Api) -> None:
    sandbox.faults.add("create_then_hang", seconds=0, times=2)
    for _ in range(2):
        try:
            api.create()
        except OSError:
            continue
    statuses = [entry["status"] for entry in api.get("/_sandbox/journal").json()["entries"]]
    assert statuses == ["none", "none"]
    assert api.get("/_sandbox/state").json()["requests_by_status"] == {"none": 2}


def test_all_incidents_are_listed_with_their_keys(api: Api) -> None:
    api.created("key-1", mode="test")
    api.created("key-2")
    api.created("key-2")
    incidents = api.get("/_sandbox/incidents").json()["incidents"]
    found = [(entry["idempotency_key"], entry["mode"]) for entry in incidents]
    assert found == [("key-1", "test"), ("key-2", "standard")]
    assert [entry["create_requests"] for entry in incidents] == [1, 2]


def test_the_state_counts(sandbox: Sandbox, api: Api) -> None:
    for number in (1, 2, 2, 3):
        api.created(f"key-{number}")
    api.close("1")
    api.close("99")
    assert api.get("/_sandbox/state").json() == {
        "incidents": 3,
        "idempotency_keys": 3,
        "open": 2,
        "closed": 1,
        "by_category": {"closed": 1, "live": 2},
        "requests": 6,
        "requests_by_status": {"200": 5, "404": 1},
    }


def test_a_reset_forgets_everything(sandbox: Sandbox, api: Api) -> None:
    api.created()
    sandbox.faults.add("status")
    sandbox.workspace.settings.severity_required = True
    sandbox.keys.revoke("full")
    assert api.post("/_sandbox/reset").status_code == 204
    assert api.get("/_sandbox/state").json()["requests"] == 0
    assert api.created()["reference"] == "INC-1"
