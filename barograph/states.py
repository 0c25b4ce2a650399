"""The state of a workout, from what is stored of it."""

from __future__ import annotations

from typing import Literal

from barograph.ports import Workout

LIVE_S = 10.0


def state(workout: Workout, now_us: int, idle_timeout_s: float) -> Literal["live", "idle", "ended"]:
    """`live`: a frame arrived in the last 10 s; `ended`: left, or silent for `idle_timeout_s`; else `idle`.

    A frame that arrives after the workout was left makes it live again.
    """
    last_us = max((info.last_received_us or 0 for info in workout.streams), default=0)
    if workout.left_us is not None and workout.left_us >= last_us:
        return "ended"
    silent_s = (now_us - max(last_us, workout.created_us)) / 1e6
    if last_us and silent_s <= LIVE_S:
        return "live"
    return "ended" if silent_s > idle_timeout_s else "idle"
