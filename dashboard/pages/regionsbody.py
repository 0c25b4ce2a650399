"""The Regions tab: the sensor in named parts, presets or drawn by hand, and what each part carried."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd

from analytics import regions
from analytics.region_folds import RegionsFold
from analytics.regions import Regions
from barograph.frames import Layout
from barograph.ports import StreamInfo
from dashboard.context import Context, token_of
from dashboard.markup import column, head, nothing, picture, row, say, section, segments, table, tag, unit_of
from dashboard.overview import side
from dashboard.pages.mapsbody import kind_of, map_row, maps_of
from dashboard.parts import layout_of
from dashboard.svg import Plot, el, text
from dashboard.svg import picture as drawing
from dashboard.units import Display
from dashboard.wish import Drawn

TITLES = {
    "heel": "Heel", "midfoot": "Midfoot", "hallux": "Hallux", "toes": "Toes 2–5", "front": "Front", "middle": "Middle",
    "rear": "Rear", **{f"mt{i}": f"Metatarsal {i}" for i in range(1, 6)},
}  # fmt: skip
MOST_BARS = 6
PRESETS = (("foot", "Foot"), ("thirds", "Thirds"), ("grid", "2 × 3"), ("drawn", "Drawn"))


@dataclass(frozen=True, eq=False)
class Divided:
    """One stream's regions and their measures."""

    info: StreamInfo
    regions: Regions
    stats: pd.DataFrame


async def body(context: Context) -> str:
    """Regions on the maps, and a table of what each carried."""
    preset = preset_of(context)
    choice = segments("Regions", "regions", PRESETS, preset)
    maps = await asyncio.gather(*(maps_of(context, info) for info in context.infos))
    chosen = {info.stream.stream: regions_of(context, info, maps_of_peak) for info, maps_of_peak in
              zip(context.infos, (one.peak for one in maps), strict=True)}  # fmt: skip
    over = {name: [borders(one)] for name, one in chosen.items() if one is not None}
    pictures = picture(map_row(context, maps, "peak", prefix="regions", over=over), kind_of(context.infos))
    top = section(head("Regions", _tools(context), choice, note="over the peak map"), _names(context), pictures)
    if not any(one is not None and len(one) for one in chosen.values()):
        return top + nothing("No regions yet", _how(preset))
    made = await asyncio.gather(*(divide(context, info, chosen[info.stream.stream]) for info in context.infos))
    divided = [one for one in made if one is not None]
    return top + await asyncio.to_thread(_results, context, divided)


def preset_of(context: Context) -> str:
    """The preset of the address, or the one that fits the sensors."""
    kinds = {layout_of(info).kind for info in context.infos}
    feet = all(side(info) for info in context.infos)
    return context.wish.regions or ("foot" if feet else "grid" if kinds <= {"seat", "saddle"} else "thirds")


def _how(preset: str) -> str:
    if preset == "foot":
        return "Nobody says which foot this is: name the stream left or right, or choose other regions."
    return "Draw one: press Draw, click its corners on a map, and close it with Enter or a click on the first corner."


def _tools(context: Context) -> str:
    draw = tag("button", "Draw", type="button", class_="button", data_act="draw",
               title="Click corners on a map; Enter closes the region, Escape gives it up")  # fmt: skip
    clear = tag("button", "Clear drawn", type="button", class_="button", data_unset="draw regions")
    return draw + (clear if context.wish.drawn else "")


def _names(context: Context) -> str:
    drawn = ", ".join(f"{one.name} on {one.stream}" for one in context.wish.drawn)
    return tag("p", say(f"Drawn: {drawn}"), class_="muted pad") if drawn else ""


def regions_of(context: Context, info: StreamInfo, peak: object) -> Regions | None:
    """The regions of one stream; None where the preset does not fit it."""
    layout, preset, foot = layout_of(info), preset_of(context), side(info)
    loaded = np.asarray(peak, np.float64) > 0
    footprint = loaded & layout.valid if layout.kind == "plate" and (loaded & layout.valid).any() else None
    if preset == "drawn":
        polygons = polygons_of([one for one in context.wish.drawn if one.stream == info.stream.stream], layout)
        return regions.drawn(layout, polygons) if polygons else None
    if preset == "foot":
        return regions.foot(layout, footprint, cast(regions.Side, foot)) if foot else None
    return regions.thirds(layout, footprint) if preset == "thirds" else regions.grid(layout, footprint)


def polygons_of(drawn: Sequence[Drawn], layout: Layout) -> Mapping[str, list[list[float]]]:
    """Corners in cells of the picture as corners on the layout's axes."""
    pitch, origin = layout.pitch_mm or (1.0, 1.0), layout.origin_mm if layout.pitch_mm else (-0.5, -0.5)

    def placed(x: float, y: float) -> list[float]:
        px = layout.cols - x if layout.x_axis == "left" else x
        py = layout.rows - y if layout.y_axis == "up" else y
        return [origin[0] + px * pitch[0], origin[1] + py * pitch[1]]

    return {one.name: [placed(x, y) for x, y in one.corners] for one in drawn}


async def divide(context: Context, info: StreamInfo, chosen: Regions | None) -> Divided | None:
    """The measures of one stream's regions; None without regions."""
    if chosen is None or not len(chosen):
        return None
    wish = context.wish
    name = ("regions", preset_of(context), wish.drawn, wish.p0)
    stats: pd.DataFrame = await context.parts.fold(
        name, info, context.part, lambda missing: RegionsFold(layout_of(info), chosen, wish.p0, missing)
    )
    return Divided(info, chosen, stats)


def borders(chosen: Regions) -> str:
    """Lines between cells of different regions, in cells of the picture."""
    inside = chosen.shares.max(axis=0) > 0 if len(chosen) else np.zeros(chosen.shares.shape[1:], bool)
    which = np.where(inside, chosen.shares.argmax(axis=0), -1) if len(chosen) else np.full(inside.shape, -1)
    padded = np.pad(which, 1, constant_values=-1)
    d = []
    for r, c in zip(*np.nonzero(padded[:, 1:] != padded[:, :-1]), strict=True):
        d.append(f"M{c} {r - 1}v1")
    for r, c in zip(*np.nonzero(padded[1:] != padded[:-1]), strict=True):
        d.append(f"M{c - 1} {r}h1")
    return el(
        "path", d="".join(d), fill="none", stroke="var(--on-bed)", stroke_width=1, vector_effect="non-scaling-stroke"
    )


def _results(context: Context, divided: Sequence[Divided]) -> str:
    return _table(context, divided) + (_bars(context, divided) if len(divided) <= MOST_BARS else "")


def _table(context: Context, divided: Sequence[Divided]) -> str:
    """A row a region and stream, so that left and right of a region stand below each other."""
    names = list(dict.fromkeys(name for one in divided for name in one.stats.columns))
    regions_ = dict.fromkeys(str(region) for one in divided for region in one.stats.index)
    shown = {name: context.display(unit_of(column_name(name))) for name in names}
    rows = [
        row([say(title(region)), badge(one.info), *(_cell(one, region, name, shown[name]) for name in names)], 2)
        for region in regions_
        for one in divided
        if region in one.stats.index
    ]
    made = "; ".join(dict.fromkeys(one.regions.made for one in divided))
    heads = ["Region", "Foot" if all(side(one.info) for one in divided) else "Stream"]
    heads += [head_of(name, shown[name].unit) for name in names]
    return section(head("Measures by region", note=made), table(heads, rows, label="Measures by region", texts=2))


def _cell(one: Divided, region: str, name: str, shown: Display) -> str:
    value = one.stats[name].get(region, np.nan) if name in one.stats else np.nan
    return shown.number(float(value), _digits(name))


def badge(info: StreamInfo) -> str:
    """L or R, or the stream's name."""
    foot = side(info)
    return tag("span", foot[0].upper(), class_="foot", data_side=foot) if foot else say(info.stream.stream)


def title(region: str) -> str:
    """A region's name as people say it."""
    return TITLES.get(region, region.replace("_", " ").capitalize())


MADE = {"max_": "Largest in the selection.", "mean_": "Mean over the frames in which it was loaded."}


def column_name(measure: str) -> str:
    """The column that a measure is made of."""
    return next((measure.removeprefix(prefix) for prefix in MADE if measure.startswith(prefix)), measure)


def head_of(measure: str, unit: str) -> str:
    """The head of a measure: that of its column, with what was done to it."""
    how = [text for prefix, text in MADE.items() if measure.startswith(prefix)]
    return column(column_name(measure), *how, unit=unit)


def _digits(name: str) -> int:
    return 2 if name.endswith("_s") and "contact" in name else 1 if name.endswith(("cm2", "_cell")) else 0


def _bars(context: Context, divided: Sequence[Divided]) -> str:
    """The largest pressure of each region, streams against each other."""
    name = next((one for one in ("max_peak_kpa", "max_raw_peak") if all(one in d.stats for d in divided)), None)
    names = list(dict.fromkeys(str(region) for one in divided for region in one.stats.index))
    if name is None or len(names) > 24:
        return ""
    top = (
        max((float(np.nanmax(one.stats[name])) for one in divided if one.stats[name].notna().any()), default=1.0) or 1.0
    )
    shown = context.display("kPa" if name == "max_peak_kpa" else "counts")
    high = 20.0 * len(divided) + 8
    plot = Plot(120, 8, 480, high * len(names), (0.0, top), (0.0, 1.0))
    parts = []
    for i, region in enumerate(names):
        y = plot.top + i * high
        parts.append(text(110, y + high / 2, title(region), anchor="end", fill="var(--text-2)", size=12))
        for j, one in enumerate(divided):
            value = float(one.stats[name].get(region, np.nan))
            if np.isfinite(value):
                wide = plot.at_x(value) - plot.left
                parts.append(
                    el("rect", x=120, y=y + j * 18, width=max(wide, 0.5), height=14, rx=2, fill=token_of(one.info))
                )
                parts.append(text(126 + wide, y + j * 18 + 11, shown.number(value), fill="var(--text)"))
    return section(
        head("Peak by region", note=shown.unit),
        picture(drawing(660, plot.bottom + 6, *parts, title="Peak by region", style="max-width:760px"), "bars"),
    )
