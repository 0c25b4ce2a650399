"""Definitions of columns that set two sides or two sessions against each other, of alarms, and of bad cells."""

from __future__ import annotations

from collections.abc import Iterator

from analytics.definitions.column import Column


def comparison_definitions() -> Iterator[Column]:
    """Yield every column of symmetry, comparison, alarms and bad cells."""
    for which, of in (("left", "the left"), ("right", "the right"), ("a", "session A"), ("b", "session B")):
        yield from _group(which, of)
    yield from (Column(*row) for row in (*SYMMETRY, *SHARES, *LOAD, *COMPARISON, *ALARMS, *CELLS, *VENDOR))


def _group(which: str, of: str) -> Iterator[Column]:
    own = "Of the measure that the row names, in its unit."
    yield Column(f"mean_{which}", "of the row", f"Mean, {which}", f"Mean of the steps of {of}.", "Σ v / n", own)
    yield Column(
        f"sd_{which}",
        "of the row",
        f"SD, {which}",
        f"SD of the steps of {of}; missing for fewer than two.",
        "ddof 1",
        own,
    )
    yield Column(f"n_{which}", "", f"Steps, {which}", f"Steps of {of} that have a value; cut ones left out.", "n", own)


SYMMETRY = (
    (
        "symmetry_index_pct",
        "%",
        "Symmetry index",
        "Difference of the means over their mean; positive when right is larger, missing when their sum is 0.",
        "200·(R − L)/(R + L)",
        "Robinson, Herzog and Nigg 1987. Look at n beside it: two steps make no symmetry.",
    ),
    (
        "symmetry_angle_pct",
        "%",
        "Symmetry angle",
        "How far the point (R, L) turns off the line of equals; positive when right is larger, missing at R + L = 0.",
        "(45° − atan2(L, R))/90° · 100",
        "Zifchock et al. 2008, doi 10.1016/j.gaitpost.2007.08.006.",
    ),
)
LOAD = (
    (
        "impulse_bw_s",
        "BW·s",
        "Impulse in body weights",
        "Sum of the force over all contacts of a foot, in body weights.",
        "Σ ∫ F dt / BW",
        "Of every contact, cut ones too, so that parts add up.",
    ),
    ("steps", "", "Steps", "Contacts of a foot that begin in a recording.", "n", "By the thresholds of its stances."),
    ("sessions", "", "Sessions", "Rows of sessions, or of their feet, that began on a day.", "n", "By the day's zone."),
)
SHARES = (
    (
        "impulse_share_pct",
        "%",
        "Share of impulse",
        "Share of this foot in the sum of both feet's mean impulses; missing where one of them is.",
        "100 · mean impulse / Σ mean impulse",
        "Of whole stances, so no step that an edge cuts counts.",
    ),
    (
        "load_share_pct",
        "%",
        "Share of load",
        "Share of this stream in the sum of the mean totals of all streams; of a region, of the stance's impulse.",
        "100 · mean F / Σ mean F; 100 · ∫F region / ∫F stance",
        "Of streams by rows, not by time, and missing where one of them is.",
    ),
)
WELCH = "Welch's interval: no equal spread is taken for granted."
HEDGES = "Hedges and Olkin 1985; the interval is that of large samples. Steps of one person are not independent."
COMPARISON = (
    ("difference", "of the row", "B − A", "Difference of the means.", "mean_b − mean_a", WELCH),
    ("difference_low", "of the row", "B − A, low", "Lower end of the difference's interval.", "Welch", WELCH),
    ("difference_high", "of the row", "B − A, high", "Upper end of the difference's interval.", "Welch", WELCH),
    (
        "hedges_g",
        "",
        "Hedges' g",
        "Difference in pooled standard deviations, freed of its bias in small samples.",
        "J·(mean_b − mean_a)/s, J = 1 − 3/(4·(n_a + n_b − 2) − 1)",
        HEDGES,
    ),
    (
        "hedges_g_low",
        "",
        "Hedges' g, low",
        "Lower end of its interval.",
        "g − z·√((n_a+n_b)/(n_a·n_b) + g²/2N)",
        HEDGES,
    ),
    (
        "hedges_g_high",
        "",
        "Hedges' g, high",
        "Upper end of its interval.",
        "g + z·√((n_a+n_b)/(n_a·n_b) + g²/2N)",
        HEDGES,
    ),
)
HOLD = "A threshold with a hold time is no diagnosis."
ALARMS = (
    ("alarm", "", "Alarm", "Name of the rule.", "name", HOLD),
    ("column", "", "Column", "Which column passed its limit.", "column", HOLD),
    ("limit", "of the column", "Limit", "The threshold.", "above or below", HOLD),
    ("raised", "UTC", "Raised", "When the alarm had held for its hold time.", "start + hold", HOLD),
    ("worst", "of the column", "Worst", "Largest value above, or smallest below, the limit.", "max or min", HOLD),
    ("open", "", "Open", "True when the table ends in the alarm.", "last row beyond", HOLD),
)
JUDGED = "Over the whole recording that was given; look at a part for a part."
CELLS = (
    ("row", "", "Row", "Row of the cell, 0 at the front.", "r", JUDGED),
    ("col", "", "Column of cells", "Column of the cell, 0 at the left.", "c", JUDGED),
    (
        "dead",
        "",
        "Dead",
        "No value in any frame, or 0 all the time while loaded neighbours lay around it for a second.",
        "max p = 0 and Σ Δt(3 neighbours loaded, 2 of them opposite) ≥ 1 s",
        JUDGED,
    ),
    (
        "stuck",
        "",
        "Stuck",
        "One value above 0 all the time, while the sum varied by 5 % or more.",
        "min p = max p",
        JUDGED,
    ),
    ("saturated", "", "Saturated", "Share of frames at the sensor's maximum, 0 to 1.", "n(p ≥ max) / n", JUDGED),
)
_PRINTED = "In the unit that the vendor prints, over the values that both have."
VENDOR = (
    ("vendor_mean", "of the row", "Vendor, mean", "Mean of what the vendor's software printed.", "Σ v / n", _PRINTED),
    ("ours_mean", "of the row", "Ours, mean", "Mean of the same measure computed here.", "Σ o / n", _PRINTED),
    (
        "vendor_max",
        "of the row",
        "Vendor, largest",
        "Largest value that the vendor's software printed.",
        "max v",
        _PRINTED,
    ),
    ("ours_max", "of the row", "Ours, largest", "Largest value of the same measure computed here.", "max o", _PRINTED),
    ("difference_mean", "of the row", "Mean difference", "Mean of ours minus the vendor's.", "Σ (o − v) / n", _PRINTED),
    (
        "difference_largest",
        "of the row",
        "Largest difference",
        "Ours minus the vendor's where it is furthest from 0.",
        "o − v at max |o − v|",
        "Half of the last printed digit is rounding alone.",
    ),
    (
        "largest_at",
        "",
        "Largest at",
        "Frame, or cell of a value per cell, of the largest difference, from 0.",
        "i",
        _PRINTED,
    ),
)
