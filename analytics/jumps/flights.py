"""Flights: when nothing was loaded after somebody pushed off."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analytics.base.times import runs
from analytics.jumps.force import Force
from barograph.frames import Floats

FLIGHT_N = 20.0
SHORTEST_S, LONGEST_S = 0.15, 1.2
# Who pushes off presses harder just before than usually; who steps off a plate does not.
PUSH, PUSH_S, BEFORE_S = 1.2, 0.5, 2.0


@dataclass(frozen=True)
class Unloaded:
    """Rows below the limit, `first` … `after` − 1.

    `begun` and `ended` say that the row before, and the one after, is loaded and of the same piece; `pushed` that
    somebody pushed off before one that is `in_range`.
    """

    first: int
    after: int
    seconds: float
    begun: bool
    ended: bool
    pushed: bool

    @property
    def in_range(self) -> bool:
        """Whether it is as long as a flight may be; of one that the record ends, whether it may have been."""
        return (self.seconds >= SHORTEST_S - 1e-9 if self.ended else True) and self.seconds <= LONGEST_S + 1e-9

    @property
    def is_flight(self) -> bool:
        """Whether it is the flight of a jump."""
        return self.begun and self.pushed and self.in_range

    @property
    def stepped_off(self) -> bool:
        """Whether it is as long as a flight, and nobody pushed off."""
        return self.begun and self.ended and self.in_range and not self.pushed


def unloaded(force: Force, flight_n: float) -> list[Unloaded]:
    """Return all runs of rows below `flight_n`, in order."""
    n, piece, s = len(force.total), force.piece, force.s
    found = []
    for first, after in runs(force.total < flight_n, force.times).tolist():
        begun = first > 0 and piece[first - 1] == piece[first]
        ended = after < n and piece[after] == piece[after - 1]
        seconds = float(s[after if ended else after - 1] - s[first])
        run = Unloaded(first, after, seconds, bool(begun), bool(ended), pushed=False)
        pushed = run.begun and run.in_range and _pushed(force, first)
        found.append(replace(run, pushed=True) if pushed else run)
    return found


def _pushed(force: Force, first: int) -> bool:
    """Whether the force before a row was, within half a second, 1.2 times what it usually was in two seconds."""
    begin, _ = force.piece_of(first)
    lately, before = (_since(force, first, begin, seconds) for seconds in (PUSH_S, BEFORE_S))
    return bool(lately.max() >= PUSH * np.median(before))


def _since(force: Force, first: int, begin: int, seconds: float) -> Floats:
    return force.total[min(force.row_at(force.s[first] - seconds, begin, first), first - 1) : first]
