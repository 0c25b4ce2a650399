"""An ingest in a process of its own, for tests that kill it or look at its memory."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys

import httpx
import psutil


class Process:
    """`barograph ingest` by itself, on one port from start to start."""

    def __init__(self, servers, database, tmp_path, **settings):
        self.environment = os.environ | {
            "BAROGRAPH_MONGO_URL": servers.mongo_url, "BAROGRAPH_REDIS_URL": servers.redis_url,
            "BAROGRAPH_DATABASE": database, "BAROGRAPH_DATA_DIR": str(tmp_path), "BAROGRAPH_LOG_LEVEL": "warning",
            **{f"BAROGRAPH_{name.upper()}": str(value) for name, value in settings.items()},
        }  # fmt: skip
        self.port = 0
        self.running = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws_url(self):
        return f"ws://127.0.0.1:{self.port}/ws"

    def memory_mb(self):
        return psutil.Process(self.running.pid).memory_info().rss / 2**20

    async def start(self):
        self.port = self.port or free_port()
        self._spawn()
        async with asyncio.timeout(60), httpx.AsyncClient() as http:
            while True:
                try:
                    return await http.get(f"{self.url}/healthz")
                except httpx.TransportError:
                    assert self.running.poll() is None
                    await asyncio.sleep(0.05)

    def _spawn(self):
        command = [sys.executable, "-m", "barograph", "ingest", "--port", str(self.port)]
        self.running = subprocess.Popen(command, env=self.environment, stderr=subprocess.DEVNULL)

    async def end(self, number):
        if self.running.poll() is None:
            self.running.send_signal(number)
        await asyncio.to_thread(self.running.wait, 40)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
