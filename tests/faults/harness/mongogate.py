"""A proxy before mongod that knows enough of its protocol to hold inserts into `frames`, or the answers to them.

A message is int32 length, request id, response to, opcode, then its body; the driver's commands are OP_MSG.
"""

from __future__ import annotations

import asyncio
import contextlib
import struct

from harness.proxy import Link, Proxy

HEAD = struct.Struct("<iiii")
INSERT = b"\x02insert\x00\x07\x00\x00\x00frames\x00"


class MongoGate(Proxy):
    """Holds what it is told to hold until `release`; `held` is set when something is."""

    def __init__(self, target_port: int) -> None:
        super().__init__(target_port)
        self.hold_answers = False
        self.hold_requests = False
        self.held = asyncio.Event()
        self._open = asyncio.Event()
        self._drop = False
        self._asked: dict[Link, set[int]] = {}

    def release(self, *, drop: bool = False) -> None:
        """Let go of what is held, or lose it, and its connection, on the way."""
        self.hold_answers = self.hold_requests = False
        self._drop = drop
        self._open.set()

    async def carry(self, link: Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Commands; a held insert reaches mongod after the release, even when the driver has hung up meanwhile."""
        asked = self._asked.setdefault(link, set())
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readexactly(HEAD.size)
                length, request, _, _ = HEAD.unpack(head)
                body = await reader.readexactly(length - HEAD.size)
                if INSERT in body[:64]:
                    asked.add(request)
                    if self.hold_requests:
                        await self._hold()
                writer.write(head + body)
                await writer.drain()
        writer.close()

    async def answer(self, link: Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers; a held one means that the write is done."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readexactly(HEAD.size)
                length, _, request, _ = HEAD.unpack(head)
                body = await reader.readexactly(length - HEAD.size)
                if request in self._asked.get(link, ()) and self.hold_answers:
                    await self._hold()
                writer.write(head + body)
                await writer.drain()
        writer.close()
        self._asked.pop(link, None)

    async def _hold(self) -> None:
        self._open.clear()
        self.held.set()
        await self._open.wait()
        if self._drop:
            raise ConnectionAbortedError("lost on the way")
