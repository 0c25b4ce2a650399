"""One's account: browsers that are signed in, tokens, passkeys and the password. The owner by link has none of these.

What ends something is asked once more, on a page of its own: Enter never revokes.
"""

from __future__ import annotations

from typing import Any

from quart import Quart, redirect, request
from quart.typing import ResponseTypes

from barograph.access import people
from barograph.access.needs import needs
from barograph.access.passwords import checked_password
from barograph.access.principals import Principal
from barograph.errors import InvalidData, NotFound, Refused
from barograph.store.accounts import Key, StoredShare, User
from dashboard.drawing.markup import copy, say, tag
from dashboard.page.visitors import visitor
from dashboard.signin import own_record, shares, tables
from dashboard.signin.desk import Desk, fresh_user, shown, user_of, whoever
from dashboard.signin.document import answer, icon, page
from dashboard.signin.forms import button, field, form, press, sent
from dashboard.signin.passkey_markup import add_one
from dashboard.signin.sign_in import said
from dashboard.signin.times import ago

PATH = "/account"
TOKEN_DAYS = 90
OWNER = (
    "You came by the one-time link of this machine: whoever may read its data directory can make one, with "
    "barograph link, and may do everything."
)


def register(app: Quart, desk: Desk) -> None:
    """Add the page and what it changes to an application."""

    @app.get(PATH)
    @needs("person")
    @shown
    async def show_account() -> ResponseTypes:
        return answer(await _page(desk))

    @app.post(f"{PATH}/password")
    @needs("person")
    @shown
    async def change_password() -> ResponseTypes:
        return await _change_password(desk)

    shares.register(app, desk, _page)

    @app.post(f"{PATH}/tokens")
    @needs("person")
    @shown
    async def make_token() -> ResponseTypes:
        return await _make_token(desk)

    @app.get(f"{PATH}/end/<uid>")
    @needs("person")
    @shown
    async def ask_to_end(uid: str) -> ResponseTypes:
        return answer(await _ask(desk, await _own(desk, uid)))

    @app.post(f"{PATH}/end/<uid>")
    @needs("person")
    @shown
    async def end_own(uid: str) -> ResponseTypes:
        await desk.visitors.keyring.revoke((await _own(desk, uid)).uid)
        return redirect(PATH, 303)

    @app.post(f"{PATH}/sign-out-everywhere")
    @needs("person")
    @shown
    async def sign_out_everywhere() -> ResponseTypes:
        user = await user_of(desk, whoever())
        await desk.visitors.keyring.revoke_all(user.uid, kinds=("session",))
        response: Any = redirect("/sign-in?out", 303)
        desk.leave(response)
        return response  # type: ignore[no-any-return]


async def _page(desk: Desk, *, wrong: str = "", made: str = "", link: str = "") -> str:
    who = visitor()
    if who is None or who.kind not in ("owner", "user"):
        raise NotFound(PATH)
    if who.kind == "owner":
        return page("Account", await _owner(desk), await shares.card(desk, who, end_button, link), who=who)
    user = await desk.accounts.user(who.uid)
    shared = await shares.card(desk, who, end_button, link)
    left = tag("div", await _sessions(desk, who), await _tokens(desk, who, made), shared, class_="desk-column")
    right = tag("div", _leads(who), await _passkeys(desk, user), _password(user, wrong), _help(), _way_out(),
                class_="desk-column side")  # fmt: skip
    return page("Account", _head(user), tag("div", left, right, class_="desk-columns"), who=who)


async def _owner(desk: Desk) -> str:
    first = "" if await desk.visitors.has_users() else _first_run()
    return tag("section", tag("h1", "This machine’s owner"), tag("p", say(OWNER)), first, _documentation(),
               press("/sign-out", "Sign out"), class_="narrow wide")  # fmt: skip


def _first_run() -> str:
    return tag(
        "div",
        tag("p", "Nobody has an account here, and nobody needs one on this machine alone. With accounts, several "
                 "people use this lab, from other machines and phones too, and each sees what is theirs."),
        tag("a", "Make the first account", href="/first-run", class_="button primary"),
        class_="said",
    )  # fmt: skip


def _head(user: User) -> str:
    roles = "".join(tag("span", say(role), class_="chip") for role in sorted(user.roles))
    address = tag("span", say(user.email), class_="muted") if user.name else ""
    return tag("div", tag("h1", say(user.name or user.email)), address, roles,
               class_="desk-head")  # fmt: skip


async def _sessions(desk: Desk, who: Principal) -> str:
    found = await desk.accounts.sessions(who.uid)
    return tables.card(
        "Signed in", "ends after 12 h idle, 30 days at most",
        tables.sessions(found, desk.now_us(), who.key, end_button),
        more=press(f"{PATH}/sign-out-everywhere", "Sign out everywhere"), name="sessions",
    )  # fmt: skip


def end_button(key: Key, base: str = PATH) -> str:
    """Return the way to end something: to a page that asks."""
    what = "Sign out" if key.kind == "session" else "Revoke"
    name = getattr(key, "name", "") or getattr(key, "agent", "")
    return tag("a", what, href=f"{base}/end/{key.uid}", class_="button", aria_label=f"{what} {name}".strip())


async def _tokens(desk: Desk, who: Principal, made: str) -> str:
    found = await desk.accounts.tokens(who.uid)
    new = form(
        f"{PATH}/tokens",
        field("Name", "name", required="", maxlength="200", hint="What the program is, and where it runs."),
        field("Days", "days", str(TOKEN_DAYS), kind="number", min="1", max="366", required=""),
        button("Make a token"),
        kind="row",
    )
    return tables.card(
        "Tokens", "for programs; shown once when made, then only their name",
        secret_once("Your new token", made) if made else "",
        tables.tokens(found, desk.now_us(), end_button), new, name="tokens",
    )  # fmt: skip


async def _passkeys(desk: Desk, user: User) -> str:
    now_us = desk.now_us()
    items = (
        tag("li", icon("passkey"), tag("b", say(one.name)), tag("span", "made ", ago(one.made_us, now_us), ", used ",
            ago(one.used_us, now_us), class_="muted"), tag("span", class_="grow"),
            press(f"{PATH}/passkeys/{one.uid}/remove", "Remove", label=f"Remove the passkey {one.name}"))
        for one in await desk.accounts.passkeys(user.uid)
    )  # fmt: skip
    listed = tag("ul", *items, class_="waiting")
    return tables.card("Passkeys", "instead of the password", listed, add_one(), name="passkeys")


def secret_once(title: str, secret: str) -> str:
    """Return a secret that is shown now and never again."""
    once = tag("p", tag("b", say(title)), ": copy it now, it is not shown again.")
    shown = tag("p", tag("code", say(secret), class_="once"), copy(secret))
    return tag("div", once, shown, class_="said", role="status")


def _password(user: User, wrong: str) -> str:
    if not user.password_hash:
        new = field("A password too", "new", kind="password", autocomplete="new-password", required="", minlength="12",
                    hint="12 characters or more. You sign in without one so far.", problem=wrong)  # fmt: skip
        return tables.card("Password", "", form(f"{PATH}/password", new, button("Set it"), kind="stack"))
    old = field("Password now", "old", kind="password", autocomplete="current-password", required="", problem=wrong)
    new = field("New password", "new", kind="password", autocomplete="new-password", required="", minlength="12",
                hint="12 characters or more. Your other browsers are signed out.")  # fmt: skip
    email = tag("input", type="email", value=user.email, autocomplete="username", hidden="", readonly="")
    return tables.card("Password", "", form(f"{PATH}/password", email, old, new, button("Change it"), kind="stack"))


def _leads(who: Principal) -> str:
    """The ways to pages that are somebody's by one of several roles, and have no place in the header."""
    ways = (
        ("Your data", "/you", "athlete" in who.roles),
        ("Invite an athlete", "/people/invite", own_record.invites(who)),
    )
    links = [tag("a", title, href=href, class_="button") for title, href, theirs in ways if theirs]
    return tables.card("More of yours", "", tag("p", *links, class_="pad turn")) if links else ""


def _help() -> str:
    return tables.card("Help", "", _documentation())


def _documentation() -> str:
    return tag("p", tag("a", "Documentation", href="/docs/", class_="button"), class_="pad turn")


def _way_out() -> str:
    return tables.card("This browser", "", press("/sign-out", "Sign out"))


async def _change_password(desk: Desk) -> ResponseTypes:
    who, given = whoever(), await sent(request)
    user = await user_of(desk, who)
    try:
        if user.password_hash:
            await desk.visitors.signing_in.change_password(who, given.secret("old"), given.secret("new"))
        else:
            await _first_password(desk, who, given.secret("new"))
    except (InvalidData, Refused) as error:
        return answer(await _page(desk, wrong=said(error)), 429 if getattr(error, "retry_after_s", None) else 400)
    return redirect(PATH, 303)


async def _first_password(desk: Desk, who: Principal, typed: str) -> None:
    """Give a password to somebody who signs in without one; their other browsers are signed out."""
    user = await fresh_user(desk)
    password_hash = await desk.passwords.hash(checked_password(typed, user.email))
    if not await desk.accounts.set_password(user.uid, password_hash, instead_of=""):
        raise Refused("changed", "password: it was set elsewhere at this moment; sign in again")
    await desk.visitors.keyring.revoke_all(user.uid, kinds=("session",), spare=who.key)


async def _make_token(desk: Desk) -> ResponseTypes:
    who, given = whoever(kind="token"), await sent(request)
    user, days = await user_of(desk, who), given.text("days")
    if not (days.isascii() and days.isdigit() and len(days) <= 4):
        raise InvalidData(f"days: expected a whole number, got {days[:20]!r}", field="days")
    secret, _ = await people.create_token(desk.accounts, user, given.text("name"), days=int(days), now_us=desk.now_us())
    return answer(await _page(desk, made=secret))


async def _own(desk: Desk, uid: str) -> Key:
    """One of one's own sessions, tokens and share links, or `NotFound`: of others the same."""
    who = whoever()
    mine: list[Key] = [*await desk.accounts.shares(who.uid)]
    if who.kind == "user":
        mine += [*await desk.accounts.sessions(who.uid), *await desk.accounts.tokens(who.uid)]
    found = next((key for key in mine if key.uid == uid and key.stands(desk.now_us())), None)
    if found is None:
        raise NotFound(f"{uid}: no such session, token or link")
    return found


async def _ask(desk: Desk, key: Key) -> str:
    if isinstance(key, StoredShare):
        opens = (await shares.opened_by(desk, [key]))(key)
        text = f"It opens {opens}. Screens and phones that it opened go dark within 3 seconds. It cannot be undone."
        return confirm("Revoke this link?", key.name, text, f"{PATH}/end/{key.uid}", "Revoke", PATH)
    if key.kind == "session":
        title, text = "Sign this browser out?", "Its pages go dark within 3 seconds. It can be signed in again."
        what = f"{getattr(key, 'agent', '') or 'A browser'}, {getattr(key, 'address', '') or 'address unknown'}"
    else:
        title, text = "Revoke this token?", "Programs that use it are refused within 3 seconds. It cannot be undone."
        what = getattr(key, "name", "")
    return confirm(title, what, text, f"{PATH}/end/{key.uid}", "Sign out" if key.kind == "session" else "Revoke", PATH)


def confirm(title: str, what: str, text: str, action: str, word: str, back: str) -> str:
    """Return a page that asks once more and says what goes dark; the focus starts on what changes nothing."""
    keep = tag("a", "Keep it", href=back, class_="button primary", autofocus="", id="keep")
    return page(
        title,
        tag("section", tag("h1", say(title)), tag("p", tag("b", say(what))), tag("p", say(text)),
            tag("div", keep, press(action, word, kind="danger"), class_="actions"), class_="narrow wide"),
        who=visitor(),
    )  # fmt: skip
