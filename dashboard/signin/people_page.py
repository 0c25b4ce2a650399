"""The People page: who may come, as what, and the invitations that wait. The table of rights stands below."""

from __future__ import annotations

from quart import Quart, Response, redirect, request
from quart.typing import ResponseTypes

from barograph.access import people
from barograph.access.needs import needs
from barograph.access.principals import Principal
from barograph.errors import InvalidData, NotFound, Refused
from barograph.store.accounts import Change, User
from dashboard.drawing.markup import say, tag
from dashboard.drawing.words import plural
from dashboard.page.hidden import hide
from dashboard.page.visitors import lab
from dashboard.signin import invite_page, own_record, people_list, rights_table, tables
from dashboard.signin.account import confirm
from dashboard.signin.desk import Desk, shown, whoever
from dashboard.signin.document import answer, page
from dashboard.signin.forms import Form, button, field, form, press, problem, sent
from dashboard.signin.names import people_names
from dashboard.signin.people_list import PATH, Listed, PeopleQuery
from dashboard.signin.sign_in import said


def register(app: Quart, desk: Desk) -> None:
    """Add the page and what it changes to an application."""

    @app.get(PATH)
    @needs("person")
    @shown
    async def show_people() -> ResponseTypes:
        return answer(await _page(desk, whoever("administer")))

    _register_list(app, desk)
    invite_page.register(app, desk, _page)

    @app.get(f"{PATH}/<uid>")
    @needs("person")
    @shown
    async def show_person(uid: str) -> ResponseTypes:
        who = whoever("administer")
        return answer(await _person(desk, who, await desk.accounts.user(uid)))

    @app.post(f"{PATH}/<uid>")
    @needs("person")
    @shown
    async def change_person(uid: str) -> ResponseTypes:
        who = whoever("administer")
        return await _change(desk, who, await desk.accounts.user(uid), await sent(request))

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


def _register_list(app: Quart, desk: Desk) -> None:
    @app.get(f"{PATH}/list.csv")
    @needs("person")
    @shown
    async def export_people() -> ResponseTypes:
        who = whoever("administer")
        teams = await team_titles(desk)
        shown_ones, _ = await _asked_for(desk, who, people_list.read(request.args, teams))
        response = Response(people_list.as_csv(shown_ones, teams), content_type="text/csv; charset=utf-8")
        response.headers["Content-Disposition"] = 'attachment; filename="people.csv"'
        return response

    @app.post(f"{PATH}/find")
    @needs("person")
    @shown
    async def find_people() -> ResponseTypes:
        whoever("administer")
        form = await sent(request)
        given = {name: form.text(name) for name in ("role", "team", "state")} | {"find": hide(form.text("find"))}
        return redirect(PATH + people_list.read(given, await team_titles(desk)).search, 303)

    @app.post(f"{PATH}/lab")
    @needs("person")
    @shown
    async def name_lab() -> ResponseTypes:
        whoever("administer")
        await desk.visitors.name_lab((await sent(request)).text("lab"))
        return redirect(PATH, 303)


async def _page(desk: Desk, who: Principal, *, given: Form | None = None, wrong: str = "", link: str = "") -> str:
    now_us, teams = desk.now_us(), await team_titles(desk)
    query = people_list.read(request.args, teams)
    shown_ones, every = await _asked_for(desk, who, query)
    disabled = sum(not one.user.enabled for one in every)
    count = f"{len(shown_ones)} of {len(every)}" if not query.plain else str(len(every))
    count += f", {disabled} disabled" if disabled else ""
    athletes = await own_record.choosable(desk.archive, who)
    side = (
        invite_page.card(teams, athletes, who, given, wrong, link),
        invite_page.waiting(await desk.accounts.invitations(), await people_names(desk.accounts), now_us),
        _lab(),
    )
    head = tag("div", tag("h1", "People"), tag("span", say(count), class_="muted"), class_="desk-head")
    asked = _asked(sum(one.state == "open" for one in await desk.accounts.erasures()))
    listed = people_list.table(shown_ones, teams, now_us, anybody=bool(every))
    narrow = people_list.filters(query, teams) if every else ""
    return page(
        "People", head, "" if every else FIRST, asked, *(problem(text) for text in query.wrong),
        tag("div", tag("div", narrow, listed, rights_table.card(), class_="desk-column"),
            tag("div", *side, class_="desk-column side"), class_="desk-columns"),
        who=who, tab="tab-people",
    )  # fmt: skip


async def team_titles(desk: Desk) -> dict[str, str]:
    """Return the name of each team by uid."""
    return {team.uid: team.name for team in await desk.archive.roster.teams()}


async def _asked_for(desk: Desk, who: Principal, query: PeopleQuery) -> tuple[list[Listed], list[Listed]]:
    """Those whom the address asks for, and everybody."""
    called = await own_record.all_called(desk.archive, who)
    every = await people_list.everybody(desk.accounts, called, desk.now_us())
    return [one for one in every if query.asks_for(one)], every


FIRST = tag("p", "Nobody has an account yet. ", tag("a", "Make the first account", href="/first-run"), class_="said")


def _lab() -> str:
    name = field("Name", "lab", lab(), maxlength="200", hint="It stands in the header and on the sign-in page.")
    return tables.card("This lab", "", form(f"{PATH}/lab", name, button("Keep it"), kind="stack"))


def _asked(n: int) -> str:
    """Lead to what athletes ask to have erased."""
    if not n:
        return ""
    text = f"{plural(n, 'request')} of athletes to be erased {'waits' if n == 1 else 'wait'} for an answer. "
    return tag("p", say(text), tag("a", "Answer", href="/erasures"), class_="said")


def _address(user: User) -> str:
    """The e-mail address below a name; where nobody said a name it stands in its place already."""
    return tag("p", say(user.email), class_="muted") if user.name else ""


async def _person(desk: Desk, who: Principal, user: User, wrong: str = "") -> str:
    teams, athletes = await team_titles(desk), await own_record.choosable(desk.archive, who)
    entries = form(
        f"{PATH}/{user.uid}", problem(wrong),
        field("Name", "name", user.name, maxlength="200"), invite_page.role_boxes(user.roles),
        own_record.chooser(athletes, who, user.athlete),
        invite_page.team_boxes(teams, user.teams, "teams", "Teams, as scientist"),
        invite_page.team_boxes(teams, user.granted, "granted", "Teams, as analyst: names hidden"),
        tag("div", tag("a", "Back", href=PATH, class_="button"), button("Save", kind="primary"), class_="actions"),
        kind="stack",
    )  # fmt: skip
    name = user.name or user.email
    if user.enabled:
        state = tag("a", "Disable", href=f"{PATH}/{user.uid}/disable", class_="button danger")
    else:
        state = press(f"{PATH}/{user.uid}/enable", "Let them in again")
    return page(name, tag("section", tag("h1", say(name)), _address(user), entries,
                          tag("div", state, class_="actions"),
                          class_="narrow wide"), who=who, tab="tab-people")  # fmt: skip


async def _change(desk: Desk, who: Principal, user: User, given: Form) -> ResponseTypes:
    try:
        roles = frozenset(invite_page.roles_of(given))
        teams, granted = [await invite_page.teams_of(desk, given, name) for name in ("teams", "granted")]
        found = await own_record.choosable(desk.archive, who)
        whose = own_record.checked(given.text("athlete"), roles, found)
        change = Change(name=given.text("name"), roles=roles, teams=teams, granted=granted, athlete=whose)
        await desk.accounts.change_user(user.uid, change, desk.now_us())
    except (InvalidData, Refused) as error:
        return answer(await _person(desk, who, user, said(error)), 400)
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
        return answer(await _person(desk, who, user, said(error)), 400)
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
