"""An ingest on loopback in a thread of its own, beside tests that ask it as a program of another machine does."""

from __future__ import annotations

import asyncio
import ssl
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from keyed import open_archive

from barograph.access.proofs import Proofs
from barograph.loops import ask, running_loop
from barograph.settings import load
from barograph.store.cold.places import Place
from barograph.store.memory.archive import MemoryLive

sys.path.append(str(Path(__file__).parents[2] / "ingest"))

from served import serving


def owners_token(folder: Path) -> str:
    """Return what the owner of the data directory `folder` shows to read."""
    return Proofs(load(data_dir=folder)).owner_token()


@contextmanager
def ingest_at(
    mongo_url: str, database: str, folder: Path, *, place: Place | None = None, **given: Any
) -> Iterator[str]:
    """Give the address of an ingest over a database, and a place of archived sessions."""
    with running_loop() as loop:
        ended = ask(loop, _event())
        started: asyncio.Future[str] = ask(loop, _future())

        async def serve() -> None:
            archive = await open_archive(mongo_url, database, 20.0, place=place)
            try:
                async with serving(archive, MemoryLive(), folder, **given) as running:
                    started.set_result(running.http_url)
                    await ended.wait()
            finally:
                await archive.close()

        task = asyncio.run_coroutine_threadsafe(serve(), loop)
        try:
            yield ask(loop, _waited(started, task))
        finally:
            loop.call_soon_threadsafe(ended.set)
            task.result(60)


async def _event() -> asyncio.Event:
    return asyncio.Event()


async def _future() -> Any:
    return asyncio.get_running_loop().create_future()


async def _waited(started: Any, task: Any) -> str:
    await asyncio.wait({started, asyncio.wrap_future(task)}, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        task.result()
    return str(started.result())


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextmanager
def listening(handler: Handler, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Give the address of a server that does as told, for answers that none of ours gives."""

    async def handled(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handler(reader, writer)
        except (ConnectionError, EOFError):
            return
        finally:
            writer.close()

    async def start() -> asyncio.Server:
        return await asyncio.start_server(handled, "127.0.0.1", 0, ssl=tls)

    async def stop(server: asyncio.Server) -> None:
        server.close()

    with running_loop() as loop:
        server = ask(loop, start())
        try:
            yield f"http{'' if tls is None else 's'}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        finally:
            ask(loop, stop(server))


class Cutting:
    """A relay to a server that cuts connections: each after so many bytes of answers, for so many connections."""

    def __init__(self, address: str, after: int, times: int) -> None:
        self.port = int(address.rpartition(":")[2])
        self.after, self.times, self.cut = after, times, 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self.port)
        asking = asyncio.create_task(self._pass(reader, back))
        try:
            passed = 0
            while piece := await there.read(1 << 14):
                passed += len(piece)
                dies = self.cut < self.times and passed >= self.after
                self.cut += dies
                writer.write(piece[: len(piece) // 2] if dies else piece)
                await writer.drain()
                if dies:
                    return
        finally:
            asking.cancel()
            back.close()

    async def _pass(self, reader: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        while piece := await reader.read(1 << 14):
            back.write(piece)
            await back.drain()
