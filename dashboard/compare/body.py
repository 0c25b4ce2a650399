"""What the compare page says of two parts of sessions: maps and their difference, curves, and the paired table."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analytics import difference_curves, stance_curves
from analytics.columns import definition
from barograph.frames import Floats
from dashboard.compare import charts
from dashboard.compare.charts import Axis, extremes
from dashboard.compare.page import thresholds
from dashboard.compare.pairs import Moved, Pair, difference, masks_said, over_time, why_no_difference
from dashboard.compare.query import CompareQuery
from dashboard.compare.table import paired
from dashboard.drawing import titles, words
from dashboard.drawing.map_image import MapPicture, Scale, Spot
from dashboard.drawing.markup import drawing_box, head, say, segments, table, tag
from dashboard.drawing.svg import round_up
from dashboard.drawing.units import Display, Units
from dashboard.reading.context import Context, token_of
from dashboard.reading.data_bounds import DataBounds, bounds_of
from dashboard.reading.sides import SIDES, name_of
from dashboard.results.maps import OF_PART, OF_STEPS, drawn_as, scale_of, spoken, spots

BINS = 120
LEGEND = tag("span", tag("span", class_="solid"), "A", tag("span", class_="dashed"), "B", class_="compare-legend")
MAPS = (("peak", "Peak"), ("mean", "Mean"), ("pti", "PTI"))
ALIGNED = (("outline", "By outline"), ("cop", "By CoP"), ("none", "Not at all"))
PAGES = (("a", "A"), ("b", "B"), ("d", "Difference"))
CURVES = (("force", "Force"), ("peak", "Peak"), ("area", "Area"))
OF_WHOLE = OF_PART | {"pti": f"{OF_PART['pti']}: two parts of one length are compared, not two of different"}


@dataclass(frozen=True)
class View:
    """The query and in which units: of A and of B, since body weight is each one's own."""

    query: CompareQuery
    units: Units
    masses: tuple[float | None, float | None]

    @property
    def usable(self) -> Units:
        """The units; N where body weight is chosen and not known of both."""
        return replace(self.units, force="N") if self.units.lacking(*self.masses) else self.units

    @classmethod
    def of(cls, query: CompareQuery, units: Units, contexts: Sequence[Context]) -> View:
        """Make the view of two sessions."""
        masses = [context.workout.about.mass_kg for context in contexts]
        return cls(query, units, (masses[0], masses[1]))

    def shown(self, unit: str) -> tuple[Display, Display]:
        """Return how values in `unit` are shown, of A and of B: alike but for the factor."""
        of_a, of_b = (self.usable.display(unit, mass) for mass in self.masses)
        return of_a, of_b


def body(a: Context, b: Context, pairs: Sequence[Pair], view: View) -> str:
    """Return all of the page below the two cards."""
    return "".join(
        [
            tag("p", say(text), class_="compare-note") if (text := lacking(view)) else "",
            tag("div", segments("Page", "page", PAGES, view.query.page), class_="compare-pages"),
            _maps(pairs, view),
            tag("div", _curves(a, b, pairs, view), paired(pairs, view.query.foot, view.shown), class_="compare-lower"),
        ]
    )


def lacking(view: View) -> str:
    """Say that a unit cannot be shown, and what it would take."""
    if not view.units.lacking(*view.masses):
        return ""
    return "Shown in N: % BW needs the mass of both athletes, which is said in the list of sessions."


def walking(pairs: Sequence[Pair]) -> bool:
    """Return whether steps are compared."""
    return all(pair.walks for pair in pairs)


def _maps(pairs: Sequence[Pair], view: View) -> str:
    kind = view.query.map
    shown = maps(pairs, view)
    tools = [segments("Map", "map", MAPS, kind)]
    if shown.shift:
        tools += [tag("span", "Aligned", class_="muted"), segments("Aligned", "align", ALIGNED, view.query.align)]
        tools += [tag("span", say(shown.shift), class_="muted")]
    said = tag("span", say(shown.said), class_="muted")
    line = tag("div", tag("h2", "Maps"), *tools, tag("span", class_="grow"), said, class_="part-head")
    inside = tag("div", *shown.figures, regions(pairs, view), class_="compare-maps")
    return tag("section", line, inside, class_="card", aria_label="Maps")


@dataclass(frozen=True)
class Maps:
    """A's and B's maps and their difference as figures, what they are of, and how B was moved ("" where it is not)."""

    figures: tuple[str, ...]
    said: str
    shift: str


def maps(pairs: Sequence[Pair], view: View) -> Maps:
    """Return maps of one kind."""
    kind = view.query.map
    why = next((why for pair in pairs if (why := why_no_difference(*pair.layouts))), "")
    found = [] if why else [difference(pair, view.query.align) for pair in pairs]
    scale, groups = _groups(pairs, kind, view)
    factor = charts.factor_of(groups)
    figures = [_figure(groups[i], pairs, which, scale, factor, kind) for i, which in enumerate("ab")]
    if why:
        figures.append(
            tag("div", tag("h3", "No difference map"), tag("p", say(why)), class_="compare-why of-difference")
        )
    else:
        figures.append(_difference(pairs, [values for values, _ in found], view, factor))
    infos = [half.foot.info for pair in pairs for half in pair.halves]
    said = f"{(OF_STEPS if walking(pairs) else OF_WHOLE)[kind]}; {drawn_as(infos)}"
    return Maps(tuple(figures), said, "" if why else _shift(pairs, [moved for _, moved in found]))


def _shift(pairs: Sequence[Pair], moved: Sequence[Moved]) -> str:
    """How far B was moved and turned, by sensor."""
    parts = []
    for pair, one in zip(pairs, moved, strict=True):
        unit = {"mm": "mm", "cell": "cells", "rel": "of the sensor"}[pair.layouts[0].length]
        turned = "" if one.turn_deg is None else f", {words.number(one.turn_deg, 1)}°"
        name = pair.title[0] if pair.key in SIDES else pair.title
        parts.append(f"{name} {words.number(one.far, 1)} {unit}{turned}")
    return f"shift {' · '.join(parts)}"


def _groups(pairs: Sequence[Pair], kind: str, view: View) -> tuple[Scale, list[list[MapPicture]]]:
    """A's and B's maps on one scale."""
    halves = [half for pair in pairs for half in pair.halves]
    same = len({half.foot.layout.cell_unit for half in halves}) == 1
    infos = [half.foot.info for half in halves]
    scale = scale_of(infos, [half.map for half in halves], kind)
    display = view.usable.display(scale.unit, None) if same else Display(1.0, scale.unit)
    scale = scale.turned(display.factor, display.unit)
    groups = []
    for which in (0, 1):
        shown = [(pair.halves[which], pair.halves[which].map * display.factor) for pair in pairs]
        groups.append([MapPicture(half.foot.layout, values, scale, name_of(half.foot.info), "", spots(values))
                       for half, values in shown])  # fmt: skip
    return scale, groups


def _figure(
    group: Sequence[MapPicture], pairs: Sequence[Pair], which: str, scale: Scale, factor: float, kind: str
) -> str:
    halves = [pair.halves["ab".index(which)] for pair in pairs]
    tokens = [token_of(half.foot.info) for half in halves]
    said = ". ".join(f"{one.title}: {spoken(one.values, scale)}" for one in group)
    title = f"Map of {which.upper()}. {said}"
    prefix = f"compare-{kind}-{which}"
    drawn, width = charts.maps(group, tokens, factor, title, prefix, scale if which == "b" else None)
    n = ", ".join(words.plural(half.n, "step" if walking(pairs) else "frame") for half in halves)
    caption = tag("figcaption", tag("b", which.upper()), " ", tag("span", say(n), class_="muted"))
    return tag("figure", drawing_box(drawn), caption, style=f"flex:{width:.0f} 1 0", data_page=which)


def _difference(pairs: Sequence[Pair], found: Sequence[Floats], view: View, factor: float) -> str:
    unit = pairs[0].layouts[0].cell_unit + ("·s" if view.query.map == "pti" else "")
    display = view.usable.display(unit, None)
    values = [one * display.factor for one in found]
    most = max((float(np.nanmax(np.abs(one))) for one in values if np.isfinite(one).any()), default=0.0)
    scale = Scale(round_up(most), display.unit, "baro-diff")
    small = 0 if scale.high >= 20 else 1 if scale.high >= 2 else 2
    group = [MapPicture(pair.layouts[0], one, scale, pair.title, "", extremes(one, small))
             for pair, one in zip(pairs, values, strict=True)]  # fmt: skip
    said = "; ".join(f"{one.title}: {', '.join(map(_where, one.spots)) or 'none'}" for one in group)
    tokens = [token_of(pair.a.foot.info) for pair in pairs]
    drawn, width = charts.maps(
        group, tokens, factor, f"Difference, B − A, in {display.unit}. {said}", f"compare-{view.query.map}-d", scale,
        ("A higher", "B higher"),
    )  # fmt: skip
    caption = tag(
        "figcaption", tag("b", "Difference, B − A"), " ", tag("span", "largest rise and fall", class_="muted")
    )
    return tag("figure", drawing_box(drawn), caption, style=f"flex:{width:.0f} 1 0", data_page="d")


def _where(spot: Spot) -> str:
    return f"{spot.label} at row {spot.row}, column {spot.col}"


def region_differences(pair: Pair) -> dict[str, float]:
    """Return B − A of each region's peak, mean over steps; of regions that both have."""
    names = [name for name in pair.a.regions if name in pair.b.regions]
    return {str(name): float(pair.b.regions[name].mean() - pair.a.regions[name].mean()) for name in names}


def regions(pairs: Sequence[Pair], view: View) -> str:
    """Return B − A of every region's peak, as bars."""
    unit = pairs[0].layouts[0].cell_unit
    if any(one.cell_unit != unit for pair in pairs for one in pair.layouts):
        return ""
    display = view.usable.display(unit, None)
    found = [{name: value * display.factor for name, value in region_differences(pair).items()} for pair in pairs]
    names = list(dict.fromkeys(name for one in found for name in one))
    if not names:
        return ""
    most = max((abs(value) for one in found for value in one.values() if np.isfinite(value)), default=1.0)
    places = display.places(0)
    rows = [
        [say(titles.region(name)), *(charts.region_bar(one.get(name, np.nan), most, places) for one in found)]
        for name in names
    ]
    heads = ["Region", *(tag("span", say(pair.title), class_="sided", data_side=pair.key) for pair in pairs)]
    how = "mean of each step’s peak" if walking(pairs) else "peak of the part"
    title = head(f"Peak by region, {say(display.unit)}", note=f"B − A, {how}")
    masks = tag("p", say(text), class_="muted") if (text := masks_said(pairs)) else ""
    listed = table(heads, rows, label="Peak by region, B − A")
    return tag("div", title, listed, masks, class_="compare-regions of-difference")


def _curves(a: Context, b: Context, pairs: Sequence[Pair], view: View) -> str:
    quantity = view.query.curve
    drawn = curves(a, b, pairs, view)
    name, note = curves_name(a, b, pairs, quantity)
    fields = thresholds(view.query, _bounds(a, pairs))
    line = tag("div", tag("h2", name), LEGEND, tag("span", say(note), class_="muted"), tag("span", class_="grow"),
               fields, segments("Curve", "curve", CURVES, quantity), class_="part-head")  # fmt: skip
    why = "One of the two is not calibrated: a force and counts have no curve in common."
    inside = tag("div", *drawn, class_="compare-curves") if drawn else tag("p", say(why), class_="muted pad")
    return tag("section", line, inside, class_="card of-difference", aria_label=name)


def _bounds(context: Context, pairs: Sequence[Pair]) -> DataBounds:
    return bounds_of([half.foot.stats for pair in pairs for half in pair.halves], context.query)


def curves_name(a: Context, b: Context, pairs: Sequence[Pair], quantity: str) -> tuple[str, str]:
    """Return what the curves are called; what they are where nobody steps, and which cells an area is of."""
    area = [f"cells {a.loaded([*a.infos, *b.infos])}"] if quantity == "area" else []
    if walking(pairs):
        return "Stance curves", "".join(area)
    return "Over time", "; ".join([f"mean of each {BINS}th of the shorter part, from each part’s start", *area])


def curves(a: Context, b: Context, pairs: Sequence[Pair], view: View) -> list[str]:
    """Return one drawing per sensor of the chosen quantity."""
    seconds = min(a.query.length_s, b.query.length_s)
    return [one for pair in pairs if (one := _curve(pair, view.query.curve, view, seconds))]


def _curve(pair: Pair, quantity: str, view: View, seconds: float) -> str:
    """One sensor's curve of both sessions; nothing where the two have no such column in common."""
    column = pair.a.foot.column(quantity)
    if pair.b.foot.column(quantity) != column:
        return ""
    title, unit = titles.CURVES[column].lower(), definition(column).unit
    shown = view.shown(unit)
    factors = (shown[0].factor, shown[1].factor)
    if pair.walks:
        rows = [stance_curves(half.foot.stats, half.foot.stances, column) * factor
                for half, factor in zip(pair.halves, factors, strict=True)]  # fmt: skip
        found, below = difference_curves(rows[0], rows[1]), "stance, %"
    else:
        found, below = _in_time(pair, column, factors, seconds), "s of the part"
    highs = [found[f"mean_{which}"] + found[f"sd_{which}"].fillna(0.0) for which in "ab"]
    top = round_up(max((float(one.max()) for one in highs if one.notna().any()), default=1.0))
    axis = Axis(f"{pair.title} {title}, {shown[0].unit}", token_of(pair.a.foot.info), below, shown[0].places(0))
    return drawing_box(charts.curves(found, axis, top))


def _in_time(pair: Pair, column: str, factors: tuple[float, float], seconds: float) -> pd.DataFrame:
    found = pd.DataFrame()
    for which, half, factor in zip("ab", pair.halves, factors, strict=True):
        one = over_time(half, column, max(seconds, 0.1), BINS) * factor
        found[f"mean_{which}"], found[f"sd_{which}"] = one["mean"], one["std"]
    found["difference"] = found["mean_b"] - found["mean_a"]
    found["difference_low"] = found["difference_high"] = np.nan
    return found


async def drawn(a: Context, b: Context, pairs: Sequence[Pair], view: View) -> str:
    """Return the same, away from the event loop."""
    return await asyncio.to_thread(body, a, b, pairs, view)
