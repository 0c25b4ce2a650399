"""Curves of stances: every stance on 0 to 100 %, and the gait line."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.base import bounds
from analytics.base.arguments import STANCE_COLUMNS, check_columns, checked
from analytics.base.times import table_us
from analytics.tables import centre_columns, described, units, values
from barograph.frames import Floats, Ints

POINTS = 101


@checked
def stance_curves(stats: pd.DataFrame, stances: pd.DataFrame, column: str, *, points: int = POINTS) -> pd.DataFrame:
    """Put a column of every stance on one scale, 0 % its start and 100 % its end.

    Parameters
    ----------
    stats : DataFrame
        Per-frame table, n rows, indexed by time.
    stances : DataFrame
        Table of `stances` of the same rows. Those that an edge cuts are left out: their scale is not known.
    column : str
        Which column.
    points : int, default 101
        Points of the scale.

    Returns
    -------
    DataFrame of one row per whole stance, index `stance`, and `points` columns named by per cent. Between rows values
    are interpolated by time; before the first and after the last row of the stance that has a value, theirs is kept. A
    stance without any is NaN. `attrs["n"]`, `attrs["n_cut"]` count.

    Raises
    ------
    InvalidData
        When the column is not there, or there are fewer than two points.
    """
    bounds.whole("points", points, 2, expected="two or more")
    us, signal = table_us(stats), values(stats, column)
    check_columns("stances", stances, STANCE_COLUMNS, "stances")
    whole = stances[~stances["cut"].astype(bool)]
    rows = [_curve(us, signal, stance, points) for stance in whole.itertuples()]
    scale = pd.Index(np.linspace(0.0, 100.0, points), name="stance_pct")
    table = pd.DataFrame(np.array(rows).reshape(-1, points), index=whole.index, columns=scale)
    counted = {"n": len(whole), "n_cut": len(stances) - len(whole)}
    made_of = {"stats": stats, "stances": stances}
    described(table, "stance_curves", made_of, column=column, points=points, **counted)
    table.attrs["units"] = units(stats[[column]])
    return table


@checked
def gait_line(stats: pd.DataFrame, stances: pd.DataFrame, *, points: int = POINTS) -> pd.DataFrame:
    """Average the centre of pressure over stances.

    Parameters
    ----------
    stats : DataFrame
        Per-frame table with a centre of pressure, n rows, indexed by time.
    stances : DataFrame
        Table of `stances` of the same rows; those that an edge cuts are left out.
    points : int, default 101
        Points of the scale.

    Returns
    -------
    DataFrame of `points` rows, index `stance_pct`: mean and SD (ddof 1) of x and y, in mm or cells; NaN without a
    stance. `attrs["n"]` is the number of stances.

    Raises
    ------
    InvalidData
        When there is no centre of pressure, or there are fewer than two points.
    """
    columns = {}
    curves = {name: stance_curves(stats, stances, name, points=points) for name in centre_columns(stats)}
    for name, curve in curves.items():
        columns[f"mean_{name}"], columns[f"sd_{name}"] = curve.mean(), curve.std()
    first = next(iter(curves.values()))
    counted = {name: first.attrs[name] for name in ("n", "n_cut")}
    made_of = {"stats": stats, "stances": stances}
    return described(pd.DataFrame(columns), "gait_line", made_of, points=points, **counted)


def _curve(us: Ints, signal: Floats, stance: object, points: int) -> Floats:
    first, after, start, stop = (getattr(stance, name) for name in ("first", "after", "start", "stop"))
    # The row that ended the stance belongs to its scale, as a force goes down to it.
    part = slice(first, min(after + 1, len(us)))
    known = np.flatnonzero(~np.isnan(signal[part])) + first
    if not len(known):
        return np.full(points, np.nan)
    begin, end = (int(pd.Timestamp(moment).asm8.astype("M8[us]").astype(np.int64)) for moment in (start, stop))
    return np.asarray(np.interp(np.linspace(begin, end, points), us[known].astype(np.float64), signal[known]))
