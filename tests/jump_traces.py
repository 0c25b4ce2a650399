"""Forces of jumps with a known truth, and the measured ones where they are at hand."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from at_hand import METRICS

G = 9.80665
MASS = 75.0
BW = MASS * G
# v, flight, lowest velocity of the closed form: two sine pulses after standing.
V = (900.0 * 2.0 * 0.5 / np.pi - 400.0 * 0.4 / 2.0) / MASS
FLIGHT_S = 2.0 * V / G
TAKEOFF_S, LANDING_S = 2.4, 2.4 + FLIGHT_S


def table(s: np.ndarray, force: np.ndarray, start_us: int = 1_735_722_000_000_000) -> pd.DataFrame:
    """A per-frame table of a force."""
    us = start_us + np.rint(np.asarray(s) * 1e6).astype(np.int64)
    return pd.DataFrame({"total_force_n": force}, index=pd.DatetimeIndex(us.astype("M8[us]"), tz="UTC", name="time"))


def cmj_force(s: np.ndarray, noise: float = 1.0) -> np.ndarray:
    """Stand 1.5 s with ± 1 N row by row, unweight 0.4 s, push 0.5 s, fly, land within 0.3 s, stand."""
    ends = np.array([1.5, 1.9, TAKEOFF_S, LANDING_S, LANDING_S + 0.3])
    part, row = np.searchsorted(ends, s + 1e-9, "right"), np.arange(len(s))
    fall = MASS * V * np.pi / (2.0 * 0.3)
    return np.select(
        [part == i for i in range(5)],
        [
            BW + noise * (1.0 - 2.0 * (row % 2)),
            BW - 400.0 * np.sin(np.pi * (s - 1.5) / 0.4) ** 2,
            BW + 900.0 * np.sin(np.pi * (s - 1.9) / 0.5),
            0.0,
            BW + fall * np.sin(np.pi * (s - LANDING_S) / 0.3),
        ],
        BW,
    )


def cmj(hz: float = 1000.0, seconds: float = 4.5, at: float = 0.0, **more: Any) -> pd.DataFrame:
    """The closed form as a table; it begins `at` seconds after the first row's phase 0."""
    s = np.arange(round(seconds * hz)) / hz
    return table(s, cmj_force(s + at, **more))


def rebound_force(s: np.ndarray, starts: list[float], contact_s: float, v: float, *, mass: float = MASS) -> np.ndarray:
    """Contacts of half a sine that turn a fall of v into a rise of v; nothing between them."""
    force = np.zeros(len(s))
    peak = (2.0 * mass * v / contact_s + mass * G) * np.pi / 2.0
    for start in starts:
        tau = s - start
        inside = (tau >= -1e-9) & (tau < contact_s - 1e-9)
        force[inside] = peak * np.sin(np.pi * tau[inside] / contact_s)
    return force


def held(*parts: tuple[float, float], hz: float = 1000.0) -> pd.DataFrame:
    """Forces that are held for so many seconds each."""
    total = np.concatenate([np.full(round(seconds * hz), newtons) for newtons, seconds in parts])
    return table(np.arange(len(total)) / hz, total)


def expected() -> dict[str, Any]:
    """The values of the reference computation; without them the test is skipped."""
    path = METRICS / "jumps" / "expected.json"
    if not path.exists():
        pytest.skip(f"no {path}: the measured jumps are not at hand")
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def measured(name: str, folder: str = "jumps") -> list[pd.DataFrame]:
    """The plates of a measured jump, a table each."""
    path = METRICS / folder / f"{name}.csv"
    if not path.exists():
        pytest.skip(f"no {path}: the measured jumps are not at hand")
    read = pd.read_csv(path)
    return [table(read["time_s"].to_numpy(), read[column].to_numpy()) for column in read.columns[1:]]
