"""Inviting: the card on People for admins, and a page for scientists, who invite athletes of their own teams."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any

from quart import Quart, redirect, request
from quart.typing import ResponseTypes

from barograph.access import people
from barograph.access.needs import needs
from barograph.access.principals import Principal
from barograph.access.rights import Resource, decide
from barograph.errors import InvalidData, NotFound, Refused
from barograph.store.accounts import ROLES, Invitation, Role
from barograph.store.roster import Athlete
from dashboard.drawing.markup import copy, say, tag
from dashboard.page.sharing import qr_code
from dashboard.page.visitors import visitor
from dashboard.signin import own_record, tables
from dashboard.signin.desk import Desk, shown
from dashboard.signin.document import answer, page
from dashboard.signin.forms import Form, button, check, field, form, hidden, press, problem, sent
from dashboard.signin.names import people_names
from dashboard.signin.people_list import PATH, chips
from dashboard.signin.sign_in import said
from dashboard.signin.times import span_left

ONCE = "Opens once, within 72 hours. Nothing is sent by e-mail: you hand the link over yourself."
People = Callable[..., Awaitable[str]]


def register(app: Quart, desk: Desk, show: People) -> None:
    """Add the pages and what they change to an application; `show` makes the page of an admin."""

    @app.get(f"{PATH}/invite")
    @needs("person")
    @shown
    async def show_invite() -> ResponseTypes:
        return answer(await _page(desk, _inviter()))

    @app.post(f"{PATH}/invite")
    @needs("person")
    @shown
    async def invite_somebody() -> ResponseTypes:
        return await _invite(desk, _inviter(), await sent(request), show)

    @app.post(f"{PATH}/invitations/<uid>/revoke")
    @needs("person")
    @shown
    async def revoke_invitation(uid: str) -> ResponseTypes:
        who = _inviter()
        found = next((one for one in await desk.accounts.invitations() if one.uid == uid), None)
        if found is None or not (administers(who) or (who.uid and found.by == who.uid)):
            raise NotFound(f"{uid}: no such invitation")
        await desk.visitors.keyring.revoke(uid)
        return redirect(PATH if administers(who) else f"{PATH}/invite", 303)


def administers(who: Principal) -> bool:
    """Return whether somebody may invite whomever as whatever."""
    return decide(who, "administer", Resource("user"))


def _inviter() -> Principal:
    who = visitor()
    if who is None or not own_record.invites(who):
        raise NotFound(PATH)
    return who


async def _page(desk: Desk, who: Principal, *, given: Form | None = None, wrong: str = "", link: str = "") -> str:
    """The page of a scientist."""
    found = await own_record.choosable(desk.archive, who)
    own = [one for one in await desk.accounts.invitations() if one.by == who.uid]
    entries = form(
        f"{PATH}/invite", problem(wrong), hidden(roles="athlete"),
        own_record.chooser(found, who, given.text("athlete") if given else request.args.get("athlete", ""),
                           required=True),
        _email(given), button("Make a link", kind="primary wide"), tag("p", ONCE, class_="muted"), kind="stack",
    )  # fmt: skip
    invite = tables.card("Invite an athlete", "of your teams", shown_once(link) if link else "", entries)
    names = {who.uid: "you", **await people_names(desk.accounts)}
    return page(
        "Invite an athlete",
        tag("div", invite, waiting(own, names, desk.now_us()), class_="desk-stack narrow wide side"), who=who,
    )  # fmt: skip


def card(
    teams: Mapping[str, str], athletes: Sequence[Athlete], who: Principal, given: Form | None, wrong: str, link: str
) -> str:
    """Return the card of an admin."""
    chosen = given.all("roles") if given else ["scientist"]
    entries = form(
        f"{PATH}/invite", problem(wrong), _email(given), role_boxes(chosen),
        own_record.chooser(athletes, who, given.text("athlete") if given else ""),
        team_boxes(teams, given.all("teams") if given else [], "teams", "Teams, as scientist"),
        team_boxes(teams, given.all("granted") if given else [], "granted", "Teams, as analyst: names hidden"),
        button("Make a link", kind="primary wide"), tag("p", ONCE, class_="muted"), kind="stack",
    )  # fmt: skip
    return tables.card("Invite", "", shown_once(link) if link else "", entries)


def _email(given: Form | None) -> str:
    return field("E-mail", "email", given.text("email") if given else "", kind="email", maxlength="254",
                 hint="Empty: whoever opens the link says theirs.")  # fmt: skip


def role_boxes(chosen: Collection[str]) -> str:
    """Return the roles as boxes."""
    boxes = (check(role, "roles", role, on=role in chosen) for role in ROLES)
    return tag("fieldset", tag("legend", "Roles"), *boxes)


def team_boxes(teams: Mapping[str, str], chosen: Collection[str], name: str, legend: str) -> str:
    """Return teams as boxes; nothing where there is none."""
    boxes = [check(title, name, uid, on=uid in chosen) for uid, title in sorted(teams.items(), key=lambda one: one[1])]
    return tag("fieldset", tag("legend", legend), *boxes) if boxes else ""


def shown_once(link: str) -> str:
    """Return a link that is shown now and never again."""
    picture = tag("img", src=qr_code(link), alt="The link as a QR code", width="160", height="160")
    return tag("div", tag("p", tag("b", "The link"), ": hand it over now, it is not shown again."),
               tag("p", tag("code", say(link), class_="once"), copy(link)), picture,
               class_="said", role="status")  # fmt: skip


def waiting(found: Sequence[Invitation], names: Mapping[str, str], now_us: int) -> str:
    """Return the invitations that were not used, with the way to take them back."""
    still = [one for one in found if one.open(now_us)]
    items = (
        tag("li", tag("b", say(one.email or one.name or "Whoever opens it")), chips(sorted(one.roles)),
            tag("span", say(f"by {names.get(one.by, '?')}"), class_="muted"), tag("span", class_="grow"),
            tag("span", say(span_left(one.until_us, now_us)), class_="muted"),
            press(f"{PATH}/invitations/{one.uid}/revoke", "Revoke"))
        for one in still
    )  # fmt: skip
    body = tag("ul", *items, class_="waiting") if still else tag("p", "None waits.", class_="muted nothing")
    return tables.card("Invitations", str(len(still)), body)


async def _invite(desk: Desk, who: Principal, given: Form, show: People) -> ResponseTypes:
    made: People = show if administers(who) else _page
    found = await own_record.choosable(desk.archive, who)
    try:
        wanted = await _wanted(desk, who, given, found)
        secret, _ = await people.invite(desk.accounts, now_us=desk.now_us(), by=who.uid, **wanted)
    except (InvalidData, Refused) as error:
        return answer(await made(desk, who, given=given, wrong=said(error)), 400)
    link = f"{desk.visitors.access.base_for_people(request)}/invitation/{secret}"
    return answer(await made(desk, who, link=link))


async def _wanted(desk: Desk, who: Principal, given: Form, found: Sequence[Athlete]) -> dict[str, Any]:
    """What an invitation is for; what a scientist may not give is nothing that there is."""
    roles, athlete = roles_of(given), given.text("athlete")
    teams, granted = [await teams_of(desk, given, name) for name in ("teams", "granted")]
    if not administers(who):
        one = next((one for one in found if athlete in one.uids), None)
        only = set(roles) == {"athlete"} and not teams and not granted
        if one is None or not only or not decide(who, "administer", own_record.invitation_of(one)):
            raise NotFound(PATH)
    whose = own_record.checked(athlete, roles, found)
    return {"email": given.text("email"), "roles": roles, "teams": teams, "granted": granted, "athlete": whose}


def roles_of(given: Form) -> list[Role]:
    """Return the roles of a form, or `InvalidData`."""
    unknown = [one for one in given.all("roles") if one not in ROLES]
    if unknown:
        raise InvalidData(f"roles: expected some of {', '.join(ROLES)}, got {unknown[0][:40]!r}", field="roles")
    if not given.all("roles"):
        raise InvalidData(f"roles: expected at least one of {', '.join(ROLES)}", field="roles")
    return [role for role in ROLES if role in given.all("roles")]


async def teams_of(desk: Desk, given: Form, name: str) -> frozenset[str]:
    """Return the teams of a form, or `InvalidData`."""
    there = {team.uid for team in await desk.archive.roster.teams()}
    chosen = frozenset(given.all(name))
    if chosen - there:
        raise InvalidData(f"{name}: expected teams of this lab, and one of them is gone", field=name)
    return chosen
