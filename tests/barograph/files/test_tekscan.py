"""Tekscan ASCII: equal to the file cell for cell, and nothing of a damaged one."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from damage import refused_at

from analytics import frame_stats
from barograph import Recording, read_file
from barograph.errors import FileFormatError

HEADER = """DATA_TYPE MOVIE
SENSOR_TYPE FSCAN
ROWS 3
COLS 2
ROW_SPACING 5.08 mm
COL_SPACING 4 mm
SENSEL_AREA 20.32 mm2
SECONDS_PER_FRAME 0.01
TIME Thursday, 16 February 2017 11:26:22 p.m.
COMMENTS:
ROWS of seats in row 5
START_FRAME 1
END_FRAME 2
UNITS KPa
ASCII_DATA @@
"""
FRAMES = "\nFrame 1\nB,0\n1,2\n3,4.5\n\nFrame 2\nB,5\n6,7\n8,9\n@@\n"
GOOD = HEADER + FRAMES
CELLS = [[[np.nan, 0], [1, 2], [3, 4.5]], [[np.nan, 5], [6, 7], [8, 9]]]


def read(tmp_path: Path, text: str | bytes) -> Recording:
    path = tmp_path / "any name.dat"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_file(path)[0]


def cells_of(path: Path) -> np.ndarray:
    """The values of a file in the plainest way: every line of commas and numbers between frame lines."""
    text = path.read_text("latin-1").partition("ASCII_DATA @@")[2]
    rows = [line for line in re.split(r"\r?\n", text) if re.match(r"(B|\d+)(,(B|\d+))+$", line)]
    table = pd.DataFrame([row.split(",") for row in rows]).replace("B", "nan").astype(float)
    return table.to_numpy()


@pytest.mark.parametrize("side", ["L", "R"])
def test_an_fscan_file_is_read_equal_to_itself_cell_for_cell(side: str, vendor: Callable[[str], Path]) -> None:
    path = vendor(f"tekscan-fscan/FrasP01{side}.asf")
    (foot,) = read_file(path)
    assert foot.frames.shape == (205, 60, 21)
    np.testing.assert_array_equal(foot.frames.reshape(-1, 21), cells_of(path))
    assert foot.layout.valid.sum() == 955
    np.testing.assert_array_equal(foot.layout.valid, ~np.isnan(foot.frames[100]))
    assert foot.layout.dtype == "float32"
    assert (foot.layout.unit, foot.layout.kind, foot.layout.pitch_mm) == ("kPa", "insole", (5.08, 5.08))
    assert set(np.diff(foot.times_us).tolist()) == {32_000}
    assert foot.times_us[0] == datetime(2017, 2, 16, 11, 26, 22, tzinfo=UTC).timestamp() * 1e6
    assert foot.provenance["comments"] == "overground walk p10"


@pytest.mark.parametrize(("side", "newtons"), [("L", 924.36), ("R", 783.53)])
def test_the_largest_force_of_the_walk_is_the_known_one(
    side: str, newtons: float, vendor: Callable[[str], Path]
) -> None:
    (foot,) = read_file(vendor(f"tekscan-fscan/FrasP01{side}.asf"))
    assert frame_stats(foot)["total_force_n"].max() == pytest.approx(newtons, abs=0.005)


@pytest.mark.parametrize("side", ["L", "R"])
def test_in_an_fscan_file_the_toes_are_at_row_0(side: str, vendor: Callable[[str], Path]) -> None:
    (foot,) = read_file(vendor(f"tekscan-fscan/FrasP01{side}.asf"))
    stats = frame_stats(foot)
    down = (stats["total_force_n"] > 50).to_numpy()
    strikes = np.flatnonzero(down[1:] & ~down[:-1]) + 1
    assert len(strikes) == {"L": 5, "R": 6}[side]
    assert (stats["load_back_pct"].iloc[strikes] > 90).all()
    assert (stats["cop_y_mm"].iloc[strikes] < 60).all()
    # The force travels to the toes: y, which grows from the heel up, is 5 cm further half a second later.
    assert (stats["cop_y_mm"].to_numpy()[strikes + 15] > stats["cop_y_mm"].to_numpy()[strikes] + 50).all()


def test_in_fscan_files_feet_are_seen_from_above(vendor: Callable[[str], Path]) -> None:
    for side, outer in (("L", slice(0, 10)), ("R", slice(11, 21))):
        (foot,) = read_file(vendor(f"tekscan-fscan/FrasP01{side}.asf"))
        midfoot = np.nan_to_num(foot.frames[:, 28:42]).sum(axis=(0, 1))
        # Between heel and metatarsals the arch bridges the inner side, so the load is on the outer one.
        assert midfoot[outer].sum() > 0.7 * midfoot.sum()


def test_an_iscan_file_has_the_vendors_raw_sums_and_its_own_times(vendor: Callable[[str], Path]) -> None:
    path = vendor("tekscan-iscan/iscan_test.csv")
    (finger,) = read_file(path)
    assert finger.frames.shape == (309, 28, 28)
    np.testing.assert_array_equal(finger.frames.reshape(-1, 28), cells_of(path))
    stats = frame_stats(finger)
    assert stats["raw_sum"].tolist() == finger.provenance["vendor"]["Raw Sum"]
    assert len(stats) == 309
    assert finger.layout.pitch_mm == (1.27, 1.27)
    assert finger.layout.cell_area_mm2 == pytest.approx(1.6129)
    assert set(np.diff(finger.times_us).tolist()) == {100_000, 110_000}
    assert finger.provenance["assumed"] == "TIME is UTC, month first"
    assert finger.times_us[0] == datetime(2019, 12, 2, 18, 21, 52, 340_000, tzinfo=UTC).timestamp() * 1e6


def test_a_small_file_is_read_whatever_its_name(tmp_path: Path) -> None:
    foot = read(tmp_path, GOOD)
    np.testing.assert_array_equal(foot.frames, np.array(CELLS, np.float32))
    assert foot.layout.mask == (0, 1, 1, 1, 1, 1)
    assert foot.layout.pitch_mm == (4.0, 5.08)
    assert foot.provenance["comments"] == "ROWS of seats in row 5"
    assert foot.times_us.tolist() == [1_487_287_582_000_000, 1_487_287_582_010_000]


@pytest.mark.parametrize(
    "data",
    [
        GOOD.replace("\n", "\r\n").encode(),
        GOOD.replace("\n", "\r").encode(),
        b"\xef\xbb\xbf" + GOOD.encode(),
        GOOD.replace("seats", "sièges").encode("latin-1"),
        GOOD.replace("seats", "sièges").encode("utf-8"),
        GOOD.rstrip("\n").encode(),
        (GOOD + "\n\n").encode(),
        GOOD.replace("5.08 mm", "0.508 centimeters").replace("4 mm", "0.4 cm").encode(),
        GOOD.replace("20.32 mm2", "0.2032 cm2").encode(),
        GOOD.replace("1,2\n", " 1 , 2 \n").encode(),
    ],
    ids=["CRLF", "CR", "BOM", "latin-1", "utf-8", "no last line end", "blank lines at the end", "cm", "cm2", "blanks"],
)
def test_line_ends_encodings_and_units_make_no_difference(data: bytes, tmp_path: Path) -> None:
    foot = read(tmp_path, data)
    np.testing.assert_array_equal(foot.frames, np.array(CELLS, np.float32))
    assert foot.layout == read(tmp_path, GOOD).layout
    assert foot.provenance["comments"] in ("ROWS of seats in row 5", "ROWS of sièges in row 5")


def test_values_that_float32_would_change_are_kept_as_float64(tmp_path: Path) -> None:
    foot = read(tmp_path, GOOD.replace("4.5", "4.123456789"))
    assert foot.layout.dtype == "float64"
    assert foot.frames[0, 2, 1] == 4.123456789


def test_a_cell_missing_in_some_frames_is_nan_there_and_stays_in_the_mask(tmp_path: Path) -> None:
    foot = read(tmp_path, GOOD.replace("8,9", "B,9"))
    assert foot.layout.mask == (0, 1, 1, 1, 1, 1)
    assert np.isnan(foot.frames[:, 2, 0]).tolist() == [False, True]


@pytest.mark.parametrize(
    ("time", "start", "assumed"),
    [
        ("TIME 25/2/2019 6:21:52.34PM", datetime(2019, 2, 25, 18, 21, 52, 340_000, UTC), "TIME is UTC, day first"),
        ("TIME 3/2/2019 18:21:52", datetime(2019, 3, 2, 18, 21, 52, 0, UTC), "TIME is UTC, month first"),
        ("TIME yesterday", datetime(1970, 1, 1, tzinfo=UTC), "times count from 1970"),
        ("OTHER 1", datetime(1970, 1, 1, tzinfo=UTC), "times count from 1970"),
    ],
)
def test_the_start_is_read_and_what_was_assumed_is_said(
    time: str, start: datetime, assumed: str, tmp_path: Path
) -> None:
    foot = read(tmp_path, re.sub(r"TIME .*", time, GOOD))
    assert foot.times_us[0] == start.timestamp() * 1e6
    assert foot.provenance["assumed"].startswith(assumed)


def test_times_are_exact_however_long_the_recording(tmp_path: Path) -> None:
    frames = "".join(f"\nFrame {k}\nB,0\n1,2\n3,4\n" for k in range(1, 3001)) + "@@\n"
    text = (HEADER + frames).replace("END_FRAME 2", "END_FRAME 3000").replace("0.01", "0.0003")
    foot = read(tmp_path, text)
    assert set(np.diff(foot.times_us).tolist()) == {300}


DAMAGED = {
    "UTF-16": (GOOD.encode("utf-16"), 1, "text in UTF-16, which has to be saved as UTF-8"),
    "a short row": (GOOD.replace("6,7", "6"), 24, "row 2 of 3 of frame 2: 2 values, got '1 values'"),
    "a long row": (GOOD.replace("6,7", "6,7,8"), 24, "row 2 of 3 of frame 2: 2 values, got '3 values'"),
    "decimal commas": (GOOD.replace("4.5", "4,5"), 20, "row 3 of 3 of frame 1: 2 values, got '3 values'"),
    "a row too few": (GOOD.replace("1,2\n", ""), 20, "row 3 of 3 of frame 1: 2 values, got '0 values'"),
    "a row too many": (GOOD.replace("3,4.5\n", "3,4.5\n1,1\n"), 21, "Frame 2 of 2, got '1,1'"),
    "a missing frame": (GOOD.replace("Frame 1\nB,0\n1,2\n3,4.5\n\n", ""), 17, "Frame 1 of 2, got 'Frame 2'"),
    "a frame too many": (GOOD.replace("@@\n", "@@\n", 1).replace("END_FRAME 2", "END_FRAME 1"), 22, "@@ after frame 1"),
    "cut in a row": (GOOD[: GOOD.index("6,7") + 1], 24, "row 2 of 3 of frame 2: 2 values"),
    "cut between rows": (GOOD[: GOOD.index("6,7")], 23, "row 2 of 3 of frame 2"),
    "cut between frames": (GOOD[: GOOD.index("\nFrame 2")], 20, "Frame 2 of 2, got the end of the file"),
    "cut before the end": (GOOD.replace("@@\n", "").replace("ASCII_DATA ", "ASCII_DATA @@\n"), 25, "@@ after the last"),
    "cut in the header": (HEADER[: HEADER.index("UNITS")], 13, "a header line or ASCII_DATA, got the end of the file"),
    "a word": (GOOD.replace("6,7", "6,x"), 24, "numbers, or B where there is no sensor, got 'x'"),
    "an underscore": (GOOD.replace("6,7", "6,1_0"), 24, "numbers, or B where there is no sensor, got '1_0'"),
    "an empty cell": (GOOD.replace("6,7", "6,"), 24, "2 values"),
    "not a number": (GOOD.replace("6,7", "6,nan"), 24, "numbers, or B where there is no sensor, got 'nan'"),
    "an infinite value": (
        GOOD.replace("6,7", "6,1e999"),
        24,
        "finite numbers, or B where there is no sensor, got '1e999'",
    ),
    "an unknown unit": (GOOD.replace("KPa", "stone"), 14, "UNITS with one of kPa, raw"),
    "an unknown length": (GOOD.replace("5.08 mm", "5.08 ells"), 5, "ROW_SPACING with a number above 0 and a unit"),
    "a length with a comma": (GOOD.replace("5.08 mm", "5,08 mm"), 5, "ROW_SPACING with a number above 0 and a unit"),
    "an area of nothing": (GOOD.replace("20.32 mm2", "0 mm2"), 7, "SENSEL_AREA with a number above 0"),
    "one spacing": (GOOD.replace("COL_SPACING 4 mm\n", ""), 14, "COL_SPACING in the header"),
    "no rows": (GOOD.replace("ROWS 3\n", ""), 14, "ROWS in the header, got 'the start of the data'"),
    "rows in words": (GOOD.replace("ROWS 3\n", "ROWS three\n"), 3, "ROWS with a whole number of 1 or more"),
    "too many rows": (GOOD.replace("ROWS 3\n", "ROWS 10000000\n"), 3, "a sensor that can be"),
    "rows twice": (GOOD.replace("COLS 2\n", "COLS 2\nROWS 4\n"), 5, "ROWS once, as on line 3"),
    "a line of nonsense": (GOOD.replace("COLS 2\n", "COLS 2\n;;;\n"), 5, "KEY value, or ASCII_DATA"),
    "frames backwards": (GOOD.replace("START_FRAME 1", "START_FRAME 3"), 15, "END_FRAME of 3 or more"),
    "no time between frames": (GOOD.replace("0.01", "0"), 8, "SECONDS_PER_FRAME with seconds above 0"),
    "more after the end": (GOOD + "Frame 1\n", 27, "nothing after @@"),
    "ten thousand rows too many": (GOOD.replace("8,9\n", "8,9\n" * 10_001), 26, "@@ after frame 2 of 2 and its 3 rows"),
}


@pytest.mark.parametrize(("text", "line", "expected"), DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_gives_file_line_and_expectation(
    text: str | bytes, line: int, expected: str, tmp_path: Path
) -> None:
    with refused_at(line, expected):
        read(tmp_path, text)


def test_every_cut_of_a_file_is_an_error(tmp_path: Path) -> None:
    whole = GOOD.rstrip("\n")
    for length in range(len("DATA_TYPE "), len(whole)):
        with pytest.raises(FileFormatError):
            read(tmp_path, whole[:length])


def test_cells_that_the_vendors_threshold_has_cleared_are_counted_above_0_as_the_vendor_does(tmp_path: Path) -> None:
    assert read(tmp_path, GOOD).layout.loaded_above == 10.0
    cleared = GOOD.replace("SECONDS_PER_FRAME", "NOISE_THRESHOLD 3\nSECONDS_PER_FRAME")
    assert read(tmp_path, cleared).layout.loaded_above == 0.0
    assert frame_stats(read(tmp_path, cleared))["contact_pct"].tolist() == [80.0, 100.0]
