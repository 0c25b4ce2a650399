"""When a frame was measured, from when it came and, where the sensor has a clock, from what that says."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from barograph.frames import Ints
from ingest.device.live.source import Measured

WINDOW_US = 2_000_000
SLEW = 0.02  # an offset changes by at most so much of the time that passes


class FrameClock:
    """Turns frames into growing times in µs.

    Without a clock in the sensor a frame's time is when it came; frames that came together are spread evenly over the
    time since the last one. With one, times go as that clock goes, and the offset between both clocks is that of the
    frames that came fastest of late (`WINDOW_US` to twice that): a frame that waited in a buffer keeps its own time.
    The offset follows a clock that is wrong by up to 2 %, smoothly after the first `WINDOW_US`. A clock that went back
    (a sensor that was switched off) begins anew.
    """

    def __init__(self) -> None:
        self._last_us: int | None = None
        self._device_us: int | None = None
        self._offset_us = 0.0
        self._least = [np.inf, np.inf]  # least offset of the window before, and of this one
        self._window_us = self._begun_us = 0

    def times(self, frames: Sequence[Measured], arrived_us: Sequence[int]) -> Ints:
        """Return (n,) times of frames that came at `arrived_us`, in the time of those."""
        out = np.zeros(len(frames), np.int64)
        for place, (frame, arrived) in enumerate(zip(frames, arrived_us, strict=True)):
            if frame.device_us is not None:
                out[place] = self._told(frame.device_us, arrived)
            else:
                together = sum(1 for later in arrived_us[place:] if later == arrived)
                out[place] = self._spread(arrived, together)
            self._last_us = int(out[place])
        return out

    def _spread(self, arrived_us: int, together: int) -> int:
        """The time of the first of some frames that came in one moment."""
        if self._last_us is None:
            return arrived_us
        return max(self._last_us + 1, self._last_us + (arrived_us - self._last_us) // together)

    def _told(self, device_us: int, arrived_us: int) -> int:
        offset = float(arrived_us - device_us)
        if self._device_us is None or device_us < self._device_us:
            self._offset_us, self._least = offset, [offset, offset]
            self._window_us = self._begun_us = arrived_us
            self._device_us = device_us
        step = SLEW * (device_us - self._device_us)
        self._device_us = device_us
        if arrived_us - self._window_us > WINDOW_US:
            self._least, self._window_us = [self._least[1], offset], arrived_us
        self._least[1] = min(self._least[1], offset)
        least = min(self._least)
        if arrived_us - self._begun_us < WINDOW_US:
            self._offset_us = min(self._offset_us, least)
        self._offset_us += min(max(least - self._offset_us, -step), step)
        time_us = device_us + round(self._offset_us)
        return time_us if self._last_us is None else max(time_us, self._last_us + 1)
