"""Whether a page fits the screen that it is on."""

from __future__ import annotations

from playwright.async_api import Page
from playwright.async_api import TimeoutError as TooWide

FITS = "() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"
WIDTH = "() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
PATIENCE_MS = 10_000


async def fits(page: Page, what: str = "the page") -> None:
    """Fail unless a page is no wider than its screen, as soon as its pictures have the size of a screen just set."""
    try:
        await page.wait_for_function(FITS, timeout=PATIENCE_MS)
    except TooWide:
        wide, screen = await page.evaluate(WIDTH)
        raise AssertionError(f"{what}: expected at most {screen} px in width, got {wide}") from None
