"""Weighing: the body weight of somebody who stood still before a jump."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analytics.jumps.force import Force
from barograph.errors import InvalidData

WEIGH_S = (1.0, 0.5, 0.25)
STILL = 0.01


@dataclass(frozen=True)
class Weighing:
    """Body weight with the SD of its rows `first` … `after` − 1 that lasted `seconds`; NaN of one that was entered."""

    newtons: float
    sd_n: float
    first: int
    after: int
    seconds: float

    @property
    def short(self) -> bool:
        """Whether the shorter windows had to do."""
        return self.seconds < WEIGH_S[0] - 1e-9


def weighed(force: Force, first: int, after: int) -> Weighing | None:
    """Return the quietest second of rows `first` … `after` − 1, else half or a quarter of one; None of no quiet one."""
    for seconds in WEIGH_S:
        found = quietest(force, first, after, seconds)
        if found is not None and found.sd_n <= STILL * found.newtons:
            return found
    return None


def quietest(force: Force, first: int, after: int, seconds: float) -> Weighing | None:
    """Return the window of least SD (ddof 1); None where rows do not last so long."""
    s, f = force.s[first:after], force.total[first:after]
    if len(s) < 2:
        return None
    little = force.step_s / 1000.0
    starts = np.flatnonzero(s + seconds <= s[-1] + force.step_s + little)
    stops = np.searchsorted(s, s[starts] + seconds - little)
    starts, stops = starts[stops - starts > 1], stops[stops - starts > 1]
    if not len(starts):
        return None
    n, middle = stops - starts, f.mean()
    # About the mean of all, so that squares of small differences are summed.
    sums, squares = (np.concatenate([[0.0], np.cumsum((f - middle) ** power)]) for power in (1, 2))
    mean = (sums[stops] - sums[starts]) / n
    variance = (squares[stops] - squares[starts]) / n - mean**2
    at = int(np.argmin(variance))
    sd = float(np.sqrt(max(variance[at], 0.0) * n[at] / (n[at] - 1)))
    return Weighing(float(middle + mean[at]), sd, first + int(starts[at]), first + int(stops[at]), seconds)


def in_window(force: Force, window: tuple[float, float]) -> Weighing:
    """Return the weight of rows from `window[0]` until before `window[1]`, seconds after the first row."""
    inside = np.flatnonzero((force.s >= window[0] - 1e-9) & (force.s < window[1] - 1e-9))
    if len(inside) < 2 or force.total[inside].mean() <= 0:
        said = (
            f"window: expected two or more loaded rows in it, got {len(inside)} from {window[0]:g} to {window[1]:g} s"
        )
        raise InvalidData(said, field="window")
    f = force.total[inside]
    return Weighing(float(f.mean()), float(f.std(ddof=1)), int(inside[0]), int(inside[-1]) + 1, window[1] - window[0])


def entered(newtons: float, first: int) -> Weighing:
    """Return a weight that somebody entered, of one who stands from row `first` on."""
    return Weighing(newtons, np.nan, first, first, np.nan)


def since(weight: Weighing, first: int) -> Weighing:
    """Return a weighing as one that began no earlier than row `first`, where this jump's standing begins."""
    return replace(weight, first=max(weight.first, first))
