"""The big numbers of a live workout, of its last steps or of some seconds of standing: which tile shows which of them.

`analytics.last_steps` and `analytics.standing` say what they are; the rows are those of a `LiveWindow`, of now or of a
moment of the past.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd

from analytics import last_steps, standing
from analytics.live_window import Rows
from barograph.ports import Workout
from dashboard.overview import side

Tiles = Literal["gait", "stand", "plain"]
Table = dict[str, Any]

MOST_STREAMS = 8
STANDING = re.compile(r"stand|balance|sway|quiet", re.IGNORECASE)
MEASURES = {"area": "ellipse95_area_mm2", "path": "path_mm", "velocity": "mean_velocity_mm_s"}
FEET = ("left", "right")


def tiles_of(workout: Workout | None) -> Tiles:
    """Which numbers a workout has: steps want two calibrated feet, sway wants a kind that says so, or a plate."""
    infos = [info for info in workout.streams if info.layout] if workout else []
    if not workout or not infos or not all("total_force_n" in info.columns for info in infos):
        return "plain"
    if STANDING.search(workout.about.kind or "") and all("cop_x_mm" in info.columns for info in infos):
        return "stand"
    return "gait" if {side(info) for info in infos} == {"left", "right"} and len(infos) == 2 else "plain"


def said(workout: Workout, rows: Mapping[str, Rows], stop_us: int | None) -> Table:
    """The message with the numbers of these rows, the newest of which is of `stop_us`."""
    tiles = tiles_of(workout)
    values = numbers(tiles, tables(workout, rows)) if len(rows) <= MOST_STREAMS else {}
    return {"type": "numbers", "workout": workout.workout_id, "t_us": stop_us, "tiles": tiles, "values": values}


def tables(workout: Workout, rows: Mapping[str, Rows]) -> dict[str, pd.DataFrame]:
    """The per-frame table of each stream whose layout is known, by foot where it is one."""
    named = {info.stream.stream: info for info in workout.streams if info.layout}
    return {side(named[name]) or name: of.table(named[name].columns) for name, of in rows.items() if name in named}


def numbers(tiles: Tiles, feet: Mapping[str, pd.DataFrame]) -> Table:
    """The values of the tiles; what has no value, or too few steps, is None."""
    if tiles == "gait" and {"left", "right"} <= feet.keys():
        return of_steps(last_steps(feet["left"], feet["right"]))
    return of_standing(standing(feet)) if tiles == "stand" and feet else {}


def of_steps(found: pd.DataFrame) -> Table:
    """The tiles of a walk, from the table of `last_steps`."""
    peak = _pair(found, "mean_max_peak_kpa")
    higher = max(FEET, key=lambda foot: peak[foot] or 0.0)
    return {
        "steps": {foot: int(n) for foot, n in found["n_stances"].loc[list(FEET)].items()},
        "force": _pair(found, "mean_max_total_force_n"),
        "symmetry": {"value": _known(found.loc["both", "symmetry_index_pct"])},
        "pressure": {"value": peak[higher], "side": higher},
        "cadence": {"value": _known(found.loc["both", "cadence_spm"])},
        "contact": _pair(found, "mean_contact_s", 1000.0),
        "duty": _pair(found, "mean_duty_pct"),
        "balance": _pair(found, "impulse_share_pct"),
    }


def of_standing(found: pd.DataFrame) -> Table:
    """The tiles of standing, from the table of `standing`: two feet share the load, a single sensor has two halves."""
    out: Table = {
        name: {str(stream): _known(value) for stream, value in found[column].items()}
        for name, column in MEASURES.items()
    }
    if set(FEET) <= set(found.index):
        shares = _pair(found, "load_share_pct")
    elif len(found) == 1:
        shares = {half: _known(found[f"mean_load_{half}_pct"].iloc[0]) for half in FEET}
    else:
        shares = dict.fromkeys(FEET)
    return {**out, "balance": shares}


def _pair(found: pd.DataFrame, column: str, factor: float = 1.0) -> dict[str, float | None]:
    return {foot: _known(value * factor) for foot, value in zip(FEET, found[column].loc[list(FEET)], strict=True)}


def _known(value: Any) -> float | None:
    number = float(value)
    return number if np.isfinite(number) else None
