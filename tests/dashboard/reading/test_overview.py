"""The overview tells the extremes of all frames, and a gap is a gap."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from barograph.frames import Stream
from barograph.store.ports import Epoch, StreamInfo, Workout
from dashboard.drawing import words
from dashboard.reading import overview
from dashboard.reading.context import rate_hz
from dashboard.reading.overview import Span
from dashboard.reading.recent_samples import Samples
from dashboard.session import figures, head
from dashboard.sessions.session_list import row

INFO = StreamInfo(Stream("walk", "left"), None, columns=("total_force_n",))


def samples(times_us, total) -> Samples:
    times = np.asarray(times_us, np.int64)
    return Samples(0, 0, times, np.asarray(total, np.float32)[:, None])


def sawtooth(n: int, step_us: int = 10_000, seed: int = 5):
    return np.arange(n) * step_us, np.random.default_rng(seed).uniform(0, 900, n)


@pytest.mark.parametrize("n", [3, 600, 1200, 1201, 6000])
def test_lowest_and_highest_of_all_frames_are_in_the_lane(n):
    times, total = sawtooth(n)
    lane = overview.from_samples(INFO, [samples(times, total)], Span(0, int(times[-1])))
    assert lane.high.max() == np.float32(total.max())
    assert lane.low.min() == np.float32(total.min())
    assert len(lane.low) <= overview.MOST_BINS + 1
    assert lane.gaps == []


def test_each_bin_has_the_extremes_of_its_own_frames():
    times, total = sawtooth(6000)
    lane = overview.from_samples(INFO, [samples(times, total)], Span(0, int(times[-1])))
    for start, stop, low, high in zip(lane.start_s, lane.stop_s, lane.low, lane.high, strict=True):
        inside = total[(times / 1e6 >= start - 1e-9) & (times / 1e6 < stop - 1e-9)].astype(np.float32)
        if stop < times[-1] / 1e6:
            assert (low, high) == (inside.min(), inside.max())


@pytest.mark.parametrize("n", [500, 5000])
def test_a_span_without_frames_is_a_gap_of_its_length(n):
    times, total = sawtooth(n)
    hole = slice(n // 2, n // 2 + 100)
    times, total = np.delete(times, hole), np.delete(total, hole)
    lane = overview.from_samples(INFO, [samples(times, total)], Span(0, int(times[-1])))
    ((start, stop),) = lane.gaps
    assert stop - start == pytest.approx(1.01, abs=0.05)
    assert start == pytest.approx(n // 2 * 0.01, abs=0.05)


def test_a_single_missing_frame_is_no_gap_of_the_picture():
    times, total = sawtooth(400)
    lane = overview.from_samples(INFO, [samples(np.delete(times, 200), np.delete(total, 200))], Span(0, int(times[-1])))
    assert lane.gaps == []


def test_frames_that_came_out_of_order_change_nothing():
    times, total = sawtooth(3000)
    mixed = np.random.default_rng(1).permutation(3000)
    span = Span(0, int(times[-1]))
    one = overview.from_samples(INFO, [samples(times, total)], span)
    other = overview.from_samples(INFO, [samples(times[mixed], total[mixed])], span)
    np.testing.assert_array_equal(one.low, other.low)
    np.testing.assert_array_equal(one.high, other.high)


async def test_a_long_session_comes_from_the_rollups_with_every_extreme(athlete):
    walk = await athlete(seconds_ago=4000).begin("left")
    for _ in range(4):
        await walk.send("left", 100)
    recording = walk.recordings["left"]
    stream = Stream("walk", "left")
    whole = Span(int(recording.times_us[0]), int(recording.times_us[399]))
    info = await walk.archive.stream_info(stream)
    rows = await overview.rollups.overview(walk.archive, stream)
    lane = overview.from_rollups(info, rows, whole)
    frame_by_frame = (await overview.lanes(walk.archive, await walk.archive.workout("walk")))[0]
    assert lane.high.max() == frame_by_frame.high.max()
    assert lane.low.min() == frame_by_frame.low.min()
    assert lane.gaps == []


def test_an_overview_has_a_lane_a_stream_its_gaps_and_the_whole_time():
    times, total = sawtooth(300)
    hole = np.r_[0:100, 200:300]
    span = Span(0, int(times[-1]))
    lane = overview.from_samples(INFO, [samples(times[hole], total[hole])], span)
    figure = figures.overview([lane, lane], figures.Shown(0.0, span.length_s), "dark")
    assert figure.layout.xaxis.range == (0, span.length_s)
    names = [trace.name for trace in figure.data]
    assert names.count("gap") == 2
    line = next(trace for trace in figure.data if trace.name == "left")
    assert None in line.y, "the line stops at the gap"
    assert [annotation.text for annotation in figure.layout.annotations] == ["<b>L</b>"] * 2 + ["1\u202f000", "0 N"] * 2


def test_many_lanes_are_low_have_names_that_differ_and_say_the_range_once():
    infos = [replace(INFO, stream=Stream("seat", f"sensor-{i:02}")) for i in range(40)]
    found = [overview.from_samples(info, [samples(*sawtooth(30))], Span(0, 300_000)) for info in infos]
    figure = figures.overview(found, figures.Shown(0.0, 0.3), "dark")
    texts = [annotation.text for annotation in figure.layout.annotations]
    assert len(set(texts)) == len(texts) == figures.MOST_LANES + 1
    assert texts[0] == "<b>…or-00</b>"
    assert figures.lane_px(40) < figures.lane_px(2)
    assert figure.layout.height == figures.overview_px(40) < 40 * figures.lane_px(2)


def test_a_single_frame_is_seen_as_a_dot_and_its_time_is_not_minus_zero():
    lane = overview.from_samples(INFO, [samples([5_000_000], [412.0])], Span(5_000_000, 5_000_000))
    figure = figures.overview([lane], figures.Shown(0.0, 0.001), "light")
    (dot,) = [trace for trace in figure.data if trace.mode == "markers"]
    assert (list(dot.x), list(dot.y)) == ([0.0], [412.0])
    assert "-" not in "".join(figure.layout.xaxis.ticktext)
    many = overview.from_samples(INFO, [samples(*sawtooth(300))], Span(0, 2_990_000))
    figure = figures.overview([many], figures.Shown(0.0, 3.0), "light")
    assert not any(len(trace.x) for trace in figure.data if trace.mode == "markers")


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_an_overview_without_frames_is_an_empty_figure(scheme):
    figure = figures.overview([], figures.Shown(0.0, 1.0), scheme)
    assert len(figure.data) == 0


@pytest.mark.parametrize("length_s", [0.2, 6.5, 50, 69, 1450, 3600, 90_000])
def test_there_are_two_to_fourteen_ticks_of_time(length_s):
    figure = figures.overview([], figures.Shown(0.0, length_s), "dark")
    ticks = figure.layout.xaxis.ticktext
    assert 1 <= len(ticks) <= 14
    assert len(set(ticks)) == len(ticks)


@pytest.mark.parametrize("length_s", [0.5, 60.0, 3600.0, 86_400.0 * 40, 468_615 * 3600.0])
def test_an_axis_of_time_has_a_few_marks_however_long_the_session_is(length_s):
    marks = figures._time_ticks(figures.Shown(0.0, length_s))
    assert 2 <= len(marks["tickvals"]) <= 14


def dated(*spans: tuple[int, int, int]) -> Workout:
    """A workout of epochs from a day to a day, with so many frames."""
    day = 86_400_000_000
    epochs = tuple(
        Epoch(i, f"e{i}", True, frames=n, first_us=first * day, last_us=last * day)
        for i, (first, last, n) in enumerate(spans)
    )
    info = replace(INFO, epochs=epochs, first_us=spans[0][0] * day, last_us=max(last for _, last, _ in spans) * day)
    return Workout("walk", 0, streams=(info,))


def test_parts_that_are_more_than_a_day_apart_are_shown_one_at_a_time_the_fullest_first():
    day = 86_400_000_000
    workout = dated((0, 1, 10), (20_000, 20_001, 900), (20_002, 20_003, 50))
    assert overview.span(workout) == Span(20_000 * day, 20_003 * day)
    assert overview.span(workout, "1") == Span(0, day)
    for nonsense in ("0", "3", "-1", "x", "9" * 300, "²"):
        assert overview.span(workout, nonsense) == overview.span(workout)
    assert overview.piece_of("?from=1&piece=2") == "2"
    said = str(head.head(workout, overview.span(workout), live=False))
    assert "date unknown, 24:00:00" in said
    assert "?piece=1" in said
    assert row(workout)["duration"] == "96:00:00"
    assert row(dated((0, 1, 10)))["date"] == "date unknown"


def test_rates_are_those_of_the_times_that_were_recorded():
    assert words.rate(rate_hz(dated((0, 1, 864_001), (20_000, 20_001, 864_001)).streams[0])) == "10"
    assert [words.rate(hz) for hz in (100.0, 31.25, 12.5, 1.0, 0.1, 0.0333, None)] == [
        "100", "31", "12.5", "1", "0.1", "0.0333", "–",
    ]  # fmt: skip
