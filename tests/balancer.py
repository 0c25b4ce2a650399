"""HAProxy with the example that `deploy/haproxy` has, word for word: only addresses come from the environment."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import httpx

from barograph.access.secrets import DEVICE, hashed, new_secret
from barograph.store.accounts import Device
from barograph.store.mongo.archive import MongoArchive

EXAMPLES = Path(__file__).parents[1] / "deploy/haproxy"
START_S = 20.0
YEAR_US = 365 * 86_400 * 1_000_000


def haproxy() -> str:
    found = shutil.which("haproxy", path=os.environ.get("PATH", os.defpath) + ":/usr/sbin")
    assert found, "no haproxy: `python .ci/system_packages.py --only balancer` installs it"
    return found


def checked(example: str, **environment: str) -> str:
    """What HAProxy says of an example."""
    command = [haproxy(), "-c", "-f", str(EXAMPLES / example)]
    done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False)
    return f"{done.returncode} {done.stdout}{done.stderr}"


@contextmanager
def balancer(log: Path, example: str = "haproxy.cfg", **places: str) -> Iterator[None]:
    """HAProxy before servers, until the block is left; `places` are the variables of the example."""
    with log.open("wb") as said:
        process = subprocess.Popen(
            [haproxy(), "-db", "-f", str(EXAMPLES / example)], env=os.environ | places, stdout=said, stderr=said
        )
    try:
        deadline_s = time.monotonic() + START_S
        while not listens(places["INGEST_BIND"]):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline_s, log.read_text()
            time.sleep(0.02)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def listens(place: str) -> bool:
    host, _, port = place.rpartition(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


async def token_of(archive: MongoArchive, *streams: str) -> str:
    """A new device's token, which feeds some streams."""
    secret, now_us = new_secret(DEVICE), time.time_ns() // 1000
    until_us = now_us + YEAR_US
    device = Device(hash=hashed(secret), name="insole", streams=frozenset(streams), made_us=now_us, until_us=until_us)
    await archive.accounts.add_key(device)
    return secret


async def streams_at(url: str, owner: dict[str, str]) -> int:
    """How many streams connections feed at one ingest, as its metrics say; -1 when it does not answer."""
    async with httpx.AsyncClient(headers=owner, timeout=30) as http:
        try:
            text = (await http.get(f"{url}/metrics")).text
        except httpx.TransportError:
            return -1
    return int(float(next(line.split()[1] for line in text.splitlines() if line.startswith("barograph_live_streams "))))


@asynccontextmanager
async def reading(url: str, owner: dict[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    """A client of one process's history, by the owner's token."""
    async with httpx.AsyncClient(base_url=url, headers=owner, timeout=60) as http:
        yield http
