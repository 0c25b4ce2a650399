"""The Footprints tab: the floor with its prints, the ten parts of the foot, the walk, and every print."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analytics import symmetry_index, walk, walk_means
from analytics.prints.footprints import LEAST_CM2, LEAST_S
from analytics.prints.joining import FOOT_MM
from analytics.prints.measures import Measured, by_part
from analytics.regions import FOUND
from dashboard.drawing import titles, words
from dashboard.drawing.markup import column, copy, head, nothing, number_field, on_paper, say, section, table, tag
from dashboard.drawing.markup import row as row_of
from dashboard.reading.by_hand import ByHand, by_hand, masks_name
from dashboard.reading.context import Context
from dashboard.reading.prints import Prints, floors, prints
from dashboard.reading.sides import name_of
from dashboard.reading.step_parts import spread
from dashboard.results.copied import copied
from dashboard.results.gait_charts import centred
from dashboard.results.mask_links import mask_links
from dashboard.results.mean_prints import means
from dashboard.results.print_tools import again, corrected, swap, tools
from dashboard.results.prints_floor import floor
from dashboard.results.prints_together import together

SIDES = ("left", "right")
# Of the walk: column, decimals; by foot, then of both together.
BY_FOOT = (("step_length_mm", 0), ("progression_deg", 1), ("foot_length_mm", 0), ("foot_width_mm", 0), ("contact_s", 2))
OF_PRINTS = (("cpei_pct", 1), ("arch_index", 2), ("initial_contact_pct", 0), ("forefoot_contact_pct", 0),
             ("foot_flat_pct", 0), ("push_off_pct", 0))  # fmt: skip
OF_BOTH = (("step_width_mm", 0), ("stride_length_mm", 0), ("speed_m_s", 2))
PARTS = (("peak", 0, True), ("max_contact_area", 1, False), ("impulse", 1, False), ("contact", 2, False))
HOW = {
    "neighbours": "neighbours",
    "order": "in turn",
    "shape": "its shape",
    "layout": "the sensor",
    "hand": "by hand",
}


async def body(context: Context) -> str:
    """Return all of the tab, or why there are no prints."""
    if not floors(context.infos):
        return nothing(
            "No footprints here", "Prints are left on plates and walkways, whose cells are a grid of known size."
        )
    hand = await by_hand(context)
    found = await prints(context, hand)
    return await asyncio.to_thread(_markup, context, found, hand)


async def reported(context: Context) -> str:
    """Return what a report has of footprints: all of it where a step was made, else nothing."""
    if not floors(context.infos):
        return ""
    hand = await by_hand(context)
    found = await prints(context, hand)
    if not any(len(walk(one.table)) for one in found):
        return ""
    return tag(
        "div", tag("h2", "Footprints"), await asyncio.to_thread(_markup, context, found, hand), class_="report-part"
    )


def _markup(context: Context, found: Sequence[Prints], hand: ByHand) -> str:
    plates = [_of_plate(context, one, i, hand, named=len(found) > 1) for i, one in enumerate(found)]
    return together(context, found, hand) + "".join(plates)


def _of_plate(context: Context, found: Prints, place: int, hand: ByHand, *, named: bool) -> str:
    said = tag("span", say(counts(context, found)), class_="muted")
    line = tag("div", said, corrected(hand), again(hand), _threshold(context, found), class_="tab-line")
    name = name_of(found.info) if named else ""
    if not len(found.table):
        return line + nothing(f"No footprints {f'on {name}' if named else 'here'}", *_why_none(context, found))
    steps = walk(found.table)
    display = context.display("kPa" if found.layout.calibrated else "counts")
    swaps = [] if on_paper() else [swap(hand, found, row) for row in found.table.to_dict("records")]
    note = f"{name}, " * named + "to scale, walking to the right; mm"
    drawing = section(head("Floor", note=note), _scrolled(floor(found, steps, display, f"floor-{place}", swaps)))
    mean = means(context, found, place, made_by(found.measured))
    tables = tag("div", mean, _parts(context, found), _walk(found, steps), class_="tab-columns prints-columns")
    return line + drawing + tables + _prints_table(context, found, steps, hand)


def _scrolled(drawing: str) -> str:
    """A drawing that a phone shows a part of at a time."""
    return tag("div", drawing, class_="drawing floor", tabindex="0", role="region", aria_label="Floor")


def counts(context: Context, found: Prints) -> str:
    """Return what was found, and by which limits."""
    all_, cut = len(found.table), int(found.table["cut"].astype(bool).sum()) if len(found.table) else 0
    touch = int(found.table["overlap"].astype(bool).sum()) if len(found.table) else 0
    parts = [f"{words.plural(all_, 'print')} found"]
    if cut:
        parts.append(f"{cut} cut by an edge")
    if touch:
        parts.append(f"{touch} that touch, left out until separated")
    shown = context.display("kPa" if found.layout.calibrated else "counts")
    return ", ".join(parts) + f" · contact above {shown.number(found.above)} {shown.unit}"


def _threshold(context: Context, found: Prints) -> str:
    shown = context.display("kPa" if found.layout.calibrated else "counts")
    field = number_field(
        f"Cell loaded above, {shown.unit}", "p0", context.query.p0, (0.0, 1e6), shown.number(found.above),
        factor=shown.factor,
    )  # fmt: skip
    return tag("span", field, class_="buttons")


def _why_none(context: Context, found: Prints) -> list[str]:
    shown = context.display("kPa" if found.layout.calibrated else "counts")
    return [
        f"A print is loaded above {shown.number(found.above)} {shown.unit}, for {LEAST_S:g} s or longer, on "
        f"{LEAST_CM2:g} cm² or more.",
        "Select more of the session, or lower the threshold.",
    ]


def _parts(context: Context, found: Prints) -> str:
    """Mean ± SD of the parts of the foot over whole prints, left beside right."""
    parts = by_part(found.measured)
    whole = {side: sum(1 for one in found.measured if one.side == side and one.table is not None) for side in SIDES}
    note = f"mean ± SD over prints, left {whole['left']}, right {whole['right']}"
    masks = mask_links(context, [(found.info, side) for side in SIDES if whole_of(found, side)], "footprints")
    if not len(parts):
        why = "No whole print has a foot that was found, or a side that is known."
        return section(head("By part of the foot", masks, note=note), tag("p", say(why), class_="muted pad"))
    names = [next(str(name) for name in parts if str(name).startswith(prefix)) for prefix, *_ in PARTS]
    heads = ["Part"]
    for name, (_, _, index) in zip(names, PARTS, strict=True):
        heads += [f"{column(name)} L", "R", *(["SI %", "left · right"] if index else [])]
    rows = [
        _part(context, parts, str(region), names) for region in dict.fromkeys(parts.index.get_level_values("region"))
    ]
    return section(head("By part of the foot", masks, note=note), table(heads, rows, label="By part of the foot"))


def made_by(each: Sequence[Measured]) -> str:
    """Return which masks the prints of each foot have: what was found is version 1."""
    names = {
        side: dict.fromkeys(
            masks_name(one.parts.made)
            for one in each if one.side == side and one.parts
        )
        for side in SIDES
    }  # fmt: skip
    return "; ".join(f"{side.capitalize()}: {', '.join(made)}" for side, made in names.items() if made) + "."


def whole_of(found: Prints, side: str) -> int:
    """Return how many whole prints of a foot there are."""
    return sum(1 for one in found.measured if one.side == side)


def _part(context: Context, parts: pd.DataFrame, region: str, names: Sequence[str]) -> str:
    here = parts[parts.index.get_level_values("region") == region]
    number = FOUND.index(region) + 1
    swatch = tag("span", str(number), class_="print-number", data_mask=number)
    cells = [swatch + say(titles.region(region))]
    for name, (_, digits, index) in zip(names, PARTS, strict=True):
        shown = context.display("kPa") if name == "peak_kpa" else context.display("")
        of = [here.loc[here["side"] == side, name].astype(float).dropna() for side in SIDES]
        cells += [spread(float(one.mean()), float(one.std()), len(one), shown, digits) for one in of]
        if index:
            si = float(symmetry_index(of[0].mean(), of[1].mean()))
            cells += [words.number(si, 1), centred(si)]
    return row_of(cells, data_mask=number)


def _walk(found: Prints, steps: pd.DataFrame) -> str:
    means = walk_means(found.table)
    rows = []
    for name, digits in BY_FOOT:
        rows.append([column(name), *(_mean_of(means, side, name, digits) for side in SIDES)])
    for name, digits in OF_PRINTS:
        values = {side: _values(found, side, name) for side in SIDES}
        if any(one.notna().any() for one in values.values()):
            rows.append(
                [
                    column(name),
                    *(
                        _spread(float(one.mean()), float(one.std()), int(one.count()), digits)
                        for one in values.values()
                    ),
                ]
            )
    for name, digits in OF_BOTH:
        rows.append([column(name), "", _mean_of(means, "both", name, digits)])
    rows.append([column("cadence_spm"), "", words.number(float(means["cadence_spm"].iloc[-1]), 1)])
    whole = int(means["n_prints"].iloc[-1])
    note = f"{words.plural(whole, 'whole print')}, {words.plural(len(steps), 'step')}"
    return section(head("Walk", note=note), table(["Measure", "Left", "Right"], rows, label="Walk"))


def _values(found: Prints, side: str, name: str) -> pd.Series:
    """A measure of the prints of one side."""
    return pd.Series([one.values.get(name, np.nan) for one in found.measured if one.side == side], dtype=float)


def _mean_of(means: pd.DataFrame, side: str, name: str, digits: int) -> str:
    """Mean ± SD of a row of `walk_means`."""
    row = means[means.index == side].iloc[0]
    n = row["n_prints"] if name in ("foot_length_mm", "foot_width_mm", "contact_s") else row["n_steps"]
    return _spread(float(row[f"mean_{name}"]), float(row[f"sd_{name}"]), int(n), digits)


def _spread(mean: float, sd: float, n: int, digits: int) -> str:
    if not np.isfinite(mean):
        return "–"
    more = tag("span", f" ± {words.number(sd, digits)}", class_="muted") if np.isfinite(sd) else ""
    return tag("span", tag("b", words.number(mean, digits)), more, title=f"n = {n}")


def _prints_table(context: Context, found: Prints, steps: pd.DataFrame, hand: ByHand) -> str:
    heads = ["#", "Foot", column("side_by"), column("start", unit="s"), column("contact_s"), column("foot_length_mm"),
             column("foot_width_mm"), column("progression_deg"), column("step_length_mm"), column("step_width_mm"),
             "State", *([] if on_paper() else ["Correct"])]  # fmt: skip
    rows = []
    for number, row in zip(found.table.index, found.table.to_dict("records"), strict=True):
        foot = row["side"] if row["side"] in SIDES else None
        letter = tag("span", foot[0].upper(), class_="foot", data_side=foot) if foot else "?"
        of_step = {name: float(steps.loc[number, name]) if number in steps.index else np.nan
                   for name in ("progression_deg", "step_length_mm", "step_width_mm")}  # fmt: skip
        start_us = int(pd.Timestamp(row["start"]).value // 1000)
        rows.append([
            str(number), letter, say(HOW.get(row["side_by"], "not known")), words.number(context.seconds(start_us), 2),
            words.number(row["contact_s"], 2), words.number(row["foot_length_mm"]), words.number(row["foot_width_mm"]),
            words.number(of_step["progression_deg"], 1), words.number(of_step["step_length_mm"]),
            words.number(of_step["step_width_mm"]), say(_state(row)),
            *([] if on_paper() else [tools(hand, found, int(number) - 1)]),
        ])  # fmt: skip
    text = copied(context, found.table.drop(columns=["first", "after", "mark"]))
    note = f"a foot is at most {FOOT_MM[0]:g} × {FOOT_MM[1]:g} mm"
    return section(
        head("Prints", copy(text), note=note), table(heads, rows, label="Prints", texts=3), kind="prints-list"
    )


def _state(row: Mapping[Hashable, Any]) -> str:
    if row["overlap"]:
        return "prints that touch: left out"
    causes = {"cut_edge": "the plate's edge", "cut_start": "the record's begin", "cut_stop": "the record's end",
              "cut_gap": "lost frames"}  # fmt: skip
    by = [said for name, said in causes.items() if row[name]]
    if by:
        return f"cut by {' and '.join(by)}: left out"
    return f"no axis: {row['why']}" if row["why"] else "whole"
