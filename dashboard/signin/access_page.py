"""The Access page: all that opens a door, and who holds it. Revoking acts within 3 s, and says first what goes dark."""

from __future__ import annotations

from quart import Quart, redirect, request
from quart.typing import ResponseTypes

from barograph.access.needs import needs
from barograph.access.principals import Principal
from barograph.errors import NotFound
from barograph.store.accounts import Key, Session, StoredShare
from dashboard.drawing.markup import say, tag
from dashboard.page.visitors import visitor
from dashboard.signin import tables
from dashboard.signin.account import confirm, end_button
from dashboard.signin.desk import Desk, shown, whoever
from dashboard.signin.document import answer, page
from dashboard.signin.names import people_names
from dashboard.signin.shares import opened_by

PATH = "/access"
DARK = {
    "session": ("Sign this browser out?", "Its pages go dark within 3 seconds. It can be signed in again.", "Sign out"),
    "token": ("Revoke this token?", "Programs that use it are refused within 3 seconds.", "Revoke"),
    "device": ("Revoke this device’s token?", "It is refused within 3 seconds, and has to be paired again.", "Revoke"),
    "share": ("Revoke this link?", "Screens and phones that it opened go dark within 3 seconds.", "Revoke"),
}


def register(app: Quart, desk: Desk) -> None:
    """Add the page and what it changes to an application."""

    @app.get(PATH)
    @needs("person")
    @shown
    async def show_access() -> ResponseTypes:
        return answer(await _page(desk, whoever("administer", "session"), every="all" in request.args))

    @app.get(f"{PATH}/end/<uid>")
    @needs("person")
    @shown
    async def ask_to_revoke(uid: str) -> ResponseTypes:
        whoever("administer", "session")
        return answer(await _ask(desk, await _key(desk, uid)))

    @app.post(f"{PATH}/end/<uid>")
    @needs("person")
    @shown
    async def revoke_key(uid: str) -> ResponseTypes:
        whoever("administer", "session")
        await desk.visitors.keyring.revoke((await _key(desk, uid)).uid)
        return redirect(PATH, 303)

    @app.get(f"{PATH}/everyone")
    @needs("person")
    @shown
    async def ask_everyone() -> ResponseTypes:
        whoever("administer", "session")
        return answer(
            confirm("Sign everyone out?", "All browsers but this one", "Their pages go dark within 3 seconds. "
                    "Tokens, devices and share links stay.", f"{PATH}/everyone", "Sign everyone out", PATH)
        )  # fmt: skip

    @app.post(f"{PATH}/everyone")
    @needs("person")
    @shown
    async def sign_everyone_out() -> ResponseTypes:
        who = whoever("administer", "session")
        for user in await desk.accounts.users():
            await desk.visitors.keyring.revoke_all(user.uid, kinds=("session",), spare=who.key)
        return redirect(PATH, 303)


async def _page(desk: Desk, who: Principal, *, every: bool) -> str:
    now_us, names = desk.now_us(), await people_names(desk.accounts)

    def end(key: Key) -> str:
        return end_button(key, PATH)

    made, opens = await desk.accounts.shares(), desk.visitors.shares.opens
    open_ones = [one for one in made if opens(one)]
    shares = tables.card(
        "Share links", "read only, one session or one screen each",
        tables.shares(made if every else open_ones, now_us, end, await opened_by(desk, made), opens, names),
        more=_choice(len(open_ones), len(made), every),
    )  # fmt: skip
    tokens = tables.card(
        "Tokens", "shown once when made, then only their name",
        tables.tokens([*await desk.accounts.devices(), *await desk.accounts.tokens()], now_us, end, names),
    )  # fmt: skip
    browsers = tables.card(
        "Signed in", "ends after 12 h idle, 30 days at most",
        tables.sessions(await desk.accounts.sessions(), now_us, who.key, end, names),
        more=tag("a", "Sign everyone out", href=f"{PATH}/everyone", class_="button"),
    )  # fmt: skip
    head = tag("div", tag("h1", "Access"), tag("span", "everything that opens a door, and who holds it",
               class_="muted"), class_="desk-head")  # fmt: skip
    return page("Access", head, shares, tag("div", tokens, browsers, class_="desk-halves"), who=who, tab="tab-access")


def _choice(still: int, every: int, chosen: bool) -> str:
    parts = (("Still open", still, PATH, not chosen), ("All", every, f"{PATH}?all", chosen))
    return "".join(
        tag("a", say(f"{title} {n}"), href=href, class_="chip", aria_current="true" if on else None)
        for title, n, href, on in parts
    )


async def _key(desk: Desk, uid: str) -> Key:
    accounts = desk.accounts
    every: list[Key] = [
        *await accounts.sessions(), *await accounts.tokens(), *await accounts.devices(), *await accounts.shares(),
    ]  # fmt: skip
    found = next((key for key in every if key.uid == uid and key.stands(desk.now_us())), None)
    if found is None:
        raise NotFound(f"{uid}: nothing that stands")
    return found


async def _ask(desk: Desk, key: Key) -> str:
    names = await people_names(desk.accounts)
    title, text, word = DARK[key.kind]
    if isinstance(key, StoredShare):
        text = f"It opens {(await opened_by(desk, [key]))(key)}. {text}"
    what = getattr(key, "name", "") or (f"{key.agent}, {key.address}" if isinstance(key, Session) else "")
    of = f"{what} of {names.get(key.user, '?')}" if key.kind in ("session", "token") else what
    own = visitor()
    if own is not None and own.key == key.uid:
        raise NotFound("one's own session ends by signing out")
    return confirm(title, of, text, f"{PATH}/end/{key.uid}", word, PATH)
