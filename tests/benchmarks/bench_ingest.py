"""Durable frames a second: the whole ingest, bare inserts, and the predecessor's way, in interleaved rounds.

Then what the ingest does with more devices, larger matrices and a second process.
"""

from __future__ import annotations

import statistics
from typing import Any

from stack import HERE, Stack, drive, free_port, program, stack
from stores import influxdb, postgresql

ROUNDS = 3
PEERS = {
    "bare": "insert_many of 500, plain collection, 8 writers",
    "bare time series": "insert_many of 500, time series, 8 writers",
    "PostgreSQL": "COPY of bytea, 500 a transaction, 8 writers",
    "InfluxDB": "line protocol, 5,000 points a request, 8 writers",
    "predecessor": "Flask-SocketIO, insert_one of nested lists",
}
# Rows, columns, frames in all, frames a batch.
SHAPES = {"32x16": (32, 16, 80_000, 50), "60x21": (60, 21, 40_000, 50), "240x720": (240, 720, 400, 5)}
Runs = dict[str, list[dict[str, Any]]]


def rows() -> list[dict[str, Any]]:
    """Rows for `make bench`."""
    with stack() as one:
        runs, latency = _against_peers(one)
        out = _table(runs, latency, one.most_memory_mb())
        out += [_shape_row(one, devices, shape, "one ingest") for shape in SHAPES for devices in (1, 8, 40)]
    with stack(ingests=2) as two:
        out += [_shape_row(two, 8, "32x16", "two ingests")]
    return out


def _against_peers(one: Stack) -> tuple[Runs, dict[str, Any]]:
    runs: Runs = {"ingest": [], "ingest, batches of 10": [], **{name: [] for name in PEERS}}
    port, mongo_url = free_port(), one.servers.mongo_url
    socketio_url = f"ws://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket"
    peer = [str(HERE / "predecessor.py"), str(port)]
    with (
        program(peer, answers=f"http://127.0.0.1:{port}/", environment={}, typed=mongo_url + "\n"),
        postgresql() as postgresql_url,
        influxdb() as influxdb_url,
    ):
        one.measure(frames=1000)
        for _ in range(ROUNDS):
            runs["ingest"].append(one.measure(frames=20_000, batch=50))
            runs["ingest, batches of 10"].append(one.measure(frames=20_000, batch=10))
            runs["bare"].append(drive("bare", mongo_url, frames=10_000))
            runs["bare time series"].append(drive("bare", mongo_url, frames=10_000, timeseries=True))
            runs["PostgreSQL"].append(drive("copy", postgresql_url, frames=10_000))
            runs["InfluxDB"].append(drive("influx", influxdb_url, frames=10_000))
            runs["predecessor"].append(drive("socketio", socketio_url, frames=250))
    return runs, one.measure(devices=1, frames=1500, batch=2, rate=100)


def _middle(runs: list[dict[str, Any]], name: str) -> float:
    return float(statistics.median(run[name] for run in runs))


def _row(row: str, value: float, unit: str, peer: str = "", ratio: float | None = None) -> dict[str, Any]:
    return {"row": row, "value": value, "unit": unit, "peer": peer, "ratio": ratio}


def _table(runs: Runs, latency: dict[str, Any], memory_mb: float) -> list[dict[str, Any]]:
    ours = _middle(runs["ingest"], "frames_per_s")
    small = runs["ingest, batches of 10"]
    out = [
        _row("durable ingest, 8 devices, 32x16 uint16, batches of 50", ours, "frames/s"),
        _row("the same, batches of 10", _middle(small, "frames_per_s"), "frames/s"),
    ]
    for name, peer in PEERS.items():
        theirs = _middle(runs[name], "frames_per_s")
        out.append(_row(f"peer: {name}", theirs, "frames/s", peer, ours / theirs))
    tens, bare = _middle(small, "frames_per_s"), _middle(runs["bare"], "frames_per_s")
    out.append(_row("batches of 10 beside the same inserts", tens, "frames/s", PEERS["bare"], tens / bare))
    for name in ("ingest", "mongod", "redis"):
        out.append(_row(f"CPU of {name} a frame, batches of 50", _middle(runs["ingest"], f"{name}_us"), "us"))
        out.append(_row(f"CPU of {name} a frame, batches of 10", _middle(small, f"{name}_us"), "us"))
    generator_us = statistics.median(1e6 * run["cpu_s"] / run["frames"] for run in runs["ingest"])
    return [
        *out,
        _row("CPU of the load generator a frame", generator_us, "us"),
        _row("ack p95 at full load, 8 devices", _middle(runs["ingest"], "ack_p95_s") * 1e3, "ms"),
        _row("ack p50 at 100 Hz, one device", latency["ack_p50_s"] * 1e3, "ms"),
        _row("ack p95 at 100 Hz, one device", latency["ack_p95_s"] * 1e3, "ms"),
        _row("largest memory of the ingest", memory_mb, "MiB"),
    ]


def _shape_row(running: Stack, devices: int, shape: str, peer: str) -> dict[str, Any]:
    height, width, frames, batch = SHAPES[shape]
    run = running.measure(devices=devices, frames=frames // devices, batch=batch, rows=height, cols=width)
    said = f"{peer}, ack p95 {run['ack_p95_s'] * 1e3:.0f} ms, ingest {run['ingest_us']:.1f} us a frame"
    return _row(f"{devices} devices, {shape}", run["frames_per_s"], "frames/s", said)
