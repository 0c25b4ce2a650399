"""A stack to measure: embedded servers, ingest processes, and load generators in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from barograph import settings
from barograph.access.principals import secret_key
from barograph.access.proofs import Proofs
from barograph.cli.addresses import listen
from barograph.servers import embedded

HERE = Path(__file__).parent


@contextmanager
def program(
    arguments: list[str], *, answers: str, environment: dict[str, str], typed: str = ""
) -> Iterator[psutil.Process]:
    """A process that answers at an address, ended when the block is left."""
    process = subprocess.Popen([sys.executable, *arguments], env={**os.environ, **environment}, stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(typed.encode())
    process.stdin.flush()
    try:
        deadline = time.monotonic() + 90  # a machine that is busy takes its time
        while not _up(answers):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{arguments} does not answer at {answers}")
            time.sleep(0.05)
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _up(address: str) -> bool:
    try:
        urllib.request.urlopen(address, timeout=2)
    except urllib.error.HTTPError as error:
        return error.code < 500  # the predecessor's way has no page, the dashboard none without a login
    except OSError:
        return False
    return True


def free_port() -> int:
    with listen("127.0.0.1", 0, setting="port") as socket:
        return int(socket.getsockname()[1])


def drive(door: str, url: str, **options: Any) -> dict[str, Any]:
    """One run of `devices.py`."""
    flags = [f"--{name}" if value is True else f"--{name}={value}" for name, value in options.items() if value]
    done = subprocess.run(
        [sys.executable, str(HERE / "devices.py"), door, *flags],
        input=url + "\n",
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return dict(json.loads(done.stdout))


@dataclass
class Stack:
    """What runs: servers, ingest processes, and the WebSocket addresses of these."""

    servers: embedded.Servers
    ingests: list[psutil.Process]
    ws_urls: list[str]
    data_dir: Path

    def owner(self) -> dict[str, str]:
        """What the owner's programs show, who may read."""
        chosen = settings.load(data_dir=self.data_dir)
        secret_key(chosen)  # the dashboard makes one when it starts
        return {"Authorization": f"Bearer {Proofs(chosen).owner_token()}"}

    def cpu_s(self) -> dict[str, float]:
        """CPU seconds so far: the ingests together, mongod, redis-server."""
        named = {"mongod": [psutil.Process(self.servers.mongod_pid)], "redis": [psutil.Process(self.servers.redis_pid)]}
        return {name: sum(map(spent_s, found)) for name, found in {"ingest": self.ingests, **named}.items()}

    def most_memory_mb(self) -> float:
        """The most resident memory that an ingest process has had."""
        return max(peak_mb(process.pid) for process in self.ingests)

    def measure(self, **options: Any) -> dict[str, Any]:
        """One run of binary devices, with the CPU that each process took for a frame."""
        before = self.cpu_s()
        run = drive("ws", ",".join(self.ws_urls), **options)
        after = self.cpu_s()
        return run | {f"{name}_us": 1e6 * (after[name] - before[name]) / run["frames"] for name in before}


def spent_s(process: psutil.Process) -> float:
    """CPU seconds of a process."""
    times = process.cpu_times()
    return float(times.user + times.system)


def peak_mb(pid: int) -> float:
    """The most resident memory that a process has had, by Linux' own count."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"no VmHWM for process {pid}")


BAROGRAPH = ("-m", "barograph")


@contextmanager
def stack(ingests: int = 1, command: Sequence[str] = BAROGRAPH) -> Iterator[Stack]:
    """Embedded servers and ingest processes on a fresh data directory, by a command such as `python -m barograph`."""
    with (
        tempfile.TemporaryDirectory(prefix="barograph-bench-") as folder,
        embedded.servers(Path(folder)) as servers,
        ExitStack() as running,
    ):
        found = Stack(servers, [], [], Path(folder))
        for _ in range(ingests):
            port = free_port()
            environment = {
                "BAROGRAPH_MONGO_URL": servers.mongo_url, "BAROGRAPH_REDIS_URL": servers.redis_url,
                "BAROGRAPH_DATA_DIR": folder, "BAROGRAPH_INGEST_PORT": str(port), "BAROGRAPH_LOG_LEVEL": "warning",
                "BAROGRAPH_DEVICE_TOKENS": "off",
            }  # fmt: skip
            address = f"http://127.0.0.1:{port}/healthz"
            started = program([*command, "ingest"], answers=address, environment=environment)
            found.ingests.append(running.enter_context(started))
            found.ws_urls.append(f"ws://127.0.0.1:{port}/ws")
        yield found
