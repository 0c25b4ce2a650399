"""The big numbers of a live workout: of its last steps, or of some seconds of standing, as `analytics` defines them.

Computed from the arrival statistics of the last seconds, once a workout, whoever watches; so the same function says
what the numbers were at a moment of the past.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd

from analytics import balance, gait, stances
from analytics.symmetry import symmetry_index
from barograph.ports import Workout
from dashboard.overview import side
from dashboard.samples import Samples

Tiles = Literal["gait", "stand", "plain"]
Table = dict[str, Any]

WINDOW_S = 12.0
STEPS = 5
LEAST_STEPS = 3
STANDING = re.compile(r"stand|balance|sway|quiet", re.IGNORECASE)
MEASURES = {"area": "ellipse95_area_mm2", "path": "path_mm", "velocity": "mean_velocity_mm_s"}


def tiles_of(workout: Workout | None) -> Tiles:
    """Which numbers a workout has: steps want two calibrated feet, sway wants a kind that says so, or a plate."""
    infos = [info for info in workout.streams if info.layout] if workout else []
    if not workout or not infos or not all("total_force_n" in info.columns for info in infos):
        return "plain"
    if STANDING.search(workout.about.kind or "") and all("cop_x_mm" in info.columns for info in infos):
        return "stand"
    return "gait" if {side(info) for info in infos} == {"left", "right"} and len(infos) == 2 else "plain"


def tables(workout: Workout, samples: Mapping[str, list[Samples]]) -> dict[str, pd.DataFrame]:
    """The per-frame table of each stream, by foot where it is one, in order of time."""
    named = {info.stream.stream: info for info in workout.streams}
    return {side(named[name]) or name: table(named[name].columns, parts) for name, parts in samples.items() if parts}


def table(columns: tuple[str, ...], parts: list[Samples]) -> pd.DataFrame:
    """One stream's samples as `analytics` takes them; a time that comes twice counts once."""
    us, first = np.unique(np.concatenate([part.times_us for part in parts]), return_index=True)
    stats = np.concatenate([part.stats for part in parts])[first].astype(np.float64)
    index = pd.to_datetime(us, unit="us", utc=True).rename("time")
    return pd.DataFrame(stats, index=index, columns=list(columns))


def numbers(tiles: Tiles, feet: Mapping[str, pd.DataFrame]) -> Table:
    """The values of the tiles; what has no value, or too few steps, is None."""
    if tiles == "gait" and {"left", "right"} <= feet.keys():
        return of_steps(feet["left"], feet["right"])
    if tiles == "stand":
        return of_standing(feet)
    return {}


def of_steps(left: pd.DataFrame, right: pd.DataFrame) -> Table:
    """Of the last five whole stances of each foot; fewer than three of a foot: nothing is said of it."""
    both = {"left": stances(left, on=20.0, off=16.0), "right": stances(right, on=20.0, off=16.0)}
    last = {foot: found[~found["cut"]].tail(STEPS) for foot, found in both.items()}
    force = {foot: _mean(found, "max_total_force_n") for foot, found in last.items()}
    contact = {foot: _mean(found, "contact_s", 1000.0) for foot, found in last.items()}
    impulse = {foot: _mean(found, "impulse_ns") for foot, found in last.items()}
    peak = {foot: _mean(found, "max_peak_kpa") for foot, found in last.items()}
    summary = gait(both["left"], both["right"])
    higher = max(("left", "right"), key=lambda foot: peak[foot] or 0.0)
    steps = _known(summary.loc["both", "n_steps"]) or 0.0
    return {
        "steps": {foot: len(found) for foot, found in last.items()},
        "force": force,
        "symmetry": {"value": _symmetry(force["left"], force["right"])},
        "pressure": {"value": peak[higher], "side": higher},
        "cadence": {"value": _known(summary.loc["both", "cadence_spm"]) if steps >= LEAST_STEPS else None},
        "contact": contact,
        "duty": {foot: _known(summary.loc[foot, "mean_duty_pct"]) for foot in ("left", "right")},
        "balance": _shares(impulse["left"], impulse["right"]),
    }


def of_standing(feet: Mapping[str, pd.DataFrame]) -> Table:
    """Sway of each stream over the window, and how the load is shared."""
    found = {name: balance(frames).iloc[0] for name, frames in feet.items()}
    load = {name: float(frames["total_force_n"].mean()) for name, frames in feet.items()}
    out: Table = {
        name: {stream: _known(row[column]) for stream, row in found.items()} for name, column in MEASURES.items()
    }
    if {"left", "right"} <= feet.keys():
        shares = _shares(load["left"], load["right"])
    elif len(feet) == 1:
        halves = next(iter(feet.values()))
        shares = {half: _known(halves[f"load_{half}_pct"].mean()) for half in ("left", "right")}
    else:
        shares = {"left": None, "right": None}
    return {**out, "balance": shares}


def _mean(found: pd.DataFrame, column: str, factor: float = 1.0) -> float | None:
    return _known(found[column].mean() * factor) if len(found) >= LEAST_STEPS and column in found else None


def _symmetry(left: float | None, right: float | None) -> float | None:
    return None if left is None or right is None else _known(symmetry_index(left, right))


def _shares(left: float | None, right: float | None) -> dict[str, float | None]:
    if left is None or right is None or not left + right > 0:
        return {"left": None, "right": None}
    return {"left": 100.0 * left / (left + right), "right": 100.0 * right / (left + right)}


def _known(value: Any) -> float | None:
    number = float(value)
    return number if np.isfinite(number) else None
