"""What is usual in a group: reference bands of a cohort, one value per athlete, as percentiles with their number.

A band describes the athletes that it is of. It is no limit of health, and being outside of it is no diagnosis.

Terms: reference band (docs/glossary.md).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import scipy

from analytics.base import bounds
from analytics.base.arguments import checked
from analytics.tables import described, values
from barograph.errors import InvalidData
from barograph.frames import Floats

SHARES = {"p5": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95}
# The least number of whom order statistics give a quartile a 90 % interval: 1 − 0.75^11 ≥ 0.95.
FEWEST_ATHLETES = 11
MIDDLE_90 = 19  # the least n whose 5th percentile has a rank of its own: 0.05·(n + 1) ≥ 1
TAIL = 0.05  # of a 90 % interval
ROUNDING = 1e-12  # of the largest value: what differs by less is the same
BELOW, LOW, MIDDLE, HIGH, ABOVE, NOWHERE = (
    "below the middle 90 %", "in the lower part of the middle 90 %", "in the middle 50 %",
    "in the upper part of the middle 90 %", "above the middle 90 %", "not known",
)  # fmt: skip
WITHIN = "in the middle 90 %"  # where the 50 % are not known
OUTSIDE = {BELOW: "below the middle 50 %", ABOVE: "above the middle 50 %"}  # where the 90 % are not known
INTERVALS = ("p5_low", "p5_high", "p95_low", "p95_high")
COLUMNS = ("n_athletes", *SHARES, *INTERVALS, "band_why")


@checked
def athlete_means(
    sessions: pd.DataFrame, by: str = "athlete_uid", columns: Sequence[str] | None = None
) -> pd.DataFrame:
    """Take one value per athlete and measure: the mean over that athlete's sessions, each counted once.

    Parameters
    ----------
    sessions : DataFrame
        One row per session, one column per measure: the mean of that session, as `lab.summaries` gives it. Units are
        those of the columns.
    by : str, default "athlete_uid"
        The column that says whose a session is. A session of nobody (missing or "") is left out and counted.
    columns : sequence of str, optional
        Which measures; by default all columns of numbers.

    Returns
    -------
    DataFrame of one row per athlete, index `by`: each measure, NaN where no session of the athlete has it, and
    `n_sessions`. `attrs["n_left_out"]` counts the sessions of nobody.

    Raises
    ------
    InvalidData
        When `by` or a measure is not there, is no number, or has an infinite value.

    Notes
    -----
    An athlete who was tested often counts as much as one who was tested once: sessions of one person are no
    independent observations, and a band is of people (Solberg 1987, J Clin Chem Clin Biochem 25: 645–656).
    """
    if by not in sessions:
        raise InvalidData(f"by: expected a column of the sessions, got {by!r}", field="by")
    chosen = _measures(sessions, columns, by)
    numbers = pd.DataFrame({one: _numbers(sessions, one) for one in chosen}, index=sessions.index)
    whose = sessions[by].where(sessions[by].notna() & (sessions[by].astype(str) != ""))
    grouped = numbers.groupby(whose, sort=True)
    table = grouped.mean().astype(np.float64)
    table["n_sessions"] = grouped.size().astype(np.float64)
    table.index.name = by
    return described(table, "athlete_means", sessions, by=by, columns=chosen, n_left_out=int(whose.isna().sum()))


@checked
def reference_bands(
    athletes: pd.DataFrame, columns: Sequence[str] | None = None, *, fewest: int = FEWEST_ATHLETES
) -> pd.DataFrame:
    """Compute the reference band of each measure: percentiles of a cohort, one value per athlete.

    Parameters
    ----------
    athletes : DataFrame
        One row per athlete, one column per measure, as `athlete_means` makes it; NaN where an athlete has none. Whoever
        is compared with the band is no row of it.
    columns : sequence of str, optional
        Which measures; by default all columns of numbers but `n_sessions`.
    fewest : int, default 11
        Below so many athletes there is no band. 11 is the least number whose own values bound a quartile with 90 %
        confidence. At least 3, where quartiles begin to exist.

    Returns
    -------
    DataFrame of one row per measure, index `measure`, in the measure's unit: `n_athletes`; `p5`, `p25`, `p50`, `p75`
    and `p95`; the 90 % intervals of both ends, `p5_low` to `p95_high`; and `band_why`, "" where all is known. With
    fewer than `fewest` athletes, or athletes who do not differ, every percentile is missing and `band_why` says so;
    below 19 athletes only p5 and p95 are. The intervals need 59 athletes at their outer side.

    Raises
    ------
    InvalidData
        When a measure is not there, is no number, has an infinite value, or `fewest` is below 3.

    Notes
    -----
    Rank p·(n + 1), between two athletes by proportion: Hyndman and Fan 1996, type 6, doi
    10.1080/00031305.1996.10473566, as reference limits are taken (Solberg 1987, J Clin Chem Clin Biochem 25: 645–656).
    It assumes no distribution. A band describes these athletes and is no diagnosis.
    """
    fewest = bounds.whole("fewest", fewest, 3)
    chosen = _measures(athletes, columns, "n_sessions")
    rows = [_band(_numbers(athletes, one), fewest) for one in chosen]
    table = pd.DataFrame(rows, columns=list(COLUMNS), index=pd.Index(chosen, name="measure", dtype="object"))
    numbers = [name for name in COLUMNS if name != "band_why"]
    table = table.astype(dict.fromkeys(numbers, np.float64))
    return described(table, "reference_bands", athletes, columns=chosen, fewest=fewest)


def place(value: float, band: pd.Series) -> str:
    """Return where a value lies in a row of `reference_bands`, in words; "not known" without a band or a value."""
    p5, p25, p75, p95 = (float(band[name]) for name in ("p5", "p25", "p75", "p95"))
    inner, outer = bool(np.isfinite([p25, p75]).all()), bool(np.isfinite([p5, p95]).all())
    if not np.isfinite(value) or not (inner or outer):
        return NOWHERE
    if inner and p25 <= value <= p75:
        return MIDDLE
    if outer and p5 <= value <= p95:
        return (LOW if value < p25 else HIGH) if inner else WITHIN
    side = BELOW if value < (p5 if outer else p25) else ABOVE
    return side if outer else OUTSIDE[side]


def _measures(table: pd.DataFrame, columns: Sequence[str] | None, but: str) -> list[str]:
    """The columns asked for, else all of numbers but one."""
    return (
        list(columns) if columns is not None else [one for one in map(str, table.select_dtypes("number")) if one != but]
    )


def _numbers(table: pd.DataFrame, name: str) -> Floats:
    try:
        return values(table, name)
    except (ValueError, TypeError) as error:
        if isinstance(error, InvalidData):
            raise
        raise InvalidData(f"{name}: expected numbers or NaN", field=name) from error


def _band(column: Floats, fewest: int) -> dict[str, float | str]:
    known = np.sort(column[~np.isnan(column)])
    n = len(known)
    row: dict[str, float | str] = dict.fromkeys((*SHARES, *INTERVALS), np.nan)
    row["n_athletes"] = n
    if n < fewest:
        return row | {"band_why": f"a band needs {fewest} athletes, here {'is' if n == 1 else 'are'} {n}"}
    if known[-1] - known[0] <= ROUNDING * float(np.abs(known).max()):
        return row | {"band_why": f"{n} athletes do not differ at all"}
    row |= {name: percentile(known, share) for name, share in SHARES.items()}
    for name in ("p5", "p95"):
        row[f"{name}_low"], row[f"{name}_high"] = _interval(known, SHARES[name])
    few = f"the middle 90 % needs {MIDDLE_90} athletes, here are {n}" if n < MIDDLE_90 else ""
    return row | {"band_why": few}


def percentile(ordered: Floats, share: float) -> float:
    """Return the value at rank share·(n + 1) of (n,) ordered values; NaN where that is below 1 or above n."""
    rank = share * (len(ordered) + 1)
    whole = round(rank) if np.isclose(rank, round(rank), rtol=0, atol=1e-9) else int(np.floor(rank))
    if whole < 1 or whole > len(ordered) or (whole == len(ordered) and rank > whole + 1e-9):
        return np.nan
    low = float(ordered[whole - 1])
    rest = max(0.0, rank - whole)
    return low if rest < 1e-9 else low + rest * (float(ordered[whole]) - low)


def _interval(ordered: Floats, share: float) -> tuple[float, float]:
    """The two values between which a percentile lies with 90 %, NaN at a side where n is too small for one."""
    n = len(ordered)
    below = scipy.stats.binom.cdf(np.arange(n), n, share)  # P(at most k values lie below the percentile)
    low = int(np.searchsorted(below, TAIL, side="right"))  # ranks 1 … low lie below it with 95 %
    above = np.nonzero(below >= 1.0 - TAIL)[0]  # rank k + 1 lies above it with 95 %
    return (
        float(ordered[low - 1]) if low else np.nan,
        float(ordered[above[0]]) if len(above) else np.nan,
    )
