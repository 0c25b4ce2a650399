"""Every page and tab at several widths and in units: nothing is cut, in the way, or wider than the screen."""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
from playwright.async_api import Page

from barograph.store.roster import Athlete, Consent, Involved, Measurement

FAULTS = (Path(__file__).parent / "faults_of_a_page.js").read_text("utf-8")
WHOLE = "BAROGRAPH_PICTURES" in os.environ  # `make pictures` looks at all of them
WIDTHS = (390, 640, 768, 1024, 1440, 1920) if WHOLE else (390, 1440)  # 640: a laptop at 200 %
UNITS = (("N", "kPa"), ("kgf", "mmHg"), ("% BW", "N/cm²"))
SETTLED = """([force, pressure]) => {
  localStorage.setItem("barograph.units", JSON.stringify({ force, pressure }));
  dispatchEvent(new Event("barograph-units"));
}"""
LONG = "A very long name of an athlete who has several of them"


@pytest_asyncio.fixture(loop_scope="session")
async def stored(request, athlete, kept, mongo_archive) -> tuple[str, str, str]:
    """Two walks a week apart, and whose they are: usual values, or names and loads as long as they get."""
    long = request.param == "long"
    names = (
        ("walk-1", "walk-2")
        if not long
        else ("treadmill-2026-11-28T17:15:59-left-shoe-A", "treadmill-before-the-operation-B")
    )
    about = {"athlete": "Athlete 12", "kind": "Walk", "mass_kg": 75.0, "tags": ("a",)}
    if long:
        about = {
            "athlete": LONG,
            "kind": "Treadmill walk, incline",
            "mass_kg": 141.5,
            "tags": ("rehab", "week 12", "B"),
        }
    uid = await whose(mongo_archive.roster, str(about["athlete"]), long=long)
    for days, name in enumerate(names):
        sender = athlete(name, 14.0, ago=(8 - 7 * days) * 86_400.0, **about)
        if long and days:
            sender.recordings = {key: heavy(one) for key, one in sender.recordings.items()}
        await sender.begin()
        n = len(sender.recordings["left"])
        await sender.store(0, n, received_us=int(sender.recordings["left"].times_us[-1]))
    return *names, uid


async def whose(roster, name: str, *, long: bool) -> str:
    """Make the record of an athlete, with all that it may hold said at length."""
    now_us = time.time_ns() // 1000
    words = "Flexion-and-extension under supervision, " * 3 if long else "knee"
    team = await roster.add_team(f"{name[:60]} and others" if long else "Track", now_us=now_us)
    known = Athlete(
        name, sex="F", born="2002-05-14", dominant="both", shoe="EU 40", teams=(team.uid,), notes=words,
        involved=(Involved("left", "2026-05-14", "2026-09-30", words.strip()),), aliases=(words,),
        measurements=tuple(Measurement("mass_kg", 141.125 + i, now_us - i * 10**12, words) for i in range(3)),
        consents=(Consent(words, "2026-05-14", "2036-05-14", LONG, "given", words),),
    )  # fmt: skip
    return (await roster.add(known, now_us=now_us)).uid


def heavy(one):
    """The same walk with pressures of thousands of kPa."""
    frames = np.minimum(one.frames.astype(np.float64) * 6.0, 65_535).astype(np.uint16)
    return replace(one, frames=frames)


async def in_units(page: Page, force: str, pressure: str) -> None:
    """Choose units, and wait until what the server draws is drawn in them."""
    asked = await page.evaluate("() => Boolean(document.querySelector('[data-baro=drawn]'))")
    if not asked:
        await page.evaluate(SETTLED, [force, pressure])
        return
    async with page.expect_response(lambda answer: "_dash-update-component" in answer.url):
        await page.evaluate(SETTLED, [force, pressure])
    await page.wait_for_timeout(150)


async def faults_that_stay(page: Page) -> list[str]:
    """Faults that are there for a second and a half: a figure that follows its place late is none."""
    for _ in range(10):
        if not (faults := await page.evaluate(FAULTS)):
            return []
        await page.wait_for_timeout(150)
    return faults


async def crawl(page: Page, name: str, screenshot: Callable[..., Awaitable[None]], *, ready: str) -> list[str]:
    """Faults of a page at every width and in every set of units, dark and light in turn."""
    found = []
    for i, units in enumerate(UNITS if WHOLE else UNITS[-1:]):
        await page.set_viewport_size({"width": WIDTHS[-1], "height": 900})  # where a grid is a grid
        await in_units(page, *units)
        await page.wait_for_selector(ready)
        for j, width in enumerate(WIDTHS if not i else WIDTHS[:1]):
            scheme = ("dark", "light")[(i + j) % 2]
            await page.emulate_media(color_scheme=scheme)
            await page.set_viewport_size({"width": width, "height": 900})
            await page.wait_for_timeout(150)
            faults = await faults_that_stay(page)
            found += [f"{width} px, {units[0]} and {units[1]}: {fault}" for fault in faults]
            if faults:
                await screenshot(page, f"crawl-{name}-{width}-{units[1].replace('/', '')}-{scheme}", full=True)
    return found


PAGES = {
    "home": ("/", ".sessions-grid .ag-row"),
    **{f"session-{tab}": (f"/session/{{0}}?tab={tab}", ".tab-panel .part-head, .tab-panel h3") for tab in
       ("maps", "gait", "footprints", "jump", "balance", "regions", "data")},
    "compare": ("/compare?a={0}&b={1}", ".compare-maps figure[data-page=d] svg"),
    "compare-change": ("/compare?a={0}&b={1}&view=change", ".change-table table"),
    "history": ("/athlete/{athlete}/history", ".history-body"),
    "one-athlete": ("/athletes/{2}", ".one-measure svg"),
    "system": ("/system", "#page h1"),
    "live": ("/live/{0}", "#page h1, .live"),
    "athlete": ("/athlete/{0}", "main"),
    "feedback": ("/feedback/{0}", "#feedback"),
    "report": ("/report/{0}", "h1"),
    "compare-report": ("/compare/report?a={0}&b={1}", "h1"),
}  # fmt: skip


# Values as long as they get on every page, usual ones where a page is laid out by what they are.
VISITS = {"long": tuple(PAGES), "short": ("session-gait", "compare", "live")}


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("stored", "kind"), [(kind, kind) for kind in VISITS], indirect=["stored"])
async def test_nothing_on_a_page_is_cut_or_in_the_way(viewer, stored, screenshot, kind):
    """All pages in one visit: storing the sessions for each anew took as long as looking at it."""
    faults = []
    for name in VISITS[kind]:
        path, ready = PAGES[name]
        page = await viewer.open(path.format(*stored, athlete=LONG if kind == "long" else "Athlete 12"))
        await page.wait_for_selector(ready)
        await page.wait_for_timeout(300)
        faults += [f"{name}: {one}" for one in await crawl(page, f"{name}-{kind}", screenshot, ready=ready)]
        await page.close()
    assert not faults, "\n".join(faults)
