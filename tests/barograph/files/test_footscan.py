"""footscan texts: N per cell, rows from the bottom up, any first frame, and nothing of a damaged file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import oracles
import pytest
from damage import refused_at

from analytics import frame_stats
from barograph import Recording, files, read_file
from barograph.errors import FileFormatError

HEADER = (
    "Entire Plate Roll Offfor measurement: walk_10\nPatient name: Max Muster\nMeasurement done on 21-7-2014\n"
    "Scanning speed;  for the left foot: 126.00 Hertz, for the right foot: 126.00 Hertz\n\n"
)
FRAMES = "Frame 44 (349.21 ms)\n0.1\t0.0\t12.3\n0.0\t0.0\t0.0\n\nFrame 45 (357.14 ms)\n0.0\t0.0\t0.0\n0.0\t4.0\t0.3\n\n"
GOOD = HEADER + FRAMES
CELLS = [[[0, 0, 0], [0.1, 0, 12.3]], [[0, 4.0, 0.3], [0, 0, 0]]]
FOOT = (
    "Dynamic Roll offfor measurement: a_1\nPatient name: Max Muster\nMeasurement done on 04-03-2026\n\n"
    "Left foot data\n\nLeft rectangle position\nRectangle bottom\n6.0\nRectangle left\n40.0\nRectangle width\n3.0\n"
    "Rectangle height\n2.0\n\n"
) + FRAMES.replace("\n\n", "\t\n\n")
NEWTONS = ["footscan/entire-plate-walk.txt", "footscan/entire-plate-header.txt", "footscan/entire-plate-beeld.txt",
           "footscan/entire-plate-253hz.xls", "footscan/entire-plate-walk-whole.zip"]  # fmt: skip


def read(tmp_path: Path, text: str | bytes, name: str = "any name.dat") -> Recording:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    (plate,) = read_file(path)
    return plate


def newtons(plate: Recording) -> np.ndarray:
    """Cells in N, as they were printed."""
    assert plate.layout.area_cm2 is not None
    return plate.values() * plate.layout.area_cm2


@pytest.mark.parametrize("name", NEWTONS)
def test_a_plate_has_the_forces_that_were_printed(name: str, sensors: oracles.Sensors, tmp_path: Path) -> None:
    known = oracles.of(sensors, name)
    path = sensors(name)
    (plate,) = read_file(oracles.unpacked(path, tmp_path) if name.endswith("zip") else path)
    forces = newtons(plate).sum(axis=(1, 2))
    assert plate.frames.shape == (known["frames"], known["rows"], known["cols"])
    assert plate.times_us[[0, -1]].tolist() == [round(known[at] * 1000) for at in ("t_first_ms", "t_last_ms")]
    assert plate.provenance["frame_numbers"] == list(range(known["first_frame"], known["last_frame"] + 1))
    np.testing.assert_allclose(
        [forces[0], forces[-1], forces.max(), forces.sum(), newtons(plate).max()],
        [known[at] for at in ("sum_first_frame_N", "sum_last_frame_N", "force_max_N", "sum_all", "peak_cell_N")],
        atol=1e-6,
    )
    assert (forces.argmax(), (plate.frames > 0).any(axis=0).sum()) == (
        known["force_max_at"],
        known["cells_ever_loaded"],
    )
    np.testing.assert_allclose(frame_stats(plate)["total_force_n"], forces)
    # The centre counts rows as they were printed, from the bottom.
    row, col = known["cop_at_max_printed_row_col"]
    assert plate.layout.y_axis == "up"
    stats = frame_stats(plate).iloc[int(forces.argmax())]
    if forces.max() > plate.layout.floor_n:
        mm = ((col + 0.5) * 5.08, (row + 0.5) * 7.62)
        np.testing.assert_allclose([stats["cop_x_mm"], stats["cop_y_mm"]], mm, atol=1e-3)


def test_the_single_foot_that_was_made_is_read_bit_for_bit(sensors: oracles.Sensors) -> None:
    known = oracles.made(sensors, "footscan/made-single-foot.txt")
    (foot,) = read_file(sensors("footscan/made-single-foot.txt"))
    np.testing.assert_allclose(newtons(foot), np.array(known["frames"])[:, ::-1], rtol=1e-12)
    assert foot.layout.side == known["side"]
    assert np.diff(foot.times_us).tolist() == [2000] * 4


@pytest.mark.parametrize(
    "data",
    [
        GOOD.encode(), FRAMES.encode(), GOOD.replace("\n", "\r\n").encode(), GOOD.replace("\n", "\r").encode(),
        b"\xef\xbb\xbf" + GOOD.encode(), GOOD.rstrip("\n").encode(), GOOD.replace("Frame", "Beeld").encode(),
        GOOD.replace(".", ",").encode(), GOOD.replace("3\n", "3\t\n").encode(), GOOD.replace("3\n\n", "3\n").encode(),
    ],
    ids=["header", "no header", "CRLF", "CR", "BOM", "no last line end", "Dutch", "decimal commas", "tabs at line ends",
         "no blank line between frames"],
)  # fmt: skip
@pytest.mark.parametrize("name", ["walk.txt", "walk.xls"])
def test_a_plate_is_recognised_by_its_content(data: bytes, name: str, tmp_path: Path) -> None:
    plate = read(tmp_path, data, name)
    np.testing.assert_allclose(newtons(plate), CELLS, rtol=1e-12)
    assert plate.times_us.tolist() == [349_210, 357_140]
    assert (plate.layout.dtype, plate.layout.kind, plate.layout.unit) == ("uint16", "plate", "N/cm2")
    assert "the file has no time of day" in plate.provenance["assumed"]
    assert "5.08 x 7.62 mm" in plate.provenance["assumed"]


def test_one_foot_has_its_side_and_its_place_on_the_plate(tmp_path: Path) -> None:
    foot = read(tmp_path, FOOT)
    np.testing.assert_allclose(newtons(foot), CELLS, rtol=1e-12)
    assert foot.layout.side == "left"
    assert foot.provenance["window"] == {"bottom": 6, "left": 40, "width": 3, "height": 2}
    assert foot.provenance["header"]["Patient name"].startswith("left out")


@pytest.mark.parametrize(
    ("cell", "dtype"),
    [("0.15", "uint16"), ("0.125", "float32"), ("0.123", "float64"), ("7000.5", "float32"), ("-0.1", "float64")],
)
def test_cells_are_stored_so_that_every_printed_value_survives(cell: str, dtype: str, tmp_path: Path) -> None:
    text = FRAMES.replace("12.3", cell).replace("0.1\t", "0.0\t").replace("0.3", "0.5")
    plate = read(tmp_path, text)
    assert plate.layout.dtype == dtype
    np.testing.assert_allclose(newtons(plate)[0, 1, 2], float(cell), rtol=1e-12)


def test_frames_that_are_missing_are_said(tmp_path: Path) -> None:
    text = FRAMES + FRAMES.replace("44 (349.21", "48 (380.95").replace("45 (357.14", "49 (388.89")
    assert read(tmp_path, text).provenance["doubts"] == ["Frame 46 to 47 are not in the file"]


def of(line: str, replacement: str, text: str = GOOD) -> str:
    assert line in text
    return text.replace(line, replacement, 1)


DAMAGED = {
    "cut in a frame": (GOOD[: GOOD.rindex("0.0\t4.0")], 11, "2 rows of frame 45, as in the first frame, got '1 rows'"),
    "cut in a number": (GOOD[: GOOD.rindex(".3") + 1], 12, "as many decimals in the last value"),
    "a short row": (of("0.0\t4.0\t0.3", "0.0\t4.0"), 12, "row 2 of frame 45: 3 values, got '2 values'"),
    "a long row": (of("0.0\t4.0\t0.3", "0.0\t4.0\t0.3\t1.0"), 12, "3 values, got '4 values'"),
    "a row too many": (of("0.0\t4.0\t0.3\n", "0.0\t4.0\t0.3\n" * 2), 14, "2 rows of frame 45"),
    "text in a cell": (of("4.0", "four"), 12, "row 2 of frame 45, column 2: a number with a decimal point, got 'four'"),
    "no number": (of("4.0", "nan"), 12, "column 2: a number"),
    "an empty cell": (of("4.0", ""), 12, "column 2: a number with a decimal point, got ''"),
    "too large a number": (of("4.0", "1e999"), 12, "column 2: a number"),
    "a time again": (of("357.14", "349.21"), 10, "a frame later than the 349.21 ms of the one before"),
    "a time before": (of("357.14", "34.21"), 10, "a frame later than"),
    "a number again": (of("Frame 45", "Frame 44"), 10, "a frame with a number above 44"),
    "a frame without rows": (GOOD[: GOOD.rindex("0.0\t0.0\t0.0")], 10, "2 rows of frame 45"),
    "no frame": (HEADER, 5, "Frame and its number"),
    "another line": (of("Measurement done", "Wind blew"), 3, "a line of the header"),
    "a key twice": (of("Measurement done on 21-7-2014", "Patient name: B"), 3, "Patient name once, as on line 2"),
    "text between frames": (of("\n\nFrame 45", "\n\nwords\nFrame 45"), 10, "Frame and its number"),
    "another rectangle": (of("3.0\n", "5.0\n", FOOT), 13, "Rectangle width of 3 cells, as frames have, got '5.0'"),
    "no number of a rectangle": (of("3.0\n", "wide\n", FOOT), 13, "Rectangle width with a number"),
}


@pytest.mark.parametrize(("text", "line", "expected"), DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_gives_file_line_and_expectation(text: str, line: int, expected: str, tmp_path: Path) -> None:
    with refused_at(line, expected):
        read(tmp_path, text)


def test_every_cut_of_a_file_is_an_error_but_where_a_part_is_a_smaller_file(tmp_path: Path) -> None:
    one_frame = GOOD.index("Frame 45")
    refused = 0
    for length in range(len(HEADER) + 30, len(GOOD.rstrip())):
        try:
            plate = read(tmp_path, GOOD[:length])
        except FileFormatError:
            refused += 1
            continue
        assert len(plate) == 1
        assert length <= one_frame
        assert "does not say how many it has" in plate.provenance["assumed"]
    assert refused > 50


def test_a_file_that_changed_after_it_was_opened_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "plate.txt"
    path.write_text(GOOD)
    plate = oracles.one(files.open_file(path))
    path.write_text(GOOD[: GOOD.index("Frame 45")])
    with pytest.raises(FileFormatError, match="expected 2 frames, one a time, got 1"):
        plate.whole()


def test_a_matrix_larger_than_any_sensor_is_refused_while_it_is_read(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match="at most 262144 cells in a frame"):
        read(tmp_path, "Frame 0 (0.00 ms)\n" + ("0\t" * 1023 + "0\n") * 300)
