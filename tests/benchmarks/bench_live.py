"""`make bench-live`: the live picture, from the device's hand to the canvas.

Latency is what the page says of itself four times a second: the age of the newest frame drawn (`#data-age`), in server
time, which a device of this machine stamps when it sends; at low rates most of it is the wait for the next frame. One
browser is measured, the other viewers are plain sockets; all processes share the machine, and the CPU of each is told.
For comparison the same matrices as a Plotly heat map that Dash pushes over its own socket. About eight minutes;
`--short`: two; `--minutes 10`: browser heap and dashboard memory over ten minutes instead of one.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from playwright.async_api import Page, async_playwright
from rich.console import Console
from rich.table import Table
from stack import HERE, Stack, free_port, program, spent_s, stack

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chromium-headless-shell")
OUT = Path(__file__).parents[2] / "build" / "bench_live.json"
SETTLE_S = 3.0
PATIENCE_MS = 60_000

WATCH = """() => {
  window.ages = [];
  window.fps = [];
  const age = document.getElementById("data-age");
  window.watching = setInterval(() => {
    if (age.dataset.ms) window.ages.push(Number(age.dataset.ms));
    window.fps.push(Number(document.getElementById("drawn-fps").textContent));
  }, 250);
}"""
TAKE = "() => { clearInterval(window.watching); return { ages: window.ages, fps: window.fps }; }"
HEAP = "() => performance.memory.usedJSHeapSize"


@dataclass(frozen=True)
class Plan:
    """What is run: rates and viewers of the grid, how long each; the long look; the comparison; memory."""

    rates: tuple[float, ...] = (10, 30, 60, 100)
    viewers: tuple[int, ...] = (1, 5, 20)
    each_s: float = 8.0
    minute_s: float = 60.0
    compared: tuple[float, ...] = (10, 30, 60, 100)
    memory_s: float = 60.0
    geometry: str = ""  # of the sensor; insoles that are a grid without one


SHORT = Plan(rates=(100,), viewers=(1, 20), each_s=8.0, minute_s=16.0, compared=(60,), memory_s=15.0)


@contextmanager
def load(*arguments: str) -> Iterator[psutil.Process]:
    """A device, or viewers, until the block is left."""
    process = subprocess.Popen([sys.executable, str(HERE / "live_load.py"), *arguments], stderr=subprocess.DEVNULL)
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(10)


@dataclass
class Bench:
    """What is measured: the page, the dashboard behind it, and the stack that feeds it."""

    page: Page
    base: str
    running: Stack
    dashboard: psutil.Process
    geometry: str = ""

    def spent_s(self, load: Mapping[str, psutil.Process]) -> dict[str, float]:
        """CPU seconds of every process that takes part, so far."""
        return self.running.cpu_s() | {name: spent_s(one) for name, one in load.items()} | {"browser": browser_s()}

    @asynccontextmanager
    async def watching(self, rate_hz: float, viewers: int) -> AsyncIterator[tuple[psutil.Process, psutil.Process]]:
        """A device that sends, viewers that watch, and the page live."""
        workout = f"bench-{uuid.uuid4().hex[:8]}"
        feed = f"{self.base.replace('http', 'ws')}/feed/{workout}"
        with load("device", self.running.ws_urls[0], workout, f"{rate_hz:g}", self.geometry) as device:
            await asyncio.sleep(SETTLE_S)
            await self.page.goto(f"{self.base}/live/{workout}")
            await self.page.wait_for_selector('.live[data-state="live"]')
            with load("viewers", feed, str(viewers - 1)) as others:
                await asyncio.sleep(SETTLE_S)
                yield device, others
        await self.page.goto("about:blank")

    async def measure(self, rate_hz: float, viewers: int, seconds: float) -> list[dict[str, Any]]:
        """Ages, drawn frames and CPU over so many seconds."""
        async with self.watching(rate_hz, viewers) as load_of:
            parts = {"dashboard": self.dashboard, "device": load_of[0], "other viewers": load_of[1]}
            before, begun = self.spent_s(parts), time.monotonic()
            await self.page.evaluate(WATCH)
            await asyncio.sleep(seconds)
            seen = await self.page.evaluate(TAKE)
            took = time.monotonic() - begun
            used = {name: 100 * (after - before[name]) / took for name, after in self.spent_s(parts).items()}
        what = f"{rate_hz:g} Hz, {viewers} viewer{'s' if viewers > 1 else ''}"
        out = rows_of(what, seen)
        out.append(row(what, "CPU of the dashboard a viewer", used["dashboard"] / viewers, "% of a core"))
        return out + [row(what, f"CPU of {name}", share, "% of a core") for name, share in used.items()]

    async def memory(self, seconds: float) -> list[dict[str, Any]]:
        """Both ends in the first and in the last fifth of so long at 100 Hz; garbage is collected before each look."""
        async with self.watching(100, 1):
            session = await self.page.context.new_cdp_session(self.page)
            samples = []
            for _ in range(10):
                await asyncio.sleep(seconds / 10)
                await session.send("HeapProfiler.collectGarbage")
                samples.append((await self.page.evaluate(HEAP) / 2**20, self.dashboard.memory_info().rss / 2**20))
            await session.detach()
        ends = {"start": np.mean(samples[:2], axis=0), "end": np.mean(samples[-2:], axis=0)}
        what = f"{seconds / 60:g} min at 100 Hz"
        named = enumerate(("heap of the browser", "memory of the dashboard"))
        return [row(what, f"{name}, {end}", found[i], "MiB") for i, name in named for end, found in ends.items()]

    async def compare(self, rate_hz: float, seconds: float) -> list[dict[str, Any]]:
        """The same matrices as a Plotly heat map that Dash pushes."""
        port = free_port()
        arguments = [str(HERE / "plotly_heatmap.py"), str(port), str(rate_hz)]
        with program(arguments, answers=f"http://127.0.0.1:{port}/", environment={}) as process:
            await self.page.goto(f"http://127.0.0.1:{port}/")
            await self.page.wait_for_function("() => (window.ages ?? []).length > 3")
            cpu, begun = spent_s(process), time.monotonic()
            await self.page.evaluate("() => { window.ages = []; }")
            await asyncio.sleep(seconds)
            ages = await self.page.evaluate("() => window.ages")
            took = time.monotonic() - begun
            used = 100 * (spent_s(process) - cpu) / took
            await self.page.goto("about:blank")
        what = f"Plotly over Dash's socket, {rate_hz:g} Hz, 1 viewer"
        return [*rows_of(what, {"ages": ages, "fps": [len(ages) / took]}), row(what, "CPU of it", used, "% of a core")]


def browser_s() -> float:
    """CPU seconds of the browser that this process started, with all of its own processes."""
    spent = 0.0
    for one in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # it ends processes of pages that were left
            spent += spent_s(one) if one.name().startswith(("chrom", "google-chrome")) else 0.0
    return spent


def row(what: str, name: str, value: float, unit: str) -> dict[str, Any]:
    return {"row": f"{what}: {name}", "value": round(float(value), 2), "unit": unit}


def rows_of(what: str, seen: dict[str, Any]) -> list[dict[str, Any]]:
    """Of ages in ms and frames a second; the first and the last sixth of the ages tell whether lag grows."""
    ages, fps = np.array(seen["ages"], float), np.array(seen["fps"], float)
    if not len(ages):
        return [row(what, "frames drawn", 0, "a second")]
    part = max(1, len(ages) // 6)
    return [
        row(what, "age of what is drawn, p50", np.percentile(ages, 50), "ms"),
        row(what, "age of what is drawn, p95", np.percentile(ages, 95), "ms"),
        row(what, "age at the start", ages[:part].mean(), "ms"),
        row(what, "age at the end", ages[-part:].mean(), "ms"),
        row(what, "frames drawn", np.median(fps), "a second"),
    ]


@contextmanager
def dashboard_of(running: Stack) -> Iterator[tuple[str, psutil.Process]]:
    port = free_port()
    environment = {
        "BAROGRAPH_MONGO_URL": running.servers.mongo_url, "BAROGRAPH_REDIS_URL": running.servers.redis_url,
        "BAROGRAPH_DATA_DIR": str(running.servers.data_dir), "BAROGRAPH_DASHBOARD_PORT": str(port),
        "BAROGRAPH_INGEST_URL": running.ws_urls[0].removesuffix("/ws").replace("ws://", "http://"),
        "BAROGRAPH_TRUSTED_NETWORK": "1", "BAROGRAPH_LOG_LEVEL": "warning",
    }  # fmt: skip
    base = f"http://127.0.0.1:{port}"
    with program(["-m", "barograph", "dashboard"], answers=f"{base}/", environment=environment) as dashboard:
        yield base, dashboard


async def run(plan: Plan) -> list[dict[str, Any]]:
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        raise SystemExit(f"the browser is one of {', '.join(BROWSERS)}; none is on the PATH")
    rows: list[dict[str, Any]] = []
    with stack() as running, dashboard_of(running) as (base, dashboard):
        async with async_playwright() as playwright:
            flags = ["--no-sandbox", "--enable-precise-memory-info"]
            browser = await playwright.chromium.launch(executable_path=found, args=flags)
            page = await browser.new_page(viewport={"width": 1440, "height": 900})
            page.set_default_timeout(PATIENCE_MS)
            bench = Bench(page, base, running, dashboard, plan.geometry)
            for rate in plan.rates:
                for viewers in plan.viewers:
                    rows += told(await bench.measure(rate, viewers, plan.each_s))
            minute = await bench.measure(100, 20, plan.minute_s)
            rows += told([{**one, "row": f"{plan.minute_s:g} s of {one['row']}"} for one in minute])
            rows += told(await bench.memory(plan.memory_s))
            for rate in plan.compared:
                rows += told(await bench.compare(rate, plan.each_s))
            await browser.close()
    return rows


def told(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Says how far it is."""
    sys.stderr.write(f"{rows[0]['row'].partition(': ')[0]} …\n")
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="two minutes of it")
    parser.add_argument("--minutes", type=float, help="how long memory is watched")
    parser.add_argument("--geometry", default="", help="another sensor, as pedar-x (barograph geometry list)")
    given = parser.parse_args()
    plan = replace(SHORT if given.short else Plan(), geometry=given.geometry)
    if given.minutes:
        plan = replace(plan, memory_s=60 * given.minutes)
    rows = asyncio.run(run(plan))
    shown = Table("row", "value", "unit")
    for one in rows:
        shown.add_row(one["row"], f"{one['value']:,.1f}", one["unit"])
    Console().print(shown)
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
