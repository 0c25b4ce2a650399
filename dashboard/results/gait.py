"""The Gait tab: stance curves, gait lines, butterfly, left against right, and every step."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analytics import symmetry_index
from analytics.columns import definition
from analytics.frames.contact import CONTACT_SHARE
from analytics.frames.floor import HIGH_PCT, LOW_PCT
from analytics.gait.loading import COARSE
from analytics.gait.steps import UNKNOWN
from analytics.tables import PEAKS, TOTALS
from dashboard.drawing import titles, words
from dashboard.drawing.gap_rule import gap_term
from dashboard.drawing.markup import (
    Term,
    column_term,
    copy,
    drawing_box,
    head,
    nothing,
    number_field,
    row,
    say,
    section,
    segments,
    table,
    tag,
    term,
)
from dashboard.drawing.units import GRAVITY, Display
from dashboard.reading.context import Context
from dashboard.reading.data_bounds import bounds_of
from dashboard.reading.feet import Foot, pair, runs, steps_of, strides, summary
from dashboard.reading.floor import Floor, floor_of
from dashboard.reading.measures import MEASURES, Measure
from dashboard.reading.part_query import PartQuery
from dashboard.reading.prints import floors
from dashboard.reading.sides import name_of
from dashboard.reading.step_parts import feet_with_stances
from dashboard.results.copied import copied
from dashboard.results.gait_charts import butterfly, centred, gait_lines, stance_chart
from dashboard.results.running import running

MOST_STEPS = 400
NO_TRACK = "There is none: places of the cells are not known, or not in mm."
NO_DOUBLE = "Double support is left out: who runs never has both feet on the ground."
FROM = ("on", "off", "floor", "floor_drift")
BUTTERFLY = (
    "Σ F·(x, y) of both feet / Σ F, mean over strides from a left contact to the next",
    "An insole does not know where the other one is: their middles are set 200 mm apart. The crossing point beside the "
    "middle is an asymmetry.",
    "analytics.butterfly",
)


async def body(context: Context) -> str:
    """Return all of the tab, or why there are no steps."""
    feet = await feet_with_stances(context)
    made = await context.once("gait tab", lambda: _body(context, feet)) + await running(context, feet)
    return of_plates(context) + made


async def _body(context: Context, feet: Sequence[Foot]) -> str:
    if not any(len(one.whole) for one in feet):
        return (
            tag(
                "div",
                tag("span", "No whole stance, ", rule_of(feet), class_="muted"),
                _thresholds(context, feet),
                class_="tab-line",
            )
            + standing_feet(context, feet)
            + _no_steps(context, feet)
        )
    return await asyncio.to_thread(_markup, context, feet)


def _markup(context: Context, feet: Sequence[Foot]) -> str:
    timed = steps_of(feet)
    return "".join(
        [
            tag(
                "div",
                tag("span", say(counts(feet)), ", ", rule_of(feet), class_="muted stance-counts"),
                _thresholds(context, feet),
                class_="tab-line",
            ),
            standing_feet(context, feet),
            tag("div", *charts(context, feet, choice=True), class_="tab-columns charts"),
            tag("div", left_right(context, feet), steps_table(context, timed), class_="tab-columns tables"),
        ]
    )


def of_plates(context: Context) -> str:
    """Say of plates what a stance is there, and where steps from one foot to the other are; "" of other sensors."""
    plates = floors(context.infos)
    if not plates:
        return ""
    names = " and ".join(map(name_of, plates))
    several = len(plates) > 1 and isinstance(floor_of(plates), Floor)
    border = " A stance over the border of two counts on each." if several else ""
    text = f"{names}: a stance is a time for which the plate is loaded, by one foot or both.{border}"
    return tag("p", say(f"{text} Sides, step lengths and widths are on Footprints."), class_="muted pad")


def counts(feet: Sequence[Foot]) -> str:
    """Return how many whole stances each foot has, and how many are left out."""
    cut = sum(int(one.stances["cut"].sum()) for one in feet)
    whole = ", ".join(f"{name_of(one.info)} {words.number(len(one.whole))}" for one in feet)
    return f"{whole} whole stances" + (f"; {cut} cut by an edge or a gap left out" if cut else "")


def rule_of(feet: Sequence[Foot]) -> str:
    """Return the gap rule that these stances were found with, as a term."""
    return gap_term(*(one.stances for one in feet))


def threshold_text(context: Context, feet: Sequence[Foot]) -> str:
    """Return the thresholds that the stances were found with; of feet whose floors differ, those of each."""
    display = threshold_display(context, feet)
    limits = {name_of(one.info): _limits(one, display) for one in feet}
    if len(set(limits.values())) > 1:
        said = "; ".join(f"{name} {text}" for name, text in limits.items())
    else:
        said = next(iter(limits.values()))
    return f"stances {said}, {feet[0].stances.attrs['min_contact_s'] * 1000:.0f} ms at least"


def _limits(one: Foot, display: Display) -> str:
    attrs = one.stances.attrs
    on, off, floor, moved = (f"{display.number(attrs[name])} {display.unit}" for name in FROM)
    drift = f", which moves by {moved}" if display.number(attrs["floor_drift"]) != "0" else ""
    over = f" over a floor of {floor}{drift}" if display.number(attrs["floor"]) != "0" or drift else ""
    return f"from {on}, until {off}{over}"


def standing_feet(context: Context, feet: Sequence[Foot]) -> str:
    """Say for each foot that was never unloaded that its steps cannot be told apart, and a threshold that may."""
    display, said = threshold_display(context, feet), []
    for one in feet:
        attrs = one.stances.attrs
        if attrs["unloaded"] or context.query.on is not None:
            continue
        low, high = np.nanpercentile(one.stats[attrs["column"]], (LOW_PCT, HIGH_PCT))
        offered = float(f"{low + CONTACT_SHARE * (high - low):.3g}")
        text = f"{name_of(one.info)} was never unloaded here: it shows {display.number(low)} {display.unit} at least."
        label = f"Count contact from {display.number(offered)} {display.unit}"
        button = tag("button", say(label), type="button", class_="button", data_set=f"on={offered:g}")
        said.append(tag("p", say(f"{text} Its steps are not told apart. "), button, class_="warn"))
    return "".join(said)


def threshold_display(context: Context, feet: Sequence[Foot]) -> Display:
    """Return how the thresholds of stances are shown."""
    unit = {"total_force_n": "N", "peak_kpa": "kPa"}.get(feet[0].stances.attrs.get("column", ""), "counts")
    return context.display(unit)


def _thresholds(context: Context, feet: Sequence[Foot]) -> str:
    query, attrs, display = context.query, feet[0].stances.attrs, threshold_display(context, feet)
    limits = bounds_of([one.stats for one in feet], query).field
    on, off = (f"{attrs[name] * display.factor:.3g}" for name in ("on", "off"))
    units = {one.layout.cell_unit for one in feet}
    cell = context.display(units.pop() if len(units) == 1 else "counts")
    loaded = context.loaded().removeprefix("above ")
    fields = [
        number_field(f"Contact from, {display.unit}", "on", query.on, limits("on"), on, factor=display.factor),
        number_field("until", "off", query.off, limits("off"), off, factor=display.factor),
        *(
            number_field(label, name, None if value == usual else value, limits(name), f"{usual:g}")
            for label, name, value, usual in (
                ("at least, ms", "shortest", query.shortest, PartQuery.shortest),
                ("Joined across, ms", "pause", query.pause, PartQuery.pause),
            )
        ),
        number_field(f"Cell loaded above, {cell.unit}", "p0", query.p0, limits("p0"), loaded, factor=cell.factor),
    ]
    summary = tag("summary", say(threshold_text(context, feet)), class_="chip")
    return tag("details", summary, tag("div", *fields, class_="fields"), data_panel="thresholds")


def _no_steps(context: Context, feet: Sequence[Foot]) -> str:
    attrs, display = feet[0].stances.attrs, threshold_display(context, feet)
    on = f"{display.number(attrs['on'])} {display.unit}"
    part = f"{words.moment(context.query.start_s)} – {words.moment(context.query.stop_s)}"
    least = f"{attrs['min_contact_s'] * 1000:.0f} ms"
    highest = bounds_of([one.stats for one in feet], context.query).load
    top = f" The highest load is {display.number(highest)} {display.unit}." if highest == highest else ""
    return nothing(
        "No steps here",
        f"No stance of {least} or more above {on} lies whole in {part}.{top}",
        "Select more, or change the threshold.",
    )


def charts(context: Context, feet: Sequence[Foot], *, choice: bool) -> Iterator[str]:
    """Yield stance curve, gait line, butterfly."""
    walked = [one for one in feet if len(one.whole)]
    quantity = context.query.curve
    column = walked[0].column(quantity)
    title, unit = titles.CURVES[column], definition(column).unit
    display, mass = context.display(unit), context.workout.about.mass_kg
    weight = mass * GRAVITY if mass and quantity == "force" and walked[0].column("force") == "total_force_n" else None
    pick = (
        [segments("Curve", "curve", [("force", "Force"), ("peak", "Peak"), ("area", "Area")], quantity)]
        if choice
        else []
    )
    drawn = [(one, one.curves(quantity).times(display.factor)) for one in walked]
    curve = stance_chart(drawn, title, display.unit, weight and weight * display.factor)
    note = f"cells {context.loaded()}" if quantity == "area" else ""
    name = "Stance curve" if choice else f"Stance curve, {title.lower()}"
    yield section(head(name, *pick, note=note), drawing_box(curve))
    tracked = [one for one in walked if one.has_track]
    if tracked:
        yield section(head("Gait line", note="mean, single stances"), drawing_box(gait_lines(tracked)))
    else:
        yield section(head("Gait line"), tag("p", say(NO_TRACK), class_="muted pad"))
    both = pair(walked)
    track = strides(both) if both else None
    if track is not None and track.attrs["n"]:
        cross = track.attrs["crossing_x_mm"]
        said = f"crossing {'+' if cross > 0 else ''}{words.number(cross, 1)} mm" if cross is not None else ""
        note = f"{said}, {words.plural(track.attrs['n'], 'stride')}".lstrip(", ")
        yield section(head(term("Butterfly", "", *BUTTERFLY), note=note), drawing_box(butterfly(track)))
    elif both:
        why = "It needs whole strides of both feet, forces, and the size of the cells."
        yield section(head("Butterfly"), tag("p", say(why), class_="muted pad"))


def left_right_rows(feet: Sequence[Foot], timed: pd.DataFrame) -> list[tuple[Measure, dict[str, pd.Series], float]]:
    """Return each measure with its values by foot, of whole stances, and its symmetry index."""
    alone = [name for name in ("left", "right", UNKNOWN) if (timed["side"] == name).any()]
    sides = ["left", "right"] if pair(feet) else alone
    whole = timed[~timed["cut"].astype(bool)]
    found = []
    for measure in MEASURES:
        if measure.name not in timed:
            continue
        values = {name: whole.loc[whole["side"] == name, measure.name].dropna() * measure.factor for name in sides}
        if any(len(one) for one in values.values()):
            found.append((measure.of(timed).on(one.layout for one in feet), values, _symmetry(values)))
    return found


def _symmetry(values: dict[str, Any]) -> float:
    if set(values) != {"left", "right"} or not all(len(one) for one in values.values()):
        return float("nan")
    return float(symmetry_index(values["left"].mean(), values["right"].mean()))


def left_right(context: Context, feet: Sequence[Foot]) -> str:
    """Return the table of left against right, or of one foot."""
    both = pair(feet) is not None
    timed = steps_of(feet)
    found = left_right_rows(feet, timed)
    one = "Left" if both else name_of(feet[0].info)
    index = term(
        "SI", "%", "200 · (R − L) / (R + L)", "Of the means over whole stances. Minus: more on the left. Grey: ±5 %."
    )
    heads = ["Measure", one, *(["Right", index, "left · right"] if both else [])]
    rows = []
    for measure, values, si in found:
        display = context.display(measure.unit)
        cells = (mean_sd(one * display.factor, display.places(measure.digits)) for one in values.values())
        rows.append([column_of(measure, display.unit), *cells, *([words.number(si, 1), centred(si)] if both else [])])
    cadence = words.number(float(summary(feet).iloc[-1]["cadence_spm"]), 1)
    said = tag("span", "Cadence ", tag("b", cadence), " steps/min", class_="muted")
    none = tag("p", say(NO_DOUBLE), class_="muted pad") if runs(timed) else ""
    return section(
        head("Left and right" if both else "Stances", said, note="mean ± SD"),
        table(heads, rows, label="Left and right"),
        none,
    )


def column_of(measure: Measure, unit: str | None = None) -> str:
    """Return a measure's name with the definition of its column; `unit` where it is shown in another."""
    shown = measure.unit if unit is None else unit
    name = (
        measure.name.removeprefix("max_")
        if measure.name.startswith("max_") and "loading" not in measure.name
        else measure.name
    )
    known = column_term(name)
    mark = f" {coarse_mark()}" if measure.coarse else ""
    if known is None:
        return term(measure.title, shown) + mark
    return Term(measure.title, shown, known.about, known.heading).markup() + mark


def coarse_mark() -> str:
    """Return what stands beside a loading rate from too few rows."""
    return tag("span", "coarse", class_="chip", title=COARSE)


def mean_sd(values: Any, digits: int) -> str:
    """Write 682 ± 9, with n behind it."""
    if not len(values):
        return "–"
    sd = f"± {words.number(float(values.std()), digits)}" if len(values) > 1 else ""
    return tag(
        "span",
        tag("b", words.number(float(values.mean()), digits)),
        " ",
        tag("span", sd, class_="muted"),
        title=f"n = {len(values)}",
    )


def steps_table(context: Context, timed: pd.DataFrame) -> str:
    """Return one row per step."""
    shown = timed.head(MOST_STEPS)
    force, peak = (next((f"max_{one}" for one in those if f"max_{one}" in timed), "") for those in (TOTALS, PEAKS))
    top = float(np.nanmax(timed[force])) if force and timed[force].notna().any() else 1.0
    of_step = OfStep.of(context, force, peak, top)
    heads = ("#", "Foot", "Start", "Contact, ms", *of_step.heads)
    rows = [_step(context, i, one, of_step) for i, one in enumerate(shown.to_dict("records"), 1)]
    cut = int(timed["cut"].sum())
    more = f", first {MOST_STEPS}" if len(timed) > MOST_STEPS else ""
    note = f"{words.number(len(timed))} in the selection{more}, {cut} cut"
    text = copied(context, shown.drop(columns=["first", "after"]))
    return section(head("Steps", copy(text), note=note), table(heads, rows, label="Steps", texts=2))


@dataclass(frozen=True)
class OfStep:
    """The columns of load of the table of steps, how they are shown, and the largest load."""

    force: str
    peak: str
    top: float
    load: Display
    pressure: Display
    impulse: Display

    @classmethod
    def of(cls, context: Context, force: str, peak: str, top: float) -> OfStep:
        """Make it for the columns that a session has."""
        unit, pressure = (definition(name).unit if name else "counts" for name in (force, peak))
        return cls(force, peak, top, *(context.display(one) for one in (unit, pressure, f"{unit}·s")))

    @property
    def heads(self) -> tuple[str, str, str]:
        """Heads of load, peak and impulse, with their units."""
        load = "Peak force" if self.force == "max_total_force_n" else "Highest sum"
        peak = "Peak" if self.peak == "max_peak_kpa" else "Raw peak"
        return f"{load}, {self.load.unit}", f"{peak}, {self.pressure.unit}", f"Impulse, {self.impulse.unit}"


def _step(context: Context, number: int, one: dict[Any, Any], how: OfStep) -> str:
    start, stop = (int(one[name].value // 1000) for name in ("start", "stop"))
    foot = one["side"] if one["side"] != UNKNOWN else None
    badge = tag("span", foot[0].upper() if foot else "–", class_="foot", data_side=foot, title=foot or "side unknown")
    value = one.get(how.force, float("nan"))
    width = 40.0 * value / how.top if value == value else 0.0
    strip = tag("span", "", class_="strip", style=f"width:{width:.0f}px", data_side=foot)
    impulse = next(
        (one[name] for name in ("impulse_ns", "impulse_kpa_s", "impulse_raw_s") if name in one), float("nan")
    )
    cells = [
        str(number) + ("*" if one["cut"] else ""), badge, words.moment(context.seconds(start)),
        words.number(one["contact_s"] * 1000), f"{how.load.number(value)} {tag('span', strip, class_='strip-track')}",
        how.pressure.number(one.get(how.peak, float("nan"))), how.impulse.number(impulse),
    ]  # fmt: skip
    return row(
        cells,
        2,
        class_="seeks cut" if one["cut"] else "seeks",
        data_seek_us=start,
        data_start_us=start,
        data_stop_us=stop,
    )
