"""`barograph calibrate`: an old session has new values by a command, and nothing changes by a wrong one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

import barograph
from analytics import frame_stats
from barograph import Layout, Recording, files, geometries
from barograph.errors import NotFound
from barograph.frames import Place
from barograph.lab import Lab
from barograph.servers.embedded import Servers

CELLS = np.random.default_rng(6).integers(20, 900, (250, 3, 2)).astype("<u2")
CELLS[:50] = [[1, 2], [3, 4], [5, 6]]
RAW = Layout(rows=3, cols=2, dtype="uint16", pitch_mm=(10.0, 10.0), kind="mat")
Command = Callable[..., Result]


@pytest.fixture
def lab(command: Command, servers: Servers, database: str, tmp_path: Path) -> Iterator[Lab]:
    """An uncalibrated mat of 2.5 s, imported as `old/mat`, on which nothing stands for half a second."""
    times_us = 1_700_000_000_000_000 + 10_000 * np.arange(len(CELLS))
    files.write(tmp_path / "mat.npz", Recording(frames=CELLS, times_us=times_us, layout=RAW))
    done = command("import", tmp_path / "mat.npz", "--workout", "old")
    assert done.exit_code == 0, done.output
    with barograph.connect(servers.mongo_url, database=database) as lab:
        yield lab


def test_scale_and_tare_come_at_once_and_the_frames_stay(command: Command, lab: Lab) -> None:
    done = command("calibrate", "old", "--stream", "mat", "--unit", "kPa", "--scale", 0.5, "--tare", 0, 0.49)
    assert done.exit_code == 0, done.output
    assert "old/mat: unit kPa, scale 0.5, offset 0, a tare of up to 6 counts" in done.output
    after = lab.recording("old", "mat")
    assert after.frames.tobytes() == CELLS.tobytes()
    expected = 0.5 * np.maximum(CELLS.astype(float) - CELLS[0], 0.0)
    np.testing.assert_array_equal(after.kpa(), expected)
    np.testing.assert_allclose(frame_stats(after)["total_force_n"], 0.1 * expected.sum(axis=(1, 2)), rtol=1e-12)


def test_what_is_not_named_stays_and_a_tare_can_be_taken_away(command: Command, lab: Lab) -> None:
    for options in (("--unit", "kPa", "--scale", 2.0), ("--tare", 0, 0.49), ("--no-tare", "--offset", -3.0)):
        done = command("calibrate", "old", "--stream", "mat", *options)
        assert done.exit_code == 0, done.output
    np.testing.assert_array_equal(lab.recording("old", "mat").kpa(), 2.0 * CELLS - 3.0)


def test_the_overview_follows_a_calibration(command: Command, lab: Lab) -> None:
    assert command("calibrate", "old", "--stream", "mat", "--unit", "kPa", "--scale", 0.1).exit_code == 0
    done = command("rebuild", "old")
    assert done.exit_code == 0, done.output
    assert "old/mat" in done.output


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "give at least one of --unit"),
        (("--tare", 0, 1, "--no-tare"), "not both"),
        (("--scale", 0), "scale: expected a number other than 0"),
        (("--unit", "KPA"), "unit: expected one of raw, "),
        (("--curve", "power:1"), "curve.numbers[0]: expected 2 numbers"),
        (("--curve", "power:1,x"), "curve: expected numbers with commas between them, got 'x'"),
        (("--curve", "bent"), "curve: expected power:A,B, polynomial:C0"),
        (("--curve", "polynomial:0,1,-0.005"), "to 65535, got one that turns at 100"),
        (("--until", 9), "give --until with --curve"),
        (("--mass", 75, "@1..2", "--unit", "kPa"), "give --mass by itself"),
        (("--two-point", 75, "@1..2", 80, "@1..2", "--undo"), "give --two-point by itself"),
        (("--mass", 75, "@7..9"), "mass_kg: expected frames in that time, got none"),
        (("--mass", 75, "nowhere"), "no workout 'nowhere' is stored"),
        (("--equilibrate", "old/other"), "old has no stream 'other'"),
        (("--body-weight", 75, "old/mat"), "body_weight: expected a session without a stream"),
        (("--undo",), "undo: expected a calibration that holds of old/mat, got none"),
        (("--tare", 100, 200, "--scale", 3.0), "tare: expected frames in that time, got none"),
    ],
)
def test_a_wrong_calibration_says_so_and_changes_nothing(
    options: tuple[object, ...], message: str, command: Command, lab: Lab
) -> None:
    done = command("calibrate", "old", "--stream", "mat", *options)
    assert done.exit_code in (1, 2)
    assert message in " ".join(done.output.split())
    assert "Traceback" not in done.output
    assert lab.recording("old", "mat").layout == RAW


def said(done: Result) -> str:
    assert done.exit_code == 0, done.output
    return " ".join(done.output.split())


def test_a_curve_is_given_by_its_numbers_or_by_a_file_and_taken_away(
    command: Command, lab: Lab, tmp_path: Path
) -> None:
    assert "curve 0.5 x^1.2 until 900" in said(
        command("calibrate", "old", "--unit", "kPa", "--scale", 0.1, "--curve", "power:0.5,1.2", "--until", 900)
    )
    np.testing.assert_allclose(lab.recording("old", "mat").kpa(), 0.05 * CELLS.astype(float) ** 1.2, rtol=1e-12)
    (tmp_path / "points.csv").write_text("0, 0\n50, 10\n\n1000, 500\n")
    assert "scale 1, offset 0, no tare, curve a table of 3 points" in said(
        command("calibrate", "old", "--curve", f"table:{tmp_path / 'points.csv'}")
    )
    expected = np.interp(CELLS, [0, 50, 1000], [0, 10, 500])
    np.testing.assert_allclose(lab.recording("old", "mat").kpa(), expected, rtol=1e-12)
    each = {"kind": "power", "numbers": [[0.1 * (cell + 1), 1.0] for cell in range(6)]}
    (tmp_path / "each.json").write_text(json.dumps(each))
    assert "curve a power law for each cell" in said(command("calibrate", "old", "--curve", tmp_path / "each.json"))
    (tmp_path / "bench.csv").write_text("\n".join(f"{x}, {0.02 * x**1.3}" for x in (1, 100, 400, 70_000)))
    found = said(command("calibrate", "old", "--curve", f"power:{tmp_path / 'bench.csv'}"))
    assert "power through points: residual" in found
    assert "curve 0.02 x^1.3 until 70000" in found
    (tmp_path / "each.json").write_text("{")
    assert "curve: expected JSON in each.json" in command("calibrate", "old", "--curve", tmp_path / "each.json").output
    assert "curve" not in said(command("calibrate", "old", "--curve", "none"))


def test_cells_are_made_alike_and_weigh_what_was_on_them_each_time_with_a_record(command: Command, lab: Lab) -> None:
    found = said(command("calibrate", "old", "--equilibrate", "@0..0.49"))
    assert "old: by equilibration from old 0 to 0.49 s, 6 loaded cells, residual 0 % (before: 48.8 %)" in found
    assert lab.recording("old", "mat").layout.cell_factors == pytest.approx(3.5 / np.arange(1, 7))
    found = said(command("calibrate", "old", "--mass", 75, "@0.5.."))
    assert "by known mass from old 0.5 to the end, 75 kg, 6 loaded cells, residual" in found
    force = frame_stats(lab.recording("old", "mat", 0.5))["total_force_n"]
    assert force.median() == pytest.approx(75 * 9.80665)
    listed = said(command("calibrate", "old", "--list"))
    assert "known mass from old 0.5 to the end, 75 kg, residual" in listed
    assert said(command("calibrate", "old", "--undo")).startswith("old: unit raw, scale 1")
    assert "undone 20" in said(command("calibrate", "old", "--list"))
    assert said(command("calibrate", "old", "--undo")).endswith("no tare, loaded above 0 counts")
    assert lab.recording("old", "mat").layout == RAW
    table = lab.calibrations("old", "mat")
    assert table["method"].tolist() == ["equilibration", "known mass"]
    assert table["undone"].notna().all()
    assert table["loaded_cells"].tolist() == [6, 6]


def test_two_masses_give_a_power_law_and_a_file_may_be_what_was_recorded(
    command: Command, lab: Lab, tmp_path: Path
) -> None:
    heavy = Recording(np.full((5, 3, 2), 4000, "<u2"), 10_000 * np.arange(5), RAW)
    files.write(tmp_path / "heavy.npz", heavy)
    light = np.full((5, 3, 2), 1000, "<u2")
    files.write(tmp_path / "light.npz", Recording(light, 10_000 * np.arange(5), RAW))
    # Six cells of 1 cm²: 200 and 1000 kPa.
    kg = (120 / 9.80665, 600 / 9.80665)
    found = said(
        command(
            "calibrate", "old", "--two-point", kg[0], tmp_path / "light.npz", kg[1], f"{tmp_path}/heavy.npz@0..0.03"
        )
    )
    assert "by two points from light.npz, 12.2366 kg and heavy.npz 0 to 0.03 s, 61.183 kg, 6 loaded cells" in found
    curve = lab.recording("old", "mat").layout.curve
    assert curve is not None
    assert curve.numbers[0][1] == pytest.approx(1.160964, abs=5e-7)
    wide = Recording(np.full((5, 2, 2), 4000, "<u2"), 10_000 * np.arange(5), Layout(rows=2, cols=2, dtype="uint16"))
    files.write(tmp_path / "wide.npz", wide)
    done = command("calibrate", "old", "--equilibrate", tmp_path / "wide.npz")
    assert "recording: expected a recording of 3 x 2 cells, as old has, got 2 x 2" in " ".join(done.output.split())


def test_body_weight_is_one_factor_for_both_feet_and_a_step_is_of_one(command: Command, lab: Lab) -> None:
    for side, scale in (("left", 1), ("right", 2)):
        layout = Layout(rows=3, cols=2, dtype="uint16", pitch_mm=(10.0, 10.0), kind="insole", side=side)
        cells = np.full((200, 3, 2), 100 * scale, "<u2")
        lab.import_recording(Recording(cells, 1_700_000_000_000_000 + 10_000 * np.arange(200), layout), workout="stand")
    found = said(command("calibrate", "stand", "--body-weight", 60, "@0.2..1"))
    assert "stand/left: by body weight from stand 0.2 to 1 s, 60 kg, 6 loaded cells" in found
    assert "stand/right: by body weight" in found
    total = sum(frame_stats(lab.recording("stand", side))["total_force_n"] for side in ("left", "right"))
    np.testing.assert_allclose(total, 60 * 9.80665)
    said(command("calibrate", "stand", "--stream", "right", "--step", 60, "@0..2"))
    np.testing.assert_allclose(frame_stats(lab.recording("stand", "right"))["total_force_n"], 60 * 9.80665)


def test_feet_and_a_sensor_get_their_places(command: Command, lab: Lab) -> None:
    for side in ("left", "right"):
        layout = Layout(rows=3, cols=2, dtype="uint16", pitch_mm=(10.0, 10.0), kind="insole", side=side)
        cells = np.full((20, 3, 2), 100, "<u2")
        lab.import_recording(Recording(cells, 1_700_000_000_000_000 + 10_000 * np.arange(20), layout), workout="stand")
    found = said(command("calibrate", "stand", "--stance", "200,7"))
    assert "stand, left foot: unit raw" in found
    assert "stands at x -100 mm, y 0 mm, turned by 7°" in found
    places = {side: lab.recording("stand", side).layout.place for side in ("left", "right")}
    assert places == Place.feet(200, 7)
    said(command("calibrate", "stand", "--stance", "none"))
    assert [lab.recording("stand", side).layout.place for side in ("left", "right")] == [None, None]
    with pytest.raises(NotFound, match="expected plates with places, got none"):
        lab.plates("old")
    said(command("calibrate", "old", "--place", "0,500,90"))
    assert list(lab.plates("old")) == ["mat"]
    assert lab.recording("old").layout.place == Place(y_mm=500.0, turn_deg=90.0)
    for wrong, message in (
        (("--place", "left"), "place: expected X,Y or X,Y,TURN, or none, got 'left'"),
        (("--stance", "1,2,3"), "stance: expected WIDTH or WIDTH,TOE_OUT, or none, got '1,2,3'"),
        (("--stance", "-5"), "stance_width_mm: expected 0 to 2000, got -5.0"),
        (("--stance", "200", "--stream", "left"), "give --stance without --stream"),
    ):
        done = command("calibrate", "stand" if wrong[0] == "--stance" else "old", *wrong)
        assert done.exit_code != 0
        assert message in " ".join(done.output.split())
    assert "feet: expected one left stream in old, got none" in command("calibrate", "old", "--stance", "200").output
    said(command("calibrate", "old", "--place", "none"))
    assert lab.recording("old").layout.place is None


def test_cells_that_show_a_load_without_one_are_listed(command: Command, lab: Lab) -> None:
    found = said(command("calibrate", "old", "--check", "@0..0.49", "--level", 4))
    assert found.startswith("old: 2 cells show more than 4 counts in old 0 to 0.49 s")
    assert found.endswith("row 2 column 1: 6 counts row 2 column 0: 5 counts")
    assert "no cell shows more than 6 counts" in said(command("calibrate", "old", "--check", "@0..0.49", "--level", 6))
    assert lab.calibrations("old", "mat").empty
    assert "no calibration is kept" in said(command("calibrate", "old", "--list"))


def test_a_geometry_is_chosen_by_name_or_from_a_table_and_the_frames_stay(
    command: Command, lab: Lab, tmp_path: Path
) -> None:
    times_us = 1_700_000_000_000_000 + 10_000 * np.arange(20)
    cells = np.ones((20, 1, 16))
    files.write(tmp_path / "sole.npz", Recording(cells, times_us, Layout(rows=1, cols=16, unit="N/cm2")))
    assert command("import", tmp_path / "sole.npz", "--workout", "sole").exit_code == 0
    wrong = command("calibrate", "sole", "--geometry", "moticon-opengo-7")
    assert wrong.exit_code == 1
    assert "side: expected left or right with geometry moticon-opengo-7" in wrong.output
    done = command("calibrate", "sole", "--geometry", "moticon-opengo-7", "--side", "left")
    assert done.exit_code == 0, done.output
    assert "cells as in moticon-opengo-7" in done.output
    after = lab.recording("sole", with_stats=True)
    known = geometries.named("moticon-opengo-7", "left")
    assert (after.layout.geometry, after.layout.side) == (known.geometry, "left")
    assert after.frames.tobytes() == cells.tobytes()
    assert after.stats is not None
    np.testing.assert_allclose(after.stats["total_force_n"], sum(known.area_mm2 or ()) / 100, rtol=1e-6)
    shown = command("geometry", "show", "moticon-opengo-3", "--side", "right").output
    (tmp_path / "mine.csv").write_text(shown, "utf-8")
    assert command("calibrate", "sole", "--geometry", tmp_path / "mine.csv").exit_code == 0
    area = lab.recording("sole").layout.cell_area_mm2
    assert area == geometries.named("moticon-opengo-3", "left").area_mm2
