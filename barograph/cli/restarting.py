"""Parts that end by themselves are started again: how often, how soon, and what is said of it."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import click

from barograph.servers import restarts
from barograph.servers.embedded import EmbeddedError, RunningServers, ServerFailed
from barograph.servers.restarts import Restarts

PAUSES_S = (0.5, 1.0, 2.0, 4.0)  # before the first, second … start in a row
LOOK_EVERY_S = 0.5
WELL_S = 60.0  # whoever ran so long begins a new row when it ends

Tell = Callable[[str, str, int, float], str]


def cause(code: int | None) -> str:
    """Return how a process ended, by its code."""
    if code is None or code >= 0:
        return f"ended with code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"


class Deaths:
    """The deaths in a row of one part."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._last = ""
        self.in_a_row = 0

    def count(self, how: str, ran_s: float) -> float | None:
        """Count one more, after it ran `ran_s`: the pause before the next start, or None when there is to be none."""
        self._last = how
        self.in_a_row = 1 if ran_s >= WELL_S else self.in_a_row + 1
        return PAUSES_S[self.in_a_row - 1] if self.in_a_row <= len(PAUSES_S) else None

    def given_up(self) -> str:
        """Return why there is no next start."""
        return (
            f"{self._name} keeps ending: it was started again {len(PAUSES_S)} times and never ran for {WELL_S:.0f} s "
            f"(the last time: {self._last})"
        )


class Register:
    """Says on the terminal that a part is started again, and notes it for the System page."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._parts: dict[str, Restarts] = {}
        restarts.forget(data_dir)

    def tell(self, name: str, how: str, in_a_row: int, pause_s: float) -> str:
        """Say it, and give back what was said."""
        said = f"{name} ended by itself ({how}); it is started again in {pause_s:g} s ({in_a_row} of {len(PAUSES_S)})"
        count = self._parts[name].count + 1 if name in self._parts else 1
        self._parts[name] = Restarts(count, time.time(), how)
        restarts.note(self._data_dir, self._parts)
        click.echo(said, err=True)
        return said


async def keep_servers(kept: RunningServers, tell: Tell) -> NoReturn:
    """Start again whichever of the servers ends; `ServerFailed` when one keeps ending."""
    deaths, started_s = {name: Deaths(name) for name in kept.starts}, dict.fromkeys(kept.starts, time.monotonic())
    while True:
        for name, code in kept.ended().items():
            pause_s = deaths[name].count(cause(code), time.monotonic() - started_s[name])
            if pause_s is None:
                raise ServerFailed(f"{deaths[name].given_up()}; its log is {kept.child(name).log}")
            tell(name, cause(code), deaths[name].in_a_row, pause_s)
            await asyncio.sleep(pause_s)
            started_s[name] = time.monotonic()
            await _start_again(kept, name)
        await asyncio.sleep(LOOK_EVERY_S)


async def _start_again(kept: RunningServers, name: str) -> None:
    try:
        await asyncio.to_thread(kept.again, name)
    except EmbeddedError as error:
        if not kept.ended():
            raise
        click.echo(str(error), err=True)  # it, or the other one, ended meanwhile: that is counted next
    except asyncio.CancelledError:
        kept.child(name).process.terminate()  # the thread waits for it to answer, and would hold up the end of all
        raise
