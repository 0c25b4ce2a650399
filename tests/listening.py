"""A server of the tests on a free port of this machine, while a block lasts."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from barograph.cli.serving import Server


@asynccontextmanager
async def listening(server: Server) -> AsyncIterator[int]:
    """The port at which it answers; it is ended, and has to end, when the block is left."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        task = asyncio.create_task(server.serve(sockets=[listener]))
        while not (server.started and server.servers):
            await asyncio.sleep(0.01)
            assert not task.done(), task.result()
        yield listener.getsockname()[1]
        server.should_exit = True
        await asyncio.wait_for(task, 20)
