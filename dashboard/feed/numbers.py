"""The big numbers of a live workout, of its last steps, of standing or of any load: which tile shows which of them.

`analytics.last_steps`, `standing` and `recent_load` say what they are; the rows are those of a `LiveWindow`, of now or
of a moment of the past.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from analytics import last_steps, recent_load, standing
from analytics.streaming.live_window import Rows
from analytics.streaming.recent_load import AREAS
from analytics.tables import PEAKS, TOTALS
from barograph.store.ports import StreamInfo, Workout
from dashboard.reading.sides import SIDES, side

Tiles = Literal["gait", "stand", "plain"]
Table = dict[str, Any]

MOST_STREAMS = 8
STANDING = re.compile(r"stand|balance|sway|quiet", re.IGNORECASE)
MEASURES = {"area": "ellipse95_area_mm2", "path": "path_mm", "velocity": "mean_velocity_mm_s"}


def tiles_of(workout: Workout | None) -> Tiles:
    """Return which numbers a workout has.

    Steps want two calibrated feet, sway wants a kind that says so, or a plate.
    """
    infos = [info for info in workout.streams if info.layout] if workout else []
    if not workout or not infos or not all("total_force_n" in info.columns for info in infos):
        return "plain"
    if STANDING.search(workout.about.kind or "") and all("cop_x_mm" in info.columns for info in infos):
        return "stand"
    return "gait" if two_feet(infos) else "plain"


def two_feet(infos: Sequence[StreamInfo]) -> bool:
    """Return whether these streams are a left and a right foot, and no more."""
    return len(infos) == 2 and {side(info) for info in infos} == set(SIDES)


def said(workout: Workout, rows: Mapping[str, Rows], stop_us: int | None) -> Table:
    """Return the message with the numbers of these rows, the newest of which is of `stop_us`."""
    tiles, feet = tiles_of(workout), tables(workout, rows)
    values = numbers(tiles, feet) if rows and len(feet) <= MOST_STREAMS else {}
    return {"type": "numbers", "workout": workout.workout_id, "t_us": stop_us, "tiles": tiles, "values": values}


def tables(workout: Workout, rows: Mapping[str, Rows]) -> dict[str, pd.DataFrame]:
    """Return the per-frame table of each stream whose layout is known, by foot where it is one.

    Empty where no rows came.
    """
    infos = [info for info in workout.streams if info.layout]
    feet = [foot for foot in map(side, infos) if foot]
    found = {}
    for info in infos:
        name, foot = info.stream.stream, side(info)
        held = rows.get(name)
        if held is None or held.values.shape[1] != len(info.columns):  # a geometry was chosen meanwhile
            held = Rows.none(len(info.columns))
        found[foot if foot and feet.count(foot) == 1 else name] = held.table(info.columns)
    return found


def numbers(tiles: Tiles, feet: Mapping[str, pd.DataFrame]) -> Table:
    """Return the values of the tiles.

    What has no value, or too few steps, is None. Those of any load are always there.
    """
    if not feet:
        return {}
    loads = of_load(recent_load(feet))
    if tiles == "gait" and feet.keys() >= set(SIDES):
        return loads | of_steps(last_steps(feet["left"], feet["right"]))
    return loads | of_standing(standing(feet)) if tiles == "stand" else loads


def of_load(found: pd.DataFrame) -> Table:
    """Return the tiles of any load, from the table of `recent_load`: by foot where there are two, else the highest."""
    peak = _first(found, PEAKS)
    where = None if peak.isna().all() else str(peak.idxmax())
    return {
        "total": _by_foot(_first(found, TOTALS)),
        "peak": {"value": _known(peak.max()), "side": where},
        "contact_area": _by_foot(_first(found, AREAS)),
        "split": _shares(found, "hann"),
    }


def _first(found: pd.DataFrame, names: tuple[str, ...]) -> pd.Series:
    """The highest values of the quantity, which has one of these names in each stream."""
    known = [found[f"max_{name}"] for name in names if f"max_{name}" in found]
    return pd.concat(known, axis=1).max(axis=1)


def _by_foot(highest: pd.Series) -> Table:
    if set(highest.index) == set(SIDES):
        return {foot: _known(highest[foot]) for foot in SIDES}
    return {"value": _known(highest.max())}


def of_steps(found: pd.DataFrame) -> Table:
    """Return the tiles of a walk, from the table of `last_steps`."""
    if "mean_max_peak_kpa" in found:
        peak = _pair(found, "mean_max_peak_kpa")
        higher = max(SIDES, key=lambda foot: peak[foot] or 0.0)
        load: Table = {"pressure": {"value": peak[higher], "side": higher}}
    else:  # areas have forces, and no pressure
        load = {"impulse": _pair(found, "mean_impulse_ns")}
    return {
        **load,
        "thresholds": _thresholds(found),
        "steps": {foot: int(n) for foot, n in found["n_stances"].loc[list(SIDES)].items()},
        "force": _pair(found, "mean_max_total_force_n"),
        "symmetry": {"value": _known(found.loc["both", "symmetry_index_pct"])},
        "cadence": {"value": _known(found.loc["both", "cadence_spm"])},
        "contact": _pair(found, "mean_contact_s", 1000.0),
        "duty": _pair(found, "mean_duty_pct"),
        "balance": _pair(found, "impulse_share_pct"),
    }


def _thresholds(found: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """From which force on, and below which no more, each foot is down, N; none where contact is not found by force."""
    made_of = found.attrs["made_of"]
    forces = {foot: made_of[foot] for foot in SIDES if made_of[foot]["column"] == "total_force_n"}
    return {foot: (round(of["on"], 3), round(of["off"], 3)) for foot, of in forces.items()}


def of_standing(found: pd.DataFrame) -> Table:
    """Return the tiles of standing, from the table of `standing`; who moves has no sway.

    Two feet share the load, a single sensor has two halves.
    """
    moving = found.attrs["unquiet"]
    out: Table = {
        name: {str(stream): None if moving[stream] else _known(value) for stream, value in found[column].items()}
        for name, column in MEASURES.items()
    }
    return {**out, "balance": _shares(found, "mean")}


def _shares(found: pd.DataFrame, mean: str) -> dict[str, float | None]:
    """How two feet share the load, or the halves of a single sensor."""
    if set(SIDES) == set(found.index):
        return _pair(found, "load_share_pct")
    if len(found) == 1:
        return {half: _known(found[f"{mean}_load_{half}_pct"].iloc[0]) for half in SIDES}
    return dict.fromkeys(SIDES)


def _pair(found: pd.DataFrame, column: str, factor: float = 1.0) -> dict[str, float | None]:
    return {foot: _known(value * factor) for foot, value in zip(SIDES, found[column].loc[list(SIDES)], strict=True)}


def _known(value: Any) -> float | None:
    number = float(value)
    return number if np.isfinite(number) else None
