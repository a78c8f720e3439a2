import uuid

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from pytest_django.fixtures import Settings

from armor_incidents.environment import new_encryption_key
from destinations.crypto import SecretUnreadable
from destinations.errors import NeedsAttention, Outcome
from destinations.models import Destination
from sandbox import keys

pytestmark = pytest.mark.django_db


def a_destination(name: str = "On-call") -> Destination:
    destination = Destination(kind="incident_io", name=name)
    destination.set_secret("api_key", keys.FULL)
    destination.save()
    return destination


def test_a_secret_is_stored_sealed_only() -> None:
    stored = Destination.objects.get(pk=a_destination().pk)
    assert stored.unseal("api_key") == keys.FULL
    assert keys.FULL not in str(stored.secrets)
    assert keys.FULL not in f"{stored} {stored!r} {vars(stored)}"


def test_it_says_how_the_key_ends_and_who_set_it() -> None:
    destination = Destination(kind="incident_io")
    destination.set_secret("api_key", keys.FULL, by=User(username="ada"))
    entry = destination.secrets["api_key"]
    assert (entry["hint"], entry["set_by"]) == (keys.FULL[-4:], "ada")


@pytest.mark.parametrize(("length", "hint"), [(1, 0), (19, 0), (20, 4), (68, 4)])
def test_a_short_secret_gives_no_hint(length: int, hint: int) -> None:
    destination = Destination(kind="incident_io")
    destination.set_secret("api_key", "x" * length)
    assert len(destination.secrets["api_key"]["hint"]) == hint


def test_a_sealed_secret_does_not_open_in_another_row_or_field() -> None:
    one, two = a_destination("One"), a_destination("Two")
    two.secrets = one.secrets
    with pytest.raises(SecretUnreadable):
        two.unseal("api_key")
    one.secrets["other"] = one.secrets["api_key"]
    with pytest.raises(SecretUnreadable):
        one.unseal("other")


def test_an_unreadable_secret_needs_attention(settings: Settings) -> None:
    destination = a_destination()
    assert destination.is_readable()
    settings.DATA_ENCRYPTION_KEYS = [new_encryption_key()]
    assert not destination.is_readable()
    with pytest.raises(NeedsAttention, match="cannot be read") as caught:
        destination.connector()
    assert caught.value.outcome == Outcome.SECRET_UNREADABLE
    assert caught.value.advice


def test_resealing_uses_the_first_key_and_is_done_once(settings: Settings) -> None:
    old, new = new_encryption_key(), new_encryption_key()
    settings.DATA_ENCRYPTION_KEYS = [old]
    destination = a_destination()
    assert not destination.reseal("api_key")
    settings.DATA_ENCRYPTION_KEYS = [new, old]
    assert destination.reseal("api_key")
    assert not destination.reseal("api_key")
    settings.DATA_ENCRYPTION_KEYS = [new]
    assert destination.unseal("api_key") == keys.FULL


def test_a_new_key_takes_away_the_need_for_attention() -> None:
    destination = a_destination()
    destination.attention = "HTTP 401: Unauthorized"
    before = destination.secrets_changed_at
    destination.set_secret("api_key", keys.NO_OPT_OUT)
    assert (destination.attention, destination.attention_at) == ("", None)
    assert destination.secrets_changed_at > before


def test_a_name_is_unique_among_those_that_are_alive() -> None:
    first = a_destination()
    twin = Destination(kind="incident_io", name=first.name)
    with pytest.raises(ValidationError, match="already a destination with this name"):
        twin.full_clean()
    first.delete_softly()
    twin.full_clean()
    assert list(Destination.objects.alive()) == []


def test_a_deleted_one_keeps_its_row_and_forgets_its_secrets() -> None:
    destination = a_destination()
    destination.delete_softly()
    stored = Destination.objects.get()
    assert (stored.secrets, stored.is_active) == ({}, False)
    assert stored.deleted_at is not None


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValidationError, match="not a valid choice"):
        Destination(id=uuid.uuid4(), kind="fax", name="Fax").full_clean()
