"""Moticon OpenGo: forces and centres of the vendor from cells and geometry, lost rows, any columns, and damage."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import oracles
import pandas as pd
import pytest
from damage import refused_at

from analytics import frame_stats
from barograph import Recording, files, geometries, read_file
from barograph.geometry import Geometry

FILES = ("moticon/230927_102114.txt", "moticon/live_events.txt")
SIDES = ("left", "right")
CELLS = [f"pressure {k}[N/cm²]" for k in range(1, 17)]
TITLES = ["time", *(f"left {cell}" for cell in CELLS), "left total force[N]", *(f"right {cell}" for cell in CELLS),
          "left steps[]", "temperature[C]"]  # fmt: skip
HEADER = "# Start time: 27.09.2023 10:21:14.922\n# Sensor insoles: Left SN1, Right SN2\n# Size: 7\n# Notes: \n"


def row(time: str, left: float | None, right: float | None, beside: str = "\t21.50") -> str:
    cells = [[""] * 16 if value is None else [f"{value + k / 4:.2f}" for k in range(16)] for value in (left, right)]
    force = "" if left is None else "100.00"
    return "\t".join([time, *cells[0], force, *cells[1]]) + f"\t{beside}\n"


ROWS = row("0.00", None, 1.0) + row("0.01", 2.0, None, "11.00\t21.50") + row("0.02", 2.5, 1.5)
GOOD = HEADER + "# " + "\t".join(TITLES) + "\n" + ROWS


def read(tmp_path: Path, text: str) -> list[Recording]:
    path = tmp_path / "any name.dat"
    path.write_text(text, "utf-8")
    return read_file(path)


def printed(insole: Recording, title: str) -> np.ndarray:
    return np.array(insole.provenance["vendor"][f"{insole.layout.side} {title}"], float)


@pytest.mark.parametrize("name", FILES)
def test_force_and_centre_from_cells_are_the_vendors(name: str, sensors: oracles.Sensors) -> None:
    known = oracles.of(sensors, name)
    for insole, side in zip(read_file(sensors(name)), SIDES, strict=True):
        told, stats = known[side], frame_stats(insole)
        assert insole.layout.side == side
        assert len(insole) == known["rows"] - told["missing_rows"]
        assert float(insole.frames.sum(dtype=float)) == pytest.approx(told["sum_pressures"], abs=0.01)
        assert insole.frames.max() == told["peak_N_cm2"]
        force = printed(insole, "total force[N]")
        assert np.abs(stats["total_force_n"] - force).max() <= 0.51
        assert force.max() == told["force_max_N"]
        # The vendor's X runs along the foot, its Y to the medial side.
        along, medial = (printed(insole, f"center of pressure {axis}[-0.5...+0.5]") for axis in "XY")
        there = ~np.isnan(along)
        assert there.sum() == told["rows_with_cop"]
        to_the_right = medial if side == "left" else -medial
        for name_, expected in (("cop_y_rel", along), ("cop_x_rel", to_the_right)):
            assert np.abs(stats[name_].to_numpy() - expected)[there].max() <= 1e-6
        at = int(force.argmax())
        assert [along[at], medial[at]] == told["cop_there"]
        start_us = insole.times_us[0] - round(1e6 * (known["t_first_s"] + 0.01 * told["first_row"]))
        assert (insole.times_us[at] - start_us) / 1e6 == pytest.approx(told["force_max_at_s"])
        assert (insole.times_us[-1] - start_us) / 1e6 == pytest.approx(
            known["t_first_s"] + 0.01 * told["last_row"], abs=0.011
        )
        events = "steps[]" if "230927" in name else "Events[]"
        title = next(one for one in insole.provenance["vendor"] if one.lower() == f"{side} {events}".lower())
        values = insole.provenance["vendor"][title]
        found = [
            [round((t - start_us) / 1e6, 2), v] for t, v in zip(insole.times_us, values, strict=True) if v is not None
        ]
        assert found == told["events"]


def test_the_report_of_the_vendor_has_the_same_largest_values(sensors: oracles.Sensors) -> None:
    told = oracles.of(sensors, "moticon/gait_report_230927_10_21_14.xlsx")
    for insole, side in zip(read_file(sensors(FILES[0])), SIDES, strict=True):
        steps = told[f"{side.title()} steps: initial contact, toe off (s)"]
        seconds = (insole.times_us - (datetime(2023, 9, 27, 10, 21, 14, 922_000, UTC).timestamp() * 1e6)) / 1e6
        inside = np.array([(seconds >= start - 0.006) & (seconds <= stop + 0.006) for start, stop in steps])
        force = printed(insole, "total force[N]")
        mean = np.mean([force[one].max() for one in inside])
        assert mean == pytest.approx(
            told[f"Mean of all Maxima of total force during all stance phases ({side}) (N)"], abs=1e-4
        )
        # What the file calls a step's first contact and toe-off is the report's, to the frame.
        events = insole.provenance["vendor"][f"{side} steps[]"]
        found = np.array([t for t, event in zip(seconds, events, strict=True) if event is not None]).reshape(-1, 2)
        np.testing.assert_allclose(found, steps, atol=0.006)
        stance_s = np.diff(np.array(steps), axis=1).mean()
        assert stance_s == pytest.approx(told[f"Mean stance duration ({side}) (s)"], abs=0.001)
        most = insole.frames[:, 0].max(axis=0)
        assert most.tolist() == told[f"Maximum ({side}) (N/cm²)"]


def test_a_start_in_ms_is_utc_and_one_without_a_zone_is_said_to_be_taken_so(sensors: oracles.Sensors) -> None:
    live = read_file(sensors(FILES[1]))[0]
    assert live.times_us[0] == 1663250316241_000 + 10_000
    assert "UTC" not in live.provenance["assumed"]
    walk = read_file(sensors(FILES[0]))[1]
    assert pd.Timestamp(int(walk.times_us[0]), unit="us") == pd.Timestamp("2023-09-27 10:21:14.922")
    assert "Start time is UTC, day first" in walk.provenance["assumed"]


@pytest.mark.parametrize(("name", "size"), [(FILES[0], "7"), (FILES[1], "3")])
def test_areas_of_another_size_are_solved_from_the_files_own_force(
    name: str, size: str, sensors: oracles.Sensors, tmp_path: Path
) -> None:
    text = sensors(name).read_text("utf-8").replace(f"# Size: {size}\n", "# Size: 5\n")
    for insole in read(tmp_path, text):
        areas = geometries.named(f"moticon-opengo-{size}", insole.layout.side).area_mm2
        np.testing.assert_allclose(insole.layout.cell_area_mm2, areas, rtol=0.003)
        assert insole.layout.geometry is not None
        assert insole.layout.geometry.name == "moticon-opengo"
        assert "areas of size 5 are solved from total force" in insole.provenance["assumed"]
        assert np.abs(frame_stats(insole)["total_force_n"] - printed(insole, "total force[N]")).max() <= 0.55


def test_areas_that_do_not_follow_are_not_there(tmp_path: Path) -> None:
    left, _ = read(tmp_path, GOOD.replace("Size: 7", "Size: 4"))
    assert left.layout.cell_area_mm2 is None
    assert "areas of size 4 are not known" in left.provenance["assumed"]
    assert "total_force_n" not in frame_stats(left)


def test_a_size_that_the_printed_force_contradicts_is_a_doubt(sensors: oracles.Sensors, tmp_path: Path) -> None:
    text = sensors(FILES[1]).read_text("utf-8").replace("# Size: 3\n", "# Size: 7\n")
    assert all("total force differs" in one.provenance["doubts"][0] for one in read(tmp_path, text))


def test_a_lost_row_is_no_frame_and_what_names_no_side_is_with_both(tmp_path: Path) -> None:
    left, right = read(tmp_path, GOOD)
    assert left.frames[:, 0, 0].tolist() == [2.0, 2.5]
    assert right.frames[:, 0, 15].tolist() == [4.75, 5.25]
    assert np.diff(right.times_us).tolist() == [20_000]
    assert left.provenance["vendor"] == {
        "left total force[N]": [100.0, 100.0], "left steps[]": [11.0, None], "temperature[C]": [21.5, 21.5],
    }  # fmt: skip
    assert list(right.provenance["vendor"]) == ["temperature[C]"]
    assert "1 of 3 rows have no values of this insole, the first is line 6" in left.provenance["doubts"][0]
    assert left.provenance["header"]["Sensor insoles"] == "Left SN1, Right SN2"
    assert left.layout.geometry == geometries.named("moticon-opengo-7", "left").geometry


def test_columns_are_found_by_name_in_any_order_and_number(tmp_path: Path) -> None:
    text = HEADER + "# time\tright pressure 14[N/cm²]\tright pressure 2[N/cm²]\n0.00\t24.25\t1.00\n0.02\t3.00\t\n"
    (right,) = read(tmp_path, text)
    assert right.provenance["sensors"] == [2, 14]
    np.testing.assert_array_equal(right.frames[:, 0], [[1.0, 24.25], [np.nan, 3.0]])
    geometry = geometries.named("moticon-opengo-7", "right").geometry
    assert isinstance(right.layout.geometry, Geometry)
    assert geometry is not None
    np.testing.assert_array_equal(right.layout.centres, geometry.centres[[1, 13]])


@pytest.mark.parametrize(
    ("old", "new", "line", "expected"),
    [
        ("27.09.2023", "2023-09-27", 1, "Start time with day.month.year"),
        ("# Size: 7", "Size 7", 3, "a line # key: value"),
        ("right pressure 16[N/cm²]", "right pressure 17[N/cm²]", 5, "pressures 1 to 16"),
        ("right pressure 16[N/cm²]", "right pressure 15[N/cm²]", 5, "each title once"),
        ("right pressure 16[N/cm²]", "right pressure 16[stone]", 5, "pressures in one of kPa"),
        ("0.01\t2.00", "0.01\ttwo", 7, "column 2, left pressure 1[N/cm²]: a number"),
        ("0.01\t", "0.00\t", 7, "column 1: a time after 0 s"),
        ("0.01\t", "now\t", 7, "column 1: a time in seconds"),
        ("0.02\t2.50", "0.02\t2.50\t1.00", 8, "36 columns, as the titles have"),
        (ROWS, "", 5, "a row with pressures"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(old: str, new: str, line: int, expected: str, tmp_path: Path) -> None:
    assert old in GOOD
    with refused_at(line, expected):
        read(tmp_path, GOOD.replace(old, new, 1))


def test_a_file_without_pressures_is_not_taken_for_one_with_them(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(HEADER + "# time\tleft total force[N]\n0.00\t1.00\n", "utf-8")
    assert not files.vendors.moticon.recognises((tmp_path / "a.txt").read_bytes())  # type: ignore[attr-defined]


def test_of_many_columns_the_first_results_are_held_and_all_frames_are_read(tmp_path: Path) -> None:
    columns = [f"left thing {k}[1]" for k in range(20_000)]
    text = HEADER + "# time\tleft pressure 1[N/cm²]\t" + "\t".join(columns) + "\n"
    text += "".join(f"{k / 100:.2f}\t1.00" + "\t2" * len(columns) + "\n" for k in range(120))
    (left,) = read(tmp_path, text)
    assert len(left) == 120
    assert left.provenance["vendor_kept"] == "results of the first 100 of 120 frames"
    assert len(left.provenance["vendor"]["left thing 19999[1]"]) == 100
