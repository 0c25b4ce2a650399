"""Measures of steps that are put side by side, and how each is shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import pandas as pd

from analytics.gait.loading import is_coarse
from barograph.frames import Layout
from dashboard.reading.soles import estimated


@dataclass(frozen=True)
class Measure:
    """A row of the table of left and right: a column of the steps, and how it is shown."""

    name: str
    title: str
    unit: str
    factor: float = 1.0
    digits: int = 0
    coarse: bool = False  # a loading rate from too few rows

    @property
    def plain(self) -> str:
        """The title as text, with its mark."""
        return f"{self.title} (coarse)" if self.coarse else self.title

    def on(self, layouts: Iterable[Layout]) -> Measure:
        """Return the measure as these sensors have it: a force that their cells carry in part is an estimate."""
        return replace(self, title=estimated(self.title, self.unit, layouts))

    def of(self, *tables: pd.DataFrame) -> Measure:
        """Return the measure as these tables of steps have it: marked where one of them has it from too few rows."""
        return replace(self, coarse=any(is_coarse(self.name, table) for table in tables))


MEASURES = (
    Measure("contact_s", "Contact time", "ms", 1000.0),
    Measure("max_total_force_n", "Peak force", "N"),
    Measure("max_raw_sum", "Highest raw sum", "counts"),
    Measure("max_peak_kpa", "Peak pressure", "kPa"),
    Measure("max_peak_n", "Highest area", "N"),
    Measure("max_raw_peak", "Raw peak", "counts"),
    Measure("impulse_ns", "Impulse", "N·s"),
    Measure("average_loading_rate_n_s", "Loading rate", "kN/s", 0.001, 1),
    Measure("swing_s", "Swing time", "ms", 1000.0),
    Measure("stride_s", "Stride time", "ms", 1000.0),
    Measure("step_s", "Step time", "ms", 1000.0),
    Measure("duty_pct", "Stance phase", "%", 1.0, 1),
    Measure("double_support_pct", "Double support", "% of stride", 1.0, 1),
)
