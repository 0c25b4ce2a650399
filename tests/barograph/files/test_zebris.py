"""zebris FDM texts: x forward and y to the left, tables of any titles, and nothing of a damaged file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import oracles
import pytest
from damage import refused_at

from analytics import frame_stats
from barograph import Recording, read_file
from barograph.errors import FileFormatError

HEADER = (
    "Person\tMuster, Mia\nSex\tF\nBorn\t\nCode\t0000-0001\n\nRecord\t4 km/h barfu\xdf\nApplication\ttrplatf\n"
    "Creation date\t23/05/2008 12:23:17\nExercises\t{\n#\tName\n1\tGait\n}\n\nFrequency,Hz\t300.000\nCount\t2\n\n"
)
TABLE = "Time,ms\tPosition,m\tLi Vorfu\xdf,N\nCalibr\t\t\n\n3\t0.011\t12.5\n7\t0.022\tNaN\n\n\n"
PLATFORM = (
    "Platform {\nColumns\t3\nLines\t2\nCell width,mm\t8.47\nCell height,mm\t8.46\nUnits\tN/cm^2\nFrame count\t2\n"
    "Frequency\t300.00\n\n"
)
FRAMES = (
    "Frame 97 {\nExercise1\nTime, ms\t3.33\nCenter of force\t(x3,y1)\n\n\tx1\tx2\tx3\ny1\t0.00\t0.50\t6.00\n"
    "y2\t0.00\t0.00\t1.50\n}\n"
    "Frame 98 {\nExercise1\nTime, ms\t6.67\n\n\tx1\tx2\tx3\ny1\t0.00\t0.00\t0.00\ny2\t0.00\t0.00\t0.00\n}\n"
)
GOOD = HEADER + TABLE + PLATFORM + FRAMES
# Row 0 is x3, the front; column 0 is y2, the left.
CELLS = [[[1.5, 6], [0, 0.5], [0, 0]], np.zeros((3, 2)).tolist()]
FILES = ["fdm-walk-100hz.txt", "fdm-static-4zones.txt", "fdm-walk-100hz-whole.zip"]


def read(tmp_path: Path, text: str | bytes) -> Recording:
    path = tmp_path / "any name.dat"
    path.write_bytes(text.encode("latin-1") if isinstance(text, str) else text)
    (plate,) = read_file(path)
    return plate


def centres(plate: Recording) -> np.ndarray:
    """(n, 2) places of the load, counted from 1 forward and to the left; NaN without load."""
    cells = plate.frames.astype(float)
    force = cells.sum(axis=(1, 2))
    force[force == 0] = np.nan
    x, y = (np.arange(n, 0, -1) for n in cells.shape[1:])
    return np.stack([(cells.sum(axis=2) @ x) / force, (cells.sum(axis=1) @ y) / force], axis=1)


def ratios(plate: Recording, force_n: Any) -> list[float]:
    """Least and largest of the sum of cells with the printed sizes, over the vendor's force."""
    header = plate.provenance["header"]
    area_cm2 = float(header["Cell width,mm"]) * float(header["Cell height,mm"]) / 100
    force = np.array(force_n, float)
    loaded = force > 50
    ratio = plate.frames.astype(float).sum(axis=(1, 2))[loaded] * area_cm2 / force[loaded]
    return [float(ratio.min()), float(ratio.max())]


@pytest.mark.parametrize("name", FILES)
def test_a_plate_has_the_vendors_centre_of_force_in_every_frame(
    name: str, sensors: oracles.Sensors, tmp_path: Path
) -> None:
    known, path = oracles.of(sensors, f"zebris/{name}"), sensors(f"zebris/{name}")
    (plate,) = read_file(oracles.unpacked(path, tmp_path) if name.endswith("zip") else path)
    assert plate.frames.shape == (known["frames"], known["columns"], known["lines"])
    elapsed_ms = (plate.times_us - _start_us(plate)) / 1000
    assert elapsed_ms[[0, -1]].tolist() == [known["t_first_ms"], known["t_last_ms"]]
    cells = plate.frames.astype(float)
    assert (cells.sum(), cells.max()) == (known["sum_cells"], known["peak"])
    assert (cells > 0).any(axis=0).sum() == known["cells_ever"]
    assert plate.layout.pitch_mm == (8.46591, 8.46591)
    vendor = plate.provenance["vendor"]
    assert ["Time,ms", *vendor][:1] + [title for title in vendor if title != "Center of force"] == known[
        "table_columns"
    ]
    computed = centres(plate)
    printed = np.array([[np.nan] * 2 if centre is None else centre for centre in vendor["Center of force"]], float)
    loaded = ~np.isnan(computed[:, 0])
    agree = np.abs(computed[loaded] - printed[loaded]) <= 0.5 + 1e-9
    assert agree.all()
    assert len(printed) == known["center_of_force_equal_after_rounding"][2]
    np.testing.assert_allclose(computed[known["force_max_at"]], known["cof_xy_at_max_1based"], atol=1e-3)
    if "Butterfly.force,N" in vendor:
        np.testing.assert_allclose(
            ratios(plate, vendor["Butterfly.force,N"]), known["ratio_sum_to_butterfly"], atol=1e-5
        )
        assert [vendor["Position,m"][at] for at in (0, -1)] == known["position_first_last_m"]
        assert "not on the belt" in plate.provenance["assumed"]
    else:
        zones = np.sum([values for title, values in vendor.items() if title.endswith(",N")], axis=0)
        np.testing.assert_allclose(ratios(plate, zones), known["ratio_sum_to_zone_forces"], atol=1e-5)
        # With the size that the vendor rounds to 8.5 mm the force is the vendor's.
        np.testing.assert_allclose(frame_stats(plate)["total_force_n"], zones, rtol=2e-3)


def _start_us(plate: Recording) -> int:
    date = datetime.strptime(plate.provenance["header"]["Creation date"], "%d/%m/%Y %H:%M:%S")
    return int(date.replace(tzinfo=UTC).timestamp()) * 1_000_000


def test_a_small_file_has_its_front_in_row_0_and_the_vendors_results(tmp_path: Path) -> None:
    plate = read(tmp_path, GOOD)
    assert plate.frames.tolist() == CELLS
    assert (plate.layout.unit, plate.layout.kind, plate.layout.dtype) == ("N/cm2", "plate", "float32")
    assert (plate.times_us - _start_us(plate)).tolist() == [3330, 6670]
    vendor = plate.provenance["vendor"]
    assert vendor == {"Center of force": [[3, 1], None], "Position,m": [0.011, 0.022], "Li Vorfu\xdf,N": [12.5, None]}
    assert plate.provenance["header"]["Record"] == "4 km/h barfu\xdf"
    assert "Mia" not in str(plate.provenance)


@pytest.mark.parametrize(
    "data",
    [GOOD.replace("\n", "\r\n").encode("latin-1"), GOOD.replace("\n", "\r").encode(), b"\xef\xbb\xbf" + GOOD.encode(),
     GOOD.rstrip("\n").encode(), (GOOD + "}\n").encode(), GOOD.replace("trplatf", "statplat").encode()],
    ids=["CRLF", "CR", "BOM", "no last line end", "platform closed", "standing"],
)  # fmt: skip
def test_line_ends_and_encodings_make_no_difference(data: bytes, tmp_path: Path) -> None:
    assert read(tmp_path, data).provenance["vendor"] == read(tmp_path, GOOD).provenance["vendor"]


def test_a_table_in_other_words_or_none_is_taken_as_it_is(tmp_path: Path) -> None:
    english = GOOD.replace("Li Vorfu\xdf,N", "Left forefoot,N").replace("Position,m", "Right heel,N")
    plate = read(tmp_path, english)
    assert list(plate.provenance["vendor"]) == ["Center of force", "Right heel,N", "Left forefoot,N"]
    assert "belt" not in plate.provenance["assumed"]
    assert list(read(tmp_path, HEADER + PLATFORM + FRAMES).provenance["vendor"]) == ["Center of force"]


def test_a_row_of_the_table_belongs_to_the_frame_of_its_time(tmp_path: Path) -> None:
    text = GOOD.replace("3\t0.011\t12.5\n", "").replace("Count\t2", "Count\t1")
    assert read(tmp_path, text).provenance["vendor"]["Position,m"] == [None, 0.022]


def test_sizes_that_are_another_plates_are_taken_as_printed(tmp_path: Path) -> None:
    plate = read(tmp_path, GOOD.replace("width,mm\t8.47", "width,mm\t5.0").replace("height,mm\t8.46", "height,mm\t6.0"))
    # The vendor's x, along which cells are 5 mm wide, is along the plate.
    assert plate.layout.pitch_mm == (6.0, 5.0)
    assert "rounded" not in plate.provenance["assumed"]


def test_without_a_date_times_count_from_1970(tmp_path: Path) -> None:
    plate = read(tmp_path, GOOD.replace("Creation date\t23/05/2008 12:23:17\n", ""))
    assert plate.times_us.tolist() == [3330, 6670]
    assert plate.provenance["assumed"].startswith("times count from 1970")


def of(line: str, replacement: str) -> str:
    assert line in GOOD
    return GOOD.replace(line, replacement, 1)


AT = len(GOOD[: GOOD.index("Frame 98")].splitlines()) + 1
DAMAGED = {
    "cut in a frame": (GOOD[: GOOD.rindex("y2")], AT + 5, "line y2 of frame 98: 3 values, got the end of the file"),
    "cut in a row": (GOOD[: GOOD.rindex("\t0.00")], AT + 6, "line y2 of frame 98: 3 values, got '2 values'"),
    "cut between frames": (GOOD[: GOOD.index("Frame 98")], AT - 1, "2 frames, as Frame count says, got '1 frames'"),
    "a frame too many": (of("Frame count\t2", "Frame count\t1"), AT, "nothing after frame 1 of 1"),
    "text in a cell": (of("6.00", "six"), AT - 3, "line y1 of frame 97, column 3: a number with a decimal point"),
    "a long row": (of("6.00", "6.00\t1.00"), AT - 3, "3 values, got '4 values'"),
    "a row left out": (of("y1\t0.00\t0.50\t6.00\n", ""), AT - 3, "line y1 of frame 97: 3 values"),
    "a row too many": (of("y2\t0.00\t0.00\t1.50\n", "y2\t0.00\t0.00\t1.50\n" * 2), AT - 1, "} after the 2 lines"),
    "other columns": (of("\tx1\tx2\tx3", "\tx1\tx3"), AT - 4, "x1 to x3, the columns of frame 97"),
    "a time again": (of("6.67", "3.33"), AT + 2, "a time later than the 3.33 ms"),
    "no time": (of("Time, ms\t6.67\n", ""), AT + 3, "Time, ms of frame 98 before its cells"),
    "a number again": (of("Frame 98", "Frame 97"), AT, "Frame n { with a number above 97"),
    "a table's time again": (of("7\t0.022", "3\t0.022"), 21, "a time later than the 3 ms"),
    "a row of the table cut": (of("7\t0.022\tNaN", "7\t0.022"), 21, "3 values of the table, got '2 values'"),
    "text in the table": (of("12.5", "much"), 20, "column Li Vorfu\xdf,N: a number with a decimal point, or NaN"),
    "rows of the table missing": (of("Count\t2", "Count\t3"), 22, "3 rows of the table, as Count says, got '2 rows'"),
    "no columns": (of("Columns\t3\n", ""), 31, "Columns in the header"),
    "an unknown unit": (of("N/cm^2", "stone"), 29, "Units with one of kPa"),
    "no size": (of("Cell width,mm\t8.47\n", ""), AT + 6, "Cell width,mm in the header"),
    "exercises without an end": (of("1\tGait\n}\n", "1\tGait\n" * 1001), 1010, "} after Exercises, within 1000 lines"),
    "no frame": (HEADER + TABLE + PLATFORM, 32, "a line of the platform, or Frame n {"),
}


@pytest.mark.parametrize(("text", "line", "expected"), DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_gives_file_line_and_expectation(text: str, line: int, expected: str, tmp_path: Path) -> None:
    with refused_at(line, expected):
        read(tmp_path, text)


def test_every_cut_of_a_file_is_an_error(tmp_path: Path) -> None:
    for length in range(GOOD.index("Application") + 20, len(GOOD) - 2, 3):
        with pytest.raises(FileFormatError):
            read(tmp_path, GOOD[:length])
