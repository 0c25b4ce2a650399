"""What the steps of a selected part are made of: their maps, and what each region carried, each read once and kept.

A sensor that nobody steps on, or a part without a whole stance, has neither; then maps and regions are of the whole
selection, and pages say so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.base.times import table_us
from analytics.gait.stances import stance_spans_us
from analytics.maps.folds import Maps, MapsFold
from analytics.regions.presets import Regions
from analytics.regions.region_steps import RegionStepsFold, region_means
from analytics.regions.step_cells import StepCells
from analytics.tables import PEAKS
from barograph.frames import Floats, Ints, Layout
from barograph.store.ports import StreamInfo
from dashboard.drawing import words
from dashboard.drawing.markup import tag
from dashboard.drawing.units import Display
from dashboard.reading.context import Context
from dashboard.reading.feet import Foot, foot
from dashboard.reading.parts import key, layout_of
from dashboard.reading.step_maps import StepCellsFold, StepMaps, StepMapsFold

STEPPED_ON = ("insole", "plate")
WHOLE = "whole sensor"


@dataclass(frozen=True, eq=False)
class StepTable:
    """`steps` as `analytics.region_steps`, `means` as `region_means`; `n` whole steps."""

    steps: pd.DataFrame
    means: pd.DataFrame
    n: int

    @property
    def peaks(self) -> pd.DataFrame:
        """(n, regions) peak of each region in each whole step."""
        name = next(one for one in PEAKS if one in self.steps)
        whole = self.steps.loc[~self.steps["cut"].astype(bool), name]
        return whole.unstack("region")[list(self.means.index)]


async def foot_of(context: Context, info: StreamInfo) -> Foot:
    """Return a stream's stances with the thresholds of the address."""
    stats = await context.parts.stats(info, context.part, context.query.p0)
    name = ("stances", *key(info, context.part), *_thresholds(context))
    stances: pd.DataFrame = await context.parts.cache.get(
        name, lambda: asyncio.to_thread(_stances, info, stats, context)
    )
    return Foot(info, stats, stances)


async def feet_with_stances(context: Context) -> list[Foot]:
    """Return every sensor of a part with its stances: left, right, then by name."""
    return list(await asyncio.gather(*(foot_of(context, info) for info in context.infos)))


def _stances(info: StreamInfo, stats: pd.DataFrame, context: Context) -> pd.DataFrame:
    return foot(info, stats, context.query).stances


def step_count(one: Foot) -> int:
    """Return whole stances; none of a sensor that nobody steps on."""
    return len(one.whole) if one.layout.kind in STEPPED_ON else 0


async def maps_of(context: Context, info: StreamInfo) -> Maps:
    """Return the maps of one stream's selection; the mean is over its stances where it has any."""
    one = await foot_of(context, info)
    during = _in_contact(one) if len(one.stances) else None
    found: Maps = await context.parts.fold(
        ("maps", *_thresholds(context)), info, context.part,
        lambda missing: MapsFold(layout_of(info), during, missing),
    )  # fmt: skip
    return found


def _in_contact(one: Foot) -> Ints:
    """(k, 2) µs of the stances on the clock of `rising`."""
    return stance_spans_us(one.stats, one.stances)


async def step_maps(context: Context, one: Foot) -> StepMaps:
    """Return the peak and PTI map, means over whole steps."""
    layout, during = one.layout, spans(one)
    found: StepMaps = await context.parts.fold(
        ("steps", *_thresholds(context)), one.info, context.part, lambda missing: StepMapsFold(layout, during, missing)
    )
    return found


async def step_cells(context: Context, one: Foot) -> StepCells:
    """Return what each cell did in each whole step."""
    layout, during = one.layout, spans(one)
    found: StepCells = await context.parts.fold(
        ("step cells", *_thresholds(context)), one.info, context.part,
        lambda missing: StepCellsFold(layout, during, missing),
    )  # fmt: skip
    return found


async def peak_of(context: Context, one: Foot) -> Floats:
    """Return (rows, cols) in which a foot is found and its regions are drawn.

    The mean of its steps' peaks, else the peak.
    """
    return (await step_maps(context, one)).peak if step_count(one) else (await maps_of(context, one.info)).peak


async def step_table(context: Context, one: Foot, chosen: Regions, name: Hashable) -> StepTable:
    """Return what each region carried in each step; `name` tells regions apart that were made otherwise."""
    us, p0, layout = table_us(one.stats), context.query.p0, one.layout
    steps: pd.DataFrame = await context.parts.fold(
        ("region steps", name, *_thresholds(context)), one.info, context.part,
        lambda missing: RegionStepsFold(layout, chosen, one.stances, us, p0, missing=missing),
    )  # fmt: skip
    return StepTable(steps, await asyncio.to_thread(region_means, steps), len(one.whole))


async def whole_table(context: Context, one: Foot) -> StepTable:
    """Return what the whole sensor carried in each step."""
    return await step_table(context, one, everything(one.layout), WHOLE)


def everything(layout: Layout) -> Regions:
    """Return all cells as one region."""
    return Regions((WHOLE,), layout.valid[None].astype(np.float64), WHOLE)


def spans(one: Foot) -> Ints:
    """Return (k, 2) µs of the first frame of every whole stance and just after its last, on the clock of `rising`."""
    return stance_spans_us(one.stats, one.whole)


def spread(mean: float, sd: float, n: float, shown: Display, places: int) -> str:
    """Write 682 ± 9, with n behind it; – where there is none."""
    if not np.isfinite(mean):
        return "–"
    said = f"± {shown.number(sd, places)}" if np.isfinite(sd) else ""
    number = tag("b", shown.number(mean, places))
    return tag("span", number, " ", tag("span", said, class_="muted"), title=f"n = {words.number(n)}")


def _thresholds(context: Context) -> tuple[Hashable, ...]:
    query = context.query
    return query.on, query.off, query.shortest, query.pause, query.p0
