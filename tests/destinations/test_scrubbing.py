import pytest

from destinations.scrubbing import MASK, scrub, storable

SECRET = "s3cr3t/with+odd chars&more"


@pytest.mark.parametrize(
    "text",
    [
        f"key {SECRET} is wrong",
        "https://x/?key=s3cr3t%2Fwith%2Bodd%20chars%26more&x=1",
        "key=s3cr3t%2Fwith%2Bodd+chars%26more",
    ],
)
def test_a_known_secret_is_blanked_however_it_is_spelled(text: str) -> None:
    scrubbed = scrub(text, [SECRET])
    assert MASK in scrubbed
    assert "s3cr3t" not in scrubbed


def test_the_longer_of_two_secrets_is_blanked_whole() -> None:
    assert scrub("abcdefgh", ["abcd", "abcdefgh"]) == MASK


def test_a_very_short_secret_would_blank_half_the_text() -> None:
    assert scrub("a cat sat", ["a", "", "cat"]) == "a cat sat"


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        ("Authorization: Bearer abcdefgh12345678", "Authorization: Bearer [secret]"),
        ("authorization: basic dXNlcjpwYXNzd29yZA==", "authorization: basic [secret]"),
        ("key inc_0123456789abcdef0123", "key [secret]"),
        ("key aa_live_abcdefghi.jklmnopqrstu", "key [secret]"),
    ],
)
def test_what_looks_like_a_secret_is_blanked_unasked(text: str, scrubbed: str) -> None:
    assert scrub(text) == scrubbed


@pytest.mark.parametrize(
    "text",
    ["HTTP 401: Unauthorized", "bearer of news", "INC-123", "include inc_type", "basic checks"],
)
def test_other_text_stays(text: str) -> None:
    assert scrub(text, [SECRET]) == text


def test_what_no_database_can_hold_is_replaced() -> None:
    assert storable("a\x00b\ud800c☃") == "a\ufffdb?c☃"
