"""Durable frames a second: the whole ingest, bare inserts, and the predecessor's way, in interleaved rounds."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from barograph import embedded
from barograph.cli.addresses import listen

HERE = Path(__file__).parent
ROUNDS = 3


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
        deadline = time.monotonic() + 30
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
    except urllib.error.HTTPError:
        return True
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


@contextmanager
def stack() -> Iterator[tuple[embedded.Servers, str, psutil.Process]]:
    """Embedded servers and one ingest process; its WebSocket address."""
    with tempfile.TemporaryDirectory(prefix="barograph-bench-") as folder, embedded.servers(Path(folder)) as servers:
        port = free_port()
        environment = {
            "BAROGRAPH_MONGO_URL": servers.mongo_url, "BAROGRAPH_REDIS_URL": servers.redis_url,
            "BAROGRAPH_DATA_DIR": folder, "BAROGRAPH_INGEST_PORT": str(port),
        }  # fmt: skip
        address = f"http://127.0.0.1:{port}/healthz"
        with program(["-m", "barograph", "ingest"], answers=address, environment=environment) as process:
            yield servers, f"ws://127.0.0.1:{port}/ws", process


def rows() -> list[dict[str, Any]]:
    """Rows for `make bench`."""
    runs: dict[str, list[dict[str, Any]]] = {"ingest": [], "bare": [], "bare time series": [], "predecessor": []}
    with stack() as (servers, ws_url, ingest):
        port = free_port()
        peer = [str(HERE / "predecessor.py"), str(port)]
        address = f"http://127.0.0.1:{port}/"
        socketio_url = f"ws://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket"
        with program(peer, answers=address, environment={}, typed=servers.mongo_url + "\n"):
            drive("ws", ws_url, frames=1000)
            for _ in range(ROUNDS):
                before = ingest.cpu_times()
                run = drive("ws", ws_url, frames=20_000)
                after = ingest.cpu_times()
                run["server_us"] = 1e6 * (after.user + after.system - before.user - before.system) / run["frames"]
                runs["ingest"].append(run)
                runs["bare"].append(drive("bare", servers.mongo_url, frames=10_000))
                runs["bare time series"].append(drive("bare", servers.mongo_url, frames=10_000, timeseries=True))
                runs["predecessor"].append(drive("socketio", socketio_url, frames=250))
        latency = drive("ws", ws_url, devices=1, frames=1000, batch=2, rate=100)
        memory_mb = ingest.memory_info().rss / 2**20
    return _table(runs, latency, memory_mb)


def _table(runs: dict[str, list[dict[str, Any]]], latency: dict[str, Any], memory_mb: float) -> list[dict[str, Any]]:
    middle = {name: statistics.median(run["frames_per_s"] for run in found) for name, found in runs.items()}
    what = {
        "bare": "insert_many of 500, plain collection, 8 writers",
        "bare time series": "insert_many of 500, time series, 8 writers",
        "predecessor": "Flask-SocketIO, insert_one of nested lists",
    }
    out = [
        {
            "row": "durable ingest, 8 devices, 32x16 uint16",
            "value": middle["ingest"],
            "unit": "frames/s",
            "peer": "",
            "ratio": None,
        }
    ]
    for name, peer in what.items():
        ratio = middle["ingest"] / middle[name]
        out.append({"row": f"peer: {name}", "value": middle[name], "unit": "frames/s", "peer": peer, "ratio": ratio})
    last = runs["ingest"][-1]
    per_frame = statistics.median(1e6 * run["cpu_s"] / run["frames"] for run in runs["ingest"])
    for row, value, unit in [
        ("CPU of the ingest a frame", statistics.median(run["server_us"] for run in runs["ingest"]), "us"),
        ("CPU of the load generator a frame", per_frame, "us"),
        ("ack p95 at full load, 8 devices", last["ack_p95_s"] * 1e3, "ms"),
        ("ack p50 at 100 Hz, one device", latency["ack_p50_s"] * 1e3, "ms"),
        ("ack p95 at 100 Hz, one device", latency["ack_p95_s"] * 1e3, "ms"),
        ("memory of the ingest after the runs", memory_mb, "MiB"),
    ]:
        out.append({"row": row, "value": value, "unit": unit, "peer": "", "ratio": None})
    return out
