"""Share links on the account page: one's own, each with its way to end it, and new ones to the wall of a team.

Links to one session are made on its pages (`dashboard.page.sharing`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from quart import Quart, request
from quart.typing import ResponseTypes

from barograph.access.needs import needs
from barograph.access.principals import Principal
from barograph.access.rights import Resource, decide
from barograph.access.shares import TITLES, Wanted
from barograph.errors import InvalidData, NotFound
from barograph.store.accounts import Key, StoredShare
from barograph.store.roster import Team
from barograph.store.scope import Scope
from dashboard.drawing.markup import copy, say, tag
from dashboard.page.sharing import qr_code
from dashboard.page.visitors import may
from dashboard.routes import wall_path
from dashboard.signin import tables
from dashboard.signin.desk import Desk, shown, whoever
from dashboard.signin.document import answer
from dashboard.signin.forms import button, check, field, form, sent

PATH = "/account/walls"
WALL_DAYS, MOST_DAYS = 30, 90
DAY_S = 86_400


def register(app: Quart, desk: Desk, show: Callable[..., Awaitable[str]]) -> None:
    """Add the making of a wall's link to an application; `show` makes the page that tells it once."""

    @app.post(PATH)
    @needs("person")
    @shown
    async def make_wall() -> ResponseTypes:
        who, given = whoever(), await sent(request)
        team = next((one for one in await shared_teams(desk, who) if one.uid == given.text("team")), None)
        if team is None:
            raise NotFound("no team of this name whose wall is yours to share")
        days = given.text("days")
        if not (days.isascii() and days.isdigit() and 0 < len(days) <= 3 and 0 < int(days) <= MOST_DAYS):
            raise InvalidData(f"days: expected 1 to {MOST_DAYS}, got {days[:20]!r}", field="days")
        name = given.text("name") or f"Wall of {team.name}"
        wanted = Wanted(name, "wall", int(days) * DAY_S, team=team.uid, names=bool(given.text("names")))
        secret, _ = await desk.visitors.shares.make(wanted, by=who.uid)
        address = f"{desk.visitors.access.base_for_others(request)}/share/{secret}"
        return answer(await show(desk, link=address))


async def shared_teams(desk: Desk, who: Principal) -> list[Team]:
    """Return the teams whose walls somebody may share."""
    found = await desk.archive.roster.teams()
    return [one for one in found if decide(who, "share", Resource("team", one.uid, teams=frozenset({one.uid})))]


async def card(desk: Desk, who: Principal, end: Callable[[Key], str], link: str = "") -> str:
    """Return one's own links, and the form of a wall's link for whoever may share a team."""
    made = await desk.accounts.shares(who.uid)
    teams = await shared_teams(desk, who)
    if not made and not teams and not may("share"):
        return ""
    listed = tables.shares(made, desk.now_us(), end, await opened_by(desk, made), desk.visitors.shares.opens)
    return tables.card(
        "Share links", "read only, one session or one screen each; a session is shared on its own page",
        told_once(link) if link else "", listed, _wall(teams) if teams else "", name="shares",
    )  # fmt: skip


def _wall(teams: list[Team]) -> str:
    options = (tag("option", say(one.name), value=one.uid) for one in teams)
    chosen = tag("div", tag("label", "Wall of", for_="team"), tag("select", *options, name="team", id="team",
                 class_="entry"), class_="field")  # fmt: skip
    looks = tag("p", "See it first: ", *(f" {tag('a', say(one.name), href=wall_path(one.uid))}" for one in teams),
                class_="muted pad")  # fmt: skip
    return form(
        PATH, chosen, field("Name of the link", "name", maxlength="200", placeholder="Hall 2"),
        field("Days", "days", str(WALL_DAYS), kind="number", min="1", max=str(MOST_DAYS), required=""),
        check("Says names", "names", "yes"), button("Make a link to the wall"), kind="row",
    ) + looks  # fmt: skip


def told_once(address: str) -> str:
    """Return a link that is told now and never again, as text and as a QR code."""
    once = tag("p", tag("b", "Your new link"), ": hand it over now, it is not shown again.")
    code = tag("img", src=qr_code(address), alt="QR code of the link", width="180", height="180")
    text = tag("p", tag("code", say(address), class_="once"), copy(address))
    return tag("div", once, code, text, class_="said", role="status")


async def opened_by(desk: Desk, made: list[StoredShare]) -> Callable[[StoredShare], str]:
    """Return what says in words what a link opens."""
    teams = {team.uid: team.name for team in await desk.archive.roster.teams()}
    uids = frozenset(one.workout for one in made if one.workout)
    found = await desk.archive.workouts(limit=len(uids), scope=Scope(workouts=uids, names=True)) if uids else []
    names = {one.uid: one.workout_id for one in found}

    def said(one: StoredShare) -> str:
        if one.team:
            return f"any live of {teams.get(one.team, 'a team that is gone')}, wall"
        return f"{names.get(one.workout, 'an erased session')}, {TITLES[one.view].lower()}"

    return said
