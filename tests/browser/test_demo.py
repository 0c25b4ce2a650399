"""`barograph demo` in a browser: servers, ingest, athlete and dashboard as a newcomer meets them."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import expect

READY_S = 60


@pytest_asyncio.fixture(loop_scope="session")
async def link(tmp_path) -> AsyncIterator[str]:
    """The address that a fresh demo prints."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "barograph", "demo", "--no-browser", "--port", "0", "--ingest-port", "0",
        "--data-dir", str(tmp_path), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said = ""
    try:
        async with asyncio.timeout(READY_S):
            while not (found := re.search(r"http://\S+/login/\S+", said)):
                line = await process.stdout.readline()
                assert line, f"the demo ended: {said}"
                said += line.decode()
        yield found[0]
    finally:
        process.terminate()
        await asyncio.wait_for(process.communicate(), 30)


async def test_the_printed_address_shows_two_feet_moving(chromium, link, screenshot):
    context = await chromium.new_context(viewport={"width": 1440, "height": 900}, color_scheme="dark")
    page = await context.new_page()
    page.set_default_timeout(READY_S * 1000)
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    await page.goto(link)
    await page.get_by_role("link", name="Watch").click()
    await page.wait_for_selector('.live[data-state="live"]')
    for side in ("Left", "Right"):
        await page.wait_for_function(
            "(side) => new RegExp(`${side}: highest [0-9]+ kPa`).test("
            "document.querySelector('[data-slot=map]').getAttribute('aria-label'))",
            arg=side,
        )
    await expect(page.locator('[data-slot="links"]')).to_contain_text("100 Hz")
    assert int(await page.inner_text("#drawn-fps")) > 0
    assert float(await page.get_attribute("#data-age", "data-ms")) < 1000
    await screenshot(page, "demo-1440-dark")
    assert errors == []
    await context.close()
