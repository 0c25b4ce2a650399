"""The numbers of running on the Gait tab: contact and flight, loading rates in body weights, stiffness, and drift."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np
import pandas as pd

from analytics import drift
from analytics.gait.loading import COARSE
from dashboard.drawing import words
from dashboard.drawing.markup import column, head, number_field, say, section, table, tag
from dashboard.page.visitors import may
from dashboard.reading.context import Context
from dashboard.reading.feet import Foot
from dashboard.reading.part_query import NUMBERS
from dashboard.reading.running import STRIKE, Conditions, conditions_of, form_of, means_of

# Measure, decimals, and whether it is coarse below 200 Hz.
SHOWN = (
    ("contact_s", 3, False), ("flight_s", 3, False), ("duty_pct", 1, False), ("peak_bw", 2, False),
    ("impulse_bw_s", 3, False), ("valr_bw_s", 1, True), ("vilr_bw_s", 1, True), ("k_vert_kn_m", 1, False),
    ("k_leg_kn_m", 1, False), ("strike_index_pct", 0, False),
)  # fmt: skip


async def running(context: Context, feet: Sequence[Foot]) -> str:
    """Return the part of running; nothing of who walks, or without forces."""
    said = await conditions_of(context)
    form = await form_of(context, feet, said)
    return "" if form is None else await asyncio.to_thread(_table, context, form, said)


def _table(context: Context, form: pd.DataFrame, asked: Conditions) -> str:
    mass, means = context.workout.about.mass_kg, means_of(form)
    sides = [str(side) for side in means.index if side != "both"]
    coarse = bool(form["coarse"].any())
    rows = [_row(form, means, sides, name, digits, coarse=coarse and rate) for name, digits, rate in SHOWN]
    cadence = tag("b", words.number(float(means["cadence_spm"].iloc[-1]), 1))
    said = tag("span", "Cadence ", cadence, " steps/min", class_="muted")
    heads = ["Measure", *(side.capitalize() for side in sides), "a minute"]
    top = head("Running", said, note=_note(form, mass))
    return section(top, _fields(context, asked), table(heads, rows, label="Running"), _lacking(form, asked))


def _fields(context: Context, asked: Conditions) -> str:
    """Speed and leg in the address, and how they are kept."""
    query = context.query
    hints = ["not known" if value is None else f"{value * factor:.4g}"
             for value, factor in ((asked.speed_m_s, 3.6), (asked.leg_m, 100.0))]  # fmt: skip
    limits = [(NUMBERS[name].least, NUMBERS[name].most) for name in ("speed", "leg")]
    fields = [
        number_field("Treadmill, km/h", "speed", query.speed, limits[0], hints[0]),
        number_field("Leg, cm", "leg", query.leg, limits[1], hints[1]),
    ]
    by = tag("span", say(f"Leg: {asked.leg_by}."), class_="muted") if asked.leg_by and query.leg is None else ""
    keep = ""
    if (query.speed is not None or query.leg is not None) and may("describe"):
        texts = [f"“{value:g} {unit}”" if unit == "km/h" else f"“leg {value:g} cm”"
                 for value, unit in ((query.speed, "km/h"), (query.leg, "cm")) if value is not None]  # fmt: skip
        said = tag("span", say(f"To keep it, add the tag {' and '.join(texts)} to the session."), class_="muted")
        keep = said + tag("button", "Tags", type="button", class_="button", data_ask="edit",
                          data_workouts=context.workout.workout_id)  # fmt: skip
    return tag("div", tag("span", *fields, class_="buttons"), by, keep, class_="tab-line")


def _lacking(form: pd.DataFrame, asked: Conditions) -> str:
    """Say what a measure that is not there needs."""
    why = []
    needs = [name for name, value in (("the speed of the treadmill", asked.speed_m_s),
                                      ("the length of the leg", asked.leg_m)) if value is None]  # fmt: skip
    if needs:
        why.append(f"Leg stiffness needs {' and '.join(needs)}: enter it above.")
    if not form[STRIKE].notna().any():
        why.append("No strike index: no foot was found in the pressures, or the places of the cells are not in mm.")
    return "".join(tag("p", say(text), class_="muted pad", role="note") for text in why)


def _note(form: pd.DataFrame, mass: float | None) -> str:
    weight = form.attrs["body_weight_n"]
    whose = "of the athlete’s mass" if mass else "the mean force over whole strides"
    said = f"mean ± SD, contact from 20 N to below 16 N; body weight {words.number(weight)} N, {whose}"
    return said + (", flight estimated from one foot" if form["estimated"].any() else "")


def _row(
    form: pd.DataFrame, means: pd.DataFrame, sides: Sequence[str], name: str, digits: int, *, coarse: bool
) -> list[str]:
    mark = f" {tag('span', 'coarse', class_='chip', title=COARSE)}" if coarse else ""
    cells = [_mean(means, side, name, digits) for side in sides]
    found = drift(form.loc[~form["cut"].astype(bool), ["start", name]], name).iloc[0]
    slope, low, high = (float(found[f"{one}_per_min"]) for one in ("slope", "low", "high"))
    change = "–"
    if np.isfinite(slope):
        ends = f"{words.sign(low, digits + 1)} to {words.sign(high, digits + 1)}"
        change = tag("span", words.sign(slope, digits + 1), title=f"Theil–Sen, 95 % interval {ends}")
    return [column(name) + mark, *cells, change]


def _mean(means: pd.DataFrame, side: str, name: str, digits: int) -> str:
    row = means[means.index == side].iloc[0]
    mean, sd = float(row[f"mean_{name}"]), float(row[f"sd_{name}"])
    if not np.isfinite(mean):
        return "–"
    more = tag("span", say(f" ± {words.number(sd, digits)}"), class_="muted") if np.isfinite(sd) else ""
    return tag("span", tag("b", words.number(mean, digits)), more, title=f"n = {words.number(row['n_stances'])}")
