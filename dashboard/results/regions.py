"""The Regions tab: the sensor in named parts, presets or drawn by hand, and what each part carried."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics import regions
from analytics.columns import definition
from analytics.frames.heading import FRONT, heading
from analytics.regions.by_hand import HandMasks
from analytics.regions.presets import Regions
from analytics.regions.region_folds import RegionsFold
from analytics.tables import centre_columns
from barograph.errors import InvalidData
from barograph.frames import Floats, Layout
from barograph.store.ports import StreamInfo
from dashboard.drawing import titles
from dashboard.drawing.cell_picture import CellPicture, cell_picture
from dashboard.drawing.gap_rule import gap_term
from dashboard.drawing.markup import drawing_box, head, nothing, row, say, section, segments, table, tag, term, unit_of
from dashboard.drawing.places import axes
from dashboard.drawing.svg import Plot, el, picture, text
from dashboard.drawing.units import Display
from dashboard.reading.by_hand import OF_PRINTS, by_hand, key_of
from dashboard.reading.context import Context, token_of
from dashboard.reading.feet import Foot
from dashboard.reading.part_query import Drawn
from dashboard.reading.parts import layout_of
from dashboard.reading.sides import name_of, side
from dashboard.reading.step_parts import feet_with_stances, spread, step_count, step_table
from dashboard.results import seats
from dashboard.results.maps import kind_of, map_row, note_of, shown_maps
from dashboard.results.mask_links import mask_links
from dashboard.results.unplaced import why

MOST_BARS = 6
# Of `region_steps`; integrals by other definitions are on the Maps tab.
LEFT_OUT = ("pti_peak_curve", "pti_mean", "ever_loaded")
PRESETS = (("foot", "Foot"), ("thirds", "Thirds"), ("grid", "2 × 3"), ("drawn", "Drawn"))
AREAS = (("areas", "Areas"),)


@dataclass(frozen=True, eq=False)
class Divided:
    """One stream's regions and their measures: means and SDs over whole steps, or values of the whole selection.

    `table` has one row per region, `measures` the names of what is in it: of steps `mean_…`, `sd_…`, and `n`;
    `stances` are those of the stream.
    """

    info: StreamInfo
    regions: Regions
    table: pd.DataFrame
    steps: int
    stances: pd.DataFrame

    @property
    def measures(self) -> list[str]:
        """Names of the measures."""
        if not self.steps:
            return list(map(str, self.table))
        names = [name.removeprefix("mean_") for name in map(str, self.table) if name.startswith("mean_")]
        # A force's integral over time is its impulse, which stands there already.
        left_out = (*LEFT_OUT, "pti") if layout_of(self.info).quantity == "force" else LEFT_OUT
        return [name for name in names if not name.startswith(left_out)]

    def value(self, region: str, measure: str) -> tuple[float, float, float]:
        """Return the mean, SD and n of steps; a value of the whole selection has no SD."""
        if region not in self.table.index or measure not in self.measures:
            return np.nan, np.nan, 0.0
        row = {str(name): float(value) for name, value in self.table.loc[[region]].iloc[0].items()}
        if not self.steps:
            return row[measure], np.nan, 1.0
        return row[f"mean_{measure}"], row[f"sd_{measure}"], row["n"]


@dataclass(frozen=True)
class Shown:
    """The parts of the tab: regions on the maps, tables of what each carried or why there are none, and bars."""

    top: str
    tables: str
    bars: str = ""


async def body(context: Context) -> str:
    """Return all of the tab."""
    made = await shown(context)
    return made.top + made.tables + made.bars


async def shown(context: Context) -> Shown:
    """Build regions on the maps, and a table of what each carried."""
    preset = preset_of(context)
    if preset == "none":
        return Shown("", why(context.infos, "no region of the sensor") + await seats.measured(context, {}))
    choice = segments("Regions", "regions", AREAS if preset == "areas" else PRESETS, preset)
    feet = await feet_with_stances(context)
    peaks = await shown_maps(context, "peak")
    hand = await by_hand(context)
    chosen = [await asyncio.to_thread(regions_of, context, one, peak.values, hand.mask(one.info))
              for one, peak in zip(feet, peaks, strict=True)]  # fmt: skip
    over = {
        one.info.stream.stream: [borders(found, one.layout)]
        for one, found in zip(feet, chosen, strict=True)
        if found is not None
    }
    pictures = drawing_box(map_row(context, peaks, "peak", prefix="regions", over=over), kind_of(context.infos))
    note = f"over the peak map: {note_of(context.infos, peaks)}"
    prints = any(hand.of_prints(info) for info in context.infos)
    why_not = tag("p", OF_PRINTS, class_="muted pad") if prints else ""
    top = section(head("Regions", _tools(context), choice, note=note), _names(context), pictures, why_not)
    sat = await seats.measured(context, _drawn(preset, feet, chosen))
    if not any(one is not None and len(one) for one in chosen):
        return Shown(top, nothing("No regions yet", _how(preset)) + sat)
    pairs = zip(feet, chosen, strict=True)
    made = await asyncio.gather(*(divide(context, one, found, hand.mask(one.info)) for one, found in pairs))
    divided = [one for one in made if one is not None]
    tables, bars = await asyncio.to_thread(_results, context, divided)
    return Shown(top, sat + tables, bars)


def _drawn(preset: str, feet: Sequence[Foot], chosen: Sequence[Regions | None]) -> dict[str, Regions]:
    """What was drawn by hand, by the name of its stream."""
    if preset != "drawn":
        return {}
    pairs = zip(feet, chosen, strict=True)
    return {one.info.stream.stream: found for one, found in pairs if found is not None and len(found)}


def preset_of(context: Context) -> str:
    """Return the preset of the address, or the one that fits the sensors; "none" where no place is known."""
    layouts = [layout_of(info) for info in context.infos]
    if not any(layout.placed for layout in layouts):
        named = all(layout.geometry and layout.geometry.names for layout in layouts)
        return "areas" if named else "none"
    kinds = {layout_of(info).kind for info in context.infos}
    feet = all(side(info) or layout_of(info).kind == "plate" for info in context.infos)
    return context.query.regions or ("foot" if feet else "grid" if kinds <= {"seat", "saddle"} else "thirds")


def name_of_regions(context: Context, hand: HandMasks | None = None) -> tuple[Hashable, ...]:
    """Return what the regions of a part hang on, beside its frames and thresholds."""
    drawn = preset_of(context), context.query.drawn
    return drawn if hand is None else (*drawn, key_of([hand]))


def _how(preset: str) -> str:
    if preset == "foot":
        return "Nobody says which foot this is: name the stream left or right, or choose other regions."
    return "Draw one: press Draw, then click its corners on a map, or drag around it."


def _tools(context: Context) -> str:
    draw = tag("button", "Draw", type="button", class_="button", data_act="draw",
               title="Draw regions on a map, by clicks or by dragging; Escape ends")  # fmt: skip
    clear = tag("button", "Clear drawn", type="button", class_="button", data_unset="draw regions")
    feet = [(info, foot) for info in context.infos if layout_of(info).kind == "insole" and (foot := side(info))]
    masks = mask_links(context, feet, "regions") if preset_of(context) == "foot" else ""
    return masks + draw + (clear if context.query.drawn else "")


def _names(context: Context) -> str:
    drawn = ", ".join(f"{one.name} on {one.stream}" for one in context.query.drawn)
    return tag("p", say(f"Drawn: {drawn}"), class_="muted pad") if drawn else ""


def regions_of(context: Context, one: Foot, peak: Floats, hand: HandMasks | None = None) -> Regions | None:
    """Return the regions of one stream; None where the preset does not fit it.

    A foot's are found in its peak map, or are the ten masks that were drawn by `hand`.
    """
    layout, preset = one.layout, preset_of(context)
    if preset == "areas":
        return regions.named(layout)
    if not layout.placed:
        return None
    loaded = layout.valid & (peak > (layout.loaded_above if context.query.p0 is None else context.query.p0))
    footprint = loaded if layout.kind == "plate" and loaded.any() else None
    if preset == "drawn":
        mine = [region for region in context.query.drawn if region.stream == one.info.stream.stream]
        return regions.drawn(layout, polygons_of(mine, layout)) if mine else None
    if preset == "foot":
        return (
            _foot(context, one, peak, footprint) if hand is None else regions.labelled(layout, hand.labels, hand.made)
        )
    return regions.thirds(layout, footprint) if preset == "thirds" else regions.grid(layout, footprint)


def _foot(context: Context, one: Foot, peak: Floats, footprint: regions.Mask | None) -> Regions | None:
    """A foot that is found, or divided by proportions; of a plate without a side and without a foot, thirds."""
    layout, foot = one.layout, cast(regions.Side | None, side(one.info))
    if foot is None and layout.kind != "plate":
        return None
    track = list(centre_columns(one.stats)) if one.has_track else []
    toward = heading(one.stats[track].to_numpy(np.float64), layout) if track else FRONT
    try:
        return regions.found_or_proportions(layout, peak, foot, loaded_above=context.query.p0, toward=toward)
    except InvalidData as error:
        if footprint is None:
            return None
        return replace(regions.thirds(layout, footprint), made=f"thirds of the length; {error}")


def polygons_of(drawn: Sequence[Drawn], layout: Layout) -> Mapping[str, list[list[float]]]:
    """Return corners in cells of the picture as corners on the layout's axes."""
    return {one.name: axes(layout, np.array(one.corners, np.float64)).tolist() for one in drawn}


async def divide(context: Context, one: Foot, chosen: Regions | None, hand: HandMasks | None = None) -> Divided | None:
    """Return the measures of one stream's regions: of its steps, else of the whole selection; None without regions."""
    if chosen is None or not len(chosen):
        return None
    if step_count(one):
        found = await step_table(context, one, chosen, name_of_regions(context, hand))
        return Divided(one.info, chosen, found.means, found.n, one.stances)
    name, p0 = ("regions", *name_of_regions(context, hand), context.query.p0), context.query.p0
    table_: pd.DataFrame = await context.parts.fold(
        name, one.info, context.part, lambda missing: RegionsFold(one.layout, chosen, p0, missing)
    )
    return Divided(one.info, chosen, table_, 0, one.stances)


def borders(chosen: Regions, layout: Layout) -> str:
    """Return lines between cells of different regions, in units of the picture."""
    cells = cell_picture(layout)
    if cells:
        which = np.where(chosen.shares.max(axis=0) > 0, chosen.shares.argmax(axis=0), -1).ravel()
        return _lines("".join(_edges(cells, np.flatnonzero(which == region)) for region in range(len(chosen))))
    inside = chosen.shares.max(axis=0) > 0 if len(chosen) else np.zeros(chosen.shares.shape[1:], bool)
    which = np.where(inside, chosen.shares.argmax(axis=0), -1) if len(chosen) else np.full(inside.shape, -1)
    padded = np.pad(which, 1, constant_values=-1)
    d = []
    for r, c in zip(*np.nonzero(padded[:, 1:] != padded[:, :-1]), strict=True):
        d.append(f"M{c} {r - 1}v1")
    for r, c in zip(*np.nonzero(padded[1:] != padded[:-1]), strict=True):
        d.append(f"M{c - 1} {r}h1")
    return _lines("".join(d))


def _lines(d: str) -> str:
    return el("path", d=d, fill="none", stroke="var(--on-bed)", stroke_width=1, vector_effect="non-scaling-stroke")


def _edges(cells: CellPicture, members: NDArray[np.intp]) -> str:
    """The sides of some cells that no two of them share, to a mm."""
    sides = [
        (corners[i - 1], corners[i])
        for corners in (cells.shapes[cell] for cell in members)
        for i in range(len(corners))
    ]
    keys = [frozenset((tuple(np.round(a)), tuple(np.round(b)))) for a, b in sides]
    often = Counter(keys)
    return "".join(
        f"M{a[0]:.1f} {a[1]:.1f}L{b[0]:.1f} {b[1]:.1f}"
        for key, (a, b) in zip(keys, sides, strict=True)
        if often[key] == 1
    )


def _results(context: Context, divided: Sequence[Divided]) -> tuple[str, str]:
    """A table of the sensors that have steps, one of those that have none, and bars."""
    groups = [[one for one in divided if bool(one.steps) == stepped] for stepped in (True, False)]
    tables = [_table(context, some) for some in groups if some]
    bars = [_bars(context, some) for some in groups if some and len(divided) <= MOST_BARS]
    return "".join(tables), "".join(bars)


def _table(context: Context, divided: Sequence[Divided]) -> str:
    """A row a region and stream, so that left and right of a region stand below each other."""
    names = list(dict.fromkeys(name for one in divided for name in one.measures))
    shown = {name: context.display(unit_of(column_name(name))) for name in names}
    rows = [
        row(
            [say(titles.region(region)), badge(one.info), *(_cell(one, region, name, shown[name]) for name in names)], 2
        )
        for region in dict.fromkeys(str(region) for one in divided for region in one.table.index)
        for one in divided
        if region in one.table.index
    ]
    heads = ["Region", "Foot" if all(side(one.info) for one in divided) else "Stream"]
    heads += [head_of(name, shown[name].unit, steps=bool(divided[0].steps)) for name in names]
    torn = tag("span", gap_term(*(one.stances for one in divided)), class_="muted")
    made = "; ".join(f"{name_of(one.info)}: {one.regions.made}" for one in divided)
    made += f"; cells {context.loaded([one.info for one in divided])} count as loaded"
    said = tag("p", say(f"{made}."), class_="muted pad")
    return section(
        head("Measures by region", torn, note=of_text(divided)),
        table(heads, rows, label="Measures by region", texts=2),
        said,
    )


def of_text(divided: Sequence[Divided]) -> str:
    """Return what the numbers are of."""
    if not divided[0].steps:
        return "of the whole selection, which has no whole step"
    counts = ", ".join(f"{name_of(one.info)} {one.steps}" for one in divided)
    return f"mean ± SD over whole steps: {counts}"


def _cell(one: Divided, region: str, name: str, shown: Display) -> str:
    return spread(*one.value(region, name), shown, _digits(name))


def badge(info: StreamInfo) -> str:
    """Return L or R, or the stream's name."""
    foot = side(info)
    return tag("span", foot[0].upper(), class_="foot", data_side=foot) if foot else say(info.stream.stream)


WHOLE = {"max_": "Largest in the selection.", "mean_": "Mean over the frames in which it was loaded."}


def column_name(measure: str) -> str:
    """Return the column that a measure is made of."""
    if measure == "max_force_n":
        return measure
    return next((measure.removeprefix(prefix) for prefix in WHOLE if measure.startswith(prefix)), measure)


def head_of(measure: str, unit: str, *, steps: bool) -> str:
    """Return the head of a measure: of steps what each has, else what it is over the whole selection."""
    known = definition(column_name(measure))
    if steps:
        largest = "Largest " if column_name(measure) != measure else ""
        name = f"{largest}{known.title[0].lower()}{known.title[1:]}" if largest else known.title
        return term(name, unit, known.formula, known.meaning, "Of each step; mean ± SD over whole steps.", known.source)
    how = next((text for prefix, text in WHOLE.items() if measure.startswith(prefix)), "Over the whole selection.")
    lower = f"{known.title[0].lower()}{known.title[1:]}"
    name = (
        f"Largest {lower}"
        if measure.startswith("max_")
        else f"Mean of {lower}"
        if measure.startswith("mean_")
        else (f"{known.title}, whole selection")
    )
    return term(name, unit, known.formula, known.meaning, how, known.source)


def _digits(name: str) -> int:
    return 2 if name.endswith("_s") and "contact" in name else 1 if name.endswith(("cm2", "_cell")) else 0


def _bars(context: Context, divided: Sequence[Divided]) -> str:
    """The peak of each region, streams against each other: mean over steps, or the largest of the selection."""
    prefix = "" if divided[0].steps else "max_"
    known = (f"{prefix}peak_kpa", f"{prefix}peak_n", f"{prefix}raw_peak")
    name = next((one for one in known if all(one in d.measures for d in divided)), None)
    names = list(dict.fromkeys(str(region) for one in divided for region in one.table.index))
    if name is None or len(names) > 24:
        return ""
    values = {(one, region): one.value(region, name)[0] for one in divided for region in names}
    top = max((value for value in values.values() if np.isfinite(value)), default=1.0) or 1.0
    shown = context.display(unit_of(name.removeprefix("max_")))
    high = 20.0 * len(divided) + 8
    plot = Plot(120, 8, 480, high * len(names), (0.0, top), (0.0, 1.0))
    parts = []
    for i, region in enumerate(names):
        y = plot.top + i * high
        parts.append(text(110, y + high / 2, titles.region(region), anchor="end", fill="var(--text-2)", size=12))
        for j, one in enumerate(divided):
            value = values[one, region]
            if np.isfinite(value):
                wide = plot.at_x(value) - plot.left
                parts.append(
                    el("rect", x=120, y=y + j * 18, width=max(wide, 0.5), height=14, rx=2, fill=token_of(one.info))
                )
                parts.append(text(126 + wide, y + j * 18 + 11, shown.number(value), fill="var(--text)"))
    return section(
        head("Peak by region", note=f"{shown.unit}, {of_text(divided)}"),
        drawing_box(picture(660, plot.bottom + 6, *parts, title="Peak by region", style="max-width:760px"), "bars"),
    )
