"""Drafts: what was typed, sealed for one user, kind and field, for half an hour."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone

from destinations import drafts

ADA, BOB = User(pk=1, username="ada"), User(pk=2, username="bob")


@pytest.fixture
def token() -> str:
    return drafts.seal("inc_1234", ADA, "incident_io", "api_key")


def test_a_draft_opens_for_its_user_kind_and_field(token: str) -> None:
    assert "inc_1234" not in token
    assert drafts.unseal(token, ADA, "incident_io", "api_key") == "inc_1234"


def test_a_draft_stays_shut_for_another_user(token: str) -> None:
    assert drafts.unseal(token, BOB, "incident_io", "api_key") == ""


@pytest.mark.parametrize(("kind", "field"), [("slack", "api_key"), ("incident_io", "tested")])
def test_a_draft_stays_shut_for_another_kind_or_field(token: str, kind: str, field: str) -> None:
    assert drafts.unseal(token, ADA, kind, field) == ""


def test_a_draft_is_good_for_half_an_hour(token: str) -> None:
    with time_machine.travel(timezone.now() + timedelta(minutes=29), tick=False):
        assert drafts.unseal(token, ADA, "incident_io", "api_key") == "inc_1234"
    with time_machine.travel(timezone.now() + timedelta(minutes=31), tick=False):
        assert drafts.unseal(token, ADA, "incident_io", "api_key") == ""


@pytest.mark.parametrize("forged", ["", "x", "v1:a:b:c", "v1:::", "é:é:é:é", "v2:a:b:c"])
def test_what_is_no_draft_opens_to_nothing(forged: str) -> None:
    assert drafts.unseal(forged, ADA, "incident_io", "api_key") == ""
