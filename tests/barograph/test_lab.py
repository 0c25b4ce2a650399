"""The analyst's side, against a real MongoDB."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Coroutine, Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from keyed import open_archive

import barograph
from analytics import arrival_stats, sim
from analytics.columns import arrival_columns
from barograph.errors import InvalidData, NotFound, SettingsError, StorageAway
from barograph.frames import Block, Layout, Stream
from barograph.lab import Lab
from barograph.servers import embedded
from barograph.servers.embedded import Servers
from barograph.store.mongo.archive import MongoArchive
from barograph.store.ports import About, Marker
from barograph.store.roster import Athlete, Measurement

T0 = 1_700_000_000_123_457
START = datetime(2023, 11, 14, 22, 13, 20, 123_457, UTC)
LAYOUT = Layout(rows=3, cols=2, dtype="uint16", unit="kPa", kind="insole", side="left")
FRAMES = np.arange(200 * 6, dtype="<u2").reshape(200, 3, 2)


async def record(archive: MongoArchive, workout: str, stream: str, t0_us: int) -> None:
    name = Stream(workout, stream)
    about = About(athlete="Ada", mass_kg=61.5, tags=("track",))
    await archive.open(name, epoch="one", numbered=True, now_us=t0_us, about=about)
    await archive.fix_layout(name, LAYOUT, ("total",), 0)
    times = t0_us + 10_000 * np.arange(200)
    stats = FRAMES.reshape(200, 6).sum(axis=1, keepdims=True).astype("f4")
    for i in range(0, 200, 10):
        part = slice(i, i + 10)
        await archive.append([(name, Block(0, i, times[part], t0_us, FRAMES[part], stats[part]))])
    await archive.mark(name, 0, next_seq=200, frames=200, first_us=t0_us, last_us=int(times[-1]), now_us=t0_us)


async def _record_all(url: str, database: str) -> None:
    archive = await open_archive(url, database, 20.0)
    await record(archive, "run-42", "left", T0)
    await record(archive, "run-42", "right", T0 + 5_000)
    await record(archive, "walk", "main", T0 + 10**9)
    await archive.note("empty", now_us=T0 - 1)
    for t_us, label in ((T0 + 70, "turn"), (T0 + 50, "start")):
        await archive.add_marker("run-42", Marker(t_us, label))
    await archive.close()


def in_a_thread(question: Coroutine[Any, Any, None]) -> None:
    """The tests of a notebook have a loop that runs: run another beside it."""
    thread = threading.Thread(target=asyncio.run, args=(question,))
    thread.start()
    thread.join()


@pytest.fixture
def lab(servers: Servers, database: str) -> Iterator[Lab]:
    in_a_thread(_record_all(servers.mongo_url, database))
    with barograph.connect(servers.mongo_url, database=database) as lab:
        yield lab


def test_a_recording_is_what_was_stored(lab: Lab) -> None:
    left = lab.recording("run-42", "left")
    assert np.array_equal(left.frames, FRAMES)
    assert left.times_us.tolist() == (T0 + 10_000 * np.arange(200)).tolist()
    assert left.layout == LAYOUT
    assert left.stats is None
    assert left.provenance["workout_id"] == "run-42"
    assert left.kpa().shape == (200, 3, 2)


def test_the_stream_is_main_unless_said(lab: Lab) -> None:
    assert len(lab.recording("walk")) == 200


def test_numbers_are_seconds_since_the_first_frame_of_the_workout(lab: Lab) -> None:
    left, right = (lab.recording("run-42", stream, start=0.5, stop=1) for stream in ("left", "right"))
    assert (left.times_us[[0, -1]] - T0).tolist() == [500_000, 1_000_000]
    assert (right.times_us[[0, -1]] - T0).tolist() == [505_000, 995_000]
    seconds: Any = np.int64(1)
    assert len(lab.recording("run-42", "left", start=np.float64(0.5), stop=seconds)) == 51


@pytest.mark.parametrize(
    "start",
    [
        START + timedelta(seconds=1.5),
        (START + timedelta(seconds=1.5)).replace(tzinfo=None),
        (START + timedelta(seconds=1.5)).astimezone(timezone(timedelta(hours=5, minutes=30))),
        pd.Timestamp(START) + pd.Timedelta("1500ms"),
        np.datetime64("2023-11-14T22:13:21.623457"),
        "2023-11-14T22:13:21.623457",
        "2023-11-14T23:13:21.623457+01:00",
    ],
    ids=["aware", "naive is UTC", "zone", "Timestamp", "datetime64", "text", "text with zone"],
)
def test_every_way_to_say_a_time_means_the_same(lab: Lab, start: Any) -> None:
    part = lab.recording("run-42", "left", start=start)
    assert (len(part), int(part.times_us[0])) == (50, T0 + 1_500_000)
    assert len(lab.recording("run-42", "left", stop=start)) == 151


@pytest.mark.parametrize("start", ["soon", float("nan"), float("inf"), True, pd.NaT, [1, 2]])
def test_what_is_no_time_is_refused_by_name(lab: Lab, start: Any) -> None:
    with pytest.raises(InvalidData, match="start: expected"):
        lab.recording("run-42", "left", start=start)


def test_the_table_of_arrival_comes_when_asked_for(lab: Lab) -> None:
    left = lab.recording("run-42", "left", start=1, with_stats=True)
    assert left.stats is not None
    assert left.stats.columns.tolist() == ["total"]
    assert left.stats.index.name == "time"
    assert left.stats.index[0] == pd.Timestamp(START) + pd.Timedelta(seconds=1)
    assert left.stats["total"].tolist() == FRAMES[100:].reshape(100, 6).sum(axis=1).tolist()
    assert left.part(0, 5).stats is not None
    assert len(left.part(0, 5).stats) == 5  # type: ignore[arg-type]


def test_rows_without_statistics_of_this_version_are_computed(servers: Servers, database: str) -> None:
    walk = sim.walk(3.0, rows=16, cols=8)["left"]
    expected = arrival_stats(walk.frames, walk.layout)

    async def record_some() -> None:
        archive = await open_archive(servers.mongo_url, database, 20.0)
        for name, old in (("left", arrival_columns(walk.layout)), ("old", ("total", "peak"))):
            stream, first_us = Stream("run", name), int(walk.times_us[0])
            await archive.open(stream, epoch="one", numbered=True, now_us=first_us)
            await archive.fix_layout(stream, walk.layout, old, 1)
            for i in range(0, 300, 50):
                stats = None if i < 200 else expected[i : i + 50, : len(old)]
                frames = np.array(walk.frames[i : i + 50])
                await archive.append([(stream, Block(0, i, walk.times_us[i : i + 50], first_us, frames, stats))])
        await archive.close()

    in_a_thread(record_some())
    with barograph.connect(servers.mongo_url, database=database) as lab:
        for name in ("left", "old"):
            found = lab.recording("run", name, with_stats=True).stats
            assert found is not None
            assert tuple(found.columns) == arrival_columns(walk.layout)
            np.testing.assert_array_equal(found.to_numpy(), expected)


def test_workouts_are_a_table_newest_first(lab: Lab) -> None:
    table = lab.workouts()
    assert table.index.tolist() == ["walk", "run-42", "empty"]
    run = table.loc["run-42"]
    assert run["start"] == pd.Timestamp(START)
    assert run["created"] == pd.Timestamp(START)
    assert run["duration_s"] == pytest.approx(1.995)
    assert (run["frames"], run["streams"], run["tags"]) == (400, ["left", "right"], ["track"])
    assert (run["athlete"], run["mass_kg"]) == ("Ada", 61.5)
    assert table["start"].isna().tolist() == [False, False, True]
    assert table.loc["empty", "streams"] == []


def test_athletes_are_a_table_that_workouts_join(servers: Servers, database: str, lab: Lab) -> None:
    made: list[str] = []

    async def fill() -> None:
        archive = await open_archive(servers.mongo_url, database, 20.0)
        ada = await archive.roster.add(Athlete("Ada", measurements=(Measurement("mass_kg", 61.5, T0),)), now_us=T0)
        made.append(ada.uid)
        await archive.roster.assign(["run-42"], ada.uid)
        await archive.close()

    in_a_thread(fill())
    assert lab.athletes()["name"].to_dict() == {made[0]: "Ada"}
    joined = lab.workouts().merge(
        lab.athletes(), how="left", left_on="athlete_uid", right_index=True, suffixes=("", "_now")
    )
    assert joined.loc["run-42", "short_id"] == "a-0001"
    assert pd.isna(joined.loc["walk", "athlete_uid"])
    assert lab.measurements()["value"].tolist() == [61.5]


def test_an_archive_without_workouts_gives_an_empty_table(servers: Servers, database: str) -> None:
    with barograph.connect(servers.mongo_url, database=database) as lab:
        assert len(lab.workouts()) == 0
        with pytest.raises(NotFound, match="nothing is stored yet"):
            lab.recording("run-42")


def test_markers_are_a_table_in_order_of_time(lab: Lab) -> None:
    table = lab.markers("run-42")
    assert table["label"].tolist() == ["start", "turn"]
    assert table.index[0] == pd.Timestamp(START) + pd.Timedelta(microseconds=50)
    assert len(lab.markers("walk")) == 0
    assert lab.markers("walk").index.name == "time"


def test_an_unknown_workout_is_answered_with_names_that_look_alike(lab: Lab) -> None:
    with pytest.raises(NotFound, match=r"no workout 'run42' is stored; there is run-42\Z"):
        lab.recording("run42", "left")
    with pytest.raises(NotFound, match="there is walk, run-42, empty"):
        lab.markers("zzzzzzz")


def test_an_unknown_stream_is_answered_with_those_there_are(lab: Lab) -> None:
    with pytest.raises(NotFound, match=r"run-42 has no stream 'main'; it has left, right"):
        lab.recording("run-42")
    with pytest.raises(NotFound, match="it has none"):
        lab.recording("empty")


def test_the_only_stream_of_a_workout_needs_no_name(servers: Servers, database: str, tmp_path: Path) -> None:
    async def fill() -> None:
        archive = await open_archive(servers.mongo_url, database, 20.0)
        await record(archive, "mat", "mat", T0)
        await archive.close()

    in_a_thread(fill())
    with barograph.connect(servers.mongo_url, database=database) as lab:
        assert lab.recording("mat").provenance["stream"] == "mat"
        assert sum(len(part) for part in lab.chunks("mat")) == 200
        assert lab.calibrate("mat", scale=2.0).scale == 2.0
        assert lab.tare("mat", None, 0.0, 0.0).tare is not None
        with pytest.raises(NotFound, match="mat has no stream 'main'; it has mat"):
            lab.recording("mat", "main")


def test_a_script_that_leaves_its_lab_open_ends_without_a_word(servers: Servers, database: str) -> None:
    script = (
        "import sys, barograph\n"
        "lab = barograph.connect(sys.argv[1], database=sys.argv[2])\n"
        "other = barograph.connect(sys.argv[1], database=sys.argv[2])\n"
        "print(len(lab.workouts()), other)"
    )
    command = [sys.executable, "-W", "error", "-c", script, servers.mongo_url, database]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    place = servers.mongo_url.rpartition("@")[2].partition("/")[0]
    assert done.stdout == f"0 <Lab: {database} at {place}, open>\n"


def test_a_lab_is_entered_again_while_it_is_open_and_never_after(servers: Servers, database: str) -> None:
    lab = barograph.connect(servers.mongo_url, database=database)
    assert "open" in repr(lab)
    assert "secret" not in repr(lab)
    with lab:
        assert len(lab.workouts()) == 0
    assert repr(lab).endswith(", closed>")
    with pytest.raises(InvalidData, match="lab: expected an open Lab, but this one was closed"), lab:
        pass
    lab.close()


async def test_a_lab_works_where_a_loop_runs_already(lab: Lab) -> None:
    assert asyncio.get_running_loop().is_running()
    assert len(lab.recording("run-42", "left")) == 200


def test_a_closed_lab_says_so(servers: Servers, database: str) -> None:
    lab = barograph.connect(servers.mongo_url, database=database)
    lab.close()
    lab.close()
    with pytest.raises(InvalidData, match="closed"):
        lab.workouts()
    assert "barograph-lab" not in [thread.name for thread in threading.enumerate()]


def test_a_server_that_does_not_answer_is_away() -> None:
    with pytest.raises(StorageAway, match=r"127\.0\.0\.1:1"):
        barograph.connect("mongodb://127.0.0.1:1", storage_timeout_s=0.5)
    assert "barograph-lab" not in [thread.name for thread in threading.enumerate()]


def test_a_wrong_setting_is_named() -> None:
    with pytest.raises(SettingsError, match="DATABASE"):
        barograph.connect(database="no such name!")


def test_without_a_url_the_servers_of_the_data_directory_are_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BAROGRAPH_MONGO_URL", raising=False)
    with embedded.servers(tmp_path) as running:
        in_a_thread(_record_all(running.mongo_url, "barograph"))
        with barograph.connect(data_dir=tmp_path) as lab:
            assert len(lab.recording("run-42", "left")) == 200
        assert embedded.running(tmp_path) is not None
    with barograph.connect(data_dir=tmp_path) as lab:
        assert embedded.running(tmp_path) is not None
        assert lab.workouts().index.tolist() == ["walk", "run-42", "empty"]
    assert embedded.running(tmp_path) is None


def test_a_session_is_read_in_parts_that_make_the_whole(lab: Lab) -> None:
    parts = list(lab.chunks("run-42", "left", start=0.5, stop=1.2))
    whole = lab.recording("run-42", "left", start=0.5, stop=1.2)
    np.testing.assert_array_equal(np.concatenate([part.frames for part in parts]), whole.frames)
    assert sum(len(part) for part in parts) == len(whole) == 71
    for part in lab.chunks("run-42", "left"):
        assert len(part)
        break


def test_streams_of_a_workout_are_aligned_on_one_clock(lab: Lab) -> None:
    both = lab.aligned("run-42")
    assert set(both) == {"left", "right"}
    assert both["left"].times_us.tolist() == both["right"].times_us.tolist()
    assert len(lab.aligned("run-42", ["left"], start=0.5, stop=0.7, period_s=0.02)["left"]) == 11


def test_a_calibration_and_a_tare_change_what_an_old_session_gives(lab: Lab) -> None:
    before = lab.recording("run-42", "left")
    lab.calibrate("run-42", "left", unit="N/cm2", scale=0.5, cell_factors=np.full((3, 2), 2.0))
    layout = lab.tare("run-42", "left", 0.0, 0.0)
    after = lab.recording("run-42", "left")
    assert layout == after.layout
    assert layout.tare == tuple(before.frames[0].ravel().tolist())
    assert after.frames.tobytes() == before.frames.tobytes()
    np.testing.assert_array_equal(after.kpa(), 10.0 * (before.frames.astype(float) - before.frames[0]))
    with pytest.raises(InvalidData, match="tare: expected frames of run-42/left"):
        lab.tare("run-42", "left", 100.0, 200.0)
