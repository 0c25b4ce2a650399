"""`make soak`: ten minutes at 5,000 frames a second with 20 viewers, one of whom never reads, and five who
come and go.

Resident memory and open descriptors of ingest and dashboard, the time from a message to its ack (of a device of its
own beside the others), and the viewers' lag (arrival at the ingest to arrival at the viewer), in the first minute and
in the last. `--minutes 1` for a short one, `--devices` for another load: each sends 100 frames a second.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
import urllib.request
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from devices import BinaryDevice
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from stack import HERE, Stack, free_port, program, stack
from websockets.asyncio.client import connect

from barograph import codec

RATE_HZ, BATCH, VIEWERS = 100, 10, 20
GUESTS, STAY_S = 5, 12.0


@dataclass
class Viewer:
    """A socket on the live feed of one workout; a dead one never reads."""

    url: str
    dead: bool = False
    lags: list[tuple[float, float]] = field(default_factory=list)  # when, seconds

    async def watch(self) -> None:
        async with connect(self.url, max_size=None, compression=None) as socket:
            if self.dead:
                socket.transport.pause_reading()
                await asyncio.Event().wait()
            async for message in socket:
                now = time.time()
                for block in codec.in_turn(message) if isinstance(message, bytes) else ():
                    header, _ = codec.decode(block)
                    if header["type"] == "frames":
                        self.lags.append((now, now - header["received_us"] / 1e6))


@dataclass
class Sample:
    """What is asked every five seconds: since when, of each process, and how many acks the device of its own has."""

    at_s: float
    resident_mib: dict[str, float]
    descriptors: dict[str, int]
    acks: int


@dataclass
class Load:
    """What the soak puts on a stack, beside the devices in a process of their own."""

    running: Stack
    dashboard: psutil.Process
    viewers: list[Viewer]
    guests: list[str]  # the feeds that guests look at by turns
    device: BinaryDevice
    visits: int = 0

    def sample(self, at_s: float) -> Sample:
        named = {"ingest": self.running.ingests[0], "dashboard": self.dashboard}
        resident = {name: process.memory_info().rss / 2**20 for name, process in named.items()}
        open_now = {name: process.num_fds() for name, process in named.items()}
        return Sample(at_s, resident, open_now, len(self.device.latencies))

    async def visit(self, first: int) -> None:
        """One guest after another, each for a few seconds on a feed of its own."""
        for index in range(first, sys.maxsize, GUESTS):
            guest = asyncio.create_task(Viewer(self.guests[index % len(self.guests)]).watch())
            if (await asyncio.wait([guest], timeout=STAY_S))[0]:
                guest.result()
                raise RuntimeError("a feed ended")
            guest.cancel()
            await asyncio.gather(guest, return_exceptions=True)
            self.visits += 1


async def keep_up(load: Load, minutes: float) -> tuple[float, list[Sample]]:
    """Run the load for some minutes; return when it began and the samples. Whoever ends is an error."""
    await load.device.prepare()
    staying = [asyncio.create_task(viewer.watch()) for viewer in load.viewers]
    staying += [asyncio.create_task(load.device.run())]
    staying += [asyncio.create_task(load.visit(first)) for first in range(GUESTS)]
    begun, samples = time.time(), []
    columns = (BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bar = progress.add_task("", total=60 * minutes)
        while time.time() - begun < 60 * minutes:
            await asyncio.sleep(5)
            now = load.sample(time.time() - begun)
            samples.append(now)
            sizes = ", ".join(f"{name} {size:.0f} MiB" for name, size in now.resident_mib.items())
            progress.update(bar, completed=now.at_s, description=sizes)
            for task in staying:
                if task.done():
                    task.result()
                    raise RuntimeError("a viewer or the device ended")
    for task in staying:
        task.cancel()
    await asyncio.gather(*staying, return_exceptions=True)
    return begun, samples


def lag_ms(viewers: list[Viewer], start: float, stop: float) -> float:
    """The 95th percentile of all live viewers' lags in a span of time."""
    lags = [lag for viewer in viewers for when, lag in viewer.lags if start <= when < stop]
    return float(np.percentile(lags, 95)) * 1e3


def soak(minutes: float, devices: int) -> list[dict[str, Any]]:
    with stack() as running, ExitStack() as more:
        port = free_port()
        environment = {
            "BAROGRAPH_MONGO_URL": running.servers.mongo_url, "BAROGRAPH_REDIS_URL": running.servers.redis_url,
            "BAROGRAPH_DATA_DIR": str(running.servers.data_dir), "BAROGRAPH_DASHBOARD_PORT": str(port),
            "BAROGRAPH_INGEST_URL": running.ws_urls[0].replace("ws://", "http://").removesuffix("/ws"),
            "BAROGRAPH_TRUSTED_NETWORK": "1", "BAROGRAPH_LOG_LEVEL": "warning",
        }  # fmt: skip
        address = f"http://127.0.0.1:{port}/"
        dashboard = more.enter_context(
            program(["-m", "barograph", "dashboard"], answers=address, environment=environment)
        )
        frames = int(60 * minutes * RATE_HZ) + 60 * RATE_HZ
        flags = [f"--devices={devices}", f"--frames={frames}", f"--batch={BATCH}", f"--rate={RATE_HZ}"]
        sending = more.enter_context(
            subprocess.Popen([sys.executable, str(HERE / "devices.py"), "ws", *flags, "--url", running.ws_urls[0]])
        )
        try:
            names = list(workouts(running, devices))
            feeds = [f"ws://127.0.0.1:{port}/feed/{name}" for name in names]
            viewers = [Viewer(feeds[index % len(feeds)], dead=index == 0) for index in range(VIEWERS)]
            own = argparse.Namespace(url=running.ws_urls[0], frames=frames, batch=BATCH, rate=RATE_HZ, rows=32, cols=16)
            load = Load(running, dashboard, viewers, feeds, BinaryDevice(own, devices))
            before, since = sum(workouts(running, devices).values()), time.monotonic()
            begun, samples = asyncio.run(keep_up(load, minutes))
            stored = sum(workouts(running, devices).values()) - before
            rate = {"row": "frames stored", "value": stored / (time.monotonic() - since), "unit": "frames/s"}
        finally:
            sending.terminate()
    return [rate, *table(load, begun, samples, minutes)]


def workouts(running: Stack, devices: int) -> dict[str, int]:
    """The frames of each of the devices' workouts, as soon as all send."""
    address = running.ws_urls[0].replace("ws://", "http://").replace("/ws", "/api/workouts")
    for _ in range(300):
        asked = urllib.request.Request(address, headers=running.owner())
        found = json.load(urllib.request.urlopen(asked, timeout=5))["workouts"]
        sending = {item["workout_id"]: item["frame_count"] for item in found if item["frame_count"]}
        if len(sending) >= devices:
            return sending
        time.sleep(0.2)
    raise RuntimeError("the devices do not send")


def table(load: Load, begun: float, samples: list[Sample], minutes: float) -> list[dict[str, Any]]:
    part_s = min(60.0, 15 * minutes)
    rows = []
    for name in ("ingest", "dashboard"):
        for when, sample in (("start", samples[1]), ("end", samples[-1])):
            rows.append({"row": f"memory of the {name}, {when}", "value": sample.resident_mib[name], "unit": "MiB"})
            rows.append({"row": f"descriptors of the {name}, {when}", "value": sample.descriptors[name], "unit": ""})
    ends = {"start": (samples[0].at_s, part_s), "end": (60 * minutes - part_s, 60 * minutes)}
    for when, (first, last) in ends.items():
        lag = lag_ms(load.viewers, begun + first, begun + last)
        rows.append({"row": f"viewers' lag p95, {when}", "value": lag, "unit": "ms"})
        rows.append({"row": f"message to ack p95, {when}", "value": ack_ms(load, samples, first, last), "unit": "ms"})
    drawn = sum(len(viewer.lags) for viewer in load.viewers)
    rows.append({"row": "viewers who came and went", "value": load.visits, "unit": ""})
    return [*rows, {"row": "blocks that the staying viewers got", "value": drawn, "unit": "blocks"}]


def ack_ms(load: Load, samples: list[Sample], start_s: float, stop_s: float) -> float:
    """The 95th percentile of what the device of its own waited for its acks in a span of time."""
    counts = [sample.acks for sample in samples if start_s <= sample.at_s <= stop_s + 5]
    return float(np.percentile(load.device.latencies[counts[0] : counts[-1]], 95)) * 1e3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--devices", type=int, default=50, help="each sends 100 frames of 32 × 16 a second")
    args = parser.parse_args()
    rows = soak(args.minutes, args.devices)
    shown = Table("row", "value", "unit")
    for row in rows:
        shown.add_row(row["row"], f"{row['value']:,.1f}", row["unit"])
    Console().print(shown)
    out = Path(__file__).parents[2] / "build" / "soak.json"
    os.makedirs(out.parent, exist_ok=True)
    out.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
