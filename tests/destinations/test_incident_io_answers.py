"""What is read out of incident.io's answers, in the shapes that are known of them."""

import json
from typing import Any

import pytest
from requests.structures import CaseInsensitiveDict

from destinations.errors import MalformedAnswer
from destinations.http import Answer
from destinations.vendors.incident_io import answers


def answer(status: int, *errors: dict[str, Any]) -> Answer:
    return Answer(status, CaseInsensitiveDict(), json.dumps({"errors": errors}).encode())


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ({"field": "severity_id"}, "severity_id"),
        ({"field": "custom_field_entries.0.custom_field_id"}, "custom_field_entries"),
        ({"field": "custom_field_entries[0].values"}, "custom_field_entries"),
        ({"pointer": "/custom_field_entries/0/values"}, "custom_field_entries"),
        ({"field": "", "pointer": "/incident_type_id"}, "incident_type_id"),
    ],
)
def test_a_refusal_names_a_field_by_its_path(source: dict[str, str], name: str) -> None:
    assert answers.refused_fields(answer(422, {"message": "no", "source": source})) == [name]


@pytest.mark.parametrize("source", [{}, {"field": ""}, {"field": None}, {"field": "."}, [], None])
def test_a_refusal_that_names_no_field_names_none(source: Any) -> None:
    assert answers.refused_fields(answer(422, {"message": "no", "source": source})) == []


@pytest.mark.parametrize(
    ("status", "code", "is_unknown"),
    [
        (404, "not_found", True),
        (405, "method_not_allowed", True),
        (403, "api_not_yet_available", True),
        (403, "missing_required_scope", False),
        (422, "api_not_yet_available", False),
        (500, "", False),
    ],
)
def test_a_call_that_the_account_does_not_have_is_told_from_a_refusal(
    status: int, code: str, is_unknown: bool
) -> None:
    assert answers.is_unknown_call(answer(status, {"code": code})) is is_unknown


@pytest.mark.parametrize("data", [{}, {"incident_update": {}}, {"incident_update": {"id": 7}}])
def test_an_update_without_an_id_is_none(data: dict[str, Any]) -> None:
    with pytest.raises(MalformedAnswer, match="HTTP 201, but the answer named no incident update"):
        answers.update(data)
