"""The paired table: each measure of A and B with the difference's interval and its size; no stars, no good or bad."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analytics import compare
from analytics.columns import definition
from barograph.cells import tab_separated
from dashboard.compare.charts import effect, effect_end
from dashboard.compare.pairs import Pair, stances_of
from dashboard.drawing import titles, words
from dashboard.drawing.gap_rule import gap_text
from dashboard.drawing.markup import column, copy, say, segments, table, tag, term
from dashboard.drawing.units import Display
from dashboard.drawing.words import sign
from dashboard.reading.feet import pair, steps_of
from dashboard.reading.measures import MEASURES, Measure
from dashboard.reading.sides import SIDES
from dashboard.reading.soles import estimated
from dashboard.reading.standing import filter_text, moving, places_of, sway
from dashboard.results.gait import column_of

Shown = Callable[[str], tuple[Display, Display]]
INDEPENDENT = (
    "Hollow dot: the interval holds 0. Grey band: |g| under 0.2. Steps of one session are not independent; a claim "
    "needs sessions as units."
)
ONE_EACH = "One recording of each: there is no spread between recordings, so there is no interval and no effect size."
SWAY = (
    "path_mm", "mean_velocity_mm_s", "ellipse95_area_mm2", "hull_area_mm2", "range_x_mm", "range_y_mm", "rms_x_mm",
    "rms_y_mm", "mean_frequency_hz",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A measure of both in the viewer's units; `name` is markup."""

    name: str
    plain: str
    unit: str
    digits: int
    found: pd.Series


def paired(pairs: Sequence[Pair], foot: str, shown: Shown) -> str:
    """Return the table of one sensor, or of both feet together."""
    options = choices(pairs)
    chosen = foot if foot in dict(options) else options[0][0]
    found = measures(pairs, chosen, shown)
    tools = [segments("Foot", "foot", options, chosen)] if len(options) > 1 else []
    line = tag("div", tag("h2", "Paired measures"), tag("span", say(found.note), class_="muted of-difference"),
               tag("span", class_="grow"), copy(_text(found.rows)), *tools, class_="part-head")  # fmt: skip
    said = tag("p", say(found.remark), class_="muted pad of-difference")
    return tag("section", line, found.table, said, class_="card compare-measures", aria_label="Measures")


def choices(pairs: Sequence[Pair]) -> list[tuple[str, str]]:
    """Return of which sensors there is a table: each foot, and both where both walk; else all there are."""
    feet = {pair.key: pair.title for pair in pairs if pair.key in SIDES}
    both = len(feet) == 2 and all(pair.walks for pair in pairs)
    return [*feet.items(), *([("both", "Both")] if both else [])] or [("", "")]


@dataclass(frozen=True)
class Measures:
    """A table with what is said above and below it."""

    rows: list[Row]
    table: str
    note: str
    remark: str


def measures(pairs: Sequence[Pair], chosen: str, shown: Shown) -> Measures:
    """Return the table of one of `choices`."""
    used = [pair for pair in pairs if pair.key == chosen] or list(pairs)
    walks = all(pair.walks for pair in used)
    rows = _steps(pairs, used, shown) if walks else _parts(used, shown)
    note = (
        f"B − A, 95 % interval; g is Hedges’ g over steps; {gap_text(*stances_of(used))}" if walks else _of_parts(used)
    )
    label = ", ".join(text for text in ("Paired measures", dict(choices(pairs))[chosen]) if text)
    return Measures(rows, _table(rows, label, walks=walks), note, INDEPENDENT if walks else ONE_EACH)


def _of_parts(pairs: Sequence[Pair]) -> str:
    """What the numbers without steps are of, and how the sway among them was filtered and sampled."""
    if not _sways(pairs[0]):
        return "whole parts"
    both = (filter_text(sway(half.foot.stats, half.context.query, half.foot.stances)) for half in pairs[0].halves)
    return f"whole parts; sway {' and '.join(dict.fromkeys(both))}"


def _sways(both: Pair) -> bool:
    return {layout.kind for layout in both.layouts} == {"plate"}


def _table(rows: Sequence[Row], label: str, *, walks: bool) -> str:
    sizes = [value for row in rows for value in row.found[["hedges_g_low", "hedges_g_high"]]] if walks else []
    end = effect_end(sizes)
    scale = tag("span", say(f"−{end:g}"), tag("span", "effect size"), say(f"+{end:g}"), class_="effect-head")
    heads = ["Measure", "A", "B", _difference(), *([_interval(), column("hedges_g"), scale] if walks else [])]
    body = [_cells(row, end, walks=walks) for row in rows]
    return table(heads, body, label=label)


def _difference() -> str:
    known = definition("difference")
    return term(known.title, "", known.formula, known.meaning, known.source)


def _interval() -> str:
    known = definition("difference_low")
    return term("95 % interval", "", f"{known.formula}: difference ± t · standard error", known.source)


def _cells(row: Row, end: float, *, walks: bool) -> list[str]:
    one, d = row.found, row.digits
    cells = [
        row.name,
        *(_mean(float(one[f"mean_{w}"]), float(one[f"sd_{w}"]), float(one[f"n_{w}"]), d) for w in "ab"),
        tag("b", sign(float(one["difference"]), d)),
    ]
    if not walks:
        return cells
    low, high = float(one["difference_low"]), float(one["difference_high"])
    g = [float(one[name]) for name in ("hedges_g", "hedges_g_low", "hedges_g_high")]
    between = f"{sign(low, d + 1)} … {sign(high, d + 1)}" if np.isfinite(low) else _few(one)
    return [*cells, between, sign(g[0], 2), effect(*g, holds_zero=not (low > 0 or high < 0), end=end)]


def _few(one: pd.Series) -> str:
    why = f"Of {one['n_a']:.0f} and {one['n_b']:.0f} values: an interval needs two on each side."
    return tag("span", "–", title=why)


def _mean(mean: float, sd: float, n: float, digits_: int) -> str:
    spread = tag("span", say(f" ± {words.number(sd, digits_)}"), class_="muted") if np.isfinite(sd) else ""
    return tag("span", words.number(mean, digits_), spread, title=f"n = {n:.0f}" if np.isfinite(n) else None)


def _text(rows: Sequence[Row]) -> str:
    """The table as tab-separated text, full precision."""
    names = list(rows[0].found.index) if rows else []
    lines = ([row.plain, row.unit, *(f"{value:.6g}" for value in row.found)] for row in rows)
    return tab_separated([["measure", "unit", *names], *lines])


def _steps(pairs: Sequence[Pair], used: Sequence[Pair], shown: Shown) -> list[Row]:
    """Measures of steps, then the peaks of each region."""
    tables = [_joined(pairs, used, i) for i in (0, 1)]
    both = [one for one in MEASURES if all(one.name in found for found in tables)]
    layouts = [layout for one in used for layout in one.layouts]
    rows = [_row(measure.on(layouts), tables, shown) for measure in both]
    return [row for row in rows if row is not None] + _regions(used, shown)


def _joined(pairs: Sequence[Pair], used: Sequence[Pair], which: int) -> pd.DataFrame:
    """Steps of A (0) or B (1), of the sensors in use; step time and double support need the other foot as well."""
    feet = [one.halves[which].foot for one in pairs]
    if pair(feet) is None:
        return steps_of([used[0].halves[which].foot])
    found = steps_of(feet)
    return found[found["side"].isin([one.key for one in used])]


def _row(measure: Measure, tables: Sequence[pd.DataFrame], shown: Shown) -> Row | None:
    displays = shown(measure.unit)
    scaled = [
        table_.assign(**{measure.name: table_[measure.name] * measure.factor * display.factor})
        for table_, display in zip(tables, displays, strict=True)
    ]
    found = compare(scaled[0], scaled[1], [measure.name]).iloc[0]
    if not found["n_a"] and not found["n_b"]:
        return None
    unit, places = displays[0].unit, displays[0].places(measure.digits)
    named = replace(measure, unit=unit).of(*tables)
    return Row(column_of(named), named.plain, unit, places, found)


def _regions(pairs: Sequence[Pair], shown: Shown) -> list[Row]:
    units = {layout.cell_unit for pair in pairs for layout in pair.layouts}
    if len(units) != 1:
        return []
    displays = shown(units.pop())
    unit, places = displays[0].unit, displays[0].places(0)
    halves = [pd.concat([pair.halves[i].regions * displays[i].factor for pair in pairs]) for i in (0, 1)]
    names = [str(name) for name in halves[0] if name in halves[1]]
    if not names:
        return []
    found = dict(compare(halves[0], halves[1], names).iterrows())
    return [Row(_region_term(name, unit), f"Peak, {titles.region(name)}", unit, places, found[name]) for name in names]


def _region_term(name: str, unit: str) -> str:
    known = definition({"counts": "raw_peak", "N": "peak_n"}.get(unit, "peak_kpa"))
    how = "Of each step, the largest value of the region’s cells."
    return term(f"Peak, {titles.region(name)}", unit, known.formula, how, known.source)


def _parts(pairs: Sequence[Pair], shown: Shown) -> list[Row]:
    """Without steps: sway of standing trials, else means over the frames of the parts."""
    one = pairs[0]
    rows = _sway(one) if _sways(one) else []
    names = [str(name) for name in one.a.foot.stats if name in one.b.foot.stats]
    return [*rows, *(_mean_row(one, name, shown) for name in names)]


def _mean_row(one: Pair, name: str, shown: Shown) -> Row:
    known = definition(name)
    displays = shown(known.unit)
    unit = displays[0].unit
    values = [half.foot.stats[name] * display.factor for half, display in zip(one.halves, displays, strict=True)]
    title = estimated(f"Mean of {known.title[0].lower()}{known.title[1:]}", known.unit, one.layouts)
    markup = term(title, unit, known.formula, known.meaning, "Mean ± SD over the frames of the part.", known.source)
    places = displays[0].places(0 if known.unit in ("N", "cm²", "counts", "cells") else 1)
    return Row(markup, title, unit, places, _one_each(*[(v.mean(), v.std(), v.notna().sum()) for v in values]))


def _sway(both: Pair) -> list[Row]:
    found = [sway(half.foot.stats, half.context.query, half.foot.stances) for half in both.halves]
    if any(map(moving, found)):
        return []
    tables, how = [one.iloc[0] for one in found], tuple(dict.fromkeys(map(filter_text, found)))
    rows = []
    for name in SWAY:
        if all(name in one for one in tables):
            known = definition(name)
            markup = term(known.title, known.unit, known.formula, known.meaning, *how, known.source)
            values = [(float(one[name]), np.nan, np.nan) for one in tables]
            rows.append(Row(markup, known.title, known.unit, places_of(name), _one_each(*values)))
    return rows


def _one_each(a: tuple[float, float, float], b: tuple[float, float, float]) -> pd.Series:
    names = [f"{what}_{which}" for which in "ab" for what in ("mean", "sd", "n")]
    return pd.Series([*a, *b, b[0] - a[0]], index=[*names, "difference"], dtype=np.float64)
