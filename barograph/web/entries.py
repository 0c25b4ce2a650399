"""By which entry a request came in: what every door is told before it looks at anything else.

The socket decides, never a header: `machine` is a connection to this machine's loopback, `lan` one from elsewhere that
is not encrypted, `tls` one from elsewhere that is, and `proxy` one of a reverse proxy that the settings name, even over
loopback. Of a named proxy, and of nobody else, it is believed who asked, how, and under which name; a request that it
got without TLS, under a name that is not this machine's, is `lan`. Headers of that kind are taken off in any case. A
PROXY header (`barograph.web.proxied`) is such a proxy's word, too.

Terms: entry (docs/glossary.md).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from enum import StrEnum
from typing import Any

from barograph.networks import address_of, in_url, is_loopback
from barograph.settings import Settings
from barograph.web.forwarded import NAMES, Proxies, Told
from barograph.web.proxied import PROXIED

Scope = MutableMapping[str, Any]
Send = Callable[[Any], Awaitable[None]]
Asgi = Callable[[Any, Any, Any], Awaitable[None]]

KEY = "barograph.entry"
STARTS = ("http.response.start", "websocket.http.response.start", "websocket.accept")
# A year; of this name alone. Browsers ignore it for addresses, and it must not bind all that runs on localhost.
HSTS = (b"strict-transport-security", b"max-age=31536000")
SECURE = ("https", "wss")


class Entry(StrEnum):
    """How a request came in."""

    MACHINE = "machine"
    LAN = "lan"
    TLS = "tls"
    PROXY = "proxy"

    @property
    def may_sign_in(self) -> bool:
        """Whether secrets of people may come this way."""
        return self is not Entry.LAN


def entry_of(request: Any) -> Entry:
    """Return how a request of Quart's, or what looks like one, came in."""
    scope = getattr(request, "scope", None) or {}
    found = scope.get(KEY)
    if isinstance(found, Entry):
        return found
    # No server of ours is in front: a test's client.
    return Entry.MACHINE if is_loopback(request.remote_addr) else Entry.LAN


def secure(request: Any) -> bool:
    """Return whether a request of Quart's, or what looks like one, came by TLS, to us or to a named proxy."""
    return (getattr(request, "scope", None) or {}).get("scheme") in SECURE


def asked_of(request: Any) -> str | None:
    """Return the address of this machine that a request came to, as the socket has it."""
    server = (getattr(request, "scope", None) or {}).get("server")
    return str(server[0]) if server else None


def base_of(settings: Settings, port: int, *, people: bool = False) -> str | None:
    """Return the base address at which others reach a port of ours; None where the settings do not tell one.

    With `people` it is one where they may sign in, so one of TLS.
    """
    host = settings.lan_host or (None if settings.loopback else settings.host)
    at = address_of(host)
    if at is None or (people and not settings.tls):
        return None
    if settings.tls and settings.allowed_hosts:  # a certificate is for a name
        return f"https://{settings.allowed_hosts[0]}:{port}"
    return None if at.is_unspecified else f"{'https' if settings.tls else 'http'}://{in_url(at, port)}"


def others_reach(settings: Settings, request: Any, *, people: bool = False) -> str:
    """Return the base address for others: what they reach of this machine where it asks itself, else as asked."""
    server = (getattr(request, "scope", None) or {}).get("server")
    base = None
    if server is not None and entry_of(request) is Entry.MACHINE:
        base = base_of(settings, int(server[1]), people=people)
    return base or f"{'https' if secure(request) else 'http'}://{request.headers.get('Host') or ''}"


class Entries:
    """An ASGI application that knows how its requests came in."""

    def __init__(self, inner: Asgi, settings: Settings) -> None:
        self._inner = inner
        self._proxies = Proxies(settings.trusted_proxies)

    async def __call__(self, scope: Scope, receive: Any, send: Send) -> None:
        """An ASGI call."""
        if scope["type"] not in ("http", "websocket"):
            await self._inner(scope, receive, send)
            return
        scope = self._entered(scope)
        await self._inner(scope, receive, _strict(send) if _hosts_only_tls(scope) else send)

    def _entered(self, scope: Scope) -> Scope:
        peer = scope.get("client")
        headers = [(name, value) for name, value in scope["headers"] if name.lower() not in NAMES]
        asked = self._proxies.asked(peer[0] if peer else None, scope["headers"])
        if asked is None and (scope.get("state") or {}).get(PROXIED):
            client = address_of(peer[0]) if peer else None
            asked = Told(client) if client is not None else None
        entered = {**scope, "headers": headers}
        if asked is not None:
            _as_told(entered, asked)
        entered[KEY] = _entry(entered, asked)
        return entered


def _as_told(scope: Scope, asked: Told) -> None:
    """Put into a scope what a named proxy says."""
    port = scope["client"][1] if asked.client == address_of(scope["client"][0]) else 0
    scope["client"] = (str(asked.client), port)
    if asked.scheme is not None:
        scope["scheme"] = {"http": "ws", "https": "wss"}[asked.scheme] if scope["type"] == "websocket" else asked.scheme
    if asked.host is not None:
        others = [header for header in scope["headers"] if header[0].lower() != b"host"]
        scope["headers"] = [(b"host", asked.host.encode("latin-1")), *others]


def _entry(scope: Scope, asked: Told | None) -> Entry:
    secure = scope.get("scheme") in SECURE
    if asked is not None:
        return Entry.PROXY if secure or _local(_host(scope)) else Entry.LAN
    server = scope.get("server")
    if server and is_loopback(server[0]):
        return Entry.MACHINE
    return Entry.TLS if secure else Entry.LAN


def _host(scope: Scope) -> str:
    host = next((value.decode("latin-1") for name, value in scope["headers"] if name.lower() == b"host"), "")
    return host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0].lower()


def _local(host: str) -> bool:
    return host == "localhost" or is_loopback(host)


def _hosts_only_tls(scope: Scope) -> bool:
    host = _host(scope)
    return scope.get("scheme") in SECURE and not _local(host) and address_of(host) is None


def _strict(send: Send) -> Send:
    async def sending(event: Any) -> None:
        if event["type"] in STARTS:
            event = {**event, "headers": [*event.get("headers", ()), HSTS]}
        await send(event)

    return sending
