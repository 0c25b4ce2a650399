"""`make testday`: a whole test day in a browser, from the roster to the printed report.

A laboratory is started as `barograph up` starts it. Two pairs of insoles are paired, twelve simulated athletes do three
tests at two stations, and all that goes wrong on such a day goes wrong. In the end the archive and the report are held
against what was done: whoever stood there, in which test, for how long, and what was decided.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from insoles import Insoles, paired
from playwright.async_api import Browser, Page, expect
from testday_checks import checked
from testday_house import TEAM, House, Person, house, people, roster
from testday_plan import plan
from testday_station import Station
from walking import chromium, keep, sheets

import barograph
from barograph import settings

sys.path.append(str(Path(__file__).parents[1] / "faults"))

from harness.proxy import Proxy, proxy

PATIENCE_MS = 120_000
CODE = re.compile(r"[2-9A-Z]{4}-[2-9A-Z]{4}")
HTTP_WRONG = 400
UNMEANT = 4  # a machine that is busy may let somebody jump too late
SIZE = {"width": 1440, "height": 900}
TESTS = ("One-leg stance", "Walk", "Countermovement jump")
STATIONS = {"Station 1": "a", "Station 2": "b"}
expect.set_options(timeout=PATIENCE_MS)


@dataclass
class TestDay:
    """What a test day needs: the laboratory, a browser, athletes, and at each station insoles and their cable."""

    __test__ = False

    lab: House
    browser: Browser
    athletes: list[Person]
    insoles: dict[str, Insoles] = field(default_factory=dict)
    cables: dict[str, Proxy] = field(default_factory=dict)
    address: str = ""
    refused: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    async def signed_in(self, scheme: str = "light") -> Page:
        """A page of another browser that has opened a link."""
        context = await self.browser.new_context(viewport=SIZE, color_scheme=scheme)
        context.set_default_timeout(PATIENCE_MS)
        await context.request.post(await self.lab.new_link(), max_redirects=0)
        page = await context.new_page()
        page.on("response", lambda answer: self._heard(answer.status, answer.request.url, answer.request.post_data))
        return page

    def _heard(self, status: int, url: str, sent: str | None) -> None:
        if url.endswith("/do"):
            self.asked.append(f"{datetime.now(UTC):%H:%M:%S.%f} {status} {sent or ''}")
        if status >= HTTP_WRONG:
            self.refused.append(f"{status} {url}: {sent or ''}")

    async def at(self, station: str, scheme: str = "light") -> Page:
        """A page of another browser at a station."""
        page = await self.signed_in(scheme)
        await page.goto(f"{self.address}?station={station}")
        await page.wait_for_selector('.record:not([data-phase="loading"])')
        return page

    def unplug(self, station: str) -> None:
        """Pull the cable of a station's insoles."""
        self.cables[station].target_port = 0
        self.cables[station].cut()

    def plug(self, station: str) -> None:
        """Put it in again."""
        self.cables[station].target_port = self.lab.ingest_port


async def roster_filled(page: Page, day: TestDay) -> None:
    """Import the team's list."""
    await page.goto(f"{day.lab.url}/athletes/import")
    await page.locator("#roster-file").set_input_files(
        {"name": "team.csv", "mimeType": "text/csv", "buffer": roster(day.athletes)}
    )
    await page.get_by_role("button", name=f"Import {len(day.athletes)} rows").click()
    await expect(page.locator('.import-counts[data-done="true"]')).to_be_visible()
    await page.get_by_role("link", name="To the roster").click()
    await expect(page.locator("#count-all")).to_have_text(re.compile(str(len(day.athletes))))


async def device_paired(page: Page, day: TestDay, mark: str) -> str:
    """Pair a pair of insoles: its code, and somebody here who allows it; its token."""
    await page.goto(f"{day.lab.url}/devices")
    await page.get_by_role("button", name=re.compile("^Pair a device")).click()
    found = CODE.search(await page.locator(".pairing .code").inner_text())
    assert found is not None
    url = f"ws://127.0.0.1:{day.lab.ingest_port}/ws"
    chosen = settings.load(data_dir=day.lab.place / f"device-{mark}")
    asking = asyncio.create_task(asyncio.to_thread(paired, url, found[0], chosen, chosen.data_dir / "token"))
    await expect(page.get_by_text("One device asks")).to_be_visible()
    await page.get_by_label("Name", exact=True).fill(f"Insoles {mark.upper()}")
    if mark == "a":
        await keep(page, "testday-1-pairing")
    await page.get_by_role("button", name="Allow").click()
    return await asking


async def day_made(page: Page, day: TestDay) -> None:
    """Select the team in the roster, press R, and choose the tests."""
    await page.goto(f"{day.lab.url}/athletes")
    await page.get_by_role("button", name=re.compile(f"^{TEAM}")).click()
    await page.wait_for_url("**team=**")
    await page.reload()  # the list of before may stand there for a moment, and what is selected in it goes with it
    await expect(page.locator(".roster-grid .athlete-link")).to_have_count(len(day.athletes))
    for one in day.athletes:
        await page.locator(".roster-grid .ag-row", has_text=one.name).locator("input").check()
    await expect(page.get_by_text(f"{len(day.athletes)} selected")).to_be_visible()
    await keep(page, "testday-2-roster")
    await page.evaluate("document.activeElement.blur()")
    await page.keyboard.press("r")
    await page.wait_for_selector('.record[data-phase="setup"]')
    await expect(page.locator(".entry-name")).to_have_text([one.name for one in day.athletes])
    for title in TESTS:
        test = page.locator(".test", has=page.locator(".test-words b", has_text=re.compile(f"^{title}$"))).last
        await test.locator(".test-choose").click()
        await expect(test).to_have_attribute("data-chosen", "true")
    day.address = page.url.partition("?")[0]


async def locked(page: Page, day: TestDay) -> None:
    """Whoever was not asked for consent is in the queue and cannot be chosen."""
    for one in day.athletes:
        if not one.asked:
            entry = page.locator(".entry", has_text=one.name)
            await expect(entry).to_contain_text("no consent is written down")
            await expect(entry.locator(".entry-choose")).to_be_disabled()


async def linked(page: Page, insoles: Insoles) -> None:
    """Link the insoles to the station that the page shows, and let the next in the queue come."""
    await page.get_by_text("Link a device", exact=True).click()
    await page.locator(".found-one", has_text=insoles.workout).click()
    await expect(page.locator(".linked-words b")).to_have_text(insoles.workout)
    await page.evaluate("document.activeElement.blur()")
    await page.keyboard.press("n")
    await expect(page.locator(".entry[aria-current]")).to_be_visible()


@asynccontextmanager
async def sending(day: TestDay, tokens: dict[str, str]) -> AsyncIterator[None]:
    """All insoles send, each through its cable, until the block is left."""
    async with AsyncExitStack() as all_of_them:
        for station, mark in STATIONS.items():
            cable = await all_of_them.enter_async_context(proxy(Proxy(day.lab.ingest_port)))
            day.cables[station], day.insoles[station] = cable, Insoles(f"insoles-{mark}")
            spool = day.lab.place / f"{mark}.spool"
            url = f"ws://127.0.0.1:{cable.port}/ws"
            await all_of_them.enter_async_context(day.insoles[station].sending(url, tokens[mark], spool))
        yield


async def tested(page: Page, day: TestDay) -> list[Station]:
    """Test everybody at two stations, each with a page of its own."""
    await linked(page, day.insoles["Station 1"])
    await page.get_by_role("button", name="Add a station").click()
    await expect(page.locator(".station-tab")).to_have_count(2)
    second = await day.at("Station 2")
    await linked(second, day.insoles["Station 2"])
    known = {one.name: one for one in day.athletes}
    stations = [Station(name, at, day.insoles[name], known, plan(day))
                for name, at in (("Station 1", page), ("Station 2", second))]  # fmt: skip
    async with asyncio.TaskGroup() as group:
        for one in stations:
            group.create_task(one.all())
    return stations


async def reported(page: Page, day: TestDay) -> Page:
    """From the roster to the report of the team, as the browser prints it."""
    await page.goto(f"{day.lab.url}/athletes")
    await page.get_by_role("button", name=re.compile(f"^{TEAM}")).click()
    await page.get_by_role("link", name="Test day").click()
    await expect(page.get_by_role("heading", name=TEAM, level=1)).to_be_visible()
    await page.set_viewport_size({"width": 900, "height": 1200})
    printed = sheets(await page.pdf(prefer_css_page_size=True, print_background=True))
    assert printed >= 1
    sys.stderr.write(f"printed on {printed} pages\n")
    await keep(page, "testday-9-report", full=True)
    return page


async def whole_day(day: TestDay) -> None:
    page = await day.signed_in()
    await roster_filled(page, day)
    tokens = {mark: await device_paired(page, day, mark) for mark in STATIONS.values()}
    await day_made(page, day)
    await locked(page, day)
    async with sending(day, tokens):
        stations = await tested(page, day)
    page = stations[0].page
    await keep(page, "testday-8-over")
    await reported(page, day)
    done = [one for station in stations for one in station.done]
    sys.stderr.write(f"{len(done)} trials, {sum(one.state == 'rejected' for one in done)} rejected\n")
    missed = plan(day).keys() - {one for station in stations for one in station.taken}
    assert not missed, f"planned and not done: {missed}"
    unmeant = [one for station in stations for one in station.unmeant]
    sys.stderr.write("".join(f"failed though nobody meant it to: {one}\n" for one in unmeant))
    assert len(unmeant) <= UNMEANT, f"expected at most {UNMEANT} trials that fail of themselves"
    await checked(page, day.lab, day.athletes, done)


async def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--athletes", type=int, default=12, help="how many there are, 5 or more (12)")
    athletes = people(asked.parse_args().athletes)
    with tempfile.TemporaryDirectory(prefix="barograph-") as place:
        async with house(Path(place)) as lab, chromium() as browser:
            day = TestDay(lab, browser, athletes)
            try:
                await whole_day(day)
            except BaseException:
                await told(day)
                raise


async def told(day: TestDay) -> None:
    """Keep under build/ what the pages show and the servers say, of a day that went wrong."""
    place = Path("build/testday")
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(day.lab.data_dir / "logs", place)
    (place / "commands.txt").write_text("\n".join(day.asked), "utf-8")
    with barograph.connect(data_dir=day.lab.data_dir) as lab:
        for name in lab.workouts().index:
            lab.trials(name).to_csv(place / f"trials of {name}.csv")
    for i, page in enumerate(page for context in day.browser.contexts for page in context.pages):
        await page.screenshot(path=place / f"{i}.png")
        focused = await page.evaluate("() => document.activeElement?.outerHTML.slice(0, 200)")
        sys.stderr.write(f"{i}.png: the focus is on {focused}\n")
    for insoles in day.insoles.values():
        sys.stderr.write(f"{insoles.workout}: {insoles.wearer}, {insoles.trouble}, {insoles.told}\n")
    sys.stderr.write("\n".join([*day.lab.said[-10:], *day.refused[-30:], f"see {place}", ""]))


if __name__ == "__main__":
    asyncio.run(main())
