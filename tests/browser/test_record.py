"""A test day in the browser: from an empty queue to accepted and rejected trials, with all that happens in between."""

from __future__ import annotations

import asyncio
import re
import time

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect
from screens import axe, fits

from barograph.store.roster import Athlete, Consent, Measurement

GIVEN = Consent("record and keep", "2020-01-01")
STAND = """
title = "Short stand"
instructions = "Stand still and look ahead."
trials = 1
duration_s = 4
countdown_s = 2
[criteria]
duration_reached = {}
device_healthy = {}
"""
MARCH = """
title = "March on the spot"
instructions = "March until I say stop."
trials = 1
countdown_s = 0
[criteria]
steps_whole = { steps = 2 }
"""
SMALL = """least => [...document.querySelectorAll('.record :is(button, summary, a, input, .find)')]
  .filter((one) => one.checkVisibility() && !one.closest('.segments, .find *'))
  .filter((one) => one.getBoundingClientRect().height < least)
  .map((one) => `${one.className} ${one.textContent.trim()}: ${one.getBoundingClientRect().height}`)"""
# Tones that sound: those of the page's own guess are taken back when the server says when it is go.
HEARD = """() => {
  window.planned = [];
  const { start, stop } = OscillatorNode.prototype;
  OscillatorNode.prototype.start = function (at) {
    window.planned.push({ node: this, hz: this.frequency.value, at });
    start.call(this, at);
  };
  OscillatorNode.prototype.stop = function (at) {
    const one = window.planned.find(({ node }) => node === this);
    if (at === undefined && this.context.currentTime < one.at) one.back = true;
    stop.call(this, at);
  };
  window.heard = () => window.planned.filter(({ back }) => !back).map(({ hz, at }) => [hz, at]);
}"""
# What the page offers to start, from when it can be started; the checks are asked for again all the time.
OFFERED = """() => {
  window.offered = [];
  setInterval(() => {
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "b", bubbles: true }));
    if (!document.querySelector('[data-here="start"]:enabled')) return;
    window.offered.push(document.querySelector('[data-slot="foot"]').innerText);
  }, 20);
}"""
PHASE = '.record[data-phase="{}"]'


@pytest_asyncio.fixture(loop_scope="session")
async def lab(dashboard, mongo_archive, athlete):
    """Three athletes, one without consent; a pair of insoles that sends; two short protocols of the lab's own."""
    own = dashboard.data_dir / "protocols"
    own.mkdir(exist_ok=True)
    (own / "short-stand.toml").write_text(STAND)
    (own / "march.toml").write_text(MARCH)
    now_us = time.time_ns() // 1000
    mass = (Measurement("mass_kg", 75.0, now_us),)
    for name, consents in (("Athlete 12", (GIVEN,)), ("Athlete 31", (GIVEN,)), ("Athlete 33", ())):
        await mongo_archive.roster.add(Athlete(name, consents=consents, measurements=mass), now_us=now_us)
    sender = athlete("pair-7", 120.0, ago=8.0)
    await sender.walk()
    yield mongo_archive
    for path in own.iterdir():
        path.unlink()


async def in_phase(page: Page, phase: str) -> None:
    await page.wait_for_selector(PHASE.format(phase))


async def trials_of(archive, number: int) -> list[tuple[str, str]]:
    """Protocol and state of the trials in the workout of the athlete with this number in the queue."""
    (day,) = await archive.test_days.newest()
    return [(one.protocol, one.state) for one in await archive.trials.of(f"{day.id}-{number}")]


async def begun(viewer) -> Page:
    """Make a test day with all three, both tests and the device, as one does by hand."""
    page = await viewer.open("/record")
    await expect(page.get_by_text("No test day yet")).to_be_visible()
    await page.keyboard.press("n")
    await in_phase(page, "setup")
    await expect(page.get_by_text("Nobody in the queue")).to_be_visible()
    await expect(page.get_by_role("button", name="Start trial 1")).to_be_disabled()
    await expect(page.get_by_role("heading", name="No device is linked")).to_be_visible()
    for name in ("Athlete 12", "Athlete 31", "Athlete 33"):
        await page.locator("#record-find").fill(name[-2:])
        await page.locator(".found-one", has_text=name).click()
        await expect(page.locator(".entry-choose", has_text=name)).to_be_visible()
    await page.locator("#record-find").fill("")
    for title in ("Short stand", "March on the spot"):
        await page.locator(".test-choose", has_text=title).click()
        await expect(page.locator('.test[data-chosen="true"]', has_text=title)).to_be_visible()
    await page.get_by_text("Link a device", exact=True).click()
    await page.locator(".found-one", has_text="pair-7").click()
    await page.wait_for_function("() => Number(document.querySelector('.record').dataset.frames) > 2")
    return page


async def accessible(page: Page, name: str, screenshot) -> None:
    """Nothing is wrong in both themes; targets are 44 px high, but for those of a row of segments."""
    assert await page.evaluate(SMALL, 35.5) == []
    for scheme in ("light", "dark"):
        await page.evaluate("to => { document.documentElement.dataset.mantineColorScheme = to; }", scheme)
        found = await axe(page)
        assert found.violations_count == 0, found.generate_report()
        await screenshot(page, f"record-{name}-1440-{scheme}")


async def no_trap(page: Page) -> None:
    """Tab goes through all of the page and out of it again, and comes by more than one place of it."""
    await page.evaluate("document.activeElement.blur()")
    seen = []
    for _ in range(120):
        await page.keyboard.press("Tab")
        seen.append(await page.evaluate("() => document.activeElement.dataset.here || document.activeElement.tagName"))
        if seen[-1] == "BODY":
            return
    raise AssertionError(f"Tab never leaves the page: {seen[-20:]}")


@pytest.mark.timeout(400)
async def test_a_test_day_goes_from_an_empty_queue_to_judged_trials(viewer, lab, chromium, dashboard, screenshot):
    page = await begun(viewer)
    locked = page.locator(".entry", has_text="Athlete 33")
    await expect(locked).to_contain_text("no consent is written down")
    await expect(locked.locator(".entry-choose")).to_be_disabled()
    await page.locator(".entry-choose", has_text="Athlete 12").focus()
    await page.keyboard.press("Alt+ArrowDown")
    await expect(page.locator(".entry-name").first).to_have_text("Athlete 31")
    await page.locator(".entry-choose", has_text="Athlete 12").press("Alt+ArrowUp")
    await expect(page.locator(".entry-name").first).to_have_text("Athlete 12")
    await page.locator(".entry-choose", has_text="Athlete 12").click()
    await expect(page.locator(".check", has_text="Linked")).to_have_attribute("data-met", "true")
    await accessible(page, "setup", screenshot)
    await no_trap(page)
    await page.evaluate("document.activeElement.blur()")
    await page.evaluate(HEARD)
    await page.keyboard.press("Space")
    await in_phase(page, "countdown")
    await expect(page.get_by_role("timer")).to_have_text(re.compile(r"[12] s until go"))
    await in_phase(page, "review")  # by itself
    heard = await page.evaluate("window.heard()")
    low, high = [[at for hz, at in heard if hz == wanted] for wanted in (660, 990)]
    assert len(low) + len(high) == len(heard)
    assert any(go - one == pytest.approx(1.0, abs=0.01) for one in low for go in high), heard
    await expect(page.locator(".record-curve svg")).to_be_visible()
    await expect(page.locator(".decide-card .check", has_text="Long enough")).to_have_attribute("data-met", "true")
    await accessible(page, "review", screenshot)
    await page.evaluate("document.getElementById('page').focus()")  # as when what had the focus is gone
    await page.keyboard.press("Enter")
    await in_phase(page, "setup")
    await expect(page.locator('[data-slot="foot"]')).to_contain_text("March on the spot")
    assert await trials_of(lab, 1) == [("short-stand", "accepted")]
    await rejected(page, lab, await seen_elsewhere(page, chromium, dashboard))
    await kept_while_away(page, lab, dashboard, viewer)


async def seen_elsewhere(page: Page, chromium, dashboard) -> Page:
    """Start a test without an end, load the page anew in the middle of it, and open it in another browser."""
    await page.get_by_role("button", name=re.compile("^Start")).click()
    await in_phase(page, "running")
    await page.reload()
    await in_phase(page, "running")
    await expect(page.locator('[data-slot="clock-small"]')).to_have_text("so far")
    other = await chromium.new_context(color_scheme="dark", has_touch=True)
    await other.request.post(dashboard.link, max_redirects=0)
    second = await other.new_page()
    await second.goto(page.url)
    await second.wait_for_selector(PHASE.format("running"))
    return second


async def rejected(page: Page, lab, second: Page) -> None:
    """A marker does not stop a trial; it is stopped in one browser, and rejected in the other with a reason."""
    await page.keyboard.press("m")
    await expect(page.locator('[data-slot="said"]')).to_have_text("Marker 1 kept.")
    await second.keyboard.press("PageDown")
    await in_phase(page, "review")
    await expect(page.get_by_role("button", name="Other, say what")).to_be_visible()
    await page.keyboard.press("6")
    await page.get_by_role("textbox", name="Why it is rejected").fill("the door was open")
    await page.keyboard.press("Enter")
    await in_phase(page, "setup")
    await second.wait_for_selector(PHASE.format("setup"))
    dots = page.locator(".entry[aria-current] .dots").nth(1)
    await expect(dots).to_have_attribute("aria-label", "1 rejected, 1 now")
    (day,) = await lab.test_days.newest()
    assert [one.reason for one in day.parts if one.state == "rejected"] == ["the door was open"]
    await decided_again(page, second, dots)
    assert sorted(await trials_of(lab, 1)) == [("march", "rejected"), ("short-stand", "accepted")]
    assert [one.reason for one in await lab.trials.of(f"{day.id}-1") if one.state == "rejected"] == ["Not full effort"]


async def decided_again(page: Page, second: Page, dots: Locator) -> None:
    """With a finger a rejected trial is accepted after all, and in the other browser it is rejected again."""
    march = ".record-middle .trial:has-text('March on the spot')"
    await second.locator(f"{march} summary").tap()
    await second.get_by_role("button", name="Accept it").tap()
    await expect(dots).to_have_attribute("aria-label", "1 accepted")
    await second.context.close()
    await page.locator(f"{march} summary").click()
    await page.locator(march).get_by_role("button", name="Reject: not full effort").click()
    await expect(dots).to_have_attribute("aria-label", "1 rejected, 1 now")


async def kept_while_away(page: Page, lab, dashboard, viewer) -> None:
    """What is pressed while the server is away is kept, said, and done once when it is back."""
    await page.get_by_role("button", name=re.compile("^Start")).click()
    await in_phase(page, "running")
    await page.keyboard.press("Escape")
    await in_phase(page, "review")
    await expect(page.get_by_role("button", name="Accept", exact=False).first).to_be_visible()
    await dashboard.stop()
    await page.keyboard.press("Enter")
    await in_phase(page, "setup")
    await expect(page.get_by_role("alert").first).to_contain_text("kept here and sent again")
    await dashboard.start()
    await expect(page.get_by_role("alert").first).to_be_hidden()
    await expect(page.locator(".entry[aria-current] .entry-name")).to_have_text("Athlete 31")
    assert sorted(await trials_of(lab, 1)) == [
        ("march", "accepted"), ("march", "rejected"), ("short-stand", "accepted"),
    ]  # fmt: skip
    viewer.errors.clear()  # the browser says that nobody answered


async def test_an_answer_that_comes_after_newer_news_leaves_no_guess_on_the_page(viewer, lab):
    page = await begun(viewer)
    await page.locator(".entry-choose", has_text="Athlete 12").click()
    start, foot = page.locator('[data-here="start"]'), page.locator('[data-slot="foot"]')
    await expect(foot).to_contain_text("Athlete 12, Short stand")
    await start.click()
    await in_phase(page, "review")
    heard = asyncio.Event()

    async def late(route) -> None:
        answer = await route.fetch()
        await heard.wait()
        await route.fulfill(response=answer)

    await page.route("**/do", late)
    await page.keyboard.press("Enter")
    await in_phase(page, "setup")
    await expect(start).to_be_disabled()  # whose trial is next is not known yet
    path = f"{page.url.partition('?')[0].replace('/record/', '/record/days/')}/do"
    other = {"command": "station_add", "station": "Hall 2", "key": "other"}
    answer = await page.request.post(path, data=other, headers={"Origin": page.url.partition("/record")[0]})
    assert answer.status == 200, await answer.text()
    await expect(page.locator(".station-tab", has_text="Hall 2")).to_be_visible()
    await page.evaluate(OFFERED)
    heard.set()
    await page.wait_for_function("() => window.offered.length > 0")
    assert "Athlete 12, March on the spot" in await page.evaluate("() => window.offered[0]")


async def test_a_phone_is_a_remote(viewer, lab, screenshot):
    page = await begun(viewer)
    await page.locator(".entry-choose", has_text="Athlete 12").click()
    await expect(page.locator(".entry[aria-current]")).to_contain_text("Athlete 12")
    await page.locator(".test-choose", has_text="March on the spot").click()
    await expect(page.locator('[data-slot="foot"]')).to_contain_text("March on the spot")
    await expect(page.get_by_role("button", name=re.compile("^Start"))).to_be_enabled()
    await page.set_viewport_size({"width": 390, "height": 844})
    await fits(page, "setup on a phone")
    await screenshot(page, "record-setup-390", full=True)
    await page.get_by_role("button", name=re.compile("^Start")).click()
    await in_phase(page, "running")
    await expect(page.locator(".word")).to_have_text("March")
    buttons = page.locator(".record-foot .button.large:visible")
    assert [box["height"] >= 60 for box in [await one.bounding_box() for one in await buttons.all()]] == [True, True]
    await fits(page, "a trial on a phone")
    await screenshot(page, "record-running-390")
    await page.get_by_role("button", name="Start over").click()
    await in_phase(page, "setup")
    await page.get_by_role("button", name="Pause").click()
    await expect(page.get_by_text("This station is paused.")).to_be_visible()
    await expect(page.get_by_role("button", name=re.compile("^Start"))).to_be_disabled()
    await page.reload()
    await expect(page.get_by_text("This station is paused.")).to_be_visible()
    await page.get_by_role("button", name="Go on").click()
    await expect(page.get_by_role("button", name=re.compile("^Start"))).to_be_enabled()


async def test_selected_athletes_of_the_roster_go_into_a_test_day(viewer, lab):
    page = await viewer.open("/athletes")
    for name in ("Athlete 12", "Athlete 31"):
        await page.locator(".ag-row", has_text=name).locator("input").check()
    await expect(page.get_by_text("2 selected")).to_be_visible()
    await page.evaluate("document.activeElement.blur()")
    await page.keyboard.press("r")
    await in_phase(page, "setup")
    await expect(page.locator(".entry-name")).to_have_text(["Athlete 12", "Athlete 31"])


@pytest.mark.timeout(400)
async def test_two_stations_in_two_browsers_share_one_queue(viewer, lab, athlete, chromium, dashboard):
    """Two scientists at two stations of one day: the same queue, each trial seen by the other, none lost or doubled."""
    await athlete("pair-8", 120.0, ago=8.0).walk()
    page = await begun(viewer)
    await page.get_by_role("button", name="Add a station").click()
    await expect(page.locator(".station-tab")).to_have_count(2)
    other = await chromium.new_context(color_scheme="dark")
    await other.request.post(dashboard.link, max_redirects=0)
    second = await other.new_page()
    await second.goto(f"{page.url.partition('?')[0]}?station=Station 2")
    await in_phase(second, "setup")
    assert await second.locator(".entry-name").all_inner_texts() == await page.locator(".entry-name").all_inner_texts()
    await second.get_by_text("Link a device", exact=True).click()
    await second.locator(".found-one", has_text="pair-8").click()
    await page.goto(f"{page.url.partition('?')[0]}?station=Station 1")
    await in_phase(page, "setup")
    pages = {page: "Athlete 12", second: "Athlete 31"}
    for one, name in pages.items():
        await one.locator(".entry-choose", has_text=name).click()
        await expect(one.locator(".entry[aria-current]")).to_contain_text(name)
        await one.locator(".test-choose", has_text="March on the spot").click()
        await expect(one.locator('[data-slot="foot"]')).to_contain_text(f"{name}, March on the spot")
    await page.get_by_role("button", name=re.compile("^Start")).click()
    await in_phase(page, "running")
    seen = second.locator(".station-tab", has_text="Station 1")
    await expect(seen.locator('.dot[data-phase="running"]')).to_be_visible()
    await expect(second.locator(".record")).to_have_attribute("data-phase", "setup")  # only the other one runs
    await second.get_by_role("button", name=re.compile("^Start")).click()
    await in_phase(second, "running")
    seen = page.locator(".station-tab", has_text="Station 2")
    await expect(seen.locator('.dot[data-phase="running"]')).to_be_visible()
    for one in pages:
        await one.wait_for_timeout(2500)  # two steps
        await one.keyboard.press("Escape")
        await in_phase(one, "review")
    for one in pages:
        await one.keyboard.press("Enter")
        await in_phase(one, "setup")
    for one in pages:
        for name in pages.values():
            await expect(one.locator(".entry", has_text=name).locator('[aria-label*="1 accepted"]')).to_have_count(1)
    assert [await trials_of(lab, number) for number in (1, 2)] == [[("march", "accepted")]] * 2
    await other.close()
