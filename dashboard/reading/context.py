"""What a tab knows: the session, the selected part, the query, and how to get tables and maps of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeVar

import pandas as pd

from barograph.store.ports import StreamInfo, Workout
from barograph.store.summaries import basis
from dashboard.drawing.units import Display, Units
from dashboard.reading.overview import Span
from dashboard.reading.part_query import PartQuery
from dashboard.reading.parts import Parts, key, layout_of
from dashboard.reading.sides import in_order, side

T = TypeVar("T")


@dataclass(frozen=True)
class Context:
    """A selected part of a session, and the units that the viewer likes."""

    parts: Parts
    workout: Workout
    whole: Span
    query: PartQuery
    units: Units = field(default_factory=Units)

    @cached_property
    def infos(self) -> list[StreamInfo]:
        """Streams with a layout: left, right, then by name."""
        return in_order(info for info in self.workout.streams if info.layout)

    @cached_property
    def part(self) -> Span:
        """The selection in µs."""
        return self.query.span(self.whole)

    @property
    def usable(self) -> Units:
        """The viewer's units; N where body weight is chosen and the athlete's mass is not known."""
        return replace(self.units, force="N") if self.units.lacking(self.workout.about.mass_kg) else self.units

    def display(self, unit: str) -> Display:
        """Return how values in `unit` are shown."""
        return self.usable.display(unit, self.workout.about.mass_kg)

    def loaded(self, infos: Sequence[StreamInfo] | None = None) -> str:
        """Return what makes a cell of these streams loaded here, by default of all."""
        return loaded_text(self.infos if infos is None else infos, self.query.p0, self.display("kPa"))

    def how(self, name: str, infos: Sequence[StreamInfo] | None = None) -> tuple[str, ...]:
        """Return the same as a sentence for the definition of a column that hangs on it; for another there is none."""
        return (f"Here: cells {self.loaded(infos)}.",) if any(word in name for word in LOADED) else ()

    async def tables(self) -> dict[str, pd.DataFrame]:
        """Return the per-frame table of every stream, by its name."""
        found = await asyncio.gather(*(self.parts.stats(info, self.part, self.query.p0) for info in self.infos))
        return {info.stream.stream: table for info, table in zip(self.infos, found, strict=True)}

    async def once(self, name: str, make: Callable[[], Awaitable[T]]) -> T:
        """Return what is made of this context alone, made once for the same frames, query, units and what is said.

        What reads anything else, as markers or what somebody corrected by hand, must not be made by this.
        """
        made_of = self.whole, self.query, self.units, self.workout.about, basis(self.workout)
        marks = (key(info, self.part) for info in self.infos)
        return await self.parts.cache.get((name, self.workout.workout_id, *made_of, *marks), make)

    def seconds(self, t_us: int) -> float:
        """Return a moment in seconds after the session's first frame."""
        return (t_us - self.whole.first_us) / 1e6


KPA = Display(1.0, "kPa")
LOADED = ("contact_area", "contact_pct", "contact_time", "loaded", "pti_mean")


def loaded_text(infos: Sequence[StreamInfo], p0: float | None = None, kpa: Display = KPA) -> str:
    """Return what makes a cell loaded: `above 10 kPa`, by the layouts or, if it is given, above `p0`.

    Shown as `kpa` says.
    """
    limits = []
    for layout in map(layout_of, infos):
        limit = layout.loaded_above if p0 is None else p0
        shown = kpa if layout.quantity == "pressure" else Display(1.0, layout.cell_unit)
        limits.append(f"{limit * shown.factor:.3g} {shown.unit}")
    return f"above {' or '.join(dict.fromkeys(limits))}"


def token_of(info: StreamInfo) -> str:
    """Return the colour of a stream's lines: a foot's own, else the accent."""
    return f"var(--{side(info) or 'accent'})"


def rate_hz(info: StreamInfo) -> float | None:
    """Return frames a second while it was recorded, gaps within included; to three digits."""
    known = [(one.frames - 1, one.last_us - one.first_us) for one in info.epochs
             if one.frames > 1 and one.first_us is not None and one.last_us is not None]  # fmt: skip
    steps, lasted_us = (sum(column) for column in zip(*known, strict=True)) if known else (0, 0)
    return float(f"{steps / lasted_us * 1e6:.3g}") if lasted_us > 0 else None
