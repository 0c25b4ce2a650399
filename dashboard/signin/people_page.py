"""The People page: who may come, as what, and the invitations that wait. The table of rights stands below."""

from __future__ import annotations

from quart import Quart, redirect, request
from quart.typing import ResponseTypes

from barograph.access import people
from barograph.access.needs import needs
from barograph.access.principals import Principal
from barograph.errors import InvalidData, NotFound, Refused
from barograph.store.accounts import ROLES, Change, Invitation, Role, User
from dashboard.drawing.markup import copy, say, tag
from dashboard.drawing.words import plural
from dashboard.page.navigation import initials
from dashboard.page.sharing import qr_code
from dashboard.page.visitors import visitor
from dashboard.signin import rights_table, tables
from dashboard.signin.account import confirm
from dashboard.signin.desk import Desk, shown, whoever
from dashboard.signin.document import answer, page
from dashboard.signin.forms import Form, button, check, field, form, press, problem, sent
from dashboard.signin.names import people_names
from dashboard.signin.sign_in import said
from dashboard.signin.times import ago, span_left

PATH = "/people"
HEADS = ("Name", "Roles", "Teams", "Signs in by", "Last seen", "Open", "")


def register(app: Quart, desk: Desk) -> None:
    """Add the page and what it changes to an application."""

    @app.get(PATH)
    @needs("person")
    @shown
    async def show_people() -> ResponseTypes:
        return answer(await _page(desk, whoever("administer")))

    @app.post(f"{PATH}/invite")
    @needs("person")
    @shown
    async def invite_somebody() -> ResponseTypes:
        return await _invite(desk, whoever("administer", "invitation"), await sent(request))

    @app.post(f"{PATH}/invitations/<uid>/revoke")
    @needs("person")
    @shown
    async def revoke_invitation(uid: str) -> ResponseTypes:
        whoever("administer", "invitation")
        await desk.visitors.keyring.revoke(uid)
        return redirect(PATH, 303)

    @app.get(f"{PATH}/<uid>")
    @needs("person")
    @shown
    async def show_person(uid: str) -> ResponseTypes:
        whoever("administer")
        return answer(await _person(desk, await desk.accounts.user(uid)))

    @app.post(f"{PATH}/<uid>")
    @needs("person")
    @shown
    async def change_person(uid: str) -> ResponseTypes:
        whoever("administer")
        return await _change(desk, await desk.accounts.user(uid), await sent(request))

    @app.get(f"{PATH}/<uid>/disable")
    @needs("person")
    @shown
    async def ask_to_disable(uid: str) -> ResponseTypes:
        whoever("administer")
        return answer(_ask(await desk.accounts.user(uid)))

    @app.post(f"{PATH}/<uid>/<any(disable,enable):what>")
    @needs("person")
    @shown
    async def let_in(uid: str, what: str) -> ResponseTypes:
        return await _let_in(desk, whoever("administer"), uid, what)


async def _page(desk: Desk, who: Principal, *, given: Form | None = None, wrong: str = "", link: str = "") -> str:
    users, now_us = await desk.accounts.users(), desk.now_us()
    teams = {team.uid: team.name for team in await desk.archive.roster.teams()}
    sessions = [one.user for one in await desk.accounts.sessions() if one.stands(now_us)]
    tokens = [one.user for one in await desk.accounts.tokens() if one.stands(now_us)]
    passkeys = [one.user for one in await desk.accounts.passkeys()]
    rows = [
        _row(user, teams, sessions.count(user.uid), (passkeys.count(user.uid), tokens.count(user.uid)), now_us)
        for user in users
    ]
    disabled = sum(not user.enabled for user in users)
    count = str(len(users)) + (f", {disabled} disabled" if disabled else "")
    listed = tag("section", tables.table(HEADS, rows, label="People", empty=NOBODY), class_="card")
    names = await people_names(desk.accounts)
    side = (
        _invite_card(teams, given, wrong, link),
        _invitations(await desk.accounts.invitations(), names, now_us),
    )
    head = tag("div", tag("h1", "People"), tag("span", say(count), class_="muted"), class_="desk-head")
    first = ("" if users else FIRST) + _asked(sum(one.state == "open" for one in await desk.accounts.erasures()))
    return page(
        "People", head, first,
        tag("div", tag("div", listed, rights_table.card(), class_="desk-column"),
            tag("div", *side, class_="desk-column side"), class_="desk-columns"),
        who=who, tab="tab-people",
    )  # fmt: skip


NOBODY = "Nobody has an account: whoever opens the one-time link of this machine may do everything."
FIRST = tag("p", "Nobody has an account yet. ", tag("a", "Make the first account", href="/first-run"), class_="said")


def _asked(n: int) -> str:
    """Lead to what athletes ask to have erased."""
    if not n:
        return ""
    text = f"{plural(n, 'request')} of athletes to be erased {'waits' if n == 1 else 'wait'} for an answer. "
    return tag("p", say(text), tag("a", "Answer", href="/erasures"), class_="said")


def _row(user: User, teams: dict[str, str], opened: int, keys: tuple[int, int], now_us: int) -> str:
    passkeys, tokens = keys
    ways = ["password"] if user.password_hash else []
    ways += [plural(n, noun) for n, noun in ((passkeys, "passkey"), (tokens, "token")) if n]
    mark = tag("span", say(initials(Principal(user.name or user.email))), class_="avatar", aria_hidden="true")
    name = tag("span", mark, tag("b", say(user.name or user.email)), tag("span", say(user.email), class_="muted"),
               class_="person")  # fmt: skip
    state = "" if user.enabled else tag("small", "disabled ", ago(user.disabled_us, now_us))
    return tables.row(
        HEADS,
        name,
        _chips(sorted(user.roles)),
        _chips(sorted(teams.get(uid, "a team that is gone") for uid in user.teams)) + _analyses(user, teams) + state,
        say(", ".join(ways) or "nothing yet"),
        ago(user.seen_us, now_us),
        str(opened),
        tag("a", "Change", href=f"{PATH}/{user.uid}", class_="button", aria_label=f"Change {user.name or user.email}"),
        over=not user.enabled,
    )


def _chips(texts: list[str]) -> str:
    return "".join(tag("span", say(text), class_="chip") for text in texts)


def _analyses(user: User, teams: dict[str, str]) -> str:
    named = sorted(teams.get(uid, "a team that is gone") for uid in user.granted)
    return _chips(named) + tag("small", "names hidden") if named else ""


def _role_boxes(chosen: frozenset[str] | list[str]) -> str:
    boxes = (check(role, "roles", role, on=role in chosen) for role in ROLES)
    return tag("fieldset", tag("legend", "Roles"), *boxes)


def _team_boxes(teams: dict[str, str], chosen: frozenset[str] | list[str], name: str, legend: str) -> str:
    boxes = [check(title, name, uid, on=uid in chosen) for uid, title in sorted(teams.items(), key=lambda one: one[1])]
    return tag("fieldset", tag("legend", legend), *boxes) if boxes else ""


def _invite_card(teams: dict[str, str], given: Form | None, wrong: str, link: str) -> str:
    chosen = given.all("roles") if given else ["scientist"]
    entries = form(
        f"{PATH}/invite", problem(wrong),
        field("E-mail", "email", given.text("email") if given else "", kind="email", maxlength="254",
              hint="Empty: whoever opens the link says theirs."),
        _role_boxes(chosen), _team_boxes(teams, given.all("teams") if given else [], "teams", "Teams, as scientist"),
        _team_boxes(teams, given.all("granted") if given else [], "granted", "Teams, as analyst: names hidden"),
        button("Make a link", kind="primary wide"),
        tag("p", "Opens once, within 72 hours. Nothing is sent by e-mail: you hand the link over yourself.",
            class_="muted"),
        kind="stack",
    )  # fmt: skip
    return tables.card("Invite", "", _shown_once(link) if link else "", entries)


def _shown_once(link: str) -> str:
    picture = tag("img", src=qr_code(link), alt="The link as a QR code", width="160", height="160")
    return tag("div", tag("p", tag("b", "The link"), ": hand it over now, it is not shown again."),
               tag("p", tag("code", say(link), class_="once"), copy(link)), picture,
               class_="said", role="status")  # fmt: skip


def _invitations(found: list[Invitation], names: dict[str, str], now_us: int) -> str:
    waiting = [one for one in found if one.open(now_us)]
    items = (
        tag("li", tag("b", say(one.email or one.name or "Whoever opens it")), _chips(sorted(one.roles)),
            tag("span", say(f"by {names.get(one.by, '?')}"), class_="muted"), tag("span", class_="grow"),
            tag("span", say(span_left(one.until_us, now_us)), class_="muted"),
            press(f"{PATH}/invitations/{one.uid}/revoke", "Revoke"))
        for one in waiting
    )  # fmt: skip
    body = tag("ul", *items, class_="waiting") if waiting else tag("p", "None waits.", class_="muted nothing")
    return tables.card("Invitations", str(len(waiting)), body)


async def _invite(desk: Desk, who: Principal, given: Form) -> ResponseTypes:
    try:
        secret, _ = await people.invite(
            desk.accounts, now_us=desk.now_us(), email=given.text("email"), roles=_roles(given),
            teams=await _teams(desk, given, "teams"), granted=await _teams(desk, given, "granted"), by=who.uid,
        )  # fmt: skip
    except (InvalidData, Refused) as error:
        return answer(await _page(desk, who, given=given, wrong=said(error)), 400)
    link = f"{desk.visitors.access.base_for_people(request)}/invitation/{secret}"
    return answer(await _page(desk, who, link=link))


def _roles(given: Form) -> list[Role]:
    unknown = [one for one in given.all("roles") if one not in ROLES]
    if unknown:
        raise InvalidData(f"roles: expected some of {', '.join(ROLES)}, got {unknown[0][:40]!r}", field="roles")
    if not given.all("roles"):
        raise InvalidData(f"roles: expected at least one of {', '.join(ROLES)}", field="roles")
    return [role for role in ROLES if role in given.all("roles")]


async def _teams(desk: Desk, given: Form, name: str) -> frozenset[str]:
    there = {team.uid for team in await desk.archive.roster.teams()}
    chosen = frozenset(given.all(name))
    if chosen - there:
        raise InvalidData(f"{name}: expected teams of this lab, and one of them is gone", field=name)
    return chosen


async def _person(desk: Desk, user: User, wrong: str = "") -> str:
    teams = {team.uid: team.name for team in await desk.archive.roster.teams()}
    entries = form(
        f"{PATH}/{user.uid}", problem(wrong),
        field("Name", "name", user.name, maxlength="200"), _role_boxes(user.roles),
        _team_boxes(teams, user.teams, "teams", "Teams, as scientist"),
        _team_boxes(teams, user.granted, "granted", "Teams, as analyst: names hidden"),
        tag("div", tag("a", "Back", href=PATH, class_="button"), button("Keep it", kind="primary"), class_="actions"),
        kind="stack",
    )  # fmt: skip
    name = user.name or user.email
    if user.enabled:
        state = tag("a", "Disable", href=f"{PATH}/{user.uid}/disable", class_="button danger")
    else:
        state = press(f"{PATH}/{user.uid}/enable", "Let them in again")
    return page(name, tag("section", tag("h1", say(name)), tag("p", say(user.email), class_="muted"), entries, state,
                          class_="narrow wide"), who=visitor(), tab="tab-people")  # fmt: skip


async def _change(desk: Desk, user: User, given: Form) -> ResponseTypes:
    try:
        roles = frozenset(_roles(given))
        teams, granted = await _teams(desk, given, "teams"), await _teams(desk, given, "granted")
        change = Change(name=given.text("name"), roles=roles, teams=teams, granted=granted)
        await desk.accounts.change_user(user.uid, change, desk.now_us())
    except (InvalidData, Refused) as error:
        return answer(await _person(desk, user, said(error)), 400)
    desk.visitors.keyring.forget_user(user.uid)
    return redirect(PATH, 303)


async def _let_in(desk: Desk, who: Principal, uid: str, what: str) -> ResponseTypes:
    user = await desk.accounts.user(uid)
    if what == "enable":
        await people.enable(desk.accounts, uid, now_us=desk.now_us())
        return redirect(PATH, 303)
    try:
        await people.disable(desk.accounts, uid, now_us=desk.now_us(), by=who.uid)
    except Refused as error:
        return answer(await _person(desk, user, said(error)), 400)
    desk.visitors.keyring.forget_user(uid)
    return redirect(PATH, 303)


def _ask(user: User) -> str:
    if not user.enabled:
        raise NotFound(f"{user.uid}: disabled already")
    return confirm(
        f"Disable {user.name or user.email}?", user.email,
        "They are signed out everywhere, and their pages and programs go dark, within 3 seconds. Tokens end for good; "
        "what they shared opens nothing while they are disabled. Nothing that they did is lost.",
        f"{PATH}/{user.uid}/disable", "Disable", f"{PATH}/{user.uid}",
    )  # fmt: skip
