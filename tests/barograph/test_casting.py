"""Casts: what does not fit the layout's dtype is refused when a Recording is made, and nothing ever wraps."""

import copy
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from analytics.frames.basic_set import arrival_stats
from barograph import Block, Layout, Recording, files, read_file
from barograph.errors import InvalidData
from barograph.frames import DTYPES, narrow

GIVEN = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64",
         ">u2", ">f4", "longdouble")  # fmt: skip
PLAIN = {"allow_nan": True, "allow_infinity": False}


def recording(frames: Any, dtype: Any = "uint8", **fields: Any) -> Recording:
    cells = np.ma.asarray(frames)
    return Recording(
        frames, np.arange(len(cells)), Layout(rows=cells.shape[1], cols=cells.shape[2], dtype=dtype), **fields
    )


@pytest.mark.parametrize(
    ("value", "dtype", "said"),
    [
        (300.7, "uint8", r"whole numbers from 0 to 255 .*, got 300.7 at \[0, 1, 0\]; layout.with_dtype\(\"float64\"\)"),
        (44.5, "uint8", r"got 44.5 .*; layout.with_dtype\(\"float32\"\) holds them all"),
        (300, "uint8", r"got 300 .*; layout.with_dtype\(\"uint16\"\)"),
        (-1, "uint16", r"whole numbers from 0 to 65535 .*, got -1 .*; layout.with_dtype\(\"float32\"\)"),
        (np.nan, "uint8", r"got nan .*; layout.with_dtype\(\"float32\"\)"),
        (65536, "uint16", "got 65536"),
        (1e39, "float32", r"values that float32.* holds exactly, got 1e\+39 .*\"float64\""),
        (0.1, "float32", r"got 0.1 .*; frames.astype\(\"float32\"\) rounds them"),
        (2**53 + 1, "float64", r"got 9007199254740993 at \[0, 1, 0\]\Z"),
        (np.uint64(2**64 - 1), "float64", "got 18446744073709551615"),
        (np.inf, "float32", r"finite values or NaN for a missing cell, got an infinite one at \[0, 1, 0\]"),
        (1j, "float32", "numbers, got complex128"),
        ("1", "float32", "numbers, got <U"),
        (None, "float32", "numbers, got object"),
    ],
)
def test_a_value_that_the_dtype_does_not_hold_is_refused_by_name_and_place(value: Any, dtype: str, said: str) -> None:
    with pytest.raises(InvalidData, match=rf"\Aframes: expected .*{said}") as refused:
        recording(np.array([[[type(value)(0) if value is not None else 0], [value]]]), dtype)
    assert refused.value.field == "frames"


def test_what_the_hint_says_helps() -> None:
    cells = np.array([[[300.7], [np.nan]]])
    made = Recording(cells, [0], Layout(rows=2, cols=1, dtype="uint8").with_dtype("float64"))
    assert made.equals(recording(cells, "float64"))


@st.composite
def arrays(draw: Any) -> Any:
    dtype = np.dtype(draw(st.sampled_from(GIVEN)))
    shape = (draw(st.integers(0, 4)), draw(st.integers(1, 3)), draw(st.integers(1, 3)))
    small, whole, width = draw(st.booleans()), dtype.kind in "iu", min(64, 8 * dtype.itemsize)
    if whole:
        elements = st.integers(0, 100) if small else None
    else:
        elements = st.floats(0, 100, width=width) if small else st.floats(width=width, **PLAIN)
    return draw(hnp.arrays(dtype if dtype.itemsize <= 8 else np.float64, shape, elements=elements)).astype(dtype)


def fits(cell: Any, dtype: np.dtype[Any]) -> bool:
    """Whether a dtype holds a number exactly, in Python's own arithmetic."""
    if cell != cell:
        return dtype.kind == "f"
    if dtype.kind == "u":
        return bool(0 <= cell <= np.iinfo(dtype).max and cell == int(cell))
    with np.errstate(over="ignore"):
        near = dtype.type(cell).item()
    return bool(np.isfinite(near) and near == cell)


@pytest.mark.parametrize("name", files.FORMATS)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=arrays(), dtype=st.sampled_from(tuple(DTYPES)))
def test_what_is_written_reads_back_equal_or_was_refused(name: str, tmp_path: Path, cells: Any, dtype: str) -> None:
    if not all(fits(cell, DTYPES[dtype]) for cell in cells.ravel().tolist()):
        with pytest.raises(InvalidData, match=r"\Aframes: expected "):
            recording(cells, dtype)
        return
    files.write(tmp_path / "file", recording(cells, dtype), name)
    (after,) = read_file(tmp_path / "file")
    assert after.frames.dtype == DTYPES[dtype]
    assert after.frames.shape == cells.shape
    for was, now in zip(cells.ravel().tolist(), after.frames.ravel().tolist(), strict=True):
        assert was == now or (was != was and now != now)


@given(cells=arrays())
def test_an_array_of_the_layouts_own_type_is_never_refused_nor_copied(cells: Any) -> None:
    for dtype in DTYPES.values():
        if cells.dtype == dtype:
            assert np.shares_memory(recording(cells, dtype.name).frames, cells) or not cells.size


def test_a_masked_cell_of_a_masked_array_is_missing() -> None:
    cells = np.ma.masked_less(np.array([[[1.0, -1.0]]]), 0)
    assert np.isnan(recording(cells, "float32").frames[0, 0]).tolist() == [False, True]
    assert np.isnan(recording(cells.astype(int), "float64").values()[0, 0, 1])
    with pytest.raises(InvalidData, match=r"got nan at \[0, 0, 1\]; layout.with_dtype"):
        recording(cells, "uint8")
    layout = Layout(rows=1, cols=2, dtype="uint8", mask=(1, 0))
    assert Recording(cells, [0], layout).frames.tolist() == [[[1, 0]]]


def test_nan_where_the_layout_has_no_cell_is_stored_as_whole_numbers_have_it() -> None:
    layout = Layout(rows=1, cols=2, dtype="uint16", mask=(1, 0))
    once = Recording(np.array([[[7, 3]]], np.uint16), [0], layout)
    assert Recording(once.values(), [0], layout).frames.tolist() == [[[7, 0]]]


def test_big_endian_cells_are_turned_round() -> None:
    cells = np.array([[[1, 256]]], ">u2")
    assert Block(0, 0, np.array([0]), 0, cells).frames.tobytes() == cells.astype("<u2").tobytes()
    assert recording(cells, "uint16").frames.tobytes() == cells.astype("<u2").tobytes()


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("frames", {"frames": np.zeros((1, 2, 2), np.int64)}), ("frames", {"frames": np.zeros((1, 2, 2), bool)}),
        ("times_us", {"times_us": np.array([2**63], np.uint64)}),
        ("times_us", {"times_us": np.array(["NaT"], "M8[s]")}),
        ("seq", {"seq": 1.5}), ("seq", {"seq": 1 << 62}), ("seq", {"seq": "1"}), ("received_us", {"received_us": -1}),
        ("seq", {"e": True}), ("stats", {"stats": np.zeros((1, 2), int)}),
    ],
)  # fmt: skip
def test_a_block_casts_nothing_unseen(field: str, fields: dict[str, Any]) -> None:
    good: dict[str, Any] = {
        "e": 0, "seq": 0, "times_us": np.array([0]), "received_us": 0, "frames": np.zeros((1, 2, 2), np.uint8),
    }  # fmt: skip
    with pytest.raises(InvalidData, match=rf"\A{field}: expected") as refused:
        Block(**(good | fields))
    assert refused.value.field == field


def test_statistics_beyond_float32_are_missing_never_infinite() -> None:
    assert np.isnan(narrow(np.array([1e39, -1e39, np.inf, np.nan]))).all()
    layout = Layout(rows=2, cols=2, unit="kPa", pitch_mm=(5, 5))
    assert not np.isinf(arrival_stats(np.full((1, 2, 2), 1.7e308), layout)).any()
    block = Block(0, 0, np.array([0]), 0, np.zeros((1, 2, 2)), stats=np.array([[1e300, 2.0]]))
    assert block.stats is not None
    assert block.stats.tolist()[0][1] == 2.0
    assert np.isnan(block.stats[0, 0])


def test_numbers_of_numpy_in_blocks_become_pythons_own() -> None:
    block = Block(np.int64(1), np.uint8(2), np.array([3]), np.int32(4), np.zeros((1, 2, 2)))  # type: ignore[arg-type]
    assert [type(value) for value in (block.e, block.seq, block.received_us)] == [int, int, int]


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_copies_and_pickles_are_equal_and_as_protected(again: Any) -> None:
    one = recording(np.ones((3, 2, 2)), "uint8", provenance={"a": 1})
    other = again(one)
    assert other.equals(one)
    assert other.provenance == {"a": 1}
    with pytest.raises(ValueError, match="read-only"):
        other.frames[0] = 1


def test_provenance_of_numpy_and_paths_is_written_as_plain_values_and_else_refused(tmp_path: Path) -> None:
    about = {"mean": np.float64(1.5), "cells": np.arange(2), "file": Path("a.csv"), "n": np.int64(3)}
    recording(np.zeros((1, 1, 1)), provenance=about).to_parquet(tmp_path / "a")
    assert read_file(tmp_path / "a")[0].provenance["origin"] == {"mean": 1.5, "cells": [0, 1], "file": "a.csv", "n": 3}
    with pytest.raises(InvalidData, match="provenance: expected plain JSON values, got object"):
        recording(np.zeros((1, 1, 1)), provenance={"a": object()}).to_parquet(tmp_path / "b")
    assert not (tmp_path / "b").exists()
