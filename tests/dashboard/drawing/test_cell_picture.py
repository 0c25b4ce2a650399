"""What a picture of cells that are no grid says besides where they are drawn."""

from __future__ import annotations

import pytest

from barograph import geometries
from barograph.frames import Geometry, Layout, Stream
from barograph.store.records import StreamInfo
from dashboard.drawing.cell_picture import rows_of
from dashboard.reading.overview import drawn_layout


@pytest.mark.parametrize("side", ["left", "right"])
def test_rows_are_said_where_cells_lie_in_rows(side):
    pedar = geometries.named("pedar-x", side).geometry
    rows = rows_of(pedar)
    assert (rows[0], rows[-1], len(rows)) == (1, 15, 99)
    assert [rows.count(row) for row in (1, 2, 15)] == [5, 7, 4]
    assert rows_of(geometries.named("stappone", side).geometry) == ()


def test_cells_that_are_numbered_otherwise_have_no_rows():
    assert rows_of(Geometry(places="none")) == ()
    assert rows_of(Geometry(places="mm", x=(0, 1, 2), y=(0, 0, 0))) == ()  # one row is none
    assert rows_of(Geometry(places="mm", x=(0, 1, 0, 1), y=(5, 5, 0, 0))) == ()  # from the front to the back
    assert rows_of(Geometry(places="mm", x=(0, 1, 0, 1), y=(0, 9, 5, 5))) == ()  # they reach into each other
    assert rows_of(Geometry(places="mm", x=(0, 1, 0, 1), y=(0, 1, 5, 5))) == (1, 1, 2, 2)


def test_the_browser_is_told_areas_as_they_are_known():
    def area(**fields):
        return drawn_layout(StreamInfo(Stream("w", "left"), Layout(rows=1, cols=2, **fields))).get("area_cm2")

    assert area(unit="kPa", cell_area_mm2=150.0) == 1.5
    assert area(unit="kPa", cell_area_mm2=(150.0, 200.0)) == [1.5, 2.0]
    assert area(pitch_mm=(5.0, 10.0)) == 0.5
    assert area(unit="N") is None
