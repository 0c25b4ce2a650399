"""Balance: how the centre of pressure moved in a standing trial."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
import scipy

from analytics.base.arguments import checked
from analytics.base.filters import ORDER, lowpass, sampling_hz, usable_cutoff
from analytics.base.times import Times, steps_s, table_times
from analytics.sway.quiet import unquiet
from analytics.tables import centre, described
from barograph.errors import InvalidData
from barograph.frames import Floats

Ellipse = Literal["chi2", "exact"]
CIRCLE_Z = 1.645
# Ruhe, Fejer and Walker 2010, doi 10.1016/j.gaitpost.2010.09.012.
PROTOCOL = {"duration_s": 90.0, "sampling_hz": 100.0, "cutoff_hz": 10.0}
# A second eigenvalue this far below the first is rounding: the points lie on a line.
FLAT = 1e-14


class Sway(NamedTuple):
    """A track about its mean: x, y (n,), and the seconds of its steps (n − 1,), NaN where the way is not known."""

    x: Floats
    y: Floats
    step_s: Floats


@checked
def balance(
    stats: pd.DataFrame,
    *,
    ellipse: Ellipse = "chi2",
    cutoff_hz: float | None = None,
    gap_s: float | None = None,
    filtered: bool = False,
    found: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Measure a standing trial.

    Parameters
    ----------
    stats : DataFrame
        Table with `cop_x_mm` and `cop_y_mm` (or `…_cell`), n rows, indexed by time: one plate, or one foot. Rows
        without a centre of pressure are left out, and no way is counted beside them.
    ellipse : "chi2" or "exact", default "chi2"
        k of the 95 % prediction ellipse: 5.991465, or 2(n−1)(n+1)/(n(n−2))·F(.95; 2, n−2).
    cutoff_hz : float, optional
        Low-pass the track before (Butterworth, zero phase, as `filters.lowpass`), below half the sampling rate; by
        default it is not filtered.
    gap_s : float, optional
        A longer step between rows is a gap, by default 0.5 s or five usual steps.
    filtered : bool, default False
        The track is low-passed at `cutoff_hz` already: it is not filtered again.
    found : DataFrame, optional
        Table of `stances` of the same rows, which tell a walk from a standing trial; by default found with the usual
        thresholds, where the table has a load.

    Returns
    -------
    DataFrame of one row, columns explained by `columns.definition`. Fewer than 3 rows: measures are NaN; all on one
    line: areas are 0. `attrs["unquiet"]`, where it is there, says why this is not quiet standing, `attrs["protocol"]`
    is the recommended protocol, `attrs["notes"]` says where this trial falls short of it, and which part was used.

    Raises
    ------
    InvalidData
        When there is no centre of pressure, the ellipse is of another name, or the cut-off is out of its bounds.
    """
    if ellipse not in ("chi2", "exact"):
        raise InvalidData(f"ellipse: expected chi2 or exact, got {ellipse!r}", field="ellipse")
    times = table_times(stats, gap_s)
    cutoff_hz = usable_cutoff(cutoff_hz, times)
    moving = unquiet(stats, found)  # before the track is held: of hours each column takes some MB
    x, y, length = centre(stats)
    if cutoff_hz is not None and not filtered:
        x, y = lowpass(np.column_stack([x, y]), times, cutoff_hz=cutoff_hz).T
    sway = _sway(x, y, times)
    hz = sampling_hz(times.at(~np.isnan(x)))
    measures = {"n": float(len(sway.x)), "duration_s": np.nansum(sway.step_s), "sampling_hz": hz}
    measures |= _measures(sway, ellipse, length)
    table = described(
        pd.DataFrame([measures]), "balance", stats, ellipse=ellipse, cutoff_hz=cutoff_hz, order=ORDER,
        gap_s=times.gap_s, filtered=filtered,
    )  # fmt: skip
    notes = [*(f"not quiet standing: {reason}" for reason in moving), *_used(measures, stats, times)]
    table.attrs |= {"protocol": PROTOCOL, "notes": notes + _notes(measures, cutoff_hz)}
    table.attrs |= {"unquiet": moving} if moving else {}
    return table


def _used(measures: dict[str, float], stats: pd.DataFrame, times: Times) -> list[str]:
    """Which part of the rows has a centre of pressure, where it is not all of them."""
    span_s = float(times.us[-1] - times.us[0]) / 1e6 if len(times) else 0.0
    if span_s - measures["duration_s"] < max(0.05, 2.0 / measures["sampling_hz"]):
        return []
    floor = stats.attrs.get("cop_floor_n")
    why = "the load is below the floor" if floor is None else f"the load is below {floor:g} N"
    return [
        f"{measures['duration_s']:.1f} of {span_s:.1f} s have a centre of pressure; in the rest {why}, or frames lack"
    ]


def _sway(x: Floats, y: Floats, times: Times) -> Sway:
    """The rows that have a centre, about their mean; a step is known where its two rows follow each other."""
    known = np.flatnonzero(~np.isnan(x))
    step = steps_s(times.at(known))
    step[np.diff(known) > 1] = np.nan
    x, y = x[known], y[known]
    if len(known):
        x, y = x - x.mean(), y - y.mean()
    return Sway(x, y, step)


def _measures(sway: Sway, ellipse: Ellipse, length: str) -> dict[str, float]:
    x, y = sway.x, sway.y
    names = _names(length)
    if len(x) < 3:
        return dict.fromkeys(names, np.nan)
    away = np.hypot(x, y)
    path, time, swept = _ways(sway)
    velocity = path / time if time > 0 else np.nan
    mean = away.mean()
    values = (
        mean, _rms(away), _rms(x), _rms(y), np.ptp(x), np.ptp(y),
        path, velocity, velocity / (2 * np.pi * mean) if mean > 0 else np.nan, swept / time if time > 0 else np.nan,
        _hull(x, y), np.pi * (mean + CIRCLE_Z * away.std(ddof=1)) ** 2,
        *_ellipse(x, y, ellipse),
    )  # fmt: skip
    return dict(zip(names, map(float, values), strict=True))


def _names(length: str) -> tuple[str, ...]:
    return (
        f"mean_distance_{length}", f"rms_distance_{length}", f"rms_x_{length}", f"rms_y_{length}",
        f"range_x_{length}", f"range_y_{length}",
        f"path_{length}", f"mean_velocity_{length}_s", "mean_frequency_hz", f"sway_area_per_s_{length}2_s",
        f"hull_area_{length}2", f"circle95_area_{length}2",
        f"ellipse95_area_{length}2", f"ellipse95_major_{length}", f"ellipse95_minor_{length}", "ellipse95_angle_deg",
    )  # fmt: skip


def _rms(values: Floats) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


def _ways(sway: Sway) -> tuple[float, float, float]:
    """Path, its time, and the area swept about the mean, over the steps that are known."""
    known = ~np.isnan(sway.step_s)
    x, y = sway.x, sway.y
    if not known.any():
        return np.nan, np.nan, np.nan
    way = np.hypot(np.diff(x), np.diff(y))[known]
    swept = np.abs(x[1:] * y[:-1] - x[:-1] * y[1:])[known] / 2.0
    return float(way.sum()), float(sway.step_s[known].sum()), float(swept.sum())


def _hull(x: Floats, y: Floats) -> float:
    if flat(np.cov(x, y)):
        return 0.0
    return float(scipy.spatial.ConvexHull(np.column_stack([x, y])).volume)


def eigenvalues(cov: Floats) -> tuple[float, float]:
    """Return the larger and the smaller eigenvalue of a symmetric 2×2 matrix, never below 0."""
    half, apart = (cov[0, 0] + cov[1, 1]) / 2, np.hypot((cov[0, 0] - cov[1, 1]) / 2, cov[0, 1])
    larger = half + apart
    det = cov[0, 0] * cov[1, 1] - cov[0, 1] ** 2
    return float(larger), float(max(det, 0.0) / larger) if larger > 0 else 0.0


def flat(cov: Floats) -> bool:
    """Return True when points with this covariance lie on a line or in one point."""
    larger, smaller = eigenvalues(cov)
    return smaller <= FLAT * larger


def _ellipse(x: Floats, y: Floats, ellipse: Ellipse) -> tuple[float, float, float, float]:
    """Area, semi-axes and angle of the 95 % prediction ellipse."""
    cov, k = np.cov(x, y), _k(len(x), ellipse)
    larger, smaller = eigenvalues(cov)
    smaller = 0.0 if flat(cov) else smaller
    round_ = larger - smaller <= 1e-9 * larger
    angle = np.nan if round_ else np.degrees(0.5 * np.arctan2(2 * cov[0, 1], cov[0, 0] - cov[1, 1]))
    return np.pi * k * np.sqrt(larger * smaller), np.sqrt(k * larger), np.sqrt(k * smaller), angle


def _k(n: int, ellipse: Ellipse) -> float:
    if ellipse == "chi2":
        return float(scipy.stats.chi2.ppf(0.95, 2))
    return float(2 * (n - 1) * (n + 1) / (n * (n - 2)) * scipy.stats.f.ppf(0.95, 2, n - 2))


def _notes(measures: dict[str, float], cutoff_hz: float | None) -> list[str]:
    notes = []
    if measures["duration_s"] < PROTOCOL["duration_s"] - 0.5:
        notes.append(f"shorter than the recommended {PROTOCOL['duration_s']:.0f} s: {measures['duration_s']:.1f} s")
    if not measures["sampling_hz"] >= 0.99 * PROTOCOL["sampling_hz"]:
        notes.append(
            f"sampled below the recommended {PROTOCOL['sampling_hz']:.0f} Hz: {measures['sampling_hz']:.1f} Hz"
        )
    if cutoff_hz != PROTOCOL["cutoff_hz"]:
        said = "not filtered" if cutoff_hz is None else f"cut off at {cutoff_hz:g} Hz"
        notes.append(f"{said}; recommended is a cut-off of {PROTOCOL['cutoff_hz']:.0f} Hz")
    return notes
