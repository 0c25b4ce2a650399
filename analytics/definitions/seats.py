"""Definitions of the measures of seats and saddles."""

from __future__ import annotations

from collections.abc import Iterator

from analytics.definitions.column import Column

ISO = "ISO/TR 16840-9, read through a vendor's manual."
LEVEL = "The level is 4.266 kPa (32 mmHg) unless said; see attrs."
SIZES = "Of the 2 × 3 parts of the sensor."


def seat_definitions() -> Iterator[Column]:
    """Yield every column of the tables of `analytics.seat` and `analytics.saddle`."""
    yield from (Column(*row) for row in (*SEAT, *SADDLE))
    for length, unit in (("mm", "mm"), ("cell", "cells"), ("rel", "parts of the sensor")):
        yield Column(
            f"cop_drift_x_{length}_min",
            f"{unit}/min",
            "Drift of the CoP x",
            "Median slope of the centre of pressure to the right; missing for fewer than ten frames in contact.",
            "med Δx/Δt",
            "Theil–Sen, as `analytics.drift`, which gives the interval, too.",
        )


SEAT = (
    (
        "ppi_kpa",
        "kPa",
        "Peak pressure index",
        "Mean pressure of 9.5 cm² about the highest cell: its highest neighbours by an edge, the last cell in part.",
        "Σ p·a / 9.5 cm²",
        ISO,
    ),
    (
        "cov_pct",
        "%",
        "Coefficient of variation",
        "SD of the loaded cells over their mean: 0 when all carry the same.",
        "100 · SD (ddof 0) / mean, p > p0",
        ISO,
    ),
    (
        "dispersion_index_pct",
        "%",
        "Dispersion index",
        "Share of a drawn region in the load of all cells; without a region there is none.",
        "100 · Σ p·a (region) / Σ p·a",
        ISO,
    ),
    ("cells_above", "", "Cells above the level", "Cells that were ever above it.", "n (Σ Δt > 0)", LEVEL),
    (
        "cells_held",
        "",
        "Cells held above the level",
        "Cells that stayed above it for 2 s or more unless said, without a pause.",
        "n (longest ≥ hold)",
        LEVEL,
    ),
    (
        "longest_above_s",
        "s",
        "Longest above the level",
        "Longest time that one cell stayed above it; each frame lasts until the next one.",
        "max Σ Δt",
        LEVEL,
    ),
    (
        "time_above_cm2_s",
        "cm²·s",
        "Cell-time above the level",
        "Area of each cell times the seconds that it was above; each frame lasts until the next one.",
        "Σ a·Δt, p > level",
        LEVEL,
    ),
)
SADDLE = (
    (
        "bridging_ratio",
        "",
        "Bridging ratio",
        "Mean pressure of loaded cells of the middle third over that of front and rear, each over time.",
        "middle / ((front + rear) / 2)",
        SIZES,
    ),
    ("bridged", "", "Bridged", "The middle carries less than the limit, 0.5 unless said.", "ratio < 0.5", SIZES),
    (
        "side_index_pct",
        "%",
        "Side index",
        "Difference of the mean totals of right and left over their mean; positive when the right carries more.",
        "200·(R − L)/(R + L)",
        "A vendor's program calls it slip; it says which side carries, not what moves.",
    ),
    ("uneven", "", "Uneven", "The side index lies beyond the limit, 15 % unless said.", "|index| > 15 %", SIZES),
)
