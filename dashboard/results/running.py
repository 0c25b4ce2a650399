"""The numbers of running on the Gait tab: contact and flight, loading rates in body weights, stiffness, and drift."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analytics import drift, running_form, running_means
from analytics.gait.loading import COARSE
from dashboard.drawing import words
from dashboard.drawing.markup import column, head, say, section, table, tag
from dashboard.drawing.units import GRAVITY
from dashboard.reading.context import Context
from dashboard.reading.feet import Foot, pair, steps_of

FORCE = "total_force_n"
MOSTLY = 0.5
# Measure, decimals, and whether it is coarse below 200 Hz.
SHOWN = (
    ("contact_s", 3, False), ("flight_s", 3, False), ("duty_pct", 1, False), ("peak_bw", 2, False),
    ("impulse_bw_s", 3, False), ("valr_bw_s", 1, True), ("vilr_bw_s", 1, True), ("k_vert_kn_m", 1, False),
)  # fmt: skip


def running_table(context: Context, feet: Sequence[Foot]) -> str:
    """Return the table of running; nothing of who walks, or without forces."""
    timed = steps_of(feet)
    known = timed["mode"][timed["mode"] != ""]
    both = pair(feet)
    chosen = list(both) if both else list(feet[:1])
    if not len(known) or (known == "run").mean() < MOSTLY or any(FORCE not in one.stats for one in chosen):
        return ""
    mass = context.workout.about.mass_kg
    tables = [_unloaded(one) for one in chosen]
    form = running_form(*tables, body_weight_n=mass * GRAVITY if mass else None)
    means = running_means(form)
    if not means["n_stances"].sum():
        return ""
    sides = [str(side) for side in means.index if side != "both"]
    coarse = bool(form["coarse"].any())
    rows = [_row(form, means, sides, name, digits, coarse=coarse and rate) for name, digits, rate in SHOWN]
    cadence = tag("b", words.number(float(means["cadence_spm"].iloc[-1]), 1))
    said = tag("span", "Cadence ", cadence, " steps/min", class_="muted")
    heads = ["Measure", *(side.capitalize() for side in sides), "a minute"]
    return section(head("Running", said, note=_note(form, mass)), table(heads, rows, label="Running"))


def _unloaded(one: Foot) -> pd.DataFrame:
    """The foot's table with its force from its floor on."""
    stats = one.stats.assign(**{FORCE: one.stats[FORCE] - float(one.stances.attrs["floor"])})
    stats.attrs = dict(one.stats.attrs)
    return stats


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
