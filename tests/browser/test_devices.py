"""A device is paired from the page to its first frame, by the code that is shown; `barograph send` is the device."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path

from playwright.async_api import expect

sys.path.append(str(Path(__file__).parents[1] / "ingest"))
from served import serving

CODE = re.compile(r"[2-9A-Z]{4}-[2-9A-Z]{4}")
PATIENCE_S = 60
SHOW = "(scheme) => (document.documentElement.dataset.mantineColorScheme = scheme)"


async def test_a_device_is_paired_allowed_seen_live_and_revoked(
    viewer, mongo_archive, redis_live, fits_every_screen, tmp_path
):
    async with serving(mongo_archive, redis_live, tmp_path / "ingest", device_tokens="required") as ingest:
        page = await viewer.open("/devices")
        await expect(page.get_by_text("No device is paired")).to_be_visible()
        await page.keyboard.press("p")
        code = CODE.search(await page.locator(".pairing .code").inner_text())[0]
        sending = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "barograph", "send", "sim:walk", "--stream", "left", "--workout", "paired",
            "--seconds", "600", "--pair", code, "--url", ingest.ws_url,
            env={**os.environ, "BAROGRAPH_DATA_DIR": str(tmp_path / "device")},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        try:
            await expect(page.get_by_text("One device asks")).to_be_visible(timeout=PATIENCE_S * 1000)
            for scheme in ("light", "dark"):
                await page.evaluate(SHOW, scheme)
                await fits_every_screen(page, "devices-pairing", scheme)
            await page.set_viewport_size({"width": 1440, "height": 900})
            await page.get_by_label("Name", exact=True).fill("Insole 10, left")
            await page.get_by_role("button", name="Allow").click()
            await expect(page.get_by_text("is kept by the device alone")).to_be_visible(timeout=PATIENCE_S * 1000)
            row = page.get_by_role("row").filter(has_text="Insole 10, left")
            await expect(row.get_by_text("Live")).to_be_visible(timeout=PATIENCE_S * 1000)
            await page.get_by_label("Kind").select_option("insole")
            await page.wait_for_url("**kind=insole**")
            await row.get_by_role("link", name="Details of Insole 10, left").click()
            await expect(page).to_have_url(re.compile("kind=insole&show="))
            await expect(page.locator("#one figure")).to_contain_text("Battery, last 24 h")
            await expect(page.locator("#one")).to_contain_text("Frames stored")
            for scheme in ("light", "dark"):
                await page.evaluate(SHOW, scheme)
                await fits_every_screen(page, "devices", scheme)
            await page.set_viewport_size({"width": 1440, "height": 900})
            await page.get_by_role("link", name="Revoke the token of Insole 10, left").click()
            await expect(page.get_by_role("link", name="Keep it")).to_be_focused()
            await page.get_by_role("button", name="Revoke").click()
            await expect(row).to_contain_text("revoked")
            said, _ = await asyncio.wait_for(sending.communicate(), PATIENCE_S)
            assert sending.returncode == 1
            assert b"opens nothing (any more)" in said, said
        finally:
            if sending.returncode is None:
                sending.kill()
                await sending.wait()
    assert (await mongo_archive.workout("paired")).frames > 0
