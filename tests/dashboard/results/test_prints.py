"""The Footprints tab: the numbers of analytics, what is left out, and why there is nothing."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from walkways import Tread, plate, treading, walking

from analytics import footprints, sim, walk, walk_means
from analytics.prints.footprints import prints_of
from analytics.prints.mean_print import mean_print
from analytics.prints.measures import measured
from barograph import Recording
from barograph.access.acting import acting
from barograph.access.principals import Principal
from barograph.store.correcting import add_mask
from barograph.store.corrections import fixes_of
from dashboard.session import callbacks
from dashboard.session.report_routes import make
from tests.dashboard.shown import number, rows

LAYOUT = plate(600, 2400)
T0 = 1_790_000_000_000_000


def at(recording: Recording) -> Recording:
    return replace(recording, times_us=recording.times_us + T0)


WALK = at(treading(LAYOUT, [*walking(4, y=250, step_mm=560), Tread("left", 250, 2395, -7, 2.2)], 3.0))


async def tab(pages, search: str = "") -> str:
    body, _ = await callbacks.tab(pages, "/session/hall", f"?tab=footprints{search}")
    return getattr(body, "data-markup")


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text).replace("\u202f", ""))


async def test_the_tab_has_the_numbers_of_analytics(pages, keep):
    await keep("hall", {"plate": WALK})
    markup = await tab(pages)
    found = footprints(WALK)
    steps, means = walk(found), walk_means(found)
    assert len(found) == 5
    text = plain(markup)
    assert "5 prints found, 1 cut by an edge · contact above 10 kPa" in text
    shown = rows(markup, "Prints")[1:]
    assert [row[1] for row in shown] == ["L", "R", "L", "R", "L"]
    assert [number(row[5]) for row in shown[:4]] == pytest.approx(found["foot_length_mm"].tolist()[:4], abs=0.51)
    assert [number(row[8]) for row in shown[1:3]] == pytest.approx(steps["step_length_mm"].tolist(), abs=0.51)
    assert shown[4][10] == "cut by the plate's edge: left out"
    assert shown[4][5] == "–"
    lines = {row[0].split(" mm")[0]: row[1:] for row in rows(markup, "Walk")[1:]}
    assert number(lines["Step width"][1].split("±")[0]) == pytest.approx(means["mean_step_width_mm"].iloc[-1], abs=0.51)
    assert "right step 560" in text
    assert "4 whole prints, 2 steps" in text
    assert "mean ± SD over prints, left 2, right 2" in text
    parts = [row[0] for row in rows(markup, "By part of the foot")[1:]]
    assert len(parts) == 10
    report = await make(pages.parts, "hall")
    assert "Footprints on the floor" in report


async def test_a_walk_to_the_back_is_drawn_to_the_right_too(pages, keep):
    await keep("hall", {"plate": replace(WALK, frames=WALK.frames[:, ::-1, ::-1])})
    there = await tab(pages)
    marks = [float(x) for x in re.findall(r'<circle cx="([\d.]+)" cy="[\d.]+" r="3" fill="var\(--under-bed\)"', there)]
    assert marks == sorted(marks)
    assert len(marks) == 4


async def test_prints_that_touch_and_a_plate_without_prints_say_why(pages, keep):
    touching = [Tread("left", 255, 600, 0, 0.2), Tread("right", 330, 620, 0, 0.3)]
    await keep("hall", {"plate": at(treading(LAYOUT, touching, 1.4))})
    markup = await tab(pages)
    assert "1 that touch, left out until separated" in plain(markup)
    assert "No whole print has a foot that was found" in plain(markup)
    none = plain(await tab(pages, "&p0=900"))
    assert "No footprints here" in none
    assert "loaded above 900 kPa, for 0.1 s or longer, on 10 cm² or more" in none


async def test_insoles_have_no_footprints_and_the_tab_says_so(pages, keep):
    await keep("hall", sim.walk(3.0, rows=12, cols=6, start_us=T0))
    assert "left on plates and walkways" in plain(await tab(pages))


async def test_blocks_of_any_size_leave_the_same_prints(pages, keep):
    from barograph.frames import Block
    from dashboard.reading.prints import PrintsFold

    class Info:
        layout = LAYOUT

    tables = []
    for size in (1, 7, 500):
        fold = PrintsFold(Info(), None, "[]")  # type: ignore[arg-type]
        for start, part in WALK.blocks(size):
            fold.update(Block(0, start, part.times_us, T0, part.frames))
        tables.append(fold.get().table.drop(columns=["first", "after"]))
    assert tables[0].equals(tables[1])
    assert tables[1].equals(tables[2])
    whole = footprints(WALK).drop(columns=["first", "after"])
    assert tables[2].equals(whole)
    assert np.isfinite(whole["foot_length_mm"]).sum() == 4


def button(markup: str, label: str) -> str:
    """What the button of a name sets, as an address has it."""
    found = re.search(rf'aria-label="{label}" data-set="([^"]*)"', markup)
    assert found, label
    return "&" + found[1].replace("&amp;", "&")


async def test_sides_are_swapped_prints_removed_and_joined_and_all_of_it_is_taken_back(pages, keep):
    await keep("hall", {"plate": WALK})
    markup = await tab(pages)
    swapped = button(markup, "Print 2 is a left one")
    assert swapped[1:] in markup.split("print-badge")[2]  # a click on the badge does the same
    after = await tab(pages, swapped)
    assert [row[1] for row in rows(after, "Prints")[1:3]] == ["L", "L"]
    assert "by hand" in rows(after, "Prints")[2][2]
    assert "1 correction by hand, kept in this page’s address" in plain(after)
    removed = button(after, "Print 5 is none")
    fewer = await tab(pages, removed)
    assert "4 prints found" in plain(fewer)
    assert "2 corrections by hand" in plain(fewer)
    once = button(fewer, "Take the last correction back")
    assert once == swapped
    assert 'data-unset="fix"' in fewer
    joined = plain(await tab(pages, button(markup, "Prints 1 and 2 are one")))
    assert "4 prints found, 1 cut by an edge, 1 that touch" in joined
    report = await make(pages.parts, "hall", button(markup, "Print 5 is none"))
    assert "4 prints found" in plain(report)
    assert "1 correction by hand" in plain(report)
    assert "Print 2 is a" not in report  # nothing answers on paper


async def test_prints_that_touch_are_split_by_their_buttons(pages, keep):
    touching = [Tread("left", 255, 600, 0, 0.2), Tread("right", 330, 620, 0, 0.3)]
    await keep("hall", {"plate": at(treading(LAYOUT, touching, 1.4))})
    markup = await tab(pages)
    both = [re.findall(r'data-set="([^"]*)"[^>]*>Split ' + way, markup) for way in ("along", "across")]
    apart = plain(await tab(pages, "&" + both[0][0].replace("&amp;", "&")))
    assert "2 prints found" in apart
    assert "that touch" not in apart


@pytest.mark.parametrize("wrong", ["plate|paint|1:2:3", "plate|side|1:2:3|up", "plate|join|1:2:3", "nonsense",
                                   "plate|split|1:2:3|1,2|x,y"])  # fmt: skip
async def test_a_correction_that_is_none_is_said_and_costs_nothing(pages, keep, wrong):
    await keep("hall", {"plate": WALK})
    text = plain(await tab(pages, f"&fix={wrong}"))
    assert "fix: expected" in text
    assert "5 prints found" in text


async def test_corrections_that_are_kept_hold_without_the_address_which_goes_before_them(pages, keep):
    await keep("hall", {"plate": WALK})
    mark = footprints(WALK)["mark"].iloc[4]
    kept = await pages.archive.corrections.add_prints(
        "hall", fixes_of([{"stream": "plate", "do": "remove", "mark": mark}]), now_us=T0
    )
    text = plain(await tab(pages))
    assert "4 prints found" in text
    assert "1 correction by hand, version 1 kept with the session" in text
    text = plain(await tab(pages, "&fix=none"))
    assert "5 prints found" in text
    assert "As found, as this page’s address says, which goes before version 1 of the session" in text
    text = plain(await tab(pages, f"&fix=plate|side|{mark}|right"))
    assert "5 prints found" in text
    assert "1 correction by hand, kept in this page’s address, which goes before version 1" in text
    await pages.archive.corrections.withdraw_prints("hall", kept.number, now_us=T0)
    assert "Bring version 1 back" not in plain(await tab(pages))  # nobody is there who may
    with acting(Principal("owner", kind="owner")):
        text = plain(await tab(pages))
    assert "5 prints found" in text
    assert "Bring version 1 back" in text


async def test_masks_by_hand_stand_in_the_table_and_in_kept_measures(pages, keep):
    await keep("hall", {"plate": WALK})
    markup = await tab(pages)
    assert "Left: automatic masks, version 1; Right: automatic masks, version 1." in plain(markup)
    assert "Mean prints: ten masks, left, mean of 2 prints; right, mean of 2 prints" in markup
    shapes, parts = (set(re.findall(rf'{kind}" data-mask="(\d+)"', markup)) for kind in ("print-mask", "print-number"))
    assert shapes == parts == set(map(str, range(1, 11)))
    assert "kPa·s" in await tab(pages, "&means=pti")
    assert "Mean prints: pressure, left" in await tab(pages, "&means=pressure")
    found = prints_of(WALK)
    each = measured(found, LAYOUT.loaded_above)
    mean = mean_print(each, "right", above=LAYOUT.loaded_above)
    labels = np.where(mean.labels == 10, 9, mean.labels)
    ground = {"places": "foot", "rows": labels.shape[0], "cols": labels.shape[1], "pitch_mm": mean.pitch_mm,
              "x_mm": mean.x_mm, "y_mm": mean.y_mm, "length_mm": mean.length_mm}  # fmt: skip
    said = {"stream": "plate", "side": "right", "scope": "session", "reason": "one toe", "ground": ground,
            "labels": labels.ravel().tolist()}  # fmt: skip
    before = {row[0]: row for row in rows(await tab(pages), "By part of the foot")}
    await add_mask(pages.archive, "hall", said, now_us=T0)
    markup = await tab(pages)
    after = {row[0]: row for row in rows(markup, "By part of the foot")}
    assert "Left: automatic masks, version 1; Right: masks version 2 (by hand)." in plain(markup)
    assert [name for name in before if before[name][1] != after[name][1]] == []  # the left foot's
    changed = [name for name in before if before[name] != after[name]]
    assert any("Toes" in name for name in changed)
    assert "masks version 2 (by hand)" in plain(await make(pages.parts, "hall"))
    await pages.archive.corrections.withdraw_mask("hall", 2, now_us=T0)
    assert {row[0]: row for row in rows(await tab(pages), "By part of the foot")} == before


async def test_an_insole_has_the_ten_masks_that_were_drawn(pages, keep):
    left = at(sim.walk(6.0, rows=8, cols=4)["left"])
    await keep("hall", {"left": left})
    cells = left.layout.valid.ravel()
    labels = np.where(cells, np.arange(len(cells)) % 10 + 1, 0).tolist()
    said = {"stream": "left", "side": "left", "scope": "session", "reason": "a pattern", "labels": labels,
            "ground": {"places": "cells", "rows": 8, "cols": 4}}  # fmt: skip
    await add_mask(pages.archive, "hall", said, now_us=T0)
    body, _ = await callbacks.tab(pages, "/session/hall", "?tab=regions")
    markup = getattr(body, "data-markup")
    assert len(rows(markup, "Measures by region")) == 11
    assert "masks version 2 (by hand)" in plain(markup)
