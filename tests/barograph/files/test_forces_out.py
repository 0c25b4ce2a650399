"""C3D and `.mot`: the force and where it acts, read again by what labs read them with, and refused with the reason."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import ezc3d
import numpy as np
import pandas as pd
import pytest

from analytics import frame_stats, sim
from barograph import Layout, Recording, extras, files
from barograph.errors import InvalidData
from barograph.files import c3d
from barograph.files.encoding import PartFile, encoded
from barograph.files.forces import at_one_time
from barograph.frames import Gap
from barograph.geometry import Geometry

FOOT = sim.walk(4.0, rows=20, cols=8)["left"]
TABLE = frame_stats(FOOT)
ACTS = TABLE["cop_x_mm"].notna().to_numpy()


def plate_of(path: Path) -> tuple[Any, Any]:
    read = ezc3d.c3d(str(path), extract_forceplat_data=True)
    return read, read["data"]["platform"][0]


def test_a_c3d_has_the_force_and_its_centre_to_the_right_and_to_the_front(tmp_path: Path) -> None:
    assert FOOT.layout.x_axis == "left", "which has to be turned"
    FOOT.save(tmp_path / "a.c3d")
    read, plate = plate_of(tmp_path / "a.c3d")
    force = np.where(ACTS, TABLE["total_force_n"], 0.0)
    assert ACTS.sum() > 100
    np.testing.assert_allclose(plate["force"][2], force, atol=1e-4)
    assert not plate["force"][:2].any()
    assert not plate["Tz"].any()
    np.testing.assert_allclose(plate["center_of_pressure"][0][ACTS], -TABLE["cop_x_mm"][ACTS], atol=1e-4)
    np.testing.assert_allclose(plate["center_of_pressure"][1][ACTS], TABLE["cop_y_mm"][ACTS], atol=1e-4)
    assert (plate["unit_force"], plate["unit_position"]) == ("N", "mm")
    analog = read["parameters"]["ANALOG"]
    assert analog["LABELS"]["value"] == ["Fx1", "Fy1", "Fz1", "Px1", "Py1", "Tz1", "Total1", "Peak1", "Area1"]
    assert analog["UNITS"]["value"] == ["N", "N", "N", "mm", "mm", "Nmm", "N", "kPa", "cm2"]
    assert read["parameters"]["POINT"]["RATE"]["value"] == [100.0]
    assert read["data"]["points"].shape == (4, 0, 400)
    for row, name in ((6, "total_force_n"), (7, "peak_kpa"), (8, "contact_area_cm2")):
        np.testing.assert_allclose(read["data"]["analogs"][0][row], TABLE[name], rtol=1e-6)


def test_its_numbers_of_plates_and_channels_are_whole_and_its_corners_go_round_the_right_way(tmp_path: Path) -> None:
    layout = Layout(rows=2, cols=3, unit="kPa", pitch_mm=(10, 20), origin_mm=(5, 7), dtype="float32")
    frames = np.zeros((3, 2, 3))
    frames[:, 0, 2] = 900.0  # the front right corner of a layout whose y grows to the back
    Recording(frames, np.arange(3) * 10_000, layout).save(tmp_path / "a.c3d")
    read, plate = plate_of(tmp_path / "a.c3d")
    said = read["parameters"]["FORCE_PLATFORM"]
    assert [said[name]["type"] for name in ("USED", "TYPE", "CHANNEL", "ZERO")] == [2] * 4
    assert said["CHANNEL"]["value"].ravel().tolist() == [1, 2, 3, 4, 5, 6]
    corners = [[35, -7, 0], [5, -7, 0], [5, -47, 0], [35, -47, 0]]
    np.testing.assert_allclose(said["CORNERS"]["value"][:, :, 0].T, corners)
    np.testing.assert_allclose(plate["center_of_pressure"][:2].T, [[30, -17]] * 3, atol=1e-5)
    np.testing.assert_allclose(plate["force"][2], 180.0, rtol=1e-6)


def test_cells_of_a_geometry_and_cells_with_forces_go_out_too(tmp_path: Path) -> None:
    at = Geometry(places="mm", x=(-20.0, 20.0, 0.0), y=(10.0, 10.0, 200.0))
    layout = Layout(rows=1, cols=3, unit="N", geometry=at, kind="insole", dtype="float32", cop_floor_n=0.0)
    frames = np.array([[[100, 300, 0]], [[0, 0, 50]]], np.float32)
    Recording(frames, [0, 5000], layout).save(tmp_path / "a.c3d")
    read, plate = plate_of(tmp_path / "a.c3d")
    np.testing.assert_allclose(plate["force"][2], [400, 50], rtol=1e-6)
    np.testing.assert_allclose(plate["center_of_pressure"][:2].T, [[10, 10], [0, 200]], atol=1e-4)
    assert read["parameters"]["ANALOG"]["UNITS"]["value"][-2:] == ["N", "N"], "no area, no kPa"
    assert read["parameters"]["POINT"]["RATE"]["value"] == [200.0]


def test_names_of_any_letters_stand_in_a_c3d_as_ascii(tmp_path: Path) -> None:
    about = {"workout_id": "Läufer 走", "stream": "left"}
    files.write(tmp_path / "a.c3d", replace(FOOT, provenance=about))
    said = plate_of(tmp_path / "a.c3d")[0]["parameters"]["BAROGRAPH"]
    assert said["WORKOUT"]["value"] == ["L\\xe4ufer \\u8d70"]
    assert (said["STREAM"]["value"], said["SIDE"]["value"]) == (["left"], ["left"])
    assert said["START"]["value"] == ["2025-01-01T09:00:00.000000Z"]


def test_a_c3d_of_as_many_frames_as_it_counts_comes_back_whole_and_of_one_more_is_refused(tmp_path: Path) -> None:
    layout = Layout(rows=1, cols=1, unit="kPa", pitch_mm=(100, 100), dtype="uint16", cop_floor_n=0.0)
    n = c3d.MOST_FRAMES + 1
    frames = (np.arange(n) % 60_000).astype("<u2").reshape(n, 1, 1)
    whole = Recording(frames, np.arange(n) * 2000, layout)
    whole.part(0, n - 1).save(tmp_path / "a.c3d")
    np.testing.assert_allclose(plate_of(tmp_path / "a.c3d")[1]["force"][2], 10.0 * frames[:-1, 0, 0])
    with pytest.raises(InvalidData, match="at most 65535 in a C3D, got 65536; choose a part"):
        whole.save(tmp_path / "b.c3d")
    assert not (tmp_path / "b.c3d").exists()


def test_a_mot_has_the_force_upward_and_its_place_in_m_on_the_axes_of_opensim(tmp_path: Path) -> None:
    FOOT.save(tmp_path / "a.mot")
    lines = (tmp_path / "a.mot").read_text("ascii").splitlines()
    assert lines[1:6] == ["version=1", "nRows=400", "nColumns=10", "inDegrees=yes", "start=2025-01-01T09:00:00.000000Z"]
    table = pd.read_csv(tmp_path / "a.mot", sep="\t", skiprows=lines.index("endheader") + 1)
    assert list(table)[:7] == ["time", *(f"ground_force_{one}" for one in ("vx", "vy", "vz", "px", "py", "pz"))]
    np.testing.assert_allclose(table["time"], np.arange(400) / 100)
    np.testing.assert_allclose(table["ground_force_vy"], np.where(ACTS, TABLE["total_force_n"], 0.0), atol=1e-6)
    np.testing.assert_allclose(table["ground_force_px"][ACTS], TABLE["cop_y_mm"].to_numpy()[ACTS] / 1000, atol=1e-6)
    np.testing.assert_allclose(table["ground_force_pz"][ACTS], -TABLE["cop_x_mm"].to_numpy()[ACTS] / 1000, atol=1e-6)
    assert not table.drop(columns=["time", "ground_force_vy", "ground_force_px", "ground_force_pz"]).to_numpy().any()


def without(**changes: Any) -> Recording:
    return replace(FOOT, layout=replace(FOOT.layout, **changes))


RELATIVE = Geometry(places="relative", x=tuple(range(160)), y=tuple(range(160)))
NOT_HELD = {
    "counts": (without(unit="raw", scale=1.0), "unit: expected a pressure or force a cell, got counts"),
    "no areas": (without(pitch_mm=None), "cell_area_mm2: expected areas of the cells .* got none"),
    "no pitch": (without(pitch_mm=None, cell_area_mm2=25.0), "places in mm, got no pitch"),
    "relative": (without(pitch_mm=None, cell_area_mm2=25.0, geometry=RELATIVE), "got relative places"),
    "none": (without(pitch_mm=None, cell_area_mm2=9.0, geometry=Geometry(places="none")), "got places not known"),
    "a gap": (FOOT[np.r_[0:100, 130:400]], r"got 310 ms between frames 99 and 100, 0.990 s .* from 1.300 to 3.990 s"),
    "one frame lost": (FOOT[np.r_[0:300, 301:400]], "got 20 ms between frames 299 and 300"),
    "a gap by numbers": (replace(FOOT, gaps=(Gap(0, 5, 2, *FOOT.times_us[4:6]),)), "between frames 4 and 5"),
    "a clock that was set back": (FOOT[np.r_[200:400, 0:200]], "got -3990 ms between frames 199 and 200"),
    "a rate that changes": (
        replace(FOOT, times_us=np.cumsum(np.r_[np.full(200, 10_000), np.full(200, 12_000)])), "ms beside it",
    ),
    "one frame": (FOOT[0], "expected two frames or more, of which there is a rate, got 1"),
}  # fmt: skip


@pytest.mark.parametrize("suffix", [".c3d", ".mot"])
@pytest.mark.parametrize(("recording", "why"), NOT_HELD.values(), ids=NOT_HELD)
def test_what_it_does_not_hold_is_refused_with_the_reason(
    suffix: str, recording: Recording, why: str, tmp_path: Path
) -> None:
    with pytest.raises(InvalidData, match=why):
        recording.save(tmp_path / f"a{suffix}")
    assert list(tmp_path.iterdir()) == []


def test_a_frame_without_any_value_has_no_force_and_no_file_says_0(tmp_path: Path) -> None:
    frames = FOOT.values()
    frames[7] = np.nan
    layout = replace(FOOT.layout, dtype="float32", scale=1.0)
    with pytest.raises(InvalidData, match="got no cell with a value in frame 7"):
        Recording(frames.astype(np.float32), FOOT.times_us, layout).save(tmp_path / "a.c3d")
    assert list(tmp_path.iterdir()) == []


def test_an_encoder_checks_times_too_where_nobody_did(tmp_path: Path) -> None:
    made = files.encoder("c3d", FOOT.layout, 3)
    with pytest.raises(InvalidData, match="one rate"), PartFile(tmp_path / "a.c3d") as file:
        for part in encoded(made, [(np.array([0, 10, 70]), FOOT.frames[:3])]):
            file.write(part)
    assert list(tmp_path.iterdir()) == []


def test_a_package_that_is_not_there_is_named_with_the_command_that_installs_it() -> None:
    with pytest.raises(InvalidData, match=r'package no_such, .* C3D, .* pip install "barograph\[exports\]"'):
        extras.needed("no_such", "C3D")


def test_frames_of_two_clocks_that_part_in_the_middle_are_told() -> None:
    even, bent = 10_000 * np.arange(400), (4000 * np.sin(np.pi * np.arange(400) / 399)).astype(np.int64)
    assert at_one_time({"a": even + bent, "b": even[5:]}) == {"a": slice(5, 400), "b": slice(0, 395)}
    with pytest.raises(InvalidData, match="frames of all streams at one time, got b 8 ms beside a in frame 197"):
        at_one_time({"a": even + bent, "b": even - bent})


def test_the_force_points_upward_as_in_the_c3d_of_a_laboratory(sensors: Callable[[str], Path], tmp_path: Path) -> None:
    """Its plates have z down and channels below 0, ours z up and above 0: a reader finds the same in both."""
    plates = plate_of(sensors("loadsol/test_poids.c3d"))[0]["data"]["platform"]
    FOOT.save(tmp_path / "a.c3d")
    stood_on = max((one["force"][2] for one in plates), key=np.max)
    for force in (stood_on, plate_of(tmp_path / "a.c3d")[1]["force"][2]):
        assert force.max() > 500
        assert force.min() >= 0


def test_without_ezc3d_nothing_else_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ezc3d", None)
    FOOT.save(tmp_path / "a.mot")
    with pytest.raises(InvalidData, match=r'format: expected the package ezc3d, .* pip install "barograph\[exports\]"'):
        FOOT.save(tmp_path / "a.c3d")
    assert [one.name for one in tmp_path.iterdir()] == ["a.mot"]
