"""Drop jumps and repeated hops: contacts that a flight follows at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from analytics.base import bounds
from analytics.base.arguments import checked
from analytics.jumps import measures, weighing
from analytics.jumps.flights import FLIGHT_N, SHORTEST_S, Unloaded, unloaded
from analytics.jumps.force import GRAVITY, Force, force_of, left_to_come, summed
from analytics.jumps.motion import LANDING_S
from analytics.jumps.result import Window, about, check_weight, made_of, seconds, table_of
from analytics.jumps.weighing import Weighing
from analytics.tables import described
from barograph.frames import Floats

SHORTEST_CONTACT_S, LONGEST_CONTACT_S, SHORTEST_FALL_S = 0.05, 1.0, 0.1
TIMES = ("touchdown", "propulsion", "takeoff", "landing", "stopped")
PHASES = ("contact", "braking", "propulsion", "landing")
NUMBERS = (
    *measures.OF_WEIGHT, "contact_s", "flight_s", "height_flight_m", "rsi", "rsi_ratio", "braking_s", "propulsion_s",
    "landing_s", "peak_force_n", "peak_landing_force_n",
)  # fmt: skip
FLAGS = ("cut", "coarse", "short_weigh", "unquiet")


class Limits(NamedTuple):
    """How rebounds are looked for."""

    flight_n: float
    longest_contact_s: float
    window: Window | None
    body_weight_n: float | None
    gap_s: float | None


class Rebound(NamedTuple):
    """A contact and the flight after it; `series` counts hops that follow each other."""

    touchdown: int
    flight: Unloaded
    series: int


@checked
def drop_jumps(
    left: pd.DataFrame,
    right: pd.DataFrame | None = None,
    *,
    flight_n: float = FLIGHT_N,
    longest_contact_s: float = LONGEST_CONTACT_S,
    window: tuple[float, float] | None = None,
    body_weight_n: float | None = None,
    gap_s: float | None = None,
) -> pd.DataFrame:
    """Find drop jumps and measure them: the first contact after an unloaded start, and the flight after it.

    Parameters
    ----------
    left, right : DataFrame
        Per-frame tables with `total_force_n`, as of `jumps`.
    flight_n : float, default 20
        Contact is from the first row of it or more to the first below. With 5 N the RSI differs by some 6 %.
    longest_contact_s : float, default 1
        A longer contact is a landing and another jump.
    window : (float, float), optional
        Seconds after the first row from and until which the athlete is weighed; by default found beside each jump.
    body_weight_n : float, optional
        An entered weight in place of a weighing.
    gap_s : float, optional
        A longer step between rows is a gap, by default 0.05 s or 2.5 usual steps.

    Returns
    -------
    DataFrame of one row per drop jump, in order, index `jump`: the times of `touchdown`, `propulsion` (the lowest
    point), `takeoff`, `landing` and `stopped` (UTC), `contact_s`, `flight_s`, `height_flight_m`, `rsi` (height /
    contact) and `rsi_ratio` (flight / contact), phases, of two feet each one's impulse and the symmetry index by phase,
    and the flags `cut`, `coarse`, `short_weigh`, `unquiet`. What is not known is NaN or NaT.

    Raises
    ------
    InvalidData
        When a table has no force in N, as one in counts, or a parameter is out of its bounds.

    Notes
    -----
    The start is unloaded for 0.1 s or longer and no flight: nobody pushed off before it. The contact lasts 0.05 s or
    longer; a flight as of `jumps` follows.

    The lowest point needs body weight: of the quietest second of the nearest standing. The velocity at take-off is
    g · flight / 2, and goes back from there by impulse. How high the fall was, the force does not say.
    """
    limits = Limits(flight_n, longest_contact_s, window, body_weight_n, gap_s)
    return _table("drop_jumps", left, right, _drops, limits)


@checked
def hops(
    left: pd.DataFrame,
    right: pd.DataFrame | None = None,
    *,
    flight_n: float = FLIGHT_N,
    longest_contact_s: float = LONGEST_CONTACT_S,
    window: tuple[float, float] | None = None,
    body_weight_n: float | None = None,
    gap_s: float | None = None,
) -> pd.DataFrame:
    """Find repeated hops and measure them: each contact between two flights, with the flight after it.

    Parameters
    ----------
    left, right : DataFrame
        Per-frame tables with `total_force_n`, as of `jumps`.
    flight_n : float, default 20
        Contact is from the first row of it or more to the first below.
    longest_contact_s : float, default 1
        A longer contact ends a series.
    window : (float, float), optional
        Seconds after the first row from and until which the athlete is weighed; by default found beside each series.
    body_weight_n : float, optional
        An entered weight in place of a weighing.
    gap_s : float, optional
        A longer step between rows is a gap, by default 0.05 s or 2.5 usual steps.

    Returns
    -------
    DataFrame of one row per hop, in order, index `hop`: `series`, which counts hops that follow each other, then the
    columns of `drop_jumps`.

    Raises
    ------
    InvalidData
        When a table has no force in N, as one in counts, or a parameter is out of its bounds.

    Notes
    -----
    The jump that begins a series is one of `jumps`; the last hop's contact is that before the last flight.
    """
    limits = Limits(flight_n, longest_contact_s, window, body_weight_n, gap_s)
    return _table("hops", left, right, _hops, limits)


Finder = Callable[[Force, Sequence[Unloaded], float], Iterator[Rebound]]


def _table(metric: str, left: pd.DataFrame, right: pd.DataFrame | None, find: Finder, limits: Limits) -> pd.DataFrame:
    bounds.number("flight_n", limits.flight_n, above=0, unit="N")
    bounds.number("longest_contact_s", limits.longest_contact_s, above=SHORTEST_CONTACT_S, unit="s")
    check_weight(limits.window, limits.body_weight_n)
    force = force_of(left, right, limits.gap_s)
    runs = unloaded(force, limits.flight_n)
    weigh = _weigher(force, runs, limits.window, limits.body_weight_n)
    rows = [_row(force, one, weigh(one.touchdown)) for one in find(force, runs, limits.longest_contact_s)]
    numbers = (*(("series",) if metric == "hops" else ()), *NUMBERS,
               *(measures.by_foot(PHASES) if right is not None else ()))  # fmt: skip
    table = table_of(rows, TIMES, numbers, FLAGS, "hop" if metric == "hops" else "jump")
    said = limits._asdict() | {"window": seconds(limits.window)} | about(force)
    return described(table, metric, made_of(left, right), **said)


def _contacts(force: Force, runs: Sequence[Unloaded], longest_s: float) -> Iterator[tuple[int, Unloaded, Unloaded]]:
    """Each contact of a length between two unloaded runs of one piece: its number, the run before, and after."""
    for i, (before, after) in enumerate(pairwise(runs)):
        if not before.ended or not after.begun or force.piece[before.after] != force.piece[after.first - 1]:
            continue
        lasting = force.s[after.first] - force.s[before.after]
        if SHORTEST_CONTACT_S - 1e-9 <= lasting <= longest_s + 1e-9:
            yield i, before, after


def _drops(force: Force, runs: Sequence[Unloaded], longest_s: float) -> Iterator[Rebound]:
    for _, before, after in _contacts(force, runs, longest_s):
        fell = not before.is_flight and (before.seconds >= SHORTEST_FALL_S - 1e-9 or not before.begun)
        if fell and after.is_flight and after.seconds >= SHORTEST_S - 1e-9:  # a record may end in any short rest
            yield Rebound(before.after, after, 0)


def _hops(force: Force, runs: Sequence[Unloaded], longest_s: float) -> Iterator[Rebound]:
    series, last = 0, -2
    for i, before, after in _contacts(force, runs, longest_s):
        if before.is_flight and after.is_flight:
            series += last != i - 1
            last = i
            yield Rebound(before.after, after, series)


def _weigher(
    force: Force, runs: Sequence[Unloaded], window: Window | None, newtons: float | None
) -> Callable[[int], Weighing | None]:
    """The weight of who touches down at a row: entered, of the window, or of the nearest standing."""
    if newtons is not None:
        known = weighing.entered(newtons, 0)
        return lambda row: known
    if window is not None:
        given = weighing.in_window(force, window)
        return lambda row: given

    @cache
    def stood() -> tuple[list[Weighing], Floats]:
        ends = [0, *(edge for one in runs for edge in (one.first, one.after)), len(force.total)]
        found = (_of_pieces(force, first, after) for first, after in zip(ends[::2], ends[1::2], strict=True))
        known = [one for one in found if one is not None]
        return known, np.array([(one.first + one.after) / 2 for one in known])

    def nearest(row: int) -> Weighing | None:
        known, middles = stood()
        return known[int(np.argmin(np.abs(middles - row)))] if known else None

    return nearest


def _of_pieces(force: Force, first: int, after: int) -> Weighing | None:
    """The quietest weighing of rows, in one piece."""
    edges = [first, *(first + 1 + np.flatnonzero(np.diff(force.piece[first:after]))).tolist(), after]
    found = [weighing.weighed(force, one, next_) for one, next_ in pairwise(edges)]
    known = [one for one in found if one is not None]
    return min(known, key=lambda one: (-one.seconds, one.sd_n), default=None)


def _row(force: Force, one: Rebound, weight: Weighing | None) -> dict[str, Any]:
    flight = one.flight
    contact = (one.touchdown, flight.first)
    landing = flight.after if flight.ended else None
    lowest, stopped = (None, None) if weight is None or landing is None else _turns(force, one, weight)
    spans = {
        "contact": contact, "braking": None if lowest is None else (one.touchdown, lowest),
        "propulsion": None if lowest is None else (lowest, flight.first),
        "landing": None if landing is None or stopped is None else (landing, stopped),
    }  # fmt: skip
    contact_s, flight_s = measures.seconds_of(force, contact), flight.seconds if flight.ended else np.nan
    height = float(measures.flight_height_m(flight_s))
    found: dict[str, Any] = {f"{phase}_s": measures.seconds_of(force, span) for phase, span in spans.items()}
    found |= measures.of_weight(weight) | measures.of_feet(force, spans)
    found |= {"series": one.series, "flight_s": flight_s, "height_flight_m": height,
              "rsi": height / contact_s, "rsi_ratio": flight_s / contact_s,
              "peak_force_n": measures.most(force, contact),
              "peak_landing_force_n": measures.most(force, spans["landing"]),
              "cut": not flight.ended, "coarse": force.coarse, "unquiet": weight is None,
              "short_weigh": weight is not None and weight.short}  # fmt: skip
    rows = (one.touchdown, lowest, flight.first, landing, stopped)
    return found | {name: measures.time_at(force.times.us, row) for name, row in zip(TIMES, rows, strict=True)}


def _turns(force: Force, one: Rebound, weight: Weighing) -> tuple[int | None, int | None]:
    """The rows of the lowest point and of the landing's end, by the velocity that the flight's time gives."""
    flight = one.flight
    velocity, mass = GRAVITY * flight.seconds / 2.0, weight.newtons / GRAVITY
    there = slice(one.touchdown, flight.first + 1)
    v = velocity - left_to_come(force.s[there], force.total[there] - weight.newtons) / mass
    down = np.flatnonzero(v < 0.0)
    lowest = one.touchdown + int(down[-1]) + 1 if len(down) and down[-1] < len(v) - 1 else None
    last = force.row_at(force.s[flight.after] + LANDING_S, flight.after, force.piece_of(flight.after)[1])
    there = slice(flight.after, last)
    gained = summed(force.s[there], force.total[there] - weight.newtons) / mass
    still = np.flatnonzero(gained >= velocity)
    return lowest, flight.after + int(still[0]) if len(still) else None
