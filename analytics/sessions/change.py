"""Whether two groups of sessions differ by more than repeated tests do: the difference beside TE, SWC and MDC."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analytics.base.arguments import checked
from analytics.gait.symmetry import moments
from analytics.sessions.compare import compare
from analytics.sessions.reliability import Z95
from analytics.tables import described, values
from barograph.errors import InvalidData
from barograph.frames import Floats

FEWEST_TESTS = 3
ROUNDING = 1e-12  # of the mean: tests that differ by less are the same
BEYOND, ABOVE, WITHIN, UNKNOWN = "beyond MDC", "above SWC", "within noise", "not known"
COMPARED = (
    "mean_a", "sd_a", "n_a", "mean_b", "sd_b", "n_b", "difference", "difference_low", "difference_high",
)  # fmt: skip


@checked
def change(
    a: pd.DataFrame,
    b: pd.DataFrame,
    known: pd.DataFrame | None = None,
    columns: Sequence[str] | None = None,
    *,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Say of each measure whether sessions of b differ from sessions of a by more than noise.

    Parameters
    ----------
    a, b : DataFrame
        One row per session, one column per measure: the mean of that session. Steps of one session are no rows.
    known : DataFrame, optional
        What is known of the measures' error: index the measures, columns `te`, `te_n` (subjects or tests) and, where it
        is known, `swc`. By default TE is the SD (ddof 1) of a's sessions, the athlete's own baseline, from three on.
    columns : sequence of str, optional
        Which measures; by default all that both tables have.
    confidence : float, default 0.95
        Of the interval of the difference.

    Returns
    -------
    DataFrame of one row per measure, index `measure`: means, SDs and n as of `compare`, `difference` b − a with its
    interval (Welch), `te`, `te_n`, `swc`, `mdc95` of these numbers of sessions, and `change` in words: "beyond MDC",
    "above SWC", "within noise" or "not known". Without a typical error, or with one of 0 (tests that do not differ say
    nothing about their noise): not known.

    Raises
    ------
    InvalidData
        When a measure is missing in a table, a value is infinite, or the confidence is not between 0 and 1.

    Notes
    -----
    MDC of means is 1.96·TE·√(1/n_a + 1/n_b). Beyond it a difference is clear; it does not say that it matters. SWC is
    0.2 of the SD between subjects (Hopkins 2000, doi 10.2165/00007256-200030010-00001): one athlete alone has none.
    """
    chosen = list(columns) if columns is not None else [str(name) for name in a if name in b]
    sides = [pd.DataFrame({name: values(one, name) for name in chosen}, dtype=np.float64) for one in (a, b)]
    both = compare(sides[0], sides[1], chosen, confidence=confidence)[list(COMPARED)]
    error = _known(known, chosen) if known is not None else own_error(sides[0])
    found = both.join(error)
    found["mdc95"] = mdc_of_means(found["te"], found["n_a"], found["n_b"])
    found["change"] = [decide(*row) for row in found[["difference", "mdc95", "swc"]].itertuples(index=False, name=None)]
    made_of = {name: one for name, one in (("a", a), ("b", b), ("known", known)) if one is not None}
    return described(found, "change", made_of, columns=chosen, confidence=confidence)


def mdc_of_means(te: pd.Series, n_a: pd.Series, n_b: pd.Series) -> pd.Series:
    """Return the least difference between means of so many sessions that is clear at 95 %: 1.96·TE·√(1/n_a + 1/n_b)."""
    one, other = (n.where(n > 0) for n in (n_a, n_b))
    return Z95 * te * np.sqrt(1.0 / one + 1.0 / other)


def decide(difference: float, mdc95: float, swc: float = np.nan) -> str:
    """Return what a difference is, beside the MDC and, where it is known, the SWC."""
    if not np.isfinite(difference) or not np.isfinite(mdc95) or mdc95 <= 0:
        return UNKNOWN
    if abs(difference) > mdc95:
        return BEYOND
    return ABOVE if np.isfinite(swc) and swc > 0 and abs(difference) > swc else WITHIN


def own_error(sessions: pd.DataFrame) -> pd.DataFrame:
    """Return what an athlete's own repeated sessions say of the error of each measure.

    Parameters
    ----------
    sessions : DataFrame
        One row per session, one column per measure.

    Returns
    -------
    DataFrame of one row per measure: `te`, the SD (ddof 1) of three sessions or more, `te_n` how many they are, and
    `swc`, which one athlete alone does not have.
    """
    found = {name: moments(sessions, name) for name in map(str, sessions)}
    rows = [_error(*one) for one in found.values()]
    index = pd.Index(list(found), name="measure")
    return pd.DataFrame(rows, columns=["te", "te_n", "swc"], index=index, dtype=np.float64)


def te_of(tests: Floats) -> float:
    """Return what `own_error` says of (k,) repeated sessions that are all known: their typical error."""
    sd = float(tests.std(ddof=1)) if len(tests) > 1 else np.nan
    return _error(len(tests), float(tests.mean()) if len(tests) else np.nan, sd)[0]


def _error(n: int, mean: float, sd: float) -> tuple[float, float, float]:
    if n < FEWEST_TESTS:
        return np.nan, np.nan, np.nan
    return (sd if sd > ROUNDING * abs(mean) else 0.0), float(n), np.nan


def _known(known: pd.DataFrame, chosen: Sequence[str]) -> pd.DataFrame:
    if "te" not in known or not known.index.is_unique:
        raise InvalidData("known: expected a column te and one row per measure", field="known")
    found = known.reindex(index=list(chosen), columns=["te", "te_n", "swc"]).astype(np.float64)
    if (found["te"] < 0).any() or np.isinf(found["te"]).any():
        raise InvalidData("known: expected typical errors of 0 or more or NaN", field="known")
    return found.rename_axis("measure")
