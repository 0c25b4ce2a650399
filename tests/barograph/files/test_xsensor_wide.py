"""XSENSOR with one line per frame, and the made files of its other forms: cells, places and statistics as made."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import oracles
import pytest
from damage import refused_at

from analytics import frame_stats
from barograph import Recording, read_file
from barograph.errors import FileFormatError

TITLES = (
    "Frame,Date,Time,Insole,Units,Est. Load (lbf),S_1_2,S_2_1,S_2_2,Insole,Units,Est. Load (lbf),S_1_1,S_2_1,S_2_2\n"
)
FRAMES = (
    "101, 2026 Mar 04, 08:21:17.982,Left,psi,1.50,7.50,0.00,2.00,Right,psi,2.00,0.00,0.25,0.00\n"
    "103, 2026 Mar 04, 08:21:17.995,Left,psi,,0.00,,1.25,Right,psi,3.00,4.00,0.00,0.00\n"
)
GOOD = 'File:,"C:\\a.XSN"\n' + TITLES + FRAMES
NAN = np.nan
N_PER_LBF = 4.4482216


def read(tmp_path: Path, text: str | bytes, pitch: str | None = None) -> list[Recording]:
    path = tmp_path / "any name.dat"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_file(path, pitch=pitch)


def centre(frame: np.ndarray) -> list[float]:
    """Row and column of the load, from the corner of cell 0."""
    cells = np.nan_to_num(frame)
    return [float((cells.sum(axis=1 - k) @ (np.arange(n) + 0.5)) / cells.sum()) for k, n in enumerate(cells.shape)]


def test_both_insoles_of_a_made_file_are_as_made(sensors: oracles.Sensors) -> None:
    known = oracles.made(sensors, "xsensor/made-wide.csv")
    for foot in read_file(sensors("xsensor/made-wide.csv"), pitch="8.6"):
        side = str(foot.layout.side)
        assert foot.layout.valid.astype(int).tolist() == known[f"mask_{side}"]
        assert np.nan_to_num(foot.frames).tolist() == known[side]
        vendor = foot.provenance["vendor"]
        assert vendor["Est. Load (lbf)"] == known[f"load_{side}"]
        if side == "left":
            assert [vendor["COP Row"], vendor["COP Column"]] == [known["cop_row_left"], known["cop_col_left"]]
        # The file's own print is the load of cells of 8.6 mm.
        total = frame_stats(foot)["total_force_n"] / N_PER_LBF
        np.testing.assert_allclose(total, known[f"load_{side}"], atol=0.006)
        printed = np.stack([vendor["COP Row"], vendor["COP Column"]], axis=1)
        # It counts the names of rows and columns, from 1.
        np.testing.assert_allclose([centre(frame) for frame in foot.frames], printed - 0.5, atol=0.0051)
        assert np.diff(foot.times_us).tolist() == [13_000] * 5


@pytest.mark.parametrize("name", ["made-pro7-comma.csv", "made-pro7-two-sensors.csv", "made-text.txt"])
def test_made_files_of_other_forms_have_the_cells_and_the_centre_that_were_made(
    name: str, sensors: oracles.Sensors
) -> None:
    known = oracles.made(sensors, f"xsensor/{name}")
    found = read_file(sensors(f"xsensor/{name}"))
    made = np.array(known["frames"])
    made = made[:, None] if made.ndim == 3 else made
    for k, sensor in enumerate(found):
        assert sensor.frames.tolist() == made[:, k].tolist()
        assert sensor.layout.unit == known["unit"]
        vendor = sensor.provenance["vendor"]
        printed = np.stack([vendor["COP Row"], vendor["COP Column"]], axis=1)
        if "cop_row_col" in known:
            assert printed.tolist() == known["cop_row_col"][k :: len(found)]
            np.testing.assert_allclose([centre(frame) for frame in sensor.frames], printed, atol=0.0051)
    assert len(found) == made.shape[1]


def test_a_summary_is_refused_with_what_it_is(sensors: oracles.Sensors) -> None:
    with pytest.raises(FileFormatError, match="got a summary of frames without cells; export again with the sensels"):
        read_file(sensors("xsensor/summary-comma.csv"))


@pytest.mark.parametrize(
    "data",
    [
        GOOD, TITLES + FRAMES, "\ufeff" + GOOD, GOOD.replace("\n", "\r\n"), GOOD.rstrip("\n"),
        GOOD.replace("Left", '"Left"'), GOOD.replace("7.50", '"7,50"'), GOOD.replace("psi", "lbf/in2"),
    ],
    ids=["header", "titles in line 1", "BOM", "CRLF", "no last line end", "quotes", "decimal commas", "unit"],
)  # fmt: skip
def test_a_small_file_is_read_whatever_its_form(data: str, tmp_path: Path) -> None:
    left, right = read(tmp_path, data)
    np.testing.assert_array_equal(left.frames, [[[NAN, 7.5], [0, 2]], [[NAN, 0], [NAN, 1.25]]])
    np.testing.assert_array_equal(right.frames, [[[0, NAN], [0.25, 0]], [[4, NAN], [0, 0]]])
    assert (left.layout.mask, right.layout.mask) == ((0, 1, 1, 1), (1, 0, 1, 1))
    assert (left.layout.side, right.layout.side, left.layout.kind, left.layout.unit) == (
        "left",
        "right",
        "insole",
        "psi",
    )
    assert left.times_us[0] == datetime(2026, 3, 4, 8, 21, 17, 982_000, tzinfo=UTC).timestamp() * 1e6
    assert left.provenance["vendor"] == {"Est. Load (lbf)": [1.5, None]}


def test_a_size_of_cells_that_nobody_gave_is_not_guessed(tmp_path: Path) -> None:
    left, _ = read(tmp_path, GOOD)
    assert left.layout.pitch_mm is None
    assert "--pitch says it" in left.provenance["assumed"]
    assert "total_force_n" not in frame_stats(left)
    left, _ = read(tmp_path, GOOD, pitch="8.6 x 9")
    assert left.layout.pitch_mm == (8.6, 9.0)
    assert left.provenance["given"] == {"pitch_mm": (8.6, 9.0)}
    assert "--pitch" not in left.provenance["assumed"]


def of(line: str, replacement: str) -> str:
    assert line in GOOD
    return GOOD.replace(line, replacement, 1)


DAMAGED = {
    "a line cut": (GOOD[: GOOD.rindex(",0.00")], 4, "15 columns, as the titles have, got '14 columns'"),
    "a number cut": (GOOD[: GOOD.rindex("0\n")], 4, "as many decimals in the last value"),
    "a column more": (of("0.25,0.00", "0.25,0.00,1.00"), 3, "15 columns, as the titles have, got '16 columns'"),
    "text in a cell": (of("7.50", "much"), 3, "column 7: a number with a decimal point, or nothing, got 'much'"),
    "text in a result": (of("1.50", "much"), 3, "column 6: a number with a decimal point"),
    "a time again": (of("17.995", "17.982"), 4, "column 3: a time later than that of the frame before"),
    "a number again": (of("103", "101"), 4, "column 1: a frame's number, higher than the one before, got '101'"),
    "another date": (of("2026 Mar 04", "4.3.2026"), 3, "Date and Time, as in"),
    "another unit later": (of("Left,psi,,", "Left,kPa,,"), 4, "column 5: Units psi, as before, got 'kPa'"),
    "an unknown unit": (GOOD.replace("psi", "stone"), 4, "Units with one of kPa"),
    "feet exchanged": (of("Left,psi,,", "Right,psi,,"), 4, "column 4: Insole Left, as before, got 'Right'"),
    "a cell twice": (of("S_2_1,S_2_2,Ins", "S_2_2,S_2_2,Ins"), 2, "column 9: each title once for a sensor"),
    "no cells of a sensor": (of(",S_1_1,S_2_1,S_2_2\n", ",A,B,C\n"), 2, "columns S_row_column of sensor 2"),
    "no cells": ("Frame,Date,Time\n" + GOOD[GOOD.index("Frame,") :], 1, "columns S_row_column after the time"),
    "no frame": (GOOD[: GOOD.index("101,")], 2, "a line for each frame"),
    "too large a sensor": (of("S_1_1", "S_9999_9999"), 2, "at most 262144 cells in a frame, got '9999 x 9999 cells'"),
}


@pytest.mark.parametrize(("text", "line", "expected"), DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_gives_file_line_and_expectation(text: str, line: int, expected: str, tmp_path: Path) -> None:
    with refused_at(line, expected):
        read(tmp_path, text)
