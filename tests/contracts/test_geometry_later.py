"""A geometry that is chosen for what is stored: frames stay, statistics get the columns that places and areas allow."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analytics import arrival_stats, frame_stats
from analytics.columns import arrival_columns
from barograph import geometries
from barograph.errors import InvalidData
from barograph.frames import Block, Geometry, Layout, Place, Recording, Stream
from barograph.geometries.own import taken
from barograph.remote import forms
from barograph.store.calibration import calibrate, undo
from barograph.store.imports import import_recording
from barograph.store.memory.archive import MemoryArchive
from barograph.store.ports import Archive
from barograph.store.reading import read_recording
from barograph.store.rollups import overview, peak_map, refresh, rollup
from tests.contracts.test_imports import NOW_US, STATISTICS

STREAM = Stream("run", "left")
UNPLACED = Layout(
    rows=1, cols=99, dtype="float32", unit="kPa", kind="insole", side="left", geometry=Geometry(places="none")
)
CELLS = np.random.default_rng(4).uniform(0, 200, (40, 1, 99)).astype("<f4")
TIMES_US = 10**15 + 100_000 * np.arange(40)


def block(layout: Layout, start: int, stop: int, k: int | None = None) -> tuple[Stream, Block]:
    cells = CELLS[start:stop]
    return STREAM, Block(0, start, TIMES_US[start:stop], 1, cells, arrival_stats(cells, layout), k)


async def recorded(archive: Archive, layout: Layout = UNPLACED) -> None:
    await archive.open(STREAM, epoch="a", numbered=True, now_us=0)
    await archive.fix_layout(STREAM, layout, arrival_columns(layout), 2)
    await archive.append([block(layout, at, at + 10) for at in (0, 10, 20)])
    await refresh(archive, STREAM, now_us=NOW_US * 2, grace_s=0.0)


async def test_frames_stay_and_statistics_follow_the_geometry(archive: Archive) -> None:
    await recorded(archive)
    before = await read_recording(archive, STREAM, with_stats=True)
    assert before.stats is not None
    assert list(before.stats) == ["pressure_sum_kpa", "peak_kpa", "contact_area_cell", "contact_pct"]
    info = await calibrate(archive, STREAM, geometry="pedar-x")
    known = geometries.named("pedar-x", "left")
    after = await read_recording(archive, STREAM, with_stats=True)
    assert after.frames.tobytes() == before.frames.tobytes()
    assert after.layout.geometry == known.geometry
    assert after.layout.cell_area_mm2 == known.area_mm2
    assert (info.k, info.columns) == (3, arrival_columns(after.layout))
    assert after.stats is not None
    assert list(after.stats) == list(info.columns)
    assert after.stats.isna().all(axis=None), "those of the old layout are given to nobody"
    stats = frame_stats(after)
    np.testing.assert_allclose(
        stats["total_force_n"], (after.frames[:, 0] @ np.array(known.area_mm2 or ())) / 1000, rtol=1e-6
    )
    for compute in (arrival_stats, arrival_stats):  # on the fly, then from the rows that are made again
        made = await overview(archive, STREAM, compute=compute)
        assert made.columns == info.columns
        assert made.mean.shape == (3, 10)
        np.testing.assert_allclose(
            np.average(made.mean[:, 0], weights=made.n), stats["total_force_n"].mean(), rtol=1e-5
        )
        assert (await peak_map(archive, STREAM)).max() == CELLS[:30].max()
        await refresh(archive, STREAM, now_us=NOW_US * 3, grace_s=0.0, compute=compute)


async def test_a_geometry_goes_again_with_its_areas_and_columns(archive: Archive) -> None:
    await recorded(archive)
    await calibrate(archive, STREAM, geometry="pedar-x")
    await calibrate(archive, STREAM, geometry="pedar-xw")
    wide = (await archive.stream_info(STREAM)).layout
    assert wide is not None
    assert (wide.places, wide.cell_area_mm2) == ("none", geometries.named("pedar-xw").area_mm2)
    info = await calibrate(archive, STREAM, geometry=None)
    assert info.layout is not None
    assert info.layout == Layout(rows=1, cols=99, dtype="float32", unit="kPa", kind="insole", side="left")
    assert info.columns == arrival_columns(info.layout)
    assert len((await overview(archive, STREAM, compute=arrival_stats)).columns) == 10


async def test_a_choice_is_a_record_and_is_undone(archive: Archive) -> None:
    await recorded(archive)
    await calibrate(archive, STREAM, geometry="pedar-x")
    await calibrate(archive, STREAM, geometry="pedar-y", contact_kpa=5.0)
    records = await archive.calibrations(STREAM)
    assert ["cells as in pedar-x" in records[0].said, "cells as in pedar-y" in records[1].said] == [True, True]
    info = await undo(archive, STREAM)
    known = geometries.named("pedar-x", "left")
    assert info.layout is not None
    assert (info.layout.geometry, info.layout.cell_area_mm2) == (known.geometry, known.area_mm2)
    info = await undo(archive, STREAM)
    assert (info.layout, info.columns) == (UNPLACED, arrival_columns(UNPLACED))


async def test_frames_that_were_on_their_way_are_stored_and_counted_anew(archive: Archive) -> None:
    await recorded(archive)
    await calibrate(archive, STREAM, geometry="pedar-x")
    # Their statistics are of the layout that the ingest knew: four columns of version 2.
    await archive.append([block(UNPLACED, 30, 40, k=2)])
    made = await overview(archive, STREAM, compute=arrival_stats)
    assert made.n.sum() == 40
    back = await read_recording(archive, STREAM, with_stats=True)
    assert back.frames.tobytes() == CELLS.tobytes()
    assert made.mean[-1, 0] > 0
    layout = (await archive.stream_info(STREAM)).layout
    assert layout is not None
    with pytest.raises(InvalidData, match="stats: expected 10 columns"):
        await archive.append([block(UNPLACED, 30, 40, k=3)])


async def test_rows_that_were_being_made_meanwhile_are_not_kept(archive: Archive) -> None:
    await recorded(archive)
    seconds = [int(second) for second in np.unique(TIMES_US[:30] // 1_000_000)]
    await archive.mark_dirty(STREAM, seconds)
    dirty = await archive.dirty(STREAM)
    stale = [rollup(second, [block(UNPLACED, 0, 30)[1]], UNPLACED, 4) for second in seconds]
    layout = Layout.from_dict({**UNPLACED.to_dict(), "geometry": "pedar-x"})
    await archive.calibrate(STREAM, layout, arrival_columns(layout), now_us=NOW_US)
    await archive.put_rollups(STREAM, stale, dirty)
    assert [item.second for item in await archive.dirty(STREAM)] == seconds
    assert (await overview(archive, STREAM, compute=arrival_stats)).mean.shape == (len(seconds), 10)


async def test_rows_of_both_widths_go_over_http_in_messages_of_their_own(memory_archive: MemoryArchive) -> None:
    await recorded(memory_archive)
    await calibrate(memory_archive, STREAM, geometry="pedar-x")
    await memory_archive.append([block((await _layout(memory_archive)), 30, 40)])
    await refresh(memory_archive, STREAM, now_us=NOW_US * 3, grace_s=0.0, compute=arrival_stats)
    rows = await memory_archive.stored_rollups(STREAM)
    rows[0] = rollup(rows[0].second, [block(UNPLACED, 0, 10)[1]], UNPLACED, 4)
    assert len(list(forms.rollup_messages(rows))) == 2


async def _layout(archive: Archive) -> Layout:
    layout = (await archive.stream_info(STREAM)).layout
    assert layout is not None
    return layout


async def test_a_side_and_a_table_of_ones_own_are_taken(memory_archive: MemoryArchive, tmp_path: Path) -> None:
    bare = Layout(rows=1, cols=2, dtype="float32", unit="kPa")
    recording = Recording(np.ones((5, 1, 2), "<f4"), NOW_US - 1000 * np.arange(5)[::-1], bare)
    await import_recording(memory_archive, STREAM, recording, STATISTICS, now_us=NOW_US)
    (tmp_path / "mine.csv").write_text("# side: left\ncell,x_mm,y_mm,area_mm2\n1,10,20,100\n2,30,220,80\n")
    info = await calibrate(memory_archive, STREAM, geometry=taken(tmp_path / "mine.csv"), side="right")
    assert info.layout is not None
    assert (info.layout.side, info.layout.cell_area_mm2) == ("right", (100.0, 80.0))
    assert info.layout.centres.tolist() == [[30.0, 20.0], [10.0, 220.0]]
    # The file again, which says neither, is the same sensor.
    done = await import_recording(memory_archive, STREAM, recording, STATISTICS, now_us=NOW_US)
    assert done.stored == 0


async def test_a_file_is_the_same_recording_wherever_its_sensor_stands(memory_archive: MemoryArchive) -> None:
    bare = Layout(rows=2, cols=2, dtype="float32", unit="kPa", kind="plate")
    recording = Recording(np.ones((5, 2, 2), "<f4"), NOW_US - 1000 * np.arange(5)[::-1], bare)
    await import_recording(memory_archive, STREAM, recording, STATISTICS, now_us=NOW_US)
    await calibrate(memory_archive, STREAM, place={"y_mm": 500})
    for place in (None, Place(x_mm=3.0)):
        again = replace(recording, layout=replace(bare, place=place))
        assert (await import_recording(memory_archive, STREAM, again, STATISTICS, now_us=NOW_US)).stored == 0
    assert (await _layout(memory_archive)).place == Place(y_mm=500.0)


async def test_a_grid_by_its_name_gives_a_pitch(memory_archive: MemoryArchive) -> None:
    bare = Layout(rows=36, cols=36, dtype="float32", unit="kPa")
    recording = Recording(np.ones((5, 36, 36), "<f4"), NOW_US - 1000 * np.arange(5)[::-1], bare)
    await import_recording(memory_archive, STREAM, recording, STATISTICS, now_us=NOW_US)
    info = await calibrate(memory_archive, STREAM, geometry="xsensor-lx100-36x36")
    assert (await undo(memory_archive, STREAM)).layout == bare
    info = await calibrate(memory_archive, STREAM, geometry="xsensor-lx100-36x36")
    assert info.layout is not None
    assert (info.layout.pitch_mm, info.layout.geometry) == ((12.7, 12.7), None)
    assert "total_force_n" in info.columns
    done = await import_recording(memory_archive, STREAM, recording, STATISTICS, now_us=NOW_US)
    assert done.stored == 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"geometry": "moticon-opengo-7"}, "geometry: expected one of 99 cells, as the stream has, got 1 x 16"),
        ({"geometry": "footscan-1m"}, "geometry: expected one of 1 x 99 cells, as the stream has, got 128 x 63"),
        ({"geometry": "pedarx"}, "geometry: expected one of pedar-x"),
        ({"geometry": 7}, "geometry: expected a name, a geometry or none, got 7"),
        ({"geometry": {"places": "mm", "x": [1.0], "y": [1.0]}}, "geometry: expected one of 99 cells"),
        ({"side": "right"}, "geometry: expected one of the other side with another side, got none"),
        ({"side": "middle", "geometry": "pedar-x"}, "side: expected one of left, right"),
    ],
)
async def test_what_does_not_fit_changes_nothing(
    changes: dict[str, Any], said: str, memory_archive: MemoryArchive
) -> None:
    await recorded(memory_archive)
    with pytest.raises(InvalidData) as caught:
        await calibrate(memory_archive, STREAM, **changes)
    assert str(caught.value).startswith(said)
    assert (await memory_archive.stream_info(STREAM)).layout == UNPLACED
