"""Seats and saddles against plain loops over frames: gaps, parts, limits, and what a table says of itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analytics import saddle, seat
from analytics.seats.saddle import SaddleFold
from analytics.seats.seat import SeatFold
from barograph import Layout, Recording
from barograph.errors import InvalidData

SEAT = Layout(rows=2, cols=3, unit="kPa", pitch_mm=(10.0, 10.0), kind="seat")
SADDLE = Layout(rows=9, cols=4, unit="kPa", pitch_mm=(10.0, 10.0), kind="saddle", contact_kpa=1.0)


def made(frames: Any, layout: Layout, steps_s: Any = 0.1) -> Recording:
    frames = np.asarray(frames, float).reshape(-1, layout.rows, layout.cols)
    steps = np.broadcast_to(steps_s, len(frames) - 1) if len(frames) else np.zeros(0)
    times = np.rint(np.cumsum([0.0, *steps][: len(frames)]) * 1e6).astype(np.int64)
    return Recording(frames=frames, times_us=times, layout=layout)


def above(values: np.ndarray, steps_s: np.ndarray, gap_s: float) -> tuple[np.ndarray, np.ndarray]:
    """Seconds of each cell above 4.266 kPa, and the longest without a pause: a frame lasts to the next one."""
    total, longest, lasting = np.zeros((3, *values.shape[1:]))
    for i, frame in enumerate(values):
        gap = i == len(steps_s) or steps_s[i] > gap_s
        lasting = np.where(frame > 4.266, lasting + (0.1 if gap else steps_s[i]), 0.0)
        total += np.where(frame > 4.266, 0.1 if gap else steps_s[i], 0.0)
        longest = np.maximum(longest, lasting)
        if gap:
            lasting = np.zeros_like(lasting)
    return total, longest


@pytest.mark.parametrize("gap_s", [None, 40.0, 0.25])
@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize("seed", range(3))
def test_time_above_a_level_is_that_of_a_loop_through_gaps_and_parts(
    seed: int, parts: int, gap_s: float | None
) -> None:
    random = np.random.default_rng(seed)
    values = np.where(random.random((60, 2, 3)) < [0.95, 0.8, 0.3], 9.0, 1.0)
    steps = random.choice([0.1, 0.3, 30.0], 59, p=[0.8, 0.15, 0.05])
    steps[:6] = 0.1  # the usual step is known before a gap
    recording = made(values, SEAT, steps)
    total, longest = above(values, steps, 0.5 if gap_s is None else gap_s)
    for hold_s in (0.0, 0.75, 1.25, 2.05):
        fold = SeatFold(SEAT, hold_s=hold_s, gap_s=gap_s)
        for part in np.array_split(np.arange(60), parts):
            fold.update(recording.part(int(part[0]), int(part[-1]) + 1))
        for row in (fold.get().iloc[0], seat(recording, hold_s=hold_s, gap_s=gap_s).iloc[0]):
            assert row["time_above_cm2_s"] == pytest.approx(total.sum())
            assert row["longest_above_s"] == pytest.approx(longest.max())
            assert row["cells_held"] == (longest >= hold_s).sum()


def test_the_last_frame_may_be_asked_for_and_small_loads_have_a_share() -> None:
    values = np.array([[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [[7.0, 0.0, 1.0], [0.0, 2.0, 0.0]]]) / 1000
    region = np.array([[True, False, False], [False, True, False]])
    recording = made(values, SEAT)
    assert seat(recording, region, frame=1).iloc[0]["dispersion_index_pct"] == pytest.approx(90.0)
    assert seat(recording, region).iloc[0]["dispersion_index_pct"] == pytest.approx(100 * 15 / 31)
    assert np.isnan(seat(made(values * 0, SEAT), region).iloc[0]["dispersion_index_pct"])
    asked = {"loaded_above": 0.5, "level_kpa": 3.0, "hold_s": 1.5, "area_cm2": 9.2, "gap_s": 7.0, "frame": 1}
    attrs = seat(recording, region, **asked).attrs
    assert {name: attrs[name] for name in asked} == asked
    assert (attrs["metric"], attrs["region_cells"]) == ("seat", 2)
    assert seat(recording).attrs["region_cells"] is None
    counts = seat(made(values, Layout(rows=2, cols=3, kind="seat")), loaded_above=0.0)
    assert counts.attrs["absent"]["time_above_cm2_s"] == "a level in kPa needs pressures"
    bare = seat(made(values, Layout(rows=2, cols=3, unit="kPa", kind="seat")))
    assert bare.attrs["absent"]["time_above_cm2_s"] == "needs cells with an area"


def bridging(values: np.ndarray, p0: float) -> float:
    """Middle by the mean of front and rear, of time means of mean loaded pressure; parts of 3 × 2 cells."""
    means = np.zeros((3, 2))
    for i in range(3):
        for j in range(2):
            part = values[:, 3 * i : 3 * i + 3, 2 * j : 2 * j + 2].reshape(len(values), -1)
            loaded = [frame[frame > p0].mean() for frame in part if (frame > p0).any()]
            means[i, j] = np.mean(loaded) if loaded else 0.0
    bands = means.mean(axis=1)
    return float(bands[1] / ((bands[0] + bands[2]) / 2))


@pytest.mark.parametrize("p0", [None, 6.0])
@pytest.mark.parametrize("frames", [1, 2, 9])
@pytest.mark.parametrize("seed", range(2))
def test_bridging_and_sides_are_those_of_a_loop_however_frames_come(seed: int, frames: int, p0: float | None) -> None:
    random = np.random.default_rng(seed)
    values = random.uniform(0, 12, (frames, 9, 4)) * (random.random((frames, 9, 4)) < 0.7)
    values[:, 3:6, :2] *= np.arange(frames)[:, None, None] == 0  # a part that is loaded in one frame
    recording = made(values, SADDLE)
    fold = SaddleFold(SADDLE, loaded_above=p0)
    for i in range(frames):
        fold.update(recording.part(i, i + 1))
    right, left = values[:, :, 2:].sum(), values[:, :, :2].sum()
    for row in (saddle(recording, loaded_above=p0).iloc[0], fold.get().iloc[0]):
        assert row["bridging_ratio"] == pytest.approx(bridging(values, 1.0 if p0 is None else p0))
        assert row["side_index_pct"] == pytest.approx(200 * (right - left) / (right + left))


def test_a_saddle_is_bridged_and_uneven_by_the_limits_that_are_asked_for() -> None:
    bands = np.repeat([20.0, 12.0, 20.0], 3)[:, None] * np.array([1.0, 1.0, 1.2, 1.2])
    recording = made([bands] * 5, SADDLE)
    plain = saddle(recording)
    asked = {"loaded_above": 2.0, "bridged_below": 0.7, "side_limit_pct": 20.0}
    other = saddle(recording, **asked)
    assert plain[["bridged", "uneven"]].iloc[0].tolist() == [0.0, 1.0]
    assert other[["bridged", "uneven"]].iloc[0].tolist() == [1.0, 0.0]
    assert {name: other.attrs[name] for name in asked} == asked
    assert saddle(recording, side_limit_pct=0.5)["uneven"].tolist() == [1.0]
    assert (other.attrs["metric"], other.attrs["made_of"]["metric"]) == ("saddle", "frame_stats")
    assert other.attrs["made_of"]["loaded_above"] == 2.0
    attrs = SaddleFold(SADDLE, **asked).get().attrs
    assert {name: attrs[name] for name in asked} == asked
    assert SaddleFold(SADDLE).get().isna().all(axis=None)  # no frame


@pytest.mark.parametrize(
    ("measure", "asked", "said"),
    [
        (saddle, {"side_limit_pct": 0.0}, "side_limit_pct: expected a number above 0 %, got 0.0"),
        (saddle, {"bridged_below": 0.0}, "bridged_below: expected a number above 0, got 0.0"),
        (saddle, {"loaded_above": -1.0}, "loaded_above: expected a number of 0 or more, got -1.0"),
        (seat, {"loaded_above": -1.0}, "loaded_above: expected a number of 0 or more, got -1.0"),
        (seat, {"hold_s": -0.1}, "hold_s: expected a number of 0 or more s, got -0.1"),
        (seat, {"level_kpa": 0.0}, "level_kpa: expected a number above 0 kPa, got 0.0"),
        (seat, {"frame": 5}, "frame: expected"),
        (seat, {"region": np.zeros((9, 4))}, "region: expected (9, 4) bool, got (9, 4) float64"),
    ],
)
def test_what_is_refused_is_named(measure: Any, asked: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidData) as refused:
        measure(made(np.ones((5, 9, 4)), SADDLE), **asked)
    assert str(refused.value).startswith(said)
    assert refused.value.field == said.partition(":")[0]
