"""Times of frames: from when they came, or from the sensor's clock where it has one."""

from __future__ import annotations

import numpy as np
import pytest

from ingest.device.live.clock import FrameClock
from ingest.device.live.source import Measured

CELLS = np.zeros((1, 1))


def times(arrived, device=None):
    clock, out = FrameClock(), []
    for place, at in enumerate(arrived):
        frame = Measured(CELLS, None if device is None else int(device[place]))
        out.extend(clock.times([frame], [int(at)]).tolist())
    return np.array(out)


def test_without_a_clock_a_frame_has_the_time_at_which_it_came():
    assert times([100, 10_100, 20_150]).tolist() == [100, 10_100, 20_150]


def test_frames_that_came_together_are_spread_over_the_time_since_the_last_one():
    clock = FrameClock()
    frames = [Measured(CELLS)] * 4
    assert clock.times(frames, [1000, 41_000, 41_000, 81_000]).tolist() == [1000, 21_000, 41_000, 81_000]
    assert clock.times(frames[:2], [81_000, 81_000]).tolist() == [81_001, 81_002]


@pytest.mark.parametrize("drift", [-0.015, -0.005, 0.0, 0.005, 0.015])
def test_times_follow_the_sensors_clock_and_stay_with_ours_although_they_come_late(drift):
    rng = np.random.default_rng(3)
    made = np.arange(12_000) * 10_000.0  # two minutes at 100 Hz
    arrived = np.maximum.accumulate(made + 5_000_000 + rng.exponential(4_000, len(made)))
    found = times(arrived, made * (1.0 + drift))
    steps = np.diff(found)
    assert (steps > 0).all()
    late = found - (made + 5_000_000)
    assert np.abs(late[200:]).max() < 5_000 + 4_000_000 * abs(drift)
    assert np.abs(steps[400:] - 10_000).max() <= 10_000 * (0.0205 + abs(drift))


def test_a_clock_that_begins_anew_is_followed_from_there():
    found = times([1_000_000, 1_010_000, 3_000_000, 3_010_000], [500_000, 510_000, 0, 10_000])
    assert found.tolist() == [1_000_000, 1_010_000, 3_000_000, 3_010_000]
