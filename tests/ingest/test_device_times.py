"""Times of clients: dates, counters, their units, restarts; what is uploaded keeps its dates and is not live."""

from __future__ import annotations

import time

import httpx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from barograph import codec
from barograph.frames import Stream
from barograph.store import states
from barograph.store.reading import read_recording
from barograph.store.records import Clock, Epoch, Moved, StreamInfo, Workout
from barograph.times import EARLIEST_US
from ingest.device_times import BACK_US, CLOCK_TOLERANCE_US, WILD_US, DeviceTimes, Reading, date_us, tick_of
from ingest.messages import Refused

NOW = 1_795_000_000_000_000
DAY = 86_400_000_000


def sent(numbers, every_us, *, reading=Reading(), start_us=NOW, exchanged=None):  # noqa: B008
    """Server times of numbers that arrive one by one, as the sessions take them."""
    times, out = DeviceTimes(None), []
    times.reading = reading
    for seq, number in enumerate(numbers):
        received_us = start_us + seq * every_us
        us = np.array([times.device_us(float(number), received_us, exchanged)])
        if times.clock is None:
            times.clock = times.proposed(exchanged, int(us[0]), received_us)
        if (moved := times.moved(seq, us, received_us)) is not None:
            times.clock = Clock(**{**vars(times.clock), "moved": (*times.clock.moved, moved)})
        out.append(int(times.server_us(seq, us, received_us)[0][0]))
        times.placed(us)
    return np.array(out), times.clock


@pytest.mark.parametrize("every_us", [10, 10_000, 300_000])
@pytest.mark.parametrize("first", [0, -500, 3000, 4_294_967_000, 1_036_800_000, 2_500_000_000])
def test_milliseconds_of_a_counter_keep_their_steps_however_fast_they_come_and_wherever_they_begin(first, every_us):
    found, clock = sent(first + 10 * np.arange(40), every_us)
    assert np.diff(found).tolist() == [10_000] * 39
    assert found[0] == NOW
    assert clock.relative or clock.suspect
    assert (found <= NOW + every_us * np.arange(40) + CLOCK_TOLERANCE_US).all()


@pytest.mark.parametrize(("step", "every_us"), [(0.01, 10), (0.01, 10_000), (1, 1_000_000), (10, 10_000_000)])
def test_seconds_of_a_counter_keep_their_steps(step, every_us):
    found, clock = sent(7 + step * np.arange(30), every_us)
    assert clock.relative
    np.testing.assert_allclose(np.diff(found), step * 1e6, atol=2)


def test_a_unit_that_is_said_counts():
    for unit, tick_us in (("s", 1e6), ("ms", 1e3), ("us", 1)):
        found, _ = sent(3000 + np.arange(5), 10, reading=Reading("device", unit))
        assert np.diff(found)[:3].tolist() == [tick_us] * 3
    assert tick_of(0.0, 0.0) == 1e6
    assert (tick_of(59.9, 0.0), tick_of(59.9, 3e7), tick_of(60.0, 6e7), tick_of(-10, 0)) == (1e3, 1e6, 1e3, 1e3)


def test_dates_of_now_are_believed_in_seconds_and_in_milliseconds():
    for tick_us in (1e6, 1e3):
        found, clock = sent((NOW + 10_000 * np.arange(20)) / tick_us, 10_000)
        assert np.abs(found - NOW - 10_000 * np.arange(20)).max() <= 1
        assert (clock.offset_us, clock.suspect, clock.relative) == (0, False, False)


def test_a_date_that_is_not_believed_keeps_its_steps_and_is_suspect():
    for tick_us in (1e6, 1e3):
        found, clock = sent((NOW - 40 * DAY + 10_000 * np.arange(20)) / tick_us, 10_000)
        np.testing.assert_allclose(np.diff(found), 10_000, atol=2)
        assert abs(found[0] - NOW) <= 1
        assert clock.suspect
        assert not clock.relative


def test_a_counter_that_begins_anew_or_wraps_is_placed_anew_and_never_in_the_future():
    numbers = [*range(5000, 5200, 10), *range(0, 200, 10), *range(4_294_967_200, 4_294_967_290, 10), *range(4, 60, 10)]
    found, clock = sent(numbers, 10_000)
    arrived = NOW + 10_000 * np.arange(len(numbers))
    assert np.abs(found - arrived).max() <= 20_000
    assert 2 <= len(clock.moved) <= 3
    leap, _ = sent([0, 10, 20, 90_000_000, 90_000_010], 10_000)
    assert (leap <= NOW + 60_000).all()


def test_an_exchanged_clock_tells_the_unit_and_needs_no_doubt():
    exchanged = Clock(NOW - 3_000_000, 1500)
    found, clock = sent(3000 + 10 * np.arange(20), 10_000, exchanged=exchanged)
    assert found.tolist() == (NOW + 10_000 * np.arange(20)).tolist()
    assert not clock.suspect
    assert not clock.relative


def test_absolute_times_are_kept_or_refused():
    found, clock = sent((NOW - 1000 * DAY + 10_000 * np.arange(5)) / 1e3, 10, reading=Reading("absolute"))
    assert found.tolist() == (NOW - 1000 * DAY + 10_000 * np.arange(5)).tolist()
    assert (clock.offset_us, clock.suspect) == (0, False)
    with pytest.raises(Refused, match="timestamp: expected a date from the year 2000 to a day from now"):
        sent([3000], 10, reading=Reading("absolute"))


@given(st.floats(-1e14, 1e14), st.integers(0, 5))
def test_a_number_is_a_date_in_one_unit_at_most(number: float, days: int) -> None:
    found = [date_us(number, NOW + days * DAY, unit) for unit in ("s", "ms")]
    assert None in found
    assert date_us(number, NOW + days * DAY) == next((one for one in found if one is not None), None)


def workout(received_us: int, last_us: int) -> Workout:
    epoch = Epoch(0, "e", True, frames=5, first_us=last_us - 10, last_us=last_us)
    info = StreamInfo(Stream("w", "left"), None, epochs=(epoch,), last_us=last_us, last_received_us=received_us)
    return Workout("w", NOW - 5_000_000, streams=(info,))


def test_a_workout_is_live_by_frames_of_now_alone():
    assert states.state(workout(NOW, NOW - 1_000_000), NOW, 300) == "live"
    assert states.state(workout(NOW, NOW - 900 * DAY), NOW, 300) == "ended"
    assert states.state(workout(NOW, 0), NOW, 300) == "ended"
    assert states.state(workout(NOW, NOW - 120_000_000), NOW, 300) == "idle"
    assert states.state(workout(NOW - 20_000_000, NOW - 20_000_000), NOW, 300) == "idle"


@pytest.fixture
async def http(ingest):
    async with httpx.AsyncClient(base_url=ingest.http_url, headers=ingest.owner, timeout=30) as client:
        yield client


def frames(stamps) -> list[dict]:
    return [{"matrix": [[i, 1], [2, 3]], "timestamp": stamp} for i, stamp in enumerate(stamps)]


async def told(http, archive, name="run") -> tuple[np.ndarray, dict]:
    stored = await read_recording(archive, Stream(name, "main"))
    return np.sort(stored.times_us), (await http.get(f"/api/workouts/{name}")).json()


async def test_a_list_of_an_old_recording_keeps_its_dates_and_is_not_live(http, mongo_archive):
    old = 1_690_000_000_000 + 10 * np.arange(50)
    assert (await http.post("/api/workouts/run/frames", json=frames(old.tolist()))).status_code == 200
    times, said = await told(http, mongo_archive)
    assert times.tolist() == (old * 1000).tolist()
    assert (said["state"], said["streams"][0]["clock_suspect"]) == ("ended", False)
    await http.post("/api/workouts/off/frames?times=device", json=frames(old.tolist()))
    times, said = await told(http, mongo_archive, "off")
    assert abs(times[0] - time.time() * 1e6) < 6e7
    assert (said["state"], said["streams"][0]["clock_suspect"]) == ("live", True)
    refused = await http.post("/api/workouts/off/frames?times=absolute", json=frames([3000]))
    assert refused.status_code == 400
    assert "timestamp: expected a date" in refused.text


async def test_a_final_series_of_a_counter_is_stored_once_and_ends_now(http, mongo_archive):
    body = {"timeSeriesData": frames((3000 + 10 * np.arange(60)).tolist())}
    first = (await http.put("/api/workouts/run", json=body)).json()
    assert (first["received"], first["stored"]) == (60, 60)
    assert (await http.put("/api/workouts/run", json=body)).json()["stored"] == 0
    times, said = await told(http, mongo_archive)
    assert np.diff(times).tolist() == [10_000] * 59
    assert abs(times[-1] - time.time() * 1e6) < 6e7
    assert said["streams"][0]["clock_relative"]
    mixed = await http.put("/api/workouts/mix", json={"timeSeriesData": frames([3000, time.time()])})
    assert mixed.status_code == 400


async def test_a_final_series_of_a_counter_knows_the_frames_that_came_live(http, mongo_archive, client):
    stamps = (3000 + 10 * np.arange(30)).tolist()
    await client.say(type="join_session", workout_id="run")
    for one in frames(stamps):
        await client.say(type="pressure_frame", workout_id="run", **one)
    for _ in stamps:
        await client.hear("frame_processed")
    await client.say(type="marker", workout_id="run", label="lap", timestamp=3100)
    await client.say(type="leave_session", workout_id="run")
    await client.hear("session_ended")
    times, said = await told(http, mongo_archive)
    assert np.diff(times).tolist() == [10_000] * 29
    assert said["streams"][0]["clock_relative"]
    assert [marker.t_us for marker in await mongo_archive.markers("run")] == [times[10]]
    done = (await http.put("/api/workouts/run", json={"timeSeriesData": frames(stamps)})).json()
    assert done["stored"] == 0


async def test_a_batch_of_a_counter_that_is_sent_again_after_its_device_began_anew_has_its_times(client, mongo_archive):
    layout = {"rows": 2, "cols": 2, "dtype": "uint16", "unit": "raw"}

    def batch(seq: int, t0_us: int) -> bytes:
        head = {"type": "frames", "workout_id": "run", "stream": "main", "epoch": "one", "seq": seq, "n": 10,
                "t0_us": t0_us, "dt_us": 10_000}  # fmt: skip
        return codec.encode(head, bytes(80))

    join = {"type": "join_session", "workout_id": "run", "epoch": "one", "layout": layout}
    await client.say(**join)
    for seq, t0_us in ((0, 50_000_000), (10, 50_100_000), (20, 0), (30, 100_000), (0, 50_000_000), (20, 0)):
        await client.socket.send(batch(seq, t0_us))
        while (await client.hear("ack"))["next_seq"] < min(seq + 10, 40):
            pass
    stored = await read_recording(mongo_archive, Stream("run", "main"))
    assert len(stored) == 40
    assert stored.provenance["duplicates"] == 0
    for rows in (slice(0, 20), slice(20, 40)):
        assert np.diff(stored.times_us[rows]).tolist() == [10_000] * 19
    assert np.abs(stored.times_us - time.time() * 1e6).max() < 6e7
    info = await mongo_archive.stream_info(Stream("run", "main"))
    assert info.clock_relative
    assert [one.seq for one in info.epochs[0].clock.moved] == [20]


EDGES = (0, EARLIEST_US, NOW, NOW + CLOCK_TOLERANCE_US, NOW + DAY, WILD_US, -WILD_US)
NEAR_EDGES = st.builds(int.__add__, st.sampled_from(EDGES), st.integers(-2, 2))
CLOCKS = [
    None,
    Clock(0),
    Clock(7_000),
    Clock(-7_000, moved=(Moved(3, 9_000, 0),)),
    Clock(NOW, relative=True, moved=(Moved(2, NOW - 5, 0), Moved(5, NOW + 5, 0))),
]


@given(st.lists(NEAR_EDGES, min_size=1, max_size=8), st.sampled_from(CLOCKS), st.integers(0, 6))
def test_frames_that_come_together_are_placed_as_one_by_one(device_us, clock, seq):
    times, said = DeviceTimes(clock), np.array(device_us, np.int64)
    found, wild = times.server_us(seq, said, NOW)
    alone = [times.server_us(seq + i, said[i : i + 1], NOW) for i in range(len(said))]
    assert found.tolist() == [int(one[0]) for one, _ in alone]
    assert wild.tolist() == [bool(one[0]) for _, one in alone]
    for i, (one, each) in enumerate(zip(found.tolist(), wild, strict=True)):
        assert one == (NOW if each else device_us[i] + offset_at(clock, seq + i))


def offset_at(clock, number):
    if clock is None:
        return 0
    return [clock.offset_us, *(one.offset_us for one in clock.moved if one.seq <= number)][-1]


@given(st.lists(NEAR_EDGES, min_size=1, max_size=8), st.integers(-9_000, 9_000).filter(bool))
def test_an_offset_moves_where_it_would_put_a_frame_into_the_future_and_nowhere_else(device_us, offset_us):
    moved = DeviceTimes(Clock(offset_us)).moved(40, np.array(device_us, np.int64), NOW)
    latest_us = NOW + CLOCK_TOLERANCE_US - offset_us
    ahead = [latest_us < one <= WILD_US for one in device_us]
    assert (moved is not None) == any(ahead)
    if moved is not None:
        assert moved.seq == 40 + ahead.index(True)


@given(st.lists(NEAR_EDGES, min_size=1, max_size=8))
def test_the_newest_time_is_the_last_that_can_be(device_us):
    times = DeviceTimes(Clock(NOW, relative=True))
    times.placed(np.array([1_000]))
    times.placed(np.array(device_us, np.int64))
    newest = next((one for one in reversed(device_us) if abs(one) <= WILD_US), 1_000)
    assert times.moved(9, np.array([newest - BACK_US]), 2 * WILD_US) is None
    back = times.moved(9, np.array([newest - BACK_US - 1]), 2 * WILD_US)
    assert (back is not None) == (abs(newest - BACK_US - 1) <= WILD_US)
