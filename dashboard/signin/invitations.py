"""The page of an invitation: who invites whom to what. Looking uses nothing up, a form does, once, within 72 hours."""

from __future__ import annotations

from quart import Quart, request
from quart.typing import ResponseTypes

from barograph.access import people
from barograph.access.needs import needs
from barograph.errors import BarographError, InvalidData, NotFound, Refused
from barograph.store.accounts import Invitation
from dashboard.drawing.markup import say, tag
from dashboard.page.agents import agent_name
from dashboard.page.visitors import lab
from dashboard.signin.desk import Desk, shown
from dashboard.signin.document import answer, notice, page
from dashboard.signin.forms import Form, button, field, form, problem, sent
from dashboard.signin.names import author, team_names
from dashboard.signin.passkey_markup import make_one
from dashboard.signin.sign_in import exchanged, said, turned_away
from dashboard.signin.times import span_left

PATH = "/invitation"
OVER = ("This invitation does not open any more", "It was used, it was taken back, or its 72 hours are over.")
OVER_MORE = tag("p", "Ask whoever invited you for a new one. If you used it yourself, ",
                tag("a", "sign in", href="/sign-in"), ".")  # fmt: skip


def register(app: Quart, desk: Desk) -> None:
    """Add the page to an application."""

    @app.get(f"{PATH}/<secret>")
    @needs("open")
    @shown
    async def show_invitation(secret: str) -> ResponseTypes:
        try:
            found = await people.invitation_of(desk.accounts, secret, desk.now_us())
        except NotFound:
            return answer(notice(*OVER, more=OVER_MORE), 410)
        return answer(await _page(desk, secret, found))

    @app.post(f"{PATH}/<secret>")
    @needs("open")
    @shown
    async def accept_invitation(secret: str) -> ResponseTypes:
        return await _accept(desk, secret, await sent(request))


async def _accept(desk: Desk, secret: str, given: Form) -> ResponseTypes:
    try:
        found = await people.invitation_of(desk.accounts, secret, desk.now_us())
        signed = await desk.visitors.signing_in.accept(
            secret, password=given.secret("password"), email=given.text("email"), name=given.text("name"),
            address=request.remote_addr or "", agent=agent_name(request),
        )  # fmt: skip
    except NotFound:
        return answer(notice(*OVER, more=OVER_MORE), 410)
    except Refused as error:
        return turned_away(error, await _page(desk, secret, found, given, error))
    except InvalidData as error:
        return answer(await _page(desk, secret, found, given, error), 400)
    return await exchanged(desk, signed, "/")


async def _page(
    desk: Desk, secret: str, found: Invitation, given: Form | None = None, error: BarographError | None = None
) -> str:
    place = getattr(error, "field", None)
    wrong = {place: said(error)} if error is not None else {}
    name = given.text("name") if given else found.name
    email = found.email or (given.text("email") if given else "")
    entries = form(
        f"{PATH}/{secret}",
        "" if place in ("email", "name", "password") else problem(wrong.get(place, "")),
        field("Your name", "name", name, autocomplete="name", required="", maxlength="200",
              problem=wrong.get("name", "")),
        field("E-mail", "email", email, kind="email", autocomplete="username", required="", maxlength="254",
              readonly="" if found.email else None, problem=wrong.get("email", "")),
        make_one("invitation", secret),
        field("Password", "password", kind="password", autocomplete="new-password", required="", minlength="12",
              hint="12 characters or more; some words in a row are easy to keep.", problem=wrong.get("password", "")),
        button("Accept and sign in", kind="wide primary"),
        kind="stack",
    )  # fmt: skip
    left = span_left(found.until_us, desk.now_us())
    return page(
        "Invitation",
        tag("section", tag("h1", "You are invited"), await _who_to_what(desk, found), entries,
            tag("p", say(f"This link works once; {left}."), class_="muted"), class_="narrow"),
    )  # fmt: skip


async def _who_to_what(desk: Desk, found: Invitation) -> str:
    names = await team_names(desk.archive, found.teams | found.granted)
    roles = ", ".join(sorted(found.roles))
    of = f" of {', '.join(names)}" if names else ""
    by, at = await author(desk.accounts, found.by), request.headers.get("Host") or ""
    where = f"{lab()}, {at}" if lab() else f"Barograph at {at}"
    return tag("p", tag("b", say(by)), say(f" invites you to {where}, as {roles}{of}."))
