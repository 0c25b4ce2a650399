"""What tables of jumps have in common: their columns, and what they say of themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analytics.base import bounds
from analytics.jumps.flights import LONGEST_S, SHORTEST_S
from analytics.jumps.force import Force
from barograph.errors import InvalidData

Window = tuple[float, float]


def check_weight(window: Window | None, body_weight_n: float | None) -> None:
    """Refuse a window that is none, a weight of 0 or less, and both together."""
    if body_weight_n is not None:
        bounds.number("body_weight_n", body_weight_n, above=0, unit="N")
    if window is not None and not (np.isfinite(window).all() and window[0] < window[1]):
        raise InvalidData(f"window: expected seconds from and, later, until, got {window!r}", field="window")
    if window is not None and body_weight_n is not None:
        raise InvalidData("window: expected none beside an entered body_weight_n, got both", field="window")


def seconds(window: Window | None) -> list[float] | None:
    """Return a window as a table says it."""
    return None if window is None else [float(one) for one in window]


def made_of(left: pd.DataFrame, right: pd.DataFrame | None) -> pd.DataFrame | dict[str, pd.DataFrame]:
    """Return the table of one plate, or those of two feet by side."""
    return left if right is None else {"left": left, "right": right}


def about(force: Force) -> dict[str, Any]:
    """Return what a table says of the force that jumps were looked for in."""
    some = len(force.total) > 0
    return {
        "shortest_s": SHORTEST_S, "longest_s": LONGEST_S, "gap_s": force.times.gap_s,
        "sampling_hz": 1.0 / force.step_s if np.isfinite(force.step_s) else None,
        "least_n": float(force.total.min()) if some else None, "most_n": float(force.total.max()) if some else None,
    }  # fmt: skip


def table_of(
    rows: Sequence[Mapping[str, Any]], times: Sequence[str], numbers: Sequence[str], flags: Sequence[str], index: str
) -> pd.DataFrame:
    """Return rows as a table of these columns, also when there are none."""
    columns: dict[str, Any] = {
        name: pd.DatetimeIndex([row[name] for row in rows], tz="UTC").as_unit("us") for name in times
    }
    columns |= {name: np.array([row[name] for row in rows], np.float64) for name in numbers}
    columns |= {name: np.array([row[name] for row in rows], bool) for name in flags}
    return pd.DataFrame(columns).rename_axis(index)
