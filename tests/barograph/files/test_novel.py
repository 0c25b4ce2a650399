"""novel pedar and pliance: frames, the vendor's results, the cells' places, and nothing of a damaged file."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from damage import refused_at

from analytics import frame_stats
from barograph import Recording, geometries, read_file
from barograph.errors import FileFormatError

PEDAR = """file name:  a.sol\tdate/time  25.04.23 10.49
sensor type:  y-1865l-1870r
total time [secs]:  0.030\ttime per frame [secs]:  0.01000\tscanning rate [Hz]:   100
pressure values in  kPa

mask definition:
left insole: 1,2,
right insole: 1,2,

time[secs]    \t      1\t      2\t      1\t      2\t
     0.01000\t 32.500\t 40.000\t  0.000\t 20.000
     0.02000\t  2.500\t  0.000\t  0.000\t 25.000
     0.03000\t  0.000\t  0.000\t 17.500\t 30.000
"""
PLIANCE = """file name: a.mat date/time 17.06.23 15.21
mat type s2160_001
total times [secs]: 0.125 time per frame [secs]: 0.04167 scanning rate [Hz]: 24
pressure values in kPa


electrical:
time[secs]       4       5      36      37
    0.04167   0.000   1.500   2.000   3.000
    0.08333   4.000   0.000   0.000   0.000
        MPP   4.000   1.500   2.000   3.000
        MVP   2.000   0.750   1.000   1.500


 time[secs] force[N]   x[cm]   y[cm]

    0.04167    0.353   0.282   1.185
    0.08333    0.217   0.792   0.514
    0.12500    0.000       -       -


sensor        4        5       36       37
corner[cm]
x[0]   0.0000   0.0000   0.5280   0.5280
y[0]   2.0560   1.0280   2.0560   1.0280
x[1]   0.0000   0.0000   0.5280   0.5280
y[1]   1.0280   0.0000   1.0280   0.0000
x[2]   0.5280   0.5280   1.0560   1.0560
y[2]   1.0280   0.0000   1.0280   0.0000
x[3]   0.5280   0.5280   1.0560   1.0560
y[3]   2.0560   1.0280   2.0560   1.0280
x[c]   0.2640   0.2640   0.7920   0.7920
y[c]   1.5420   0.5140   1.5420   0.5140
area   0.5428   0.5428   0.5428   0.5428
"""


def read(tmp_path: Path, text: str | bytes) -> list[Recording]:
    path = tmp_path / "any name.dat"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_file(path)


def test_a_pedar_file_is_two_insoles_on_one_clock(vendor: Callable[[str], Path]) -> None:
    path = vendor("novel-pedar/pedar_example.asc")
    left, right = read_file(path)
    assert left.frames.shape == right.frames.shape == (1505, 1, 99)
    assert (left.layout.side, right.layout.side) == ("left", "right")
    numbers = np.array([line.split() for line in path.read_text().splitlines()[10:] if line.strip()], float)
    np.testing.assert_array_equal(np.hstack([left.frames[:, 0], right.frames[:, 0]]), numbers[:, 1:])
    start_us = datetime(2023, 4, 25, 10, 49, tzinfo=UTC).timestamp() * 1e6
    np.testing.assert_array_equal(left.times_us, start_us + 10_000 * np.arange(1, 1506))
    assert left.provenance["sensors"] == list(range(1, 100))


@pytest.mark.parametrize("size", ["q-1865l", "1865l", "yy-1"])
def test_an_insole_of_a_size_that_is_not_known_has_pressures_but_no_force(size: str, tmp_path: Path) -> None:
    left, _ = read(tmp_path, PEDAR.replace("y-1865l", size))
    assert (left.layout.area_cm2, left.layout.places) == (None, "none")
    assert frame_stats(left).columns[0] == "pressure_sum_kpa"
    assert "--geometry says which insole it is" in left.provenance["assumed"]


def test_a_size_has_the_places_and_areas_of_those_cells_that_were_exported(tmp_path: Path) -> None:
    for insole in read(tmp_path, PEDAR.replace("1,2,", "3,99,").replace("1\t      2", "3\t     99")):
        known = geometries.named("pedar-y", insole.layout.side)
        assert insole.provenance["sensors"] == [3, 99]
        assert known.geometry is not None
        assert known.area_mm2 is not None
        assert insole.layout.cell_area_mm2 == (known.area_mm2[2], known.area_mm2[98])
        np.testing.assert_array_equal(insole.layout.centres, known.geometry.centres[[2, 98]])
        assert "2 of 99 cells" in insole.provenance["assumed"]


def test_a_wide_insole_has_forces_and_no_places(tmp_path: Path) -> None:
    left, _ = read(tmp_path, PEDAR.replace("y-1865l", "XW-1865l"))
    stats = frame_stats(left)
    assert (left.layout.places, stats.columns[0]) == ("none", "total_force_n")
    assert not [name for name in stats if name.startswith("cop")]


def test_a_pliance_file_has_its_places_and_the_vendors_results_of_every_frame(vendor: Callable[[str], Path]) -> None:
    (mat,) = read_file(vendor("novel-pliance/pliance_test.asc"))
    assert mat.frames.shape == (281, 29, 28)
    assert (mat.layout.pitch_mm, mat.layout.cell_area_mm2, mat.layout.mask) == ((5.28, 10.28), 54.28, None)
    # Forces and centres are held to what is printed in tests/analytics/test_printed_numbers.py.
    assert {name: len(values) for name, values in mat.provenance["vendor"].items()} == {
        "force[N]": 281, "x[cm]": 281, "y[cm]": 281,
    }  # fmt: skip
    assert len(mat.provenance["vendor_table"]["time[secs]"]) == 1067


def test_small_files_are_read_whatever_their_name(tmp_path: Path) -> None:
    left, right = read(tmp_path, PEDAR)
    assert left.frames.tolist() == [[[32.5, 40.0]], [[2.5, 0.0]], [[0.0, 0.0]]]
    assert right.frames[:, 0, 1].tolist() == [20, 25, 30]
    (mat,) = read(tmp_path, PLIANCE)
    assert mat.frames.tolist() == [[[0.0, 2.0], [1.5, 3.0]], [[4.0, 0.0], [0.0, 0.0]]]
    assert np.diff(mat.times_us).tolist() == [41_660]
    assert mat.layout.x.tolist() == pytest.approx([2.64, 7.92])
    assert mat.layout.y.tolist() == pytest.approx([15.42, 5.14])
    assert mat.provenance["vendor"]["x[cm]"] == [0.282, 0.792]
    assert mat.provenance["vendor_table"]["y[cm]"] == [1.185, 0.514, None]
    assert mat.provenance["MVP"] == [2.0, 0.75, 1.0, 1.5]


def test_cells_that_form_no_grid_become_a_row_with_their_areas(tmp_path: Path) -> None:
    bent = PLIANCE.replace("x[c]   0.2640   0.2640   0.7920", "x[c]   0.2640   0.2990   0.7920")
    (mat,) = read(tmp_path, bent.replace("area   0.5428   0.5428", "area   0.5000   0.5428"))
    assert mat.frames.tolist() == [[[0.0, 1.5, 2.0, 3.0]], [[4.0, 0.0, 0.0, 0.0]]]
    assert (mat.layout.pitch_mm, mat.layout.cell_area_mm2) == (None, (50.0, 54.28, 54.28, 54.28))


def test_a_grid_with_a_hole_has_a_mask(tmp_path: Path) -> None:
    text = "\n".join(
        line.rsplit(maxsplit=1)[0]
        if line[:4] in ("time", "    ", "sens", "x[0]", "x[1]", "x[2]", "x[3]", "x[c]", "area", "y[c]")
        or line[:2] == "y["
        else line
        for line in PLIANCE.partition("\n\n\n time")[0].splitlines()[7:]
    )
    head = "\n".join(PLIANCE.splitlines()[:7])
    tail = PLIANCE[PLIANCE.index("\n\n\n time") : PLIANCE.index("sensor  ")]
    places = "\n".join(
        line if line.startswith("corner") else line.rsplit(maxsplit=1)[0]
        for line in PLIANCE[PLIANCE.index("sensor  ") :].splitlines()
    )
    (mat,) = read(tmp_path, f"{head}\n{text}{tail}{places}")
    assert mat.layout.mask == (1, 1, 1, 0)
    assert np.isnan(mat.frames[:, 1, 1]).all()


@pytest.mark.parametrize("text", [PEDAR, PLIANCE], ids=["pedar", "pliance"])
def test_line_ends_and_encodings_make_no_difference(text: str, tmp_path: Path) -> None:
    plain = read(tmp_path, text)
    for data in (
        text.replace("\n", "\r\n").encode(),
        text.replace("\n", "\r").encode(),
        b"\xef\xbb\xbf" + text.encode(),
        text.rstrip("\n").encode(),
        (text + "\n\n").encode(),
        text.replace("a.", "für.").encode("latin-1"),
    ):
        for one, other in zip(plain, read(tmp_path, data), strict=True):
            np.testing.assert_array_equal(one.frames, other.frames)
            assert one.layout == other.layout


def test_other_units_of_pressure_are_kept(tmp_path: Path) -> None:
    (mat,) = read(tmp_path, PLIANCE.replace("values in kPa", "values in N/cm2"))
    assert mat.kpa()[1, 0, 0] == 40.0


DAMAGED = {
    "UTF-16": (PEDAR.encode("utf-16"), 1, "text in UTF-16, which has to be saved as UTF-8"),
    "UTF-16 of a mat": (PLIANCE.encode("utf-16"), 1, "text in UTF-16, which has to be saved as UTF-8"),
    "decimal commas of a mat": (PLIANCE.replace("   1.500   2.000", "   1,500   2,000"), 9, "with a decimal point"),
    "decimal commas everywhere": (PLIANCE.replace(".", ","), 3, "time per frame with seconds above 0"),
    "ten thousand rows of a mat too many": (
        PLIANCE.replace(
            "    0.08333   4.000   0.000   0.000   0.000\n", "    0.08333   4.000   0.000   0.000   0.000\n" * 10_001
        ),
        11,
        "0.04167 s after 0.08333",
    ),
    "a short row": (PEDAR.replace("\t 25.000", ""), 12, "the row of 0.02000: 4 values after the time"),
    "a long row": (PEDAR.replace("\t 25.000", "\t25\t25"), 12, "4 values after the time"),
    "a row left out": (PEDAR.replace("     0.02000\t  2.500\t  0.000\t  0.000\t 25.000\n", ""), 12, "0.01000 s after"),
    "the last rows left out": (PEDAR[: PEDAR.index("     0.03000")], 12, "rows up to the total time of 0.030 s"),
    "ten thousand rows too many": (PEDAR + "     0.03000\t0\t0\t0\t0\n" * 10_000, 14, "0.01000 s after 0.03000"),
    "decimal commas": (PEDAR.replace("32.500", "32,500"), 11, "numbers with a decimal point"),
    "no number": (PEDAR.replace("32.500", "inf"), 11, "numbers with a decimal point"),
    "no unit": (PEDAR.replace("pressure values in  kPa\n", ""), 9, "pressure values in in the header"),
    "an unknown unit": (PEDAR.replace("kPa", "stone"), 4, "pressure values in with one of kPa"),
    "a key twice": (PEDAR.replace("mask def", "pressure values in  kPa\nmask def"), 6, "once, as on line 4"),
    "another date": (PEDAR.replace("25.04.23", "04/25/23"), 1, "day.month.year"),
    "one insole": (
        PEDAR.replace("\t      1\t      2\t\n", "\t      3\t      4\t\n"),
        10,
        "the left insole, then of the",
    ),
    "no frames": (PEDAR[: PEDAR.index("     0.01000")], 10, "a row for each frame"),
    "no sensors": (
        PEDAR.replace("\t      1\t      2\t      1\t      2\t", ""),
        10,
        "the left insole, then of the right",
    ),
    "more after the end": (PEDAR + "\nthe end\n", 15, "nothing after the last frame"),
    "another table": (PLIANCE.replace("force[N]   x[cm]", "x[cm]   force[N]"), 15, "time[secs] force[N] x[cm] y[cm]"),
    "a short table": (
        PLIANCE.replace("    0.12500    0.000       -       -\n", ""),
        19,
        "up to the total time of 0.125",
    ),
    "a wrong cell in the table": (PLIANCE.replace("0.282", "?"), 17, "as numbers or -"),
    "a short row in the table": (PLIANCE.replace("   0.282", ""), 17, "a time and 3 values"),
    "frames after MPP": (PLIANCE.replace("        MVP", "    0.12500"), 12, "MPP and MVP after the last frame"),
    "other sensors": (PLIANCE.replace("sensor        4", "sensor        3"), 22, "the sensors of the frames"),
    "a place too few": (PLIANCE.replace("y[c]   1.5420", "y[c]"), 33, "y[c] and 4 values"),
    "no area": (PLIANCE[: PLIANCE.index("area")], 33, "a line of area"),
    "a negative area": (PLIANCE.replace("area   0.5428", "area  -0.5428"), 34, "areas above 0"),
}


@pytest.mark.parametrize(("text", "line", "expected"), DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_gives_file_line_and_expectation(
    text: str | bytes, line: int, expected: str, tmp_path: Path
) -> None:
    with refused_at(line, expected):
        read(tmp_path, text)


@pytest.mark.parametrize("text", [PEDAR, PLIANCE], ids=["pedar", "pliance"])
def test_every_cut_of_a_file_is_an_error(text: str, tmp_path: Path) -> None:
    # But for the last line end, whose loss changes no number.
    for length in range(150, len(text) - 1):
        with pytest.raises(FileFormatError):
            read(tmp_path, text[:length])
