"""Addresses and networks, read from text."""

from __future__ import annotations

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def network_of(text: str) -> Network:
    """Return a network, or an address as one; `ValueError` says what was expected."""
    try:
        return ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        raise ValueError(f"expected addresses or networks, such as 10.0.0.7 or 10.0.0.0/24, got {text!r}") from None


def address_of(text: str | None) -> Address | None:
    """Return an address, as IPv4 where IPv6 only carries one; None when it is none."""
    try:
        address = ipaddress.ip_address((text or "").partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if address.version == 6 else address


def is_loopback(text: str | None) -> bool:
    """Return whether a text is an address of this machine alone."""
    address = address_of(text)
    return address is not None and address.is_loopback


def is_local(url: str) -> bool:
    """Return whether every host of a database's URL is this machine."""
    hosts = place_of(url).split(",")
    names = [host.rpartition(":")[0].strip("[]") if host.rpartition(":")[0] else host for host in hosts]
    return all(name == "localhost" or is_loopback(name) for name in names)


def place_of(url: str) -> str:
    """Return the hosts of a database's URL, without who asks and with what."""
    return url.partition("://")[2].partition("/")[0].rpartition("@")[2]


def in_url(address: Address, port: int) -> str:
    """Return an address and a port as in a URL."""
    return f"[{address}]:{port}" if address.version == 6 else f"{address}:{port}"
