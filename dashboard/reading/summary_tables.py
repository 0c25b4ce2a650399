"""The tables of a session that are computed once when it has ended: `TABLES`, each made as pages make it.

A table is a name, what it holds, and a function from a `SessionReading` to rows of numbers and texts. To add one is to
add an entry (CONTRIBUTING.md); worker, HTTP and `lab.summaries` take it from here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd

from barograph.store.ports import Archive, StreamInfo, Workout
from dashboard.reading import overview, part_query, session_rows
from dashboard.reading.context import Context
from dashboard.reading.feet import Foot, steps_of
from dashboard.reading.kept_results import name_of, packed
from dashboard.reading.overview import Span
from dashboard.reading.parts import KEPT_FROM_S, Parts
from dashboard.reading.session_measures import (
    PARTS,
    TRIALS,
    Entry,
    entry_of,
    part_of,
    table_name,
    table_of,
)
from dashboard.reading.step_parts import feet_with_stances, step_count
from dashboard.reading.trial_rows import trial_rows


class SessionReading:
    """One session as its tables are made of it: `parts` reads it, and holds what several tables need."""

    def __init__(self, parts: Parts, workout: Workout) -> None:
        self.parts, self.workout = parts, workout
        self._entries: dict[tuple[float, float] | str, Entry] = {}
        self._feet: list[Foot] | None = None

    async def entry(self, part: str) -> Entry:
        """Return the measures of one of `PARTS`; of a short session several of them are the same part."""
        span = overview.span(self.workout)
        length_s = span.length_s if span else 0.0
        asked = part_query.read(part_of(part, length_s), length_s)
        key = part if part == TRIALS else (asked.start_s, asked.stop_s)
        if key not in self._entries:
            self._entries[key] = await entry_of(self.parts, self.workout, part)
        return self._entries[key]

    def whole(self) -> Context | None:
        """Return the whole session with the usual thresholds, as its page shows it; None without frames."""
        span = overview.span(self.workout)
        if span is None:
            return None
        query = part_query.read(part_of("whole", span.length_s), span.length_s)
        return Context(self.parts, self.workout, span, query)

    async def feet(self) -> list[Foot]:
        """Return every sensor with its stances over the whole session, found once for all its tables."""
        if self._feet is None:
            context = self.whole()
            self._feet = [] if context is None else await feet_with_stances(context)
        return self._feet

    def forget(self) -> None:
        """Give up what was held for other tables."""
        self._feet = None


@dataclass(frozen=True)
class Table:
    """A table of a session: `make` returns its rows; without a number it is a table without rows."""

    name: str
    about: str
    make: Callable[[SessionReading], Awaitable[pd.DataFrame]]


async def _measures(part: str, reading: SessionReading) -> pd.DataFrame:
    return table_of(await reading.entry(part))


async def _steps(reading: SessionReading) -> pd.DataFrame:
    walked = [one for one in await reading.feet() if step_count(one)]
    return await asyncio.to_thread(_rows_of_steps, walked) if walked else pd.DataFrame()


async def _of_context(rows: Callable[[Context], Awaitable[pd.DataFrame]], reading: SessionReading) -> pd.DataFrame:
    """Rows of the whole session as its page shows it."""
    context = reading.whole()
    return pd.DataFrame() if context is None else await rows(context)


async def _of_feet(
    rows: Callable[[Context, list[Foot]], Awaitable[pd.DataFrame]], reading: SessionReading
) -> pd.DataFrame:
    """Rows of the whole session that are made of its stances."""
    context = reading.whole()
    return pd.DataFrame() if context is None else await rows(context, await reading.feet())


async def _trials(reading: SessionReading) -> pd.DataFrame:
    return await trial_rows(reading.parts, reading.workout)


class KeptParts(Parts):
    """Parts of a session that hold what was made of all frames of its streams, for `results`."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self._made: dict[tuple[Hashable, ...], tuple[StreamInfo, Any]] = {}

    async def kept(self, name: tuple[Hashable, ...], info: StreamInfo) -> None:
        """Return nothing: what is to be kept is made from the frames."""

    async def made(
        self, name: tuple[Hashable, ...], info: StreamInfo, part: Span, make: Callable[[], Awaitable[Any]]
    ) -> Any:
        """Return a result of a key, and hold it where it is of all frames."""
        result = await make()
        if part.holds(info) and part.length_s >= KEPT_FROM_S:
            self._made[name] = info, result
        return result

    def results(self) -> list[tuple[StreamInfo, str, bytes]]:
        """Return streams, names and bytes of what can be kept; each result is given up for its bytes."""
        self.cache.clear()
        found = []
        while self._made:
            name, (info, result) = self._made.popitem()
            if (data := packed(result)) is not None:
                found.append((info, name_of(name), data))
        return found


def _rows_of_steps(walked: list[Foot]) -> pd.DataFrame:
    table = steps_of(walked)
    times = {f"{name}_us": table[name].astype("int64") for name in ("start", "stop")}
    rows = table.drop(columns=["first", "after", "clock", "start", "stop"]).assign(**times).reset_index()
    rows.attrs = {"thresholds": table.attrs.get("thresholds", {})}
    return rows


TABLES = (
    *(Table(table_name(part), f"One row per measure and sensor. Part: {title}.", partial(_measures, part))
      for part, title in PARTS.items()),
    Table("trials", "One row per trial that is not rejected, with each measure.", _trials),
    Table("steps", "One row per step of the whole session, with every measure of steps.", _steps),
    Table("jumps", "One row per jump of the whole session.", partial(_of_context, session_rows.jump_rows)),
    Table("prints", "One row per footprint on a plate.", partial(_of_context, session_rows.print_rows)),
    Table("walk", "One row per step over a plate, from its footprints.", partial(_of_context, session_rows.walk_rows)),
    Table("running", "One row per contact of somebody who runs.",
          partial(_of_feet, session_rows.running_rows)),
    Table("load", "One row per foot with what it carried, and one with the jumps.",
          partial(_of_feet, session_rows.load_rows)),
    Table("balance", "One row of sway per sensor, the net centre of pressure of both feet first.",
          partial(_of_context, session_rows.balance_rows)),
    Table("one leg", "One row where somebody stands on one leg.", partial(_of_context, session_rows.leg_rows)),
    Table("seats", "One row per seat, mat or saddle.", partial(_of_context, session_rows.seat_rows)),
)  # fmt: skip
