"""Which addresses a URL that a user has typed may reach.

Judged are the addresses that a name resolves to, never its spelling (`0x7f.1` is 127.0.0.1 to a
resolver), and the connection is made to an address that was judged, so that a second answer of the
name server changes nothing. `is_global` alone is not enough: Python takes NAT64, 6to4, multicast
and some providers' addresses for global: https://docs.python.org/3.11/library/ipaddress.html.
"""

import functools
import re
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from django.conf import settings

from destinations import names

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# What clouds tell their machines about themselves, keys among it. No setting opens these.
METADATA = [
    ip_network(text)
    for text in (
        "169.254.0.0/16",
        "fe80::/10",
        "fd00:ec2::/32",  # Amazon; ::23 hands out the keys of EKS pods
        "fd20:ce::254/128",  # Google
        "100.100.100.200/32",  # Alibaba
        "fd00:100::100:200/128",
        "192.0.0.192/32",  # Oracle
        "fd00:c1::a9fe:a9fe/128",
        "168.63.129.16/32",  # Azure
        "fd00:42::42/128",  # Scaleway
        "fd00:a9fe:a9fe::1/128",  # Linode
    )
]
# Python 3.11 calls these global, or not private, and they are neither anybody's server.
NOT_PUBLIC = [
    ip_network(text)
    for text in (
        "100.64.0.0/10",
        "192.0.0.0/24",
        "192.88.99.0/24",
        "::/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2001::/32",
        "2002::/16",
        "3fff::/20",
        "5f00::/16",
        "fec0::/10",
    )
]
# An IPv4 address stands in their last 32 bits: NAT64, IPv4-compatible, IPv4-translated (SIIT).
PACKED_LAST = [ip_network(text) for text in ("64:ff9b::/96", "::/96", "::ffff:0:0:0/96")]
# Networks choose prefixes of their own within it, and by its length the place of the IPv4 address:
# https://www.rfc-editor.org/rfc/rfc6052#section-2.2 (bits 64 to 71 are left out).
LOCAL_NAT64 = ip_network("64:ff9b:1::/48")
# Letters, digits, hyphens, and the underscore that some names have. A letter of another alphabet
# can look like a Latin one; a browser would show it as xn--….
LABEL = re.compile(r"[a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?")


class BlockedAddress(Exception):
    """The name resolves to an address that must not be reached. Its text is a sentence."""


def problem(url: str) -> str:
    """What is wrong with the spelling of a URL that somebody typed; empty if nothing is."""
    try:
        parts = urlsplit(url)
        has_port = parts.port is None or parts.port > 0
    except ValueError:
        return "Enter a whole address, such as https://hooks.example.com/alerts."
    if parts.scheme not in ("https", "http") or not parts.hostname or not has_port:
        return "Enter a whole address that starts with https://."
    if parts.scheme == "http" and not settings.OUTBOUND_ALLOW_CIDRS:
        return "The address must start with https://."
    if parts.username is not None or parts.password is not None:
        return "Leave user and password out of the address; there are fields for credentials."
    if parts.fragment:
        return "Leave out the part from # on: it is never sent."
    return "" if _is_host(parts.hostname) else "That is not the name of a host, in ASCII letters."


def origin(url: str) -> str:
    """The part of a URL that is no secret: `https://hooks.slack.com`."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port else "")


def addresses(host: str, port: int, *, is_plain: bool) -> list[str]:
    """The addresses of `host`, all of them allowed. `is_plain`: without TLS, only to what the
    operator has opened. Raises BlockedAddress, and socket.gaierror if the name is not found."""
    texts = names.look_up(host.strip("[]"), port)
    for text in texts:
        address = ip_address(text.partition("%")[0])
        if not may_reach(address):
            raise BlockedAddress(f"{host} is at {address}, an address that must not be reached")
        if is_plain and not _is_opened(address):
            raise BlockedAddress(f"{host} must be addressed by https://")
    return texts


def may_reach(address: Address) -> bool:
    """Whether a typed URL may lead to this address."""
    forms = list(_forms(address))
    if _in(forms, METADATA):
        return False
    if _is_opened(address):
        return True
    is_public = address.is_global and not (address.is_multicast or address.is_reserved)
    return is_public and not _in(forms, NOT_PUBLIC) and forms == [address]


def malformed() -> list[str]:
    """Entries of OUTBOUND_ALLOW_CIDRS that are no range of addresses, and open nothing."""
    return [text for text in settings.OUTBOUND_ALLOW_CIDRS if _network(text) is None]


def _is_opened(address: Address) -> bool:
    entries = [_network(text) for text in settings.OUTBOUND_ALLOW_CIDRS]
    return _in([_unmapped(address)], [entry for entry in entries if entry])


@functools.lru_cache(maxsize=128)
def _network(text: str) -> Network | None:
    try:
        return ip_network(text.strip(), strict=False)
    except ValueError:
        return None


def _forms(address: Address) -> Iterator[Address]:
    """The address, and every IPv4 address that is packed into it."""
    yield address
    if not isinstance(address, IPv6Address):
        return
    if address.teredo:
        yield from address.teredo
    yield from (packed for packed in (address.ipv4_mapped, address.sixtofour) if packed)
    if _in([address], PACKED_LAST):
        yield IPv4Address(address.packed[12:])
    if address in LOCAL_NAT64:
        rest = address.packed[6:8] + address.packed[9:]
        yield from (IPv4Address(rest[start : start + 4]) for start in (0, 1, 2))
        yield IPv4Address(address.packed[12:])


def _unmapped(address: Address) -> Address:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _in(found: Iterable[Address], networks: Iterable[Network]) -> bool:
    networks = list(networks)
    return any(address in network for address in found for network in networks)


def _is_host(host: str) -> bool:
    if ":" in host:  # urlsplit has found it in brackets
        return _is_ipv6(host)
    return all(LABEL.fullmatch(label) for label in host.removesuffix(".").split("."))


def _is_ipv6(text: str) -> bool:
    try:
        return not IPv6Address(text).scope_id
    except ValueError:
        return False
