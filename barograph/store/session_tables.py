"""Tables of what was done in a session, as they go into its exports: those that are kept, and how rows are written.

What they hold is computed elsewhere: here is the port, and the way that only reads what was computed once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import pandas as pd

from barograph.store.ports import Archive, Workout
from barograph.store.summaries import Summary, basis
from barograph.store.summary_rows import unpacked

# What each is called in an export, by its name in `lab.summaries`.
TITLES = {
    "session whole": "measures", "trials": "measures of trials", "steps": "steps", "jumps": "jumps",
    "prints": "prints", "walk": "walk", "running": "running", "balance": "balance", "one leg": "one leg",
    "seats": "seats", "load": "load",
}  # fmt: skip
OF_JUMPS = ("jumps", "drop_jumps", "hops")
NOT_KEPT = "not computed yet: the page and `barograph export` compute it"
OF_A_PART = "of a whole session alone: the page and `barograph export` compute it of a part"


@dataclass(frozen=True)
class PartAsked:
    """What of a session is exported: streams by name, and the closed range in µs; None: from its begin, to its end."""

    workout: Workout
    streams: Collection[str]
    start_us: int | None = None
    stop_us: int | None = None

    @property
    def whole(self) -> bool:
        """Whether that is all of it."""
        infos = [one for one in self.workout.streams if one.layout and one.first_us is not None]
        if {one.stream.stream for one in infos} != set(self.streams):
            return False
        first_us = min((one.first_us for one in infos if one.first_us is not None), default=0)
        last_us = max((one.last_us for one in infos if one.last_us is not None), default=0)
        return (self.start_us or 0) <= first_us and (self.stop_us is None or self.stop_us >= last_us)


class Done(NamedTuple):
    """Tables by title, those without rows left out, and why others are not there."""

    tables: Mapping[str, pd.DataFrame]
    why: Mapping[str, str]


class DoneTables(Protocol):
    """What gives the tables of what was done."""

    async def __call__(self, archive: Archive, asked: PartAsked) -> Done:
        """Return them."""
        ...


async def kept_tables(archive: Archive, asked: PartAsked, version: str | None = None) -> Done:
    """Return the tables that the worker keeps and that were made of what is stored now; none is computed.

    `version` is the program that has to have computed them, by default any.
    """
    if not asked.whole:
        return Done({}, dict.fromkeys(TITLES.values(), OF_A_PART))
    now = basis(asked.workout)
    found = await archive.summaries.stored([asked.workout], list(TITLES))
    standing = {one.table: one for one in found if one.stands(now, version or one.version)}
    return await asyncio.to_thread(_unpacked, standing)


def _unpacked(found: Mapping[str, Summary]) -> Done:
    tables, why = dict[str, pd.DataFrame](), dict[str, str]()
    for name, title in TITLES.items():
        kept = found.get(name)
        if kept is None or kept.why:
            why[title] = NOT_KEPT if kept is None else f"could not be computed: {kept.why}"
        elif len(table := unpacked(kept.rows)):
            tables[title] = table
    return Done(tables, why)


def rows_of(table: pd.DataFrame, zero_us: int) -> tuple[Sequence[str], list[list[object]]]:
    """Return heads and rows; a moment, in µs since 1970, becomes seconds after `zero_us`, and its head ends so."""
    made = {
        f"{name[:-3]}_s" if name.endswith("_us") else name:
        (table[name].astype("float64") - zero_us) / 1e6 if name.endswith("_us") else table[name]
        for name in map(str, table.columns)
    }  # fmt: skip
    both = pd.DataFrame(made).astype(object)
    return list(map(str, both.columns)), both.where(both.notna(), np.nan).to_numpy().tolist()
