"""The frame of the pages in a real browser: each role's links, the bar of a phone with More, and axe in both themes."""

from __future__ import annotations

import time
from dataclasses import replace

from screens import axe

from barograph.access import people
from barograph.access.passwords import Passwords
from barograph.store.account_records import new_uid

PASSWORD = "warm lamps over the track"
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1440, "height": 900}
LINKS = {
    "admin": ["Live", "Record", "Sessions", "Athletes", "Compare", "Admin"],
    "scientist": ["Live", "Record", "Sessions", "Athletes", "Compare", "Devices"],
    "analyst": ["Live", "Record", "Sessions", "Athletes", "Compare"],
    "athlete": ["You", "Live", "Sessions"],
}
SEEN = """() => [...document.querySelectorAll('.pages > .nav')].filter((one) => one.getClientRects().length)
  .map((one) => one.querySelector('.nav-title').textContent)"""
BAR = """() => {
  const box = document.querySelector('.pages').getBoundingClientRect();
  const parts = [...document.querySelectorAll('.pages .nav')].map((one) => one.getBoundingClientRect())
    .filter((one) => one.width);
  const header = document.querySelector('.header').getBoundingClientRect();
  const inHeader = [...document.querySelectorAll('.header > :not(.pages, .skip, .grow)')]
    .map((one) => one.getBoundingClientRect()).filter((one) => one.width);
  return {
    bottom: innerHeight - box.bottom,
    small: parts.filter((one) => one.width < 44 || one.height < 44).length,
    wide: document.documentElement.scrollWidth - innerWidth,
    cut: inHeader.filter((one) => one.right > header.right || one.left < 0).length,
    room: parseFloat(getComputedStyle(document.body).paddingBottom) >= box.height,
  };
}"""


async def test_every_role_has_its_pages_on_a_desk_and_on_a_phone(chromium, dashboard, mongo_archive):
    passwords, accounts, now_us = Passwords(), mongo_archive.accounts, time.time_ns() // 1000
    first = await people.add_user(accounts, passwords, email="first@lab.example", password=PASSWORD, now_us=now_us)
    passwords.close()
    context = await chromium.new_context(viewport=DESK, color_scheme="dark")
    page, errors = await context.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    for role in LINKS:
        email = f"{role}@lab.example"
        await accounts.add_user(replace(first, uid=new_uid(), email=email, name=role, roles=frozenset({role})))
        await context.clear_cookies()
        signed = await context.request.post(
            f"{dashboard.url}/sign-in", form={"email": email, "password": PASSWORD},
            headers={"Origin": dashboard.url}, max_redirects=0,
        )  # fmt: skip
        assert signed.status == 303, role
        for path in ("/account", "/"):
            await page.set_viewport_size(DESK)
            await page.goto(f"{dashboard.url}{path}")
            await page.locator(".pages").wait_for()
            assert await page.evaluate(SEEN) == LINKS[role], (role, path)
            assert not await page.locator(".more").is_visible()
            await page.set_viewport_size(PHONE)
            assert await page.evaluate(SEEN) == LINKS[role][:4], (role, path)
            assert await page.evaluate(BAR) == {"bottom": 0, "small": 0, "wide": 0, "cut": 0, "room": True}, (
                role,
                path,
            )
        await by_keys_alone(page, LINKS[role][4:])
        for scheme in ("dark", "light") if role in ("admin", "athlete") else ():
            await page.evaluate("to => { document.documentElement.dataset.mantineColorScheme = to; }", scheme)
            found = await axe(page)
            assert found.violations_count == 0, found.generate_report()
    await page.emulate_media(media="print")
    assert not await page.locator(".pages").is_visible()
    assert errors == []
    await context.close()


async def by_keys_alone(page, rest: list[str]) -> None:
    """Open More by keys, find what the bar has no room for, leave it by Escape, and open it for axe."""
    more = page.locator(".more summary")
    await more.focus()
    await page.keyboard.press("Enter")
    assert await page.locator(".more .drop a").all_inner_texts() == [*rest, "Account"]
    await page.keyboard.press("Escape")
    assert not await page.locator(".more .drop").is_visible()
    assert await more.evaluate("one => one === document.activeElement")
    await page.keyboard.press("Enter")
