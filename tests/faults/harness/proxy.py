"""A TCP proxy that can do what networks do, and one before mongod that can hold a write or its answer."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

CHUNK = 16 << 10
BUFFER = 32 << 10


class Link:
    """One connection through the proxy."""

    def __init__(self, near: asyncio.StreamWriter, far: asyncio.StreamWriter) -> None:
        self.near, self.far = near, far
        self.dead = False  # half open: both ends think that they are connected, nothing gets through

    def close(self) -> None:
        for writer in (self.near, self.far):
            writer.close()

    def reset(self) -> None:
        """Both ends see RST."""
        for writer in (self.near, self.far):
            found = writer.get_extra_info("socket")
            found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()


class Proxy:
    """Forwards to a port of this machine; `latency_s` and `bytes_per_s` hold for each direction of each link."""

    def __init__(self, target_port: int) -> None:
        self.target_port = target_port
        self.port = 0
        self.links: set[Link] = set()
        self.latency_s = 0.0
        self.bytes_per_s = 0

    def cut(self) -> None:
        for link in list(self.links):
            link.close()

    def reset(self) -> None:
        for link in list(self.links):
            link.reset()

    def half_open(self) -> None:
        """What comes on the links of now is swallowed; new ones work."""
        for link in self.links:
            link.dead = True

    async def serve(self, near_in: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        try:
            far_in, far = await asyncio.open_connection("127.0.0.1", self.target_port, limit=BUFFER)
        except OSError:
            near.close()
            return
        for writer in (near, far):
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
        link = Link(near, far)
        self.links.add(link)
        try:
            await asyncio.gather(self.carry(link, near_in, far), self.answer(link, far_in, near))
        finally:
            self.links.discard(link)
            link.close()

    async def carry(self, link: Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """From client to server."""
        await self._forward(link, reader, writer)

    async def answer(self, link: Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """From server to client."""
        await self._forward(link, reader, writer)

    async def _forward(self, link: Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        due: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(64)
        writing = asyncio.create_task(self._write(link, due, writer), name="proxy-write")
        with contextlib.suppress(OSError):  # a link that breaks has ended, which is what it is for
            while data := await reader.read(min(CHUNK, self.bytes_per_s // 10 or CHUNK)):
                await due.put((asyncio.get_running_loop().time() + self.latency_s, data))
                if self.bytes_per_s:
                    await asyncio.sleep(len(data) / self.bytes_per_s)
        await due.put((0.0, b""))
        await writing

    async def _write(self, link: Link, due: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
        while True:
            when, data = await due.get()
            if not data:
                break
            await asyncio.sleep(max(0.0, when - asyncio.get_running_loop().time()))
            if link.dead or writer.is_closing():
                continue
            writer.write(data)
            try:
                await writer.drain()
            except OSError:
                link.close()
        if not link.dead:
            link.close()


@asynccontextmanager
async def proxy(made: Proxy) -> AsyncIterator[Proxy]:
    """A proxy that listens until the block is left."""
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0, limit=BUFFER)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        made.cut()
        await asyncio.sleep(0)
