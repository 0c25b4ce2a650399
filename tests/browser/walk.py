"""`make walk`: the pictures of docs/walk.md, taken on the real thing as a newcomer meets it.

A laboratory is started as `barograph up` starts it, a recording of last week is imported, a simulated athlete walks,
and a browser goes the way that docs/walk.md tells, from the home page, by what can be seen and pressed there.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

from playwright.async_api import Page
from walking import chromium, command, keep, run, said, sheets

from analytics import sim
from barograph.files import write

PATIENCE_MS = 120_000
WEEK_S = 7 * 86_400
WALKED_S = 45.0


async def last_week(folder: Path, data_dir: Path) -> None:
    """A walk of a week ago, a little heavier on the left, as files that are imported."""
    start_us = int((time.time() - WEEK_S) * 1e6)
    for side, recording in sim.walk(60.0, start_us=start_us, asymmetry=0.08, seed=4).items():
        write(folder / f"{side}.npz", recording, "npz")
    files = [str(folder / f"{side}.npz") for side in ("left", "right")]
    await run("import", *files, "--workout", "walk-last-week", "--data-dir", str(data_dir))


async def describe(page: Page, mark: str) -> None:
    """Say who walked, in the list, as a person does."""
    row = page.locator(".sessions-grid .ag-row", has=page.locator(f'a[href$="{mark}"]'))
    await row.locator(".edit").click()
    await page.get_by_role("textbox", name="Athlete").fill("Athlete 12")
    await page.get_by_role("textbox", name="Kind").fill("Treadmill walk")
    await page.get_by_role("button", name="Save").click()
    await page.locator("[role=dialog]").wait_for(state="hidden")


async def go(page: Page) -> None:
    """The way of docs/walk.md."""
    await page.wait_for_selector(".live-card .pill[data-state=live]")
    for mark in ("walk-today", "walk-last-week"):
        await describe(page, mark)
    await page.wait_for_selector(".live-card .pill[data-state=live]")
    await page.wait_for_function("() => /[0-9]/.test(document.querySelector('.live-card .value')?.textContent ?? '')")
    await page.wait_for_function("() => [...document.querySelectorAll('.thumb img')].every((one) => one.complete)")
    await keep(page, "walk-1-home")
    await page.get_by_role("link", name="Watch").click()
    await page.wait_for_selector('.live[data-state="live"]')
    await page.wait_for_timeout(WALKED_S * 1000)
    await keep(page, "walk-2-live")
    for _ in range(3):
        await page.keyboard.press("ArrowLeft")
        await page.wait_for_timeout(300)
    await page.locator(".pill", has_text="Rewound").first.wait_for()
    await page.wait_for_timeout(1500)
    await keep(page, "walk-3-rewound")
    await page.get_by_role("link", name="Sessions").click()
    await page.locator('.session-link[href$="walk-today"]').click()
    await page.wait_for_selector(".session[data-shown]")
    await page.keyboard.press("6")
    await page.wait_for_selector(".tab-regions table")
    await page.set_viewport_size({"width": 1440, "height": 1300})
    await keep(page, "walk-4-regions")
    await page.set_viewport_size({"width": 1440, "height": 900})
    await compare(page)
    await printed(page)


async def compare(page: Page) -> None:
    """Both sessions, chosen in the list."""
    await page.get_by_role("link", name="Sessions").click()
    for mark in ("walk-today", "walk-last-week"):
        row = page.locator(".sessions-grid .ag-row", has=page.locator(f'a[href$="{mark}"]'))
        await row.locator("input[type=checkbox]").check()
    await page.locator(".selection-bar").get_by_role("link", name="Compare").click()
    await page.wait_for_url("**/compare**")
    await page.wait_for_selector("#compare-body table")
    await keep(page, "walk-5-compare")


async def printed(page: Page) -> None:
    """The comparison as a page of its own, which the browser prints to pages of paper."""
    async with page.context.expect_page() as opening:
        await page.get_by_role("link", name="Report").click()
    report = await opening.value
    await report.set_viewport_size({"width": 900, "height": 1200})
    await report.get_by_role("heading", name="Paired measures", exact=True).wait_for()
    pages = sheets(await report.pdf(prefer_css_page_size=True, print_background=True))
    sys.stderr.write(f"printed on {pages} pages\n")
    await keep(report, "walk-6-report", full=True)


async def main() -> None:
    with tempfile.TemporaryDirectory(prefix="barograph-") as place:
        data_dir = Path(place) / "data"
        house = ("up", "--no-browser", "--port", "0", "--ingest-port", "0", "--data-dir", str(data_dir))
        async with command(*house) as lab:
            link, ingest = await said(lab, r"http://\S+/login/\S+", r"ws://\S+/ws")
            await last_week(Path(place), data_dir)
            async with (
                command("send", "sim:walk", "--workout", "walk-today", "--url", ingest, "--data-dir", str(data_dir)),
                chromium() as browser,
            ):
                page = await browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme="dark")
                page.set_default_timeout(PATIENCE_MS)
                await page.goto(link)
                await go(page)


if __name__ == "__main__":
    asyncio.run(main())
