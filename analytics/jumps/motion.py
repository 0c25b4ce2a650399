"""The way of the body's centre of mass through a jump, from impulse: its velocity, its depth, and its phases."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.base.gaps import Mask
from analytics.jumps.flights import Unloaded
from analytics.jumps.force import GRAVITY, Force, summed
from analytics.jumps.weighing import Weighing
from barograph.frames import Floats

PHASES = ("unweighting", "braking", "propulsion", "landing")
SEARCH_S, CALM_S, BACK_S, LANDING_S = 2.0, 0.1, 0.030, 2.0
SDS, SHARE = 5.0, 0.01


@dataclass(frozen=True, eq=False)
class Motion:
    """Rows at which the phases begin, and velocity (m/s) and way (m) of rows `onset` … on.

    `velocity` is that at take-off, between rows; `stopped` the row at which the landing ends, None where nobody saw it.
    """

    onset: int
    braking: int
    propulsion: int
    takeoff: int
    landing: int | None
    stopped: int | None
    velocity: float
    v: Floats
    x: Floats

    def rows(self, phase: str) -> tuple[int, int] | None:
        """Return the first row of a phase and that at which the next begins; None of a landing that is not known."""
        if phase == "landing":
            return None if self.landing is None or self.stopped is None else (self.landing, self.stopped)
        ends = (self.onset, self.braking, self.propulsion, self.takeoff)
        at = PHASES.index(phase)
        return ends[at], ends[at + 1]

    def at(self, row: int) -> float:
        """Return the velocity at a row."""
        return float(self.v[row - self.onset])


def limit_n(weight: Weighing) -> float:
    """Return how far the force may be from body weight while somebody stands: 5 SD, 1 % at least."""
    return max(SDS * float(np.nan_to_num(weight.sd_n)), SHARE * weight.newtons)


def onset_of(force: Force, weight: Weighing, takeoff: int, *, squat: bool) -> int | None:
    """Return the row at which a jump begins; None where nobody stood still before it.

    From the trough, the least force before the largest one (of a squat jump from the largest), back to the last 0.1 s
    near body weight: the first row after them, less 30 ms.
    """
    first = max(weight.first, force.row_at(force.s[takeoff] - SEARCH_S, force.piece_of(takeoff)[0], takeoff))
    if first >= takeoff:
        return None
    top = first + int(np.argmax(force.total[first:takeoff]))
    start = top if squat or top == first else first + int(np.argmin(force.total[first:top]))
    near = np.abs(force.total[weight.first : start + 1] - weight.newtons) <= limit_n(weight)
    calm = _last_calm(force.s[weight.first : start + 1], near, force.step_s)
    if calm is None:
        return None
    left = weight.first + calm + 1
    return max(weight.first, force.row_at(force.s[left] - BACK_S, weight.first, left))


def _last_calm(s: Floats, near: Mask, step_s: float) -> int | None:
    """The last row that ends 0.1 s of rows near body weight, which the last row of all may not."""
    away = np.flatnonzero(~near)
    begin = np.concatenate([[0], away + 1])
    end = np.concatenate([away, [len(s)]]) - 1
    lasting = np.flatnonzero((end >= begin) & (end < len(s) - 1))
    lasting = lasting[s[end[lasting]] - s[begin[lasting]] >= CALM_S - step_s * 1.001]
    return int(end[lasting[-1]]) if len(lasting) else None


def integrated(s: Floats, total: Floats, weight_n: float, gravity: float = GRAVITY) -> tuple[Floats, Floats]:
    """Return velocity and way (n,) of a mass that begins at rest, by trapezoids of its net force."""
    v = summed(s, (total - weight_n) * gravity / weight_n)
    return v, summed(s, v)


def motion_of(
    force: Force, flight: Unloaded, weight: Weighing, onset: int, *, squat: bool, braking_limit_m_s: float,
    flight_n: float,
) -> Motion:  # fmt: skip
    """Return the motion of a jump that begins at row `onset`."""
    _, after = force.piece_of(flight.first)
    v, x = integrated(force.s[onset:after], force.total[onset:after], weight.newtons)
    takeoff = flight.first
    before = v[: takeoff - onset + 1]
    braking = onset if squat else onset + int(np.argmin(before))
    rising = np.flatnonzero(before[braking - onset :] >= braking_limit_m_s)
    propulsion = onset if squat else (braking + int(rising[0]) if len(rising) else takeoff)
    landing = flight.after if flight.ended else None
    stopped = None if landing is None else _stopped(force, v, onset, landing, after)
    velocity = at_takeoff(force, takeoff, flight_n, before, weight)
    return Motion(onset, braking, propulsion, takeoff, landing, stopped, velocity, v, x)


def _stopped(force: Force, v: Floats, onset: int, landing: int, after: int) -> int | None:
    """The row at which a landing ends: the velocity is 0 again."""
    last = force.row_at(force.s[landing] + LANDING_S, landing, after)
    still = np.flatnonzero(v[landing - onset : last - onset] >= 0.0)
    return landing + int(still[0]) if len(still) else None


def at_takeoff(force: Force, takeoff: int, flight_n: float, before: Floats, weight: Weighing) -> float:
    """Return the velocity where the force crosses the limit of flight, on the line between rows.

    `before` (k,) are the velocities until take-off, from its onset on: two or more, as the onset is before take-off.
    """
    high, low = force.total[takeoff - 1], force.total[takeoff]
    seconds = float(force.s[takeoff] - force.s[takeoff - 1]) * (high - flight_n) / (high - low)
    net = (high + flight_n) / 2.0 - weight.newtons
    return float(before[-2] + net * seconds * GRAVITY / weight.newtons)
