"""A geometry of one's own from a CSV: what it holds, what is refused with line and column, and what looks wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from barograph import Layout, Recording, files, geometries, read_file
from barograph.errors import FileFormatError
from barograph.geometries.catalogue import Known, other_side
from barograph.geometries.checks import findings, shared
from barograph.geometries.drawing import drawn
from barograph.geometries.own import read, taken

Change = Callable[[int, float], float]
GOOD = """# side: left
# kind: insole
# source: measured with a ruler
cell,name,x_mm,y_mm,area_mm2,polygon_mm
2,toes,40.0,200.0,800,20 180;60 180;60 220;20 220
1,heel,35.0,30.0,900.5,20 15;50 15;50 45;20 45
"""
PLACED = [name for name in geometries.names() if geometries.named(name, "left").places in ("mm", "relative")]


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "mine.csv"
    path.write_text(text, "utf-8")
    return path


def table(known: Known, *, scale: float = 1.0, x: Change | None = None, polygons: bool = True) -> str:
    """A known geometry as a table, changed."""
    geometry = known.geometry
    assert geometry is not None
    lines = ["cell,name,x_mm,y_mm,area_mm2,polygon_mm"]
    for cell in range(known.cells):
        name = geometry.names[cell] if geometry.names else ""
        corners = geometry.outlines[cell] * scale if polygons else ()
        at = (geometry.x[cell] if x is None else x(cell, geometry.x[cell])) * scale
        area = known.area_mm2[cell] * scale * scale if known.area_mm2 else ""
        lines.append(
            f"{cell + 1},{name},{at},{geometry.y[cell] * scale},{area},{';'.join(f'{a} {b}' for a, b in corners)}"
        )
    return "\n".join(lines) + "\n"


def said(tmp_path: Path, text: str, side: str | None = None, *, notes: bool = False) -> list[str]:
    found = findings(read(written(tmp_path, text)), side)
    return [f"{one.line}: {one.text}" for one in found if one.wrong or notes]


def test_a_table_is_a_geometry_by_the_numbers_of_its_cells(tmp_path: Path) -> None:
    known = taken(written(tmp_path, GOOD))
    assert (known.cells, known.side, known.kind, known.area_mm2) == (2, "left", "insole", (900.5, 800.0))
    assert known.geometry is not None
    assert known.geometry.names == ("heel", "toes")
    assert known.geometry.polygons[0] == (20, 15, 50, 15, 50, 45, 20, 45)
    assert (known.geometry.name, known.geometry.source) == ("mine", "measured with a ruler")
    assert known.on("right").geometry == known.geometry.mirrored()
    bare = taken(written(tmp_path, "cell,x_rel,y_rel\n1,0.1,-0.4\n"))
    assert (bare.places, bare.area_mm2, bare.kind) == ("relative", None, "")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("# side: left", "# side: middle", "line 1: side: expected one of left, right"),
        ("# kind: insole", "# kind: shoe", "line 2: kind: expected one of insole"),
        ("x_mm,y_mm", "x,y", "line 4: expected each of cell, name"),
        ("x_mm,y_mm", "x_mm,x_mm", "line 4: expected each of cell, name"),
        ("x_mm,y_mm", "x_mm,area_mm2", "line 4: expected each"),
        ("cell,name,x_mm,y_mm", "name,cell,x_rel,y_mm", "line 4: expected titles cell, x_mm and y_mm"),
        ("2,toes,40.0", "2,toes,wide", "line 5: expected a number with a decimal point in column 3, x_mm, got 'wide'"),
        ("2,toes,40.0", "2,toes,1e999", "line 5: expected a number with a decimal point in column 3, x_mm"),
        ("2,toes", "two,toes", "line 5: expected a cell's number from 1 on in column 1, cell, got 'two'"),
        ("2,toes,40.0", "2,toes,40.0,1", "line 5: expected 6 columns, as the titles have, got '7'"),
        ("900.5", "-1", "line 6: expected an area above 0 in column 5, area_mm2"),
        ("20 15;50 15;50 45;20 45", "20 15;50 15", "line 6: expected 3 or more corners as 'x y;x y;x y' in column 6"),
        ("20 15;", "20;15 ", "line 6: expected 3 or more corners"),
        ("2,toes", "1,toes", "line 6: expected each cell once, got cell 1 again, which is on line 5"),
        ("2,toes", "3,toes", "mine.csv: expected cells 1 to 3, got none with number 2"),
        (GOOD[GOOD.index("2,toes") :], "", "expected titles and a line for each cell, got titles alone"),
        ("\n1,heel,35.0", "\n1,heel,1e7", "geometry.x: expected numbers from"),
    ],
)
def test_what_is_wrong_in_a_table_is_named_with_line_and_column(
    old: str, new: str, expected: str, tmp_path: Path
) -> None:
    assert old in GOOD
    with pytest.raises(FileFormatError) as caught:
        taken(written(tmp_path, GOOD.replace(old, new, 1)))
    assert "mine.csv" in str(caught.value)
    assert expected in str(caught.value)


def test_a_table_of_another_coding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_bytes(GOOD.replace("toes", "Fußspitze").encode("latin-1"))
    with pytest.raises(FileFormatError, match="expected UTF-8"):
        read(tmp_path / "mine.csv")


@pytest.mark.parametrize("name", [name for name in PLACED if geometries.named(name, "left").places == "mm"])
@pytest.mark.parametrize("side", ["left", "right"])
def test_nothing_looks_wrong_with_the_geometries_that_are_known(name: str, side: str, tmp_path: Path) -> None:
    known = geometries.named(name, side)
    assert said(tmp_path, table(known), side) == []
    notes = said(tmp_path, table(known), side, notes=True)
    assert any(f"{known.cells} cells are also those of" in one and name in one for one in notes)


@pytest.mark.parametrize("name", ["pedar-x", "stappone"])
def test_a_left_insole_that_is_said_to_be_a_right_one_is_found(name: str, tmp_path: Path) -> None:
    for side, other in (("left", "right"), ("right", "left")):
        (found,) = said(tmp_path, table(geometries.named(name, side)), other)
        assert f"a {side} " in found
        assert said(tmp_path, table(geometries.named(name, side)), None) == []


@pytest.mark.parametrize(("scale", "unit"), [(0.1, "cm: "), (0.001, "m: "), (1 / 25.4, "inch: ")])
def test_places_in_another_unit_are_found_by_the_size_of_the_box(scale: float, unit: str, tmp_path: Path) -> None:
    known = geometries.named("pedar-y", "left")
    found = said(tmp_path, table(known, scale=scale), "left")
    assert len(found) == 1
    assert "an insole is 90 to 420 mm long" in found[0]
    assert unit in found[0]


def test_cells_on_each_other_and_outlines_that_overlap_are_found_with_their_lines(tmp_path: Path) -> None:
    square = "{n},{x},{y},100,{a} {b};{c} {b};{c} {d};{a} {d}"

    def cell(n: int, x: float, y: float) -> str:
        return square.format(n=n, x=x, y=y, a=x - 5, b=y - 5, c=x + 5, d=y + 5)

    head = "cell,x_mm,y_mm,area_mm2,polygon_mm"
    rows = [cell(1, 50, 50), cell(2, 60, 50), cell(3, 50, 60), cell(4, 100, 200)]
    assert said(tmp_path, "\n".join([head, *rows])) == []
    found = said(tmp_path, "\n".join([head, *rows[:3], cell(4, 56, 50), cell(5, 100, 200)]))
    assert found == [
        "5: the outline of cell 4 overlaps that of cell 1 by 40 %",
        "5: the outline of cell 4 overlaps that of cell 2 by 60 %",
    ]
    found = said(tmp_path, "\n".join([head, *rows, cell(5, 50, 60)]))
    assert found[:2] == [
        "6: cell 5 lies on cell 3, at the same place",
        "6: the outline of cell 5 overlaps that of cell 3 by 100 %",
    ]


def test_areas_that_are_missing_or_not_those_of_the_outlines_are_found(tmp_path: Path) -> None:
    assert said(tmp_path, GOOD.replace("900.5", ""), "left") == ["6: cells 1 have no area, others have one"]
    without = GOOD.replace("900.5", "").replace(",800,", ",,")
    assert said(tmp_path, without, "left") == []
    assert "None: no cell has an area" in said(tmp_path, without, "left", notes=True)[0]
    assert said(tmp_path, GOOD.replace("900.5", "9.0"), "left") == [
        "6: cell 1 has an area of 9 mm², and its outline 900 mm²"
    ]
    assert said(tmp_path, GOOD.replace("1,heel,35.0", "1,heel,90.0"), "left") == [
        "6: the centre of cell 1 lies outside its own outline"
    ]


def test_the_area_of_the_sole_is_told_and_has_to_hold_the_cells(tmp_path: Path) -> None:
    geometry = taken(written(tmp_path, f"# sole_mm2: 2400.5\n{GOOD}")).geometry
    assert geometry is not None
    assert geometry.sole_mm2 == 2400.5
    assert geometry.mirrored().sole_mm2 == 2400.5
    said = [one.text for one in findings(read(written(tmp_path, f"# sole_mm2: 1500\n{GOOD}"))) if one.wrong]
    assert "the cells have 1700 mm² together, and the sole that is told 1500 mm²" in said
    for wrong in ("0", "-5", "2400 mm", "1e999"):
        with pytest.raises(FileFormatError, match=r"line 1: expected an area above 0, as '# sole_mm2: 21500'"):
            read(written(tmp_path, f"# sole_mm2: {wrong}\n{GOOD}"))


SHAPED = [name for name in PLACED if name != "gaitpdb"]  # whose cells lie in a box


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("name", SHAPED)
def test_an_insole_that_is_drawn_from_front_to_back_is_noticed(name: str, named: bool, tmp_path: Path) -> None:
    known = geometries.named(name, "left")
    assert known.geometry is not None
    names = known.geometry.names if named else ()
    for turned in (False, True):
        sign = -1.0 if turned else 1.0
        corners = tuple(tuple(v * sign if i % 2 else v for i, v in enumerate(one)) for one in known.geometry.polygons)
        flat = replace(known.geometry, y=tuple(sign * y for y in known.geometry.y), polygons=corners, names=names)
        text = "# kind: insole\n" + table(replace(known, geometry=flat))
        said = [one for one in findings(read(written(tmp_path, text))) if "to the toes" in one.text]
        assert len(said) == turned, said
        assert all(one.wrong == bool(names) for one in said)  # names contradict it, the form alone is a doubt


def test_a_seat_has_no_toes(tmp_path: Path) -> None:
    wide = "cell,x_mm,y_mm\n1,0,20\n2,400,30\n3,190,300\n4,210,310\n5,0,400\n6,10,0\n"
    assert not any("toes" in one.text for one in findings(read(written(tmp_path, wide))))
    assert any("doubtful" in one.text for one in findings(read(written(tmp_path, f"# kind: insole\n{wide}"))))


def test_a_number_twice_is_found_with_both_lines_and_nothing_else_is_said(tmp_path: Path) -> None:
    assert said(tmp_path, GOOD.replace("2,toes", "1,toes")) == [
        "6: expected each cell once, got cell 1 again, which is on line 5"
    ]


def test_many_of_a_kind_are_counted(tmp_path: Path) -> None:
    known = geometries.named("pedar-x", "left")
    found = said(tmp_path, table(known, x=lambda cell, x: x + (200.0 if cell < 30 else 0.0)))
    assert len([one for one in found if "outside its own outline" in one]) == 5
    assert "None: 30 centres outside their outlines in all" in found


@given(st.floats(-30, 30), st.floats(-30, 30))
def test_the_shared_part_of_two_squares_is_that_of_their_overlap(dx: float, dy: float) -> None:
    square = np.array([[0.0, 0.0], [20.0, 0.0], [20.0, 20.0], [0.0, 20.0]])
    exact = max(0.0, 20 - abs(dx)) * max(0.0, 20 - abs(dy)) / 400
    assert shared(square, square + np.array([dx, dy])) == pytest.approx(exact, abs=0.07)


@pytest.mark.parametrize("name", geometries.names())
def test_every_geometry_is_drawn_with_a_mark_for_each_cell(name: str) -> None:
    known = geometries.named(name, "right")
    picture = drawn(known)
    assert picture.startswith("<svg ")
    assert picture.count("<text") == (1 if known.places == "grid" else known.cells + 1)
    assert ("length and width are not known" in picture) == (known.places == "relative")
    assert ("places of the cells are not known" in picture) == (known.places == "none")


@pytest.mark.parametrize("name", PLACED)
def test_the_other_side_of_the_other_side_is_the_first(name: str) -> None:
    geometry = geometries.named(name, "left").geometry
    assert geometry is not None
    back = other_side(other_side(geometry))
    np.testing.assert_allclose(back.centres, geometry.centres, atol=1e-9)


def test_a_file_takes_a_table_of_ones_own_on_either_side(tmp_path: Path) -> None:
    mine = written(tmp_path, GOOD)
    layout = Layout(rows=1, cols=2, unit="kPa")
    files.write(tmp_path / "a.npz", Recording(np.ones((1, 1, 2)), np.array([0]), layout))
    for side, geometry in (("left", taken(mine).geometry), ("right", taken(mine).on("right").geometry)):
        (found,) = read_file(tmp_path / "a.npz", side=side, geometry=str(mine))
        assert (found.layout.geometry, found.layout.cell_area_mm2) == (geometry, (900.5, 800.0))
        assert found.provenance["given"] == {"side": side, "geometry": str(mine)}
    sideless = written(tmp_path, GOOD.replace("# side: left\n", ""))
    (found,) = read_file(tmp_path / "a.npz", geometry=str(sideless))
    assert found.layout.side is None
    files.write(tmp_path / "b.npz", Recording(np.ones((1, 1, 2)), np.array([0]), Layout(rows=1, cols=2, side="left")))
    with pytest.raises(FileFormatError, match="expected that of geometry mine, as '# side: left' says it"):
        read_file(tmp_path / "b.npz", geometry=str(sideless))
