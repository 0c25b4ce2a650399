"""Names that devices said and nobody is called: a person says whose each is, or that it is nobody's."""

from __future__ import annotations

from collections.abc import Sequence

from quart import Quart, redirect, request
from quart.typing import ResponseTypes

from barograph.access.needs import needs
from barograph.errors import AccessDenied, InvalidData, NotFound, Refused
from barograph.store.roster import Athlete, Proposal, Team, text_key
from barograph.store.roster_port import Roster
from dashboard.athletes.roster_desk import PATH, called, page, require, shown
from dashboard.drawing import words
from dashboard.drawing.markup import say, tag
from dashboard.routes import session_path
from dashboard.signin.desk import NOTHING, Desk
from dashboard.signin.document import answer
from dashboard.signin.forms import Form, button, check, form, press, problem, sent
from dashboard.signin.times import ago

NAMED = 5  # sessions of a proposal that are shown
LIST = "athletes-known"


def register(app: Quart, desk: Desk) -> None:
    """Add the page to an application."""

    @app.get(f"{PATH}/proposals")
    @needs("read", "athlete")
    @shown(desk)
    async def show_proposals() -> ResponseTypes:
        require("describe")
        return answer(await _page(desk))

    @app.post(f"{PATH}/proposals/<uid>/<any(confirm,new,dismiss):what>")
    @needs("read", "athlete")
    @shown(desk)
    async def answer_proposal(uid: str, what: str) -> ResponseTypes:
        require("describe")
        roster, given = desk.archive.roster, await sent(request)
        one = await _proposal(roster, uid)
        try:
            await decided(roster, one, what, given, desk.now_us())
        except (InvalidData, Refused, AccessDenied) as error:
            no_team = isinstance(error, AccessDenied) and what == "new"
            text = "teams: expected at least one team of yours, got none" if no_team else str(error)
            return answer(await _page(desk, {uid: f"{text}."}), 400)
        return redirect(f"{PATH}/proposals", 303)


async def _proposal(roster: Roster, uid: str) -> Proposal:
    waiting = [*await roster.proposals(), *await roster.proposals(dismissed=True)]
    found = next((one for one in waiting if one.uid == uid), None)
    if found is None:
        raise NotFound(NOTHING[1])
    return found


async def decided(roster: Roster, one: Proposal, what: str, given: Form, now_us: int) -> None:
    """Do what a person said about a proposal, or raise with the field that is wrong."""
    if what == "dismiss":
        await roster.dismiss(one.text, now_us=now_us)
        return
    if what == "new":
        athlete = await roster.add(Athlete(one.text, teams=tuple(given.all("teams"))), now_us=now_us)
    else:
        athlete = await chosen(roster, given.text("athlete"))
    await roster.confirm(one.text, athlete.uid, now_us=now_us)


async def chosen(roster: Roster, text: str) -> Athlete:
    """Return the one athlete that a text names: as the list offers it, or a name, short id or alias."""
    short_id = text.rpartition(" · ")[2]
    known = [one for one in await roster.match(short_id) if text_key(one.short_id) == text_key(short_id)]
    found = known or await roster.match(text)
    if len(found) == 1:
        return found[0]
    said = "nobody" if not found else f"several: {', '.join(one.short_id for one in found[:5])}"
    raise InvalidData(f"athlete: expected a name or short id of one athlete, got {said}", field="athlete")


async def _page(desk: Desk, problems: dict[str, str] | None = None) -> str:
    roster, now_us = desk.archive.roster, desk.now_us()
    waiting, dismissed = await roster.proposals(), await roster.proposals(dismissed=True)
    athletes, teams = await roster.athletes(brief=True), await roster.teams()
    known = {one.uid: one for one in athletes}
    names = tag("datalist", *(tag("option", value=called(one)) for one in athletes), id=LIST)
    about = tag(
        "p", "A device said these names, and nobody in the roster is called so. Its sessions belong to nobody until "
             "somebody says whose they are.", class_="muted",
    )  # fmt: skip
    wrong = problems or {}
    cards = [_card(one, known, teams, now_us, wrong.get(one.uid, "")) for one in waiting]
    if not waiting:
        cards = [tag("p", "No name waits to be confirmed.", class_="muted nothing", role="status")]
    old = [_card(one, known, teams, now_us, wrong.get(one.uid, "")) for one in dismissed]
    below = tag("details", tag("summary", say(f"Dismissed, {len(old)}")), *old, class_="dismissed") if old else ""
    return page("Names from devices", about, names, *cards, below, note=f"{words.number(len(waiting))} to confirm")


def _card(one: Proposal, known: dict[str, Athlete], teams: Sequence[Team], now_us: int, wrong: str) -> str:
    base = f"{PATH}/proposals/{one.uid}"
    sessions = ", ".join(tag("a", say(name), href=session_path(name)) for name in one.workouts[:NAMED])
    more = f" and {words.number(one.count - NAMED)} more" if one.count > NAMED else ""
    head = tag(
        "div", tag("h2", say(one.text)), tag("span", say(words.plural(one.count, "session")), ", the last ",
                                             ago(one.last_us, now_us), class_="muted"), class_="card-head",
    )  # fmt: skip
    maybe = [press(f"{base}/confirm", f"It is {called(known[uid])}", kind="primary", athlete=called(known[uid]))
             for uid in one.candidates if uid in known]  # fmt: skip
    field = tag("input", name="athlete", list=LIST, class_="entry", required="", autocomplete="off",
                id=f"is-{one.uid}", placeholder="Name or short id")  # fmt: skip
    label = tag("label", say(f"“{one.text}” is"), for_=f"is-{one.uid}")
    person = form(f"{base}/confirm", label, field, button("Confirm", kind="primary"), kind="flow is-person")
    boxes = tag("span", *(check(team.name, "teams", team.uid) for team in teams), class_="checks")
    new = form(f"{base}/new", button("New athlete of this name"), boxes, kind="flow")
    dismiss = "" if one.dismissed else press(f"{base}/dismiss", "Dismiss", label=f"Dismiss {one.text}: it is nobody")
    return tag("section", head, problem(wrong), tag("p", "Sessions: ", sessions, say(more), class_="muted"),
               tag("div", *maybe, class_="flow") if maybe else "", person, new, dismiss,
               class_="card pad proposal", id=f"proposal-{one.uid}", aria_label=one.text)  # fmt: skip
