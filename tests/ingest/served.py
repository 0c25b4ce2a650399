"""The ingest under uvicorn, in this process, for the tests of its doors."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import uvicorn
from quart import Quart

from barograph import settings as settings_module
from barograph.access.principals import Access, secret_key
from barograph.access.proofs import Proofs
from barograph.cli.serving import configuration
from ingest.app import create_app


@dataclass
class Running:
    """A running ingest."""

    port: int
    app: Quart
    server: uvicorn.Server
    task: asyncio.Task
    owner: dict[str, str]  # what the owner's programs show

    @property
    def ws_url(self):
        return f"ws://127.0.0.1:{self.port}/ws"

    @property
    def http_url(self):
        return f"http://127.0.0.1:{self.port}"

    async def stop(self):
        self.server.should_exit = True
        await asyncio.wait_for(self.task, 20)


@asynccontextmanager
async def serving(archive, live, tmp_path, **given) -> AsyncIterator[Running]:
    settings = settings_module.load(data_dir=tmp_path, **{"device_tokens": "off", **given})
    app = create_app(settings, archive, live, Access(settings, "ingest"))
    config = configuration(app, settings)
    config.port, config.timeout_graceful_shutdown = 0, 5
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
        assert not task.done(), task.result()
    secret_key(settings)  # the dashboard makes one when it starts
    owner = {"Authorization": f"Bearer {Proofs(settings).owner_token()}"}
    running = Running(server.servers[0].sockets[0].getsockname()[1], app, server, task, owner)
    try:
        yield running
    finally:
        await running.stop()


class Client:
    """A plain WebSocket client that speaks JSON."""

    def __init__(self, socket):
        self.socket = socket

    async def say(self, **event):
        await self.socket.send(json.dumps(event))

    async def hear(self, kind=None):
        while True:
            event = json.loads(await asyncio.wait_for(self.socket.recv(), 20))
            if kind in (None, event["type"]):
                return event
