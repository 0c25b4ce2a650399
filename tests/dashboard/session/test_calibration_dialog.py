"""The dialog of a calibration: what each way gives is looked at before it is kept, listed, and undone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from analytics import frame_stats, sim
from barograph import geometries
from barograph import settings as settings_module
from barograph.access.acting import acting
from barograph.access.principals import Principal
from barograph.errors import InvalidData
from barograph.frames import Geometry, Place, Recording, Stream
from barograph.store.reading import read_recording
from dashboard.dialogs import calibration_callbacks as dialog
from dashboard.dialogs.calibration_ways import FIELDS, MOST_S, WAYS, given
from dashboard.dialogs.callbacks import DIALOGS
from dashboard.live.page import page as live_page
from dashboard.page.typed_callbacks import decoded
from dashboard.reading.sources import Sources
from dashboard.results.unplaced import why
from dashboard.session import callbacks

OWNER = Principal("owner", kind="owner")
SESSION: Any = {"workout": "one", "piece": "", "part": [0.0, 2.0], "streams": ["left", "right"],
                "stance": [None, None]}  # fmt: skip
LEFT, RIGHT = Stream("one", "left"), Stream("one", "right")


@pytest.fixture
async def pages(tmp_path, memory_archive, memory_live, keep) -> Sources:
    """Two feet that stand, in counts."""
    await keep("one", {name: raw(one) for name, one in sim.stand(4.0, seed=2).items()})
    return Sources(settings_module.load(data_dir=tmp_path, ingest_port=1), memory_archive, memory_live)


def raw(one: Recording) -> Recording:
    return replace(one, layout=replace(one.layout, unit="raw", scale=1.0), stats=None)


async def press(
    pages: Sources, act: str, way: Any = "mass", looked: Any = None, session: Any = SESSION, **fields: Any
) -> tuple[str, Any, Any]:
    with acting(OWNER):
        said, looked_at, again = await dialog.acted(pages, act, session, way, fields, looked)  # type: ignore[arg-type]
    return str(said), looked_at, again


async def force(pages: Sources, *streams: Stream) -> float:
    found = [await read_recording(pages.archive, stream) for stream in streams]
    return float(np.median(np.sum([frame_stats(one)["total_force_n"].to_numpy() for one in found], axis=0)))


async def test_a_mass_is_looked_at_then_kept_listed_and_undone(pages):
    before = (await pages.archive.stream_info(LEFT)).layout
    said, looked, again = await press(pages, "look", kg="37,5", start=0, stop=4, stream="left")
    assert "Residual" in said
    assert "unit kPa" in said
    assert "<svg" in said
    assert not isinstance(again, int)
    assert (await pages.archive.stream_info(LEFT)).layout == before, "to look changes nothing"
    said, _, again = await press(pages, "keep", looked=looked)
    assert said == "['Kept.']"
    assert isinstance(again, int)
    assert await force(pages, LEFT) == pytest.approx(37.5 * 9.80665, rel=1e-6)
    (record,) = await pages.archive.calibrations(LEFT)
    assert (record.made.method, record.made.source) == ("known mass", "one/left 0 to 4 s, 37.5 kg")
    with acting(OWNER):
        title, content = await DIALOGS["calibrate"](pages, [await pages.archive.workout("one")], "?a=1&b=2")
    assert title == "Calibration"
    assert "left · known mass from one/left 0 to 4 s, 37.5 kg, residual" in str(content)
    assert "by the owner of this machine" in str(content)
    assert "undo left" in str(content)
    assert "undo right" not in str(content)
    assert (await press(pages, "undo left"))[0] == "['Undone.']"
    assert (await pages.archive.stream_info(LEFT)).layout == before
    assert "expected a calibration that holds of one/left" in (await press(pages, "undo left"))[0]


async def test_body_weight_calibrates_both_feet_by_one_factor(pages):
    _, looked, _ = await press(pages, "look", "body", kg=75, start=0.5, stop=3.5)
    await press(pages, "keep", looked=looked)
    scales = [(await pages.archive.stream_info(one)).layout.scale for one in (LEFT, RIGHT)]
    assert scales[0] == scales[1]
    assert await force(pages, LEFT, RIGHT) == pytest.approx(75 * 9.80665, rel=0.05)


@pytest.mark.parametrize(
    ("way", "fields", "said"),
    [
        ("even", {"start": 0, "stop": 2}, "a factor for each cell"),
        ("step", {"start": 0, "stop": 2, "kg": 40}, "unit kPa"),
        ("tare", {"start": 0, "stop": 1}, "a tare of up to"),
        ("curve", {"kind": "power", "numbers": "0.02, 1.1"}, "curve 0.02 x^1.1"),
        ("curve", {"kind": "table", "numbers": "0 0; 900 40\n70000 90"}, "curve a table of 3 points"),
        ("values", {"unit": "mmHg", "scale": "0,5", "offset": None}, "unit mmHg, scale 0.5, offset 0"),
    ],
)
async def test_each_way_says_what_holds_then_and_is_kept(way, fields, said, pages):
    found, looked, _ = await press(pages, "look", way, stream="right", **fields)
    assert said in found
    assert (await press(pages, "keep", looked=looked))[0] == "['Kept.']"
    assert len(await pages.archive.calibrations(RIGHT)) == 1
    assert await pages.archive.calibrations(LEFT) == []


@pytest.fixture
async def insoles(keep, memory_archive):
    """A session over 99 cells in a row whose places nobody told."""
    nowhere = {}
    for name, one in sim.walk(4.0, geometry="pedar-x", seed=2).items():
        bare = replace(one.layout, geometry=Geometry(places="none"), cell_area_mm2=None, side=None)
        nowhere[name] = replace(one, layout=bare, stats=None)
    await keep("soles", nowhere)


SOLES: Any = {**SESSION, "workout": "soles"}
FEET = {side: Stream("soles", side) for side in ("left", "right")}


async def test_a_geometry_is_seen_both_ways_round_then_given_to_both_feet_and_undone(pages, insoles):
    with acting(OWNER):
        _, content = await DIALOGS["geometry"](pages, [await pages.archive.workout("soles")], "?")
    for said in ("novel pedar insole, size X (pedar-x)", "value='geometry'", "All sensors"):
        assert said in str(content)
    assert "moticon" not in str(content)
    assert "value='pedar" not in str(content)  # nothing is chosen before
    said, looked, _ = await press(pages, "look", "geometry", session=SOLES, sensors="*", geometry="pedar-x")
    assert said.count("<svg") == 2  # left and right
    assert said.count("<polygon") == 2 * 99
    assert "Left: places in mm, with centre of pressure" in said
    assert "areas, with total force in N" in said
    assert "pressuRe" in said  # its source
    assert not (await pages.archive.stream_info(FEET["left"])).layout.placed, "to look changes nothing"
    await press(pages, "keep", looked=looked, session=SOLES)
    found = {side: (await pages.archive.stream_info(one)).layout for side, one in FEET.items()}
    for side, layout in found.items():
        assert layout.side == side
        assert layout.geometry == geometries.named("pedar-x", side).geometry
    assert found["left"].geometry == found["right"].geometry.mirrored()
    await press(pages, "undo left", session=SOLES)
    assert not (await pages.archive.stream_info(FEET["left"])).layout.placed


async def test_a_table_of_ones_own_is_drawn_checked_and_taken(pages, insoles):
    known = geometries.named("pedar-x", "left").geometry
    rows = [
        f"{i + 1},{x:.1f},{y:.1f},{';'.join(f'{a:.1f} {b:.1f}' for a, b in known.outlines[i])}"
        for i, (x, y) in enumerate(known.centres)
    ]
    table = "\n".join(["# side: left", "cell,x_mm,y_mm,polygon_mm", *rows])
    said, looked, _ = await press(pages, "look", "geometry", session=SOLES, sensors="left", own=table)
    assert said.count("<svg") == 2
    assert "no cell has an area" in said
    assert "Something looks wrong" not in said
    await press(pages, "keep", looked=looked, session=SOLES)
    layout = (await pages.archive.stream_info(FEET["left"])).layout
    assert layout.geometry.places == "mm"
    assert layout.area_cm2 is None
    mirrored = table.replace("# side: left", "# side: right")
    said, _, _ = await press(pages, "look", "geometry", session=SOLES, sensors="right", own=mirrored)
    assert "Something looks wrong" in said
    assert "are those of a left foot, not of a right one" in said


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "geometry: expected a name or a table, got none"),
        ({"geometry": "pedar-x", "own": "cell,x_mm,y_mm\n1,2,3"}, "expected a name or a table, got both"),
        ({"geometry": "moticon-opengo-7"}, "geometry: expected one of 99 cells, as the stream has, got 1 x 16"),
        ({"geometry": "pedar"}, "geometry: expected one of pedar-"),
        ({"own": "cell,x_mm,y_mm\n1,2,soon"}, "table, line 2: expected a number with a decimal point in column 3"),
        ({"own": "cell,x_mm,y_mm\n1,2,3\n1,4,5"}, "table, line 3: expected each cell once"),
        ({"geometry": "pedar-x", "sensors": "third"}, "sensors: expected a sensor of this session"),
    ],
)
async def test_a_geometry_that_does_not_fit_is_refused(fields, said, pages, insoles):
    found, looked, again = await press(pages, "look", "geometry", session=SOLES, **fields)
    assert said in found
    assert looked is None
    assert not isinstance(again, int)


async def test_pages_without_places_offer_the_choice(pages, insoles):
    workout = await pages.archive.workout("soles")
    shown = [await callbacks.show(pages, "soles", ""), live_page("soles", workout)]
    for text in (*map(str, shown), why(workout.streams, "none")):
        assert "Choose a geometry" in text
    plain = await pages.archive.workout("one")
    assert "Choose a geometry" not in str(live_page("one", plain))


@pytest.mark.parametrize(
    ("act", "way", "fields", "said"),
    [
        ("look", "mass", {"start": 0, "stop": 2}, "kg: expected a number, got nothing"),
        ("look", "mass", {"start": 0, "stop": "soon", "kg": 3}, "stop: expected a number, got 'soon'"),
        ("look", "mass", {"start": 0, "stop": MOST_S + 1, "kg": 3}, "seconds: expected an end at most 120 s after"),
        ("look", "mass", {"start": 60, "stop": 61, "kg": 3}, "mass_kg: expected frames in that time, got none"),
        ("look", "mass", {"start": 0, "stop": 1, "kg": -3}, "mass_kg: expected a number above 0"),
        ("look", "mass", {"start": 0, "stop": 1, "kg": 3, "stream": "both"}, "no stream 'both' is stored"),
        ("look", "curve", {"kind": "power", "numbers": "a"}, "curve.numbers: expected numbers, got 'a'"),
        ("look", "curve", {"kind": "power", "numbers": "1 0"}, "expected a curve that rises or falls"),
        ("look", "two", {"start": 0, "stop": 1, "kg": 3, "start_2": 0, "stop_2": 1, "kg_2": 9}, "expected stored sums"),
        ("keep", "mass", {}, "[]"),
    ],
)
async def test_what_cannot_be_is_said_and_nothing_is_kept(act, way, fields, said, pages):
    found, looked, _ = await press(pages, act, way, **fields)
    assert said in found
    assert looked is None
    assert await pages.archive.calibrations(LEFT) == []


async def test_cells_that_show_a_load_are_listed(pages):
    found, _, _ = await press(pages, "check", start=0, stop=2, stream="left")
    assert "counts in one/left 0 to 2 s" in found
    assert "and " in found
    found, _, _ = await press(pages, "check", start=0, stop=2, level=1e6)
    assert "No cell shows more than 1e+06 counts in one/left 0 to 2 s." in found


async def test_every_way_has_its_fields_and_what_comes_from_a_browser_is_typed(pages):
    infos = (await pages.archive.workout("one")).streams
    for way in WAYS:
        assert FIELDS[way]
        made = str(dialog.forms.fields(way, infos, (0.0, 1.0)))
        assert ("This takes two plates" if way == "plates" else "calibrate-field") in made
    assert "Where the plates lie" not in str(dialog.forms.dialog({}, infos, (0.0, 1.0), []))
    assert dialog._fields([], [], "mass") == {}
    with pytest.raises(InvalidData, match="calibrate-field: expected 0 values, got 1"):
        dialog._fields([], [1], "mass")
    with pytest.raises(InvalidData):
        decoded("calibrate-session.data", {"workout": "one"}, dialog.Session)
    assert given({"kg": " 7,5 "}, "kg") == 7.5
    assert given({"kg": ""}, "kg") is None


async def test_how_the_feet_stood_is_kept_as_the_address_says_it_and_undone_for_each(pages):
    with acting(OWNER):
        _, content = await DIALOGS["calibrate"](pages, [await pages.archive.workout("one")], "?width=180&toe=7")
    assert "value='stance'" in str(content)
    assert "value=180" in str(content)
    said, looked, _ = await press(pages, "look", "stance", stance_width_mm="180", toe_out_deg="7")
    assert "stands at x -90 mm, y 0 mm, turned by 7°" in said
    assert "<svg" not in said
    await press(pages, "keep", looked=looked)
    feet = [(await pages.archive.stream_info(one)).layout.place for one in (LEFT, RIGHT)]
    assert feet == list(Place.feet(180, 7).values())
    await press(pages, "undo left")
    assert [(await pages.archive.stream_info(one)).layout.place for one in (LEFT, RIGHT)] == [None, feet[1]]
    _, looked, _ = await press(pages, "look", "stance")
    await press(pages, "keep", looked=looked)
    assert (await pages.archive.stream_info(RIGHT)).layout.place is None
    said, looked, _ = await press(pages, "look", "stance", stance_width_mm="wide")
    assert "stance_width_mm: expected a number, got 'wide'. Nothing was changed." in said


async def test_a_sensor_gets_a_place_of_its_own(pages):
    _, looked, _ = await press(pages, "look", "place", stream="right", y_mm="500", turn_deg=90)
    await press(pages, "keep", looked=looked)
    assert (await pages.archive.stream_info(RIGHT)).layout.place == Place(y_mm=500.0, turn_deg=90.0)
    assert (await pages.archive.stream_info(LEFT)).layout.place is None
    assert "place.turn_deg: expected -360 to 360" in (await press(pages, "look", "place", turn_deg=900))[0]
