"""The sign-in page, and signing out.

A plain form that says the same whichever half was wrong, how many tries are left, and how long the pause is. A
password is never put back into the page.
"""

from __future__ import annotations

from math import ceil
from typing import Any
from urllib.parse import quote, urlsplit

from quart import Quart, redirect, request
from quart.typing import ResponseTypes

from barograph.access.needs import needs
from barograph.access.signing_in import SignedIn
from barograph.errors import Refused
from dashboard.drawing.markup import say, tag
from dashboard.page.agents import agent_name
from dashboard.page.visitors import lab
from dashboard.signin.desk import Desk, shown
from dashboard.signin.document import answer, icon, page
from dashboard.signin.forms import button, field, form, hidden, local, problem, sent
from dashboard.signin.passkey_markup import use_one

PATH = "/sign-in"
CODE = tag(
    "p", icon("qr"), tag("span", tag("b", "An athlete with a code?"),
    " Scan it with the phone’s camera: no account needed."),
)  # fmt: skip
FOOT = tag("footer", CODE, class_="desk-foot")
LOST = "No account, or the password forgotten? Ask an admin of the lab for a link."


def register(app: Quart, desk: Desk) -> None:
    """Add the pages to an application."""

    @app.get(PATH)
    @needs("open")
    @shown
    async def show_sign_in() -> ResponseTypes:
        return answer(_page(desk, onward=request.args.get("next", "/"), out="out" in request.args))

    @app.post(PATH)
    @needs("open")
    @shown
    async def take_sign_in() -> ResponseTypes:
        return await _sign_in(desk)

    @app.post("/sign-out")
    @needs("open")
    @shown
    async def sign_out() -> ResponseTypes:
        access = desk.visitors.access
        await desk.visitors.signing_in.sign_out(access.session_secret(request))
        response: Any = redirect(f"{PATH}?out", 303)
        desk.leave(response)
        return response  # type: ignore[no-any-return]


async def _sign_in(desk: Desk) -> ResponseTypes:
    given = await sent(request)
    email, onward = given.text("email"), local(given.text("next"))
    try:
        signed = await desk.visitors.signing_in.sign_in(
            email, given.secret("password"), address=request.remote_addr or "", agent=agent_name(request)
        )
    except Refused as error:
        return turned_away(error, _page(desk, email, onward=onward, wrong=said(error)))
    return await exchanged(desk, signed, onward)


async def exchanged(desk: Desk, signed: SignedIn, onward: str) -> ResponseTypes:
    """Return the answer that signs in; a session that this browser had ends."""
    await desk.visitors.signing_in.sign_out(desk.visitors.access.session_secret(request))
    return desk.enter(signed, onward)


def turned_away(error: Refused, html: str) -> ResponseTypes:
    """Return a page to whoever was not signed in."""
    if not error.retry_after_s:
        return answer(html, 403)
    response = answer(html, 429)
    response.headers["Retry-After"] = str(ceil(error.retry_after_s))
    return response


def said(error: Exception) -> str:
    """Return an error as a sentence of a page: without the name of the field, which stands above."""
    text = str(error)
    if ": " in text and " " not in text.partition(": ")[0]:
        text = text.partition(": ")[2]
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def _page(desk: Desk, email: str = "", *, onward: str = "/", wrong: str = "", out: bool = False) -> str:
    entries = form(
        PATH,
        use_one(),
        _elsewhere(desk, onward),
        hidden(next=local(onward)),
        problem(wrong),
        field("E-mail", "email", email, kind="email", autocomplete="username", required="", maxlength="254",
              autofocus=None if email else ""),
        field("Password", "password", kind="password", autocomplete="current-password", required="", maxlength="1024",
              autofocus="" if email else None),
        button("Sign in", kind="wide"),
        kind="stack",
    )  # fmt: skip
    ended = tag("p", "You are signed out.", class_="good", role="status") if out and not wrong else ""
    host = request.headers.get("Host") or ""
    where = f"{lab()}, {host}" if lab() else host
    return page(
        "Sign in",
        tag("section", tag("h1", "Sign in"), tag("p", say(where), class_="muted"), ended, entries,
            tag("p", LOST, class_="muted"), class_="narrow"),
        foot=FOOT,
    )  # fmt: skip


def _elsewhere(desk: Desk, onward: str) -> str:
    """The way to the identity provider, where the settings name one."""
    name = urlsplit(desk.settings.oidc_issuer or "").hostname
    if not name:
        return ""
    href = f"{PATH}/openid?next={quote(local(onward), safe='')}"
    return tag("a", say(f"Sign in at {name}"), href=href, class_="button wide") + tag("p", "or", class_="or")
