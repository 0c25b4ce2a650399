"""Definitions of the per-frame columns."""

from __future__ import annotations

from collections.abc import Iterator

from analytics.definitions.column import Column

LOADED = (
    "Loaded: above the contact threshold p0, which is the layout's unless asked otherwise: its contact_kpa, else 10 "
    "kPa under feet, 0.667 kPa (5 mmHg) on seats and mats, 0 for counts. Vendors differ."
)

HOLLOW = ", or when cells without one are more than 5 % of a sole whose area is known"
RELATIVE = "In parts of a length and width that are not known, so that neither mm nor a path in mm can be made of it."
CELL_UNITS = (("kpa", "kPa"), ("n", "N"), ("raw", "counts"))


def frame_definitions() -> Iterator[Column]:
    """Yield every column that a per-frame table can have."""
    yield from _totals()
    for pressure, unit in CELL_UNITS:
        yield from _loaded(pressure, unit)
    for length, unit in (("mm", "mm"), ("cell", "cells"), ("rel", "")):
        yield from _positions(length, unit)
    for area, unit in (("cm2", "cm²"), ("cell", "cells")):
        yield Column(
            f"contact_area_{area}",
            unit,
            "Contact area",
            "Area of the loaded cells; 0 without contact.",
            "Σ_L a" if area == "cm2" else "n_L",
            LOADED,
        )
    yield Column(
        "contact_pct",
        "%",
        "Contact",
        "Loaded cells among those that exist and are not dead; missing when none is left.",
        "100·n_L / n_V",
        "By number of cells, as XSENSOR prints it.",
    )
    yield from _splits()
    yield Column(
        "n_dead",
        "",
        "Dead cells",
        "Cells of the layout that have no value in this frame; they are left out of every other column.",
        "n(mask) − n_V",
        "Missing cells are NaN in float data; data of whole numbers has none.",
    )
    yield from _shape()
    yield Column(
        "n_saturated",
        "",
        "Saturated cells",
        "Cells at the sensor's maximum: the peak is at least what is shown. Missing when the maximum is not known.",
        "n(p ≥ maximum)",
        "By default the largest whole number that the stored dtype holds.",
    )


def _totals() -> Iterator[Column]:
    missing = "0 without contact, missing when no cell has a value"
    yield Column(
        "total_force_n",
        "N",
        "Total force",
        f"Force normal to the sensor; dead cells are left out; {missing}{HOLLOW}.",
        "0.1 · Σ_V p·a",
        "Pressure times area: 1 kPa on 1 cm² is 0.1 N.",
    )
    yield Column(
        "pressure_sum_kpa",
        "kPa",
        "Pressure sum",
        f"Sum over cells of a sensor whose cell areas are unknown, so that it has no force; {missing}.",
        "Σ_V p",
        "Only proportional to force, and only if all cells have one area.",
    )
    yield Column(
        "raw_sum",
        "counts",
        "Raw sum",
        f"Sum of an uncalibrated sensor's counts; {missing}{HOLLOW}.",
        "Σ_V p",
        "As Tekscan's 'Raw Sum'.",
    )
    for name, unit, title in (
        ("peak_kpa", "kPa", "Peak pressure"),
        ("peak_n", "N", "Highest area"),
        ("raw_peak", "counts", "Raw peak"),
    ):
        yield Column(
            name,
            unit,
            title,
            "Largest cell of the frame; missing when no cell has a value.",
            "max_V p",
            "One cell, without smoothing, as vendors print it.",
        )


def _loaded(pressure: str, unit: str) -> Iterator[Column]:
    yield Column(
        f"mean_loaded_{pressure}",
        unit,
        "Mean of loaded cells",
        "Mean over the loaded cells of this frame; missing without contact.",
        "Σ_L p / n_L",
        "Not force over the area ever loaded, which some tools call mean pressure.",
    )
    yield Column(
        f"min_loaded_{pressure}",
        unit,
        "Minimum of loaded cells",
        "Smallest loaded cell of this frame; missing without contact.",
        "min_L p",
        "Over loaded cells: over all cells it would be 0.",
    )
    yield Column(
        f"sd_loaded_{pressure}",
        unit,
        "SD of loaded cells",
        "Population standard deviation over the loaded cells; 0 for one cell, missing without contact.",
        "√(Σ_L (p − mean_L)² / n_L)",
        "ddof 0, in two passes, as XSENSOR prints it.",
    )


def _positions(length: str, unit: str) -> Iterator[Column]:
    for axis in "xy":
        yield Column(
            f"cop_{axis}_{length}",
            unit,
            f"Centre of pressure {axis}",
            f"Mean {axis} of the load, along the layout's {axis} axis; missing below the layout's force floor, "
            f"without a force when the sum is not above 0{HOLLOW}.",
            f"Σ_V p·a·{axis} / Σ_V p·a",
            "First moment of the pressure; cell areas are equal where they are unknown."
            + (f" {RELATIVE}" if length == "rel" else ""),
        )
    for axis in "xy":
        yield Column(
            f"peak_{axis}_{length}",
            unit,
            f"Peak location {axis}",
            f"{axis} of the 3×3 cells' centre of pressure about the largest cell, of cells that are no grid of it and "
            "its Delaunay neighbours; ties go to the lowest row, then column; missing when no cell is above 0.",
            f"Σ p·a·{axis} / Σ p·a over those cells with p > 0",
            "Finer than the cell's own centre; at saturation it tends to the middle of the plateau.",
        )


def _splits() -> Iterator[Column]:
    halves = {"left": "columns", "right": "columns", "front": "rows", "back": "rows"}
    for part, lines in halves.items():
        yield Column(
            f"load_{part}_pct",
            "%",
            f"Load {part}",
            f"Share of the load on the {part} half of the sensor, seen from above with the front up; a middle line "
            "is shared by overlap; missing when the load is not above 0.",
            f"100 · Σ_{part} p·a / Σ_V p·a",
            f"Halves by {lines}; of cells that are no grid by what of their outline, or whether their centre, is on "
            "this side of the middle of all cells. The two halves add up to 100.",
        )
    for end in ("front", "back"):
        for side in ("left", "right"):
            yield Column(
                f"load_{end}_{side}_pct",
                "%",
                f"Load {end} {side}",
                f"Share of the load on the {end} {side} quadrant; middle lines are shared by overlap; missing when the "
                "load is not above 0.",
                "100 · Σ_quadrant p·a / Σ_V p·a",
                "The four quadrants add up to 100.",
            )


def _shape() -> Iterator[Column]:
    yield from _gradients()
    about = "about the centre of pressure; missing where that is."
    for length, unit, square in (("mm", "mm", "mm²"), ("cell", "cells", "cells²")):
        for which, sign in (("major", "larger"), ("minor", "smaller")):
            yield Column(
                f"spread_{which}_{length}",
                unit,
                f"Spread, {which}",
                f"Standard deviation of the load along its {sign} axis, {about} One cell: 0.",
                f"√λ, λ the {sign} eigenvalue of Σ p·a·d·dᵀ / Σ p·a, d from the CoP",
                "Second central moments, in two passes.",
            )
        yield Column(
            f"spread_area_{length}2",
            square,
            "Spread, area",
            f"Area of the ellipse of the spread, {about} One cell: 0.",
            "π·√det",
            "Second central moments, in two passes.",
        )
    yield Column(
        "spread_angle_deg",
        "°",
        "Spread, angle",
        "Direction of the larger axis from x towards y, −90 to 90; missing when round or in one cell.",
        "½·atan2(2·Sxy, Sxx − Syy)",
        "Second central moments, in two passes.",
    )


def _gradients() -> Iterator[Column]:
    for pressure, unit in CELL_UNITS:
        for per in ("cm", "cell"):
            yield Column(
                f"gradient_{pressure}_{per}",
                f"{unit}/{per}",
                "Peak gradient",
                "Steepest slope of the pressure over the sensor; missing when no cell has a neighbour.",
                "max_V |∇p|",
                "Central differences over the pitch, one-sided at edges and beside dead cells.",
            )
    for pressure, unit in CELL_UNITS:
        yield Column(
            f"gradient_plane_{pressure}_cm",
            f"{unit}/cm",
            "Peak gradient, planes",
            "Steepest slope of the pressure over cells that are no grid; missing where no cell has three neighbours.",
            "max_V |∇p|, ∇p of the plane through a cell that fits its neighbours best",
            "Least squares over Delaunay neighbours, three or more; not comparable with a grid's.",
        )
