"""Countermovement and squat jumps of a plate, of two plates, or of two insoles.

Terms: jump (docs/glossary.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from analytics.base import bounds
from analytics.base.arguments import checked
from analytics.jumps import measures, weighing
from analytics.jumps.flights import FLIGHT_N, SHORTEST_S, Unloaded, unloaded
from analytics.jumps.force import GRAVITY, Force, force_of
from analytics.jumps.motion import PHASES, Motion, motion_of, onset_of
from analytics.jumps.result import about, check_weight, made_of, seconds, table_of
from analytics.jumps.weighing import Weighing
from analytics.tables import described
from barograph.errors import InvalidData

Kind = Literal["cmj", "squat"]
TIMES = ("weighing", "onset", "braking", "propulsion", "takeoff", "landing", "stopped")
FLAGS = ("cut", "coarse", "short_weigh", "unquiet", "inconsistent")


class Limits(NamedTuple):
    """How jumps are looked for."""

    kind: Kind
    flight_n: float
    window: tuple[float, float] | None
    body_weight_n: float | None
    braking_limit_m_s: float


@checked
def jumps(
    left: pd.DataFrame,
    right: pd.DataFrame | None = None,
    *,
    kind: Kind = "cmj",
    flight_n: float = FLIGHT_N,
    window: tuple[float, float] | None = None,
    body_weight_n: float | None = None,
    braking_limit_m_s: float = 0.0,
    gap_s: float | None = None,
) -> pd.DataFrame:
    """Find jumps and measure them.

    Parameters
    ----------
    left, right : DataFrame
        Per-frame tables of `frame_stats` with `total_force_n`, indexed by time: of two feet or plates on one clock,
        which are added at the times of the first. One plate alone is given as `left`; it has no left and right.
    kind : "cmj" or "squat", default "cmj"
        A countermovement jump has phases of unweighting and braking; a squat jump is propulsion from its onset on.
    flight_n : float, default 20
        A flight is from the first row below it to the first of it or more. Above the preload of a shoe.
    window : (float, float), optional
        Seconds after the first row from and until which the athlete is weighed; by default found before each jump.
    body_weight_n : float, optional
        An entered weight in place of a weighing.
    braking_limit_m_s : float, default 0
        Braking ends with the first row of this velocity or more.
    gap_s : float, optional
        A longer step between rows is a gap, by default 0.05 s or 2.5 usual steps. Nothing is integrated across one.

    Returns
    -------
    DataFrame of one row per jump, in order, index `jump`: the times at which it was weighed and its phases began
    (`weighing`, `onset`, `braking`, `propulsion`, `takeoff`, `landing`, and `stopped`, where the landing ends; UTC),
    `flight_s`, heights, velocities, times and impulses of its phases, of two feet each one's impulse and the symmetry
    index by phase, and the flags `cut`, `coarse`, `short_weigh`, `unquiet`, `inconsistent`. Columns are explained by
    `columns.definition`; what is not known is NaN or NaT. `attrs`: the limits, `sampling_hz`, `stepped_off` (how often
    the force went without a push), `least_n` and `most_n`, the least and largest force.

    Raises
    ------
    InvalidData
        When a table has no force in N, as one in counts, or a parameter is out of its bounds.

    Notes
    -----
    A flight lasts 0.15 to 1.2 s, and within half a second before it the force reached 1.2 times the median of the two
    seconds before: else somebody stepped off. One that the record ends, or a gap, is `cut`: without flight time, and a
    jump by its velocity, 0.74 m/s or more.

    Body weight is the mean of the quietest second since the force was last below `flight_n`; where its SD is above 1 %,
    of half or a quarter of a second (`short_weigh`). Without a quiet one the jump is `unquiet`, and all that needs
    weight is NaN. Velocity is the impulse of the force above body weight, from onset on, by the mass; g = 9.80665.

    McMahon et al. 2018, doi 10.1519/SSC.0000000000000375; Owen et al. 2014, doi 10.1519/JSC.0000000000000311.
    """
    limits = _checked(kind, flight_n, window, body_weight_n, braking_limit_m_s)
    force = force_of(left, right, gap_s)
    runs = unloaded(force, flight_n)
    given = None if window is None else weighing.in_window(force, window)
    flown = [(one, runs[i - 1].after if i else 0) for i, one in enumerate(runs) if one.is_flight]
    found = [_row(force, one, stood_from, given, limits) for one, stood_from in flown]
    known = [row for row in found if _is_jump(row)]
    names = (*measures.OF_WEIGHT, "flight_s", "height_flight_m", *measures.OF_MOTION,
             *(measures.by_foot(PHASES) if right is not None else ()))  # fmt: skip
    table = table_of(known, TIMES, names, FLAGS, "jump")
    asked = {**limits._asdict(), "window": seconds(window)}
    off = sum(one.stepped_off for one in runs) + len(found) - len(known)
    return described(table, "jumps", made_of(left, right), **asked, **about(force), stepped_off=off)


def _is_jump(row: Mapping[str, Any]) -> bool:
    """Whether a flight is one: of one that the record ends, by the velocity that the shortest flight begins with."""
    return not row["cut"] or bool(row["takeoff_velocity_m_s"] >= GRAVITY * SHORTEST_S / 2.0)


def _checked(
    kind: str, flight_n: float, window: tuple[float, float] | None, body_weight_n: float | None, braking_m_s: float
) -> Limits:
    if kind not in ("cmj", "squat"):
        raise InvalidData(f"kind: expected cmj or squat, got {kind!r}", field="kind")
    bounds.number("flight_n", flight_n, above=0, unit="N")
    bounds.number("braking_limit_m_s", braking_m_s, least=0, unit="m/s")
    check_weight(window, body_weight_n)
    return Limits("squat" if kind == "squat" else "cmj", flight_n, window, body_weight_n, braking_m_s)


def _row(force: Force, one: Unloaded, stood_from: int, given: Weighing | None, limits: Limits) -> dict[str, Any]:
    weight, entered = _weight(force, one, stood_from, given, limits)
    motion = None if weight is None else _motion(force, one, weight, limits)
    flight = one.seconds if one.ended else np.nan
    height = float(measures.flight_height_m(flight))
    found: dict[str, Any] = measures.of_weight(weight) | measures.of_motion(force, motion, weight)
    found |= {"flight_s": flight, "height_flight_m": height}
    found |= measures.of_feet(force, {phase: motion.rows(phase) if motion else None for phase in PHASES})
    found |= _times(force, one, motion, None if weight is None or entered else weight.first)
    return found | {
        "cut": not one.ended, "coarse": force.coarse, "unquiet": motion is None,
        "short_weigh": weight is not None and weight.short,
        "inconsistent": measures.inconsistent(found["height_m"], height),
    }  # fmt: skip


def _weight(
    force: Force, one: Unloaded, stood_from: int, given: Weighing | None, limits: Limits
) -> tuple[Weighing | None, bool]:
    """The weight of a jump, and whether somebody entered it."""
    first = max(stood_from, force.piece_of(one.first - 1)[0])
    if limits.body_weight_n is not None:
        return weighing.entered(limits.body_weight_n, first), True
    return (weighing.weighed(force, first, one.first) if given is None else weighing.since(given, first)), False


def _motion(force: Force, one: Unloaded, weight: Weighing, limits: Limits) -> Motion | None:
    squat = limits.kind == "squat"
    onset = onset_of(force, weight, one.first, squat=squat)
    if onset is None:
        return None
    return motion_of(force, one, weight, onset, squat=squat, braking_limit_m_s=limits.braking_limit_m_s,
                     flight_n=limits.flight_n)  # fmt: skip


def _times(force: Force, one: Unloaded, motion: Motion | None, weighed_from: int | None) -> dict[str, pd.Timestamp]:
    began = (motion.onset, motion.braking, motion.propulsion) if motion else (None, None, None)
    rows = (weighed_from, *began, one.first, one.after if one.ended else None, motion.stopped if motion else None)
    return {name: measures.time_at(force.times.us, row) for name, row in zip(TIMES, rows, strict=True)}
