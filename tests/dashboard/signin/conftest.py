"""Browsers that sign in, over memory, through Quart's own test client."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable
from urllib.parse import urlencode

import pytest
from argon2 import PasswordHasher
from quart import Quart

from barograph.access import people
from barograph.access.passwords import Passwords
from barograph.access.principals import Access
from barograph.store.accounts import User
from barograph.store.ports import Archive
from dashboard.app import create_app

HOST = "127.0.0.1:8050"
PASSWORD = "warm lamps over the track"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class Visitor:
    """One browser with its cookies, that goes where forms lead."""

    def __init__(self, app: Quart, access: Access, host: str = HOST) -> None:
        self.client, self.access, self.host = app.test_client(), access, host

    async def get(self, path: str, **headers: str):
        return await self._ask("GET", path, headers)

    async def head(self, path: str):
        return await self._ask("HEAD", path, {})

    async def post(self, path: str, form: dict | None = None, **headers: str):
        given = {"Origin": f"http://{self.host}", "Content-Type": "application/x-www-form-urlencoded", **headers}
        return await self._ask("POST", path, given, data=urlencode(form or {}, doseq=True))

    async def json(self, path: str, content: object):
        return await self._ask("POST", path, {"Origin": f"http://{self.host}"}, json=content)

    async def _ask(self, method: str, path: str, headers: dict, **body):
        given = {"Host": self.host, "Accept": "text/html", **headers}
        client = ("127.0.0.1", 4242)
        return await self.client.open(path, method=method, headers=given, scope_base={"client": client}, **body)

    async def text(self, path: str) -> str:
        answer = await self.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return plain(await answer.get_data(as_text=True))

    async def sign_in(self, email: str, password: str = PASSWORD, **more: str):
        return await self.post("/sign-in", {"email": email, "password": password, **more})

    async def open_link(self):
        return await self.post(self.access.new_link(f"http://{HOST}").removeprefix(f"http://{HOST}"))

    @property
    def cookies(self) -> list[str]:
        return [cookie.name for cookie in self.client.cookie_jar]


def plain(html: str) -> str:
    """What a page says, without its markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", html.partition("<body>")[2]).split())


@pytest.fixture
def app(settings, access, memory_archive, memory_live, monkeypatch) -> Quart:
    """The dashboard over memory, whose passwords cost little."""
    monkeypatch.setattr("dashboard.app.Passwords", lambda: Passwords(CHEAP))
    return create_app(settings, memory_archive, memory_live, access)


@pytest.fixture
def visitor(app: Quart, access: Access) -> Callable[[], Visitor]:
    return lambda host=HOST: Visitor(app, access, host)


@pytest.fixture
def add_user(memory_archive: Archive) -> Callable[..., Awaitable[User]]:
    """Adds users; the first one has all roles."""

    async def added(email: str, *roles: str, **more) -> User:
        passwords = Passwords(CHEAP)
        try:
            return await people.add_user(
                memory_archive.accounts, passwords, email=email, password=PASSWORD, roles=roles,
                now_us=time.time_ns() // 1000, **more,
            )  # fmt: skip
        finally:
            passwords.close()

    return added
