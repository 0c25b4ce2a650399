"""What the last steps of two feet were like: the numbers of a walk while it goes on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analytics.base import bounds
from analytics.base.arguments import checked
from analytics.gait.stances import MERGE_S, MIN_CONTACT_S, stances
from analytics.gait.steps import steps
from analytics.gait.symmetry import moments, symmetry_index, whole
from analytics.tables import IMPULSES, PEAKS, TOTALS, described

STEPS, LEAST_STEPS = 5, 3
MEASURES = ("contact_s", "duty_pct", *(f"max_{name}" for name in (*TOTALS, *PEAKS)), *IMPULSES.values())
MEAN_IMPULSES = tuple(f"mean_{name}" for name in IMPULSES.values())


@checked
def last_steps(
    left: pd.DataFrame,
    right: pd.DataFrame,
    *,
    n: int = STEPS,
    least: int = LEAST_STEPS,
    on: float | None = None,
    off: float | None = None,
    min_contact_s: float = MIN_CONTACT_S,
    merge_s: float = MERGE_S,
    gap_s: float | None = None,
) -> pd.DataFrame:
    """Average the last whole stances of each foot, and set the feet against each other.

    Parameters
    ----------
    left, right : DataFrame
        Per-frame tables of `frame_stats`, or of the basic set, of two streams on one clock, indexed by time.
    n : int, default 5
        So many stances of each foot, the last ones that no edge cuts.
    least : int, default 3
        Of fewer stances nothing is averaged, and of fewer steps there is no cadence.
    on, off, min_contact_s, merge_s, gap_s : float, optional
        Thresholds and times of contact, as those of `stances`.

    Returns
    -------
    DataFrame of three rows, index `side`: `left`, `right` and `both`. Of each foot `n_stances` (`n` at most), means of
    contact time, stance phase, largest total, largest peak and impulse, and `impulse_share_pct`, its share in the sum
    of the two mean impulses. Of both `n_steps`, `cadence_spm` by the median of all steps in the tables, and
    `symmetry_index_pct` of the mean largest total. What a row does not have is NaN.

    Raises
    ------
    InvalidData
        When a table has no total or peak, `off` is above `on`, or `least` is above `n`.

    Notes
    -----
    From a stream, the tables are those of `LiveWindow`: the last stance of each foot is in them once it has ended.
    """
    most = bounds.whole("n", n, 1)
    bounds.whole("least", least, 1, most, expected=f"1 to n ({n}) stances")
    asked: dict[str, Any] = {"on": on, "off": off, "min_contact_s": min_contact_s, "merge_s": merge_s}
    found = {foot: stances(of, gap_s=gap_s, **asked) for foot, of in (("left", left), ("right", right))}
    timed = steps(found["left"], found["right"])
    last = {foot: whole(timed[timed["side"] == foot]).tail(n) for foot in found}
    names = [name for name in MEASURES if all(name in of for of in found.values()) or name == "duty_pct"]
    table = pd.DataFrame({foot: _means(of, names, least) for foot, of in last.items()}).T
    impulse = next((name for name in table if name in MEAN_IMPULSES), None)
    table["impulse_share_pct"] = np.nan if impulse is None else shares(table[impulse])
    table.loc["both", ["n_steps", "cadence_spm", "symmetry_index_pct"]] = _of_both(timed, table, least)
    asked["gap_s"] = max(of.attrs["gap_s"] for of in found.values())
    return described(table.rename_axis("side"), "last_steps", found, n=n, least=least, **asked)


def shares(parts: pd.Series) -> pd.Series:
    """Return each part in % of their sum; NaN where one of them is missing or the sum is not above 0."""
    total = parts.sum(skipna=False)
    return 100.0 * parts / (total if total > 0 else np.nan)


def _means(found: pd.DataFrame, names: list[str], least: int) -> dict[str, float]:
    enough = len(found) >= least
    means = {f"mean_{name}": moments(found, name)[1] if enough else np.nan for name in names}
    return {"n_stances": float(len(found)), **means}


def _of_both(timed: pd.DataFrame, feet: pd.DataFrame, least: int) -> tuple[float, float, float]:
    """Number of steps, cadence and symmetry."""
    known = timed["step_s"].dropna()
    total = next((name for name in (f"mean_max_{each}" for each in TOTALS) if name in feet), None)
    symmetry = np.nan if total is None else float(symmetry_index(*feet.loc[["left", "right"], total]))
    return float(len(known)), 60.0 / known.median() if len(known) >= least else np.nan, symmetry
