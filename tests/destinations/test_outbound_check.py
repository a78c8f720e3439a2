"""A range that is mistyped is said at the start, and opens nothing."""

from ipaddress import ip_address

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from pytest_django.fixtures import Settings

from destinations import checks, outbound


@pytest.mark.parametrize(
    "entries",
    [
        [],
        ["10.0.0.0/8"],
        [" 10.0.0.0/8 "],
        ["10.1.2.3/8"],
        ["10.1.2.3"],
        ["fd12:3456::/32", "0.0.0.0/0", "::/0"],
    ],
)
def test_ranges_and_addresses_pass(settings: Settings, entries: list[str]) -> None:
    settings.OUTBOUND_ALLOW_CIDRS = entries
    assert checks.opened_ranges_are_ranges(None) == []


@pytest.mark.parametrize(
    "entry", ["10.0.0.0/33", "10.0.0/8", "10.*", "intranet.example", "10.0.0.0-10.0.0.9", "", "10"]
)
def test_the_sentence_names_the_setting_and_the_entry(settings: Settings, entry: str) -> None:
    settings.OUTBOUND_ALLOW_CIDRS = ["192.168.0.0/16", entry]
    [found] = checks.opened_ranges_are_ranges(None)
    assert found.id == "armor.E005"
    assert found.msg == f"OUTBOUND_ALLOW_CIDRS holds “{entry}”, which is no range of addresses."
    assert "10.0.0.0/8" in str(found.hint)


def test_the_other_entries_hold_and_nothing_breaks(settings: Settings) -> None:
    settings.OUTBOUND_ALLOW_CIDRS = ["10.0.0.0/33", "192.168.0.0/16"]
    assert outbound.may_reach(ip_address("192.168.1.1"))
    assert not outbound.may_reach(ip_address("10.0.0.1"))


def test_the_check_stops_the_start(settings: Settings) -> None:
    settings.OUTBOUND_ALLOW_CIDRS = ["10.0.0.0/33"]
    with pytest.raises(SystemCheckError, match=r"OUTBOUND_ALLOW_CIDRS holds “10\.0\.0\.0/33”"):
        call_command("check", tags=["security"])
