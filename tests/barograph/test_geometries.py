"""Geometries by name: the figures of their sources, what a name says of a layout, and nothing that nobody told."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analytics import frame_stats
from barograph import Layout, Recording, geometries
from barograph.errors import InvalidData
from barograph.geometry import area_of

Sensors = Callable[[str], Path]
PAGE = Path(__file__).parents[2] / "docs/geometries.md"
OTHER = {"left": "right", "right": "left"}


def table(sensors: Sensors, name: str) -> list[dict[str, str]]:
    with sensors(f"../geometry/{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_every_geometry_has_a_source_a_confidence_and_as_many_of_everything_as_cells() -> None:
    for name in geometries.names():
        for side in OTHER:
            one = geometries.named(name, side)
            assert one.name == name
            assert one.title
            assert len(one.source) > 10
            assert len(one.confidence) > 10
            assert one.cells == one.rows * one.cols
            assert one.area_mm2 is None or len(one.area_mm2) == one.cells
            assert one.geometry is None or one.geometry.cells in (None, one.cells)
            assert (one.pitch_mm is None) == (one.places != "grid")
            layout = Layout.from_dict({"geometry": name, "side": side})
            assert (layout.cells, layout.kind, layout.places) == (one.cells, one.kind, one.places)


def test_the_page_lists_every_name_with_its_number_of_cells_and_places() -> None:
    rows = re.findall(r"^\| (`.+?) \| .+? \| (.+?) \| (\w+) \| (yes|no) \|", PAGE.read_text("utf-8"), re.M)
    listed = {name: row for row in rows for name in re.findall("`(.+?)`", row[0])}
    assert tuple(listed) == geometries.names()
    for name, (_, cells, places, areas) in listed.items():
        known = geometries.named(name, "left")
        if known.places == "grid":
            assert (cells, places, areas) == ("grid", "mm", "yes")
        else:
            assert str(known.cells) in cells.split(", ")
            assert (places, areas) == (known.places, "no" if known.area_mm2 is None else "yes")


def test_pedar_has_the_figures_of_its_table_by_size(sensors: Sensors) -> None:
    by_size = defaultdict(list)
    for row in table(sensors, "pedar"):
        by_size[row["size"]].append(row)
    assert len(by_size) == 10
    for size, rows in by_size.items():
        known = geometries.named(f"pedar-{size}", "right")
        assert known.area_mm2 == tuple(float(row["area_mm2"]) for row in rows)
        assert known.geometry is not None
        assert known.places == ("none" if len(size) == 2 else "mm")
        for cell, row in enumerate(rows if len(size) == 1 else ()):
            assert [known.geometry.x[cell], known.geometry.y[cell]] == [float(row["x_mm"]), float(row["y_mm"])]
            corners = [float(word) for word in row["polygon_mm"].replace(";", " ").split()]
            assert list(known.geometry.polygons[cell]) == corners


@pytest.mark.parametrize("size", ["3", "7"])
def test_moticon_has_the_figures_of_its_table_on_both_feet(size: str, sensors: Sensors) -> None:
    rows = table(sensors, "moticon")
    for side, to_the_right in (("left", 1.0), ("right", -1.0)):
        known = geometries.named(f"moticon-opengo-{size}", side)
        # They are solved from the same files as the table, to more digits: it is rounded to 0.1 mm² and 0.00001.
        areas = [float(row[f"area_mm2_size{size}"]) for row in rows]
        np.testing.assert_allclose(known.area_mm2 or (), areas, atol=0.0621)
        medial = to_the_right * np.array([float(row["medial_rel"]) for row in rows])
        along = [float(row["along_rel"]) for row in rows]
        assert known.geometry is not None
        np.testing.assert_allclose(known.geometry.centres, np.column_stack([medial, along]), atol=8e-6)


def test_others_have_the_figures_of_their_tables(sensors: Sensors) -> None:
    stappone = geometries.named("stappone", "left")
    assert stappone.geometry is not None
    assert stappone.area_mm2 is not None
    for row, *found in zip(
        table(sensors, "stappone"), stappone.geometry.names, stappone.geometry.centres, stappone.area_mm2, strict=True
    ):
        assert [row["name"], float(row["x_mm"]), float(row["y_mm"]), float(row["area_mm2"])] == [
            found[0], *found[1], found[2],
        ]  # fmt: skip
    rows = table(sensors, "gaitpdb")
    for side, part in (("left", rows[:8]), ("right", rows[8:])):
        found = geometries.named("gaitpdb", side).geometry
        assert found is not None
        np.testing.assert_array_equal(found.centres, [[float(row["x_rel"]), float(row["y_rel"])] for row in part])
    for row in table(sensors, "loadsol"):
        known = geometries.named("loadsol" if row["variant"] == "3 areas" else "loadsol-1", row["side"])
        assert known.geometry is not None
        assert known.geometry.names[int(row["cell"]) - 1] == row["name"]
        assert (known.places, known.area_mm2, known.quantity) == ("none", None, "force")


def test_the_other_foot_is_the_mirror_image_with_the_same_numbers_and_areas() -> None:
    for name in geometries.names():
        left, right = (geometries.named(name, side) for side in ("left", "right"))
        assert left.area_mm2 == right.area_mm2
        if left.geometry is None or right.geometry is None or not left.geometry.x:
            continue
        both = left.geometry.centres + right.geometry.centres
        np.testing.assert_allclose(both[:, 0], both[0, 0], atol=1e-9)
        assert left.geometry.y == right.geometry.y
        assert (left.geometry.box[0] == pytest.approx(right.geometry.box[0])) or left.places == "relative"
        for one, other in zip(left.geometry.outlines, right.geometry.outlines, strict=True):
            assert abs(area_of(one)) == pytest.approx(abs(area_of(other)))


def test_the_great_toe_of_a_pedar_insole_lies_medially() -> None:
    # Its cells are 90, 91, 96 and 97; medial is to the right on a left foot, to the left on a right one.
    for side, medial in (("left", 1), ("right", -1)):
        geometry = geometries.named("pedar-y", side).geometry
        assert geometry is not None
        middle = (geometry.box[0] + geometry.box[2]) / 2
        toe = np.mean([geometry.x[cell - 1] for cell in (90, 91, 96, 97)])
        assert np.sign(toe - middle) == medial
        assert min(geometry.y[cell - 1] for cell in (90, 96)) > 0.7 * geometry.box[3]
        assert geometry.y[0] < 0.1 * geometry.box[3]


def test_a_layout_takes_all_that_a_name_says_and_keeps_what_it_is_told() -> None:
    layout = Layout.from_dict({"geometry": "pedar-y", "side": "left", "unit": "kPa", "dtype": "float32"})
    known = geometries.named("pedar-y", "left")
    assert (layout.rows, layout.cols, layout.kind) == (1, 99, "insole")
    assert layout.cell_area_mm2 == known.area_mm2
    assert layout.geometry == known.geometry
    assert Layout.from_dict(layout.to_dict()) == layout
    told = Layout.from_dict({"geometry": "pedar-y", "side": "left", "unit": "kPa", "cell_area_mm2": 150.0})
    assert told.cell_area_mm2 == 150.0
    forces = Layout.from_dict({"geometry": "gaitpdb", "side": "right", "unit": "N"})
    assert (forces.quantity, forces.cells, forces.cell_area_mm2) == ("force", 8, None)
    grid = Layout.from_dict({"geometry": "footscan-2m", "unit": "N/cm2"})
    assert (grid.rows, grid.cols, grid.pitch_mm) == (256, 63, (5.08, 7.62))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"geometry": "pedarx", "side": "left"}, "geometry: expected one of pedar-x, "),
        ({"geometry": "Moticon_OpenGo_7", "side": "left"}, "geometry: expected one of moticon-opengo-7, "),
        ({"geometry": "a mat", "side": "left"}, "geometry: expected one of "),
        ({"geometry": "pedar-x"}, "side: expected left or right with geometry pedar-x"),
        ({"geometry": "loadsol"}, "side: expected left or right with geometry loadsol"),
        ({"geometry": "pedar-x", "side": "middle"}, "side: expected one of left, right"),
        (
            {"geometry": "pedar-x", "side": "left", "rows": 1, "cols": 98},
            "geometry: expected pedar-x with its 99 cells",
        ),
        ({"geometry": "pedar-x", "side": "left", "pitch_mm": [5, 5]}, "pitch_mm: expected none"),
        ({"geometry": "loadsol", "side": "left", "unit": "kPa"}, "unit: expected N, or raw, with geometry loadsol"),
    ],
)
def test_what_contradicts_a_name_is_refused(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidData) as caught:
        Layout.from_dict(fields)
    assert str(caught.value).startswith(said)


def test_a_number_of_cells_may_fit_several_geometries() -> None:
    assert geometries.fitting(99) == [name for name in geometries.names() if name.startswith("pedar-")]
    assert geometries.fitting(16, "insole") == ["moticon-opengo-3", "moticon-opengo-7", "moticon-opengo"]
    assert geometries.fitting(17) == []


def test_cells_of_a_name_have_a_force_and_a_centre_where_both_are_known() -> None:
    cells = np.full((1, 1, 99), 10.0)
    for name, centre in (("pedar-y", "cop_x_mm"), ("pedar-xw", None)):
        layout = Layout.from_dict({"geometry": name, "side": "left", "unit": "kPa"})
        stats = frame_stats(Recording(cells, np.array([0]), layout))
        assert stats["total_force_n"].iloc[0] == pytest.approx(sum(geometries.named(name, "left").area_mm2 or ()) / 100)
        assert [column for column in stats if column.startswith("cop_x")] == ([centre] if centre else [])
