"""The pages of accounts in a real browser: the first run by passkey, signing in by it, and axe on every page."""

from __future__ import annotations

import re

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect
from provider import CLIENT, EMAIL, SECRET, providing

from barograph.access import people
from barograph.access.passwords import Passwords

PATIENCE_MS = 20_000
PASSWORD = "warm lamps over the track"


class Person:
    """A browser of its own on `localhost`, with a device that has passkeys; its console has to stay silent."""

    def __init__(self, context, page: Page, url: str) -> None:
        self.context, self.page, self.url, self.errors = context, page, url, []
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", lambda message: self.errors.append(message.text))
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    async def go(self, path: str) -> None:
        await self.page.goto(f"{self.url}{path}")

    async def give_device(self) -> None:
        """Give the browser a device with a finger that is always right."""
        device = await self.context.new_cdp_session(self.page)
        await device.send("WebAuthn.enable")
        options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
                   "isUserVerified": True, "automaticPresenceSimulation": True}  # fmt: skip
        await device.send("WebAuthn.addVirtualAuthenticator", {"options": options})

    async def show(self, scheme: str) -> None:
        await self.page.evaluate("scheme => { document.documentElement.dataset.mantineColorScheme = scheme; }", scheme)


@pytest_asyncio.fixture(loop_scope="session")
async def provider(monkeypatch):
    """An identity provider that the dashboard is told of; another site than `localhost`, as providers are."""
    async with providing() as one:
        for name, value in (("ISSUER", one.url), ("CLIENT_ID", CLIENT), ("CLIENT_SECRET", SECRET)):
            monkeypatch.setenv(f"BAROGRAPH_OIDC_{name}", value)
        yield one


@pytest_asyncio.fixture(loop_scope="session")
async def person(chromium, dashboard):
    context = await chromium.new_context(color_scheme="dark")
    someone = Person(context, await context.new_page(), dashboard.url.replace("127.0.0.1", "localhost"))
    yield someone
    await context.close()
    assert someone.errors == []


async def open_link(person: Person, dashboard) -> None:
    await person.context.request.post(dashboard.link.replace("127.0.0.1", "localhost"), max_redirects=0)


async def test_a_lab_begins_with_a_passkey_which_signs_in_again(person, dashboard, fits_every_screen):
    await person.give_device()
    await open_link(person, dashboard)
    page = person.page
    await person.go("/account")
    await page.get_by_role("link", name="Make the first account").click()
    await page.get_by_label("Your name").fill("A. Example")
    await page.get_by_label("E-mail").fill("a.example@lab.example")
    await page.get_by_role("button", name="Next: sign-in").click()
    await expect(page.get_by_role("button", name="Use a passkey")).to_be_visible()
    await fits_every_screen(page, "first-run", "dark")
    await page.get_by_role("button", name="Use a passkey").click()
    await page.get_by_label("A first team").fill("Sprint")
    await page.get_by_role("button", name="Next").click()
    await expect(page.get_by_role("heading")).to_have_text("Ready, A. Example")
    await page.get_by_role("link", name="Sessions").first.click()
    await expect(page.locator("#account")).to_have_attribute("title", "Account: A. Example")
    await page.locator("#account").click()
    await page.get_by_role("button", name="Sign out", exact=True).click()
    await expect(page.get_by_role("status")).to_have_text("You are signed out.")
    await page.get_by_role("button", name="Sign in with a passkey").click()
    await expect(page.locator("#account")).to_have_attribute("title", "Account: A. Example")


@pytest.mark.parametrize("scheme", ["dark", "light"])
async def test_axe_is_content_with_every_page_of_accounts(person, dashboard, mongo_archive, fits_every_screen, scheme):
    passwords = Passwords()
    for email in ("a.example@lab.example", "b.sample@lab.example"):
        user = await people.add_user(
            mongo_archive.accounts, passwords, email=email, password=PASSWORD, roles=["scientist"], now_us=1
        )
    passwords.close()
    page = person.page

    async def look(name: str, path: str) -> None:
        await person.go(path)
        await person.show(scheme)
        await fits_every_screen(page, f"accounts-{name}", scheme)

    await look("sign-in", "/sign-in")
    await page.get_by_label("E-mail").fill("a.example@lab.example")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await page.locator("#account").wait_for()
    await person.go("/people")
    await page.get_by_role("button", name="Make a link").click()
    link = await page.locator(".once").inner_text()
    await person.show(scheme)
    await fits_every_screen(page, "accounts-people", scheme)
    for name, path in (("person", f"/people/{user.uid}"), ("access", "/access"), ("account", "/account"),
                       ("retention", "/retention?count"),
                       ("ask", "/access/everyone")):  # fmt: skip
        await look(name, path)
    await look("invitation", re.sub(r"^http://[^/]+", "", link))


async def test_a_provider_signs_in_whom_an_admin_knows(provider, person, mongo_archive, fits_every_screen):
    passwords = Passwords()
    await people.add_user(
        mongo_archive.accounts, passwords, email=EMAIL, name="A. Example", password=PASSWORD, now_us=1
    )
    passwords.close()
    page = person.page

    async def come(email: str) -> None:
        await person.go("/sign-in?next=/account")
        await page.get_by_role("link", name="Sign in at 127.0.0.1").click()
        await page.get_by_label("Address").fill(email)
        await page.get_by_role("button", name="Go on").click()

    await come("nobody@lab.example")
    await expect(page.get_by_role("main")).to_contain_text("nobody here has your verified address")
    assert [error for error in person.errors if "403" not in error] == [], "the refusal has its status, and no more"
    await fits_every_screen(page, "accounts-nobody", "dark")
    person.errors.clear()
    await page.get_by_role("link", name="Back to sign-in").click()
    await come(EMAIL)
    await expect(page).to_have_url(re.compile("/account$"))
    await expect(page.locator("#account")).to_have_attribute("title", "Account: A. Example")
