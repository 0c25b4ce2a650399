"""What scripts that walk through the product share: commands that run, what they say, a browser, pictures for docs/."""

from __future__ import annotations

import asyncio
import io
import re
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, Page, async_playwright

IMAGES = Path(__file__).parents[2] / "docs" / "images"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chromium-headless-shell")
READY_S, END_S = 120, 30
WIDE, HIGH, QUALITY = 1200, 1500, 84


@asynccontextmanager
async def command(*arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A `barograph` command that goes on until the block is left."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "barograph", *arguments, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.communicate(), END_S)


async def said(process: asyncio.subprocess.Process, *patterns: str) -> list[str]:
    """What a command prints that fits each pattern."""
    text = ""
    assert process.stdout is not None
    async with asyncio.timeout(READY_S):
        while not all(found := [re.search(pattern, text) for pattern in patterns]):
            line = await process.stdout.readline()
            assert line, f"it ended: {text}"
            text += line.decode()
    return [one[0] for one in found if one]


async def run(*arguments: str) -> None:
    """A command to its end."""
    async with command(*arguments) as process:
        text, _ = await process.communicate()
        assert process.returncode == 0, text.decode()


async def keep(page: Page, name: str, *, full: bool = False, wide: int = WIDE) -> None:
    """Keep a picture as a small WebP, of no more pixels than a page shows."""
    await page.wait_for_timeout(700)
    await asyncio.to_thread(_small, await page.screenshot(full_page=full), IMAGES / f"{name}.webp", wide)
    sys.stderr.write(f"{name}.webp\n")


def _small(screenshot: bytes, path: Path, wide: int) -> None:
    picture = Image.open(io.BytesIO(screenshot)).convert("RGB")
    high = round(picture.height * wide / picture.width)
    small = picture.resize((wide, high), Image.Resampling.LANCZOS).crop((0, 0, wide, min(high, HIGH)))
    small.save(path, quality=QUALITY, method=6)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """The browser of this machine, until the block is left."""
    program = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    assert program, f"expected one of {', '.join(BROWSERS)} on PATH"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        await browser.close()


def sheets(pdf: bytes) -> int:
    """How many sheets of paper a printed page has."""
    return pdf.count(b"/Type /Page\n")
