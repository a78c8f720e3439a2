"""Which addresses a URL that somebody typed may reach: the whole table, and every disguise."""

import itertools
import socket
from ipaddress import ip_address

import pytest
from pytest_django.fixtures import Settings

from destinations import outbound
from destinations.outbound import BlockedAddress

PUBLIC = ["1.1.1.1", "93.184.216.34", "192.0.1.1", "172.32.0.1", "100.128.0.1", "198.20.0.1"]
PUBLIC += ["2606:4700:4700::1111", "2a00:1450:4001:813::200e", "2001:4860:4860::8888"]
INTERNAL = [
    *("127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1"),
    *("172.31.255.255", "192.168.1.1", "198.18.0.1", "240.0.0.1", "255.255.255.255"),
    *("100.64.0.1", "192.0.0.1", "192.88.99.1", "224.0.0.1", "239.255.255.255"),
    *("192.0.2.1", "198.51.100.1", "203.0.113.1"),
    *("::", "::1", "fc00::1", "fd12:3456::1", "fec0::1", "ff02::1", "ff0e::1"),
    *("2001:db8::1", "3fff::1", "5f00::1", "100::1", "4000::1", "2001::1", "2002::1"),
    *("64:ff9b::1", "64:ff9b:1::1", "::7f00:1", "::5db8:d822", "::ffff:0:5db8:d822"),
]
# The same for every cloud, and what stands in for it over IPv6.
METADATA = [
    *("169.254.169.254", "169.254.170.2", "169.254.170.23", "169.254.0.23", "169.254.42.42"),
    *("100.100.100.200", "192.0.0.192", "168.63.129.16"),
    *("fe80::1", "fe80::a9fe:a9fe", "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254"),
    *("fd00:c1::a9fe:a9fe", "fd00:42::42", "fd00:a9fe:a9fe::1", "fd00:100::100:200"),
]
# 169.254.169.254 packed into an IPv6 address.
DISGUISED = {
    "mapped": "::ffff:169.254.169.254",
    "compatible": "::169.254.169.254",
    "translated": "::ffff:0:169.254.169.254",
    "6to4": "2002:a9fe:a9fe::1",
    "NAT64": "64:ff9b::169.254.169.254",
    "local NAT64, /48": "64:ff9b:1:a9fe:a9:fe00::",
    "local NAT64, /56": "64:ff9b:1:a9:fe:a9fe::",
    "local NAT64, /64": "64:ff9b:1:0:a9:fea9:fe00:0",
    "local NAT64, /96": "64:ff9b:1::169.254.169.254",
    "Teredo server": "2001:0:a9fe:a9fe::1",
    "Teredo client": "2001:0:101:101:0:ffff:5601:5601",
}
PRIVATE_MAPPED = ["::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:100.64.0.1", "::ffff:0.0.0.0"]


@pytest.fixture(autouse=True)
def nothing_is_opened(settings: Settings) -> None:
    settings.OUTBOUND_ALLOW_CIDRS = []


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_may_be_reached(address: str) -> None:
    assert outbound.may_reach(ip_address(address))


@pytest.mark.parametrize("address", [*INTERNAL, *METADATA, *DISGUISED.values(), *PRIVATE_MAPPED])
def test_all_others_may_not(address: str) -> None:
    assert not outbound.may_reach(ip_address(address))


def test_even_a_public_address_may_not_come_packed() -> None:
    """The way to a packed address leads over a gateway that is none of ours."""
    for address in ("::ffff:1.1.1.1", "2002:101:101::1", "64:ff9b::101:101"):
        assert not outbound.may_reach(ip_address(address))


@pytest.mark.parametrize("address", [*METADATA, *DISGUISED.values()])
def test_metadata_stays_closed_whatever_is_opened(settings: Settings, address: str) -> None:
    settings.OUTBOUND_ALLOW_CIDRS = ["0.0.0.0/0", "::/0"]
    assert not outbound.may_reach(ip_address(address))
    settings.OUTBOUND_ALLOW_CIDRS = ["169.254.0.0/16", address]
    assert not outbound.may_reach(ip_address(address))


@pytest.mark.parametrize("address", ["10.1.2.3", "::ffff:10.1.2.3", "fd12:3456::7", "127.0.0.1"])
def test_the_operator_opens_ranges(settings: Settings, address: str) -> None:
    settings.OUTBOUND_ALLOW_CIDRS = ["10.0.0.0/8", "fd12:3456::/32", "127.0.0.1"]
    assert outbound.may_reach(ip_address(address))


@pytest.mark.parametrize("address", ["192.168.1.1", "fd12:3457::7", "127.0.0.2", "::1"])
def test_an_opened_range_opens_nothing_beside_it(settings: Settings, address: str) -> None:
    settings.OUTBOUND_ALLOW_CIDRS = ["10.0.0.0/8", "fd12:3456::/32", "127.0.0.1"]
    assert not outbound.may_reach(ip_address(address))


@pytest.mark.parametrize(
    "spelling",
    ["0177.0.0.1", "2130706433", "0x7f.1", "0x7f000001", "127.1", "017700000001", "0", "0x0"],
)
def test_odd_spellings_of_loopback_are_judged_by_what_they_resolve_to(spelling: str) -> None:
    with pytest.raises(BlockedAddress):
        outbound.addresses(spelling, 443, is_plain=False)


@pytest.mark.parametrize("spelling", ["2852039166", "0xa9fea9fe", "0251.0376.0251.0376"])
def test_odd_spellings_of_metadata_as_well(settings: Settings, spelling: str) -> None:
    settings.OUTBOUND_ALLOW_CIDRS = ["0.0.0.0/0", "::/0"]
    with pytest.raises(BlockedAddress, match=r"at 169\.254\.169\.254,"):
        outbound.addresses(spelling, 443, is_plain=False)


@pytest.mark.parametrize("literal", ["::1", "[::1]", "::ffff:127.0.0.1", "[::ffff:a9fe:a9fe]"])
def test_literals_of_ipv6_are_judged_with_and_without_brackets(literal: str) -> None:
    with pytest.raises(BlockedAddress):
        outbound.addresses(literal, 443, is_plain=False)


def test_a_public_literal_is_its_own_address() -> None:
    literal = "2606:4700:4700::1111"
    assert outbound.addresses(f"[{literal}]", 443, is_plain=False) == [literal]


def names(monkeypatch: pytest.MonkeyPatch, *found: str) -> None:
    """The name server knows one name, with these addresses."""

    def answer(host: str, port: int, **options: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in found]

    monkeypatch.setattr(socket, "getaddrinfo", answer)


def test_all_addresses_of_a_name_are_given_once(monkeypatch: pytest.MonkeyPatch) -> None:
    names(monkeypatch, "1.1.1.1", "2606:4700:4700::1111", "1.1.1.1")
    found = outbound.addresses("hooks.example.com", 443, is_plain=False)
    assert found == ["1.1.1.1", "2606:4700:4700::1111"]


@pytest.mark.parametrize("order", [*itertools.permutations(["1.1.1.1", "127.0.0.1", "1.0.0.1"])])
def test_one_bad_address_spoils_the_name(
    monkeypatch: pytest.MonkeyPatch, order: tuple[str, ...]
) -> None:
    names(monkeypatch, *order)
    with pytest.raises(BlockedAddress, match=r"hooks\.example\.com is at 127\.0\.0\.1"):
        outbound.addresses("hooks.example.com", 443, is_plain=False)


def test_an_address_with_a_zone_is_judged_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    names(monkeypatch, "fe80::1%eth0")
    with pytest.raises(BlockedAddress):
        outbound.addresses("hooks.example.com", 443, is_plain=False)


def test_without_tls_only_what_was_opened(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.OUTBOUND_ALLOW_CIDRS = ["10.0.0.0/8"]
    names(monkeypatch, "10.1.2.3")
    assert outbound.addresses("intranet", 80, is_plain=True) == ["10.1.2.3"]
    names(monkeypatch, "10.1.2.3", "1.1.1.1")
    with pytest.raises(BlockedAddress, match="must be addressed by https"):
        outbound.addresses("intranet", 80, is_plain=True)


@pytest.mark.parametrize("host", ["", "a..b", "x" * 64 + ".example", "nobody.invalid"])
def test_what_is_no_name_is_not_found(host: str) -> None:
    with pytest.raises(socket.gaierror):
        outbound.addresses(host, 443, is_plain=False)


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com",
        "https://hooks.example.com/a?b=c",
        "https://hooks.example.com:8443/a",
        "https://hooks.example.com./a",
        "https://HOOKS.example.com/a",
        "https://my_team.example.com/a",
        "https://xn--bcher-kva.example/a",
        "https://[2606:4700:4700::1111]/a",
        "https://1.1.1.1/a",
    ],
)
def test_ordinary_spellings_are_taken(url: str) -> None:
    assert outbound.problem(url) == ""


@pytest.mark.parametrize(
    "url",
    [
        *("", "/x", "hooks.example.com", "https:", "https://", "https:///x", "https://:443/x"),
        *("ftp://hooks.example.com/", "file:///etc/passwd", "gopher://x/", "javascript:alert(1)"),
        *("https://hooks.example.com:0/", "https://hooks.example.com:99999/", "https://x:y/"),
        *("https://u@hooks.example.com/", "https://u:p@hooks.example.com/", "https://@x.example/"),
        *("https://1.1.1.1\\@127.0.0.1/", "https://1.1.1.1#@127.0.0.1/", "https://x.example/#y"),
        *("https://bücher.example/", "https://hооks.example/", "https://①②⑦.0.0.1/"),  # noqa: RUF001
        *("https://127。0。0。1/", "https://[::1", "https://[fe80::1%25eth0]/", "https://[zz]/"),
        *(
            "https://a..b/",
            "https://.example/",
            f"https://{'x' * 64}.example/",
            "https://*.example/",
        ),
        *("https://a b.example/", "https://1.1.1.1\x00.example/", "https://exa%6dple.com/"),
        *("https://-x.example/", "https://x-.example/", "https://x.example\\.evil.example/"),
    ],
)
def test_odd_spellings_are_refused_where_they_are_typed(url: str) -> None:
    assert outbound.problem(url).endswith(".")


def test_plain_http_is_for_those_who_opened_something(settings: Settings) -> None:
    assert outbound.problem("http://10.0.0.1/x") == "The address must start with https://."
    settings.OUTBOUND_ALLOW_CIDRS = ["10.0.0.0/8"]
    assert outbound.problem("http://10.0.0.1/x") == ""


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://hooks.example.com/secret?token=x", "https://hooks.example.com"),
        ("https://hooks.example.com:8443/secret", "https://hooks.example.com:8443"),
        ("https://[2606:4700::1]:8443/secret", "https://[2606:4700::1]:8443"),
    ],
)
def test_the_origin_is_all_that_is_shown(url: str, origin: str) -> None:
    assert outbound.origin(url) == origin
