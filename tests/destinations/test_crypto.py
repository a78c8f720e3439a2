import base64
import os

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django.fixtures import Settings

from armor_incidents.environment import new_encryption_key
from destinations.crypto import KeyRing, SecretUnreadable, key_id, key_ring, parse_key

SECRET = "inc_0123456789"
PLACE = "armor_incidents:destination:1:api_key:v1"


@pytest.fixture
def ring() -> KeyRing:
    return KeyRing([os.urandom(32)])


def test_what_is_sealed_opens_again(ring: KeyRing) -> None:
    for text in (SECRET, "", "ünï ☃ \x00", "x" * 10_000):
        assert ring.unseal(ring.seal(text, PLACE), PLACE) == text


def test_it_does_not_open_in_another_place(ring: KeyRing) -> None:
    with pytest.raises(SecretUnreadable, match="belongs to another row"):
        ring.unseal(ring.seal(SECRET, PLACE), PLACE.replace("1", "2"))


def test_it_never_seals_twice_alike_and_never_shows_the_text(ring: KeyRing) -> None:
    tokens = {ring.seal(SECRET, PLACE) for _ in range(200)}
    assert len({token.split(":")[2] for token in tokens}) == 200
    assert not any(SECRET in token for token in tokens)


def test_every_changed_character_is_noticed(ring: KeyRing) -> None:
    token = ring.seal(SECRET, PLACE)
    for place in range(len(token) - 1):  # the last one may hold bits that mean nothing
        other = "A" if token[place] != "A" else "B"
        with pytest.raises(SecretUnreadable):
            ring.unseal(token[:place] + other + token[place + 1 :], PLACE)


@pytest.mark.parametrize("token", ["", "v1", "v1:::", "v2:a:b:c", "☃:☃:☃:☃", "v1:" + "x" * 5000])
def test_nonsense_is_unreadable_and_is_not_repeated(ring: KeyRing, token: str) -> None:
    with pytest.raises(SecretUnreadable) as caught:
        ring.unseal(token, PLACE)
    assert not token or token not in str(caught.value)


def test_another_key_does_not_open_it(ring: KeyRing) -> None:
    with pytest.raises(SecretUnreadable, match="not in DATA_ENCRYPTION_KEYS"):
        KeyRing([os.urandom(32)]).unseal(ring.seal(SECRET, PLACE), PLACE)


def test_a_new_first_key_seals_and_the_old_one_still_opens() -> None:
    old, new = os.urandom(32), os.urandom(32)
    token = KeyRing([old]).seal(SECRET, PLACE)
    both = KeyRing([new, old])
    assert both.unseal(token, PLACE) == SECRET
    assert not both.is_current(token)
    fresh = both.seal(SECRET, PLACE)
    assert both.is_current(fresh)
    assert KeyRing([new]).unseal(fresh, PLACE) == SECRET


def test_a_keys_name_tells_nothing_of_it() -> None:
    key = os.urandom(32)
    assert len(key_id(key)) == 8
    assert key_id(key) not in key.hex()


def test_a_key_may_be_written_in_three_ways() -> None:
    key = bytes(range(200, 232))
    assert parse_key(base64.b64encode(key).decode()) == key
    assert parse_key(base64.urlsafe_b64encode(key).decode() + "\n") == key
    assert parse_key(key.hex()) == key


@pytest.mark.parametrize(
    "text",
    [
        "",
        "short",
        "not base64 at all!" * 3,
        base64.b64encode(b"x" * 31).decode(),
        base64.b64encode(bytes(range(33))).decode(),
        base64.b64encode(b"\0" * 32).decode(),
        base64.b64encode(b"ab" * 16).decode(),
        "0" * 64,
        "zz" * 32,
    ],
)
def test_a_weak_or_malformed_key_stops_the_start(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="openssl rand -base64 32") as caught:
        parse_key(text)
    assert len(text) < 5 or text not in str(caught.value)


def test_the_ring_follows_the_settings(settings: Settings) -> None:
    settings.DATA_ENCRYPTION_KEYS = [new_encryption_key()]
    token = key_ring().seal(SECRET, PLACE)
    settings.DATA_ENCRYPTION_KEYS = [new_encryption_key()]
    with pytest.raises(SecretUnreadable):
        key_ring().unseal(token, PLACE)
