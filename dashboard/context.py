"""What a tab knows: the session, the selected part, what is wished, and how to get tables and maps of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from functools import cached_property

import pandas as pd

from barograph.ports import StreamInfo, Workout
from dashboard.overview import Span, side
from dashboard.parts import Parts
from dashboard.units import Display, Units
from dashboard.wish import Wish


@dataclass(frozen=True)
class Context:
    """A selected part of a session, and the units that the viewer likes."""

    parts: Parts
    workout: Workout
    whole: Span
    wish: Wish
    units: Units = field(default_factory=Units)

    @cached_property
    def infos(self) -> list[StreamInfo]:
        """Streams with a layout: left, right, then by name."""
        known = (info for info in self.workout.streams if info.layout)
        return sorted(known, key=lambda info: ({"left": 0, "right": 1}.get(side(info) or "", 2), info.stream.stream))

    @cached_property
    def part(self) -> Span:
        """The selection in µs."""
        return self.wish.span(self.whole)

    @property
    def usable(self) -> Units:
        """The viewer's units; N where body weight is wished and the athlete's mass is not known."""
        return replace(self.units, force="N") if self.units.lacking(self.workout.about.mass_kg) else self.units

    def display(self, unit: str) -> Display:
        """How values in `unit` are shown."""
        return self.usable.display(unit, self.workout.about.mass_kg)

    async def tables(self) -> dict[str, pd.DataFrame]:
        """The per-frame table of every stream, by its name."""
        found = await asyncio.gather(*(self.parts.stats(info, self.part, self.wish.p0) for info in self.infos))
        return {info.stream.stream: table for info, table in zip(self.infos, found, strict=True)}

    def seconds(self, t_us: int) -> float:
        """A moment in seconds after the session's first frame."""
        return (t_us - self.whole.first_us) / 1e6


def name_of(info: StreamInfo) -> str:
    """Left, Right, or the stream's own name."""
    return (side(info) or "").capitalize() or info.stream.stream


def token_of(info: StreamInfo) -> str:
    """The colour of a stream's lines: a foot's own, else the accent."""
    return f"var(--{side(info) or 'accent'})"


def rate_hz(info: StreamInfo) -> float | None:
    """Frames a second, gaps included."""
    if info.first_us is None or info.last_us is None or info.frames < 2 or info.last_us == info.first_us:
        return None
    return round((info.frames - 1) / (info.last_us - info.first_us) * 1e6)
