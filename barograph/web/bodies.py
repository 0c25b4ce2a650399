"""Bodies of requests: read piece by piece, unpacked where they are packed, and never more than is allowed.

Quart reads a body as fast as it comes and keeps it whole, 0.23 too. Here at most `HELD_BYTES` wait for whoever reads;
then nothing more is read from the socket, and the client has to wait. A body that stops coming, has no end, or unpacks
to more than is allowed ends with an error, before it is in memory. The bound is at the ASGI interface, which is the
same in every version of Quart: how Quart keeps what it took is its own affair.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from typing import Any

from quart import Quart, Request
from quart.asgi import ASGIHTTPConnection
from quart.wrappers.request import Body
from werkzeug.exceptions import RequestEntityTooLarge, RequestTimeout, UnsupportedMediaType

from barograph.errors import InvalidData

HELD_BYTES = 1 << 20
PIECE_BYTES = 1 << 18
SMALL_BYTES = 1 << 20  # of a body that is read at once: what is said of a workout, a marker
SILENCE_S = 30.0


class BoundedBody(Body):
    """A body of which little waits for its reader."""

    def __init__(self, expected_content_length: int | None, max_content_length: int | None) -> None:
        super().__init__(expected_content_length, None)
        self._held_bytes, self._left = 0, False
        self._room = asyncio.Event()
        self._hold(0)
        self._whole: bytes | None = None

    def kept_up_with(self, receive: Callable[[], Awaitable[Any]]) -> Callable[[], Awaitable[Any]]:
        """Return what brings the body of a connection, and waits until more may come."""

        async def received() -> Any:
            await self._room.wait()
            event = await receive()
            self._hold(len(event.get("body", b"")))
            return event

        return received

    def leave(self) -> None:
        """Read no more: what still comes is for nobody, and nobody has to wait with it."""
        self._left = True
        self._hold(0)

    def _hold(self, more: int) -> None:
        self._held_bytes += more
        if self._left or self._held_bytes < HELD_BYTES:
            self._room.set()
        else:
            self._room.clear()

    async def __anext__(self) -> bytes:
        data = await super().__anext__()
        self._hold(-len(data))
        return data

    def __await__(self) -> Generator[Any, None, Any]:
        return self._small().__await__()

    async def _small(self) -> bytes:
        if self._whole is None:
            whole = bytearray()
            async for piece in self:
                whole += piece
                if len(whole) > SMALL_BYTES:
                    raise RequestEntityTooLarge(f"body: expected at most {SMALL_BYTES} bytes")
            self._whole = bytes(whole)
        return self._whole


class BoundedRequest(Request):
    """A request with such a body."""

    body_class = BoundedBody


class BoundedHTTPConnection(ASGIHTTPConnection):
    """A connection that takes no more of a body than its reader keeps up with."""

    async def handle_messages(self, request: Any, receive: Any, *more: Any) -> None:
        """Bring the body until the client is gone."""
        await super().handle_messages(request, request.body.kept_up_with(receive), *more)

    async def handle_request(self, request: Any, send: Any) -> None:
        """Let the application answer; it reads no more after that."""
        try:
            await super().handle_request(request, send)
        finally:
            request.body.leave()


def bound_bodies(app: Quart) -> None:
    """Let an application read bodies this way."""
    app.asgi_http_class = BoundedHTTPConnection
    app.request_class = BoundedRequest
    app.config["BODY_TIMEOUT"] = SILENCE_S


async def pieces(request: Request, most_bytes: int) -> AsyncIterator[bytes]:
    """Yield the unpacked body in pieces; more than `most_bytes` of it, packed or unpacked, is refused."""
    if (request.content_length or 0) > most_bytes:
        raise _too_large(most_bytes)
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip"):
        raise UnsupportedMediaType(f"Content-Encoding: expected gzip or none, got {encoding[:40]!r}")
    unpacking = _Gzip() if encoding == "gzip" else None
    read = 0
    async for piece in _arriving(request.body):
        for part in unpacking.feed(piece) if unpacking else (piece,):
            read += len(part)
            if read > most_bytes:
                raise _too_large(most_bytes)
            yield part
    if unpacking:
        unpacking.end()


async def whole(request: Request, most_bytes: int) -> bytes:
    """Return the body at once."""
    return b"".join([piece async for piece in pieces(request, most_bytes)])


def _too_large(most_bytes: int) -> RequestEntityTooLarge:
    return RequestEntityTooLarge(f"body: expected at most {most_bytes} bytes, also after unpacking")


async def _arriving(body: Body) -> AsyncIterator[bytes]:
    try:
        while True:
            async with asyncio.timeout(SILENCE_S):
                piece = await anext(body)
            yield piece
    except StopAsyncIteration:
        return
    except TimeoutError:
        raise RequestTimeout(f"body: nothing came for {SILENCE_S:.0f} s") from None


class _Gzip:
    """A gzip stream, unpacked in pieces."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(16 + zlib.MAX_WBITS)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What it holds, at most `PIECE_BYTES` at once."""
        try:
            while data:
                if self._stream.eof:  # several members may follow each other
                    self._stream = zlib.decompressobj(16 + zlib.MAX_WBITS)
                yield self._stream.decompress(data, PIECE_BYTES)
                data = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail
        except zlib.error as error:
            raise InvalidData(f"body: expected gzip, as Content-Encoding says: {error}", field="body") from error

    def end(self) -> None:
        """Nothing more comes."""
        if not self._stream.eof:
            raise InvalidData("body: the gzip stream has no end", field="body")
