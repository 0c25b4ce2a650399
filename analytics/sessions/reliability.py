"""How far repeated tests of an unchanged person differ: typical error, ICC with intervals, SEM, MDC and SWC.

Terms: minimal detectable change, smallest worthwhile change, typical error (docs/glossary.md).
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
import scipy

from analytics.base import bounds
from analytics.base.arguments import checked
from analytics.tables import described
from barograph.errors import InvalidData
from barograph.frames import Floats

Sem = Literal["icc", "te"]
FEWEST_SUBJECTS = 3
Z95 = 1.959964
SMALLEST_CHANGE = 0.2  # of the SD between subjects
# Of the mean square of all values: below it a difference is that of rounding.
NOTHING = 1e-12
BANDS = ((0.5, "poor"), (0.75, "moderate"), (0.9, "good"))
COLUMNS = (
    "n_subjects", "n_trials", "n_left_out", "mean", "te", "te_low", "te_high", "cv_pct", "icc_a1", "icc_a1_low",
    "icc_a1_high", "icc_c1", "icc_c1_low", "icc_c1_high", "sem", "mdc95", "swc",
)  # fmt: skip


@checked
def reliability(
    trials: pd.DataFrame, *, sem: Sem = "icc", icc: float | None = None, confidence: float = 0.95
) -> pd.DataFrame:
    """Compute what repeated trials of several subjects say about the error of a measure.

    Parameters
    ----------
    trials : DataFrame
        n subjects × k trials of one measure, two trials or more. Trials are tests that were repeated, each one mean;
        steps of one session are none. A subject with a missing trial is left out and counted.
    sem : "icc" or "te", default "icc"
        What SEM and MDC are of: SD(all values)·√(1 − ICC), or the typical error (Weir 2005).
    icc : float, optional
        An ICC(A,1) known from elsewhere, for the SEM in place of that of these trials.
    confidence : float, default 0.95
        Of the intervals.

    Returns
    -------
    DataFrame of one row, in the measure's unit: `n_subjects`, `n_trials`, `n_left_out`, `mean`, `te` with `te_low` and
    `te_high`, `cv_pct`, `icc_a1` and `icc_c1` with their intervals, `sem`, `mdc95`, `swc`, and `icc_band` in words by
    the lower end of the interval of `icc_a1`. Fewer than three subjects, or subjects that do not differ: no ICC, the
    typical error stays. One subject: no typical error.

    Raises
    ------
    InvalidData
        When there are fewer than two trials, an infinite value, or a parameter out of its bounds.

    Notes
    -----
    Two-way ANOVA of subjects and trials. Typical error: Hopkins 2000, doi 10.2165/00007256-200030010-00001. ICC and
    intervals: McGraw and Wong 1996, doi 10.1037/1082-989X.1.1.30; a negative one stays negative. Bands: Koo and Li
    2016, doi 10.1016/j.jcm.2016.02.012.
    """
    bounds.number("confidence", confidence, above=0, below=1)
    if sem not in ("icc", "te"):
        raise InvalidData(f"sem: expected icc or te, got {sem!r}", field="sem")
    if icc is not None:
        bounds.number("icc", icc, least=0, most=1)
    values = _values(trials)
    whole = values[~np.isnan(values).any(axis=1)]
    row: dict[str, float] = {
        "n_subjects": len(whole), "n_trials": values.shape[1], "n_left_out": len(values) - len(whole)
    }  # fmt: skip
    row |= _of(whole, sem, icc, (1.0 - confidence) / 2.0) if len(whole) else {}
    table = pd.DataFrame([row], columns=list(COLUMNS), dtype=np.float64)
    table["icc_band"] = band(float(table["icc_a1_low"].iloc[0]))
    return described(table, "reliability", trials, sem=sem, icc=icc, confidence=confidence)


def band(low: float) -> str | None:
    """Return the band of an ICC by the lower end of its interval; None where there is none."""
    if np.isnan(low):
        return None
    return next((name for end, name in BANDS if low < end or low == end == BANDS[-1][0]), "excellent")


class MeanSquares(NamedTuple):
    """Mean squares of subjects, trials and error of n × k values; the error's is missing without freedom."""

    subjects: float
    trials: float
    error: float
    n: int
    k: int

    @property
    def freedom(self) -> int:
        """Degrees of freedom of the error."""
        return (self.n - 1) * (self.k - 1)


def mean_squares(values: Floats) -> MeanSquares:
    """Return the two-way ANOVA of (n, k) values without gaps; squares of mere rounding are 0."""
    n, k = values.shape
    grand = values.mean()
    rows, cols = values.mean(axis=1) - grand, values.mean(axis=0) - grand
    rest = values - grand - rows[:, None] - cols
    found = [float(k * np.sum(rows**2)), float(n * np.sum(cols**2)), float(np.sum(rest**2))]
    least = NOTHING * float(np.sum(values**2))
    r, c, e = (0.0 if one <= least else one for one in found)
    per_row = r / (n - 1) if n > 1 else np.nan
    return MeanSquares(per_row, c / (k - 1), e / ((n - 1) * (k - 1)) if n > 1 else np.nan, n, k)


def _values(trials: pd.DataFrame) -> Floats:
    if trials.shape[1] < 2:
        raise InvalidData(f"trials: expected two or more columns, one a trial, got {trials.shape[1]}", field="trials")
    try:
        values = trials.to_numpy(np.float64)
    except (ValueError, TypeError) as error:
        raise InvalidData("trials: expected numbers or NaN in every column", field="trials") from error
    if np.isinf(values).any():
        raise InvalidData("trials: expected finite values or NaN, got an infinite one", field="trials")
    return values


def _of(values: Floats, sem: Sem, icc: float | None, tail: float) -> dict[str, float]:
    ms = mean_squares(values)
    te, mean, sd = float(np.sqrt(ms.error)), float(values.mean()), _sd(values)
    row = {"mean": mean, "te": te, "cv_pct": 100.0 * te / mean if mean else np.nan}
    row["te_low"], row["te_high"] = interval_of_te(te, ms.freedom, tail)
    row |= _icc(ms, tail) if ms.n >= FEWEST_SUBJECTS and ms.subjects > 0 else {}
    known = icc if icc is not None else row.get("icc_a1", np.nan)
    row["sem"] = te if sem == "te" else sd * float(np.sqrt(1.0 - known))
    row["mdc95"] = Z95 * float(np.sqrt(2.0)) * row["sem"]
    row["swc"] = SMALLEST_CHANGE * _sd(values.mean(axis=1))
    return row


def _sd(values: Floats) -> float:
    return float(values.std(ddof=1)) if values.size > 1 else np.nan


def interval_of_te(te: float, freedom: int, tail: float) -> tuple[float, float]:
    """Return the interval of a typical error, te·√(ν/χ²)."""
    if freedom < 1:
        return np.nan, np.nan
    quantiles = scipy.stats.chi2.ppf([1.0 - tail, tail], freedom)
    low, high = te * np.sqrt(freedom / quantiles)
    return float(low), float(high)


def _icc(ms: MeanSquares, tail: float) -> dict[str, float]:
    r, c, e, n, k = ms
    both = r + (k - 1) * e
    found = {"icc_a1": (r - e) / (both + k * (c - e) / n), "icc_c1": (r - e) / both}
    found["icc_c1_low"], found["icc_c1_high"] = _of_consistency(ms, tail)
    found["icc_a1_low"], found["icc_a1_high"] = _of_agreement(ms, found["icc_a1"], tail)
    return found


def _of_consistency(ms: MeanSquares, tail: float) -> tuple[float, float]:
    if ms.error == 0:
        return 1.0, 1.0
    f, point = ms.subjects / ms.error, scipy.stats.f.ppf
    low = f / point(1.0 - tail, ms.n - 1, ms.freedom)
    high = f * point(1.0 - tail, ms.freedom, ms.n - 1)
    return float((low - 1) / (low + ms.k - 1)), float((high - 1) / (high + ms.k - 1))


def _of_agreement(ms: MeanSquares, icc: float, tail: float) -> tuple[float, float]:
    r, c, e, n, k = ms
    if c == 0 and e == 0:
        return 1.0, 1.0
    a = k * icc / (n * (1.0 - icc))
    b = 1.0 + a * (n - 1)
    parts = (a * c) ** 2 / (k - 1) + (b * e) ** 2 / ms.freedom
    v = (a * c + b * e) ** 2 / parts if parts else np.nan
    d = k * c + (k * n - k - n) * e
    first, second = scipy.stats.f.ppf(1.0 - tail, [n - 1, v], [v, n - 1])
    low = n * (r - first * e) / (first * d + n * r)
    high = n * (second * r - e) / (d + n * second * r)
    return float(low), float(high)
