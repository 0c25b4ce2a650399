"""The page You as routes of an application: what is stored of an athlete, who may see it, and what they ask for.

It is for whoever signs in as an athlete. An account that is an athlete's by role, and of no record yet, is told so.
"""

from __future__ import annotations

from quart import Quart, Response, redirect, request
from quart.typing import ResponseTypes

from analytics.sessions.export_tables import ExportTables
from barograph.access.needs import needs
from barograph.access.principals import Principal
from barograph.errors import NotFound
from barograph.store.accounts import StoredShare
from barograph.store.erasure_requests import ErasureRequest
from barograph.store.take_along import prepare
from barograph.texts import plural
from barograph.times import day_of
from barograph.web.beginning import begun
from dashboard.drawing.markup import say, tag
from dashboard.page.visitors import visitor
from dashboard.reading.export_rows import done_tables
from dashboard.signin.account import confirm
from dashboard.signin.desk import Desk, shown
from dashboard.signin.document import answer, page
from dashboard.you import markup, seen
from dashboard.you.held import Held, athlete_of, held, length_s
from dashboard.you.markup import PATH

STYLE = '<link rel="stylesheet" href="/assets/you/you.css">\n'
NO_RECORD = (
    "Your account is not tied to an athlete yet, so nothing is stored under it. Whoever invited you can change that."
)


def register(app: Quart, desk: Desk) -> None:
    """Add the page and what it changes to an application."""

    @app.get(PATH)
    @needs("person")
    @shown
    async def show_you() -> ResponseTypes:
        return answer(await _page(desk, _athlete()))

    @app.get(f"{PATH}/erase", defaults={"uid": ""})
    @app.get(f"{PATH}/erase/<uid>")
    @needs("person")
    @shown
    async def ask_for_erasure(uid: str) -> ResponseTypes:
        return answer(_sure(await _held(desk, _athlete()), uid))

    @app.post(f"{PATH}/erase", defaults={"uid": ""})
    @app.post(f"{PATH}/erase/<uid>")
    @needs("person")
    @shown
    async def keep_request(uid: str) -> ResponseTypes:
        who = _athlete()
        found = await _held(desk, who)
        _there(found, uid)
        wanted = ErasureRequest(athlete=found.athlete.uid, workout=uid, by=who.uid, made_us=desk.now_us())
        await desk.accounts.ask_erasure(wanted)
        return redirect(f"{PATH}#erasure", 303)

    @app.post(f"{PATH}/requests/<uid>/withdraw")
    @needs("person")
    @shown
    async def withdraw_request(uid: str) -> ResponseTypes:
        who = _athlete()
        if uid not in {one.uid for one in (await _held(desk, who)).requests}:
            raise NotFound(f"{uid}: no such request")
        await desk.accounts.answer_erasure(uid, "withdrawn", now_us=desk.now_us(), by=who.uid)
        return redirect(f"{PATH}#erasure", 303)

    _register_links(app, desk)
    _register_take_along(app, desk)


def _register_take_along(app: Quart, desk: Desk) -> None:
    @app.get(f"{PATH}/take-along")
    @needs("person")
    @shown
    async def take_along() -> ResponseTypes:
        athlete = await athlete_of(desk.archive, _athlete())
        if athlete is None:
            raise NotFound(PATH)
        made = await prepare(desk.archive, athlete, ExportTables(), done_tables)
        response = Response(await begun(made.parts()), content_type=made.media_type)
        response.timeout = None  # as long as its reader takes
        response.headers["Content-Disposition"] = made.disposition
        return response


def _register_links(app: Quart, desk: Desk) -> None:
    @app.get(f"{PATH}/links/<uid>")
    @needs("person")
    @shown
    async def ask_to_end_link(uid: str) -> ResponseTypes:
        one = await _own_link(desk, uid)
        text = "Screens and phones that it opened go dark within 3 seconds. It cannot be undone."
        return answer(confirm("Revoke this link?", one.name, text, f"{PATH}/links/{uid}", "Revoke", PATH))

    @app.post(f"{PATH}/links/<uid>")
    @needs("person")
    @shown
    async def end_link(uid: str) -> ResponseTypes:
        await desk.visitors.keyring.revoke((await _own_link(desk, uid)).uid)
        return redirect(f"{PATH}#links", 303)


def _athlete() -> Principal:
    """Who asks, if they sign in as an athlete; else `NotFound`: unknown and forbidden look the same."""
    who = visitor()
    if who is None or who.kind != "user" or "athlete" not in who.roles:
        raise NotFound(PATH)
    return who


async def _held(desk: Desk, who: Principal) -> Held:
    athlete = await athlete_of(desk.archive, who)
    if athlete is None:
        raise NotFound(PATH)
    return await held(desk.archive, athlete, who, desk.now_us())


async def _own_link(desk: Desk, uid: str) -> StoredShare:
    who = _athlete()
    own = (one for one in await desk.accounts.shares(who.uid) if one.uid == uid and one.stands(desk.now_us()))
    if (found := next(own, None)) is None:
        raise NotFound(f"{uid}: no such link")
    return found


async def _page(desk: Desk, who: Principal) -> str:
    athlete, user, now_us = await athlete_of(desk.archive, who), await desk.accounts.user(who.uid), desk.now_us()
    browsers = sum(one.stands(now_us) for one in await desk.accounts.sessions(who.uid))
    sign_in = markup.sign_in(len(await desk.accounts.passkeys(who.uid)), browsers, password=bool(user.password_hash))
    if athlete is None:
        said = tag("div", tag("p", say(NO_RECORD), class_="said"), sign_in, class_="desk-stack")
        return page("Your data", _head(user.name or user.email), said, who=who, current="nav-you", more=STYLE)
    found = await held(desk.archive, athlete, who, now_us)
    names = {one.uid: one.workout_id for one in found.workouts}
    opens = {one.uid: _opened(one, names) for one in found.shares}
    left = (markup.sessions(found, _turned()), markup.links(found, who, opens, now_us))
    agreed, gone = markup.consents(found, day_of(now_us)), markup.erasure(found, names, now_us)
    right = (markup.who_may_see(found), agreed, markup.take_along(found), gone, sign_in)
    looked = seen.card(await seen.seen(desk.archive, athlete, who.uid, _before()), names, now_us)
    columns = tag("div", tag("div", *left, class_="desk-column"), tag("div", *right, class_="desk-column"),
                  class_="desk-halves")  # fmt: skip
    inside = (_head(athlete.name), markup.tiles(found), columns, looked)
    return page("Your data", *inside, who=who, current="nav-you", more=STYLE)


def _head(name: str) -> str:
    about = f"{name} · what is kept about you, who may see it, and what you can do"
    return tag("div", tag("h1", "Your data"), tag("span", say(about), class_="muted"), class_="desk-head")


def _turned() -> int:
    given = request.args.get("page", "1")
    return int(given) if given.isascii() and given.isdigit() and 0 < len(given) <= 6 and int(given) else 1


def _before() -> int | None:
    """The sequence number before which entries of the log are shown."""
    given = request.args.get("before", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) <= 15 else None


def _opened(one: StoredShare, names: dict[str, str]) -> str:
    if one.team:
        return "whoever of your team is live"
    return f"{names.get(one.workout, 'a session that was erased')}, {one.view}"


def _there(found: Held, uid: str) -> None:
    if uid and found.workout(uid) is None:
        raise NotFound(f"{uid}: no such session")


def _sure(found: Held, uid: str) -> str:
    """Ask once more, and say what is meant; the focus starts on what changes nothing."""
    _there(found, uid)
    one = found.workout(uid) if uid else None
    if one is not None:
        what = f"{one.workout_id}, {length_s(one):.0f} s"
        text = "An admin or a scientist of your team answers. Once it is erased, nobody can bring it back."
        return confirm("Ask for this session to be erased?", what, text, f"{PATH}/erase/{uid}", "Ask for it", PATH)
    what = f"{plural(len(found.workouts), 'session')} and your record: name, measurements, teams, consents"
    text = "An admin answers. Once it is erased, nobody can bring it back, and there is nothing of you to look at here."
    return confirm("Ask for everything to be erased?", what, text, f"{PATH}/erase", "Ask for it", PATH)
