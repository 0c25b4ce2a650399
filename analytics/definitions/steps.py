"""Definitions of columns of stances, steps, maps and regions."""

from __future__ import annotations

from collections.abc import Iterator

from analytics.definitions.column import Column


def step_definitions() -> Iterator[Column]:
    """Yield every column of tables of stances, steps, maps and regions that is not made of another."""
    yield from _stances()
    yield from _gaps()
    yield from _impulses()
    yield from _pressure_time()
    yield from _regions()
    yield from _regions_in_steps()
    yield from (Column(*row) for row in ROLLING)
    yield from (Column(*row) for row in GAIT)


def _stances() -> Iterator[Column]:
    rows = (
        ("start", "UTC", "Start", "First row at or above the on-threshold.", "t(first)", "Heel strike, of a foot."),
        ("stop", "UTC", "End", "First row below the off-threshold after it.", "t(after)", "Toe off, of a foot."),
        ("first", "", "First row", "Number of the first row in contact.", "first", "Row of the per-frame table."),
        ("after", "", "Row after", "Number of the row after the last in contact.", "last + 1", "For slicing."),
        (
            "contact_s",
            "s",
            "Contact time",
            "Time from start to stop; of a cut stance what was recorded; of a region, its loaded frames.",
            "stop − start",
            "Depends on the thresholds, which the table carries.",
        ),
        (
            "cut",
            "",
            "Cut",
            "True when an edge of the record or a gap takes a part of the stance or flight; summaries leave it out.",
            "cut_start or cut_stop or cut_gap",
            "Its contact time and impulse are too small by an unknown amount.",
        ),
        ("cut_start", "", "Cut at start", "The record or a piece of it begins in contact.", "first", "See cut."),
        ("cut_stop", "", "Cut at end", "The record or a piece of it ends in contact.", "after", "See cut."),
    )
    yield from (Column(*row) for row in rows)


def _gaps() -> Iterator[Column]:
    rows = (
        (
            "cut_gap",
            "",
            "Gap inside",
            "Frames are missing inside the stance, for less than a pause that would end it.",
            "a gap between first and after",
            "Its times are known; its impulse lacks what is missing, and its peak may.",
        ),
        (
            "gap_before",
            "",
            "Gap before",
            "Since the stance before, or the first row, frames are missing for so long that a stance may be.",
            "a gap of min_contact_s or more, or time goes back",
            "There is no swing, stride or step time across it.",
        ),
        (
            "clock",
            "",
            "Clock",
            "How often the sender's clock had been set back until then.",
            "number of steps below 0",
            "Times of two clocks are not set against each other.",
        ),
    )
    yield from (Column(*row) for row in rows)


def _impulses() -> Iterator[Column]:
    for name, unit, what in (
        ("impulse_ns", "N·s", "force"),
        ("impulse_kpa_s", "kPa·s", "pressure sum"),
        ("impulse_raw_s", "counts·s", "raw sum"),
    ):
        yield Column(
            name,
            unit,
            "Impulse" if unit == "N·s" else f"Time integral of {what}",
            f"Integral of the {what} over the real times, never across a gap; of a stance, from its first to last row.",
            "Σ (Fᵢ + Fᵢ₊₁)/2 · (tᵢ₊₁ − tᵢ)",
            "Trapezoid; the force-time integral.",
        )


def _pressure_time() -> Iterator[Column]:
    for suffix, unit in (("kpa_s", "kPa·s"), ("n_s", "N·s"), ("raw_s", "counts·s")):
        yield Column(
            f"pti_map_max_{suffix}",
            unit,
            "PTI, largest cell",
            "Integral over time of that cell's value for which it is largest.",
            "max over cells of Σ pᵢ · Δtᵢ, Δtᵢ until the next frame",
            "One of three definitions of the pressure-time integral; 175.4 kPa·s where the others give 291.1 and 53.4.",
        )
        yield Column(
            f"pti_peak_curve_{suffix}",
            unit,
            "PTI of the peak curve",
            "Integral over time of the largest cell of each frame, whichever cell that is.",
            "Σ maxᵢ · Δtᵢ, Δtᵢ until the next frame",
            "The largest of the three; the R package pressuRe calls it novel's definition.",
        )
        yield Column(
            f"pti_mean_{suffix}",
            unit,
            "PTI, mean",
            "Impulse over the area that was ever loaded; missing where cell areas are not known.",
            "10 · impulse / area ever loaded",
            "The smallest of the three; the R package pressuRe calls it Melai's definition.",
        )
    yield Column(
        "ever_loaded_cm2",
        "cm²",
        "Area ever loaded",
        "Area of the cells that were above p0 in any frame.",
        "Σ a over cells with max over time of p > p0",
        "The footprint; p0 as for the contact area.",
    )


def _regions() -> Iterator[Column]:
    for axis, grows in (("x", "to the right, 0 between the feet"), ("y", "to the front, 0 at the heels")):
        yield Column(
            f"butterfly_{axis}_mm",
            "mm",
            f"Butterfly {axis}",
            f"Centre of pressure of both feet together, in a frame that grows {grows}.",
            f"(F_L·{axis}_L + F_R·{axis}_R) / (F_L + F_R)",
            "Cyclogram; the feet are set side by side at the distance that attrs say.",
        )
    yield Column(
        "contact_time_s",
        "s",
        "Contact time of a region",
        "Time in which the region had a loaded cell, over the whole recording.",
        "Σ Δtᵢ over frames i with contact area > 0",
        "Each frame counts until the next one; never across a gap.",
    )
    yield Column(
        "arch_index",
        "",
        "Arch index",
        "Contact area of the middle third over that of the toeless foot; barefoot plates only.",
        "A_middle / (A_front + A_middle + A_rear)",
        "Cavanagh and Rodgers 1987, doi 10.1016/0021-9290(87)90255-7; attrs say how the toes were found.",
    )
    for part in ("front", "middle", "rear"):
        for length, unit in (("cm2", "cm²"), ("cell", "cells")):
            yield Column(
                f"{part}_{length}",
                unit,
                f"Area, {part} third",
                f"Contact area of the {part} third of the toeless print.",
                "Σ a · share",
                "A cell that a border cuts is shared by its extent along the axis.",
            )


def _regions_in_steps() -> Iterator[Column]:
    yield Column(
        "max_force_n",
        "N",
        "Largest force",
        "Largest force on the region during a step.",
        "max over a stance of 0.1 · Σ p · a",
        "One row per stance; means over steps go by whole steps.",
    )
    for name, title, meaning, formula in TIMINGS:
        yield Column(
            name, "%", title, meaning, formula, "Of the whole sensor's stance; missing where nothing was loaded."
        )


DE_COCK = "Of the stance; after De Cock 2005. Missing where the order is broken, as in a forefoot strike."
ROLLING = (
    ("initial_contact_pct", "%", "Initial contact", "From contact to the first metatarsal loaded.",
     "100 · (t(first mt) − start) / stance", DE_COCK),
    ("forefoot_contact_pct", "%", "Forefoot contact", "From the first metatarsal loaded until all five have been.",
     "100 · (t(last mt) − t(first mt)) / stance", DE_COCK),
    ("foot_flat_pct", "%", "Foot flat", "From all five metatarsals loaded until the heel is off.",
     "100 · (t(heel off) − t(last mt)) / stance", DE_COCK),
    ("push_off_pct", "%", "Push-off", "From the heel being off to the end.", "100 · (stop − t(heel off)) / stance",
     DE_COCK),
    ("cpe_mm", "mm", "CoP excursion", "From the chord to the path of the centre of pressure, on the line square to the "
     "foot's axis at two thirds of its length; outwards positive.", "t(path) − t(chord)", "The first crossing; rows of "
     "20 N or more."),
    ("distal_width_mm", "mm", "Width at two thirds", "The print's width on that line.", "max t − min t + 2h over cells "
     "within s ± h", "Of loaded cells."),
    ("cpei_pct", "%", "CPEI", "Centre of pressure excursion index: the excursion over the width there.",
     "100 · excursion / width", "Song 1996, doi 10.7547/87507315-86-1-16; no published value exists for a check."),
    ("foot_balance_pct", "%", "Foot balance", "Inner heel and metatarsals 1, 2 against the outer heel and 3 to 5; "
     "positive inwards.", "100 · (m − l) / (m + l)", "Manual of footscan 9, which gives no divisor; by impulse of a "
     "step, or by force of a row."),
    ("forefoot_rearfoot_ratio", "", "Forefoot to heel", "Impulse of the metatarsals over that of the heel.",
     "Σ mt1…5 / Σ heel", "After Caselli 2002; without toes."),
    ("forefoot_rearfoot_peak_ratio", "", "Forefoot to heel, peak", "Largest pressure of the metatarsals over that of "
     "the heel.", "max mt1…5 / max heel", "After Caselli 2002; without toes."),
    ("dpli", "", "DPLI", "Dynamic peak loading index: adjusted R² between the histogram of the peak curve, 30 bins, "
     "and a normal curve.", "1 − (1 − r²) · 29/28", "Najafi 2010, doi 10.1016/j.gaitpost.2009.09.003."),
)  # fmt: skip
TIMINGS = (
    (
        "start_pct",
        "Loaded from",
        "When in the stance a cell of the region is first loaded.",
        "100 · (t(first loaded) − start) / (stop − start)",
    ),
    (
        "stop_pct",
        "Loaded until",
        "When in the stance the last loaded frame of the region ends.",
        "100 · (t(last loaded) + Δt − start) / (stop − start)",
    ),
    (
        "peak_at_pct",
        "Peak at",
        "When in the stance the region has its largest value.",
        "100 · (t(max p) − start) / (stop − start)",
    ),
)
GAIT = (
    ("side", "", "Side", "The foot that begins the row.", "left, right or unknown", "Of the table it was found in."),
    (
        "swing_s",
        "s",
        "Swing time",
        "From the end of a stance to the next start of the same foot.",
        "startᵢ₊₁ − stopᵢ",
        "Missing beside an edge or a gap, and in a pause longer than the longest stride.",
    ),
    (
        "stride_s",
        "s",
        "Stride time",
        "From a start to the next start of the same foot.",
        "startᵢ₊₁ − startᵢ",
        "Missing beside an edge or a gap, and in a pause longer than the longest stride.",
    ),
    (
        "step_s",
        "s",
        "Step time",
        "From a start of the other foot to this start.",
        "startᵢ − start of the other foot before it",
        "Missing when the same foot came before, and in a pause longer than the longest step.",
    ),
    (
        "duty_pct",
        "%",
        "Stance phase",
        "Share of the stride in which the foot is down. In running, where it is below 50 %, it is called duty factor.",
        "100 · contact / stride",
        "Missing where either is.",
    ),
    (
        "double_support_pct",
        "%",
        "Double support",
        "Share of the stride in which both feet are down.",
        "100 · Σ overlap with stances of the other foot / stride",
        "Both periods of a stride together; needs both feet on one clock.",
    ),
    (
        "single_support_pct",
        "%",
        "Single support",
        "Share of the stride in which this foot alone is down.",
        "100 · (contact − overlap with the other foot) / stride",
        "Single and double support add up to the stance phase; needs both feet on one clock.",
    ),
    (
        "flight_pct",
        "%",
        "Flight",
        "Share of the stride in which neither foot is down.",
        "100 · time without contact / stride",
        "0 in walking; needs both feet on one clock.",
    ),
    (
        "cadence_spm",
        "steps/min",
        "Cadence",
        "Steps a minute, by the median step; of one foot, by the median stride.",
        "60 / median step time, or 120 / median stride time",
        "The median leaves pauses and turns out.",
    ),
    ("n_stances", "", "Stances", "Whole stances; the edge cuts none of them.", "n", "Others are over these."),
    ("n_cut", "", "Cut stances", "Stances that are left out because an edge or a gap cuts them.", "n", "See cut."),
    ("n_steps", "", "Steps", "Steps that have a time.", "n", "Both feet together."),
)
