"""Names of the columns of a frame's shape."""

from __future__ import annotations

from barograph.frames import Layout

QUADRANTS = ("front_left", "front_right", "back_left", "back_right")


def shape_columns(layout: Layout) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Return names of the quadrants; of gradient and spread; of the saturated cells.

    Without places there are neither, with relative ones quadrants alone.
    """
    quadrants = tuple(f"load_{part}_pct" for part in QUADRANTS) if layout.placed else ()
    if layout.places in ("none", "relative"):
        return quadrants, (), ("n_saturated",)
    length, per = layout.length, "cell" if layout.length == "cell" else "cm"
    gradient = "gradient" if layout.places == "grid" else "gradient_plane"
    spread = (f"spread_major_{length}", f"spread_minor_{length}", "spread_angle_deg", f"spread_area_{length}2")
    return quadrants, (f"{gradient}_{layout.suffix}_{per}", *spread), ("n_saturated",)
