"""The athlete's feedback by a share link: a goal, tones, a limit, a silent feed, a set, a rest, and what is kept."""

from __future__ import annotations

import json
import re
import time

from guests import guest_of, shared
from playwright.async_api import Page, expect
from screens import axe, fits

from barograph.store.goals import Goal
from barograph.store.roster import Athlete

# A walker of 75 kg bears 82 kg at most on a foot: the first goal is met, the second has a limit below.
GOAL = Goal("force", "left", "body_weight", 60.0, 160.0, "2026-01-01", by="A. Trainer", sets=2, rest_s=900)
BALANCE = Goal("weight", "left", "kg", 15.0, 25.0, "2025-01-01")
SMALL = """() => [...document.querySelectorAll(".feedback button, .feedback a, .feedback input, .feedback select")]
  .filter((one) => one.checkVisibility() && !one.closest(".fb-choice"))
  .map((one) => [one.textContent.trim() || one.name, one.getBoundingClientRect()])
  .filter(([, box]) => box.height < 44 || box.width < 44).map(([name, box]) => `${name}: ${box.height}`)"""


async def looked_at(page: Page, what: str, screenshot, *, faults: bool = True) -> None:
    """Both themes without a fault, on a phone and on a wall; nothing too small for a finger."""
    for scheme in ("dark", "light") if faults else ("dark",):
        await page.evaluate("scheme => { document.documentElement.dataset.mantineColorScheme = scheme; }", scheme)
        for width, height in ((1440, 810), (390, 844)):
            await page.set_viewport_size({"width": width, "height": height})
            await fits(page, f"{what} at {width}")
            await page.wait_for_timeout(100)  # a picture of the new size
            await screenshot(page, f"feedback-{what}-{width}-{scheme}")
        if faults:
            found = await axe(page)
            assert found.violations_count == 0, f"{what}, {scheme}: {found.generate_report()}"
    assert await page.evaluate(SMALL) == [], what
    await page.evaluate("() => { document.documentElement.dataset.mantineColorScheme = 'dark'; }")


async def reached(page: Page, presses: int) -> set[str]:
    """What the focus comes to by so many presses of Tab."""
    names = set()
    for _ in range(presses):
        await page.keyboard.press("Tab")
        names.add(await page.evaluate("() => document.activeElement.dataset?.act ?? document.activeElement.tagName"))
    return names


async def test_an_athlete_trains_by_a_link(viewer, athlete, chromium, mongo_archive, screenshot):
    now_us = time.time_ns() // 1000
    await mongo_archive.roster.add(Athlete("Ada Longname", goals=(GOAL, BALANCE)), now_us=now_us)
    sender = athlete("walk", athlete="Ada Longname", seconds=400.0, ago=8.0, mass_kg=75.0)
    await sender.walk()
    trainer = await viewer.open("/feedback/walk", size=(390, 844))
    await trainer.get_by_role("button", name="Share", exact=True).click()
    address = await shared(trainer, "Feedback", "For the athlete")
    await trainer.close()

    page, errors = await guest_of(chromium, address)
    root = page.locator("#feedback")
    await expect(root).to_have_attribute("data-state", "live")
    assert "A. Trainer" not in await page.content()
    await expect(page.locator('[data-slot="what"]')).to_have_text("Peak force left, % of body weight")
    assert await page.evaluate("() => typeof document.getElementById('feedback').dataset.tones") == "undefined"
    assert {"sound", "goal", "rest"} <= await reached(page, 5), "the focus goes round"

    await page.locator('[data-act="sound"]').click()
    await looked_at(page, "sound", screenshot, faults=False)
    await page.get_by_label("Tick on target").check()
    await expect(root).to_have_attribute("data-audio", "running")
    await page.keyboard.press("Escape")
    await expect(page.locator("dialog")).to_have_count(0)
    await expect(page.locator('[data-act="sound"]')).to_contain_text("Tick on target")
    await expect(page.locator('[data-slot="word-text"]')).to_have_text("On target")
    await expect(root).to_have_attribute("data-tones", re.compile(r"[2-9]"))
    await looked_at(page, "set", screenshot)

    await page.locator('[data-act="rest"]').click()
    await expect(page.locator('[data-slot="clock"]')).to_have_text(re.compile(r"^1[45]:\d\d$"))
    await expect(page.locator(".fb-set").first).to_contain_text("100 %")
    await expect(page.locator('[data-slot="load"]')).to_have_text(re.compile(r"^\d+\.\d$"))
    await looked_at(page, "rest", screenshot)
    await page.reload()  # it goes on where it was
    await expect(root).to_have_attribute("data-phase", "rest")
    await page.locator('[data-act="go"]').click()
    await expect(page.locator('[data-slot="sets-said"]')).to_have_text("set 2 of 2")
    await expect(root).to_have_attribute("data-steps", re.compile(r"\d"))
    await page.locator('[data-act="rest"]').click()
    await expect(root).to_have_attribute("data-phase", "done")
    await expect(page.locator('[data-slot="kept"]')).to_have_text("Kept with the session.")
    await looked_at(page, "done", screenshot, faults=False)
    kept = [one.label for one in await mongo_archive.markers("walk")]
    for n in (0, 1):
        assert re.fullmatch(rf"Feedback set {n + 1}: (\d+) of \1 steps in target, best row \1", kept[n]), kept
    whole = r"Feedback: Peak force left, 60–160 % of body weight; 2 sets, 100 % of \d+, best row \d+"
    assert re.fullmatch(whole, kept[2]), kept

    await page.locator('[data-act="goal"]').click()
    await looked_at(page, "goal", screenshot)
    await page.get_by_label("Weight on the foot left, 15–25 kg").check()
    await page.get_by_role("button", name="Train", exact=True).click()
    await expect(page.locator('[data-slot="word"]')).to_have_attribute("data-word", "alarm")
    await expect(page.locator('[data-slot="word-text"]')).to_have_text("Less weight")
    await expect(page.locator('[data-slot="row"]')).to_have_text(re.compile(r"[3-9]"))
    await looked_at(page, "limit", screenshot)

    await sender.stop()
    await expect(root).to_have_attribute("data-state", "stale")
    await expect(page.locator('[data-slot="word-text"]')).to_have_text("Waiting for the insoles")
    for number in ("value", "inside", "row"):
        await expect(page.locator(f'[data-slot="{number}"]')).to_have_text("–")
    await looked_at(page, "stale", screenshot, faults=False)
    assert errors == []
    assert json.loads(await page.evaluate("() => localStorage.getItem('barograph.feedback.walk') ?? '[]'")) == []
    await page.context.close()
