"""What a reverse proxy says of a request: `Forwarded` (RFC 7239), or `X-Forwarded-For`, `-Proto` and `-Host`.

Each proxy adds a hop on the right. Only a peer that `BAROGRAPH_TRUSTED_PROXIES` names is believed: hops are read from
the right, and the first whose address is not a named proxy's is the client. Whatever stands left of it was written by
the client, and means nothing. A hop that cannot be read, or hides its address (`unknown`, `_name`), ends the reading
too: then the proxy that reported it counts as the client.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from barograph.networks import Address, address_of, network_of

Headers = Sequence[tuple[bytes, bytes]]

MOST_HOPS = 32
SCHEMES = ("http", "https")
NAMES = (b"forwarded", b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host")
_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?")
_PAIR = re.compile(r'\s*([!#$%&\'*+.^_`|~0-9A-Za-z-]+)=("(?:[^"\\]|\\.)*"|[^\s";,]*)\s*')


class Malformed(ValueError):
    """A header that is no `Forwarded`."""


@dataclass(frozen=True)
class Hop:
    """What one proxy says of whoever asked it."""

    client: str = ""
    scheme: str = ""
    host: str = ""


@dataclass(frozen=True)
class Told:
    """Who asked, by which scheme and under which name; None where no trusted proxy said so."""

    client: Address
    scheme: str | None = None
    host: str | None = None


class Proxies:
    """The reverse proxies that are believed."""

    def __init__(self, networks: Iterable[str]) -> None:
        self._networks = tuple(network_of(text) for text in networks)

    def named(self, address: str | None) -> bool:
        """Return whether an address is one of theirs."""
        found = address_of(address)
        return found is not None and any(found in network for network in self._networks)

    def asked(self, peer: str | None, headers: Headers) -> Told | None:
        """Return what a request's headers say by way of this peer; None when it is no proxy of ours."""
        at = address_of(peer)
        if at is None or not self.named(peer):
            return None
        asked = Told(at)
        for hop in reversed(hops_of(headers)[-MOST_HOPS:]):
            client = address_of(_without_port(hop.client))
            scheme = hop.scheme if hop.scheme in SCHEMES else asked.scheme
            host = hop.host if _HOST.fullmatch(hop.host) else asked.host
            asked = Told(client or asked.client, scheme, host)
            if client is None or not self.named(str(client)):
                break
        return asked


def hops_of(headers: Headers) -> list[Hop]:
    """Return the hops, the last proxy's last; none where both kinds of header are there and tell two stories.

    A proxy that writes one kind hands on what its client wrote of the other.
    """
    lines = {name: _joined(headers, name) for name in NAMES}
    ours = _x_forwarded(lines)
    if not lines[b"forwarded"]:
        return ours
    try:
        found = _forwarded(lines[b"forwarded"])
    except Malformed:
        return []
    return found if not ours or ours[-1].client == _without_port(found[-1].client) else []


def _x_forwarded(lines: Mapping[bytes, str]) -> list[Hop]:
    clients = _list(lines[b"x-forwarded-for"])
    schemes, hosts = (_list(lines[name]) for name in (b"x-forwarded-proto", b"x-forwarded-host"))
    # The other two are one value for all hops, or one for each.
    return [
        Hop(client, _at(schemes, place, len(clients)).lower(), _at(hosts, place, len(clients)))
        for place, client in enumerate(clients)
    ]


def _joined(headers: Headers, name: bytes) -> str:
    return ",".join(value.decode("latin-1") for key, value in headers if key.lower() == name)


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")] if text else []


def _at(values: list[str], place: int, count: int) -> str:
    if len(values) == count:
        return values[place]
    # What only the nearest proxy says is its own word, and stands for all hops that it passes on.
    return values[-1] if values else ""


def _forwarded(text: str) -> list[Hop]:
    hops: list[Hop] = []
    place = 0
    while True:
        found, place = _element(text, place)
        hops.append(Hop(found.get("for", ""), found.get("proto", "").lower(), found.get("host", "")))
        if place >= len(text):
            return hops
        place += 1  # the comma


def _element(text: str, place: int) -> tuple[dict[str, str], int]:
    """One hop's pairs, and where its comma or the end is."""
    found: dict[str, str] = {}
    while True:
        pair = _PAIR.match(text, place)
        if pair is None or pair[1].lower() in found:
            raise Malformed(text)
        value = pair[2]
        found[pair[1].lower()] = re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value
        place = pair.end()
        if place >= len(text) or text[place] == ",":
            return found, place
        if text[place] != ";":
            raise Malformed(text)
        place += 1


def _without_port(node: str) -> str:
    """The address of a node: 192.0.2.7, 192.0.2.7:47011, [2001:db8::1]:47011."""
    if node.startswith("["):
        return node[1:].partition("]")[0]
    return node.partition(":")[0] if node.count(":") == 1 else node
