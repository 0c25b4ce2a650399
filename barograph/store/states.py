"""The state of a workout, from what is stored of it."""

from __future__ import annotations

from typing import Literal

from barograph.store.ports import StreamInfo, Workout

LIVE_S = 10.0
LATE_S = 30.0


def state(workout: Workout, now_us: int, idle_timeout_s: float) -> Literal["live", "idle", "ended"]:
    """Return `live` (a frame of now in the last 10 s), `ended` (left, or silent for `idle_timeout_s`) or `idle`.

    A frame that arrives after the workout was left makes it live again. One that is older than half a minute when it
    arrives, of an upload or of a spool, does not: it counts at the time that it is of.
    """
    last_us = max((_seen_us(info) for info in workout.streams), default=0)
    if workout.left_us is not None and workout.left_us >= last_us:
        return "ended"
    silent_s = (now_us - (last_us or workout.created_us)) / 1e6
    if last_us and silent_s <= LIVE_S:
        return "live"
    return "ended" if silent_s > idle_timeout_s else "idle"


def _seen_us(info: StreamInfo) -> int:
    """When a stream was last seen recording; 0 for never."""
    arrived_us, recorded_us = info.last_received_us or 0, info.last_us
    if recorded_us is None or recorded_us >= arrived_us - LATE_S * 1e6:
        return arrived_us
    return max(1, recorded_us)
