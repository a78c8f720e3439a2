"""Which recipients a person may enter."""

from typing import Any

import pytest

from destinations.connectors.email import RECIPIENTS_LIMIT, Email


def form(recipients: Any) -> Email.Form:
    return Email.Form(data={"recipients": recipients})


def test_addresses_stand_one_a_line_or_with_commas() -> None:
    filled = form("ada@example.com\r\n bob@example.com ,carl+data@example.com,\n\n")
    assert filled.is_valid()
    assert filled.cleaned_data["recipients"] == [
        "ada@example.com",
        "bob@example.com",
        "carl+data@example.com",
    ]


def test_the_domain_is_the_same_in_any_case_and_the_name_is_not() -> None:
    filled = form("Ada@Example.COM\nAda@example.com\nada@example.com")
    assert filled.is_valid()
    assert filled.cleaned_data["recipients"] == ["Ada@example.com", "ada@example.com"]


@pytest.mark.parametrize("empty", ["", " \n , \n"])
def test_somebody_must_get_the_mail(empty: str) -> None:
    assert list(form(empty).errors) == ["recipients"]


def test_a_team_is_not_a_mailing_list() -> None:
    people = [f"p{number}@example.com" for number in range(RECIPIENTS_LIMIT + 1)]
    assert form("\n".join(people[:-1])).is_valid()
    assert form("\n".join(people)).errors["recipients"] == [
        "These are 51 addresses, and 50 is the most."
    ]
    # Counted are people, not lines.
    assert form("\n".join([*people[:-1], "P0@EXAMPLE.com", people[0].upper()])).errors
    assert form("\n".join([*people[:-1], "p0@EXAMPLE.com"])).is_valid()


@pytest.mark.parametrize(
    "address",
    [
        *("ada", "ada@", "@example.com", "ada@example", "ada example@example.com"),
        *("Ada <ada@example.com>", "ada@example.com>", "<ada@example.com>", "mailto:a@example.com"),
        *('"a b"@example.com', '"a\x0bb"@example.com', '"a@x"@example.com', '"\x01"@example.com'),
        *("ada@example.com\rBcc: eve@evil.example", "ada@exa\u2028mple.com", "ada\x07@example.com"),
        *("ada@example.com\x85RCPT TO:<eve@evil.example>", "a;b@example.com", "ada@-example.com"),
        *("ada\u202e@example.com", "ädä@example.com", "ada@example.com NOTIFY=SUCCESS"),
        f"{'a' * 250}@example.com",
    ],
    ids=ascii,
)
def test_what_is_no_address_is_named(address: str) -> None:
    filled = form(f"bob@example.com\n{address}")
    assert not filled.is_valid()
    [error] = filled.errors["recipients"]
    assert error.endswith("is not an email address.")
    assert error.isprintable() or not address.isprintable()


def test_an_international_domain_is_taken() -> None:
    assert form("ada@münchen.example").is_valid()
