"""Whether a page fits the screen that it is on, and has the colours of the theme that was just chosen."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.async_playwright import Axe
from axe_playwright_python.base import AxeResults
from playwright.async_api import Page
from playwright.async_api import TimeoutError as TooWide

FITS = "() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"
WIDTH = "() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
# What reaches beyond the screen, without what has a scroll bar of its own about it.
BEYOND = """() => {
  const wide = document.documentElement.clientWidth, found = [];
  for (const one of document.querySelectorAll("body *")) {
    let scrolls = false;
    for (let over = one.parentElement; over && over !== document.body; over = over.parentElement)
      scrolls ||= getComputedStyle(over).overflowX !== "visible";
    const right = one.getBoundingClientRect().right;
    if (!scrolls && right > wide + 0.5)
      found.push(`${one.tagName.toLowerCase()}.${one.className} to ${Math.round(right)}`);
  }
  return found.slice(0, 8).join(", ");
}"""
PATIENCE_MS = 10_000


async def fits(page: Page, what: str = "the page") -> None:
    """Fail unless a page is no wider than its screen, as soon as its pictures have the size of a screen just set."""
    try:
        await page.wait_for_function(FITS, timeout=PATIENCE_MS)
    except TooWide:
        wide, screen = await page.evaluate(WIDTH)
        beyond = await page.evaluate(BEYOND)
        raise AssertionError(f"{what}: expected at most {screen} px in width, got {wide}: {beyond}") from None


async def settled(page: Page) -> None:
    """Wait until colours that change by degrees have changed: between two themes a text has no contrast."""
    await page.wait_for_function(
        "() => document.getAnimations().every((one) => !(one instanceof CSSTransition) || one.playState === 'finished')"
    )


async def axe(page: Page, **given: Any) -> AxeResults:
    """Return what axe-core finds wrong with a page at rest, or with the part of it that `context` names."""
    await settled(page)
    return await Axe().run(page, **given)
