"""What happens on the test day beside what should: trials that fail, a cable that is pulled, servers that end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.async_api import expect
from testday_station import STARTED_OVER, Station, Turn
from walking import keep

if TYPE_CHECKING:
    from testday import TestDay

LEFT, RIGHT, JUMP = "One-leg stance, left", "One-leg stance, right", "Countermovement jump"
BAREFOOT, SHOES = "Walk, barefoot", "Walk, shoes"


def plan(day: TestDay) -> dict[tuple[str, str, int], Turn]:
    """What is done otherwise than well, by athlete, test, and which of their trials in it."""

    async def ready(at: Station) -> None:
        await keep(at.page, "testday-3-ready")

    async def running(at: Station) -> None:
        await at.page.wait_for_timeout(3000)
        await keep(at.page, "testday-4-running")

    async def review(at: Station) -> None:
        if await at.well():
            await expect(at.page.locator(".record-curve svg")).to_be_visible()
            await keep(at.page, "testday-5-review")

    async def no_flight(at: Station) -> None:
        await expect(at.page.locator(".decide-card .check", has_text="Flight seen")).to_have_attribute(
            "data-met", "false"
        )

    async def pulled(at: Station) -> None:
        day.unplug(at.name)
        await expect(at.slot("silent")).to_contain_text("Silent for")
        await keep(at.page, "testday-6-silent")

    async def back(at: Station) -> None:
        healthy = at.page.locator(".decide-card .check", has_text="Device healthy")
        await expect(healthy).to_have_attribute("data-met", "false")
        day.plug(at.name)
        await expect(healthy).to_have_attribute("data-met", "true")

    async def restarted(at: Station) -> None:
        await day.lab.stop()
        await expect(at.page.get_by_role("alert").first).to_be_visible()
        await keep(at.page, "testday-7-away")
        await day.lab.start()

    async def elsewhere(at: Station) -> None:
        before = at.page
        at.page = await day.at(at.name, "dark")
        await before.context.close()
        await at.phase("setup")

    # What is done in the middle of a trial is done in a walk, which has no end of its own that a slow page comes after.
    turns = [
        (LEFT, 1, Turn(before=ready)),
        (BAREFOOT, 1, Turn(during=running)),
        (JUMP, 1, Turn(after=review)),
        (LEFT, 1, Turn("Stepped or moved")),
        (JUMP, 1, Turn("No clear flight", does="stand", after=no_flight)),
        (SHOES, 1, Turn("repeat")),
        (BAREFOOT, 1, Turn(STARTED_OVER)),
        (SHOES, 1, Turn(during=pulled, after=back)),
        (JUMP, 2, Turn(during=restarted)),
        (RIGHT, 1, Turn(before=elsewhere)),
        (BAREFOOT, 1, Turn("the door was open")),
        (JUMP, 1, Turn("Not full effort")),
    ]
    tested = [one.name for one in day.athletes if one.asked]
    made: dict[tuple[str, str, int], Turn] = {}
    for i, (title, number, turn) in enumerate(turns):
        key = (tested[i * len(tested) // len(turns)], title, number)
        assert key not in made, f"{key}: two things at once; take more athletes"
        made[key] = turn
    return made
