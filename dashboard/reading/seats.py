"""How bodies sit and saddles lie in a selected part: the measures of each sensor of that kind."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analytics import regions
from analytics.seats.saddle import SaddleFold, with_drift
from analytics.seats.seat import SeatFold
from barograph.frames import Layout
from barograph.store.ports import StreamInfo
from dashboard.reading.context import Context
from dashboard.reading.parts import layout_of
from dashboard.reading.step_parts import foot_of

KINDS = ("seat", "saddle", "mat")


@dataclass(frozen=True, eq=False)
class Sat:
    """One sensor and its measures: a row of `analytics.seat`, of a saddle with those of `analytics.saddle`."""

    info: StreamInfo
    tables: tuple[pd.DataFrame, ...]

    @property
    def values(self) -> dict[str, float]:
        """Every measure by its name."""
        return {str(name): float(value) for one in self.tables for name, value in one.iloc[0].items()}

    @property
    def attrs(self) -> Mapping[str, Any]:
        """What the table of the seat was made with."""
        return {str(name): value for name, value in self.tables[0].attrs.items()}


def sat_on(context: Context) -> list[StreamInfo]:
    """Return the streams of seats, mats and saddles."""
    return [info for info in context.infos if layout_of(info).kind in KINDS]


async def sat_of(context: Context, info: StreamInfo, drawn: regions.Regions | None = None) -> Sat:
    """Return the measures of one of them; cells in regions `drawn` by hand have a dispersion index."""
    layout, p0 = layout_of(info), context.query.p0
    region = None if drawn is None else np.asarray(drawn.shares.max(axis=0) > 0.5)
    name = ("seat", p0, None if region is None else region.tobytes())
    seat: pd.DataFrame = await context.parts.fold(
        name, info, context.part, lambda missing: SeatFold(layout, region, loaded_above=p0, missing=missing)
    )
    if layout.kind != "saddle" or not layout.placed:
        return Sat(info, (seat,))
    return Sat(info, (seat, await _saddle(context, info, layout)))


async def _saddle(context: Context, info: StreamInfo, layout: Layout) -> pd.DataFrame:
    stats = (await foot_of(context, info)).stats
    p0 = context.query.p0
    made: pd.DataFrame = await context.parts.fold(
        ("saddle", p0), info, context.part, lambda _: SaddleFold(layout, loaded_above=p0)
    )
    return await asyncio.to_thread(with_drift, made, stats)
