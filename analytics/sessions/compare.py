"""Two sessions side by side: differences of measures and curves with their intervals, and of maps aligned first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import scipy

from analytics.base import bounds
from analytics.base.arguments import checked
from analytics.gait.symmetry import MEASURES, moments, whole
from analytics.maps.maps import as_map, peak_map, unit
from analytics.maps.placement import Alignment, placement, read_at
from analytics.tables import described
from barograph.errors import InvalidData
from barograph.frames import Floats, Layout, Recording


@checked
def compare(
    a: pd.DataFrame, b: pd.DataFrame, columns: Sequence[str] | None = None, *, confidence: float = 0.95
) -> pd.DataFrame:
    """Compare the steps of two sessions, measure by measure.

    Parameters
    ----------
    a, b : DataFrame
        One row per step, as `stances` or `steps` makes them; stances that an edge cuts are left out.
    columns : sequence of str, optional
        Which measures; by default times, peaks and impulses that both tables have.
    confidence : float, default 0.95
        Of the intervals.

    Returns
    -------
    DataFrame of one row per measure, index `measure`: `mean_a`, `sd_a` (ddof 1), `n_a`, the same of b, `difference` b −
    a with `difference_low` and `difference_high` (Welch), `hedges_g` with `hedges_g_low` and `hedges_g_high`. Fewer
    than two values on a side: no interval and no g; no spread at all: no g.

    Raises
    ------
    InvalidData
        When a column is missing in a table, or the confidence is not between 0 and 1.

    Notes
    -----
    g = J·(mean_b − mean_a)/s, s pooled with ddof 1, J = 1 − 3/(4·(n_a + n_b − 2) − 1); its interval is the large-sample
    one of Hedges and Olkin 1985. Steps of one person are not independent: the intervals are too narrow for more than
    these two sessions.
    """
    bounds.number("confidence", confidence, above=0, below=1)
    chosen = tuple(columns) if columns is not None else tuple(n for n in MEASURES if n in a and n in b)
    rows = [_row(moments(whole(a), name), moments(whole(b), name), confidence) for name in chosen]
    names = [f"{what}_{which}" for which in "ab" for what in ("mean", "sd", "n")]
    names += ["difference", "difference_low", "difference_high", "hedges_g", "hedges_g_low", "hedges_g_high"]
    table = pd.DataFrame(rows, columns=names, index=pd.Index(chosen, name="measure"), dtype=np.float64)
    return described(table, "compare", {"a": a, "b": b}, columns=list(chosen), confidence=confidence)


@checked
def difference_curves(a: pd.DataFrame, b: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """Compare two sets of curves point by point, b − a.

    Parameters
    ----------
    a, b : DataFrame
        One row per stance and the same columns, as `stance_curves` makes them.
    confidence : float, default 0.95
        Of the intervals.

    Returns
    -------
    DataFrame of one row per point, with the index that the columns were: `mean_a`, `sd_a` (ddof 1), `n_a`, the same of
    b, `difference` b − a with `difference_low` and `difference_high` (Welch). Fewer than two values on a side: no
    interval.

    Raises
    ------
    InvalidData
        When the curves have different points, or the confidence is not between 0 and 1.

    Notes
    -----
    Each point has an interval of its own: of a hundred points that differ in nothing, five leave 0 at 95 %.
    """
    bounds.number("confidence", confidence, above=0, below=1)
    if list(a.columns) != list(b.columns):
        raise InvalidData(f"points: expected the same of both, got {len(a.columns)} and {len(b.columns)}")
    rows = []
    for one, other in zip(a.to_numpy(np.float64).T, b.to_numpy(np.float64).T, strict=True):
        first, second = (_group(values[~np.isnan(values)]) for values in (one, other))
        rows.append(
            (*first[1:], first[0], *second[1:], second[0], second[1] - first[1], *_welch(first, second, confidence))
        )
    names = [f"{what}_{which}" for which in "ab" for what in ("mean", "sd", "n")]
    names += ["difference", "difference_low", "difference_high"]
    table = pd.DataFrame(rows, columns=names, index=a.columns, dtype=np.float64)
    return described(table, "difference_curves", {"a": a, "b": b}, confidence=confidence)


Group = tuple[int, float, float]


def _group(values: Floats) -> Group:
    n = len(values)
    return n, float(values.mean()) if n else np.nan, float(values.std(ddof=1)) if n > 1 else np.nan


def _row(a: Group, b: Group, confidence: float) -> tuple[float, ...]:
    return (a[1], a[2], a[0], b[1], b[2], b[0], b[1] - a[1], *_welch(a, b, confidence), *_hedges(a, b, confidence))


def _welch(a: Group, b: Group, confidence: float) -> tuple[float, float]:
    (n_a, mean_a, sd_a), (n_b, mean_b, sd_b) = a, b
    if n_a < 2 or n_b < 2:
        return np.nan, np.nan
    part_a, part_b = sd_a**2 / n_a, sd_b**2 / n_b
    if part_a + part_b == 0:
        return mean_b - mean_a, mean_b - mean_a
    df = (part_a + part_b) ** 2 / (part_a**2 / (n_a - 1) + part_b**2 / (n_b - 1))
    half = scipy.stats.t.ppf(0.5 + confidence / 2, df) * np.sqrt(part_a + part_b)
    return mean_b - mean_a - half, mean_b - mean_a + half


def _hedges(a: Group, b: Group, confidence: float) -> tuple[float, float, float]:
    (n_a, mean_a, sd_a), (n_b, mean_b, sd_b) = a, b
    if n_a < 2 or n_b < 2:
        return (np.nan,) * 3
    df = n_a + n_b - 2
    pooled = np.sqrt(((n_a - 1) * sd_a**2 + (n_b - 1) * sd_b**2) / df)
    if pooled == 0:
        return (np.nan,) * 3
    g = (1.0 - 3.0 / (4.0 * df - 1.0)) * (mean_b - mean_a) / pooled
    spread = np.sqrt((n_a + n_b) / (n_a * n_b) + g**2 / (2.0 * (n_a + n_b)))
    half = scipy.stats.norm.ppf(0.5 + confidence / 2) * spread
    return float(g), float(g - half), float(g + half)


@checked
def difference_map(
    a: Recording,
    b: Recording,
    maps: tuple[pd.DataFrame, pd.DataFrame] | None = None,
    *,
    align: Alignment = "outline",
    turn: bool = True,
) -> pd.DataFrame:
    """Subtract the map of one recording from that of another, b − a, on the cells of a.

    Parameters
    ----------
    a, b : Recording
        Of one unit (both calibrated, or both raw); shapes and pitches may differ.
    maps : pair of DataFrame, optional
        A map of each (`mean_map`, `pti_map`, …); by default their peak maps.
    align : "outline", "cop" or "none", default "outline"
        Move b so that middles meet: of the boxes around the cells that exist (on a plate: that were loaded), or of the
        maps' centres of pressure; or not at all.
    turn : bool, default True
        Before that, turn b about its middle so that long axes meet, where both have one.

    Returns
    -------
    DataFrame (rows, cols) like a's map; between cells b is interpolated linearly, outside of b it is NaN.
    `attrs["turn_deg"]` is by how many degrees b was turned, from x towards y, None where it was not;
    `attrs["shift"]` how far its middle was then moved along x and y, in mm (in cells without a pitch).

    Raises
    ------
    InvalidData
        When one is calibrated and the other not, only one has a pitch, or the alignment is of another name.

    Notes
    -----
    The long axis is the principal axis of second moments about the middle: of the load on a plate that is aligned by
    "cop", of the loaded cells of any other plate, and of the cells that exist of whatever is worn or sat on, where a
    load that lies otherwise is a difference and no other place. Two insoles of one layout are never turned. There is
    no axis without a pitch, or where the minor semi-axis is more than 0.8 of the major one; axes more than 45° apart
    are not made to meet. An axis has no direction: footprints that point opposite ways stay so.
    """
    _check(a.layout, b.layout, align)
    first, second = maps or (peak_map(a), peak_map(b))
    one, other = first.to_numpy(np.float64), second.to_numpy(np.float64)
    placed = placement(a.layout, b.layout, (one, other), align, turn=turn)
    moved = read_at(a.layout, b.layout, other, placed)
    of = str(first.attrs.get("unit", unit(a.layout)))
    how = {"align": align, "turn": turn, "turn_deg": placed.turn_deg, "shift": [float(v) for v in placed.shift]}
    return as_map(moved - one, a.layout, "difference_map", of, {"a": first, "b": second}, **how)


def _check(a: Layout, b: Layout, align: str) -> None:
    if align not in ("outline", "cop", "none"):
        raise InvalidData(f"align: expected outline, cop or none, got {align!r}", field="align")
    if a.quantity != b.quantity:
        raise InvalidData(f"unit: expected two pressures or two raw streams, got {a.unit} and {b.unit}", field="unit")
    if not a.placed or not b.placed:
        raise InvalidData("geometry: expected cells whose places are known", field="geometry")
    if a.length != b.length:
        raise InvalidData("pitch_mm: expected both recordings with a pitch or both without", field="pitch_mm")
