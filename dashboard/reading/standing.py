"""The centre of pressure of a standing trial for drawing: the filtered track, its hull, its ellipse, its spectrum."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, cast

import numpy as np
import pandas as pd
import scipy

from analytics import balance, body_balance, spectrum
from analytics.base.filters import lowpass
from analytics.base.times import table_times
from analytics.sway.net_cop import SHARE
from analytics.tables import centre, centre_columns
from barograph.frames import Floats
from barograph.store.ports import StreamInfo
from dashboard.drawing import words
from dashboard.drawing.gap_rule import gap_text
from dashboard.reading.data_bounds import cutoff_of
from dashboard.reading.part_query import PartQuery

LEAST = 3
Ellipse = Literal["chi2", "exact"]


def sway(
    stats: pd.DataFrame, query: PartQuery, found: pd.DataFrame | None = None, *, filtered: bool = False
) -> pd.DataFrame:
    """Return the measures of balance as every page has them: by the filter and the ellipse of the address."""
    ellipse = cast(Ellipse, query.ellipse)
    measure = body_balance if SHARE in stats else balance
    return measure(stats, ellipse=ellipse, cutoff_hz=cutoff_of(query, stats), filtered=filtered, found=found)


def moving(measures: pd.DataFrame) -> list[str]:
    """Return why measures of balance are not those of quiet standing."""
    return list(measures.attrs.get("unquiet", []))


def places_of(name: str) -> int:
    """Return the decimals that every page shows of a measure of balance."""
    return 0 if name == "n" or "2" in name.rpartition("_")[2] else 2 if "frequency" in name else 1


def filter_text(measures: pd.DataFrame) -> str:
    """Return how a track was filtered and sampled and where it is torn, which its path hangs on."""
    hz, cutoff_hz = float(measures["sampling_hz"].iloc[0]), measures.attrs["cutoff_hz"]
    sampled = f"sampled at {words.number(hz, 0 if hz >= 20 else 1)} Hz, {gap_text(measures)}"
    if cutoff_hz is None:
        return f"not filtered, {sampled}"
    return f"low-pass {cutoff_hz:g} Hz (Butterworth, order 4, zero phase), {sampled}"


@dataclass(frozen=True, eq=False)
class Track:
    """One stream's centre of pressure, low-passed; `measures` and `spectrum` are tables of `analytics`."""

    info: StreamInfo
    stats: pd.DataFrame
    at_us: Floats
    x: Floats
    y: Floats
    unit: str
    measures: pd.DataFrame
    spectrum: pd.DataFrame

    @cached_property
    def known(self) -> Floats:
        """(k, 2) places that are known, about nothing."""
        points = np.column_stack([self.x, self.y])
        return np.asarray(points[np.isfinite(points).all(axis=1)])

    @cached_property
    def hull(self) -> Floats:
        """(m, 2) corners of the convex hull; none of fewer than three places or places on a line."""
        points = self.known
        if len(points) < LEAST or np.linalg.matrix_rank(points - points.mean(axis=0), tol=1e-9) < 2:
            return np.empty((0, 2))
        return np.asarray(points[scipy.spatial.ConvexHull(points).vertices])

    @cached_property
    def ellipse(self) -> Floats:
        """(73, 2) points of the 95 % prediction ellipse, by the axes that `analytics.balance` gives."""
        row = self.measures.iloc[0]
        axes = [float(row[f"ellipse95_{name}_{self.unit}"]) for name in ("major", "minor")]
        if not np.isfinite(axes).all() or not len(self.known):
            return np.empty((0, 2))
        angle = np.radians(np.nan_to_num(float(row["ellipse95_angle_deg"])))
        turn = np.linspace(0, 2 * np.pi, 73)
        u, v = axes[0] * np.cos(turn), axes[1] * np.sin(turn)
        middle = self.known.mean(axis=0)
        out: Floats = np.column_stack([u * np.cos(angle) - v * np.sin(angle), u * np.sin(angle) + v * np.cos(angle)])
        return np.asarray(out + middle)


def track(info: StreamInfo, stats: pd.DataFrame, query: PartQuery, found: pd.DataFrame | None = None) -> Track:
    """Return the track of a stream with the filter and the ellipse of the address.

    It is filtered once for all of them.
    """
    cutoff_hz = cutoff_of(query, stats)
    times = table_times(stats)
    *places, unit = centre(stats)
    smooth = lowpass(np.column_stack(places), times, cutoff_hz=cutoff_hz)
    del places
    table = stats.assign(**dict(zip(centre_columns(stats), smooth.T, strict=True)))
    measures = sway(table, query, found, filtered=True)
    power = spectrum(table, cutoff_hz=cutoff_hz, filtered=True)
    return Track(info, stats, times.us.astype(np.float64), smooth[:, 0], smooth[:, 1], unit, measures, power)
