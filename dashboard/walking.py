"""Feet of the selected part: their stances, steps and curves, with the thresholds of the address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from analytics import gait, loading_rates, stance_curves, stances, steps
from analytics.symmetry import whole
from analytics.tables import centre_columns
from barograph.frames import Floats, Layout
from barograph.ports import StreamInfo
from dashboard.curves import Curves
from dashboard.overview import side
from dashboard.parts import layout_of
from dashboard.wish import Wish

CURVES = {"force": ("total_force_n", "pressure_sum_kpa", "raw_sum"), "peak": ("peak_kpa", "raw_peak"),
          "area": ("contact_area_cm2", "contact_area_cell")}  # fmt: skip
GRAVITY = 9.80665


@dataclass(frozen=True, eq=False)
class Foot:
    """One stream that walks: its per-frame table and its stances."""

    info: StreamInfo
    stats: pd.DataFrame
    stances: pd.DataFrame

    @property
    def layout(self) -> Layout:
        """The layout."""
        return layout_of(self.info)

    @property
    def key(self) -> str:
        """`left`, `right`, or the stream's name."""
        return side(self.info) or self.info.stream.stream

    @cached_property
    def whole(self) -> pd.DataFrame:
        """Stances that no edge cuts."""
        return whole(self.stances)

    def column(self, quantity: str) -> str:
        """The column of a quantity, by what this layout has."""
        return next(name for name in CURVES[quantity] if name in self.stats)

    def curves(self, quantity: str) -> Curves:
        """The stance curves of a quantity."""
        return self._curves(self.column(quantity))

    @cached_property
    def centre(self) -> tuple[Curves, Curves]:
        """The centre of pressure over each stance: x and y on the layout's axes."""
        first, second = map(self._curves, centre_columns(self.stats))
        return first, second

    def _curves(self, name: str) -> Curves:
        return Curves(stance_curves(self.stats, self.stances, name).to_numpy(np.float64))


def foot(info: StreamInfo, stats: pd.DataFrame, wish: Wish) -> Foot:
    """A stream's stances with the thresholds of the address."""
    off = wish.off if wish.off is None or wish.on is None else min(wish.off, wish.on)
    return Foot(info, stats, stances(stats, on=wish.on, off=off, min_contact_s=wish.shortest / 1000.0))


def pair(feet: Sequence[Foot]) -> tuple[Foot, Foot] | None:
    """Left and right, where there are both."""
    sides = {one.key: one for one in feet}
    return (sides["left"], sides["right"]) if {"left", "right"} <= sides.keys() else None


def steps_of(feet: Sequence[Foot]) -> pd.DataFrame:
    """Steps of both feet, or of the one there is, with their loading rates where there is a force."""
    both = pair(feet)
    table = steps(both[0].stances, both[1].stances) if both else steps(feet[0].stances)
    rates = {}
    for name, one in zip(("left", "right"), both or feet[:1], strict=False):
        if "total_force_n" in one.stats and len(one.stances):
            rates[name] = loading_rates(one.stats, one.stances)["average_loading_rate_n_s"].to_numpy()
    table["average_loading_rate_n_s"] = np.nan
    for name, values in rates.items():
        table.loc[table["side"] == name, "average_loading_rate_n_s"] = values
    return table


def summary(feet: Sequence[Foot]) -> pd.DataFrame:
    """One row a foot and one for both, by `analytics.gait`."""
    both = pair(feet)
    return gait(both[0].stances, both[1].stances) if both else gait(feet[0].stances)


def common(feet: tuple[Foot, Foot]) -> tuple[list[tuple[Floats, Floats]], float]:
    """The mean ways of both centres in one frame, and the distance that was put between the insoles.

    x from the middle between the feet to the right, y from the heel's edge to the toes, mm or cells: an insole does not
    know where it is, so the inner edges are set `apart`.
    """
    apart = 20.0 if feet[0].layout.pitch_mm else 4.0
    ways = []
    for one, sign in zip(feet, (-1.0, 1.0), strict=True):
        x, y = one.centre
        across, along = from_inner(one, x.mean), from_heel(one, y.mean)
        ways.append((sign * (across + apart / 2), along))
    return ways, apart


def from_heel(one: Foot, y: Floats) -> Floats:
    """Distances from the back edge, of values on the layout's axis."""
    back = one.layout.y[-1]
    half = one.layout.pitch_mm[1] / 2 if one.layout.pitch_mm else 0.5
    return np.asarray(np.abs(y - back) + half)


def from_inner(one: Foot, x: Floats) -> Floats:
    """Distances from a foot's inner edge: a left foot's inner edge is at the right, seen from above."""
    inner = one.layout.x[-1] if one.key == "left" else one.layout.x[0]
    half = one.layout.pitch_mm[0] / 2 if one.layout.pitch_mm else 0.5
    return np.asarray(np.abs(x - inner) + half)


def crossing(left: tuple[Floats, Floats], right: tuple[Floats, Floats]) -> tuple[float, float] | None:
    """Where the lines from toe-off of one foot to the contact of the other cross."""
    a, b = (left[0][-1], left[1][-1]), (right[0][0], right[1][0])
    c, d = (right[0][-1], right[1][-1]), (left[0][0], left[1][0])
    if not np.isfinite([*a, *b, *c, *d]).all():
        return None
    r, s = np.subtract(b, a), np.subtract(d, c)
    turn = r[0] * s[1] - r[1] * s[0]
    if abs(turn) < 1e-9:
        return None
    t = ((c[0] - a[0]) * s[1] - (c[1] - a[1]) * s[0]) / turn
    return float(a[0] + t * r[0]), float(a[1] + t * r[1])
