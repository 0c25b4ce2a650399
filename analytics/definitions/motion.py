"""Definitions of columns of velocity, loading and drift."""

from __future__ import annotations

from collections.abc import Iterator

from analytics.definitions.column import Column


def motion_definitions() -> Iterator[Column]:
    """Yield every column of velocity, loading and drift that is not made of another."""
    for length, unit in (("mm", "mm/s"), ("cell", "cells/s")):
        yield from _velocity(length, unit)
    yield from _loading()
    yield from _drift()


def _velocity(length: str, unit: str) -> Iterator[Column]:
    for prefix, title, how in (
        ("", "", "central difference of the centre low-passed without a lag"),
        (
            "causal_",
            " (causal)",
            "difference to the row before, of the centre low-passed forward only, on a grid of 20 times the cut-off",
        ),
    ):
        source = "Butterworth, 4th order a pass, 10 Hz unless said; see attrs."
        for axis in "xy":
            yield Column(
                f"{prefix}cop_velocity_{axis}_{length}_s",
                unit,
                f"CoP velocity {axis}{title}",
                f"Velocity of the centre of pressure along {axis}: {how}; missing outside contact.",
                f"({axis}ᵢ₊₁ − {axis}ᵢ₋₁) / (tᵢ₊₁ − tᵢ₋₁)" if not prefix else f"({axis}ᵢ − {axis}ᵢ₋₁) / (tᵢ − tᵢ₋₁)",
                source,
            )
        yield Column(
            f"{prefix}cop_speed_{length}_s",
            unit,
            f"CoP speed{title}",
            "Length of the velocity of the centre of pressure.",
            "hypot(vx, vy)",
            source,
        )


def _loading() -> Iterator[Column]:
    rows = (
        (
            "max_loading_rate_n_s",
            "N/s",
            "Loading rate, largest",
            "Steepest step from onset to the impact peak, else to the largest force of the stance's first half.",
            "max ΔF/Δt",
            "Of rows as they are, unfiltered; coarse below 200 Hz.",
        ),
        (
            "average_loading_rate_n_s",
            "N/s",
            "Loading rate, average",
            "Slope from 20 to 80 % of the time to the impact peak; without one, from 3 to 12 % of the stance.",
            "(F(t₂) − F(t₁)) / (t₂ − t₁)",
            "Of rows as they are, unfiltered, with the force interpolated between them; coarse below 200 Hz.",
        ),
        (
            "impact_force_n",
            "N",
            "Impact peak",
            "Force at the first maximum within 75 ms and the first quarter of the stance; missing without one.",
            "F(impact)",
            "A maximum counts when the force falls from it by 2 % of its largest value or more.",
        ),
        ("impact_s", "s", "Time to impact peak", "From onset to the impact peak.", "t(impact) − start", "Of rows."),
        ("coarse", "", "Coarse", "Sampled below 200 Hz: too few rows in a rise.", "fs < 200 Hz", "By median step."),
    )
    yield from (Column(*row) for row in rows)


def _drift() -> Iterator[Column]:
    sen = "Theil–Sen; Sen 1968, doi 10.1080/01621459.1968.10480934."
    rows = (
        (
            "slope_per_min",
            "unit/min",
            "Drift",
            "Median slope of all pairs; missing for fewer than ten.",
            "med Δv/Δt",
            sen,
        ),
        ("low_per_min", "unit/min", "Drift, low", "Lower end of the slope's interval.", "Sen's interval", sen),
        ("high_per_min", "unit/min", "Drift, high", "Upper end of the slope's interval.", "Sen's interval", sen),
    )
    yield from (Column(*row) for row in rows)
