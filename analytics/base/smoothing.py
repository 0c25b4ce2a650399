"""A causal low-pass by time, one value or many at a time: what has been said is never changed by what comes later."""

from __future__ import annotations

import numpy as np
import scipy

from barograph.frames import Floats, Ints

# Rows are joined by straight lines and read this many times a period of the cut-off, whatever their own rate is.
GRID = 20


class Smoother:
    """Butterworth, forward only, begun at its steady state.

    Straight lines between rows are read on an even grid of 20 times the cut-off, which begins with the first row; the
    filter runs along the grid, and a row between two of its points has the line through the last two of them.
    """

    def __init__(self, cutoff_hz: float, order: int) -> None:
        self._hz = GRID * cutoff_hz
        self._sos = scipy.signal.butter(order, cutoff_hz, fs=self._hz, output="sos")
        self.restart()

    def restart(self) -> None:
        """Forget: the next row is a first one."""
        self._state: Floats | None = None
        self._made = 0

    def update(self, values: Floats, times_us: Ints) -> Floats:
        """Return (n,) smoothed values of rows that follow those before, none missing, between gaps."""
        if not len(values):
            return np.zeros(0)
        if self._state is None:
            self._begin(values[0], int(times_us[0]))
        place: Floats = (times_us - self._origin_us) * np.float64(self._hz / 1e6)
        # A row that is on the grid but for rounding is on it.
        point = np.floor(place + 1e-6).astype(np.int64)
        made = self._along(values, place, int(point[-1]))
        at = point - self._made + 1
        smooth = made[at] + (made[at] - made[at - 1]) * np.maximum(place - point, 0.0)
        self._made, self._tail = int(point[-1]), made[-2:]
        return np.asarray(smooth)

    def _begin(self, value: float, origin_us: int) -> None:
        self._state = scipy.signal.sosfilt_zi(self._sos) * value
        self._origin_us, self._made = origin_us, 0
        self._value, self._place = value, 0.0
        # At rest on the first value: so it was before.
        _, self._state = scipy.signal.sosfilt(self._sos, [value], zi=self._state)
        self._tail = np.array([value, value])

    def _along(self, values: Floats, place: Floats, last: int) -> Floats:
        """The filtered grid, from the two points before those that are new up to `last`."""
        place, values = np.append(self._place, place), np.append(self._value, values)
        # Of rows of one time the first counts.
        distinct = np.append(True, np.diff(place) > 0)
        place, values = place[distinct], values[distinct]
        self._place, self._value = place[-1], values[-1]
        points = np.arange(self._made + 1, last + 1)
        fresh = np.zeros(0)
        if len(points):
            fresh, self._state = scipy.signal.sosfilt(self._sos, np.interp(points, place, values), zi=self._state)
        return np.concatenate([self._tail, fresh])
