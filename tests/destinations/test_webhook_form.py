"""Webhook: what its form takes, and what it refuses before anything is stored."""

import base64

import pytest

from destinations.connectors.webhook import Webhook

SECRET = Webhook.EXAMPLE["signing_secret"]


def form(**values: str) -> Webhook.Form:
    return Webhook.Form(data={"url": "https://hooks.example.com/x"} | values)


def secret_of(length: int) -> str:
    return "whsec_" + base64.b64encode(b"k" * length).decode()


@pytest.mark.parametrize("name", ["signing_secret", "previous_signing_secret"])
@pytest.mark.parametrize(
    "secret",
    [
        secret_of(23),
        secret_of(65),
        secret_of(32).removeprefix("whsec_"),
        secret_of(32)[:-3] + "%%=",
        "whsec_",
        "whsec_" + "A" * 41,
        "whsec_ключ" + "A" * 40,
        "whsec_" + "_-" * 20,
        "whpk_" + "A" * 44,
    ],
)
def test_what_cannot_sign_is_refused(name: str, secret: str) -> None:
    filled = form(**{name: secret})
    assert list(filled.errors) == [name]
    assert "openssl rand -base64 32" in filled.errors[name][0]
    assert secret.removeprefix("whsec_")[:8] not in filled.errors[name][0] or secret == "whsec_"


@pytest.mark.parametrize("length", [24, 32, 64])
def test_24_to_64_bytes_are_taken(length: int) -> None:
    assert form(signing_secret=secret_of(length)).is_valid()


@pytest.mark.parametrize(
    "lines",
    [
        "no colon",
        ": no name",
        "Two words: x",
        "X-Empty:",
        "X-Empty:   ",
        " : ",
        "X-Ключ: x",
        "X-Name: ключ",
        "X-Name: caf\u00e9",
        "X-Name: zero\u200bwidth",
        "X-Name: nul\x00",
        "X-Name: tab\x07bell",
        'X"Name: x',
        "X(Name): x",
        "Host: evil.example",
        "host: evil.example",
        "Content-Length: 0",
        "Content-Type: text/plain",
        "Transfer-Encoding: chunked",
        "Connection: close",
        "Expect: 100-continue",
        "Accept-Encoding: gzip",
        "Proxy-Authorization: x",
        "webhook-id: x",
        "Webhook-Signature: v1,x",
        "webhook-anything: x",
        "X-Same: 1\nx-same: 2",
        "X-Fine: 1\nbroken",
    ],
)
def test_a_header_that_could_reach_into_the_request_is_refused(lines: str) -> None:
    filled = form(headers=lines)
    assert list(filled.errors) == ["headers"]


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\x0b", "\x0c", "\x85", "\u2028"])
@pytest.mark.parametrize("smuggled", ["Host: evil.example", "", "{}"])
def test_a_line_break_ends_a_header_and_hides_nothing(end: str, smuggled: str) -> None:
    filled = form(headers=f"X-Name: value{end}{smuggled}")
    if filled.is_valid():
        assert filled.cleaned_data["headers"] == "X-Name: value"
    else:
        assert list(filled.errors) == ["headers"]


def test_a_refused_header_is_not_repeated() -> None:
    filled = form(headers="X-API-Key: hush-hush-ключ")
    assert not filled.is_valid()
    assert "hush" not in str(filled.errors)


def test_ordinary_headers_are_taken_as_they_are() -> None:
    lines = "X-API-Key: 4f2a:9c==, and more\nAuthorization: Basic dXNlcjpwYXNz\nX-Team: data"
    filled = form(headers=f"  {lines}\r\n\r\n")
    assert filled.is_valid(), filled.errors
    assert filled.cleaned_data["headers"] == lines


@pytest.mark.parametrize("token", ["ключ-ключ", "caf\u00e9-caf\u00e9", "a\x00b", "a\x7fb"])
def test_a_token_that_cannot_be_sent_is_refused(token: str) -> None:
    assert list(form(bearer_token=token).errors) == ["bearer_token"]


def test_two_kinds_of_authorization_are_one_too_many() -> None:
    values = {"bearer_token": "abc", "headers": "authorization: Basic dXNlcg=="}
    assert list(form().problems(values)) == ["headers"]
    assert form().problems({**values, "bearer_token": ""}) == {}


def test_a_previous_secret_needs_a_present_one() -> None:
    values = {"signing_secret": "", "previous_signing_secret": SECRET}
    assert list(form().problems(values)) == ["previous_signing_secret"]
    assert form().problems({**values, "signing_secret": SECRET}) == {}
