"""What quantities, their columns and regions are called where people read them."""

from __future__ import annotations

from collections.abc import Sequence

from analytics.columns import definition
from analytics.tables import QUANTITIES

# Columns whose definition is of an axis, and that are shown as a way.
OF_AXES = {"y": "CoP front–back", "x": "CoP side"}
REGIONS = {
    "heel": "Heel", "heel_medial": "Heel, inner", "heel_lateral": "Heel, outer", "midfoot": "Midfoot",
    "hallux": "Hallux", "toes": "Toes 2–5", "front": "Front third", "middle": "Middle third", "rear": "Rear third",
    **{f"mt{i}": f"Metatarsal {i}" for i in range(1, 6)},
}  # fmt: skip
# Of a curve over the stance, where the unit stands beside it.
CURVES = {
    "total_force_n": "Force", "pressure_sum_kpa": "Pressure sum", "raw_sum": "Raw sum", "peak_kpa": "Peak",
    "peak_n": "Highest area", "raw_peak": "Raw peak", "contact_area_cm2": "Area", "contact_area_cell": "Area",
}  # fmt: skip


def region(name: str) -> str:
    """Return a region's name as people say it."""
    return REGIONS.get(name, name.replace("_", " ").capitalize())


def quantity(name: str, column: str) -> str:
    """Return what a quantity is called, of which a stream has this column."""
    return OF_AXES.get(name) or definition(column).title


def column_of(name: str, columns: Sequence[str]) -> str | None:
    """Return the column of a stream that has a quantity, or None."""
    return next((one for one in QUANTITIES.get(name, ()) if one in columns), None)
