"""Two dashboards on one store: what one ends, the other closes, its pages at once and its open feeds within seconds."""

from __future__ import annotations

import asyncio

import pytest
from quart.testing.connections import WebsocketDisconnectError

from barograph.access import people
from barograph.access.principals import Access
from dashboard.app import create_app

ADMIN, MEMBER, HOST = "a.example@lab.example", "b.sample@lab.example", "127.0.0.1:8050"


@pytest.fixture
def other(app, settings, memory_archive, memory_live):
    """A second process of the same lab: it has the key and the archive in common, and nothing else."""
    access = Access(settings, "dashboard")
    return create_app(settings, memory_archive, memory_live, access), access


async def closed(browser) -> int:
    """The code with which the feed of a browser is closed, once it was open."""
    where = {"headers": {"Host": HOST}, "scope_base": {"client": ("127.0.0.1", 4242)}}
    async with browser.client.websocket("/feed/walk", **where) as socket:
        await socket.send('{"type": "ping", "t1_us": 1}')
        browser.watching.set()
        try:
            while True:
                await socket.receive()
        except WebsocketDisconnectError as error:
            return int(error.args[0])


async def test_a_share_link_that_one_process_revokes_goes_dark_in_the_other(app, other, visitor, remembered):
    there, access = other
    walk = await remembered().begin("left")
    await walk.send("left", 20)
    owner, phone = visitor(), visitor()
    await owner.open_link()
    made = await (await owner.json("/data/walk/share", {"view": "live", "query": "", "life_s": 600})).get_json()
    assert (await phone.get(made["address"].partition(HOST)[2])).headers["Location"] == "/live/walk"
    watcher = type(phone)(there, access)
    watcher.client.cookie_jar = phone.client.cookie_jar
    watcher.watching = asyncio.Event()
    async with app.test_app(), there.test_app(), asyncio.timeout(30):
        watching = asyncio.create_task(closed(watcher))
        await watcher.watching.wait()
        begun = asyncio.get_running_loop().time()
        await owner.json(f"/data/walk/shares/{made['uid']}/revoke", {})
        assert await watching == 4403
        assert asyncio.get_running_loop().time() - begun < 3
        while (answer := await watcher.get("/live/walk")).status_code == 200:  # remembered for a second
            await asyncio.sleep(0.05)
        assert "does not open any more" in await answer.get_data(as_text=True)


ENDS = ("revoked by an admin", "signed out", "signed out everywhere", "disabled")


@pytest.mark.parametrize("how", ENDS)
async def test_what_one_process_ends_goes_dark_in_the_other(
    app, other, visitor, add_user, remembered, memory_archive, how
):
    there, access = other
    await add_user(ADMIN)
    user = await add_user(MEMBER, "scientist")
    walk = await remembered().begin("left")
    await walk.send("left", 20)
    admin, member = visitor(), visitor()
    await admin.sign_in(ADMIN)
    await member.sign_in(MEMBER)
    watcher = type(member)(there, access)  # the same browser, at the other process
    watcher.client.cookie_jar = member.client.cookie_jar
    watcher.watching = asyncio.Event()
    async with app.test_app(), there.test_app(), asyncio.timeout(30):
        watching = asyncio.create_task(closed(watcher))
        await watcher.watching.wait()
        assert (await watcher.get("/account")).status_code == 200
        [session] = await memory_archive.accounts.sessions(user.uid)
        if how == "revoked by an admin":
            await admin.post(f"/access/end/{session.uid}")
        elif how == "signed out":
            cookies = list(member.client.cookie_jar)
            await member.post("/sign-out")
            for cookie in cookies:
                watcher.client.cookie_jar.set_cookie(cookie)  # a copy that somebody kept
        elif how == "signed out everywhere":
            await member.post("/account/sign-out-everywhere")
        else:
            await people.disable(memory_archive.accounts, user.uid, now_us=session.made_us + 1)
        assert await watching == 4401
        while (await watcher.get("/account")).status_code != 303:  # a process remembers for a second whom it let in
            await asyncio.sleep(0.05)
