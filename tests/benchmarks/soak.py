"""`make soak`: ten minutes at 5,000 frames a second with 20 viewers, one of whom never reads.

Resident memory of ingest and dashboard and the viewers' lag (arrival at the ingest to arrival at the viewer), in the
first minute and in the last. `--minutes 1` for a short one.
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
from rich.console import Console
from rich.table import Table
from stack import HERE, Stack, free_port, program, stack
from websockets.asyncio.client import connect

from barograph import codec

DEVICES, RATE_HZ, VIEWERS = 50, 100, 20


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


def measure(running: Stack, dashboard: psutil.Process) -> dict[str, float]:
    """Resident MiB of the two processes that must not grow."""
    named = {"ingest": running.ingests[0], "dashboard": dashboard}
    return {name: process.memory_info().rss / 2**20 for name, process in named.items()}


async def watch_all(viewers: list[Viewer], running: Stack, dashboard: psutil.Process, minutes: float) -> Any:
    tasks = [asyncio.create_task(viewer.watch()) for viewer in viewers]
    begun, samples = time.time(), []
    while time.time() - begun < 60 * minutes:
        await asyncio.sleep(5)
        samples.append((time.time() - begun, measure(running, dashboard)))
        sys.stderr.write(f"\r{samples[-1][0]:5.0f} s  {samples[-1][1]}   ")
        for viewer, task in zip(viewers, tasks, strict=True):
            if task.done() and not viewer.dead:
                task.result()
                raise RuntimeError(f"{viewer.url} ended")
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return begun, samples


def lag_ms(viewers: list[Viewer], start: float, stop: float) -> float:
    """The 95th percentile of all live viewers' lags in a span of time."""
    lags = [lag for viewer in viewers for when, lag in viewer.lags if start <= when < stop]
    return float(np.percentile(lags, 95)) * 1e3


def soak(minutes: float) -> list[dict[str, Any]]:
    with stack() as running, ExitStack() as more:
        port = free_port()
        environment = {
            "BAROGRAPH_MONGO_URL": running.servers.mongo_url, "BAROGRAPH_REDIS_URL": running.servers.redis_url,
            "BAROGRAPH_DATA_DIR": str(running.servers.data_dir), "BAROGRAPH_DASHBOARD_PORT": str(port),
            "BAROGRAPH_TRUSTED_NETWORK": "1", "BAROGRAPH_LOG_LEVEL": "warning",
        }  # fmt: skip
        address = f"http://127.0.0.1:{port}/"
        dashboard = more.enter_context(
            program(["-m", "barograph", "dashboard"], answers=address, environment=environment)
        )
        frames = int(60 * minutes * RATE_HZ) + 30 * RATE_HZ
        flags = [f"--devices={DEVICES}", f"--frames={frames}", "--batch=10", f"--rate={RATE_HZ}"]
        devices = more.enter_context(
            subprocess.Popen([sys.executable, str(HERE / "devices.py"), "ws", *flags, "--url", running.ws_urls[0]])
        )
        try:
            names = workouts(running)
            urls = [f"ws://127.0.0.1:{port}/feed/{names[index % len(names)]}" for index in range(VIEWERS)]
            viewers = [Viewer(url, dead=index == 0) for index, url in enumerate(urls)]
            begun, samples = asyncio.run(watch_all(viewers, running, dashboard, minutes))
        finally:
            devices.terminate()
    return table(viewers, begun, samples, minutes)


def workouts(running: Stack) -> list[str]:
    """The devices' workouts, as soon as all send."""
    address = running.ws_urls[0].replace("ws://", "http://").replace("/ws", "/api/workouts")
    for _ in range(300):
        asked = urllib.request.Request(address, headers=running.owner())
        found = json.load(urllib.request.urlopen(asked, timeout=5))["workouts"]
        sending = [item["workout_id"] for item in found if item["frame_count"]]
        if len(sending) >= DEVICES:
            return sending
        time.sleep(0.2)
    raise RuntimeError("the devices do not send")


def table(viewers: list[Viewer], begun: float, samples: Any, minutes: float) -> list[dict[str, Any]]:
    part_s = min(60.0, 15 * minutes)
    end = begun + 60 * minutes
    rows = []
    for name in ("ingest", "dashboard"):
        for when, (_, sample) in (("start", samples[1]), ("end", samples[-1])):
            rows.append({"row": f"resident memory of the {name}, {when}", "value": sample[name], "unit": "MiB"})
    for when, first in (("start", begun + 5), ("end", end - part_s)):
        lag = lag_ms(viewers, first, first + part_s)
        rows.append({"row": f"viewers' lag p95, {when}", "value": lag, "unit": "ms"})
    drawn = sum(len(viewer.lags) for viewer in viewers)
    return [*rows, {"row": "blocks that viewers got", "value": drawn, "unit": "blocks"}]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    rows = soak(parser.parse_args().minutes)
    shown = Table("row", "value", "unit")
    for row in rows:
        shown.add_row(row["row"], f"{row['value']:,.1f}", row["unit"])
    Console().print(shown)
    out = Path(__file__).parents[2] / "build" / "soak.json"
    os.makedirs(out.parent, exist_ok=True)
    out.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
