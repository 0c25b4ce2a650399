"""Exports to pedCAD: a step with frames is a recording, one without is a map and refused as that."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import oracles
import pytest
from damage import refused_at

from barograph import Recording, read_file
from barograph.errors import FileFormatError

HEADER = (
    "[General]\nDescription=pedcad Importfile\nSource=<<footscan>>\nDate=25/04/2017\nTime=18.23.47\nUnitDistance=mm\n"
    "UnitPressure=N/cm2\nUnitTime=ms\n\n[Customer]\nFirstName=Mia\nLastName=Muster\nSex=F\n\n[Technical]\nSensCountX=3\n"
    "SensCountY=2\nLDistX=7.62\nLDistY=5.08\nMinIdx=3\nMaxIdx=4\nTimeDiff=5.0\nFootSide=R\n\n"
)
MAP = "[Data]\n7.5\t-1\n4.0\t5.5\n2.0\t13.5\n\n"
FRAMES = "[Data3]\n7.5\t-1\n4.0\t5.5\n-1\t1.5\n\n[Data4]\n-1\t-1\n3.0\t5.5\n2.0\t13.5\n"
GOOD = HEADER + MAP + FRAMES
CELLS = [[[0, 1.5], [4, 5.5], [7.5, 0]], [[2, 13.5], [3, 5.5], [0, 0]]]
NO_FRAMES = GOOD[: GOOD.index("MinIdx")] + "\n" + MAP


def read(tmp_path: Path, text: str | bytes) -> Recording:
    path = tmp_path / "any name.dat"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    (step,) = read_file(path)
    return step


def test_the_step_that_was_made_is_read(sensors: oracles.Sensors) -> None:
    known = oracles.made(sensors, "footscan/made-cadcam-dynamic.apd")
    (step,) = read_file(sensors("footscan/made-cadcam-dynamic.apd"))
    made = np.maximum(np.array(known["frames"]), 0)[:, ::-1]
    assert step.frames.tolist() == made.tolist()
    assert step.frames.max(axis=0).tolist() == np.maximum(np.array(known["max"]), 0)[::-1].tolist()
    assert step.layout.side == {"R": "right", "L": "left"}[known["side"]]
    assert step.layout.unit == known["unit"]
    assert "doubts" not in step.provenance


@pytest.mark.parametrize("name", ["MDwalk2", "MDwalk2_1", "MDwalk2_3"])
def test_a_map_is_refused_with_what_it_is(name: str, sensors: oracles.Sensors) -> None:
    known = oracles.of(sensors, f"zebris/{name}.apd")
    with pytest.raises(FileFormatError) as caught:
        read_file(sensors(f"zebris/{name}.apd"))
    assert "got a map, no recording" in str(caught.value)
    cells = f"{known['rows']} x {known['cols']} cells over a step ({known['loaded']} loaded, sum {known['sum']:g}, "
    assert f"{cells}peak {known['peak']:g} {known['unit']})" in str(caught.value)


@pytest.mark.parametrize(
    "data",
    [GOOD, GOOD.replace("\n", "\r\n"), "\ufeff" + GOOD, GOOD.rstrip("\n"), GOOD.replace(".5\t", ".5 \t")],
    ids=["LF", "CRLF", "BOM", "no last line end", "blanks"],
)
def test_a_small_file_is_a_recording(data: str, tmp_path: Path) -> None:
    step = read(tmp_path, data)
    assert step.frames.tolist() == CELLS
    assert (step.layout.side, step.layout.kind, step.layout.pitch_mm) == ("right", "plate", (5.08, 7.62))
    start = datetime(2017, 4, 25, 18, 23, 47, tzinfo=UTC).timestamp() * 1e6
    assert (step.times_us - start).tolist() == [0, 5000]
    assert step.provenance["frame_numbers"] == [3, 4]
    assert "Muster" not in str(step.provenance)
    assert step.provenance["header"]["Sex"] == "F"


def test_columns_of_zebris_run_to_the_left(tmp_path: Path) -> None:
    step = read(tmp_path, GOOD.replace("footscan", "zebris"))
    assert step.frames.tolist() == np.array(CELLS)[:, :, ::-1].tolist()


def test_a_map_that_is_not_that_of_the_frames_is_a_doubt(tmp_path: Path) -> None:
    step = read(tmp_path, GOOD.replace("[Data]\n7.5", "[Data]\n8.5"))
    assert step.provenance["doubts"] == ["[Data] is not the largest value of all frames in 1 cells"]


def of(line: str, replacement: str) -> str:
    assert line in GOOD
    return GOOD.replace(line, replacement, 1)


DAMAGED = {
    "a map": (
        NO_FRAMES,
        25,
        "got a map, no recording: the largest pressure of 3 x 2 cells over a step (5 loaded, sum 32.5",
    ),
    "cut between frames": (GOOD[: GOOD.index("[Data4]")], 34, "[Data4], of frames 3 to 4, got the end of the file"),
    "cut in a frame": (GOOD[: GOOD.rindex("3.0")], 36, "row 2 of 3 of [Data4]: 2 values, got the end of the file"),
    "cut in a number": (GOOD[: GOOD.rindex(".5") + 1], 38, "as many decimals in the last value"),
    "a short row": (of("3.0\t5.5", "3.0"), 37, "row 2 of 3 of [Data4]: 2 values, got '1 values'"),
    "a row too many": (GOOD + "1.0\t1.0\n", 39, "nothing after frame 4"),
    "text in a cell": (of("13.5\n\n", "much\n\n"), 28, "row 3 of 3 of [Data], column 2: a number"),
    "less than nothing": (of("3.0\t5.5", "-3.0\t5.5"), 38, "pressures of 0 or more in [Data4], or -1 without load"),
    "a frame twice": (of("[Data4]", "[Data3]"), 35, "[Data4], of frames 3 to 4, got '[Data3]'"),
    "indices exchanged": (of("MaxIdx=4", "MaxIdx=2"), 21, "MaxIdx of 3 or more, as MinIdx is, got '2'"),
    "another source": (of("<<footscan>>", "<<other>>"), 3, "Source with one of <<zebris>>, <<footscan>>"),
    "another unit": (of("UnitPressure=N/cm2", "UnitPressure=stone"), 7, "UnitPressure with one of kPa"),
    "another length": (of("UnitDistance=mm", "UnitDistance=in"), 6, "UnitDistance=mm, got 'in'"),
    "no step": (of("TimeDiff=5.0", "TimeDiff=0"), 22, "TimeDiff with milliseconds above 0"),
    "another date": (of("25/04/2017", "2017"), 5, "Time with a time, as 18.23.47, after a Date as 25/04/2017"),
    "a side that is none": (of("FootSide=R", "FootSide=both"), 23, "FootSide with L or R"),
    "a line without a key": (of("Sex=F", "Sex"), 13, "a key and its value"),
    "a key twice": (of("Sex=F", "Date=1"), 13, "Date once, as on line 4"),
}


@pytest.mark.parametrize(("text", "line", "expected"), DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_gives_file_line_and_expectation(text: str, line: int, expected: str, tmp_path: Path) -> None:
    with refused_at(line, expected):
        read(tmp_path, text)


def test_every_cut_of_a_file_is_an_error(tmp_path: Path) -> None:
    for length in range(GOOD.index("SensCountX=") + 20, len(GOOD) - 1):
        with pytest.raises(FileFormatError):
            read(tmp_path, GOOD[:length])
