"""incident.io alerts: what its form takes for a source and a token."""

from typing import Any

import pytest
from pytest_django.fixtures import Settings

from destinations.connectors.incident_io_alerts import IncidentIoAlerts

ID = "01GW2G3V0S59R238FAHPDS1R66"
URL = f"https://api.incident.io/v2/alert_events/http/{ID}"


def form(source: str = ID, token: str = "0123456789abcdef") -> Any:
    return IncidentIoAlerts.Form(data={"source_id": source, "token": token})


@pytest.mark.parametrize("typed", [ID, URL, f" {URL}\n", f"{URL}/", f"{URL}?x=1", URL.upper()])
def test_a_source_is_its_id_or_its_url(typed: str) -> None:
    typed = typed.replace("/V2/ALERT_EVENTS/HTTP/", "/v2/alert_events/http/")
    filled = form(typed)
    assert filled.is_valid()
    assert filled.cleaned_data["source_id"] == ID


def test_a_source_may_be_at_the_operators_address(settings: Settings) -> None:
    settings.INCIDENT_IO_API_URL = "http://127.0.0.1:9100"
    filled = form(f"http://127.0.0.1:9100/v2/alert_events/http/{ID}")
    assert filled.is_valid()
    assert filled.cleaned_data["source_id"] == ID


@pytest.mark.parametrize("query", ["?token=s3cret", "?x=1&token=s3cret", "?token="])
def test_a_token_in_the_url_is_told_where_it_belongs_and_not_shown_again(query: str) -> None:
    filled = form(URL + query)
    [sentence] = filled.errors["source_id"]
    assert sentence == (
        "The token stands in this URL. Enter it under Token, and the URL without ?token=…"
    )
    assert "s3cret" not in filled.as_p()
    assert URL in filled.as_p()


@pytest.mark.parametrize(
    "typed",
    [
        f"https://evil.example/v2/alert_events/http/{ID}",
        f"https://api.incident.io.evil.example/v2/alert_events/http/{ID}",
        f"https://api.incident.io@evil.example/v2/alert_events/http/{ID}",
        f"https://api.incident.io:8443/v2/alert_events/http/{ID}",
        "https://[",
        "orders",
        f"{ID}0",
        "../../v2/incidents",
    ],
)
def test_another_address_is_an_error(typed: str) -> None:
    [sentence] = form(typed).errors["source_id"]
    assert "https://api.incident.io/v2/alert_events/http/" in sentence


@pytest.mark.parametrize(
    "path",
    [
        f"/v2/alert_events/alertmanager/{ID}",
        "/v2/alert_events/http/",
        "/v2/alert_events/http/short",
        f"/v2/alert_events/http/{ID}/more",
        f"/v1/x/../../v2/alert_events/http/{ID}",
        "/v2/incidents",
    ],
)
def test_the_url_of_something_else_is_an_error(path: str) -> None:
    [sentence] = form(f"https://api.incident.io{path}").errors["source_id"]
    assert sentence.startswith("This is not the URL of an HTTP alert source")


def test_an_api_key_in_place_of_the_token_is_remarked_upon() -> None:
    filled = form(token="inc_" + "0" * 64)
    assert filled.is_valid()
    assert filled.warnings() == [
        "This looks like an API key: an alert source has a token of its own."
    ]
    usual = form()
    assert usual.is_valid()
    assert usual.warnings() == []
