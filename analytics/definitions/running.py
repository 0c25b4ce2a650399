"""Definitions of columns of running."""

from __future__ import annotations

from collections.abc import Iterator

from analytics.definitions.column import Column

MORIN = "Morin 2005, doi 10.1123/jab.21.2.167; a half sine of the force is assumed."
CAVANAGH = "Cavanagh and Lafortune 1980, doi 10.1016/0021-9290(80)90033-0."
SPAN = "Between 20 and 80 % of the time to the impact peak, without one 3 and 12 % of the contact; after Milner 2006."
RUNNING = (
    ("mode", "", "Walking or running", "Whether the stance is walked or run.", "run where contact / stride < 50 %",
     "Empty where the stride is not known."),
    ("estimated", "", "Estimated", "The flight is that of one foot alone: half a stride less the contact.", "a flag",
     "The other foot was not recorded."),
    ("peak_bw", "BW", "Peak force", "Largest force of a contact in body weights.", "max F / BW", "One row; attrs have "
     "the weight."),
    ("valr_bw_s", "BW/s", "Average loading rate", "Slope of the force as the foot comes down.", "ΔF / Δt / BW", SPAN),
    ("vilr_bw_s", "BW/s", "Steepest loading rate", "Steepest step between rows that touches that span.",
     "max ΔF / Δt / BW", SPAN),
    ("impact", "", "Impact peak", "An impact peak was there.", "a peak within 75 ms and a quarter of the contact",
     "That the force falls from by 2 % of its largest value."),
    ("fmax_model_n", "N", "Largest force, model", "Largest force that contact and flight time ask for.",
     "mg · π/2 · (t_f/t_c + 1)", MORIN),
    ("fall_m", "m", "Fall of the body", "How far the body's centre goes down in contact.",
     "F·t_c²/(m·π²) − g·t_c²/8", MORIN),
    ("k_vert_kn_m", "kN/m", "Vertical stiffness", "Largest force over the fall.", "F / Δy", MORIN),
    ("leg_compression_m", "m", "Leg compression", "How much shorter the leg becomes.",
     "L − √(L² − (v·t_c/2)²) + Δy", "Needs speed and leg length; " + MORIN),
    ("k_leg_kn_m", "kN/m", "Leg stiffness", "Largest force over the leg's compression.", "F / ΔL",
     "Needs speed and leg length; " + MORIN),
    ("n_impacts", "", "Impact peaks", "Contacts with an impact peak.", "n", "Of the whole ones."),
    ("strike_index_pct", "%", "Strike index", "Where along the foot it comes down: centre of pressure of the first row "
     "of 50 N, from the heel's end.", "100 · s / length", CAVANAGH),
    ("strike", "", "Strike", "Rearfoot below 33.3 %, midfoot below 66.7 %, else forefoot.", "by the strike index",
     CAVANAGH),
)  # fmt: skip


def running_definitions() -> Iterator[Column]:
    """Yield every column of running."""
    yield from (Column(*row) for row in RUNNING)
