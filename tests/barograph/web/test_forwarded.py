"""What a reverse proxy says is believed of a named one alone, hop by hop."""

from __future__ import annotations

from typing import Any

import pytest

from barograph.web.forwarded import Proxies

PROXIES = Proxies(["10.0.0.0/24", "2001:db8:1::/64", "127.0.0.1"])
PROXY, CLIENT, SPOOFED = "10.0.0.7", "198.51.100.4", "203.0.113.9"


def asked(peer: str | None, *headers: tuple[str, str]) -> Any:
    return PROXIES.asked(peer, [(name.lower().encode(), value.encode("latin-1")) for name, value in headers])


@pytest.mark.parametrize("peer", [CLIENT, "10.0.1.7", "2001:db8:2::1", "", None, "<local>", "10.0.0.7.example"])
def test_whoever_is_not_named_says_nothing(peer: str | None) -> None:
    assert asked(peer, ("X-Forwarded-For", SPOOFED), ("Forwarded", f"for={SPOOFED}")) is None


@pytest.mark.parametrize("peer", [PROXY, "::ffff:10.0.0.7", "2001:db8:1::9", "127.0.0.1"])
@pytest.mark.parametrize(
    "headers",
    [
        [("X-Forwarded-For", CLIENT)],
        [("X-Forwarded-For", f"{SPOOFED}, {CLIENT}")],
        [("X-Forwarded-For", SPOOFED), ("X-Forwarded-For", CLIENT)],
        [("X-Forwarded-For", f"{SPOOFED}, {CLIENT}, 10.0.0.8, ::ffff:10.0.0.9")],
        [("X-Forwarded-For", f"{SPOOFED},{CLIENT}:4711")],
        [("Forwarded", f"for={CLIENT}")],
        [("Forwarded", f'For="{CLIENT}:80";proto=https;by=10.0.0.7')],
        [("Forwarded", f"for={SPOOFED}, for={CLIENT};proto=http, for=10.0.0.8")],
        [("Forwarded", f"for={SPOOFED}"), ("Forwarded", f"for={CLIENT}")],
        [("Forwarded", f'for={CLIENT};ext="a, for={SPOOFED}; \\" b"')],
        [("Forwarded", f"for={CLIENT}"), ("X-Forwarded-For", CLIENT)],
        [("X-Forwarded-For", "x, " * 5000 + CLIENT)],
    ],
)
def test_the_client_is_the_first_from_the_right_that_is_no_proxy(peer: str, headers: list[tuple[str, str]]) -> None:
    assert str(asked(peer, *headers).client) == CLIENT


@pytest.mark.parametrize("node", ["[2001:db8::17]", "[2001:db8::17]:4711", "2001:db8::17", '"[2001:db8::17]:4711"'])
@pytest.mark.parametrize("name", ["Forwarded", "X-Forwarded-For"])
def test_addresses_of_ipv6_come_in_brackets_or_without(name: str, node: str) -> None:
    value = f"for={node}" if name == "Forwarded" else node.strip('"')
    found = asked(PROXY, (name, value)).client
    bare = name == "Forwarded" and not node.startswith('"')
    # `[` and `:` are no letters of a token: RFC 7239 wants such a node in quotes.
    assert str(found) in ("2001:db8::17", PROXY) if bare else str(found) == "2001:db8::17"


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("X-Forwarded-For", "")],
        [("X-Forwarded-For", "unknown")],
        [("X-Forwarded-For", f"{CLIENT}, unknown")],
        [("X-Forwarded-For", f"{CLIENT}, \x00")],
        [("X-Forwarded-For", "999.1.1.1")],
        [("Forwarded", f"for={CLIENT}, for=_hidden")],
        [("Forwarded", "for")],
        [("Forwarded", f"for={CLIENT}; for={SPOOFED}")],
        [("Forwarded", f'for="{CLIENT}')],
        [("Forwarded", f"for={CLIENT},")],
        [("Forwarded", f"{CLIENT}")],
        [("Forwarded", "x" * 60_000)],
        # A proxy that writes one kind hands on what its client wrote of the other.
        [("Forwarded", f"for={SPOOFED}"), ("X-Forwarded-For", CLIENT)],
    ],
)
def test_what_cannot_be_read_is_the_proxys_own(headers: list[tuple[str, str]]) -> None:
    assert str(asked(PROXY, *headers).client) == PROXY


def test_scheme_and_host_are_those_of_the_outermost_hop_that_is_believed() -> None:
    both = asked(PROXY, ("Forwarded", f"for={CLIENT};proto=https;host=lab.example, for=10.0.0.8;proto=http;host=inner"))
    assert (str(both.client), both.scheme, both.host) == (CLIENT, "https", "lab.example")
    spoofed = asked(
        PROXY, ("Forwarded", f"for=1.1.1.1;proto=https;host=evil.example, for={CLIENT};proto=http;host=lab")
    )
    assert (str(spoofed.client), spoofed.scheme, spoofed.host) == (CLIENT, "http", "lab")
    nearest = asked(
        PROXY,
        ("X-Forwarded-For", f"{SPOOFED}, {CLIENT}"),
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Host", "lab:8"),
    )
    assert (str(nearest.client), nearest.scheme, nearest.host) == (CLIENT, "https", "lab:8")


@pytest.mark.parametrize(
    ("scheme", "host"), [("gopher", "a b"), ("", "lab\r\nX: 1"), ("javascript", "lab/../x"), ("http s", "")]
)
def test_a_scheme_or_a_host_that_is_none_is_left_out(scheme: str, host: str) -> None:
    found = asked(PROXY, ("X-Forwarded-For", CLIENT), ("X-Forwarded-Proto", scheme), ("X-Forwarded-Host", host))
    assert (str(found.client), found.scheme, found.host) == (CLIENT, None, None)
