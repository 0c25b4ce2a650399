"""Stappone: raw counts of 12 cells on either foot, corrupt lines, pauses, and nothing of a damaged file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import oracles
import pytest
from damage import refused_at

from analytics import frame_stats
from barograph import Recording, geometries, read_file

TITLES = "sole_id,timestamp,accel_x," + ",".join(f"pressure_{k:02}" for k in range(1, 13)) + ",corrupt\n"


def row(sole: int, ms: int, first: int, corrupt: int = 0) -> str:
    return ",".join(map(str, [sole, 1_772_612_345_000 + ms, 7, *range(first, first + 12), corrupt])) + "\n"


GOOD = TITLES + "".join(
    [
        row(2, 0, 100),
        row(1, 5, 10),
        row(2, 16, 200),
        row(1, 21, 20),
        row(2, 32, 300, 1),
        row(2, 48, 400),
        row(2, 96, 500),
    ]
)


def read(tmp_path: Path, text: str) -> list[Recording]:
    path = tmp_path / "any name.dat"
    path.write_text(text, "utf-8")
    return read_file(path)


def test_a_made_file_has_the_counts_that_were_made(sensors: oracles.Sensors) -> None:
    known = oracles.made(sensors, "stappone/made-stappone.csv")
    path = sensors("stappone/made-stappone.csv")
    (sole,) = read_file(path)
    assert (sole.layout.side, sole.layout.unit, sole.layout.dtype) == ("right", known["unit"], "uint16")
    corrupt = path.read_text().splitlines()[known["corrupt_row"] + 1].split(",")
    assert int(sole.frames.sum()) == known["sum_all"] - sum(map(int, corrupt[-13:-1]))
    assert sole.frames.max() == known["peak"]
    assert sole.frames[[0, -1], 0].tolist() == [known["first_row"], known["last_row"]]
    assert sole.times_us[0] == known["first_ms"] * 1000
    steps = np.diff(sole.times_us) // 1000
    assert (sorted(set(steps.tolist())), len(sole)) == ([known["step_ms"], 2 * known["step_ms"]], 119)
    # The corrupt line is no frame, and one more is missing before line 80: a pause of two steps each.
    assert np.flatnonzero(steps == 2 * known["step_ms"]).tolist() == [
        known["corrupt_row"] - 1, known["gap_before_row"] - 2,
    ]  # fmt: skip
    assert sole.provenance["doubts"][0].startswith("1 of 120 rows")
    assert len(sole.provenance["doubts"]) == 2
    assert len(sole.provenance["vendor"]["accel_x"]) == 119


def test_both_insoles_have_the_cells_of_their_side(tmp_path: Path) -> None:
    left, right = read(tmp_path, GOOD)
    assert (left.layout.side, right.layout.side) == ("left", "right")
    assert left.frames[:, 0, 0].tolist() == [10, 20]
    assert right.frames[:, 0, 11].tolist() == [111, 211, 411, 511]
    assert np.diff(right.times_us).tolist() == [16_000, 32_000, 48_000]
    for sole in (left, right):
        assert sole.layout.geometry == geometries.named("stappone", sole.layout.side).geometry
        assert frame_stats(sole).columns[0] == "raw_sum"
    assert "1 of 5 rows" in right.provenance["doubts"][0]
    assert right.provenance["doubts"][1] == "frames between 1772612345048 and 1772612345096 ms are not in the file"
    assert left.provenance["vendor"] == {"accel_x": [7.0, 7.0]}
    assert "a tare takes it off" in left.provenance["assumed"]


def test_counts_that_are_no_whole_numbers_are_kept_as_they_are(tmp_path: Path) -> None:
    _, right = read(tmp_path, GOOD.replace(",100,", ",100.5,"))
    assert (right.layout.dtype, right.frames[0, 0, 0]) == ("float32", 100.5)


@pytest.mark.parametrize(
    ("old", "new", "line", "expected"),
    [
        ("pressure_12", "pressure_13", 1, "columns pressure_01 to pressure_12"),
        ("accel_x", "pressure_01", 1, "each title once"),
        ("\n2,1772612345016", "\n3,1772612345016", 4, "column 1, sole_id: 1 (left) or 2 (right)"),
        ("2,1772612345016", "2,17726123450", 4, "column 2, timestamp: ms since 1970"),
        ("2,1772612345016", "2,1772612344016", 4, "column 2, timestamp: more than 1772612345000 ms"),
        (",7,200,", ",7,many,", 4, "column 4, pressure_01: a number"),
        (",7,200,", ",7,200,200,", 4, "16 columns"),
        (",311,1\n", ",311,2\n", 6, "column 16, corrupt: 0 or 1"),
        (GOOD[len(TITLES) :], "", 1, "a line with counts"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(old: str, new: str, line: int, expected: str, tmp_path: Path) -> None:
    assert old in GOOD
    with refused_at(line, expected):
        read(tmp_path, GOOD.replace(old, new, 1))
