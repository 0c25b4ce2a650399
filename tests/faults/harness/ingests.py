"""Ingest processes, each in a process group of its own, and the largest memory that they took."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

from barograph import settings as settings_module
from barograph.access.principals import secret_key
from barograph.access.proofs import Proofs

START_PATIENCE_S = 30.0
SAMPLE_S = 0.05


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Ingest:
    """`barograph ingest` on a port that it keeps from start to start."""

    mongo_url: str
    redis_url: str
    home: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen | None = None
    peak_bytes: int = 0
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def log(self) -> Path:
        return self.home / f"ingest-{self.port}.log"

    @property
    def http_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def owner(self) -> dict[str, str]:
        """What the owner's programs show, who may read."""
        chosen = settings_module.load(data_dir=self.home)
        secret_key(chosen)  # the dashboard makes one when it starts
        return {"Authorization": f"Bearer {Proofs(chosen).owner_token()}"}

    async def start(self) -> None:
        """Start it, and return when it answers."""
        self._spawn()
        async with asyncio.timeout(START_PATIENCE_S), httpx.AsyncClient() as http:
            while not await self._answers(http):
                if self.process.poll() is not None:
                    raise RuntimeError(f"the ingest ended with {self.process.returncode}:\n{self.last_words()}")
                await asyncio.sleep(0.02)

    def _spawn(self) -> None:
        ours = {
            "BAROGRAPH_MONGO_URL": self.mongo_url, "BAROGRAPH_REDIS_URL": self.redis_url,
            "BAROGRAPH_DATA_DIR": str(self.home), "BAROGRAPH_INGEST_PORT": str(self.port),
            "BAROGRAPH_DEVICE_TOKENS": "off",
            **self.settings,
        }  # fmt: skip
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "barograph", "ingest"], env=os.environ | ours, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    async def _answers(self, http: httpx.AsyncClient) -> bool:
        try:
            return (await http.get(f"{self.http_url}/healthz", timeout=2)).status_code == 200
        except httpx.TransportError:
            return False

    async def signal(self, number: int) -> None:
        """Send a signal to the whole group; wait for the end where that is what it means."""
        os.killpg(self.process.pid, number)
        if number in (signal.SIGKILL, signal.SIGTERM):
            await asyncio.to_thread(self.process.wait, 40)

    def sample(self) -> None:
        """Look at the memory of the group now."""
        if self.process is None or self.process.poll() is not None:
            return
        with contextlib.suppress(psutil.NoSuchProcess):
            parent = psutil.Process(self.process.pid)
            family = [parent, *parent.children(recursive=True)]
            self.peak_bytes = max(self.peak_bytes, sum(each.memory_info().rss for each in family))

    def last_words(self, lines: int = 15) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def close(self) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        os.killpg(self.process.pid, signal.SIGCONT)
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


async def watch(ingests: list[Ingest]) -> None:
    """Sample their memory until cancelled."""
    while True:
        for each in ingests:
            each.sample()
        await asyncio.sleep(SAMPLE_S)
