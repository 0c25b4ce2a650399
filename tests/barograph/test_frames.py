"""The plain values: what they refuse, by name, and what they make of what they take."""

from __future__ import annotations

import json
import types
from dataclasses import FrozenInstanceError
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import sim
from barograph.errors import InvalidData
from barograph.frames import (
    DTYPES,
    KPA_PER_UNIT,
    MAX_CELLS,
    Block,
    Gap,
    Layout,
    Place,
    Recording,
    Stream,
    check_name,
    check_new_name,
)

GOOD: dict[str, Any] = {"rows": 3, "cols": 2}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("rows", 0), ("rows", -1), ("rows", 2.0), ("rows", "3"), ("rows", True), ("rows", None), ("cols", 0),
        ("rows", MAX_CELLS + 1), ("rows", 10_000_000), ("dtype", "int16"), ("dtype", None), ("dtype", ""),
        ("unit", "stone"), ("unit", 1), ("x_axis", "up"), ("y_axis", "left"), ("kind", "shoe"), ("side", "both"),
        ("scale", 0), ("scale", float("nan")), ("scale", float("inf")), ("scale", "1"), ("scale", True),
        ("offset", None), ("offset", float("inf")), ("pitch_mm", (5.0,)), ("pitch_mm", 5.0), ("pitch_mm", "55"),
        ("pitch_mm", (5.0, 0.0)), ("pitch_mm", (5.0, -1)), ("pitch_mm", (5.0, "5")), ("pitch_mm", (5.0, float("nan"))),
        ("cell_area_mm2", 0), ("cell_area_mm2", (1.0, 2.0)), ("cell_area_mm2", (0.0,) * 6), ("cell_area_mm2", "123456"),
        ("cell_area_mm2", ("1",) * 6), ("mask", (1, 0)), ("mask", (1, 0, 2, 1, 1, 1)), ("mask", "110011"),
        ("mask", 1), ("origin_mm", None), ("origin_mm", (1.0, 2.0, 3.0)), ("cop_floor_n", "20"),
        ("cop_floor_n", float("nan")), ("contact_kpa", -0.1), ("contact_kpa", "10"), ("contact_kpa", float("inf")),
        ("contact_kpa", float("nan")), ("contact_kpa", True),
    ],
)  # fmt: skip
def test_a_layout_names_the_field_that_is_wrong(field: str, value: object) -> None:
    with pytest.raises(InvalidData, match=rf"\A{field}: ") as refused:
        Layout(**(GOOD | {field: value}))
    assert refused.value.field == field


def test_a_layout_too_large_says_how_large_it_may_be() -> None:
    with pytest.raises(InvalidData, match="10000 x 10000 cells are too many; at most 262144"):
        Layout(rows=10_000, cols=10_000)


numbers = st.floats(-1e6, 1e6)
positive = st.floats(1e-3, 1e6)
layouts = st.builds(
    lambda area, mask, **fields: Layout(
        **fields, rows=3, cols=2, cell_area_mm2=area, mask=None if mask is None else tuple(mask)
    ),
    dtype=st.sampled_from(sorted(DTYPES)),
    unit=st.sampled_from(["raw", *KPA_PER_UNIT]),
    scale=positive,
    offset=numbers,
    pitch_mm=st.none() | st.tuples(positive, positive),
    area=st.none() | positive | st.tuples(*[positive] * 6),
    mask=st.none() | st.lists(st.integers(0, 1), min_size=6, max_size=6),
    origin_mm=st.tuples(numbers, numbers),
    x_axis=st.sampled_from(["left", "right"]),
    y_axis=st.sampled_from(["up", "down"]),
    kind=st.sampled_from(["insole", "plate", "mat", "seat", "saddle"]),
    side=st.sampled_from([None, "left", "right"]),
    cop_floor_n=st.none() | numbers,
    contact_kpa=st.none() | st.just(0.0) | positive,
    place=st.none() | st.builds(Place, x_mm=st.floats(-1e5, 1e5), turn_deg=st.floats(-360, 360)),
)


@given(layouts)
def test_a_layout_survives_json(layout: Layout) -> None:
    assert Layout.from_dict(json.loads(json.dumps(layout.to_dict()))) == layout


def test_a_layout_from_json_ignores_what_it_does_not_know_and_names_what_is_missing() -> None:
    assert Layout.from_dict({"rows": 3, "cols": 2, "colour": "red"}) == Layout(rows=3, cols=2)
    for field in ("rows", "cols"):
        with pytest.raises(InvalidData, match=f"{field}: expected in the layout"):
            Layout.from_dict({name: value for name, value in GOOD.items() if name != field})


@pytest.mark.parametrize(
    ("kind", "kpa"), [("insole", 10.0), ("plate", 10.0), ("mat", 0.667), ("seat", 0.667), ("saddle", 0.667)]
)
def test_each_kind_of_sensor_has_a_contact_threshold_unless_its_layout_says_one(kind: Any, kpa: float) -> None:
    assert Layout(**GOOD, kind=kind, unit="mmHg").loaded_above == kpa
    assert Layout(**GOOD, kind=kind, unit="mmHg", contact_kpa=3.5).loaded_above == 3.5
    assert Layout(**GOOD, kind=kind, unit="kPa", contact_kpa=0).loaded_above == 0.0
    # Of counts nobody knows what a kPa is.
    assert Layout(**GOOD, kind=kind, unit="raw", contact_kpa=3.5).loaded_above == 0.0


def test_axes_say_where_mm_grow() -> None:
    layout = Layout(rows=2, cols=3, pitch_mm=(10.0, 20.0), origin_mm=(100.0, 0.0))
    assert layout.x.tolist() == [105, 115, 125]
    assert layout.y.tolist() == [10, 30]
    turned = Layout(rows=2, cols=3, pitch_mm=(10.0, 20.0), x_axis="left", y_axis="up")
    assert turned.x.tolist() == [25, 15, 5]
    assert turned.y.tolist() == [30, 10]
    assert Layout(rows=2, cols=3).x.tolist() == [0, 1, 2]


def test_the_area_of_a_cell_is_its_own_or_its_pitch() -> None:
    both = Layout(rows=1, cols=2, pitch_mm=(10.0, 20.0), cell_area_mm2=(50.0, 100.0)).area_cm2
    pitch = Layout(rows=1, cols=2, pitch_mm=(10.0, 20.0)).area_cm2
    one = Layout(rows=1, cols=2, cell_area_mm2=50.0).area_cm2
    assert both is not None
    assert pitch is not None
    assert one is not None
    assert (both.tolist(), pitch.tolist(), one.tolist()) == ([[0.5, 1.0]], [[2.0, 2.0]], [[0.5, 0.5]])
    assert Layout(rows=1, cols=2).area_cm2 is None


@pytest.mark.parametrize(
    "name", ["", " ", "a/b", " a", "a ", "a\n", "a\0", "a\tb", "\x7f", "x" * 129, None, 7, b"a", "a\u2028b", "\ud800"]
)
def test_a_name_that_cannot_be_one_is_refused(name: object) -> None:
    with pytest.raises(InvalidData, match=r"\Aworkout_id: ") as refused:
        check_name("workout_id", name)
    assert refused.value.field == "workout_id"
    with pytest.raises(InvalidData, match=r"\Astream: "):
        Stream("run", name)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["a", "run-42", "x" * 128, "a b", "ü", "日本", "$set", "a.b", "..", "a:b", "%2F"])
def test_a_name_may_be_what_people_write(name: str) -> None:
    assert check_name("stream", name) == name


def a_block(**fields: Any) -> Block:
    given: dict[str, Any] = {
        "e": 0, "seq": 5, "times_us": np.arange(4), "received_us": 9, "frames": np.zeros((4, 3, 2), "<u2"),
        "stats": np.zeros((4, 2), np.float32),
    }  # fmt: skip
    return Block(**(given | fields))


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("seq", {"seq": -1}), ("seq", {"e": -1}), ("frames", {"frames": np.zeros((0, 3, 2)), "times_us": np.arange(0)}),
        ("frames", {"frames": np.zeros((4, 6))}), ("times_us", {"times_us": np.arange(3)}),
        ("times_us", {"times_us": np.arange(4.0)}), ("times_us", {"times_us": np.zeros((4, 1), int)}),
        ("frames", {"frames": np.full((4, 3, 2), np.inf)}), ("frames", {"frames": np.full((4, 3, 2), -np.inf)}),
        ("stats", {"stats": np.zeros((3, 2))}), ("stats", {"stats": np.zeros(4)}),
    ],
)  # fmt: skip
def test_a_block_names_the_field_that_is_wrong(field: str, fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidData, match=rf"\A{field}: ") as refused:
        a_block(**fields)
    assert refused.value.field == field


def test_missing_cells_are_nan() -> None:
    assert np.isnan(a_block(frames=np.full((4, 3, 2), np.nan)).frames).all()


def test_what_was_validated_stays_as_it_is() -> None:
    block = a_block()
    for array in (block.frames, block.times_us, block.stats):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1  # type: ignore[index]
    with pytest.raises(FrozenInstanceError):
        block.seq = 6  # type: ignore[misc]
    recording = Recording(frames=np.zeros((4, 3, 2)), times_us=np.arange(4), layout=Layout(**GOOD))
    with pytest.raises(ValueError, match="read-only"):
        recording.frames[0] = 1


def test_a_part_of_a_block_keeps_its_numbers() -> None:
    frames, stats = np.arange(24, dtype="<u2").reshape(4, 3, 2), np.arange(8, dtype="f4").reshape(4, 2)
    part = a_block(frames=frames, stats=stats).part(1, 3)
    assert (part.seq, part.stop, len(part), part.nbytes) == (6, 8, 2, 24)
    assert part.times_us.tolist() == [1, 2]
    assert part.frames.tolist() == frames[1:3].tolist()
    assert part.stats is not None
    assert part.stats.tolist() == stats[1:3].tolist()


def a_recording(frames: Any, **layout: Any) -> Recording:
    frames = np.asarray(frames)
    rows, cols = frames.shape[1:]
    layout = {"dtype": frames.dtype.name, "rows": rows, "cols": cols} | layout
    return Recording(frames=frames, times_us=10 * np.arange(len(frames)), layout=Layout(**layout))


@pytest.mark.parametrize(
    ("field", "frames", "times_us"),
    [
        ("frames", np.zeros((4, 2, 3)), np.arange(4)), ("frames", np.zeros((4, 6)), np.arange(4)),
        ("times_us", np.zeros((4, 3, 2)), np.arange(5)), ("times_us", np.zeros((4, 3, 2)), np.arange(4.0)),
        ("frames", np.full((4, 3, 2), np.inf), np.arange(4)),
    ],
)  # fmt: skip
def test_a_recording_names_the_field_that_is_wrong(field: str, frames: Any, times_us: Any) -> None:
    with pytest.raises(InvalidData, match=rf"\A{field}: ") as refused:
        Recording(frames=frames, times_us=times_us, layout=Layout(**GOOD))
    assert refused.value.field == field


def test_values_are_in_the_unit_of_the_layout() -> None:
    recording = a_recording([[[10, 20]], [[30, 40]]], dtype="uint8", unit="N/cm2", scale=0.5, offset=-1.0, mask=(1, 0))
    np.testing.assert_array_equal(recording.values(), [[[4, np.nan]], [[14, np.nan]]])
    np.testing.assert_array_equal(recording.kpa(), [[[40, np.nan]], [[140, np.nan]]])


def test_counts_are_no_pressure() -> None:
    with pytest.raises(InvalidData, match=r"unit: .*raw"):
        a_recording([[[1, 2]]], dtype="uint8").kpa()


def test_a_recording_is_cut_with_its_table() -> None:
    recording = a_recording(np.arange(10.0).reshape(10, 1, 1))
    table = pd.DataFrame({"x": range(10)}, index=pd.date_range("2024", periods=10, freq="s", name="time", tz="UTC"))
    whole = Recording(recording.frames, recording.times_us, recording.layout, stats=table)
    parts = list(whole.blocks(4))
    assert [(start, len(part)) for start, part in parts] == [(0, 4), (4, 4), (8, 2)]
    assert [part.stats["x"].tolist() for _, part in parts] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]  # type: ignore[index]
    assert (whole.duration_s, whole.part(3, 4).duration_s, whole.part(3, 3).duration_s) == (90e-6, 0, 0)


def a_minute() -> Recording:
    table = pd.DataFrame({"x": range(60)})
    times_us = np.datetime64("2024-05-01T10:00:00", "us").astype(np.int64) + 1_000_000 * np.arange(60)
    layout = Layout(rows=1, cols=1, dtype="uint8", unit="kPa", scale=2.0, kind="insole", side="left")
    return Recording(np.arange(60).reshape(60, 1, 1), times_us, layout, stats=table, gaps=(Gap(0, 3, 2, 1, 2),))


@pytest.mark.parametrize(
    ("key", "numbers"),
    [
        (0, [0]), (-1, [59]), (np.int64(7), [7]), (slice(3, 6), [3, 4, 5]), (slice(-2, None), [58, 59]),
        (slice(None, None, 25), [0, 25, 50]), (slice(50, 10), []), ([5, 1], [5, 1]), (np.array([-1]), [59]), ([], []),
        (np.arange(60) % 20 == 0, [0, 20, 40]), (slice("2024-05-01 10:00:58", None), [58, 59]),
        (slice(None, datetime(2024, 5, 1, 10, 0, 1)), [0, 1]), (slice("2024-05-01T10:00:07.5", pd.Timestamp(
            "2024-05-01 12:00:09", tz="Europe/Berlin")), [8, 9]), (slice(np.datetime64("2025"), None), []),
    ],
)  # fmt: skip
def test_a_recording_is_sliced_by_number_and_by_time_with_its_table(key: Any, numbers: list[int]) -> None:
    part = a_minute()[key]
    assert part.frames.ravel().tolist() == numbers
    assert ((part.times_us - a_minute().times_us[0]) // 1_000_000).tolist() == numbers
    assert part.stats is not None
    assert part.stats["x"].tolist() == numbers
    assert part.layout == a_minute().layout


def test_frame_numbers_that_are_not_there_end_a_loop_or_are_refused() -> None:
    one = a_minute()
    assert [frame.frames.item() for frame in one] == list(range(60))
    with pytest.raises(IndexError, match="frame 60: expected -60 to 59"):
        one[60]
    for key in ([60], [-61], [1.5], [True], "2024", None, (1, 2, "a"), np.zeros((2, 2), int), {}, True):
        with pytest.raises(InvalidData, match=r"\Aindex: expected frame numbers below 60, a slice, or 60 bools, got"):
            one[key]
    with pytest.raises(InvalidData, match=r"slice: expected frame numbers or times, got 0.5"):
        one[0.5:1.0]  # type: ignore[misc]
    with pytest.raises(InvalidData, match="slice: expected no step between two times"):
        one["2024-05-01":"2024-05-02":2]  # type: ignore[misc]
    with pytest.raises(InvalidData, match="start_us: expected a time, got 'noon'"):
        one.between("noon")


def test_a_recording_tells_what_it_is_in_one_line() -> None:
    said = repr(a_minute())
    assert said == "Recording(60 frames of 1 x 1 uint8 kPa, insole left, 2024-05-01T10:00:00.000Z, 59 s at 1 Hz, 1 gap)"
    assert repr(a_minute()[:0]) == "Recording(0 frames of 1 x 1 uint8 kPa, insole left, 1 gap)"
    assert repr(a_block()) == "Block(4 frames of 3 x 2 uint16, e=0, seq=5)"
    large = Layout(rows=60, cols=21, mask=np.ones((60, 21), int), pitch_mm=(5.0, 5.0))  # type: ignore[arg-type]
    assert repr(large) == (
        "Layout(rows=60, cols=21, dtype='float64', unit='raw', pitch_mm=[5.0, 5.0], mask=(1260 values))"
    )


def test_numpy_takes_a_recording_as_its_values() -> None:
    assert np.asarray(a_minute()).ravel()[:3].tolist() == [0.0, 2.0, 4.0]
    assert np.mean(a_minute()) == 59.0  # type: ignore[call-overload]


def test_a_recording_equals_one_with_the_same_layout_times_and_cells() -> None:
    one, missing = a_minute(), a_recording([[[np.nan, 1.0]]])
    assert one.equals(a_minute())
    assert missing.equals(a_recording([[[np.nan, 1.0]]]))
    assert not any(one.equals(other) for other in (one[1:], missing, one.frames, None))


@pytest.mark.parametrize(
    ("given", "plain"),
    [
        ({"rows": np.int64(3), "cols": np.uint8(2)}, {}),
        ({"dtype": np.uint16}, {"dtype": "uint16"}), ({"dtype": np.dtype("<f4")}, {"dtype": "float32"}),
        ({"scale": np.float32(0.5), "offset": np.int16(2)}, {"scale": 0.5, "offset": 2.0}),
        ({"pitch_mm": np.array([5, 7])}, {"pitch_mm": (5.0, 7.0)}), ({"pitch_mm": [5, 7]}, {"pitch_mm": (5.0, 7.0)}),
        ({"origin_mm": np.zeros(2)}, {"origin_mm": (0.0, 0.0)}), ({"cell_area_mm2": np.int64(9)}, {"cell_area_mm2": 9}),
        ({"cell_area_mm2": np.full((3, 2), 9.0)}, {"cell_area_mm2": (9.0,) * 6}),
        ({"mask": np.eye(3, 2, dtype=bool)}, {"mask": (1, 0, 0, 1, 0, 0)}),
        ({"mask": [[1, 0], [0, 1], [0, 0]]}, {"mask": (1, 0, 0, 1, 0, 0)}),
        ({"mask": pd.DataFrame(np.eye(3, 2))}, {"mask": (1, 0, 0, 1, 0, 0)}),
        ({"tare": np.arange(6)}, {"tare": (0.0, 1.0, 2.0, 3.0, 4.0, 5.0)}),
        ({"cell_factors": np.arange(1, 7, dtype=np.float32)}, {"cell_factors": (1.0, 2.0, 3.0, 4.0, 5.0, 6.0)}),
    ],
)  # fmt: skip
def test_a_layout_takes_numbers_and_arrays_of_numpy_and_keeps_plain_ones(given: Any, plain: Any) -> None:
    layout = Layout(**(GOOD | given))
    assert layout == Layout(**(GOOD | plain))
    assert hash(layout) == hash(Layout(**(GOOD | plain)))
    assert Layout.from_dict(json.loads(json.dumps(layout.to_dict()))) == layout


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("mask", np.ones((2, 3))), ("tare", np.ones(5)), ("cell_area_mm2", np.zeros((3, 2))), ("mask", [[1, 0], [1]]),
        ("mask", np.full((3, 2), 2)), ("mask", [[], [], [], [], [], []]), ("mask", np.array(["1"] * 6)),
        ("cell_factors", np.full((3, 2), np.nan)), ("pitch_mm", np.ones((2, 2))), ("rows", np.float64(3)),
        ("rows", np.True_), ("scale", 10**400), ("kind", np.array(["mat"])), ("dtype", np.int16), ("dtype", []),
        pytest.param("offset", 10**5000, id="digits"), ("mask", {}), ("unit", ["kPa"]),
    ],
)  # fmt: skip
def test_arrays_that_do_not_fit_are_refused_by_field_and_shortly(field: str, value: Any) -> None:
    with pytest.raises(InvalidData, match=rf"\A{field}: ") as refused:
        Layout(**(GOOD | {field: value}))
    assert len(str(refused.value)) < 250


@pytest.mark.parametrize("name", [".", ".."])
def test_names_that_paths_take_for_something_else_are_read_but_not_made(name: str) -> None:
    assert check_name("workout_id", name) == name
    assert Stream(name, name).workout_id == name
    for field in ("workout_id", "stream"):
        with pytest.raises(InvalidData, match=f"{field}: expected a name other than"):
            check_new_name(field, name)
    assert check_new_name("stream", "...") == "..."


def test_frames_of_a_part_are_those_between_its_ends() -> None:
    recording = sim.walk(0.5, rows=4, cols=2)["left"]
    ends = recording.times_us[10], recording.times_us[19]
    part = types.SimpleNamespace(start_us=int(ends[0]), stop_us=int(ends[1]))
    assert recording.between(part).equals(recording[10:20])
    assert recording.between(pd.Series({"start_us": ends[0], "stop_us": ends[1]})).equals(recording[10:20])
