"""A better calibration improves old sessions: frames stay, values and all that was made of them change."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from analytics import arrival_stats, frame_stats
from analytics.columns import arrival_columns
from barograph.curve import Curve
from barograph.errors import InvalidData, NotFound
from barograph.frames import Block, Layout, Place, Recording, Stream
from barograph.layout import KPA_PER_UNIT
from barograph.store.calibration import calibrate, renamed, undo
from barograph.store.calibration_records import GIVEN, Made, made_of
from barograph.store.memory import catalog as memory_catalog
from barograph.store.mongo import calibrations as mongo_calibrations
from barograph.store.ports import Archive
from barograph.store.reading import read, read_recording
from barograph.store.rollups import overview, peak_map, refresh

STREAM = Stream("run", "left")
RAW = Layout(rows=2, cols=3, dtype="uint16", pitch_mm=(10.0, 10.0), mask=(1, 1, 1, 1, 1, 0))
NOW_US = 1_800_000_000_000_000
FACTORS = (1.0, 2.0, 0.5, 1.0, 1.0, 1.0)
TARE = (10.0, 0.0, 5.0, 0.0, 0.0, 0.0)


def blocks(n: int = 40) -> list[tuple[Stream, Block]]:
    cells = np.random.default_rng(2).integers(0, 90, (n, 2, 3)).astype("<u2")
    cells[:, 1, 2] = 0
    times_us = 10**15 + 100_000 * np.arange(n)
    stats = arrival_stats(cells, RAW)
    return [
        (STREAM, Block(0, i, times_us[i : i + 10], 1, cells[i : i + 10], stats[i : i + 10])) for i in (0, 10, 20, 30)
    ]


async def recorded(archive: Archive) -> None:
    await archive.open(STREAM, epoch="a", numbered=True, now_us=0)
    await archive.fix_layout(STREAM, RAW, arrival_columns(RAW), 1)
    await archive.append(blocks())
    await refresh(archive, STREAM, now_us=NOW_US * 2, grace_s=0.0)


async def test_an_old_session_has_new_values_and_its_frames_as_they_were(archive: Archive) -> None:
    await recorded(archive)
    before = await read_recording(archive, STREAM)
    assert frame_stats(before).columns[0] == "raw_sum"
    info = await calibrate(archive, STREAM, unit="kPa", scale=0.5, cell_factors=FACTORS, tare=TARE)
    after = await read_recording(archive, STREAM)
    assert (info.k, info.columns) == (2, arrival_columns(after.layout))
    assert after.frames.tobytes() == before.frames.tobytes()
    expected = np.maximum((before.frames - np.reshape(TARE, (2, 3))) * 0.5 * np.reshape(FACTORS, (2, 3)), 0.0)
    expected[:, 1, 2] = np.nan
    np.testing.assert_allclose(after.kpa(), expected, rtol=1e-15)
    np.testing.assert_allclose(frame_stats(after)["total_force_n"], 0.1 * np.nansum(expected, axis=(1, 2)), rtol=1e-12)


async def test_a_curve_is_kept_and_all_numbers_follow_it(archive: Archive) -> None:
    await recorded(archive)
    await calibrate(archive, STREAM, unit="kPa", scale=2.0, offset=1.0)
    curve = Curve(kind="power", numbers=tuple((0.5, 1.0 + 0.1 * cell) for cell in range(6)))
    info = await calibrate(archive, STREAM, curve=curve.to_dict(), cell_factors=FACTORS, tare=TARE)
    assert info.layout is not None
    assert (info.layout.curve, info.layout.scale, info.layout.offset) == (curve, 1.0, 0.0)
    assert (await archive.stream_info(STREAM)).layout == info.layout
    after = await read_recording(archive, STREAM)
    x, x0 = (values * np.reshape(FACTORS, (2, 3)) for values in (after.frames, np.reshape(TARE, (2, 3))))
    power = 1.0 + 0.1 * np.arange(6).reshape(2, 3)
    expected = np.maximum(0.5 * x**power - 0.5 * x0**power, 0.0)
    np.testing.assert_allclose(after.kpa()[:, after.layout.valid], expected[:, after.layout.valid], rtol=1e-12)
    seen = await overview(archive, STREAM, compute=arrival_stats)
    newtons = frame_stats(after)["total_force_n"].to_numpy().reshape(4, 10)
    np.testing.assert_allclose(seen.high[:, 0], newtons.max(axis=1), rtol=1e-6)
    await refresh(archive, STREAM, now_us=NOW_US * 2, grace_s=0.0, compute=arrival_stats)
    peak = after.layout.to_unit(await peak_map(archive, STREAM))[after.layout.valid]
    np.testing.assert_allclose(peak, expected.max(axis=0)[after.layout.valid], rtol=1e-6)


async def test_a_place_is_chosen_later_and_undone_and_moves_no_frame(archive: Archive) -> None:
    await recorded(archive)
    before = await read_recording(archive, STREAM)
    info = await calibrate(archive, STREAM, "", Made("stance"), place={"x_mm": -100, "turn_deg": 7})
    place = Place(x_mm=-100.0, turn_deg=7.0)
    assert info.layout == replace(RAW, place=place)
    assert (await archive.stream_info(STREAM)).layout == info.layout
    after = await read_recording(archive, STREAM)
    assert after.frames.tobytes() == before.frames.tobytes()
    assert frame_stats(after).equals(frame_stats(before))
    (record,) = await archive.calibrations(STREAM)
    assert record.said.endswith("stands at x -100 mm, y 0 mm, turned by 7°")
    await calibrate(archive, STREAM, place=Place(y_mm=5.0))
    assert (await undo(archive, STREAM)).layout == info.layout
    assert (await undo(archive, STREAM)).layout == RAW
    with pytest.raises(InvalidData, match=r"place\.y_mm: expected a finite number, got 'far'"):
        await calibrate(archive, STREAM, place={"y_mm": "far"})
    assert (await archive.stream_info(STREAM)).layout == RAW


async def test_who_calibrated_and_when_is_kept_and_what_came_before_is_not_known(archive: Archive) -> None:
    await recorded(archive)
    assert (await archive.stream_info(STREAM)).calibrated_us is None
    before_us = time.time_ns() // 1000
    await calibrate(archive, STREAM, "a user's uid", unit="kPa", scale=0.5)
    await archive.open(STREAM, epoch="b", numbered=True, now_us=1)
    found = await archive.stream_info(STREAM)
    assert found.calibrated_by == "a user's uid"
    assert before_us <= found.calibrated_us <= time.time_ns() // 1000
    await calibrate(archive, STREAM, scale=2.0)
    assert (await archive.stream_info(STREAM)).calibrated_by == "", "the owner of this machine"
    with pytest.raises(InvalidData, match="calibration: expected some of"):
        await calibrate(archive, STREAM, "me", by="somebody else")


async def test_statistics_of_the_old_calibration_are_never_given_under_the_new(archive: Archive) -> None:
    await recorded(archive)
    assert (await overview(archive, STREAM)).columns[0] == "raw_sum"
    await calibrate(archive, STREAM, unit="kPa", scale=2.0)
    new = await read_recording(archive, STREAM, with_stats=True)
    assert new.stats.isna().all(axis=None)
    for _ in range(2):  # first computed on the fly, then from the rows
        seen = await overview(archive, STREAM, compute=arrival_stats)
        assert seen.columns[0] == "total_force_n"
        newtons = frame_stats(new)["total_force_n"].to_numpy().reshape(4, 10)
        np.testing.assert_allclose(seen.high[:, 0], newtons.max(axis=1), rtol=1e-6)
        await refresh(archive, STREAM, now_us=NOW_US * 2, grace_s=0.0, compute=arrival_stats)
    assert await archive.dirty(STREAM) == []


async def test_a_writer_that_has_the_old_layout_marks_its_statistics_as_old(archive: Archive) -> None:
    await recorded(archive)
    await calibrate(archive, STREAM, unit="kPa", scale=2.0)
    ((_, block), *_) = blocks()
    await archive.append([(STREAM, replace(block, seq=40, times_us=block.times_us + 10**7, k=1))])
    await archive.append([(STREAM, replace(block, seq=50, times_us=block.times_us + 2 * 10**7, k=2))])
    stats = (await read_recording(archive, STREAM, with_stats=True)).stats
    assert stats.iloc[:50].isna().all(axis=None)
    assert stats.iloc[50:, 0].notna().all()
    found = [(part.seq, len(part), part.stats is None) async for part in read(archive, STREAM)]
    assert found == [(0, 50, True), (50, 10, False)]  # the new ones keep theirs beside the old


async def test_what_is_no_calibration_changes_nothing(archive: Archive) -> None:
    await recorded(archive)
    for wrong, message in (
        ({"rows": 3}, "expected some of unit, scale"),
        ({}, "got none"),
        ({"scale": 0}, "scale: expected a number other than 0"),
        ({"cell_factors": (1.0, 2.0)}, "cell_factors: expected 6 numbers"),
        ({"cell_factors": (1.0, -2.0, 1.0, 1.0, 1.0, 1.0)}, "cell_factors: expected a number above 0"),
        ({"unit": "KPA"}, "unit: expected one of raw, kPa"),
        ({"curve": {"kind": "power", "numbers": [[1.0, 0.0]]}}, "curve.numbers\\[0\\]: expected a curve that rises"),
        ({"curve": {"kind": "polynomial", "numbers": [[0.0, 1.0, -0.005]]}}, "to 65535, got one that turns at 100"),
    ):
        with pytest.raises(InvalidData, match=message):
            await calibrate(archive, STREAM, **wrong)
    assert (await archive.stream_info(STREAM)).k == 1
    assert await archive.dirty(STREAM) == []
    with pytest.raises(NotFound):
        await calibrate(archive, Stream("run", "right"), scale=2.0)


@pytest.mark.parametrize("unit", ["raw", *KPA_PER_UNIT])
@pytest.mark.parametrize("pitch_mm", [None, (5.0, 5.0)])
def test_columns_are_renamed_as_analytics_names_them(unit: str, pitch_mm: tuple[float, float] | None) -> None:
    layout = Layout(rows=1, cols=1, unit=unit, pitch_mm=pitch_mm)
    for before in ("raw", "kPa"):
        assert renamed(arrival_columns(replace(layout, unit=before)), layout) == arrival_columns(layout)


def test_the_numbers_of_a_calibrated_sensor_are_those_of_its_values() -> None:
    rng = np.random.default_rng(5)
    frames = rng.integers(0, 200, (30, 2, 3)).astype("<u2")
    layout = replace(RAW, unit="mmHg", scale=0.7, cell_factors=FACTORS, tare=TARE, cop_floor_n=0.0)
    raw = Recording(frames, np.arange(30) * 10_000, layout)
    same = replace(RAW, unit="mmHg", dtype="float64", cop_floor_n=0.0)
    given = Recording(np.nan_to_num(raw.values()), raw.times_us, same)
    # Of floats nobody knows where the sensor saturates.
    found, expected = (frame_stats(each).drop(columns="n_saturated") for each in (raw, given))
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    full = Recording(np.full((1, 2, 3), 65535, "<u2"), np.arange(1), layout)
    assert frame_stats(full)["n_saturated"].tolist() == [5]
    shifted = replace(RAW, unit="mmHg", scale=0.7, offset=3.0, cop_floor_n=0.0)
    assert frame_stats(Recording(frames, raw.times_us, shifted))["peak_kpa"].min() > 0.4


async def test_each_calibration_is_kept_and_can_be_undone_one_after_the_other(archive: Archive) -> None:
    await recorded(archive)
    await calibrate(archive, STREAM, "somebody", unit="kPa", scale=0.5, contact_kpa=7.0)
    by_mass = Made("known mass", "run/left 2 to 4 s, 75 kg", 1.25, 240)
    curve = Curve(kind="power", numbers=((0.5, 1.2),))
    await calibrate(archive, STREAM, "", by_mass, curve=curve, tare=TARE, cell_factors=FACTORS)
    first, second = await archive.calibrations(STREAM)
    assert (first.by, first.made, first.before["unit"], first.before["contact_kpa"]) == ("somebody", GIVEN, "raw", None)
    assert (second.made, second.before["scale"], second.undone_us) == (by_mass, 0.5, None)
    assert second.said.startswith("unit kPa, scale 1, offset 0, a tare of up to 10 counts, a factor for each cell")
    undone = await undo(archive, STREAM, "somebody else", second.uid)
    assert undone.layout == replace(RAW, unit="kPa", scale=0.5, contact_kpa=7.0)
    assert (undone.k, undone.calibrated_by) == (4, "somebody else")
    assert (await undo(archive, STREAM, "", second.uid)).k == 4, "the same twice is one"
    assert [one.undone_by for one in await archive.calibrations(STREAM)] == ["", "somebody else"]
    with pytest.raises(InvalidData, match="undo: expected the newest calibration that holds of run/left"):
        await undo(archive, STREAM, "", "another")
    assert (await undo(archive, STREAM)).layout == RAW
    assert (await archive.stream_info(STREAM)).columns == arrival_columns(RAW)
    assert (await read_recording(archive, STREAM)).frames.tobytes() == b"".join(b.frames.tobytes() for _, b in blocks())
    with pytest.raises(InvalidData, match="undo: expected a calibration that holds of run/left, got none"):
        await undo(archive, STREAM)
    await calibrate(archive, STREAM, unit="kPa", scale=3.0)
    assert (await undo(archive, STREAM)).layout == RAW, "what was undone before stays undone"


async def test_the_undone_curve_comes_back(archive: Archive) -> None:
    await recorded(archive)
    table = Curve(kind="table", numbers=((0.0, 0.0, 90.0, 50.0),))
    await calibrate(archive, STREAM, unit="kPa", curve=table)
    await calibrate(archive, STREAM, curve=None, scale=2.0)
    assert (await undo(archive, STREAM)).layout == replace(RAW, unit="kPa", curve=table)


async def test_what_changes_nothing_is_no_record_and_the_oldest_records_go(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (memory_catalog, mongo_calibrations):
        monkeypatch.setattr(module, "MOST_RECORDS", 3)
    await recorded(archive)
    for scale in (1.0, 2.0, 2.0, 3.0, 4.0, 5.0):
        await calibrate(archive, STREAM, unit="kPa", scale=scale)
    found = await archive.calibrations(STREAM)
    assert [one.before["scale"] for one in found] == [2.0, 3.0, 4.0]
    assert await archive.delete("run")
    with pytest.raises(NotFound):
        await archive.calibrations(STREAM)
    await recorded(archive)
    assert await archive.calibrations(STREAM) == []


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"method": ""}, "made.method: expected 1 to 40 characters"),
        ({"source": "x" * 301}, "made.source: expected 0 to 300 characters"),
        ({"residual_pct": -1.0}, "made.residual_pct: expected a number of 0 or more"),
        ({"loaded_cells": 0}, "made.loaded_cells: expected a whole number of 1 or more"),
        ({"method": 3}, "made: expected method, source and residual_pct"),
        ([], "made: expected method, source and residual_pct"),
    ],
)
def test_how_a_calibration_was_made_is_bounded(given: object, message: str) -> None:
    with pytest.raises(InvalidData, match=message):
        made_of(given)
