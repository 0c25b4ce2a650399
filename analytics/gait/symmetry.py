"""Left against right: symmetry index and symmetry angle, of steps or of whole recordings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from analytics.base.arguments import checked, kind_of
from analytics.tables import IMPULSES, PEAKS, TOTALS, described, values
from barograph.errors import InvalidData
from barograph.frames import Floats

MEASURES = (
    "contact_s", "swing_s", "stride_s", "step_s", "duty_pct",
    *(f"max_{column}" for column in (*TOTALS, *PEAKS)), *IMPULSES.values(),
)  # fmt: skip


def _pair(left: ArrayLike, right: ArrayLike) -> tuple[Floats, Floats]:
    """Both as float64, of shapes that go together."""
    found = []
    for name, given in (("left", left), ("right", right)):
        try:
            found.append(np.asarray(given, np.float64))
        except (ValueError, TypeError) as error:
            raise InvalidData(f"{name}: expected numbers, got {kind_of(given)}", field=name) from error
    try:
        np.broadcast_shapes(found[0].shape, found[1].shape)
    except ValueError as error:
        said = f"left: expected shapes that go together, got {found[0].shape} and {found[1].shape}"
        raise InvalidData(said, field="left") from error
    return found[0], found[1]


@checked
def symmetry_index(left: ArrayLike, right: ArrayLike) -> Floats:
    """Compute the symmetry index 200·(R − L)/(R + L), in %: 0 when equal, positive when right is larger.

    Parameters
    ----------
    left, right : array-like
        Values of one measure, of shapes that go together.

    Returns
    -------
    float64 of their shape; NaN where R + L is 0 or a value is missing.

    Raises
    ------
    ValueError
        When the shapes do not go together.

    Notes
    -----
    Robinson, Herzog and Nigg 1987. ±200 when one side has nothing; of values of two signs it says nothing.
    """
    left, right = _pair(left, right)
    total = np.where(right + left == 0, np.nan, right + left)
    return np.asarray(200.0 * (right - left) / total)


@checked
def symmetry_angle(left: ArrayLike, right: ArrayLike) -> Floats:
    """Compute the symmetry angle (45° − atan2(L, R))/90° · 100, in %: 0 when equal, positive when right is larger.

    Parameters
    ----------
    left, right : array-like
        Values of one measure, of shapes that go together.

    Returns
    -------
    float64 of their shape; NaN where R + L is 0 or a value is missing.

    Raises
    ------
    ValueError
        When the shapes do not go together.

    Notes
    -----
    Zifchock et al. 2008, doi 10.1016/j.gaitpost.2007.08.006. ±50 when one side has nothing; needs no reference value,
    so it does not blow up as the index does.
    """
    left, right = _pair(left, right)
    angle = (45.0 - np.degrees(np.arctan2(left, right))) / 90.0 * 100.0
    return np.where(right + left == 0, np.nan, angle)


@checked
def symmetry(left: pd.DataFrame, right: pd.DataFrame, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Compare the means of left and right.

    Parameters
    ----------
    left, right : DataFrame
        One row per step, as `stances` or `steps` makes them; stances that an edge cuts are left out.
    columns : sequence of str, optional
        Which measures; by default times, peaks and impulses that both tables have.

    Returns
    -------
    DataFrame of one row per measure, index `measure`: `mean_left`, `sd_left` (ddof 1), `n_left`, the same of the right,
    `symmetry_index_pct`, `symmetry_angle_pct` of the means. No value on a side: NaN with n 0.

    Raises
    ------
    InvalidData
        When a column is in one table and not in the other.

    Notes
    -----
    Two sensors that are calibrated differently look like an asymmetry of the athlete: compare their sum with the
    weight.
    """
    chosen = tuple(columns) if columns is not None else tuple(n for n in MEASURES if n in left and n in right)
    rows = []
    for name in chosen:
        l_n, l_mean, l_sd = _moments(left, name)
        r_n, r_mean, r_sd = _moments(right, name)
        index, angle = symmetry_index(l_mean, r_mean), symmetry_angle(l_mean, r_mean)
        rows.append((l_mean, l_sd, l_n, r_mean, r_sd, r_n, float(index), float(angle)))
    names = [f"{what}_{side}" for side in ("left", "right") for what in ("mean", "sd", "n")]
    table = pd.DataFrame(
        rows, columns=[*names, "symmetry_index_pct", "symmetry_angle_pct"], index=pd.Index(chosen, name="measure"),
        dtype=np.float64,
    )  # fmt: skip
    return described(table, "symmetry", {"left": left, "right": right}, columns=list(chosen))


def _moments(table: pd.DataFrame, name: str) -> tuple[int, float, float]:
    return moments(whole(table), name)


def whole(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that no edge cuts."""
    return table[~table["cut"].astype(bool)] if "cut" in table else table


def moments(table: pd.DataFrame, name: str) -> tuple[int, float, float]:
    """Return the number, mean and SD (ddof 1) of the values of a column."""
    found = values(table, name)
    found = found[~np.isnan(found)]
    mean = float(found.mean()) if len(found) else np.nan
    return len(found), mean, float(found.std(ddof=1)) if len(found) > 1 else np.nan
