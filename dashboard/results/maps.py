"""The Maps tab: peak, mean and pressure-time integral of the selection, cell by cell, and the curve of one cell."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.maps import pressure_time
from analytics.maps.folds import Maps
from barograph.frames import Block, Floats, Ints, Layout, Recording
from barograph.store.ports import StreamInfo
from dashboard.drawing import words
from dashboard.drawing.cell_picture import cell_picture
from dashboard.drawing.crosshair import Across, Read, crosshair, fine
from dashboard.drawing.gap_rule import gap_term
from dashboard.drawing.map_image import (
    BAR_PX,
    FADE_KPA,
    FIXED_KPA,
    FIXED_N,
    PLAIN,
    SMOOTHED,
    MapPicture,
    Scale,
    Spot,
    bar,
    bar_width,
    largest,
)
from dashboard.drawing.markup import column, drawing_box, head, say, section, segments, table, tag, unit_of
from dashboard.drawing.svg import Plot, digits_of, picture, round_up, text, ticks
from dashboard.reading.context import Context, token_of
from dashboard.reading.feet import Foot
from dashboard.reading.parts import layout_of
from dashboard.reading.sides import name_of
from dashboard.reading.step_maps import StepMaps
from dashboard.reading.step_parts import foot_of, maps_of, spread, step_count, step_maps, whole_table

TITLES = {"peak": "Peak map", "highest": "Highest values", "mean": "Mean map", "pti": "PTI map"}
# Of sensors that are stepped on, and of others or parts without a whole step.
OF_STEPS = {
    "peak": "mean over steps of each step’s peak, cell by cell",
    "highest": "largest value of each cell in the selection",
    "mean": "mean of each cell over the frames in contact",
    "pti": "mean over steps of each step’s integral over time, cell by cell",
}
OF_PART = {
    "peak": "largest value of each cell in the selection",
    "highest": "largest value of each cell in the selection",
    "mean": "mean of each cell over the frames of the selection",
    "pti": "integral of each cell over the whole selection",
}
WITHOUT_FORCE = ("pti_map_max", "pti_peak_curve")
INTEGRALS = (
    "pti_map_max_kpa_s", "pti_map_max_raw_s", "pti_peak_curve_kpa_s", "pti_peak_curve_raw_s", "pti_mean_kpa_s",
    "impulse_ns", "ever_loaded_cm2",
)  # fmt: skip
NONE = (np.nan, np.nan, 0.0)
MOST_ON_A_PHONE = 4
MAP_PX, LABEL_PX, GAP_PX, MOST_WIDTH, LEAST_PX = 420.0, 34.0, 26.0, 1000.0, 84.0


@dataclass(frozen=True, eq=False)
class Shown:
    """A map as it is shown: (rows, cols) values, what they are, and of how many steps or frames."""

    values: Floats
    said: str
    n: int
    unit: str


async def body(context: Context) -> str:
    """Return maps of every stream with one bar, and the integrals with their three names."""
    kind = context.query.map
    found = await shown_maps(context, kind)
    options = [("peak", "Peak"), ("highest", "Highest"), ("mean", "Mean")]
    if any(layout_of(info).quantity != "force" for info in context.infos):  # a force over time is an impulse
        options.append(("pti", "PTI"))
    maps = drawing_box(map_row(context, found, kind, prefix="maps"), kind_of(context.infos))
    return "".join(
        [
            section(
                head(TITLES[kind], segments("Map", "map", options, kind), note=note_of(context.infos, found)), maps
            ),
            await _cell(context),
            await integrals(context),
        ]
    )


async def shown_maps(context: Context, kind: str) -> list[Shown]:
    """Build the map of a kind of every stream: of its steps where it has any, else of the whole selection."""
    return list(await asyncio.gather(*(_shown(context, info, kind) for info in context.infos)))


async def _shown(context: Context, info: StreamInfo, kind: str) -> Shown:
    one = await foot_of(context, info)
    if step_count(one) and kind in ("peak", "pti"):
        steps = await step_maps(context, one)
        return Shown(values_of(steps, kind), OF_STEPS[kind], steps.n, "step")
    maps = await maps_of(context, info)
    said = OF_STEPS if kind == "mean" and len(one.stances) else OF_PART
    values = maps.peak if kind == "highest" else values_of(maps, kind)
    return Shown(values, said[kind], maps.n_mean if kind == "mean" else maps.n, "frame")


def note_of(infos: Sequence[StreamInfo], found: Sequence[Shown]) -> str:
    """Return what maps of these sensors are, and of how many steps or frames: one sentence for all that are alike."""
    kinds = dict.fromkeys((one.said, one.unit) for one in found)
    each = (
        f"{said}; {words.plural(sum(one.n for one in found if (one.said, one.unit) == (said, unit)), unit)}"
        for said, unit in kinds
    )
    return "; ".join((*each, drawn_as(infos)))


def drawn_as(infos: Sequence[StreamInfo]) -> str:
    """Return how the cells of sensors are drawn, and what their pictures do not know."""
    return "; ".join(dict.fromkeys(map(_drawn, infos)))


def _drawn(info: StreamInfo) -> str:
    cells = cell_picture(layout_of(info))
    if cells is None:
        return SMOOTHED
    return f"{PLAIN}. {cells.note}" if cells.note else PLAIN


def values_of(maps: Maps | StepMaps, kind: str) -> Floats:
    """Return the map of a name."""
    chosen: Floats = getattr(maps, kind)
    return chosen


def scale_of(infos: Sequence[StreamInfo], found: Sequence[Floats], kind: str) -> Scale:
    """Return one scale for all sensors: fixed for pressures by layout, else round."""
    layouts = [layout_of(info) for info in infos]
    units = {layout.cell_unit for layout in layouts}
    cell = units.pop() if len(units) == 1 else "counts"
    calibrated = cell != "counts"
    most = max((float(np.nanmax(values)) for values in found if np.isfinite(values).any()), default=1.0)
    unit = cell + ("·s" if kind == "pti" else "")
    fixed = usual_top(layouts) if calibrated and kind in ("peak", "highest") else round_up(most)
    fade = FADE_KPA if unit == "kPa" else None
    return Scale(fixed, unit, "viridis" if calibrated else "cividis", over=most > fixed * 1.0001, fade=fade)


def usual_top(layouts: Sequence[Layout]) -> float:
    """Return the upper end of the scale of layouts of one quantity, kPa or N."""
    return FIXED_N if layouts[0].quantity == "force" else max(FIXED_KPA[layout.kind] for layout in layouts)


def map_row(
    context: Context,
    found: Sequence[Shown],
    kind: str,
    *,
    prefix: str,
    over: dict[str, list[str]] | None = None,
) -> str:
    """Return the maps side by side at one scale of millimetres, with the bar at the right, in the viewer's units."""
    infos = context.infos
    stored = [one.values for one in found]
    scale = scale_of(infos, stored, kind)
    display = context.display(scale.unit)
    values, scale = [one * display.factor for one in stored], scale.turned(display.factor, display.unit)
    pictures = [
        MapPicture(layout_of(info), one, scale, name_of(info), info.stream.stream, spots(one),
                   (over or {}).get(info.stream.stream, []))
        for info, one in zip(infos, values, strict=True)
    ]  # fmt: skip
    said = ". ".join(f"{name_of(info)}: {spoken(one, scale)}" for info, one in zip(infos, values, strict=True))
    return row_of(pictures, scale, [token_of(info) for info in infos], f"{TITLES[kind]}. {said}", prefix)


def kind_of(infos: Sequence[StreamInfo]) -> str:
    """Return how the style sheet knows a row of maps.

    And one of so many that a phone shows a part of them at a time.
    """
    return "maps many" if len(infos) > MOST_ON_A_PHONE else "maps"


def spots(values: Floats) -> list[Spot]:
    """Return the largest cell with its value."""
    found = largest(values)
    return [Spot(found[0], found[1], words.number(found[2], 0 if found[2] >= 10 else 1))] if found else []


def spoken(values: Floats, scale: Scale) -> str:
    """Return a sentence about a map for those who do not see it."""
    found = largest(values)
    if found is None:
        return "no load"
    return f"highest {words.number(found[2], 1)} {scale.unit} at row {found[0]}, column {found[1]}"


def row_of(pictures: Sequence[MapPicture], scale: Scale, tokens: Sequence[str], title: str, prefix: str) -> str:
    """Return maps in a row, or in as many as leave each its least width, names below, the bar at the right."""
    tallest, widest = (max(one.size_mm[i] for one in pictures) for i in (1, 0))
    beside = min(len(pictures), max(1, int((MOST_WIDTH - BAR_PX) / (LEAST_PX + GAP_PX))))
    room = MOST_WIDTH - BAR_PX - GAP_PX * beside - 10
    wide = widest * beside if beside < len(pictures) else sum(one.size_mm[0] for one in pictures)
    factor = min(MAP_PX / tallest, room / wide)
    height, right, x, parts = factor * tallest, 0.0, 10.0, []
    for i, (one, token) in enumerate(zip(pictures, tokens, strict=True)):
        if i % beside == 0:
            x, y = 10.0, 10 + (i // beside) * (height + LABEL_PX)
        w, h = one.size_mm[0] * factor, one.size_mm[1] * factor
        parts.append(one.draw(x, y + height - h, w, h, f"{prefix}-{i}"))
        parts.append(text(x + w / 2, y + height + 22, one.title, fill=token, size=13, anchor="middle", font_weight=600))
        x += w + GAP_PX
        right = max(right, x)
    parts.append(bar(scale, right, 34, min(max(60.0, y + height - 60), MAP_PX - 50)))
    width = right + bar_width(scale)
    return picture(width, y + height + LABEL_PX, *parts, title=title, style=f"max-width:{width:.0f}px")


class CellFold:
    """One cell over time: (n,) times and values in kPa or counts."""

    def __init__(self, layout: Layout, row: int, col: int) -> None:
        self._layout, self._row, self._col = layout, row, col
        self._times: list[Ints] = []
        self._values: list[Floats] = []

    def update(self, block: Block) -> None:
        """Take the next frames."""
        here = Recording(frames=block.frames, times_us=block.times_us, layout=self._layout)
        values = here.kpa() if self._layout.quantity == "pressure" else here.values()
        self._times.append(block.times_us)
        self._values.append(values[:, self._row, self._col])

    def get(self) -> tuple[Ints, Floats]:
        """Return times and values, in order of time."""
        times = np.concatenate([np.empty(0, np.int64), *self._times])
        values = np.concatenate([np.empty(0), *self._values])
        order = np.argsort(times, kind="stable")
        return times[order], values[order]


async def _cell(context: Context) -> str:
    """The curve of the cell that was clicked."""
    value, example = ":".join(map(str, context.query.cell or ())), f"{context.infos[0].stream.stream}:12:5"
    entry = tag("input", type="text", data_param="cell", placeholder=example, value=value)
    field = tag("label", tag("span", "Cell (stream:row:column from 0)"), entry, class_="field wide")
    chosen = context.query.cell
    info = next((one for one in context.infos if chosen and one.stream.stream == chosen[0]), None)
    layout = layout_of(info) if info else None
    if chosen is None or info is None or layout is None or chosen[1] >= layout.rows or chosen[2] >= layout.cols:
        return section(head("One cell", field, note="click a cell of a map for its curve"))
    times, values = await context.parts.fold(
        f"cell {chosen}", info, context.part, lambda _: CellFold(layout, chosen[1], chosen[2])
    )
    title = f"{name_of(info)}, row {chosen[1]}, column {chosen[2]}"
    curve = drawing_box(cell_curve(context, info, times, values, title), "cell-curve")
    return section(
        head(say(title), field, note=f"{words.plural(len(times), 'frame')}, lowest to highest in each pixel"), curve
    )


def cell_curve(context: Context, info: StreamInfo, times: Ints, values: Floats, title: str) -> str:
    """Return a cell's values over the selection; more frames than pixels become their extremes."""
    display = context.display(layout_of(info).cell_unit)
    values, unit = values * display.factor, display.unit
    top = round_up(float(np.nanmax(values)) if np.isfinite(values).any() else 1.0)
    plot = Plot(48, 26, 880, 130, (context.query.start_s, context.query.stop_s), (0.0, top))
    at = (times - context.whole.first_us) / 1e6
    x, y = envelope(at, values, int(plot.width))
    ys = ticks(0, top, 4)
    inside = plot.frame(ticks(*plot.x, 8), ys, digits=digits_of(ys), x_title="s after the start", x_digits=1)
    reads = [crosshair(plot, x, [Read("", token_of(info), y, unit, fine(top))], Across("s", 2))]
    return picture(940, 196, text(48, 14, f"{unit}", fill="var(--text-2)", size=12), inside,
                   plot.line(x, y, token_of(info), 1.5), title=f"Curve of one cell: {title}", reads=reads)  # fmt: skip


def envelope(x: Floats, y: Floats, pixels: int) -> tuple[Floats, Floats]:
    """Return the lowest and highest of each pixel, in order of time, where there are more values than pixels.

    Gaps are NaN.
    """
    if len(x) > 2 * pixels:
        bins = ((x - x[0]) / ((x[-1] - x[0]) or 1.0) * pixels).astype(np.int64)
        first = np.flatnonzero(np.diff(bins, prepend=-1) > 0)
        low, high = np.fmin.reduceat(y, first), np.fmax.reduceat(y, first)
        x, y = np.repeat(x[first], 2), np.column_stack([low, high]).ravel()
    if len(x) < 3:
        return x, y
    steps = np.diff(x)
    holes = np.flatnonzero(steps > max(5 * float(np.median(steps[steps > 0])) if (steps > 0).any() else 1.0, 0.05)) + 1
    return np.insert(x, holes, np.nan), np.insert(y, holes, np.nan)


async def integrals(context: Context) -> str:
    """Return each stream's three integrals and what they are made of: means over steps, else of the whole selection."""
    found = [await _integrals_of(context, info) for info in context.infos]
    names = list(dict.fromkeys(name for _, _, values in found for name in values))
    shown = {name: context.display(unit_of(name)) for name in names}
    torn = tag("span", gap_term(*(one.stances for one, _, _ in found)), class_="muted")
    heads = ["Stream", "Of", *(column(name, *context.how(name), unit=shown[name].unit) for name in names)]
    body = [
        [say(name_of(info)), say(of), *(spread(*values.get(name, NONE), shown[name], 1) for name in names)]
        for info, (_, of, values) in zip(context.infos, found, strict=True)
    ]
    three = head("Pressure-time integral", torn, note="three definitions, never just PTI; mean ± SD over whole steps")
    return section(three, table(heads, body, label="Pressure-time integrals", texts=2))


async def _integrals_of(context: Context, info: StreamInfo) -> tuple[Foot, str, dict[str, tuple[float, float, float]]]:
    """The sensor, of what, and mean, SD and n of each integral."""
    one = await foot_of(context, info)
    if step_count(one):
        found = await whole_table(context, one)
        row = found.means.iloc[0]
        names = [name for name in INTEGRALS if f"mean_{name}" in row and np.isfinite(row[f"mean_{name}"])]
        return (
            one,
            words.plural(found.n, "step"),
            {name: (row[f"mean_{name}"], row[f"sd_{name}"], found.n) for name in names},
        )
    maps = await maps_of(context, info)
    values = pti_row(info, maps, one.stats, context.query.p0)
    return one, "the whole selection", {name: (value, np.nan, 1) for name, value in values.items()}


def pti_row(info: StreamInfo, maps: Maps, stats: pd.DataFrame, p0: float | None = None) -> dict[str, float]:
    """Return the row of `analytics.pti` for a selection; what its sensor cannot know is left out."""
    layout = layout_of(info)
    row = pressure_time.integrals(stats, layout, maps.frames, maps.peak, layout.loaded_above if p0 is None else p0)
    if layout.quantity == "force":
        return {name: value for name, value in row.items() if name.startswith("impulse")}
    return row if layout.has_force else {name: value for name, value in row.items() if name.startswith(WITHOUT_FORCE)}
