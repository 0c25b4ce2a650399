"""`make bench-live`: the live picture, from the device's hand to the canvas.

Latency is what the page says of itself four times a second: the age of the newest frame drawn (`#data-age`), in server
time, which a device of this machine stamps when it sends; at low rates most of it is the wait for the next frame. One
browser is measured, the other viewers are plain sockets; all processes share the machine, and the CPU of each is told.
For comparison the same matrices as a Plotly heat map that Dash pushes over its own socket. About eight minutes;
`--short`: two; `--only feedback` or `--only wall`: that alone; `--minutes 10`: browser heap and dashboard memory over
ten minutes instead of one.
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

from barograph.store.goals import Goal
from barograph.store.roster import Athlete

sys.path.append(str(Path(__file__).parents[1]))  # what all tests share

from keyed import open_archive

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
# Of the feedback: each tone since its step ended, with what lies between page and ear as far as the browser says it,
# and how old the newest frame is when it is drawn.
LISTEN = """() => {
  const root = document.getElementById("feedback");
  window.tones = [];
  window.sounds = [];
  window.pictures = [];
  new MutationObserver((changes) => {
    for (const { attributeName: name } of changes) {
      if (name === "data-tones") {
        window.tones.push(Number(root.dataset.toneMs));
        window.sounds.push(Number(root.dataset.soundMs));
      }
      if (name === "data-picture-ms") window.pictures.push(Number(root.dataset.pictureMs));
    }
  }).observe(root, { attributes: true, attributeFilter: ["data-tones", "data-picture-ms"] });
}"""
HEARD = "() => ({ tones: window.tones, sounds: window.sounds, pictures: window.pictures })"
EVERY_STEP = "measure=force&side=both&basis=kg&low=0&high=400"
TILES = """() => [...document.querySelectorAll('.wall-tile[data-state="live"]')].map(
  ({ dataset }) => [Number(dataset.frames), Number(dataset.ms)])"""
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
    process = subprocess.Popen([sys.executable, str(HERE / "live_load.py"), *arguments])
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

    async def feedback(self, rate_hz: float, seconds: float) -> list[dict[str, Any]]:
        """From the end of a step to its tone, and from a frame to its picture, on the page of the feedback."""
        workout = f"bench-{uuid.uuid4().hex[:8]}"
        with load("device", self.running.ws_urls[0], workout, f"{rate_hz:g}", self.geometry):
            await asyncio.sleep(SETTLE_S)
            await self.page.goto(f"{self.base}/feedback/{workout}?{EVERY_STEP}")
            await self.page.wait_for_selector('.feedback[data-state="live"]')
            await self.page.click('[data-act="sound"]')
            await self.page.check('input[value="beat"]')
            await self.page.wait_for_selector('.feedback[data-audio="running"]')
            await self.page.keyboard.press("Escape")
            await asyncio.sleep(SETTLE_S)
            await self.page.evaluate(LISTEN)
            await asyncio.sleep(seconds)
            seen = await self.page.evaluate(HEARD)
            await self.page.goto("about:blank")
        what = f"Feedback, {rate_hz:g} Hz"
        parts = {"tones": "step end to tone", "sounds": "of it in the browser's sound", "pictures": "frame to picture"}
        named = [(title, seen[part]) for part, title in parts.items()]
        rows = [
            row(what, f"{name}, p{p}", np.percentile(ages, p), "ms") for name, ages in named if ages for p in (50, 95)
        ]
        return [*rows, row(what, "tones", len(seen["tones"]), "in all")]

    async def wall(self, count: int, rate_hz: float, seconds: float) -> list[dict[str, Any]]:
        """The wall of a team of so many athletes, each with two insoles: pictures of all of them, and CPU."""
        prefix = f"bench-{uuid.uuid4().hex[:8]}"
        team = await team_of(self.running, [f"{prefix}-{i}" for i in range(count)])
        with load("devices", self.running.ws_urls[0], prefix, f"{rate_hz:g}", str(count)) as sending:
            await asyncio.sleep(SETTLE_S)
            await self.page.goto(f"{self.base}/wall/{team}")
            await self._until_live(count)
            await asyncio.sleep(SETTLE_S)
            parts = {"dashboard": self.dashboard, "devices": sending}
            before, begun, first = self.spent_s(parts), time.monotonic(), await self.page.evaluate(TILES)
            ages: list[float] = []
            while time.monotonic() < begun + seconds:
                await asyncio.sleep(0.25)
                ages += [age for _, age in await self.page.evaluate(TILES)]
            last, took = await self.page.evaluate(TILES), time.monotonic() - begun
            used = {name: 100 * (after - before[name]) / took for name, after in self.spent_s(parts).items()}
            await self.page.goto("about:blank")
        drawn = sum(frames for frames, _ in last) - sum(frames for frames, _ in first)
        what = f"Wall, {count} athletes x 2 x {rate_hz:g} Hz"
        out = [row(what, "tiles live", len(last), "tiles"), row(what, "drawn a tile", drawn / took / count, "a second")]
        out += [row(what, f"frame to picture, p{p}", np.percentile(ages, p), "ms") for p in (50, 95) if ages]
        return out + [row(what, f"CPU of {name}", share, "% of a core") for name, share in used.items()]

    async def _until_live(self, count: int) -> None:
        """Wait until so many tiles are live; the page lets no text become code, so it is asked again and again."""
        deadline = time.monotonic() + PATIENCE_MS / 1000
        while len(await self.page.evaluate(TILES)) < count:
            if time.monotonic() > deadline:
                sys.stderr.write(f"not all of {count} tiles are live\n")
                return
            await asyncio.sleep(0.25)

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


async def team_of(running: Stack, names: list[str]) -> str:
    """Keep athletes of these names in a team of their own; its uid."""
    archive = await open_archive(running.servers.mongo_url, "barograph", 20.0)
    now_us = time.time_ns() // 1000
    team = await archive.roster.add_team(names[0], now_us=now_us)
    goal = Goal("contact", "left", "unit", 600.0, 700.0, "2020-01-01")
    for name in names:
        await archive.roster.add(Athlete(name, teams=(team.uid,), goals=(goal,)), now_us=now_us)
    await archive.close()
    return team.uid


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


async def run(plan: Plan, only: str = "") -> list[dict[str, Any]]:
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
            if only in ("", "feedback"):
                rows += told(await bench.feedback(100, 3 * plan.each_s))
            if only in ("", "wall"):
                rows += told(await bench.wall(24, 100, plan.each_s))
            if only:
                await browser.close()
                return rows
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
    parser.add_argument("--only", choices=("feedback", "wall"), default="", help="that part alone")
    parser.add_argument("--minutes", type=float, help="how long memory is watched")
    parser.add_argument("--geometry", default="", help="another sensor, as pedar-x (barograph geometry list)")
    given = parser.parse_args()
    plan = replace(SHORT if given.short else Plan(), geometry=given.geometry)
    if given.minutes:
        plan = replace(plan, memory_s=60 * given.minutes)
    rows = asyncio.run(run(plan, given.only))
    shown = Table("row", "value", "unit")
    for one in rows:
        shown.add_row(one["row"], f"{one['value']:,.1f}", one["unit"])
    Console().print(shown)
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
