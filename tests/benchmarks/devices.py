"""Load generators, each a process of its own: messages are encoded beforehand, and the CPU that sending took is told.

    python devices.py ws|socketio|bare|copy|influx --url … --devices 8 --frames 20000 --batch 50 --rows 32 --cols 16

Prints one JSON object: frames, seconds from the first send to the last confirmation, CPU seconds, ack p50 and p95.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import into_stores
import numpy as np
from pymongo import MongoClient
from pymongo.write_concern import WriteConcern
from websockets.asyncio.client import connect

from analytics.sim import gait_frames
from barograph import codec
from barograph.frames import Layout

OUTSTANDING_JSON = 32
STORES = {"copy": into_stores.copy, "influx": into_stores.influx}


def frames_of(args: argparse.Namespace, device: int) -> np.ndarray[Any, Any]:
    return gait_frames(min(args.frames, 2000), args.rows, args.cols, "uint16", device)


class BinaryDevice:
    """Sends batches in the binary form to `/ws`, within the server's window."""

    def __init__(self, args: argparse.Namespace, device: int) -> None:
        self.args, self.device = args, device
        self.workout, self.epoch = f"bench-{uuid.uuid4().hex[:8]}", str(uuid.uuid4())
        # At full speed all is encoded beforehand; at a fixed rate that would only fill the memory.
        self.messages = self._encode() if args.rate else list(self._encode())
        self.acked = 0
        self.window = 0
        self.sent_at: dict[int, float] = {}
        self.latencies: list[float] = []
        self.changed = asyncio.Event()

    def _encode(self) -> Iterator[tuple[int, bytes]]:
        pool = frames_of(self.args, self.device)
        # A device as fast as that: times that run ahead of the server's would be those of a clock that jumps.
        start_us, dt_us = time.time_ns() // 1000, 10_000 if self.args.rate else 80
        for seq in range(0, self.args.frames, self.args.batch):
            n = min(self.args.batch, self.args.frames - seq)
            data = np.take(pool, range(seq, seq + n), axis=0, mode="wrap").tobytes()
            head = {
                "type": "frames", "workout_id": self.workout, "stream": "main", "epoch": self.epoch, "seq": seq, "n": n,
                "t0_us": start_us + seq * dt_us, "dt_us": dt_us, "encoding": "raw",
            }  # fmt: skip
            yield seq + n, codec.encode(head, data)

    async def prepare(self) -> None:
        urls = self.args.url.split(",")
        url = urls[self.device % len(urls)]
        self.socket = await connect(url, compression=None, max_queue=None)
        await self.socket.send(json.dumps({"type": "ping", "t1_us": time.time_ns() // 1000}))
        layout = Layout(rows=self.args.rows, cols=self.args.cols, dtype="uint16").to_dict()
        join = {"type": "join_session", "workout_id": self.workout, "epoch": self.epoch, "layout": layout}
        await self.socket.send(json.dumps(join))
        while (event := json.loads(await self.socket.recv()))["type"] != "session_joined":
            pass
        self.window = self._window_of(event)

    def _window_of(self, event: dict[str, Any]) -> int:
        """Frames that may be unsettled: the narrower of the two windows."""
        frames: int = min(event["window_frames"], event["window_bytes"] // (2 * self.args.rows * self.args.cols))
        return frames

    async def run(self) -> None:
        reader = asyncio.create_task(self._read())
        begun = time.monotonic()
        for stop, message in self.messages:
            if self.args.rate:
                await asyncio.sleep(begun + stop / self.args.rate - time.monotonic())
            while stop - self.acked > self.window:
                self.changed.clear()
                await self.changed.wait()
            self.sent_at[stop] = time.monotonic()
            await self.socket.send(message)
        await reader
        await self.socket.close()

    async def _read(self) -> None:
        while self.acked < self.args.frames:
            event = json.loads(await self.socket.recv())
            if event["type"] != "ack":
                raise RuntimeError(f"the ingest answered {event}")
            now = time.monotonic()
            self.acked, self.window = event["next_seq"], self._window_of(event)
            for stop in [stop for stop in self.sent_at if stop <= self.acked]:
                self.latencies.append(now - self.sent_at.pop(stop))
            self.changed.set()


class SocketIoDevice:
    """Sends one JSON frame an event, as the predecessor's front end did, `OUTSTANDING_JSON` unanswered at most."""

    def __init__(self, args: argparse.Namespace, device: int) -> None:
        self.args = args
        self.workout = f"bench-{uuid.uuid4().hex[:8]}"
        pool = frames_of(args, device)[:200]
        self.messages = [
            "42" + json.dumps(["pressure_frame", {
                "workout_id": self.workout, "matrix": frame.tolist(), "nodes": frame.size, "timestamp": 1.7e12 + i * 10,
            }])
            for i, frame in enumerate(pool)
        ]  # fmt: skip
        self.latencies: list[float] = []

    async def prepare(self) -> None:
        self.socket = await connect(self.args.url, compression=None, max_size=None)
        await self.socket.recv()
        await self.socket.send("40")
        await self.socket.recv()
        await self.socket.send("42" + json.dumps(["join_session", {"workout_id": self.workout}]))
        await self._until("session_joined")

    async def _until(self, event: str) -> None:
        while True:
            text = str(await self.socket.recv())
            if text == "2":
                await self.socket.send("3")
            elif text.startswith(f'42["{event}"'):
                return

    async def run(self) -> None:
        slots = asyncio.Semaphore(OUTSTANDING_JSON)
        sent: list[float] = []
        reader = asyncio.create_task(self._read(slots, sent))
        for index in range(self.args.frames):
            await slots.acquire()
            sent.append(time.monotonic())
            await self.socket.send(self.messages[index % len(self.messages)])
        await reader
        await self.socket.close()

    async def _read(self, slots: asyncio.Semaphore, sent: list[float]) -> None:
        for index in range(self.args.frames):
            await self._until("frame_processed")
            self.latencies.append(time.monotonic() - sent[index])
            slots.release()


def insert_bare(args: argparse.Namespace) -> dict[str, Any]:
    """`insert_many` of 500 unordered documents, one a frame with its bytes; a thread a writer."""
    client: MongoClient[dict[str, Any]] = MongoClient(args.url)
    database = client[f"bench_{uuid.uuid4().hex[:8]}"]
    if args.timeseries:
        database.create_collection("frames", timeseries={"timeField": "t", "metaField": "m", "granularity": "seconds"})
    collection = database.get_collection("frames", write_concern=WriteConcern("majority", j=True))
    batches: list[list[list[dict[str, Any]]]] = []
    for device in range(args.devices):
        pool = [frame.tobytes() for frame in frames_of(args, device)]
        now_ms = time.time_ns() // 1_000_000
        documents = [
            {"t": _date(now_ms + 10 * i), "m": {"w": f"w{device}"}, "seq": i, "x": pool[i % len(pool)]}
            for i in range(args.frames)
        ]
        batches.append([documents[i : i + 500] for i in range(0, len(documents), 500)])
    begun, cpu = time.monotonic(), time.process_time()
    with ThreadPoolExecutor(args.devices) as threads:
        list(threads.map(lambda mine: [collection.insert_many(batch, ordered=False) for batch in mine], batches))
    out = result(args, time.monotonic() - begun, time.process_time() - cpu, [])
    client.drop_database(database.name)
    client.close()
    return out


def _date(ms: int) -> Any:
    import datetime

    return datetime.datetime.fromtimestamp(ms / 1000, datetime.UTC)


async def send_all(args: argparse.Namespace, kind: type[BinaryDevice] | type[SocketIoDevice]) -> dict[str, Any]:
    devices = [kind(args, device) for device in range(args.devices)]
    for device in devices:
        await device.prepare()
    begun, cpu = time.monotonic(), time.process_time()
    async with asyncio.TaskGroup() as group:
        for device in devices:
            group.create_task(device.run())
    seconds, cpu = time.monotonic() - begun, time.process_time() - cpu
    return result(args, seconds, cpu, [latency for device in devices for latency in device.latencies])


def result(args: argparse.Namespace, seconds: float, cpu_s: float, latencies: list[float]) -> dict[str, Any]:
    p50, p95 = (float(np.percentile(latencies, q)) for q in (50, 95)) if latencies else (None, None)
    frames = args.frames * args.devices
    return {
        "frames": frames, "seconds": seconds, "frames_per_s": frames / seconds, "cpu_s": cpu_s,
        "ack_p50_s": p50, "ack_p95_s": p95,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("door", choices=["ws", "socketio", "bare", *STORES])
    parser.add_argument("--url", default=None, help="read from standard input when not given")
    for name, default in (("devices", 8), ("frames", 10_000), ("batch", 50), ("rows", 32), ("cols", 16), ("rate", 0)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--timeseries", action="store_true")
    args = parser.parse_args()
    args.url = args.url or sys.stdin.readline().strip()  # a URL with a password has no place on a command line
    if args.door == "bare":
        out = insert_bare(args)
    elif args.door in STORES:
        pools = [[frame.tobytes() for frame in frames_of(args, device)] for device in range(args.devices)]
        cpu = time.process_time()
        seconds = STORES[args.door](args.url, pools, args.frames)
        out = result(args, seconds, time.process_time() - cpu, [])
    else:
        out = asyncio.run(send_all(args, BinaryDevice if args.door == "ws" else SocketIoDevice))
    sys.stdout.write(json.dumps(out) + "\n")


if __name__ == "__main__":
    main()
