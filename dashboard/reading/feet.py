"""Feet of the selected part: their stances, steps and curves, with the thresholds of the address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from analytics import gait, loading_rates, stance_curves, stances, steps
from analytics.gait.butterfly import of_tables
from analytics.gait.steps import UNKNOWN
from analytics.gait.symmetry import whole
from analytics.tables import QUANTITIES, centre_columns, first_of
from barograph.frames import Layout
from barograph.store.ports import StreamInfo
from dashboard.drawing import words
from dashboard.reading.curves import Curves
from dashboard.reading.part_query import PartQuery
from dashboard.reading.parts import layout_of
from dashboard.reading.sides import SIDES, side

CURVES = {"force": "total", "peak": "peak", "area": "area"}  # as an address names them


RATE = "average_loading_rate_n_s"
DOUBLE = "double_support_pct"
MOSTLY = 0.5


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

    @property
    def label(self) -> str:
        """L or R; of a foot of which nobody says which it is, the stream's name."""
        foot = side(self.info)
        return foot[0].upper() if foot else words.short(self.info.stream.stream)

    @cached_property
    def whole(self) -> pd.DataFrame:
        """Stances that no edge cuts."""
        return whole(self.stances)

    def column(self, quantity: str) -> str:
        """Return the column of a quantity, by what this layout has."""
        return first_of(self.stats, QUANTITIES[CURVES[quantity]], quantity)

    def curves(self, quantity: str) -> Curves:
        """Return the stance curves of a quantity."""
        return self._curves(self.column(quantity))

    @property
    def has_track(self) -> bool:
        """Whether its centre of pressure has a place in mm or cells."""
        return any(name in self.stats for name in QUANTITIES["x"])

    @cached_property
    def centre(self) -> tuple[Curves, Curves]:
        """The centre of pressure over each stance: x and y on the layout's axes."""
        first, second = map(self._curves, centre_columns(self.stats))
        return first, second

    def _curves(self, name: str) -> Curves:
        return Curves(stance_curves(self.stats, self.stances, name).to_numpy(np.float64))


def foot(info: StreamInfo, stats: pd.DataFrame, query: PartQuery) -> Foot:
    """Return a stream's stances with the thresholds of the address."""
    off = query.off if query.off is None or query.on is None else min(query.off, query.on)
    least_s, pause_s = query.shortest / 1000.0, query.pause / 1000.0
    return Foot(info, stats, stances(stats, on=query.on, off=off, min_contact_s=least_s, merge_s=pause_s))


def pair(feet: Sequence[Foot]) -> tuple[Foot, Foot] | None:
    """Return left and right, where there are both."""
    sides = {one.key: one for one in feet}
    return (sides["left"], sides["right"]) if {"left", "right"} <= sides.keys() else None


def steps_of(feet: Sequence[Foot]) -> pd.DataFrame:
    """Return steps of both feet, or of the one there is, with their loading rates where there is a force.

    Who runs has no double support: its column is left out, since 0 beside 0 is no asymmetry.
    """
    both = pair(feet)
    if both:
        table = steps(both[0].stances, both[1].stances)
    else:
        table = steps(feet[0].stances).assign(side=side(feet[0].info) or UNKNOWN)
    table = table.assign(**{RATE: np.nan, "coarse": False})
    for one in both or feet[:1]:
        if "total_force_n" in one.stats and len(one.stances):
            rates = loading_rates(one.stats, one.stances)[[RATE, "coarse"]]
            table.loc[table["side"] == (side(one.info) or UNKNOWN), [RATE, "coarse"]] = rates.to_numpy()
    table = table.astype({RATE: np.float64, "coarse": bool})
    return table.drop(columns=DOUBLE) if DOUBLE in table and runs(table) else table


def runs(timed: pd.DataFrame) -> bool:
    """Return whether most of these steps are run."""
    known = timed["mode"][timed["mode"] != ""]
    return len(known) > 0 and bool((known == "run").mean() >= MOSTLY)


def summary(feet: Sequence[Foot]) -> pd.DataFrame:
    """Return one row per foot and one for both, by `analytics.gait`."""
    both = pair(feet)
    return gait(both[0].stances, both[1].stances) if both else gait(feet[0].stances)


def strides(feet: tuple[Foot, Foot]) -> pd.DataFrame | None:
    """Return the butterfly of both feet by `analytics.butterfly`; None where a foot has no force or no places in mm."""
    tables = {side: one.stats for side, one in zip(SIDES, feet, strict=True)}
    if any("total_force_n" not in table or "cop_x_mm" not in table for table in tables.values()):
        return None
    layouts = {side: one.layout for side, one in zip(SIDES, feet, strict=True)}
    found = {side: one.stances for side, one in zip(SIDES, feet, strict=True)}
    return of_tables(tables, layouts, found)
