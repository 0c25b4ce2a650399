"""The laboratory of a test day: its servers as `barograph up` starts them, twelve athletes, three short protocols."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from walking import command, said

TEAM = "Volleyball"
NO_CONSENT = 9  # which athlete was not asked yet; of fewer the last one
PROTOCOLS = {
    "short-one-leg": """
title = "One-leg stance"
instructions = "Stand on one leg, hands on the hips, and look ahead."
sides = ["left", "right"]
trials = 1
duration_s = 3.5
countdown_s = 1
measures = ["mean_velocity_mm_s", "path_mm"]
[criteria]
duration_reached = { share_pct = 95 }
device_healthy = {}
""",
    "short-walk": """
title = "Walk"
instructions = "Walk to the line at your usual pace."
conditions = ["barefoot", "shoes"]
trials = 1
countdown_s = 0
measures = ["contact_s", "cadence_spm", "max_force_n"]
[criteria]
steps_whole = { steps = 4 }
device_healthy = {}
""",
    "short-jump": """
title = "Countermovement jump"
instructions = "Hands on the hips. Stand still, then jump as high as you can."
trials = 2
duration_s = 7
countdown_s = 1
measures = ["height_flight_m", "height_m", "rsi_mod"]
[criteria]
weighing_stable = {}
flight_seen = {}
device_healthy = {}
""",
}


@dataclass(frozen=True)
class Person:
    """An athlete of the roster, and how heavy: no two weigh the same, so that a frame says whose it is."""

    name: str
    mass_kg: float
    asked: bool

    @property
    def row(self) -> str:
        """The line of the roster's file."""
        consent = "record and keep,given,2026-01-05" if self.asked else ",,"
        return f"{self.name},{self.mass_kg},{TEAM},{consent}"


def people(n: int = 12) -> list[Person]:
    """So many athletes; each is 8 % heavier than the one before."""
    locked = min(NO_CONSENT, n)
    return [Person(f"Athlete {i:02d}", round(48.0 * 1.08 ** (i - 1), 1), i != locked) for i in range(1, n + 1)]


def roster(athletes: list[Person]) -> bytes:
    """The file that is imported."""
    head = "name,mass_kg,teams,consent,consent_state,consent_day"
    return "\n".join([head, *(one.row for one in athletes), ""]).encode()


def free_port() -> int:
    """A port that nobody has now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class House:
    """All servers of a laboratory; they can be stopped as a whole and started again at the same addresses."""

    place: Path
    port: int = field(default_factory=free_port)
    ingest_port: int = field(default_factory=free_port)
    said: list[str] = field(default_factory=list)
    _running: AsyncExitStack = field(default_factory=AsyncExitStack)
    _reading: asyncio.Task[None] | None = None

    @property
    def data_dir(self) -> Path:
        return self.place / "data"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        ports = ("--port", str(self.port), "--ingest-port", str(self.ingest_port))
        starting = command("up", "--no-browser", *ports, "--data-dir", str(self.data_dir))
        up = await self._running.enter_async_context(starting)
        await said(up, r"http://\S+/login/\S+", r"ws://\S+/ws")
        self._reading = asyncio.create_task(self._read(up))

    async def new_link(self) -> str:
        """A link that opens the dashboard once."""
        async with command("link", "--data-dir", str(self.data_dir)) as asking:
            return (await said(asking, r"http://\S+/login/\S+"))[0]

    async def _read(self, up: asyncio.subprocess.Process) -> None:
        assert up.stdout is not None
        async for line in up.stdout:
            self.said.append(line.decode().rstrip())

    async def stop(self) -> None:
        """As Ctrl-C: dashboard, ingest, Redis and MongoDB end."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        await self._running.aclose()


@asynccontextmanager
async def house(place: Path) -> AsyncIterator[House]:
    """A laboratory with its own protocols, until the block is left."""
    made = House(place)
    folder = made.data_dir / "protocols"
    folder.mkdir(parents=True, mode=0o700)
    for name, text in PROTOCOLS.items():
        (folder / f"{name}.toml").write_text(text)
    await made.start()
    try:
        yield made
    finally:
        await made.stop()
