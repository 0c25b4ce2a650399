"""The first day of a lab, in real browsers: an owner, a second scientist, a device, and an athlete's phone."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from dashboard.page.sharing import qr_code

sys.path.append(str(Path(__file__).parents[1] / "ingest"))
from screens import fits
from served import serving

PASSWORD, PATIENCE_MS = "warm lamps over the track", 60_000


class People:
    """Browsers of several people, on the name that passkeys need too; none of their consoles may say anything."""

    def __init__(self, chromium: Browser, url: str) -> None:
        self.chromium, self.url = chromium, url.replace("127.0.0.1", "localhost")
        self.said: list[str] = []

    async def page(self, **more) -> Page:
        page = await (await self.chromium.new_context(color_scheme="dark", **more)).new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        return page


async def make_the_first_account(page: Page, people: People) -> None:
    await page.goto(f"{people.url}/account")
    await page.get_by_role("link", name="Make the first account").click()
    await page.get_by_label("Your name").fill("A. Example")
    await page.get_by_label("E-mail").fill("a.example@lab.example")
    await page.get_by_role("button", name="Next: sign-in").click()
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Next: the lab").click()
    await page.get_by_label("A first team").fill("Sprint")
    await page.get_by_role("button", name="Next", exact=True).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Ready, A. Example")


async def invite_a_scientist(page: Page, people: People) -> str:
    await page.goto(f"{people.url}/people")
    await expect(page.get_by_role("group", name="Roles").get_by_label("scientist")).to_be_checked()
    await page.get_by_role("group", name="Teams, as scientist").get_by_label("Sprint").check()
    await page.get_by_role("button", name="Make a link").click()
    return re.sub(r"^https?://[^/]+", people.url, await page.locator(".once").inner_text())


async def accept(page: Page, link: str) -> None:
    await page.goto(link)
    await page.get_by_label("Your name").fill("B. Sample")
    await page.get_by_label("E-mail").fill("b.sample@lab.example")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Accept and sign in").click()
    await expect(page.locator("#account")).to_have_attribute("title", "Account: B. Sample")


async def sending(code: str, url: str, room: Path) -> asyncio.subprocess.Process:
    """A simulated walk that pairs with a code, and then sends two insoles."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "barograph", "send", "sim:walk", "--workout", "first", "--seconds", "600", "--pair", code,
        "--url", url, env={**os.environ, "BAROGRAPH_DATA_DIR": str(room)},
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip


@pytest.mark.timeout(300)  # where others work too; by itself it takes some 15 s
async def test_a_lab_from_its_first_run_to_an_athletes_phone(chromium, dashboard, mongo_archive, redis_live, tmp_path):
    people = People(chromium, dashboard.url)
    async with serving(mongo_archive, redis_live, tmp_path / "ingest", device_tokens="required") as ingest:
        owner, colleague = await people.page(), await people.page()
        await owner.context.request.post(dashboard.link.replace("127.0.0.1", "localhost"), max_redirects=0)
        await make_the_first_account(owner, people)
        await accept(colleague, await invite_a_scientist(owner, people))
        await colleague.goto(f"{people.url}/devices")
        await colleague.keyboard.press("p")
        code = (await colleague.locator(".pairing .code").inner_text()).strip()
        device = await sending(code, ingest.ws_url, tmp_path / "device")
        try:
            await expect(colleague.get_by_text("One device asks")).to_be_visible(timeout=PATIENCE_MS)
            await expect(colleague.get_by_label("May feed")).to_have_value("left, right")
            await colleague.get_by_label("Name", exact=True).fill("Insoles 10")
            await colleague.get_by_role("button", name="Allow").click()
            row = colleague.get_by_role("row").filter(has_text="Insoles 10")
            await expect(row.get_by_text("Live")).to_be_visible(timeout=PATIENCE_MS)
            await watch_on_a_phone(colleague, people)
        finally:
            device.kill()
            await device.wait()
    assert people.said == []


async def watch_on_a_phone(page: Page, people: People) -> None:
    """Share the live session, and open the address of its QR code on a phone: the athlete's page, and nothing else."""
    await page.goto(f"{people.url}/live/first")
    await page.get_by_role("button", name="Share", exact=True).click()
    await page.get_by_role("radio", name="Athlete").check()
    await page.get_by_role("button", name="Make a link").click()
    field = page.get_by_label("Link", exact=True)
    await expect(field).to_have_value(re.compile("/share/"))
    link = await field.input_value()
    assert await page.get_by_alt_text("QR code of the link").get_attribute("src") == qr_code(link)
    phone = await people.page(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    await phone.goto(link)
    await expect(phone.locator('#athlete[data-state="live"]')).to_be_visible(timeout=PATIENCE_MS)
    assert "/athlete/first" in phone.url
    await fits(phone)
    assert (await phone.request.get(f"{people.url}/sessions")).status == 403, "and nothing else"
