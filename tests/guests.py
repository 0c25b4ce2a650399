"""Share links in a browser: how somebody makes one in the dialog, and how a guest opens it."""

from __future__ import annotations

import re

from playwright.async_api import Page, expect

BASE_OF = re.compile(r"/share/bgs_[\w-]{43}$")
PATIENCE_MS = 20_000


async def guest_of(chromium, address: str, size=(390, 844)) -> tuple[Page, list[str]]:
    """A browser of somebody else that opens a link, and what its console says."""
    context = await chromium.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme="dark")
    page = await context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.set_default_navigation_timeout(3 * PATIENCE_MS)  # all of Dash, into an empty cache
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    await page.goto(address)
    return page, errors


async def shared(page: Page, view: str, name: str, *ticked: str) -> str:
    await page.get_by_label("Name", exact=True).fill(name)
    await page.get_by_role("radio", name=view).check()
    for one in ticked:
        await page.get_by_label(one).check()
    await page.get_by_role("button", name="Make a link").click()
    link = page.get_by_label("Link", exact=True)
    await expect(link).to_have_value(BASE_OF)
    return await link.input_value()
