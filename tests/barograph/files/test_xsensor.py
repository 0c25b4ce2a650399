"""XSENSOR CSV: both feet, the vendor's statistics, and nothing of a damaged file."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from damage import refused_at

from analytics import frame_stats
from barograph import Recording, read_file
from barograph.errors import FileFormatError


def sensor(side: str, cells: str, peak: float) -> str:
    return (
        f"SENSOR,HX210-{side} S1\nRows,2\nColumns,3\nSensel Width (cm),0.80\nSensel Height (cm),0.50\n"
        f"Peak Pressure (mmHg),{peak}\nTotal Area (cm²),2.0\nStride Time,\n\nSENSELS\n{cells}\n\n"
    )


def frame(n: int, ms: int, left: str, right: str) -> str:
    region = "GROUP,1\nName,Left Heel\nCells,3\nPeak Pressure (mmHg),7.5\nTotal Area (cm²),1.2\n\nSENSELS\n1,2\n3\n\n"
    clock = f"FRAME,{n}\nDate, 2022 Aug 16\nTime, 08:21:17.{ms}\n\n"
    return clock + sensor("LF", left, 7.5) + sensor("RF", right, 2.25) + region


HEADER = 'File:,"C:\\a, b.XSN"\nUnits:,mmHg\nThreshold:,51.72\n\n'
FRAMES = frame(1464, 982, "0,1,7.5\n0,2,0", "2.25,0,0\n0,0,0") + frame(1465, 995, "0,0,3\n0,0,1", "0,1,0\n0,0,0")
GOOD = HEADER + FRAMES
LEFT = [[[0, 1, 7.5], [0, 2, 0]], [[0, 0, 3], [0, 0, 1]]]


def read(tmp_path: Path, text: str | bytes) -> list[Recording]:
    path = tmp_path / "any name.dat"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_file(path)


@pytest.mark.parametrize("side", ["left", "right"])
def test_the_vendors_file_has_both_feet_and_the_vendors_peaks(side: str, vendor: Callable[[str], Path]) -> None:
    foot = {foot.layout.side: foot for foot in read_file(vendor("xsensor/xsensor_data.csv"))}[side]
    assert foot.frames.shape == (101, 31, 11)
    assert foot.layout.valid.sum() == 235
    # All its statistics are held to half of what is printed in tests/analytics/test_printed_numbers.py.
    peak = frame_stats(foot)["peak_kpa"].to_numpy() / 0.133322387
    np.testing.assert_allclose(peak, foot.provenance["vendor"]["Peak Pressure (mmHg)"], rtol=1e-12)
    assert set(np.diff(foot.times_us).tolist()) <= {13_000, 14_000}
    heel = foot.provenance["vendor_regions"][f"{side.title()} Heel"]
    assert (heel["Cells"], len(heel["Contact %"])) == (36, 101)


def test_a_small_file_is_read_whatever_its_name(tmp_path: Path) -> None:
    left, right = read(tmp_path, GOOD)
    assert left.frames.tolist() == LEFT
    assert right.frames[1].tolist() == [[0, 1, 0], [0, 0, 0]]
    assert (left.layout.side, right.layout.side, left.layout.kind) == ("left", "right", "insole")
    assert (left.layout.unit, left.layout.pitch_mm) == ("mmHg", (8.0, 5.0))
    assert left.times_us[0] == datetime(2022, 8, 16, 8, 21, 17, 982_000, tzinfo=UTC).timestamp() * 1e6
    assert np.diff(left.times_us).tolist() == [13_000]
    assert left.provenance["vendor"]["Peak Pressure (mmHg)"] == [7.5, 7.5]
    assert left.provenance["vendor"]["Stride Time"] == [None, None]
    assert left.provenance["vendor_regions"]["Left Heel"]["Cells"] == 3
    assert right.provenance["vendor_regions"] == {}
    assert left.provenance["header"]["File"] == "C:\\a, b.XSN"


def test_cells_that_exist_are_those_ever_loaded_in_either_foot_and_the_nearest(tmp_path: Path) -> None:
    left, right = read(tmp_path, GOOD)
    # The region's 1.2 cm² for 3 cells make 5 of 2.0 cm²; four were loaded, one of them only in the mirrored foot.
    assert left.layout.cell_area_mm2 == pytest.approx(40.0)
    assert left.layout.mask == (1, 1, 1, 0, 1, 1)
    assert right.layout.mask == (1, 1, 1, 1, 1, 0)


def test_without_a_total_area_the_cells_have_the_printed_size_and_all_exist(tmp_path: Path) -> None:
    left, _ = read(tmp_path, GOOD.replace("Total Area (cm²)", "Extent"))
    assert (left.layout.cell_area_mm2, left.layout.mask) == (40.0, None)


@pytest.mark.parametrize(
    "data",
    [
        GOOD.replace("\n", "\r\n").encode(),
        GOOD.replace("\n", "\r").encode(),
        b"\xef\xbb\xbf" + GOOD.encode(),
        GOOD.encode("latin-1"),
        GOOD.rstrip("\n").encode(),
        GOOD.replace("\n", ",,,,\n,,,,,\n").encode(),
        GOOD.replace("Width (cm),0.80", "Width (mm),8.0").replace("Height (cm),0.50", "Height (mm),5.0").encode(),
        GOOD.replace("(cm²),2.0", "(mm²),200").encode(),
    ],
    ids=["CRLF", "CR", "BOM", "latin-1", "no last line end", "commas between all lines", "mm", "mm2"],
)
def test_line_ends_encodings_and_units_make_no_difference(data: bytes, tmp_path: Path) -> None:
    left, _ = read(tmp_path, data)
    assert left.frames.tolist() == LEFT
    assert left.layout == read(tmp_path, GOOD)[0].layout


def test_a_sensor_that_is_no_foot_is_a_mat(tmp_path: Path) -> None:
    (mat,) = read(tmp_path, HEADER + "FRAME,1\nDate, 2022 Aug 16\nTime, 08:21:17\n" + sensor("X", "1,2,3\n4,5,6", 6))
    assert (mat.layout.kind, mat.layout.side, mat.frames.tolist()) == ("mat", None, [[[1, 2, 3], [4, 5, 6]]])


def of(line: str, replacement: str) -> str:
    assert line in GOOD
    return GOOD.replace(line, replacement, 1)


DAMAGED = {
    "UTF-16": (GOOD.encode("utf-16"), 1, "text in UTF-16, which has to be saved as UTF-8"),
    "a short row": (of("0,1,7.5", "0,1"), 19, "row 1 of 2 of HX210-LF S1: 3 values"),
    "a long row": (of("0,1,7.5", "0,1,7.5,9"), 19, "3 values"),
    "a row too few": (of("0,2,0\n", ""), 21, "row 2 of 2 of HX210-LF S1: 3 values"),
    "ten thousand rows too many": (of("0,2,0\n", "0,2,0\n" * 10_001), 21, "SENSOR, GROUP or FRAME"),
    "decimal commas": (of("0,1,7.5", "0,1,7,5"), 19, "3 values"),
    "no number": (of("0,1,7.5", "0,nan,7.5"), 19, "numbers with a decimal point"),
    "no rows": (of("Rows,2\n", ""), 17, "Rows in the header"),
    "no columns": (of("Columns,3", "Columns,many"), 11, "Columns with a whole number"),
    "no width": (of("Sensel Width", "Sensel Breadth"), 18, "Sensel Width (cm) of every sensor"),
    "no size at all": (GOOD.replace("Sensel Width", "Breadth"), 18, "Sensel Width (cm) of every sensor"),
    "a title twice": (of("Stride Time,", "Rows,2"), 16, "Rows once, as on line 10"),
    "a title less in a later frame": ("".join(GOOD.rsplit("Peak Pressure (mmHg),2.25\n", 1)), 70, "the titles that"),
    "another shape": ("Rows,1".join(GOOD.rsplit("Rows,2", 1)), 71, "2 x 3 cells of HX210-RF S1"),
    "no unit": (of("Units:,mmHg", "Units:,"), 2, "Units with one of kPa"),
    "an unknown unit": (of("Units:,mmHg", "Units:,stone"), 2, "Units with one of kPa"),
    "a key twice": (of("Threshold:,51.72", "Units:,kPa"), 3, "Units once, as on line 2"),
    "a frame out of order": (of("FRAME,1465", "FRAME,1464"), 45, "higher than the one before"),
    "no date": (of("Date, 2022 Aug 16\n", ""), 6, "Date"),
    "another date": (of("2022 Aug 16", "16.8.2022"), 7, "Date and Time, as in 2022 Aug 16"),
    "a foot left out": (GOOD[: GOOD.index("SENSOR,HX210-RF", 700)], 61, "SENSOR HX210-RF S1 once in frame 1465"),
    "a region left out": (GOOD[: GOOD.rindex("GROUP")], 74, "GROUP Left Heel once in frame 1465"),
    "a region cut": (GOOD[: GOOD.rindex("3\n")], 82, "1 more cells of Left Heel"),
    "no frame": (HEADER, 4, "a header line, or FRAME"),
    "a word for a statistic": (of("(mmHg),7.5", "(mmHg),high"), 14, "a number"),
}


@pytest.mark.parametrize(("text", "line", "expected"), DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_gives_file_line_and_expectation(
    text: str | bytes, line: int, expected: str, tmp_path: Path
) -> None:
    with refused_at(line, expected):
        read(tmp_path, text)


def test_every_cut_of_a_file_is_an_error_but_where_a_part_is_a_smaller_file(tmp_path: Path) -> None:
    # Nothing in a file says how many frames it has, nor its first frame which sensors and regions there are.
    ends = [GOOD.index(end) + len(end) for end in ("0,2,0", "2.25,0,0\n0,0,0", "1,2\n3")]
    smaller = {end + blank for end in (*ends, GOOD.rindex("3\n") + 1) for blank in range(3)}
    for length in range(50, len(GOOD)):
        if length in smaller:
            assert len(read(tmp_path, GOOD[:length])[0]) in (1, 2)
        else:
            with pytest.raises(FileFormatError):
                read(tmp_path, GOOD[:length])


def test_cells_that_the_vendors_threshold_has_cleared_are_counted_above_0_as_the_vendor_does(tmp_path: Path) -> None:
    for text, kpa in ((GOOD, 0.0), (GOOD.replace("Threshold:,51.72\n", ""), 10.0), (GOOD.replace("51.72", ""), 10.0)):
        assert {foot.layout.loaded_above for foot in read(tmp_path, text)} == {kpa}
    assert frame_stats(read(tmp_path, GOOD)[0])["contact_pct"].round(1).tolist() == [60.0, 40.0]
