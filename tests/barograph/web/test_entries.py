"""The socket says how a request came in; a header never does, and a named proxy says for whom it asks."""

from __future__ import annotations

from typing import Any

import pytest

from barograph.settings import load
from barograph.web.entries import KEY, Entries, Entry

LAN, FAR, PROXY = "192.168.7.2", "192.168.7.40", "10.0.0.7"
SAID = {
    "x-forwarded-for": "127.0.0.1", "x-forwarded-proto": "https", "x-forwarded-host": "localhost",
    "forwarded": "for=127.0.0.1;proto=https;host=localhost",
}  # fmt: skip
OF_PROXY = {"x-forwarded-for": FAR, "x-forwarded-proto": "https", "x-forwarded-host": "lab.example"}


async def entered(
    kind: str = "http", server: str = LAN, client: str = FAR, scheme: str = "http", **headers: str
) -> tuple[dict[str, Any], list[Any]]:
    """What the application behind is asked, and what is sent when it answers."""
    seen: list[dict[str, Any]] = []
    sent: list[Any] = []

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)
        await send({"type": "http.response.start" if kind == "http" else "websocket.accept", "headers": []})

    async def send(event: Any) -> None:
        sent.append(event)

    async def receive() -> Any:
        return {}

    named = {"host": "lab.example:8050"} | headers
    scope = {
        "type": kind, "scheme": scheme if kind == "http" else scheme.replace("http", "ws"),
        "server": (server, 8050), "client": (client, 4711),
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in named.items()],
    }  # fmt: skip
    await Entries(inner, load(trusted_proxies=("10.0.0.7", "fd00::/64")))(scope, receive, send)
    return seen[0], sent


def headers_of(scope: dict[str, Any]) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in scope["headers"]}


KINDS = pytest.mark.parametrize("kind", ["http", "websocket"])


@KINDS
@pytest.mark.parametrize(
    ("server", "client", "scheme", "expected"),
    [
        ("127.0.0.1", "127.0.0.1", "http", Entry.MACHINE),
        ("::1", "::1", "http", Entry.MACHINE),
        ("::ffff:127.0.0.1", "127.0.0.1", "https", Entry.MACHINE),
        (LAN, FAR, "http", Entry.LAN),
        (LAN, LAN, "http", Entry.LAN),  # this machine, by the address that others reach
        ("fe80::1%eth0", "fe80::2", "http", Entry.LAN),
        (LAN, FAR, "https", Entry.TLS),
    ],
)
@pytest.mark.parametrize("spoofed", [{}, SAID])
async def test_the_socket_decides(
    kind: str, server: str, client: str, scheme: str, expected: Entry, spoofed: dict[str, str]
) -> None:
    scope, _ = await entered(kind, server, client, scheme, **spoofed)
    assert scope[KEY] is expected
    assert scope["client"] == (client, 4711)
    assert headers_of(scope) == {"host": "lab.example:8050"}


@KINDS
@pytest.mark.parametrize(("peer", "server"), [(PROXY, LAN), ("fd00::5", "fd00::1"), (PROXY, "127.0.0.1")])
async def test_a_named_proxy_says_for_whom_it_asks(kind: str, peer: str, server: str) -> None:
    scope, _ = await entered(kind, server, peer, **OF_PROXY)
    assert scope[KEY] is Entry.PROXY
    assert scope["client"] == (FAR, 0)
    assert scope["scheme"] == ("https" if kind == "http" else "wss")
    assert headers_of(scope) == {"host": "lab.example"}
    assert scope["server"] == (server, 8050)


@KINDS
async def test_what_a_proxy_got_without_tls_is_not_for_signing_in_unless_it_is_this_machines(kind: str) -> None:
    plain = OF_PROXY | {"x-forwarded-proto": "http"}
    assert (await entered(kind, client=PROXY, **plain))[0][KEY] is Entry.LAN
    for host in ("localhost:8050", "127.0.0.1", "[::1]:8050"):
        assert (await entered(kind, client=PROXY, **{**plain, "x-forwarded-host": host}))[0][KEY] is Entry.PROXY


@KINDS
@pytest.mark.parametrize(
    ("headers", "strict"),
    [({}, True), ({"host": "localhost"}, False), ({"host": "127.0.0.1:1"}, False), ({"host": "[fd00::1]"}, False)],
)
async def test_tls_is_kept_to_under_a_name_that_is_not_this_machines(
    kind: str, headers: dict[str, str], strict: bool
) -> None:
    for scheme in ("https", "http"):
        _, sent = await entered(kind, scheme=scheme, **headers)
        names = [name for name, _ in sent[0]["headers"]]
        assert (b"strict-transport-security" in names) is (strict and scheme == "https")
