"""Masks by hand beyond the session they were drawn in: for the athlete, copied, of one print, and on other pages."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import numpy as np
import pytest
from walkways import plate, treading, walking

from analytics import sim
from barograph.frames import Recording
from barograph.store.correcting import add_mask, copy_masks
from barograph.store.roster import Athlete
from dashboard.compare import callbacks as compare
from dashboard.compare.pairs import DIFFER
from dashboard.compare.report_routes import make_comparison
from dashboard.masks import routes
from dashboard.reading.by_hand import OF_PRINTS
from dashboard.session import callbacks

T0, DAY_US = 1_790_000_000_000_000, 86_400_000_000
WALK = treading(plate(600, 2400), walking(4, y=250, step_mm=560), 3.0)


def plain(markup: str) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", markup)))


async def tab(pages, name: str, of: str) -> str:
    body, _ = await callbacks.tab(pages, f"/session/{name}", f"?tab={of}")
    return getattr(body, "data-markup")


def later(one: Recording, days: int) -> Recording:
    return replace(one, times_us=one.times_us - one.times_us[0] + T0 + days * DAY_US)


async def drawn(pages, name: str, search: str, scope: str) -> None:
    """Keep what is found with the second toe's part given to the hallux, as somebody draws it."""
    context = await routes.context_of(pages, name, "")
    stream, side, mark = (*search.split(","), "")[:3]
    found = await routes._subject(pages, context, stream, side, mark)
    labels = np.where(found.found == 10, 9, found.found)
    ground = {key: value for key, value in vars(found.ground).items() if value is not None}
    said = {"stream": stream, "side": side, "scope": scope, "reason": "one toe", "ground": ground,
            "labels": labels.ravel().tolist()}  # fmt: skip
    await add_mask(pages.archive, name, said | ({"mark": mark} if mark else {}), now_us=T0 + 20 * DAY_US)


@pytest.fixture
async def twice(pages, keep):
    """Two days of one athlete, and one of somebody else."""
    await pages.archive.roster.add(Athlete("Ada"), now_us=T0)
    for name, day, athlete in (("one", 0, "Ada"), ("two", 5, "Ada"), ("other", 6, "Bo")):
        walk = sim.walk(6.0, rows=20, cols=8, seed=day)
        await keep(name, {side: later(one, day) for side, one in walk.items()}, athlete=athlete)
    return pages


async def test_masks_for_the_athlete_hold_in_later_sessions_and_in_nobody_elses(twice):
    before = await tab(twice, "two", "regions")
    assert "masks version" not in before
    await drawn(twice, "one", "right,right", "athlete")
    assert "Right: masks version 2 (by hand);" in plain(await tab(twice, "one", "regions"))
    after = await tab(twice, "two", "regions")
    assert "Right: masks version 2 (by hand), drawn in one;" in plain(after)
    assert "Left: foot found in the pressures" in plain(after)
    assert "masks version" not in await tab(twice, "other", "regions")
    context = await routes.context_of(twice, "two", "")
    shown = await routes._subject(twice, context, "right", "right", "")
    assert shown.now is not None, "the page of masks begins with them"
    await twice.archive.corrections.withdraw_mask("one", 2, now_us=T0)
    assert await tab(twice, "two", "regions") == before


async def test_copied_masks_hold_in_the_session_that_they_are_copied_to(twice):
    await drawn(twice, "one", "right,right", "session")
    assert "masks version" not in await tab(twice, "two", "regions")
    here = await twice.archive.workout("two")
    assert [one["id"] for one in await routes._sessions(twice, here)] == ["one"]
    await twice.archive.corrections.withdraw_mask("one", 2, now_us=T0)
    assert await routes._sessions(twice, here) == []
    await twice.archive.corrections.withdraw_mask("one", 2, withdrawn=False, now_us=T0)
    (made,) = await copy_masks(twice.archive, "two", "one", now_us=T0)
    assert (made.copied_from, made.scope) == ("one", "session")
    assert "Right: masks version 2 (by hand);" in plain(await tab(twice, "two", "regions"))


async def test_compare_names_the_masks_of_each_session_and_says_where_they_differ(twice):
    alike = plain(await compare.body(twice, "?a=one&b=two"))
    assert "Masks: automatic masks, version 1 in both." in alike
    assert DIFFER not in alike
    await drawn(twice, "one", "right,right", "session")
    differ = plain(await compare.body(twice, "?a=one&b=two"))
    assert "Left: automatic masks, version 1 in both." in differ
    assert "Right: A masks version 2 (by hand), B automatic masks, version 1." in differ
    assert DIFFER in differ
    assert DIFFER in await make_comparison(twice.parts, "?a=one&b=two")


async def test_masks_of_one_print_are_its_own_and_regions_says_why_they_are_not_there(pages, keep):
    await keep("hall", {"plate": later(WALK, 0)})
    await keep("hall 2", {"plate": later(WALK, 1)})
    before = await tab(pages, "hall", "footprints")
    assert OF_PRINTS not in await tab(pages, "hall", "regions")
    context = await routes.context_of(pages, "hall", "")
    mark = (await routes._subject(pages, context, "plate", "right", "")).grounds[0][0]
    await drawn(pages, "hall", f"plate,right,{mark}", "print")
    after = await tab(pages, "hall", "footprints")
    assert "Right: masks version 2 (by hand), automatic masks, version 1." in plain(after)
    assert after != before
    assert OF_PRINTS in plain(await tab(pages, "hall", "regions"))
    assert OF_PRINTS in plain(await compare.body(pages, "?a=hall&b=hall+2"))
