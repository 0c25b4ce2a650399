"""Definitions of columns of jumps, drop jumps and hops."""

from __future__ import annotations

from collections.abc import Iterator

from analytics.definitions.column import Column

MCMAHON = "McMahon et al. 2018, doi 10.1519/SSC.0000000000000375."
OWEN = "Owen et al. 2014, doi 10.1519/JSC.0000000000000311."
EBBEN = "Ebben and Petushek 2010, doi 10.1519/JSC.0b013e3181e72466."
PHASES = (
    ("unweighting", "Unweighting", "From the onset to the lowest velocity."),
    ("braking", "Braking", "From the lowest velocity, of a drop jump from touch-down, until the velocity is 0."),
    ("propulsion", "Propulsion", "From velocity 0 to take-off."),
    ("landing", "Landing", "From landing until the velocity is 0 again."),
)


def jump_definitions() -> Iterator[Column]:
    """Yield every column of the tables of `analytics.jumps`, `analytics.drop_jumps` and `analytics.hops`."""
    for rows in (MOMENTS, WEIGHT, HEIGHTS, MOTION, FORCES, REBOUNDS, FLAGS):
        yield from (Column(*row) for row in rows)
    yield from _phases()
    yield from _by_foot()


def _phases() -> Iterator[Column]:
    for name, title, meaning in PHASES:
        source = "By rows; the velocity is that of the impulse." if name != "landing" else "Missing where it goes on."
        yield Column(f"{name}_s", "s", title, meaning, "t(end) − t(begin)", source)
    for name, title, _ in PHASES[:3]:
        yield Column(
            f"{name}_net_ns", "N·s", f"Net impulse, {title.lower()}", f"Impulse above body weight in {title.lower()}.",
            "m · (v(end) − v(begin))", "The three add up to m · v at take-off.",
        )  # fmt: skip


def _by_foot() -> Iterator[Column]:
    for name, title, _ in (*PHASES, ("contact", "Contact", "")):
        for side in ("left", "right"):
            yield Column(
                f"{name}_{side}_ns", "N·s", f"Impulse {side}, {title.lower()}",
                f"Impulse of the whole force of the {side} foot in {title.lower()}.", "∫ F dt",
                "Trapezoids between rows; body weight is in it.",
            )  # fmt: skip
        yield Column(
            f"{name}_si_pct", "%", f"Symmetry index, {title.lower()}",
            f"Of the feet’s impulses in {title.lower()}; positive when the right one is larger.",
            "200 · (R − L) / (R + L)", "Robinson, Herzog and Nigg 1987. Feet calibrated differently look unequal.",
        )  # fmt: skip


MOMENTS = (
    ("weighing", "UTC", "Weighing", "First row of the body weight.", "t(first)", "Missing for an entered weight."),
    (
        "onset",
        "UTC",
        "Onset",
        "Begin of the jump: after the last 0.1 s near body weight before the trough, less 30 ms.",
        "|F − BW| ≤ max(5 SD, 1 % BW) until 30 ms later",
        f"{OWEN} Going back only to BW − 5 SD misses a rise before the dip.",
    ),
    ("braking", "UTC", "Braking begins", "Row of the lowest velocity.", "t(min v)", MCMAHON),
    ("propulsion", "UTC", "Propulsion begins", "First row without a downward velocity.", "t(v ≥ 0)", MCMAHON),
    ("takeoff", "UTC", "Take-off", "First row below the limit of flight.", "t(F < flight_n)", MCMAHON),
    ("landing", "UTC", "Landing begins", "First row of the limit or more after a flight.", "t(F ≥ flight_n)", MCMAHON),
    ("stopped", "UTC", "Landing ends", "First row after landing without a downward velocity.", "t(v ≥ 0)", MCMAHON),
    ("touchdown", "UTC", "Touch-down", "First row of the limit or more after a fall or hop.", "t(F ≥ flight_n)",
     "By rows."),
)  # fmt: skip
WEIGHT = (
    (
        "body_weight_n",
        "N",
        "Body weight",
        "Mean force of the quietest second of standing before the jump, of a drop jump of the nearest standing.",
        "Σ F / n over the window of least SD",
        "SD above 1 %: half a second, then a quarter; missing where that is not quiet. Or entered.",
    ),
    ("weigh_sd_n", "N", "SD of the weighing", "Standard deviation of its rows.", "√(Σ (F − BW)² / (n − 1))", "ddof 1."),
    ("weigh_s", "s", "Length of the weighing", "1, 0.5 or 0.25 s, or of the window.", "t", "See short_weigh."),
)
HEIGHTS = (
    (
        "height_m",
        "m",
        "Height, impulse",
        "Rise of the centre of mass after take-off, by its velocity there.",
        "v² / 2g",
        "Needs weight and a quiet start: 1 % of weight is some 3 cm.",
    ),
    (
        "height_flight_m",
        "m",
        "Height, flight",
        "Height by the time in the air; of one who lands with bent knees too much.",
        "g · t² / 8",
        "Known to g · t / 4 times the time between rows.",
    ),
    ("flight_s", "s", "Flight time", "From take-off to landing.", "t(landing) − t(take-off)", "Depends on flight_n."),
    (
        "takeoff_velocity_m_s",
        "m/s",
        "Take-off velocity",
        "Velocity of the centre of mass where the force crosses the limit of flight, linear between rows.",
        "∫ (F − BW) dt / m from the onset",
        f"{OWEN} Row by row it would cost 14 mm of height at 100 Hz.",
    ),
    (
        "rsi_mod",
        "m/s",
        "RSImod",
        "Modified reactive strength index: height by impulse over the time to take-off.",
        "height / time to take-off",
        EBBEN,
    ),
)
MOTION = (
    ("time_to_takeoff_s", "s", "Time to take-off", "From the onset to take-off.", "t(take-off) − t(onset)", MCMAHON),
    ("min_velocity_m_s", "m/s", "Lowest velocity", "Fastest way down before braking.", "min v", MCMAHON),
    ("depth_m", "m", "Depth", "How far the centre of mass goes down before take-off.", "−min ∫ v dt", MCMAHON),
    ("net_impulse_ns", "N·s", "Net impulse", "Impulse above body weight until take-off.", "m · v", MCMAHON),
)
FORCES = (
    ("peak_force_n", "N", "Peak force", "Largest force from onset, or touch-down, to take-off.", "max F", "One row."),
    ("peak_power_w", "W", "Peak power", "Largest power until take-off.", "max F · v", "Too few rows below 200 Hz."),
    ("peak_landing_force_n", "N", "Peak force, landing", "Largest force of the landing.", "max F", "One row."),
)
REBOUNDS = (
    (
        "rsi",
        "m/s",
        "RSI",
        "Reactive strength index: height by flight time over contact time.",
        "height_flight / contact",
        "A contact from 5 N in place of 20 N changes it by some 6 %.",
    ),
    ("rsi_ratio", "", "RSI, ratio", "Flight time over contact time.", "flight / contact", "The other usual RSI."),
    ("series", "", "Series", "Hops that follow each other at once have one number.", "count", "From 1."),
)
FLAGS = (
    ("short_weigh", "", "Short weighing", "Weighed in less than a second.", "weigh_s < 1", "See body_weight_n."),
    ("unquiet", "", "Unquiet", "Nobody stood still: no weight or no onset is known.", "SD > 1 %", "See body_weight_n."),
    (
        "inconsistent",
        "",
        "Inconsistent",
        "Height by impulse and height by flight time differ by more than 5 cm.",
        "|height − height_flight| > 0.05",
        "A wrong weight, a sensor that reads too low, or bent knees at landing.",
    ),
)
