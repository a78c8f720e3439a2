import pytest

from sandbox.server import Sandbox
from tests.sandbox.api import Api, problem


def references(api: Api, query: str = "") -> list[str]:
    incidents = api.get(f"/v2/incidents?{query}").json()["incidents"]
    return [incident["reference"] for incident in incidents]


def test_test_incidents_are_hidden_unless_their_mode_is_asked_for(api: Api) -> None:
    for mode in ("standard", "retrospective", "test", "tutorial"):
        api.created(mode, mode=mode)
    assert references(api) == ["INC-2", "INC-1"]
    assert references(api, "mode[one_of]=test") == ["INC-3"]
    assert references(api, "mode%5Bone_of%5D=test&mode%5Bone_of%5D=standard") == ["INC-3", "INC-1"]


def test_incidents_can_be_filtered_by_status_category(sandbox: Sandbox, api: Api) -> None:
    for number in range(1, 4):
        api.created(f"key-{number}")
    sandbox.workspace.move_by_hand("2", "closed")
    assert references(api, "status_category[one_of]=live") == ["INC-3", "INC-1"]
    assert references(api, "status_category[not_in]=live") == ["INC-2"]
    both = "status_category[one_of]=live&status_category[one_of]=closed"
    assert references(api, both) == ["INC-3", "INC-2", "INC-1"]


def test_pages_follow_one_another_until_all_were_seen(api: Api) -> None:
    for number in range(1, 6):
        api.created(f"key-{number}")
    seen, after = [], ""
    while after is not None:
        body = api.get(f"/v2/incidents?page_size=2&after={after}").json()
        seen += [incident["reference"] for incident in body["incidents"]]
        assert body["pagination_meta"]["total_record_count"] == 5
        after = body["pagination_meta"].get("after")
    assert seen == ["INC-5", "INC-4", "INC-3", "INC-2", "INC-1"]


def test_the_oldest_can_come_first(api: Api) -> None:
    api.created("key-1")
    api.created("key-2")
    assert references(api, "sort_by=created_at_oldest_first") == ["INC-1", "INC-2"]


@pytest.mark.parametrize("size", ["0", "251", "many"])
def test_a_page_size_out_of_bounds_is_refused(api: Api, size: str) -> None:
    response = api.get(f"/v2/incidents?page_size={size}")
    assert response.status_code == 422
    assert problem(response)["source"]["field"] == "page_size"
