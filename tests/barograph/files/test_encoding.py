"""Our own formats: what goes out comes in again bit for bit, part by part, and an unfinished file is none."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from analytics import sim
from barograph import Gap, Layout, Recording, files, read_file
from barograph.errors import FileFormatError, InvalidData
from barograph.files.encoding import PartFile, chunks_of, encoded
from barograph.frames import DTYPES

FORMATS = tuple(files.FORMATS)
LOSSLESS = ("parquet", "csv")
I64 = np.iinfo(np.int64)


@st.composite
def recordings(draw: Any) -> Recording:
    """Any recording: dtypes, shapes, masks, missing cells, no frames at all, times in any order."""
    dtype, rows, cols = draw(st.sampled_from(tuple(DTYPES))), draw(st.integers(1, 4)), draw(st.integers(1, 4))
    n = draw(st.integers(0, 6))
    mask = draw(st.none() | st.lists(st.integers(0, 1), min_size=rows * cols, max_size=rows * cols).map(tuple))
    layout = Layout(rows=rows, cols=cols, dtype=dtype, mask=mask, unit=draw(st.sampled_from(("raw", "mmHg"))))
    cells = {"allow_infinity": False, "allow_nan": False} if dtype.startswith("f") else {}
    frames = draw(hnp.arrays(layout.numpy_dtype, (n, rows, cols), elements=cells or None))
    if dtype.startswith("f"):
        frames[draw(hnp.arrays(bool, (n, rows, cols)))] = np.nan
    gaps = (Gap(0, 3, 2, -5, 7, 'battery, "low"'),) if draw(st.booleans()) else ()
    times_us = draw(hnp.arrays(np.int64, n, elements=st.integers(I64.min // 4, I64.max // 4)))
    return Recording(frames=frames, times_us=times_us, layout=layout, gaps=gaps, provenance={"a": ["ü", None, 1.5]})


def same_bits(one: np.ndarray, other: np.ndarray) -> bool:
    return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()


@pytest.mark.parametrize("name", LOSSLESS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=recordings())
def test_what_goes_out_comes_in_again_bit_for_bit(name: str, tmp_path: Path, before: Recording) -> None:
    path = tmp_path / "file"
    files.write(path, before, name)
    (after,) = read_file(path)
    assert same_bits(after.frames, before.frames)
    assert same_bits(after.times_us, before.times_us)
    assert (after.layout, after.gaps) == (before.layout, before.gaps)
    assert after.provenance["origin"] == before.provenance


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=recordings())
def test_an_npz_keeps_all_but_cells_that_do_not_exist(tmp_path: Path, before: Recording) -> None:
    files.write(tmp_path / "file", before, "npz")
    (after,) = read_file(tmp_path / "file")
    valid = before.layout.valid
    assert same_bits(after.frames[:, valid], before.frames[:, valid])
    assert same_bits(after.times_us, before.times_us)
    assert after.layout == before.layout


@pytest.mark.parametrize("name", FORMATS)
def test_a_walk_written_in_parts_of_any_size_is_the_same_recording(name: str, tmp_path: Path) -> None:
    foot = sim.walk(3.0, rows=12, cols=6)["left"]
    for size in (1, 7, 1000):
        parts = ((part.times_us, part.frames) for _, part in foot.blocks(size))
        (tmp_path / "file").write_bytes(b"".join(encoded(files.encoder(name, foot.layout, len(foot)), parts)))
        (after,) = read_file(tmp_path / "file")
        assert same_bits(after.frames, foot.frames)
        assert same_bits(after.times_us, foot.times_us)


def test_a_long_parquet_has_row_groups_so_that_no_reader_needs_it_whole(tmp_path: Path) -> None:
    layout = Layout(rows=32, cols=32, dtype="float64")
    n = 3000
    frames = np.arange(n * 1024, dtype=np.float64).reshape(n, 32, 32)
    long = Recording(frames=frames, times_us=np.arange(n) * 10_000, layout=layout)
    held = [len(part) for part in encoded(files.encoder("parquet", layout, n), chunks_of(long))]
    assert max(held) < frames.nbytes / 2
    files.write(tmp_path / "a.parquet", long)
    with pq.ParquetFile(tmp_path / "a.parquet") as file:
        assert file.metadata.num_row_groups == 3
    assert same_bits(read_file(tmp_path / "a.parquet")[0].frames, frames)


def test_plain_tools_read_a_parquet_as_its_docstring_says(tmp_path: Path) -> None:
    foot = sim.walk(1.0)["right"]
    files.write(tmp_path / "a.parquet", foot)
    table = pq.read_table(tmp_path / "a.parquet")
    layout = json.loads(table.schema.metadata[b"layout"])
    frames = np.frombuffer(table["frame"].combine_chunks().buffers()[1], layout["dtype"])
    np.testing.assert_array_equal(frames.reshape(foot.frames.shape), foot.frames)
    assert table["time"].to_pandas().dt.tz is not None


def test_a_csv_looks_as_its_docstring_says(tmp_path: Path) -> None:
    layout = Layout(rows=2, cols=2, dtype="float32", unit="kPa")
    frames = np.array([[[0, 1.5], [np.nan, 3]], [[-0.0, 0.1], [1e30, 16777217]]], np.float32)
    files.write(tmp_path / "a.csv", Recording(frames=frames, times_us=np.array([5, -7]), layout=layout))
    lines = (tmp_path / "a.csv").read_text().splitlines()
    assert lines[0] == "# barograph csv 1"
    assert json.loads(lines[1].removeprefix("# layout: ")) == layout.to_dict()
    assert lines[4] == "# frames: 2"
    assert lines[5] == "# cells: kPa"
    assert lines[6:] == ["time_us,r0c0,r0c1,r1c0,r1c1", "5,0,1.5,,3", "-7,-0,0.1,1e+30,16777216"]


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("announced", [24, 26])
def test_another_number_of_frames_than_announced_leaves_no_file(name: str, announced: int, tmp_path: Path) -> None:
    layout = Layout(rows=1, cols=1, dtype="uint8")
    chunk = (np.arange(25), np.zeros((25, 1, 1), np.uint8))
    encoder = files.encoder(name, layout, announced)
    with (
        pytest.raises(InvalidData, match=f"expected {announced}, as announced, got 25"),
        PartFile(tmp_path / "a.npz") as file,
    ):
        for part in encoded(encoder, [chunk]):
            file.write(part)
    assert list(tmp_path.iterdir()) == []


def test_an_error_on_the_way_leaves_the_older_file_alone(tmp_path: Path) -> None:
    (tmp_path / "a.npz").write_bytes(b"before")
    with pytest.raises(KeyboardInterrupt), PartFile(tmp_path / "a.npz") as file:
        file.write(b"half")
        raise KeyboardInterrupt
    assert (tmp_path / "a.npz").read_bytes() == b"before"
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"]


@pytest.mark.parametrize("name", FORMATS)
def test_frames_of_another_shape_or_dtype_are_refused(name: str) -> None:
    encoder = files.encoder(name, Layout(rows=2, cols=2, dtype="uint16"), 1)
    encoder.begin()
    with pytest.raises(InvalidData, match=r"expected \(1, 2, 2\), got \(1, 2, 3\)"):
        encoder.add(np.zeros(1, np.int64), np.zeros((1, 2, 3), "<u2"))
    with pytest.raises(InvalidData, match="expected uint16, got float64"):
        encoder.add(np.zeros(1, np.int64), np.zeros((1, 2, 2)))
    encoder.add(np.zeros(1, np.int64), np.zeros((1, 2, 2), "<u2"))
    encoder.finish()


def test_an_unknown_format_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(InvalidData, match=r"expected one of parquet, npz, csv, c3d, mot, mat, got '\.xlsx'"):
        files.write(tmp_path / "a.xlsx", sim.walk(0.5)["left"])


def csv_lines(tmp_path: Path, dtype: str) -> list[str]:
    layout = Layout(rows=1, cols=2, dtype=dtype)
    frames = np.arange(6).reshape(3, 1, 2).astype(layout.numpy_dtype)
    files.write(tmp_path / "a.csv", Recording(frames=frames, times_us=np.arange(3), layout=layout))
    return (tmp_path / "a.csv").read_text().splitlines()


DAMAGED = {
    "a short row": ("uint16", 8, "1,2", 8, "a time and 2 cells"),
    "a long row": ("uint16", 8, "1,2,3,4", 8, "a time and 2 cells"),
    "a decimal comma": ("float64", 8, "1,2,3,5", 8, "a time and 2 cells"),
    "a word": ("float32", 8, "1,two,3", 8, "cells of float32"),
    "an infinite value": ("float32", 8, "1,inf,3", 8, "cells of float32"),
    "too large a number": ("uint8", 8, "1,256,3", 8, "cells of uint8"),
    "no whole number": ("uint16", 8, "1,2.5,3", 8, "cells of uint16"),
    "a missing whole number": ("uint16", 8, "1,,3", 8, "cells of uint16"),
    "no time": ("float64", 8, ",2,3", 8, "whole µs since 1970"),
    "a time of another form": ("float64", 8, "1.5,2,3", 8, "whole µs since 1970"),
    "no layout": ("uint16", 2, "# layout: {}", 2, "# layout: and JSON"),
    "no JSON": ("uint16", 3, "# gaps: none", 3, "# gaps: and JSON"),
    "a gap of another form": ("uint16", 3, '# gaps: [{"n": 1}]', 3, "# gaps: and JSON"),
    "another shape": ("uint16", 7, "time_us,r0c0", 7, "time_us and 2 cells, r0c0 to r0c1"),
    "columns of a spreadsheet": ("uint16", 7, "time_us;r0c0;r0c1", 7, "time_us and 2 cells, r0c0 to r0c1"),
    "frames that are no number": ("uint16", 5, "# frames: many", 5, "# frames: and how many there are"),
    "a frame too few": ("uint16", 10, "", 10, "3 frames, got 'the end of the file'"),
    "a frame too many": ("uint16", 10, "2,4,5\n3,6,7\n", 11, "3 frames, got 'more lines'"),
    "ten thousand frames too many": ("uint16", 10, "2,4,5\n" * 10_001, 11, "3 frames, got 'more lines'"),
    "no line end": ("uint16", 10, "2,4,5", 10, "a line end after the last frame"),
    "another unit than in the layout": ("uint16", 6, "# cells: kPa", 6, "# cells: counts, as its layout says"),
}


@pytest.mark.parametrize(("dtype", "at", "line", "named", "expected"), DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_csv_gives_file_line_and_expectation(
    dtype: str, at: int, line: str, named: int, expected: str, tmp_path: Path
) -> None:
    lines = csv_lines(tmp_path, dtype)
    lines[at - 1] = line
    (tmp_path / "a.csv").write_text("\n".join(lines) + "\n" * (at < 10))
    with pytest.raises(FileFormatError) as caught:
        read_file(tmp_path / "a.csv")
    assert f"a.csv, line {named}: expected " in str(caught.value)
    assert expected in str(caught.value)


def test_line_ends_and_blank_lines_make_no_difference_to_a_csv(tmp_path: Path) -> None:
    lines = csv_lines(tmp_path, "float32")
    for end in ("\r\n", "\n"):
        (tmp_path / "b.csv").write_bytes((end.join(lines) + end * 3).encode("utf-8-sig"))
        assert read_file(tmp_path / "b.csv")[0].frames.ravel().tolist() == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("without", [(4,), (5,), (4, 5)])
def test_a_csv_of_an_earlier_version_does_not_say_how_many_frames_it_has_or_their_unit(
    tmp_path: Path, without: tuple[int, ...]
) -> None:
    lines = [line for i, line in enumerate(csv_lines(tmp_path, "uint16")) if i not in without]
    (tmp_path / "b.csv").write_text("\n".join(lines) + "\n")
    assert read_file(tmp_path / "b.csv")[0].frames.ravel().tolist() == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("said", "layout"),
    [
        ("counts", {"unit": "raw"}), ("kPa", {"unit": "kPa"}), ("kPa = 0.1 × cell", {"unit": "kPa", "scale": 0.1}),
        ("N/cm2 = 0.25 × cell - 3.5", {"unit": "N/cm2", "scale": 0.25, "offset": -3.5}),
        ("kPa = cell + 2.0", {"unit": "kPa", "offset": 2.0}),
        ("kPa = 2.0 × (cell - tare) × factor",
         {"unit": "kPa", "scale": 2.0, "tare": (1, 2, 3, 4), "cell_factors": (1, 2, 1, 2)}),
    ],
)  # fmt: skip
def test_a_csv_says_the_unit_of_its_cells_and_is_read_again_as_it_was(
    said: str, layout: dict[str, Any], tmp_path: Path
) -> None:
    frames = np.arange(12, dtype=np.uint16).reshape(3, 2, 2)
    recording = Recording(frames=frames, times_us=np.arange(3), layout=Layout(rows=2, cols=2, dtype="uint16", **layout))
    files.write(tmp_path / "a.csv", recording)
    assert f"# cells: {said}" in (tmp_path / "a.csv").read_text(encoding="utf-8").splitlines()
    again = read_file(tmp_path / "a.csv")[0]
    assert again.layout == recording.layout
    np.testing.assert_array_equal(again.values(), recording.values())


def test_a_csv_in_utf_16_is_refused_with_what_to_do(tmp_path: Path) -> None:
    text = "\n".join(csv_lines(tmp_path, "uint16"))
    (tmp_path / "b.csv").write_text(text, "utf-16")
    with pytest.raises(FileFormatError, match=r"b\.csv, line 1: .*text in UTF-16, which has to be saved as UTF-8"):
        read_file(tmp_path / "b.csv")


def test_a_damaged_parquet_is_an_error_that_names_it(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    files.write(path, sim.walk(1.0)["left"])
    data = path.read_bytes()
    hurt = bytearray(data)
    hurt[len(data) // 2] ^= 0xFF
    for content in (data[: len(data) // 2], data[:-1], bytes(hurt)):
        path.write_bytes(content)
        with pytest.raises(FileFormatError, match=r"a\.parquet"):
            read_file(path)


def test_a_parquet_of_another_content_is_an_error(tmp_path: Path) -> None:
    layout = json.dumps(Layout(rows=1, cols=2, dtype="uint8").to_dict())
    times = pa.array([0], pa.timestamp("us", tz="UTC"))
    for columns, metadata, expected in (
        ({"a": pa.array([1])}, {}, "the columns time and frame"),
        ({"time": times, "frame": pa.array([b"ab"], pa.binary(2))}, {}, "a layout in its metadata"),
        ({"time": times, "frame": pa.array([b"abc"], pa.binary(3))}, {"layout": layout}, "column frame: expected"),
        ({"time": pa.array([0]), "frame": pa.array([b"ab"], pa.binary(2))}, {"layout": layout}, "column time"),
        ({"time": times, "frame": pa.array([None], pa.binary(2))}, {"layout": layout}, "a missing time or frame"),
        ({"time": times, "frame": pa.array([b"ab"], pa.binary(2))}, {"layout": "{}"}, "cols: expected"),
    ):
        pq.write_table(pa.table(columns).replace_schema_metadata(metadata), tmp_path / "a.parquet")
        with pytest.raises(FileFormatError, match=expected):
            read_file(tmp_path / "a.parquet")


@pytest.mark.parametrize("name", ["run,=1+1", 'a",=cmd()', "x;@SUM(1)", "t\t+1", "-2|-3", "\\,=1", "plain"])
def test_a_name_in_a_csv_never_begins_a_cell_of_a_spreadsheet(tmp_path: Path, name: str) -> None:
    layout = Layout(rows=1, cols=1, dtype="uint8")
    before = Recording(np.ones((1, 1, 1)), [0], layout, gaps=(Gap(0, 1, 1, 2, 3, name),), provenance={name: [name]})
    files.write(tmp_path / "a.csv", before)
    for line in (tmp_path / "a.csv").read_text("utf-8").splitlines():
        cells = [cell.strip(' "') for mark in ",;\t|" for cell in line.split(mark)]
        assert not [
            cell for cell in cells if cell[:1] in ("=", "+", "@") or (cell[:1] == "-" and not cell[1:2].isdigit())
        ]
    (after,) = read_file(tmp_path / "a.csv")
    assert after.provenance["origin"] == before.provenance
    assert after.gaps == before.gaps
