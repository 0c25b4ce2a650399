"""Which column of a per-frame table holds what, and what travels with a result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from analytics.columns import definition
from barograph import frames
from barograph.errors import InvalidData
from barograph.frames import Floats

TOTALS, PEAKS = frames.TOTALS, frames.PEAKS
# Each quantity is in one of these columns of the basic set, by what the layout allows: the best first.
QUANTITIES = {
    "total": TOTALS,
    "peak": PEAKS,
    "area": ("contact_area_cm2", "contact_area_cell"),
    "y": ("cop_y_mm", "cop_y_cell"),
    "x": ("cop_x_mm", "cop_x_cell"),
    "contact": ("contact_pct",),
    **{part: (f"load_{part}_pct",) for part in ("left", "right", "front", "back")},
}
# What a sum of these over time is called.
IMPULSES = dict(zip(TOTALS, ("impulse_ns", "impulse_kpa_s", "impulse_raw_s"), strict=True))


def first_of(table: pd.DataFrame, names: Iterable[str], what: str) -> str:
    """Return the first of `names` that the table has; without one, `InvalidData`."""
    names = tuple(names)
    for name in names:
        if name in table:
            return name
    raise InvalidData(f"{what}: expected a column {' or '.join(names)}, got {', '.join(map(str, table))[:80]}")


def values(table: pd.DataFrame, name: str) -> Floats:
    """Return a column as (n,) float64, infinite values refused."""
    if name not in table:
        raise InvalidData(f"{name}: expected a column of that name, got {', '.join(map(str, table))[:80]}", field=name)
    column = table[name].to_numpy(np.float64)
    if np.isinf(column).any():
        raise InvalidData(f"{name}: expected finite values or NaN, got an infinite one", field=name)
    return column


def centre_columns(table: pd.DataFrame) -> tuple[str, str]:
    """Return the names of the centre of pressure's x and y: of a sensor, or of both feet."""
    x = first_of(table, ("cop_x_mm", "cop_x_cell", "net_cop_x_mm"), "centre of pressure")
    return x, x.replace("_x_", "_y_")


def centre(table: pd.DataFrame) -> tuple[Floats, Floats, str]:
    """Return the centre of pressure x, y (n,), NaN together, and its unit of length: `mm` or `cell`."""
    x_name, y_name = centre_columns(table)
    x, y = values(table, x_name), values(table, y_name)
    missing = np.isnan(x) | np.isnan(y)
    return np.where(missing, np.nan, x), np.where(missing, np.nan, y), x_name.rpartition("_")[2]


Sources = pd.DataFrame | Mapping[str, pd.DataFrame]


def described(table: pd.DataFrame, metric: str, made_of: Sources | None = None, **parameters: Any) -> pd.DataFrame:
    """Return the table with what made it: `metric`, its parameters, and the unit of every column that has a definition.

    `made_of` has the same of the tables that it was made of, so that no threshold and no filter is lost on the way. A
    table of the same rows as the one it was made of also knows between which times frames are missing.
    """
    about: dict[str, Any] = {"metric": metric, **parameters, "units": units(table)}
    if made_of is not None and (before := origin(made_of)):
        about["made_of"] = before
    if isinstance(made_of, pd.DataFrame) and "missing_us" in made_of.attrs and table.index is made_of.index:
        about["missing_us"] = made_of.attrs["missing_us"]
    table.attrs.clear()
    table.attrs.update(about)
    return table


def origin(made_of: Sources) -> dict[str, Any]:
    """Return what made a table, or each of several by name; nothing of one that does not say it."""
    if isinstance(made_of, pd.DataFrame):
        return {str(key): value for key, value in made_of.attrs.items() if key not in ("units", "missing_us")}
    return {name: before for name, table in made_of.items() if (before := origin(table))}


def units(table: pd.DataFrame) -> dict[str, str]:
    """Return the unit of each column."""
    found = {}
    for name in map(str, table.columns):
        try:
            found[name] = definition(name).unit
        except KeyError:
            continue
    return found
