"""Definitions of columns of footprints, and of steps over a plate or walkway."""

from __future__ import annotations

from collections.abc import Iterator

from analytics.definitions.column import Column

HUXHAM = "From the heel centres of three prints in a row; after Huxham 2006."
PRINTS = (
    ("walk", "", "Walk", "Which pass over the plate the print belongs to.", "number from 0",
     "A pass of one person: the next step within 2 s, 1.3 m, and not behind."),
    ("side_by", "", "Side by", "What told the side: the prints before and after (`neighbours`), the foot in turn at an "
     "end (`order`), the waist (`shape`), the layout, or a correction (`hand`).", "a word",
     "Empty where nothing told it."),
    ("cut_edge", "", "Cut by the edge", "A cell on the border of the plate is loaded.", "p > p0 on the border",
     "Length, width and steps are left out then."),
    ("overlap", "", "Prints that touch", "Larger than 330 × 150 mm: two prints or more at one time and place.",
     "extent along the principal axes", "Left out until it is split by hand."),
    ("foot_length_mm", "mm", "Foot length", "Length of the print along its axis, from heel to toes.",
     "max s − min s + 2h", "The axis of `regions.find`; h is half of a cell's extent along it."),
    ("foot_width_mm", "mm", "Foot width", "Extent across the axis at the ball, from 50 to 85 % of the length.",
     "max t − min t + 2h", "Of loaded cells: a print is a little smaller than the foot."),
    ("heel_x_mm", "mm", "Heel x", "Centre of the heel's cells.", "mean x of cells with f ≤ 0.20",
     "On the layout's axes."),
    ("heel_y_mm", "mm", "Heel y", "Centre of the heel's cells.", "mean y of cells with f ≤ 0.20",
     "On the layout's axes."),
    ("axis_deg", "°", "Foot axis", "Direction of the print from its heel to its ball, from the plate's front, positive "
     "to the right.", "atan2(dₓ, d_y)", "Against the way of the walker it is the progression angle."),
    ("why", "", "Why not", "Why the print has no axis.", "a text", "Empty where it has one."),
    ("mark", "", "Mark", "A moment in µs and a cell by which corrections find the print.",
     "t:row:column of the largest value", "Thresholds do not move it."),
)  # fmt: skip
STEPS = (
    ("step_length_mm", "mm", "Step length", "From the heel of one foot to that of the other, along the way.",
     "AB · AC/|AC|", HUXHAM),
    ("step_width_mm", "mm", "Step width", "From the heel of one foot to that of the other, across the way; negative "
     "when feet cross.", "AB across AC, positive to the side of the landing foot", HUXHAM),
    ("stride_length_mm", "mm", "Stride length", "From a heel to the next of the same foot.", "|AC|", HUXHAM),
    ("progression_deg", "°", "Progression angle", "The axis of a print against the way, toes out positive.",
     "angle of d against AC", HUXHAM),
    ("speed_m_s", "m/s", "Speed", "Stride length over stride time.", "|AC| / (t(C) − t(A))", "Over the plate alone."),
)  # fmt: skip


def print_definitions() -> Iterator[Column]:
    """Yield every column of footprints and of steps over a plate."""
    yield from (Column(*row) for row in (*PRINTS, *STEPS))
    yield Column("n_prints", "", "Prints", "Whole prints, neither cut nor touching.", "n", "Others are over these.")
