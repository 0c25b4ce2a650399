"""Try it without a device: a tab sends both feet, they are live and stored, and it stops; both ways of sending."""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.async_api import expect

sys.path.append(str(Path(__file__).parents[1] / "ingest"))
from served import serving


async def begun(page, way: str, least: int) -> str:
    """Start it and wait until so many frames of both feet are stored; the workout's name."""
    await page.get_by_label(way).check()
    await page.get_by_role("button", name="Try it").click()
    await page.wait_for_function(
        "(least) => [...document.querySelectorAll('dd[id^=stored]')].every((one) => Number(one.textContent) >= least)",
        arg=least,
    )
    return await page.locator("#name").inner_text()


async def stopped(page) -> list[int]:
    """Stop it; how many frames of each foot are said to be stored."""
    await page.get_by_role("button", name="Stop").click()
    await expect(page.locator("#state")).to_contain_text("Stopped. The session stays")
    return [int(await page.locator(f"#stored-{side}").inner_text()) for side in ("left", "right")]


async def test_a_tab_is_the_device_by_the_sender_and_over_socket_io(
    viewer, dashboard, mongo_archive, redis_live, place, fits_every_screen
):
    async with serving(mongo_archive, redis_live, place[0], device_tokens="required") as ingest:
        dashboard.ingest_port = ingest.port
        await dashboard.stop()
        await dashboard.start()
        page = await viewer.open("/try")
        workout = await begun(page, "100 frames a second", 100)
        await expect(page.get_by_role("link", name="Watch it live")).to_have_attribute("href", f"/live/{workout}")
        answer = await page.request.get(f"{viewer.url}/record/choices/devices")
        (sends,) = (await answer.json())["devices"]
        assert (sends["workout_id"], sends["streams"]) == (workout, ["left", "right"]), "a station can be linked to it"
        await fits_every_screen(page, "try", "dark")
        counts = await stopped(page)
        kept = await mongo_archive.workout(workout)
        assert (kept.about.kind, kept.athlete_uid) == ("simulated", "")
        assert {one.stream.stream: one.frames for one in kept.streams} == dict(
            zip(("left", "right"), counts, strict=True)
        )
        assert await page.evaluate("indexedDB.databases()") == [], "nothing of it stays in the browser"
        slow = await begun(page, "every 250 ms", 3)
        await stopped(page)
        assert slow != workout
        assert (await mongo_archive.workout(slow)).about.kind == "simulated"
        assert all(one.revoked_us is not None for one in await mongo_archive.accounts.devices())
