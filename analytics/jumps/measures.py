"""What is measured of one jump: times, impulses, heights, and each foot's part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from analytics.gait.symmetry import symmetry_index
from analytics.jumps.force import GRAVITY, SIDES, Force
from analytics.jumps.motion import PHASES, Motion
from analytics.jumps.weighing import Weighing
from barograph.frames import Floats, Ints

APART_M = 0.05
OF_MOTION = (
    *(f"{phase}_s" for phase in PHASES), "time_to_takeoff_s", "takeoff_velocity_m_s", "min_velocity_m_s", "depth_m",
    "height_m", "rsi_mod", *(f"{phase}_net_ns" for phase in PHASES[:3]), "net_impulse_ns",
    "peak_force_n", "peak_power_w", "peak_landing_force_n",
)  # fmt: skip
OF_WEIGHT = ("body_weight_n", "weigh_sd_n", "weigh_s")


def flight_height_m(seconds: Floats | float) -> Floats:
    """Return the height of a flight that begins and ends in one posture, from its time."""
    return np.asarray(GRAVITY * np.square(seconds) / 8.0)


def by_foot(phases: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of the impulses of both feet by phase, with their symmetry index."""
    return tuple(f"{phase}_{what}" for phase in phases for what in ("left_ns", "right_ns", "si_pct"))


def of_weight(weight: Weighing | None) -> dict[str, float]:
    """Return the weight, the SD of its rows, and how long they lasted; NaN of nobody who stood still."""
    if weight is None:
        return dict.fromkeys(OF_WEIGHT, np.nan)
    return dict(zip(OF_WEIGHT, (weight.newtons, weight.sd_n, weight.seconds), strict=True))


def of_motion(force: Force, one: Motion | None, weight: Weighing | None) -> dict[str, float]:
    """Return all that needs weight; NaN without one."""
    if one is None or weight is None:
        return dict.fromkeys(OF_MOTION, np.nan)
    mass, to_takeoff = weight.newtons / GRAVITY, slice(0, one.takeoff - one.onset + 1)
    seconds = {phase: seconds_of(force, one.rows(phase)) for phase in PHASES}
    v, x, f = one.v[to_takeoff], one.x[to_takeoff], force.total[one.onset : one.takeoff + 1]
    total_s = seconds_of(force, (one.onset, one.takeoff))
    height = one.velocity**2 / (2.0 * GRAVITY)
    least, at_propulsion = one.at(one.braking), one.at(one.propulsion)
    found = (
        *seconds.values(), total_s, one.velocity, float(v.min()), max(0.0, -float(x.min())),
        height, height / total_s if total_s > 0 else np.nan,
        mass * least, mass * (at_propulsion - least), mass * (one.velocity - at_propulsion), mass * one.velocity,
        float(f.max()), float((f * v).max()),
        most(force, one.rows("landing")),
    )  # fmt: skip
    return dict(zip(OF_MOTION, found, strict=True))


def of_feet(force: Force, spans: Mapping[str, tuple[int, int] | None]) -> dict[str, float]:
    """Return each foot's whole impulse over the rows of each phase, with the symmetry index; nothing of one plate."""
    out: dict[str, float] = {}
    for phase, rows in spans.items() if force.feet else ():
        left, right = (impulse(force.s, force.feet[side], rows) for side in SIDES)
        out |= {f"{phase}_left_ns": left, f"{phase}_right_ns": right}
        out[f"{phase}_si_pct"] = float(symmetry_index(left, right))
    return out


def impulse(s: Floats, force: Floats, rows: tuple[int, int] | None) -> float:
    """Return the integral of a force over rows, both included, by trapezoids; NaN of rows that are not known."""
    if rows is None:
        return np.nan
    there = slice(rows[0], rows[1] + 1)
    return float(np.trapezoid(force[there], s[there]))


def most(force: Force, rows: tuple[int, int] | None) -> float:
    """Return the largest force over rows, both included; NaN of rows that are not known."""
    return np.nan if rows is None else float(force.total[rows[0] : rows[1] + 1].max())


def seconds_of(force: Force, rows: tuple[int, int] | None) -> float:
    """Return the time from one row to another; NaN of rows that are not known."""
    return np.nan if rows is None else float(force.s[rows[1]] - force.s[rows[0]])


def time_at(times_us: Ints, row: int | None) -> Any:
    """Return the time of a row, NaT of one that is not known."""
    return pd.NaT if row is None else pd.Timestamp(int(times_us[row]), unit="us", tz="UTC")


def inconsistent(height_m: float, flight_m: float) -> bool:
    """Return whether the height by impulse and that by flight time differ by more than 5 cm."""
    return bool(abs(height_m - flight_m) > APART_M)
