import re

import pytest

from sandbox.server import Sandbox
from tests.sandbox.api import Api


def test_the_page_lists_the_newest_incident_first(api: Api) -> None:
    api.created("key-1", name="First")
    api.created("key-2", name="Second", mode="test")
    api.created("key-2")
    rows = re.findall(r"<tr><td>.*?</tr>", api.get("/").text)
    assert len(rows) == 2
    for part in (
        "INC-2",
        "Second",
        "Investigating",
        "test",
        '<a href="/incidents/2">',
        "<td>2</td>",
    ):
        assert part in rows[0]
    assert "First" in rows[1]


def test_an_empty_page_says_how_an_incident_comes_to_be(api: Api) -> None:
    assert "appears here" in api.get("/").text


def test_the_permalink_shows_the_summary_and_what_happened(api: Api) -> None:
    incident = api.created(name="Orders is stale", summary="2 h late")
    api.edit(incident["id"], summary="3 h late")
    api.close(incident["id"])
    page = api.get(incident["permalink"].removeprefix(api.url))
    assert page.status_code == 200
    for part in ("INC-1", "Orders is stale", "3 h late", "opened it", "edited summary", "moved it"):
        assert part in page.text


def test_the_permalink_has_the_host_that_was_asked(sandbox: Sandbox, api: Api) -> None:
    api.session.headers["Host"] = "sandbox.test:9100"
    assert api.created()["permalink"] == "http://sandbox.test:9100/incidents/1"


def test_text_from_outside_stays_text(api: Api) -> None:
    attack = "<script>alert(1)</script>"
    api.created(attack, name=attack, summary=attack)
    for path in ("/", "/incidents/1"):
        assert "<script" not in api.get(path).text


def test_the_style_is_served_and_nothing_else_may_load(api: Api) -> None:
    assert api.get("/_sandbox/style.css").headers["Content-Type"] == "text/css"
    policy = api.get("/").headers["Content-Security-Policy"]
    assert policy == "default-src 'none'; style-src 'self'; form-action 'self'"


@pytest.mark.parametrize(
    ("label", "category"),
    [("Close", "closed"), ("Decline", "declined"), ("Merge", "merged"), ("Cancel", "canceled")],
)
def test_a_person_can_end_an_incident_with_a_button(
    sandbox: Sandbox, api: Api, label: str, category: str
) -> None:
    api.created()
    page = api.get("/incidents/1").text
    assert f'<button name="category" value="{category}">{label}</button>' in page
    (action,) = re.findall(r'<form method="post" action="([^"]+)"', page)
    response = api.session.post(api.url + action, data={"category": category}, timeout=5)
    assert response.url == f"{api.url}/incidents/1"
    assert "A person" in response.text
    assert sandbox.workspace.find("1").category == category
    assert "<form" not in response.text


def test_a_test_can_act_as_a_person_with_json(sandbox: Sandbox, api: Api) -> None:
    incident = api.created()
    path = f"/_sandbox/incidents/{incident['id']}/status"
    response = api.post(path, {"category": "learning"})
    assert response.json()["incident"]["incident_status"]["category"] == "learning"
    assert api.post(path, {"category": "lost"}).status_code == 422
    assert api.post("/_sandbox/incidents/9/status", {"category": "closed"}).status_code == 404
