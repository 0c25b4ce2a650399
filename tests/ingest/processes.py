"""A server in a process of its own, for tests that kill it or look at its memory."""

from __future__ import annotations

import asyncio
import os
import re
import select
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import httpx
import psutil

from barograph import settings as settings_module
from barograph.access.principals import secret_key
from barograph.access.proofs import Proofs

START_S = 180  # where others work too


class Process:
    """`barograph ingest` by itself, or another part, on one port from start to start."""

    def __init__(self, servers, database, tmp_path, *, part="ingest", **settings):
        self.part = part
        self.environment = os.environ | {
            "BAROGRAPH_MONGO_URL": servers.mongo_url, "BAROGRAPH_REDIS_URL": servers.redis_url,
            "BAROGRAPH_DATABASE": database, "BAROGRAPH_DATA_DIR": str(tmp_path), "BAROGRAPH_LOG_LEVEL": "warning",
            "BAROGRAPH_DEVICE_TOKENS": "off",
            **{f"BAROGRAPH_{name.upper()}": str(value) for name, value in settings.items()},
        }  # fmt: skip
        self.port = 0
        self.running = None
        chosen = settings_module.load(data_dir=tmp_path)
        secret_key(chosen)  # the dashboard makes one when it starts
        self.owner = {"Authorization": f"Bearer {Proofs(chosen).owner_token()}"}

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws_url(self):
        return f"ws://127.0.0.1:{self.port}/ws"

    def memory_mb(self):
        return psutil.Process(self.running.pid).memory_info().rss / 2**20

    def peak_mb(self):
        """The most memory that it has had so far."""
        status = Path(f"/proc/{self.running.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024

    async def start(self):
        self.port = self.port or free_port()
        self._spawn()
        async with asyncio.timeout(START_S), httpx.AsyncClient() as http:
            while True:
                try:
                    return await http.get(f"{self.url}/healthz")
                except httpx.TransportError:
                    assert self.running.poll() is None
                    await asyncio.sleep(0.05)

    def _spawn(self):
        command = [sys.executable, "-m", "barograph", self.part, "--port", str(self.port)]
        self.running = subprocess.Popen(command, env=self.environment, stderr=subprocess.DEVNULL)

    async def end(self, number):
        if self.running.poll() is None:
            self.running.send_signal(number)
        await asyncio.to_thread(self.running.wait, 40)


def status_of_an_endless_post(port, path, begins=b""):
    """POST a body of JSON that has no end until the server answers; return the status.

    On a bare socket: a client of HTTP loses the answer of a server that hangs up while the client still writes.
    """
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", port)) as peer:
        peer.sendall(head.encode() + b"Transfer-Encoding: chunked\r\n\r\nffffffffff\r\n" + begins)
        peer.setblocking(False)
        while True:
            readable, writable, _ = select.select([peer], [peer], [], 60)
            assert readable or writable, "the server neither reads nor answers"
            if readable:
                return int(peer.recv(4096).split()[1])
            with suppress(BrokenPipeError, ConnectionResetError):  # what it had answered before can still be read
                peer.send(b" " * (1 << 16))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
