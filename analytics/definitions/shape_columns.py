"""Names of the columns of a frame's shape."""

from __future__ import annotations

from barograph.frames import Layout

QUADRANTS = ("front_left", "front_right", "back_left", "back_right")


def shape_columns(layout: Layout) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Return names of the quadrants; of gradient and spread; of the saturated cells."""
    pressure = "kpa" if layout.calibrated else "raw"
    length, per = ("cell", "cell") if layout.pitch_mm is None else ("mm", "cm")
    spread = (f"spread_major_{length}", f"spread_minor_{length}", "spread_angle_deg", f"spread_area_{length}2")
    quadrants = tuple(f"load_{part}_pct" for part in QUADRANTS)
    return quadrants, (f"gradient_{pressure}_{per}", *spread), ("n_saturated",)
