"""How bodies sit and saddles lie: a table of measures, a column for each sensor of that kind."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analytics import regions
from analytics.columns import definition
from analytics.seats.saddle import SaddleFold, with_drift
from analytics.seats.seat import SeatFold
from barograph.frames import Layout
from barograph.store.ports import StreamInfo
from dashboard.drawing import words
from dashboard.drawing.markup import column, head, say, section, table, tag, unit_of
from dashboard.reading.context import Context
from dashboard.reading.parts import layout_of
from dashboard.reading.sides import name_of
from dashboard.reading.step_parts import foot_of

KINDS = ("seat", "saddle", "mat")
DIGITS = {"ppi_kpa": 1, "longest_above_s": 1, "bridging_ratio": 2}
MARKS = ("bridged", "uneven")


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


async def measured(context: Context, drawn: Mapping[str, regions.Regions]) -> str:
    """Return the table of seats, mats and saddles among the sensors; "" without one.

    The dispersion index is the share of the cells in regions `drawn` by hand, by the name of the stream.
    """
    infos = [info for info in context.infos if layout_of(info).kind in KINDS]
    if not infos:
        return ""
    sat = await asyncio.gather(*(_sat(context, info, drawn.get(info.stream.stream)) for info in infos))
    return _markup(context, sat)


async def _sat(context: Context, info: StreamInfo, drawn: regions.Regions | None) -> Sat:
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


def _markup(context: Context, sat: Sequence[Sat]) -> str:
    values = [one.values for one in sat]
    names = list(dict.fromkeys(name for row in values for name in row))
    kpa = context.display("kPa")
    rows = [
        [
            column(name, *context.how(name), unit=kpa.unit if unit_of(name) == "kPa" else None),
            *(_cell(name, row.get(name, np.nan), kpa.factor) for row in values),
        ]
        for name in names
    ]
    shown = table(["Measure", *(say(name_of(one.info)) for one in sat)], rows, label="How it is sat on")
    return section(head("Sitting", note=_how(context, sat)), shown, tag("p", say(_absent(sat)), class_="muted pad"))


def _cell(name: str, value: float, factor: float) -> str:
    if name in MARKS:
        return "–" if np.isnan(value) else ("no", "yes")[int(value)]
    scaled = value * factor if unit_of(name) == "kPa" else value
    return words.number(scaled, DIGITS.get(name, 0 if name.startswith(("cells", "time")) else 1))


def _how(context: Context, sat: Sequence[Sat]) -> str:
    kpa, about = context.display("kPa"), sat[0].attrs
    level = words.number(about["level_kpa"] * kpa.factor, 1)
    return (
        f"of the mean of each cell over the selection; cells {context.loaded([one.info for one in sat])} count as "
        f"loaded; level {level} {kpa.unit} (32 mmHg), held for {about['hold_s']:g} s"
    )


def _absent(sat: Sequence[Sat]) -> str:
    """Why measures are not there, each reason once."""
    reasons: dict[str, list[str]] = {}
    for one in sat:
        for name, why in one.attrs["absent"].items():
            reasons.setdefault(why, []).append(name)
    said = "; ".join(f"{', '.join(dict.fromkeys(map(_title, names)))}: {why}" for why, names in reasons.items())
    return f"Not shown: {said}." if said else ""


def _title(name: str) -> str:
    title = definition(name).title
    return f"{title[0].lower()}{title[1:]}"
