"""What a provider quotes comes in the spellings of its own: of JSON, of HTML, of addresses."""

import base64
import html
import json
from collections.abc import Callable
from urllib.parse import unquote

import pytest

from destinations.scrubbing import MASK, scrub

ODD = "p\"q\\r<s>&t'u/v=w+x"
LINES = f"X-Api-Key: {ODD}\nAuthorization: Basic dXNlcjpwYXNzd29yZC1vZi10aGUtdXNlcg=="
ADDRESS = "https://hooks.example.com/in?sig=abcDEF%2Bghi%2FjklMNO%3D"


def _json(text: str) -> str:
    return json.dumps(text)[1:-1]


def _json_in_json(text: str) -> str:
    return _json(_json(text))


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize("spell", [_json, _json_in_json, html.escape, _base64])
@pytest.mark.parametrize("secret", [ODD, LINES])
def test_a_secret_is_blanked_in_every_spelling(spell: Callable[[str], str], secret: str) -> None:
    scrubbed = scrub(f"You sent: {spell(ODD)}.", [secret])
    assert scrubbed == f"You sent: {MASK}."


def test_the_credential_in_a_header_line_is_blanked_without_its_scheme() -> None:
    assert scrub("no dXNlcjpwYXNzd29yZC1vZi10aGUtdXNlcg== here", [LINES]) == f"no {MASK} here"


def test_a_part_of_an_address_is_blanked_decoded_too() -> None:
    signature = unquote("abcDEF%2Bghi%2FjklMNO%3D")
    assert signature not in scrub(f"signature {signature} is wrong", [ADDRESS])


@pytest.mark.parametrize("line", ["X-Api-Key:5f1c9e0a2b7d", "X-Api-Key:\t5f1c9e0a2b7d"])
def test_the_value_of_a_header_line_without_a_blank_is_blanked(line: str) -> None:
    assert scrub("no 5f1c9e0a2b7d here", [line]) == f"no {MASK} here"
