"""One station of a test day in a browser: whoever is next stands in the insoles, is tested, and is judged.

What is pressed follows a plan; what was done is noted by what the page showed while it was done.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace

from insoles import NOBODY, Insoles, Wearer, jump
from playwright.async_api import Locator, Page, expect
from testday_house import Person

from analytics import sim

MOVES = {"One-leg stance, left": "left", "One-leg stance, right": "right", "Walk, barefoot": "walk",
         "Walk, shoes": "walk", "Countermovement jump": "jump"}  # fmt: skip
WALKED_S, CHANGED_S, SURE_S = 5.0, 0.6, 10.0
STATES = {"accept": "accepted", "repeat": "repeated"}
STARTED_OVER = "started over"
PHASE = '.record[data-phase="{}"]'
Hook = Callable[["Station"], Awaitable[None]]


@dataclass(frozen=True)
class Turn:
    """What happens in one trial: `decision` is `accept`, `repeat`, `started over`, or why it is rejected.

    `does` is what the athlete does in place of the test. `before`, `during`, `after` are done in setup, while it runs,
    and before it is judged.
    """

    decision: str = "accept"
    does: str = ""
    before: Hook | None = None
    during: Hook | None = None
    after: Hook | None = None


@dataclass(frozen=True)
class Done:
    """A trial that was done: who and what as the page said, when by this machine's clock, and what was decided.

    One that was started although a check was not met carries that: it is `flagged`.
    """

    athlete: str
    title: str
    does: str
    mass_kg: float
    from_us: int
    to_us: int
    state: str
    reason: str
    flagged: bool


@dataclass
class Station:
    """A page at a station, the insoles there, and what was done so far."""

    name: str
    page: Page
    insoles: Insoles
    people: Mapping[str, Person]
    plan: Mapping[tuple[str, str, int], Turn] = field(default_factory=dict)
    done: list[Done] = field(default_factory=list)
    taken: set[tuple[str, str, int]] = field(default_factory=set)
    unmeant: list[str] = field(default_factory=list)
    _who: str = ""

    async def phase(self, name: str) -> None:
        """Wait until the page is in a phase."""
        await self.page.wait_for_selector(PHASE.format(name))

    def slot(self, name: str) -> Locator:
        """A place of the page that its code fills."""
        return self.page.locator(f'[data-slot="{name}"]')

    async def all(self) -> None:
        """Test whoever is next until nobody is left."""
        while (found := await self._next()) is not None:
            await self._trial(*found)
        self.insoles.wear(NOBODY)

    async def _next(self) -> tuple[str, str] | None:
        """Who is next, and what, as the foot of the page says."""
        await self.phase("setup")
        start = self.page.locator('[data-here="start"]')
        said = self.slot("foot").locator("b").first
        can = start.and_(self.page.locator(":enabled"))
        await expect(can.or_(said.get_by_text("Nobody is chosen"))).to_be_visible()
        text = await said.inner_text()
        name, _, title = text.partition(", ")
        return None if name == "Nobody is chosen" else (name, title)

    async def _trial(self, name: str, title: str) -> None:
        number = 1 + sum(one.athlete == name and one.title == title for one in self.done)
        turn = self.plan.get((name, title, number), Turn())
        self.taken.add((name, title, number))
        does = turn.does or MOVES[title]
        wearer = Wearer(self.people[name].mass_kg, len(self.done) + 1, "stand")
        await self._stands(name, wearer, jumps=does == "jump")
        if turn.before is not None:
            await turn.before(self)
        if does in sim.SIDES:
            await self._on_one_leg(replace(wearer, does=does))
        assert (now := await self._next()) == (name, title), f"{self.name}: {now} in place of {name}, {title}"
        self.insoles.told.clear()
        from_us = time.time_ns() // 1000
        flagged = await self._start()
        await self._does(wearer, does)
        if turn.during is not None:
            await turn.during(self)
        if turn.decision == STARTED_OVER:
            await self.page.get_by_role("button", name="Start over").click()
            await self.phase("setup")
            state, reason = "rejected", STARTED_OVER
        else:
            state, reason = await self._judged(title, turn)
        to_us = time.time_ns() // 1000
        self.done.append(Done(name, title, does, wearer.mass_kg, from_us, to_us, state, reason, flagged))

    async def _stands(self, name: str, wearer: Wearer, *, jumps: bool) -> None:
        """Let somebody else step off, so that the insoles are empty, and this one stand until the weight is right."""
        if name != self._who:
            self.insoles.wear(NOBODY)
            await self.page.wait_for_timeout(CHANGED_S * 1000)
            self._who = name
        self.insoles.wear(wearer)
        if jumps:
            await asyncio.to_thread(lambda: [jump(replace(wearer, does="jump"), side) for side in sim.SIDES])
        weight = self.page.locator(".check", has_text="Body weight")
        for _ in range(100):
            await self.page.keyboard.press("b")
            await self.page.wait_for_timeout(300)
            if await weight.get_attribute("data-met") == "true":
                break
        await expect(self.page.locator('[data-here="start"]')).to_have_text(re.compile("^Start trial"))

    async def _on_one_leg(self, wearer: Wearer) -> None:
        """Let the athlete stand on one leg until the page shows it, however slow the insoles and the page are."""
        self.insoles.wear(wearer)
        await expect(self.slot("shares")).to_have_text(re.compile(rf"\b{wearer.does} (100|99)\.", re.IGNORECASE))

    async def _start(self) -> bool:
        """Press start, by the key as often as by the button; whether the trial carries a check that was not met."""
        if len(self.done) % 2:
            await self.page.keyboard.press("Space")
        else:
            await self.page.locator('[data-here="start"]').click()
        await self.page.wait_for_selector(f"{PHASE.format('countdown')}, {PHASE.format('running')}")
        return await self.slot("chips").get_by_text("flagged", exact=True).count() > 0

    async def _does(self, wearer: Wearer, does: str) -> None:
        """Let the athlete do the test: jump when it is counted down, walk when it has begun."""
        moved = replace(wearer, does=does)
        if does == "jump":
            self.insoles.wear(moved, await self._begins_us() + 1_000_000)
        else:
            await self.page.wait_for_selector(f"{PHASE.format('running')}, {PHASE.format('review')}")
            self.insoles.wear(moved)

    async def _begins_us(self) -> int:
        """When the trial begins, as the insoles hear: whoever wears them jumps by that, however slow a page is."""
        while (found := self.insoles.begins_us) is None:
            await asyncio.sleep(0.02)
        return found

    async def _judged(self, title: str, turn: Turn) -> tuple[str, str]:
        """Wait until the trial is over, or end it, look at what was found, and decide."""
        if title.startswith("Walk"):
            await self.page.wait_for_timeout(WALKED_S * 1000)
            await self.page.keyboard.press("PageDown")
        await self.phase("review")
        self.insoles.wear(replace(self.insoles.wearer, does="stand"))
        if turn.after is not None:
            await turn.after(self)
        if turn.decision in STATES:
            state, reason = await self._accepted(turn.decision)
        else:
            state, reason = "rejected", await self._rejected(turn.decision)
        await self.phase("setup")
        return state, reason

    async def _accepted(self, decision: str) -> tuple[str, str]:
        """Accept a trial of which all is met; reject by what fits one that failed though nobody meant it to."""
        fits = self.page.locator('.reason[data-fits="true"]')
        if not await self.well():
            reason = await fits.first.locator("span").first.inner_text()
            self.unmeant.append(f"{self.name}: {reason}")
            return "rejected", await self._rejected(reason)
        await self.page.keyboard.press({"accept": "Enter", "repeat": "r"}[decision])
        return STATES[decision], ""

    @property
    def met(self) -> Locator:
        """The list of criteria, once all of them are met."""
        some = self.page.locator('.check[data-met="true"]')
        other = self.page.locator('.check:not([data-met="true"])')
        return self.page.locator(".decide-card .checks").filter(has=some, has_not=other)

    async def well(self) -> bool:
        """Whether every criterion of the trial is met; what fails may be on its way, and is waited for."""
        await expect(self.met.or_(self.page.locator('.reason[data-fits="true"]').first)).to_be_visible()
        if not await self.met.is_visible():
            await self.page.wait_for_timeout(SURE_S * 1000)
        return await self.met.is_visible()

    async def _rejected(self, reason: str) -> str:
        """Reject with a reason of the list, or with one's own words."""
        listed = self.page.locator(".reason", has_text=reason)
        if await listed.count():
            await listed.click()
        else:
            await self.page.get_by_role("button", name="Other, say what").click()
            await self.page.get_by_role("textbox", name="Why it is rejected").fill(reason)
            await self.page.keyboard.press("Enter")
        return reason
