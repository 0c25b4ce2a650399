"""`barograph geometry`: the list, a geometry as a table and a drawing, and what it says of one's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from barograph import geometries
from barograph.cli import app
from barograph.geometries.own import taken


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["geometry", *map(str, arguments)], prog_name="barograph")


def test_the_list_has_every_name_with_source_and_confidence() -> None:
    said = run("list").output
    for name in geometries.names():
        known = geometries.named(name, "left")
        assert f"{name} " in said
        assert known.source in said
        assert known.confidence in said
    assert "99 cells, places mm, areas known, pressure" in said


@pytest.mark.parametrize("name", ["pedar-x", "moticon-opengo-3", "stappone", "gaitpdb"])
@pytest.mark.parametrize("side", ["left", "right"])
def test_what_is_shown_is_a_table_that_is_taken_back(name: str, side: str, tmp_path: Path) -> None:
    done = run("show", name, "--side", side)
    (tmp_path / "shown.csv").write_text(done.output, "utf-8")
    back, known = taken(tmp_path / "shown.csv"), geometries.named(name, side)
    assert (back.side, back.area_mm2, back.kind, back.source) == (side, known.area_mm2, known.kind, known.source)
    assert back.geometry is not None
    assert known.geometry is not None
    assert back.geometry.x == pytest.approx(known.geometry.x, abs=1e-6)
    for one, other in zip(back.geometry.polygons, known.geometry.polygons, strict=True):
        assert one == pytest.approx(other, abs=1e-5)
    checked = run("check", tmp_path / "shown.csv", "--svg", tmp_path / "shown.svg")
    assert checked.exit_code == 0, checked.output
    assert "nothing looks wrong" in checked.output
    assert (tmp_path / "shown.svg").read_text("utf-8").startswith("<svg ")


def test_a_grid_and_areas_without_places_are_shown_as_what_they_are(tmp_path: Path) -> None:
    assert "128 rows and 63 columns of 5.08 by 7.62 mm" in run("show", "footscan-1m").output
    assert "cell,name\n1,lateral\n2,medial\n3,heel\n" in run("show", "loadsol", "--side", "right").output
    assert run("show", "footscan-1m", "--svg", tmp_path / "plate.svg").exit_code == 0
    assert "63 columns" in (tmp_path / "plate.svg").read_text("utf-8")


def test_what_is_not_known_is_an_error_with_near_names() -> None:
    done = run("show", "pedar")
    assert done.exit_code == 1
    assert "expected one of pedar-" in done.output


def test_what_looks_wrong_is_said_with_its_line_and_ends_with_1(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("cell,x_mm,y_mm\n1,3.0,1.0\n2,3.0,28.0\n2,4.0,9.0\n", "utf-8")
    done = run("check", path)
    assert done.exit_code == 1
    assert f"{path}, line 4: expected each cell once, got cell 2 again, which is on line 3" in done.output
    path.write_text("cell,x_mm,y_mm\n1,3.0,1.0\n2,3.0,28.0\n", "utf-8")
    done = run("check", path, "--side", "left", "--svg", tmp_path / "a.svg")
    assert done.exit_code == 1
    assert "x and y look like cm: 270 mm then" in done.output
    assert (tmp_path / "a.svg").exists(), "what looks wrong is drawn, too"
