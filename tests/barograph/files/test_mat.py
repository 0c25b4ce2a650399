"""MAT files, read again by scipy: cells in their unit, times, layout, and the numbers of each frame."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io

from analytics import frame_stats, sim
from analytics.sessions.export_tables import ExportTables
from barograph import Curve, Layout, Recording, files
from barograph.errors import InvalidData
from barograph.files import mat
from barograph.frames import Gap
from barograph.geometry import Geometry

FOOT = sim.walk(3.0, rows=20, cols=8)["right"]


def read(path: Path, name: str = "recording") -> dict[str, Any]:
    found: dict[str, Any] = scipy.io.loadmat(path, simplify_cells=True)[name]
    return found


def test_a_mat_has_frames_in_their_unit_with_time_layout_and_gaps(tmp_path: Path) -> None:
    about = {"workout_id": "Läufer 走", "stream": "left insole"}
    gap = Gap(0, 5, 2, int(FOOT.times_us[4]), int(FOOT.times_us[5]), "battery")
    files.write(tmp_path / "a.mat", replace(FOOT, gaps=(gap,), provenance=about))
    back = read(tmp_path / "a.mat", "left_insole")
    np.testing.assert_array_equal(back["frames"], FOOT.values())
    assert back["frames"].dtype == np.float64
    np.testing.assert_allclose(back["time_s"], np.arange(300) / 100)
    assert (back["unit"], back["name"], back["workout"]) == ("kPa", "left insole", "Läufer 走")
    assert (back["start"], back["start_us"]) == ("2025-01-01T09:00:00.000000Z", FOOT.times_us[0])
    layout = back["layout"]
    assert (layout["rows"], layout["cols"], layout["side"], layout["length"]) == (20, 8, "right", "mm")
    np.testing.assert_array_equal(layout["centres"], FOOT.layout.centres)
    np.testing.assert_array_equal(layout["area_cm2"], FOOT.layout.area_cm2)
    np.testing.assert_array_equal(layout["mask"], FOOT.layout.valid)
    assert (back["gaps"]["start_s"], back["gaps"]["frames"], back["gaps"]["reason"]) == (0.04, 2.0, "battery")
    assert json.loads(back["provenance"]) == about


def test_numbers_of_each_frame_stand_beside_with_their_units(tmp_path: Path) -> None:
    files.write(tmp_path / "a.mat", FOOT, table=ExportTables())
    back, table = read(tmp_path / "a.mat"), frame_stats(FOOT)
    assert list(back["columns"]) == list(table)
    for name in table:
        np.testing.assert_array_equal(back["columns"][name], table[name])
    assert {name: unit if isinstance(unit, str) else "" for name, unit in back["units"].items()} == table.attrs["units"]


def test_counts_and_cells_of_a_geometry_say_what_they_are(tmp_path: Path) -> None:
    at = Geometry(places="relative", x=(0.0, 1.0), y=(0.0, 1.0), names=("heel", "toe"), source="a paper",
                  polygons=((0, 0, 1, 0, 1, 1), ()))  # fmt: skip
    layout = Layout(rows=1, cols=2, dtype="uint16", geometry=at, tare=(1, 2))
    Recording(np.array([[[7, 9]]]), [5], layout).save(tmp_path / "a.mat")
    back = scipy.io.loadmat(tmp_path / "a.mat", squeeze_me=False, struct_as_record=False)["recording"][0, 0]
    assert back.unit[0] == "counts"
    assert back.frames.tolist() == [[[6.0, 7.0]]]
    geometry = back.layout[0, 0].geometry[0, 0]
    assert [str(one[0][0]) for one in geometry.names] == ["heel", "toe"]
    assert geometry.polygons[0, 0].tolist() == [[0, 0], [1, 0], [1, 1]]
    assert "area_cm2" not in back.layout[0, 0]._fieldnames


def test_a_curve_is_in_the_values_and_in_the_layout(tmp_path: Path) -> None:
    curve = Curve(kind="table", numbers=((0, 0, 50, 10, 200, 100), (0, 0, 50, 20)))
    layout = Layout(rows=1, cols=2, dtype="uint16", unit="kPa", curve=curve)
    Recording(np.array([[[125, 50]]]), [5], layout).save(tmp_path / "a.mat")
    back = read(tmp_path / "a.mat")
    assert np.ravel(back["frames"]).tolist() == [55.0, 20.0]
    assert back["layout"]["curve"]["kind"] == "table"
    assert [one.tolist() for one in back["layout"]["curve"]["numbers"]] == [[0, 0, 50, 10, 200, 100], [0, 0, 50, 20]]


def test_no_frames_are_a_file_too(tmp_path: Path) -> None:
    FOOT.part(0, 0).save(tmp_path / "a.mat")
    back = scipy.io.loadmat(tmp_path / "a.mat")["recording"][0, 0]
    assert back["frames"].shape == (0, 20, 8)


def test_more_than_is_held_at_once_is_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mat, "MOST_BYTES", 299 * 160 * 8)
    with pytest.raises(InvalidData, match=r"at most 299 of 160 cells in a MAT file, got 300 .* Parquet or NPZ"):
        FOOT.save(tmp_path / "a.mat")
    assert list(tmp_path.iterdir()) == []
    FOOT.part(0, 299).save(tmp_path / "a.mat")


@pytest.mark.parametrize(
    ("name", "made"), [("left", "left"), ("2 plates", "s_2_plates"), ("ü", "s__"), ("a" * 80, "a" * 63)]
)
def test_a_stream_is_a_variable_of_a_name_that_matlab_takes(name: str, made: str) -> None:
    assert mat.identifier(name) == made
