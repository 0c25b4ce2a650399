"""novel emed: the active window of a plate, page after page, and nothing of a damaged file."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from damage import refused_at

from analytics import frame_stats
from barograph import Recording, read_file
from barograph.errors import FileFormatError

HEAD = """\tFile: a.dat \tMatrix: 64x95
\tSensor area: 0.25 cm²\tTime/picture:10.0 ms
\tMV over frames
\tSensor size: 0.500x0.400 cm
"""
TABLES = (
    "\t5\t6\tForce\n30\t0.00\t40.00\t1.00\n31\t10.00\t20.50\t0.76\nForce\t0.25\t1.51\t1.76\n",
    "\t5\t6\tForce\n30\t4.00\t0.00\t0.10\n31\t0.00\t0.00\t0.00\nForce\t0.10\t0.00\t0.10\n",
)
SUMMARY = "\n\t\tPage 3\n" + HEAD.replace("MV over", "MPP over") + TABLES[0]
GOOD = "\f".join(
    f"\n\t\t\t\tPage {k}\n\n{HEAD}\tPict-No.: {k}  Force[N]=sum*sensor_area in row/column\n\n{table}"
    for k, table in enumerate(TABLES, 1)
)
CELLS = [[[0, 40], [10, 20.5]], [[4, 0], [0, 0]]]


def read(tmp_path: Path, text: str | bytes) -> Recording:
    path = tmp_path / "any name.dat"
    path.write_bytes(text.encode("latin-1") if isinstance(text, str) else text)
    (plate,) = read_file(path)
    return plate


def test_the_vendors_forces_of_every_row_and_column_are_those_of_the_cells(vendor: Callable[[str], Path]) -> None:
    (plate,) = read_file(vendor("novel-emed/emed_test.lst"))
    assert plate.frames.shape == (106, 54, 22)
    newtons = plate.values() * 0.25 * 0.1
    printed = plate.provenance["vendor"]
    np.testing.assert_allclose(newtons.sum(axis=2), printed["Force of rows"], atol=0.005 + 1e-12)
    np.testing.assert_allclose(newtons.sum(axis=1), printed["Force of columns"], atol=0.005 + 1e-12)
    np.testing.assert_allclose(newtons.sum(axis=(1, 2)), printed["Force"], atol=0.005 + 1e-12)
    assert plate.provenance["window"] == {"first_row": 30, "first_col": 26}
    assert plate.times_us[-1] == 1_050_000


def test_the_centre_of_pressure_at_the_largest_force_is_the_known_one(vendor: Callable[[str], Path]) -> None:
    (plate,) = read_file(vendor("novel-emed/emed_test.lst"))
    stats = frame_stats(plate)
    largest = stats["total_force_n"].argmax()
    assert (largest, stats["total_force_n"].max()) == (61, pytest.approx(818.625))
    place = stats[["cop_x_mm", "cop_y_mm"]].iloc[largest].tolist()
    assert place == pytest.approx([48.830, 153.381], abs=0.0005)


def test_a_small_file_is_read_whatever_its_name(tmp_path: Path) -> None:
    plate = read(tmp_path, GOOD)
    np.testing.assert_array_equal(plate.frames, CELLS)
    layout = plate.layout
    assert (layout.dtype, layout.unit, layout.kind) == ("float32", "kPa", "plate")
    assert (layout.pitch_mm, layout.cell_area_mm2) == ((5.0, 4.0), 25.0)
    assert layout.x.tolist() == [0.0, 5.0]
    assert plate.times_us.tolist() == [0, 10_000]
    assert plate.provenance["vendor"]["Force"] == [1.76, 0.10]


@pytest.mark.parametrize(
    "data",
    [
        GOOD.replace("\n", "\r\n").encode("latin-1"),
        GOOD.replace("\n", "\r").encode("latin-1"),
        GOOD.encode("utf-8"),
        b"\xef\xbb\xbf" + GOOD.encode("utf-8"),
        (GOOD + "\f\n\f").encode("latin-1"),
        (GOOD + "\f" + SUMMARY).encode("latin-1"),
        (SUMMARY.replace("Page 3", "Page 1") + "\f" + GOOD).encode("latin-1"),
        GOOD.replace("0.25 cm²", "25 mm²").replace("0.500x0.400 cm", "5.00x4.00 mm").encode("latin-1"),
    ],
    ids=["CRLF", "CR", "utf-8", "BOM", "form feeds at the end", "a summary last", "a summary first", "mm"],
)
def test_line_ends_encodings_units_and_summaries_make_no_difference(data: bytes, tmp_path: Path) -> None:
    plate = read(tmp_path, data)
    np.testing.assert_array_equal(plate.frames, CELLS)
    assert plate.layout == read(tmp_path, GOOD).layout


DAMAGED = {
    "UTF-16": (GOOD.encode("utf-16"), 1, "text in UTF-16, which has to be saved as UTF-8"),
    "a short row": (GOOD.replace("30\t0.00\t40.00\t1.00", "30\t0.00\t1.00"), 11, "2 values and their force"),
    "a long row": (GOOD.replace("30\t0.00\t40.00\t1.00", "30\t0.00\t1.00\t2\t3"), 11, "2 values and their force"),
    "a row too few": (GOOD.replace("31\t0.00\t0.00\t0.00\n", ""), 25, "rows 30 to 31 and columns 5 to 6"),
    "a row left out": (GOOD.replace("31\t10", "32\t10"), 12, "row 31, or Force"),
    "ten thousand rows too many": (
        GOOD.replace("Force\t0.25", "31\t0\t0\t0\n" * 10_000 + "Force\t0.25"),
        13,
        "row 32, or Force",
    ),
    "a decimal comma": (GOOD.replace("20.50", "20,50"), 12, "numbers with a decimal point"),
    "no number": (GOOD.replace("20.50", "nan"), 12, "numbers with a decimal point"),
    "too large a number": (GOOD.replace("20.50", "1e999"), 12, "numbers with a decimal point"),
    "a row beyond the plate": (GOOD.replace("64x95", "64x30"), 12, "row 31, or Force, of 30"),
    "a column beyond the plate": (GOOD.replace("64x95", "5x95"), 10, "consecutive columns, of 5 on the plate"),
    "columns out of order": (GOOD.replace("\t5\t6\tForce", "\t6\t5\tForce", 1), 10, "consecutive columns"),
    "another window": (GOOD.replace("\t5\t6\tForce\n30\t4", "\t6\t7\tForce\n30\t4"), 26, "columns 5 to 6"),
    "a page left out": (GOOD.replace("Pict-No.: 2", "Pict-No.: 3"), 26, "Pict-No. 2 after 1"),
    "a page without its number": (GOOD.replace("Pict-No.: 2", ""), 26, "Pict-No.:, or one of MVP or MPP"),
    "another area": ("0.50 cm²".join(GOOD.rsplit("0.25 cm²", 1)), 18, "Sensor area: 0.25 cm², as before"),
    "a key twice": (GOOD.replace("\tMV over", "\tSensor area: 0.25 cm²\n\tMV over", 1), 6, "Sensor area once"),
    "no size": (GOOD.replace("\tSensor size: 0.500x0.400 cm\n", ""), 7, "Sensor size in the header"),
    "an unknown unit": (GOOD.replace("0.25 cm²", "0.25 acres"), 5, "Sensor area with a number and a unit"),
    "no time": (GOOD.replace("10.0 ms", "0 ms"), 5, "Time/picture with milliseconds"),
    "no matrix": (GOOD.replace("64x95", "many"), 4, "Matrix with columns x rows"),
    "only summaries": (SUMMARY, 10, "a page with Matrix"),
}


@pytest.mark.parametrize(("text", "line", "expected"), DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_gives_file_line_and_expectation(
    text: str | bytes, line: int, expected: str, tmp_path: Path
) -> None:
    with refused_at(line, expected):
        read(tmp_path, text)


def test_every_cut_of_a_file_is_an_error_but_between_pages(tmp_path: Path) -> None:
    # The file does not say how many frames there are: what ends with a page is a shorter recording.
    end_of_first = GOOD.index("\f")
    whole = range(end_of_first - 1, end_of_first + 2)
    for length in range(30, len(GOOD) - 1):
        if length in whole or GOOD[end_of_first:length].isspace():
            assert len(read(tmp_path, GOOD[:length])) == 1
        else:
            with pytest.raises(FileFormatError):
                read(tmp_path, GOOD[:length])
