"""Plates of one session as one floor on Footprints: the numbers of one plate, words on the places, and corrections."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial

import pandas as pd
import pytest
from walkways import Tread, cut, plate, treading, walking

from analytics import footprints, surface, walk
from barograph import Place
from barograph.access.acting import acting
from barograph.access.principals import Principal
from barograph.store.corrections import fixes_of
from dashboard.dialogs import calibration_callbacks, callbacks
from dashboard.dialogs.calibration_callbacks import acted
from dashboard.reading import session_rows
from dashboard.reading.context import Context
from dashboard.reading.overview import Span
from dashboard.reading.part_query import read
from dashboard.reading.trial_quality import _steps
from dashboard.session import callbacks as pages_of
from dashboard.session.report_routes import make
from tests.dashboard.shown import rows

T0 = 1_790_000_000_000_000
OWNER = Principal("owner", kind="owner")
WHOLE = treading(
    plate(400, 2400, 10.0), [*walking(4, x=200, y=250, step_mm=560), Tread("left", 150, 2395, -7, 2.2)], 3.0
)
WHOLE = replace(WHOLE, times_us=WHOLE.times_us + T0)
PARTS = cut(WHOLE, (100, 170), turned=(1,))


def unplaced(parts, *names):
    return {name: replace(one, layout=replace(one.layout, place=None)) if name in names or not names else one
            for name, one in parts.items()}  # fmt: skip


def at(name: str, further_mm: float) -> dict[str, object]:
    """Fields of a plate that lies further to the front."""
    place = PARTS[name].layout.place
    return {"stream": name, **replace(place, y_mm=place.y_mm + further_mm).to_dict()}


async def tab(pages, search: str = "", name: str = "hall", which: str = "footprints") -> str:
    body, _ = await pages_of.tab(pages, f"/session/{name}", f"?tab={which}{search}")
    return getattr(body, "data-markup")


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text).replace("\u202f", ""))


async def context(pages, name: str = "hall") -> Context:
    workout = await pages.archive.workout(name)
    whole = Span(T0, int(WHOLE.times_us[-1]))
    return Context(pages.parts, workout, whole, read("", whole.length_s))


async def test_a_walk_over_three_plates_has_the_numbers_of_one_plate_on_page_report_and_in_kept_tables(pages, keep):
    await keep("hall", PARTS)
    await keep("one", {"plate": WHOLE})
    markup, one = await tab(pages), await tab(pages, name="one")
    assert "plate-1 and plate-2 and plate-3 are one floor: a print across their border is whole." in plain(markup)
    assert "5 prints found, 1 cut by an edge" in plain(markup)
    assert markup.count('class="plate-edge"') == 3
    for label in ("Prints", "Walk", "By part of the foot"):
        shown, truth = rows(markup, label), rows(one, label)
        assert [row[: 10 if label == "Prints" else None] for row in shown] == [
            row[: 10 if label == "Prints" else None] for row in truth
        ], label
    assert "right step 560" in plain(markup)
    assert "are one floor" in plain(await make(pages.parts, "hall"))
    both = [await session_rows.walk_rows(await context(pages, name)) for name in ("hall", "one")]
    assert both[0]["stream"].str.fullmatch(r"plate-1 \+ plate-2 \+ plate-3 \([0-9a-f]{6}\)").all()
    pd.testing.assert_frame_equal(*(each.drop(columns="stream") for each in both), rtol=1e-4)
    prints = await session_rows.print_rows(await context(pages))
    joined = footprints(surface(PARTS, grid=True))
    assert prints["mark"].tolist() == joined["mark"].tolist()  # what a notebook makes is what the page has
    assert prints["foot_length_mm"].tolist() == pytest.approx(joined["foot_length_mm"].tolist(), nan_ok=True)
    assert len(walk(joined)) == len(both[0]) == 2
    now = await context(pages)
    assert await _steps(pages.parts, now.infos, {}, now.part) == 4  # Record counts whole prints of the floor too


async def test_gait_says_that_its_stances_are_of_each_plate_and_where_steps_are(pages, keep):
    await keep("hall", PARTS)
    said = "a stance is a time for which the plate is loaded, by one foot or both."
    joined = plain(await tab(pages, which="gait"))
    assert f"plate-1 and plate-2 and plate-3: {said} A stance over the border of two counts on each." in joined
    assert "Sides, step lengths and widths are on Footprints." in joined
    await keep("apart", unplaced(PARTS, "plate-2"))
    apart = plain(await tab(pages, which="gait", name="apart"))
    assert said in apart
    assert "over the border" not in apart


async def test_plates_that_are_no_floor_stand_for_themselves_and_say_why(pages, keep):
    await keep("hall", unplaced(PARTS, "plate-2"))
    text = plain(await tab(pages))
    assert "a step from one to another is not measured. Where plate-2 lies is not known." in text
    over = {**PARTS, "plate-3": replace(one := PARTS["plate-3"], layout=replace(one.layout, place=Place(y_mm=300.0)))}
    await keep("over", over)
    assert "They are no floor: place: expected sensors that lie beside each other" in plain(
        await tab(pages, name="over")
    )
    await keep("alone", {"plate": WHOLE})
    assert "Where the plates lie" not in await tab(pages, name="alone")


async def test_a_plate_off_the_grid_or_turned_says_what_is_made_of_it(pages, keep):
    far = PARTS["plate-3"]
    at = far.layout.place
    await keep(
        "hall", {**PARTS, "plate-3": replace(far, layout=replace(far.layout, place=replace(at, y_mm=at.y_mm + 3)))}
    )
    assert "plate-3 is read 3.0 mm off its place, on the cells of the others." in plain(await tab(pages))
    turned = replace(far.layout, place=Place(x_mm=at.x_mm, y_mm=at.y_mm + 40.0, turn_deg=5.0))
    await keep("turned", {**PARTS, "plate-3": replace(far, layout=turned)})
    text = plain(await tab(pages, name="turned"))
    assert "Turned: plate-3 by 5°. Pressures are spread over the cells of the floor" in text


async def test_a_part_that_one_plate_did_not_record_is_left_out_and_said(pages, keep):
    short = PARTS["plate-1"]
    short = replace(short, frames=short.frames[:75], times_us=short.times_us[:75])
    await keep("hall", {**PARTS, "plate-1": short})
    found = await session_rows.print_rows(await context(pages))
    assert found["start_us"].max() < short.times_us[-1]
    gone = replace(short, frames=short.frames[:5], times_us=short.times_us[:5])
    await keep("gone", {**PARTS, "plate-1": gone})
    assert "s with a load were not recorded by all plates, and are left out." in plain(await tab(pages, name="gone"))


async def test_corrections_are_of_the_floor_as_its_plates_lie(pages, keep):
    await keep("hall", PARTS)
    markup = await tab(pages)
    button = re.search(r'aria-label="Print 5 is none" data-set="([^"]*)"', markup)[1].replace("&amp;", "&")
    assert "4 prints found" in plain(await tab(pages, f"&{button}"))
    name = (await session_rows.print_rows(await context(pages)))["stream"].iloc[0]
    mark = footprints(surface(PARTS, grid=True))["mark"].iloc[4]
    fixes = fixes_of([{"stream": name, "do": "remove", "mark": mark}])
    await pages.archive.corrections.add_prints("hall", fixes, now_us=T0)
    assert "4 prints found" in plain(await tab(pages))
    with acting(OWNER):
        sources, session = pages, {"workout": "hall", "piece": "", "part": [0.0, 3.0], "streams": list(PARTS),
                                   "stance": [None, None]}  # fmt: skip
        moved = {"plates": [at(one, 10.0 if one == "plate-3" else 0.0) for one in PARTS]}
        press = partial(acted, sources, session=session, way="plates")
        said, looked, _ = await press("look", fields=moved, looked=None)
        assert "are one floor" in str(said)
        said, *_ = await press("keep", fields=moved, looked=looked)
        assert said == ["Kept."]
        known = dict(await calibration_callbacks.records(pages, await pages.archive.workout("hall")))
        assert set(known) == {"plate-3"}  # the others stayed
        assert known["plate-3"].made.method == "where plates lie"
        text = plain(await tab(pages))
        assert "1 correction by hand is of other places of the plates, and not done." in text
        assert "5 prints found" in text
        await press("undo plate-3", fields={}, looked=None)
    assert "4 prints found" in plain(await tab(pages))


async def test_the_dialog_has_three_fields_for_each_plate_and_a_picture(pages, keep):
    await keep("hall", unplaced(PARTS))
    with acting(OWNER):
        title, content = await callbacks.shown(pages, "plates", ["hall"], "?tab=footprints")
        shown = str(content)
        for stream in PARTS:
            assert f"y_mm|{stream}" in shown
        assert "plate-2, 400 mm wide, 700 mm long" in shown
        bad = {"plates": [{"stream": "plate-1", "x_mm": "here"}, {"stream": "plate-2"}]}
        session = {"workout": "hall", "piece": "", "part": [0.0, 3.0], "streams": list(PARTS), "stance": [None, None]}
        said, _, _ = await acted(pages, "look", session, "plates", bad, None)
        assert "x_mm: expected a number, got 'here'" in str(said)
        some = {"plates": [{"stream": "plate-1", "y_mm": 0.0}, {"stream": "plate-2", "y_mm": 700.0}]}
        said, _, _ = await acted(pages, "look", session, "plates", some, None)
        assert "Where plate-3 lies is not known." in str(said)
        assert "Where the plates lie. plate-1: x 0 mm, y 0 mm" in str(said)
    assert title == "Calibration"
