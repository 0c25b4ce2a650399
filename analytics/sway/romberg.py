"""The Romberg quotient: how much more a body sways with its eyes closed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analytics.base.arguments import checked
from analytics.tables import described, values
from barograph.errors import InvalidData

COLUMNS = ("path_mm",)
DURATION_WITHIN, RATE_WITHIN = 0.05, 0.01


@checked
def romberg(eyes_open: pd.DataFrame, eyes_closed: pd.DataFrame, *, columns: Sequence[str] = COLUMNS) -> pd.DataFrame:
    """Divide measures of standing with eyes closed by those with eyes open.

    Parameters
    ----------
    eyes_open, eyes_closed : DataFrame
        Tables of one row, of `body_balance` or `balance`.
    columns : list of str, default ["path_mm"]
        Measures to divide.

    Returns
    -------
    DataFrame of one row: `romberg_<column>` each. All are missing where the two cannot be compared, which
    `attrs["missing"]` says: durations that differ by more than 5 %, sampling rates by more than 1 %, or another filter;
    of ellipses another k. One is missing where a measure is missing or 0 with eyes open.

    Raises
    ------
    InvalidData
        When a table has not one row, or no such column.

    Notes
    -----
    Path, velocity and areas grow with duration, rate and noise, so that trials of other kinds have no quotient.
    """
    tables = {"eyes_open": eyes_open, "eyes_closed": eyes_closed}
    for name, table in tables.items():
        if len(table) != 1:
            raise InvalidData(f"{name}: expected one row of balance, got {len(table)}", field=name)
    names = [columns] if isinstance(columns, str) else list(columns)
    unlike, out, missing = incomparable(eyes_open, eyes_closed), {}, []
    for name in names:
        one, other = (float(values(table, name)[0]) for table in tables.values())
        other_k = "ellipse" in name and eyes_open.attrs.get("ellipse") != eyes_closed.attrs.get("ellipse")
        known = not unlike and not other_k and one > 0.0 and np.isfinite(other)
        out[f"romberg_{name}"] = other / one if known else np.nan
        if not known and not unlike:
            missing.append(f"{name}: {'the ellipses have another k' if other_k else 'it is missing or 0'}")
    table = pd.DataFrame([out], dtype=np.float64)
    return described(table, "romberg", tables, columns=names, missing=unlike + missing)


def incomparable(one: pd.DataFrame, other: pd.DataFrame) -> list[str]:
    """Say why two rows of balance have no quotient: another duration, rate or filter."""
    (a, b), (hz, other_hz) = (
        [float(values(t, name)[0]) for t in (one, other)] for name in ("duration_s", "sampling_hz")
    )
    reasons = []
    if not abs(a - b) <= DURATION_WITHIN * max(a, b):
        reasons.append(f"the durations differ by more than {100 * DURATION_WITHIN:g} %: {a:.1f} s and {b:.1f} s")
    if not abs(hz - other_hz) <= RATE_WITHIN * max(hz, other_hz):
        reasons.append(f"the sampling rates differ: {hz:.1f} Hz and {other_hz:.1f} Hz")
    cutoffs = [table.attrs.get("cutoff_hz") for table in (one, other)]
    if cutoffs[0] != cutoffs[1]:
        said = ["none" if hz is None else f"{hz:g} Hz" for hz in cutoffs]
        reasons.append(f"the low-pass filters differ: {said[0]} and {said[1]}")
    return reasons
