"""The same file as other programs write it: units spelled otherwise, saved again by a spreadsheet, other forms."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from barograph import Layout, Recording, read_file
from barograph.errors import FileFormatError
from barograph.files.vendors.quantities import pressure_unit
from barograph.layout import KPA_PER_UNIT

TEKSCAN = """DATA_TYPE MOVIE
ROWS 2
COLS 3
UNITS {unit}
SECONDS_PER_FRAME 0.01
START_FRAME 1
END_FRAME 2
COMMENTS left, with insole

ASCII_DATA @@

Frame 1
0,1.5,B
2,0,3

Frame 2
0,2.5,B
4,0,0

@@
"""
CELLS = [[[0, 1.5, np.nan], [2, 0, 3]], [[0, 2.5, np.nan], [4, 0, 0]]]
PRO7 = """File:,"C:\\seat.xsn"
Frame:,{n}
Date:,"{date}"
Time:,"12:39:0{n}.000"
Units:,"mmHg"
Threshold:,"5{point}0"
Sensor:,"LX100 S1"
Rows:,2
Columns:,2
Sensel Width (cm):,"1{point}27"
Sensel Height (cm):,"1{point}27"
Peak Pressure:,"7{point}5"
"0{point}00","7{point}50"
"1{point}25","0{point}00"

"""


def read(tmp_path: Path, text: str) -> Recording:
    path = tmp_path / "file.dat"
    path.write_text(text, "utf-8")
    (found,) = read_file(path)
    return found


@pytest.mark.parametrize(
    ("spelled", "unit"),
    [
        ("MPa", "MPa"), ("bar", "bar"), ("mbar", "mbar"), ("hPa", "mbar"), ("kg/cm²", "kg/cm2"), ("kgf/cm^2", "kg/cm2"),
        ("g/cm2", "g/cm2"), ("N/cm²", "N/cm2"), ("N/cm^2", "N/cm2"), ("N/sq cm", "N/cm2"), ("inH2O", "inH2O"),
        ("in. H₂O", "inH2O"), ("cmH2O", "cmH2O"), ("PSI", "psi"), ("mm Hg", "mmHg"), ("[kPa]", "kPa"), ("RAW", "raw"),
    ],
)  # fmt: skip
def test_a_unit_is_known_by_any_of_its_spellings(tmp_path: Path, spelled: str, unit: str) -> None:
    assert pressure_unit(spelled) == unit
    found = read(tmp_path, TEKSCAN.format(unit=spelled))
    assert found.layout.unit == unit
    if unit != "raw":
        np.testing.assert_allclose(found.kpa()[0, 1, 0], 2 * KPA_PER_UNIT[unit])


def test_a_unit_that_nobody_knows_is_an_error_that_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match=r"UNITS with one of kPa, raw, Pa, .*inH2O.*, got 'stone/ft2'"):
        read(tmp_path, TEKSCAN.format(unit="stone/ft2"))


@pytest.mark.parametrize("unit", list(KPA_PER_UNIT))
def test_the_browser_has_the_same_factors(unit: str) -> None:
    tables = (Path(__file__).parents[3] / "dashboard/assets/core/tables.mjs").read_text("utf-8")
    assert f"{unit}: {float(f'{KPA_PER_UNIT[unit]:.9g}'):.9g}" in tables.replace('"', "")
    assert Layout(rows=1, cols=1, unit=unit).calibrated


def padded(text: str) -> str:
    return "".join(line + "," * (8 - line.count(",")) + "\n" for line in text.splitlines())


def quoted(text: str) -> str:
    return "".join(f'"{line}"\n' if line.startswith("COMMENTS") else f"{line}\n" for line in text.splitlines())


def semicolons(text: str) -> str:
    return text.replace(",", ";").replace(".", ",")


@pytest.mark.parametrize("again", [padded, quoted, semicolons, lambda text: padded(quoted(text))])
def test_a_file_that_a_spreadsheet_saved_again_is_the_same(tmp_path: Path, again) -> None:
    text = TEKSCAN.format(unit="kPa")
    if again is semicolons:
        text = text.replace("left, with", "left with")
    found = read(tmp_path, again(text))
    np.testing.assert_array_equal(found.frames, np.array(CELLS))
    assert np.diff(found.times_us).tolist() == [10_000]


@pytest.mark.parametrize("point", [".", ","])
@pytest.mark.parametrize("date", ["2020 Nov 19", "2020-11-19", "19 Nov 2020", "Nov 19, 2020", "November 19 2020"])
def test_the_newer_header_with_colons_is_read(tmp_path: Path, point: str, date: str) -> None:
    text = "".join(PRO7.format(n=n, date=date, point=point) for n in (1, 2)).replace('File:,"C:\\seat.xsn"\n', "", 1)
    found = read(tmp_path, 'File:,"C:\\seat.xsn"\n' + text.replace('File:,"C:\\seat.xsn"\n', ""))
    assert found.frames.tolist() == [[[0, 7.5], [1.25, 0]]] * 2
    assert (found.layout.unit, found.layout.pitch_mm) == ("mmHg", (12.7, 12.7))
    assert found.times_us.tolist() == [1_605_789_541_000_000, 1_605_789_542_000_000]
    assert found.provenance["vendor"]["Peak Pressure"] == [7.5, 7.5]


def test_a_date_of_numbers_that_could_be_two_days_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match="Date and Time"):
        read(tmp_path, PRO7.format(n=1, date="03/04/2026", point="."))


def test_a_summary_without_cells_is_answered_so(tmp_path: Path) -> None:
    head = "Frame,Date,Time,Units,Sensor,Rows,Columns,Peak Pressure"
    with pytest.raises(FileFormatError, match="summary of frames without cells; export again with the sensels"):
        read(tmp_path, f'File:,"a.xsn"\n{head}\n1,"2020 Nov 19","12:39:04",mmHg,"S1",36,36,"256,0"\n')
