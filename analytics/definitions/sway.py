"""Definitions of the measures of standing."""

from __future__ import annotations

from collections.abc import Iterator

from analytics.definitions.column import Column

PRIETO = "Prieto et al. 1996, doi 10.1109/10.532130."
OUTLIER = "Grows with every outlier."


def sway_definitions() -> Iterator[Column]:
    """Yield every column of the tables of `analytics.balance` and `analytics.spectrum`."""
    for length, unit, square in (("mm", "mm", "mm²"), ("cell", "cells", "cells²")):
        yield from _distances(length, unit)
        yield from _path(length, unit)
        yield from _areas(length, square)
        yield from _power(length, square)
    yield from _trial()
    yield from _body()
    yield from _single_leg()


def _single_leg() -> Iterator[Column]:
    source = "By the force of the lifted foot, 20 N unless said; see attrs."
    rows = (
        (
            "single_leg_s",
            "s",
            "Time on one leg",
            "From the lift of the other foot on, without its touch-downs.",
            "Σ Δt",
        ),
        ("n_touch_downs", "", "Touch-downs", "Times that the lifted foot touched the ground.", "n"),
        ("touched_s", "s", "Time of touch-downs", "For how long the lifted foot touched the ground.", "Σ Δt"),
        ("longest_untouched_s", "s", "Longest without touch-down", "Longest time between two touch-downs.", "max Δt"),
    )
    yield from (Column(*row, source) for row in rows)


def _body() -> Iterator[Column]:
    winter = "Winter 1995, doi 10.1016/0966-6362(96)82849-9."
    for axis, way in (("x", "to the right of the middle between the heels"), ("y", "in front of the heels")):
        yield Column(
            f"net_cop_{axis}_mm",
            "mm",
            f"Net CoP {axis}",
            f"Centre of pressure of both feet, {way}, in one frame; a foot below its floor is left out.",
            f"(F_L·{axis}_L + F_R·{axis}_R) / (F_L + F_R)",
            winter,
        )
    yield Column(
        "limb_share_left_pct",
        "%",
        "Load on the left",
        "Share of the left foot in the force of both; missing without both.",
        "100·F_L / (F_L + F_R)",
        winter,
    )


def _distances(length: str, unit: str) -> Iterator[Column]:
    rows = (
        ("mean_distance", "Mean distance", "Mean distance of the centre of pressure from its mean.", "Σ r / n"),
        ("rms_distance", "RMS distance", "Root mean square distance from the mean.", "√(Σ r² / n)"),
        *(
            (f"rms_{axis}", f"RMS {axis}", f"Root mean square distance along {axis}.", f"√(Σ ({axis} − mean)² / n)")
            for axis in "xy"
        ),
    )
    for name, title, meaning, formula in rows:
        yield Column(f"{name}_{length}", unit, title, meaning, formula, PRIETO)
    for axis in "xy":
        extent = f"max {axis} − min {axis}"
        yield Column(f"range_{axis}_{length}", unit, f"Range {axis}", f"Extent along {axis}.", extent, OUTLIER)


def _path(length: str, unit: str) -> Iterator[Column]:
    yield Column(
        f"path_{length}",
        unit,
        "Path length",
        "Way of the centre of pressure over consecutive rows in contact, never across a gap.",
        "Σ hypot(Δx, Δy)",
        "Grows with sampling rate and noise: compare only tracks of one rate and one filter.",
    )
    yield Column(
        f"mean_velocity_{length}_s",
        f"{unit}/s",
        "Mean velocity",
        "Path over the time it took; missing without a step.",
        "path / T, T = Σ Δt, which is (n − 1)/fs without gaps",
        PRIETO,
    )
    yield Column(
        f"sway_area_per_s_{length}2_s",
        f"{unit}²/s",
        "Sway area per second",
        "Area that the line from the mean to the centre of pressure sweeps in a second.",
        "Σ |xᵢ₊₁·yᵢ − xᵢ·yᵢ₊₁| / (2T), x and y from their means",
        PRIETO,
    )


def _areas(length: str, square: str) -> Iterator[Column]:
    yield Column(
        f"hull_area_{length}2",
        square,
        "Convex hull",
        "Area of the smallest convex figure around all rows; 0 when they lie on a line.",
        "area of the convex hull",
        f"{OUTLIER} Qhull, by way of scipy.",
    )
    yield Column(
        f"circle95_area_{length}2",
        square,
        "95 % circle",
        "Area of a circle about the mean that holds 95 % of distances, if these are normally distributed.",
        "π·(mean r + 1.645·s_r)², s_r with ddof 1",
        f"{PRIETO} There s_r has ddof 0.",
    )
    yield Column(
        f"ellipse95_area_{length}2",
        square,
        "95 % prediction ellipse",
        "Area of the ellipse that holds the next row with 95 %; not the confidence ellipse of the mean.",
        "π·k·√det S, S with ddof 1; k = 5.991465 (chi2) or 2(n−1)(n+1)/(n(n−2))·F(.95; 2, n−2) (exact)",
        "Schubert and Kirchner 2014, doi 10.1016/j.gaitpost.2013.09.001.",
    )
    for which, sign in (("major", "larger"), ("minor", "smaller")):
        yield Column(
            f"ellipse95_{which}_{length}",
            square.rstrip("²"),
            f"95 % ellipse, {which}",
            f"The {sign} semi-axis of the 95 % prediction ellipse.",
            f"√(k·λ), λ the {sign} eigenvalue of S",
            "As the area's.",
        )


def _power(length: str, square: str) -> Iterator[Column]:
    for axis in "xy":
        yield Column(
            f"power_cop_{axis}_{length}2_hz",
            f"{square}/Hz",
            f"Power of sway {axis}",
            f"Power spectral density of the centre of pressure along {axis}.",
            "mean of |FFT|² over Hann windows / (fs · Σ w²)",
            "Welch 1967, doi 10.1109/TAU.1967.1161901; 20 s windows, half overlapping, each one's trend taken out.",
        )


def _trial() -> Iterator[Column]:
    rows = (
        ("n", "", "Rows", "Rows with a centre of pressure.", "n", "All other measures are over these."),
        (
            "duration_s",
            "s",
            "Time with a centre of pressure",
            "Of a trial the time its path took: without gaps, and without times below the floor of the load.",
            "T = Σ Δt",
            "Real times; what was selected is longer where the load was taken off.",
        ),
        ("sampling_hz", "Hz", "Sampling", "Rows a second, by the median step.", "1 / median Δt", "Real times."),
        (
            "mean_frequency_hz",
            "Hz",
            "Mean frequency",
            "How often a second a circle of the mean distance would be walked at the mean velocity.",
            "mean velocity / (2π · mean distance)",
            PRIETO,
        ),
        (
            "ellipse95_angle_deg",
            "°",
            "95 % ellipse, angle",
            "Direction of the larger semi-axis from x towards y, −90 to 90; missing when round.",
            "½·atan2(2·Sxy, Sxx − Syy)",
            "As the area's.",
        ),
    )
    yield from (Column(*row) for row in rows)
