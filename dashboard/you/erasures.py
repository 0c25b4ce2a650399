"""Requests of athletes to be erased: who may answer them sees them here, erases or declines.

One session may be erased by an admin or by a scientist of the athlete's teams, everything by an admin. It is erased by
the one way in which sessions are erased, and the request keeps who answered, and when; then the receipt is shown.
"""

from __future__ import annotations

from dataclasses import dataclass

from quart import Quart, redirect, request
from quart.typing import ResponseTypes

from barograph.access.needs import needs
from barograph.access.principals import Principal
from barograph.access.rights import Kind, Resource, decide
from barograph.errors import InvalidData, NotFound
from barograph.store.erasure_requests import ErasureRequest, already_answered
from barograph.store.ports import Workout
from barograph.store.roster import Athlete
from barograph.times import day_of
from dashboard.drawing import words
from dashboard.drawing.markup import say, tag
from dashboard.drawing.words import plural
from dashboard.page.visitors import visitor
from dashboard.reading.sources import Sources
from dashboard.signin import tables
from dashboard.signin.account import confirm
from dashboard.signin.desk import Desk, shown
from dashboard.signin.document import answer, page
from dashboard.signin.forms import button, field, form, problem, sent
from dashboard.signin.names import people_names
from dashboard.signin.sign_in import said
from dashboard.signin.times import ago
from dashboard.you import receipts
from dashboard.you.held import length_s, sessions_of
from dashboard.you.markup import STATES

PATH = "/erasures"
ANSWERED = 50
WHY = "Say why: expected a sentence, which the athlete reads."


@dataclass(frozen=True)
class RequestView:
    """A request with what it is about; of what was erased since, only the request is there."""

    request: ErasureRequest
    athlete: Athlete | None
    workouts: list[Workout]

    @property
    def what(self) -> Resource:
        """What would be erased, as a resource."""
        teams = frozenset(self.athlete.teams) if self.athlete else frozenset[str]()
        kind: Kind = "athlete" if self.request.everything else "workout"
        return Resource(kind, self.request.workout, self.request.athlete, teams)

    def may_answer(self, who: Principal | None) -> bool:
        """Return whether somebody may erase it, and so decline it."""
        return decide(who, "erase", self.what)

    def seen_by(self, who: Principal | None) -> bool:
        """Return whether somebody may know of it: who may answer it, and scientists of the athlete's teams."""
        record = Resource("athlete", self.request.athlete, self.request.athlete, self.what.teams)
        return self.may_answer(who) or decide(who, "describe", record)

    def named(self, who: Principal | None) -> bool:
        """Return whether somebody may read whose it is, and what the session is called."""
        return decide(who, "read", Resource("athlete", self.request.athlete, self.request.athlete, self.what.teams))


def register(app: Quart, desk: Desk, sources: Sources) -> None:
    """Add the page and what it changes to an application; `sources` erase for whoever asks."""
    receipts.register(app, desk, sources)

    @app.get(PATH)
    @needs("person")
    @shown
    async def show_erasures() -> ResponseTypes:
        return answer(await _page(desk, visitor()))

    @app.get(f"{PATH}/<uid>/erase")
    @needs("person")
    @shown
    async def ask_to_erase(uid: str) -> ResponseTypes:
        return answer(_sure(await _open(desk, uid)))

    @app.post(f"{PATH}/<uid>/erase")
    @needs("person")
    @shown
    async def erase_as_asked(uid: str) -> ResponseTypes:
        return redirect(await _erased(desk, sources, await _open(desk, uid)), 303)

    @app.post(f"{PATH}/<uid>/decline")
    @needs("person")
    @shown
    async def decline_request(uid: str) -> ResponseTypes:
        await _open(desk, uid)
        who, why = visitor(), (await sent(request)).text("answer")
        by = who.uid if who else ""
        if not why:
            return answer(await _page(desk, who, wrong=(uid, WHY)), 400)
        try:
            await desk.accounts.answer_erasure(uid, "declined", now_us=desk.now_us(), answer=why, by=by)
        except InvalidData as error:
            return answer(await _page(desk, who, wrong=(uid, said(error))), 400)
        return redirect(PATH, 303)


async def _erased(desk: Desk, sources: Sources, asked: RequestView) -> str:
    """Erase what was asked for, answer the request, and return where the receipt is."""
    if asked.request.everything and asked.athlete is not None:
        one = await sources.archive.departures.begin(asked.athlete.uid, desk.now_us())
        await _close(desk, asked, visitor())
        return await receipts.erased(desk, sources, one)
    for workout in asked.workouts:
        await sources.erase(workout.workout_id)
    await _close(desk, asked, visitor())
    receipt = await desk.archive.receipts.of_session(asked.request.workout)
    return PATH if receipt is None else f"{receipts.PATH}/{receipt.uid}"


async def _asked(desk: Desk) -> list[RequestView]:
    return [await _about(desk, one) for one in await desk.accounts.erasures()]


async def _about(desk: Desk, one: ErasureRequest) -> RequestView:
    try:
        athlete = await desk.archive.roster.athlete(one.athlete)
    except NotFound:
        return RequestView(one, None, [])
    if one.state != "open":
        return RequestView(one, athlete, [])
    own = await sessions_of(desk.archive, athlete)
    return RequestView(one, athlete, [item for item in own if one.everything or item.uid == one.workout])


async def _open(desk: Desk, uid: str) -> RequestView:
    """A request that whoever asks may answer, or `NotFound`."""
    found = await _about(desk, await desk.accounts.erasure(uid))
    if not found.may_answer(visitor()):
        raise NotFound(f"{uid}: no such request")
    if found.request.state != "open":
        raise already_answered()
    return found


async def _close(desk: Desk, asked: RequestView, who: Principal | None) -> None:
    """Answer the request, and others that ask for what is gone now."""
    now_us, by = desk.now_us(), who.uid if who else ""
    for one in await desk.accounts.erasures(asked.request.athlete):
        if one.state == "open" and (asked.request.everything or one.workout == asked.request.workout):
            await desk.accounts.answer_erasure(one.uid, "done", now_us=now_us, by=by)


async def _page(desk: Desk, who: Principal | None, wrong: tuple[str, str] = ("", "")) -> str:
    found = [one for one in await _asked(desk) if one.seen_by(who)]
    possible = decide(who, "erase", Resource("athlete")) or (who is not None and "scientist" in who.roles)
    if not possible:
        raise NotFound(PATH)
    names, now_us = await people_names(desk.accounts), desk.now_us()
    still = [one for one in found if one.request.state == "open"]
    over = [one for one in found if one.request.state != "open"]
    cards = "".join(_card(one, who, names, now_us, wrong[1] if one.request.uid == wrong[0] else "") for one in still)
    none = tag("section", tag("p", "No athlete waits for an answer.", class_="muted nothing"), class_="card")
    head = tag("div", tag("h1", "Asked to be erased"), tag("span", str(len(still)), class_="muted"), class_="desk-head")
    below = _answered(over, who, names, now_us) + await receipts.newest(desk)
    return page("Asked to be erased", head, tag("div", cards or none, below, class_="desk-stack"), who=who,
                tab="tab-people")  # fmt: skip


def _card(asked: RequestView, who: Principal | None, names: dict[str, str], now_us: int, wrong: str) -> str:
    one = asked.request
    by = f"asked by {names.get(one.by, 'somebody of this lab')}, "
    said_when = tag("p", say(by), ago(one.made_us, now_us), class_="muted pad")
    if not asked.may_answer(who):
        only = tag("p", "Everything of an athlete is erased by an admin.", class_="pad")
        return tables.card(_title(asked, who), "", said_when, only)
    erase = tag("a", "Erase …", href=f"{PATH}/{one.uid}/erase", class_="button danger")
    decline = form(
        f"{PATH}/{one.uid}/decline", problem(wrong),
        field("Why not", "answer", maxlength="200", required="", hint="The athlete reads it."), button("Decline"),
        kind="row",
    )  # fmt: skip
    return tables.card(_title(asked, who), "", said_when, tag("p", erase, class_="pad"), decline)


def _title(asked: RequestView, who: Principal | None) -> str:
    athlete = asked.athlete
    whose = "an athlete" if athlete is None else athlete.name if asked.named(who) else athlete.short_id
    if asked.request.everything:
        return f"Everything of {whose}" + (f": {plural(len(asked.workouts), 'session')}" if asked.workouts else "")
    if not asked.workouts:
        return f"A session of {whose}, which is not stored any more"
    one = asked.workouts[0]
    called = one.workout_id if asked.named(who) else "a session"
    return f"{called} of {whose}, {day_of(one.created_us)}, {words.duration(length_s(one))}"


def _answered(over: list[RequestView], who: Principal | None, names: dict[str, str], now_us: int) -> str:
    heads = ("Request", "Answer", "By", "When")
    rows = (
        tables.row(
            heads,
            say("Everything" if one.request.everything else "One session"),
            say(STATES[one.request.state] + (f": {one.request.answer}" if one.request.answer else "")),
            say(names.get(one.request.answered_by, "somebody of this lab")),
            ago(one.request.answered_us, now_us),
        )
        for one in over[:ANSWERED]
    )
    return tables.card("Answered", "", tables.table(heads, rows, label="Answered", empty="None was answered yet."))


def _sure(asked: RequestView) -> str:
    n = len(asked.workouts)
    what = f"{plural(n, 'session')} with all frames, numbers and markers"
    if asked.request.everything:
        what += ", the record of the athlete, their sign-in, and links to what goes"
    return confirm("Erase what was asked for?", what, receipts.KEPT, f"{PATH}/{asked.request.uid}/erase", "Erase", PATH)
