"""Ratios between parts of a foot: inner to outer, forefoot to heel, and the spread of the peak curve."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analytics.base.arguments import STANCE_COLUMNS, check_columns, checked
from analytics.gait.curves import POINTS, stance_curves
from analytics.regions.phases import HEELS, METATARSALS
from analytics.tables import IMPULSES, PEAKS, described, first_of
from barograph.errors import InvalidData
from barograph.frames import Floats

MEDIAL, LATERAL = ("heel_medial", "mt1", "mt2"), ("heel_lateral", "mt3", "mt4", "mt5")
BINS = 30
TOTAL = 0


@checked
def foot_balance(parts: pd.DataFrame) -> pd.DataFrame:
    """Compute the balance of the inner against the outer foot in each step, by impulse.

    Parameters
    ----------
    parts : DataFrame
        Table of `region_steps` with the ten regions of `regions.find`.

    Returns
    -------
    DataFrame of one row per stance: `foot_balance_pct`, 100 · (m − l)/(m + l); m of the inner heel and metatarsals 1
    and 2, l of the outer heel and 3 to 5; positive inwards. `cut` as in the table. NaN where neither was loaded.

    Raises
    ------
    InvalidData
        When one of these regions is not there, as where the foot's side is not known.

    Notes
    -----
    Manual of footscan 9, which gives no divisor. By rows: `foot_balance_curve`.
    """
    impulse = _by_region(parts, first_of(parts, IMPULSES.values(), "impulse"), (*MEDIAL, *LATERAL))
    balance = _balance(impulse[list(MEDIAL)].sum(axis=1), impulse[list(LATERAL)].sum(axis=1))
    table = pd.DataFrame({"foot_balance_pct": balance, "cut": _cut(parts)}, index=impulse.index)
    return described(table, "foot_balance", parts)


@checked
def foot_balance_curve(curves: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Compute the balance of the inner against the outer foot in each row, by force.

    Parameters
    ----------
    curves : dict of region to DataFrame
        Of `region_curves` with the ten regions of `regions.find`.

    Returns
    -------
    DataFrame of n rows, index `time`: `foot_balance_pct`, as `foot_balance` has it; NaN in rows without load.

    Raises
    ------
    InvalidData
        When one of the regions is not there.
    """
    _check((*MEDIAL, *LATERAL), curves)
    medial, lateral = (
        pd.concat([curves[name].iloc[:, TOTAL] for name in of], axis=1).sum(axis=1) for of in (MEDIAL, LATERAL)
    )
    table = pd.DataFrame({"foot_balance_pct": _balance(medial, lateral)}, index=curves["mt1"].index)
    return described(table, "foot_balance_curve", dict(curves))


@checked
def forefoot_ratio(parts: pd.DataFrame) -> pd.DataFrame:
    """Compute the load of the forefoot over that of the heel in each step.

    Parameters
    ----------
    parts : DataFrame
        Table of `region_steps` with a heel, in one or halved, and metatarsals 1 to 5, or with `forefoot`.

    Returns
    -------
    DataFrame of one row per stance: `forefoot_rearfoot_ratio`, of the impulses, and `forefoot_rearfoot_peak_ratio`, of
    the largest pressures; `cut` as in the table. NaN where the heel was not loaded.

    Raises
    ------
    InvalidData
        When there is no heel or no forefoot.

    Notes
    -----
    After Caselli 2002. Without toes.
    """
    there = list(dict.fromkeys(parts.index.get_level_values("region"))) if "region" in parts.index.names else []
    heel = [name for name in HEELS if name in there] or list(HEELS[:1])
    fore = ["forefoot"] if "forefoot" in there else list(METATARSALS)
    impulse = _by_region(parts, first_of(parts, IMPULSES.values(), "impulse"), (*heel, *fore))
    peak = _by_region(parts, first_of(parts, PEAKS, "peak"), (*heel, *fore))
    ratios = {
        "forefoot_rearfoot_ratio": _over(impulse[fore].sum(axis=1), impulse[heel].sum(axis=1)),
        "forefoot_rearfoot_peak_ratio": _over(peak[fore].max(axis=1), peak[heel].max(axis=1)),
    }
    return described(pd.DataFrame(ratios, index=impulse.index).assign(cut=_cut(parts)), "forefoot_ratio", parts)


@checked
def dpli(stats: pd.DataFrame, stances: pd.DataFrame) -> pd.DataFrame:
    """Compute the dynamic peak loading index of each stance: how near its peak pressures lie to a normal distribution.

    Parameters
    ----------
    stats : DataFrame
        Per-frame table with a peak pressure, of the foot or of a region, n rows, indexed by time.
    stances : DataFrame
        Table of `stances` of the same rows; of those that an edge cuts it is NaN.

    Returns
    -------
    DataFrame of one row per stance: `dpli`, the adjusted R² between the histogram of the peak curve and a normal
    curve; 1 at most, NaN where the curve does not vary. `cut` as in the table.

    Raises
    ------
    InvalidData
        When there is no peak.

    Notes
    -----
    As the R package pressuRe has it, after Najafi 2010, doi 10.1016/j.gaitpost.2009.09.003: the curve on 101 points,
    30 bins from its least to its largest value, a normal curve of its mean and SD at the middle of the bins. No table
    of Barograph has it by default.
    """
    check_columns("stances", stances, STANCE_COLUMNS, "stances")
    curves = stance_curves(stats, stances, first_of(stats, PEAKS, "peak"), points=POINTS)
    table = pd.DataFrame({"dpli": np.nan, "cut": stances["cut"].to_numpy(bool)}, index=stances.index)
    table.loc[curves.index, "dpli"] = [_dpli(curve) for curve in curves.to_numpy(np.float64)]
    return described(table, "dpli", {"stats": stats, "stances": stances})


def _dpli(curve: Floats) -> float:
    sd = curve.std(ddof=1)
    if not sd > 0:
        return float("nan")
    edges = np.linspace(curve.min(), curve.max(), BINS + 1)
    # Bins that are closed on the right, the first on both sides.
    which = np.clip(np.searchsorted(edges, curve, side="left") - 1, 0, BINS - 1)
    counts = np.bincount(which, minlength=BINS).astype(np.float64)
    normal = np.exp(-0.5 * (((edges[1:] + edges[:-1]) / 2 - curve.mean()) / sd) ** 2)
    share = np.corrcoef(counts, normal)[0, 1] ** 2
    return float(1.0 - (1.0 - share) * (BINS - 1) / (BINS - 2))


def _check(names: tuple[str, ...], there: Mapping[str, object]) -> None:
    lacking = [name for name in names if name not in there]
    if lacking:
        raise InvalidData(f"parts: expected the region {lacking[0]}, got {', '.join(there)[:80]}", field="parts")


def _by_region(parts: pd.DataFrame, column: str, names: tuple[str, ...]) -> pd.DataFrame:
    """A column of a table of `region_steps` as one row per stance and one column per region."""
    if list(parts.index.names) != ["stance", "region"]:
        raise InvalidData(f"parts: expected a table of region_steps, got an index {parts.index.names}", field="parts")
    wide = parts[column].unstack("region") if len(parts) else pd.DataFrame(columns=list(names), dtype=np.float64)
    _check(names, dict.fromkeys(wide.columns))
    return wide.rename_axis("stance")


def _cut(parts: pd.DataFrame) -> pd.Series:
    return parts["cut"].groupby(level="stance").first().astype(bool)


def _balance(medial: pd.Series, lateral: pd.Series) -> pd.Series:
    return 100.0 * _over(medial - lateral, medial + lateral)


def _over(a: pd.Series, b: pd.Series) -> pd.Series:
    return a / b.where(b > 0)
