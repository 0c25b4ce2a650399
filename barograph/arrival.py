"""The names of the statistics that are computed as frames arrive, which follow from a layout alone.

What computes them is `analytics`; what stores them has to know how many there are, and how they are called after a
calibration, or once a geometry is chosen.
"""

from __future__ import annotations

from barograph.layout import Layout

# The columns of the basic set that have the sum and the largest of the cells: of a calibrated layout with known areas,
# of a calibrated one without, of counts.
TOTALS = ("total_force_n", "pressure_sum_kpa", "raw_sum")
PEAKS = ("peak_kpa", "peak_n", "raw_peak")
PARTS = ("left", "right", "front", "back")


def arrival_columns(layout: Layout) -> tuple[str, ...]:
    """Return the basic set that is computed as frames arrive, in the order of its columns.

    Order: total, peak, contact area, contact %, centre of pressure x, y, load left, right, front, back; the first four
    where the places of cells are not known.
    """
    area = "cell" if layout.area_cm2 is None else "cm2"
    first = (_total(layout), _peak(layout), f"contact_area_{area}", "contact_pct")
    if not layout.placed:
        return first
    return (*first, *(f"cop_{axis}_{layout.length}" for axis in "xy"), *(f"load_{part}_pct" for part in PARTS))


def _total(layout: Layout) -> str:
    force, pressure, counts = TOTALS
    if not layout.calibrated:
        return counts
    return force if layout.has_force else pressure


def _peak(layout: Layout) -> str:
    pressure, force, counts = PEAKS
    return {"pressure": pressure, "force": force, "counts": counts}[layout.quantity]
