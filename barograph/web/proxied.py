"""Connections that begin with a PROXY header: what a proxy of TCP says of its client, before TLS and HTTP.

Version 1 is a line, version 2 binary; both are HAProxy's (https://www.haproxy.org/download/2.6/doc/proxy-protocol.txt).
Only connections of proxies that the settings name begin with one, and all of these do: one without is closed. Where the
header names no client, because the proxy itself asks whether the server lives, the client is the proxy.

The header is read byte by byte from the socket, never more than there is of it: what follows is for TLS, or for HTTP.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import re
import socket
from collections.abc import Awaitable, Callable
from typing import Any

from barograph.web.forwarded import Proxies

log = logging.getLogger("barograph.web")

PROXIED = "barograph.proxied"  # in the state of a connection that had such a header
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
MOST_LINE, MOST_BODY = 107, 4096
MOST_PENDING = 1024
RETRY_S = 0.1
_LINE = re.compile(rb"PROXY TCP([46]) ([0-9A-Fa-f.:]+) ([0-9A-Fa-f.:]+) (\d{1,5}) (\d{1,5})\r\n")
_LOCAL, _PROXY, _TCP4, _TCP6 = 0x20, 0x21, 0x11, 0x21

Client = tuple[str, int]
Read = Callable[[int], Awaitable[bytes]]


class NoHeader(ValueError):
    """A connection that does not begin with a PROXY header."""


def client_of_line(line: bytes) -> Client | None:
    """Return the client that a header of version 1 names, None where it names none, or `NoHeader`."""
    if line.startswith(b"PROXY UNKNOWN") and line.endswith(b"\r\n"):
        return None
    found = _LINE.fullmatch(line)
    if found is None:
        raise NoHeader(f"expected a PROXY header, got {line[:40]!r}")
    version, address, _, port, _ = found.groups()
    return _client(4 if version == b"4" else 6, address.decode("ascii"), int(port))


def client_of_binary(head: bytes, body: bytes) -> Client | None:
    """Return the client that a header of version 2 names, None where it names none, or `NoHeader`."""
    command, family = head[12], head[13]
    if not head.startswith(SIGNATURE) or command not in (_LOCAL, _PROXY):
        raise NoHeader(f"expected a PROXY header of version 2, got {head!r}")
    sizes = {_TCP4: 4, _TCP6: 16}
    if command == _LOCAL or family not in sizes:
        return None
    size = sizes[family]
    if len(body) < 2 * size + 4:
        raise NoHeader(f"expected {2 * size + 4} bytes of addresses, got {len(body)}")
    address = ipaddress.ip_address(body[:size])
    return str(address), int.from_bytes(body[2 * size : 2 * size + 2], "big")


def _client(version: int, address: str, port: int) -> Client:
    try:
        found = ipaddress.ip_address(address)
    except ValueError as error:
        raise NoHeader(f"expected an address in the PROXY header, got {address!r}") from error
    if found.version != version or port > 65535:
        raise NoHeader(f"expected an address of IPv{version} and a port, got {address} {port}")
    return str(found), port


async def client_of(read: Read) -> Client | None:
    """Read a header, `read` giving so many bytes at most and b"" at the end; return as `client_of_line` does."""
    begun = await _exactly(read, len(SIGNATURE))
    if begun == SIGNATURE:
        head = begun + await _exactly(read, 4)
        size = int.from_bytes(head[14:], "big")
        if size > MOST_BODY:
            raise NoHeader(f"expected at most {MOST_BODY} bytes in the PROXY header, got {size}")
        return client_of_binary(head, await _exactly(read, size))
    while not begun.endswith(b"\n") and begun.startswith(b"PROXY ") and len(begun) < MOST_LINE:
        begun += await _exactly(read, 1)
    return client_of_line(begun)


async def _exactly(read: Read, size: int) -> bytes:
    found = b""
    while len(found) < size:
        more = await read(size - len(found))
        if not more:
            raise NoHeader("expected a PROXY header, got the end of the connection")
        found += more
    return found


class ToldTransport:
    """A transport whose peer is the client that a proxy named."""

    def __init__(self, transport: Any, client: Client) -> None:
        self._transport, self._client = transport, client

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return what is known of the connection."""
        if name == "peername":
            return self._client
        if name == "socket":  # it would be asked for its peer
            return None
        found = self._transport.get_extra_info(name, default)
        return found[:2] if name == "sockname" and isinstance(found, tuple) else found


class Acceptor:
    """Takes connections of one listener, with a header where a named proxy made them; stands for an asyncio server."""

    def __init__(
        self, listener: socket.socket, proxies: Proxies, make: Callable[[Client | None], Any], patience_s: float,
        backlog: int, **tls: Any,
    ) -> None:  # fmt: skip
        self.sockets = [listener]
        self._proxies, self._make, self._patience_s, self._tls = proxies, make, patience_s, tls
        self._entering: set[asyncio.Task[None]] = set()
        listener.listen(backlog)
        listener.setblocking(False)
        self._accepting = asyncio.create_task(self._accept(listener), name="accept connections of proxies")

    def close(self) -> None:
        """Take no more connections."""
        self._accepting.cancel()
        for task in self._entering:
            task.cancel()

    async def wait_closed(self) -> None:
        """Wait until none is being taken."""
        await asyncio.gather(self._accepting, *self._entering, return_exceptions=True)

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, peer = await loop.sock_accept(listener)
            except OSError as error:  # too many open files, or a client that is gone already
                log.warning("a connection could not be taken: %s", error)
                await asyncio.sleep(RETRY_S)
                continue
            if len(self._entering) >= MOST_PENDING:
                connection.close()
                continue
            task = asyncio.create_task(self._enter(connection, str(peer[0])), name="read a PROXY header")
            self._entering.add(task)
            task.add_done_callback(self._entering.discard)

    async def _enter(self, connection: socket.socket, peer: str) -> None:
        loop, make = asyncio.get_running_loop(), self._make
        client: Client | None = None
        try:
            if self._proxies.named(peer):
                async with asyncio.timeout(self._patience_s):
                    found = await client_of(lambda size: loop.sock_recv(connection, size))
                client = found or (peer, 0)
            await loop.connect_accepted_socket(lambda: make(client), connection, **self._tls)
        except (NoHeader, TimeoutError, OSError) as error:
            log.info("a connection of %s ended: %s", peer, str(error) or "no PROXY header in time")
            connection.close()
        except asyncio.CancelledError:
            connection.close()
            raise
