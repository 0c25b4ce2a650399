"""The first run: you, sign-in, the lab, ready. It makes the first user, who has all roles.

Only whoever came by the one-time link of this machine may, and only while nobody has an account. Nothing is stored
before the account is made, so leaving it half-way leaves all as it was.
"""

from __future__ import annotations

from collections.abc import Mapping

from quart import Quart, redirect, request
from quart.typing import ResponseTypes

from barograph.access import people
from barograph.access.needs import needs
from barograph.errors import InvalidData, NotFound, Refused
from barograph.settings import Settings
from barograph.store.accounts import Change, User, normal_email
from dashboard.drawing.markup import say, tag
from dashboard.page.agents import agent_name
from dashboard.page.visitors import lab, visitor
from dashboard.signin.desk import Desk, shown, user_of, whoever
from dashboard.signin.document import answer, icon, page
from dashboard.signin.forms import Form, button, field, form, hidden, problem, sent
from dashboard.signin.passkey_markup import make_one
from dashboard.signin.sign_in import exchanged, said

PATH = "/first-run"
STEPS = ("You", "Sign-in", "Lab", "Ready")


def register(app: Quart, desk: Desk) -> None:
    """Add the pages to an application."""

    @app.get(PATH)
    @needs("person")
    @shown
    async def first_run() -> ResponseTypes:
        await _owner_of_nobody(desk)
        return answer(_you())

    @app.post(PATH)
    @needs("person")
    @shown
    async def first_run_step() -> ResponseTypes:
        await _owner_of_nobody(desk)
        return await _step(desk, await sent(request))

    @app.get(f"{PATH}/lab")
    @needs("person")
    @shown
    async def first_run_lab() -> ResponseTypes:
        await user_of(desk, whoever("administer"))
        return answer(_lab(lab()))

    @app.post(f"{PATH}/lab")
    @needs("person")
    @shown
    async def first_run_team() -> ResponseTypes:
        return await _make_team(desk, await sent(request))

    @app.get(f"{PATH}/ready")
    @needs("person")
    @shown
    async def first_run_ready() -> ResponseTypes:
        return answer(_ready(desk, await user_of(desk, whoever("administer"))))


async def _owner_of_nobody(desk: Desk) -> None:
    who = visitor()
    if who is None or who.kind != "owner" or await desk.visitors.has_users():
        raise NotFound(PATH)


async def _step(desk: Desk, given: Form) -> ResponseTypes:
    name, email = given.text("name"), given.text("email")
    try:
        normal_email(email)
    except InvalidData as error:
        return answer(_you(name, email, said(error)), 400)
    if given.text("step") != "sign-in":
        return answer(_sign_in(name, email))
    try:
        await people.add_user(
            desk.accounts, desk.passwords, email=email, name=name, password=given.secret("password"),
            now_us=desk.now_us(),
        )  # fmt: skip
    except (InvalidData, Refused) as error:
        return answer(_sign_in(name, email, said(error)), 400)
    signed = await desk.visitors.signing_in.sign_in(
        email, given.secret("password"), address=request.remote_addr or "", agent=agent_name(request)
    )
    return await exchanged(desk, signed, f"{PATH}/lab")


def _frame(step: int, title: str, text: str, *inside: str) -> str:
    return page(
        title,
        tag("section", tag("h1", say(title)), tag("p", say(text)), steps(step), *inside, class_="narrow wide"),
        who=visitor() if step > 1 else None,
    )  # fmt: skip


def steps(current: int) -> str:
    """Return where one is among the steps."""
    items = (
        tag("li", tag("span", icon("tick") if n < current else str(n + 1), class_="step-mark"), say(title),
            aria_current="step" if n == current else None, class_="done" if n < current else None)
        for n, title in enumerate(STEPS)
    )  # fmt: skip
    return tag("ol", *items, class_="steps", aria_label="Steps")


def _you(name: str = "", email: str = "", wrong: str = "") -> str:
    return _frame(
        0, "First, who runs this lab?",
        "This makes the first admin. You came by the one-time link of this machine, and may make another at any time.",
        form(
            PATH, hidden(step="you"),
            field("Your name", "name", name, autocomplete="name", required="", maxlength="200", autofocus=""),
            field("E-mail", "email", email, kind="email", autocomplete="username", required="", maxlength="254",
                  hint="To sign in with. Nothing is sent to it.", problem=wrong),
            tag("div", _skip(), button("Next: sign-in", kind="primary"), class_="actions"), kind="stack",
        ),
    )  # fmt: skip


def _skip() -> str:
    return tag("a", "Skip: this machine alone, without accounts", href="/", class_="button")


def _sign_in(name: str, email: str, wrong: str = "") -> str:
    known = tag("p", icon("tick"), tag("b", say(name)), say(f" {email} "), tag("a", "change", href=PATH), class_="said")
    return _frame(
        1, "How do you sign in?", "A passkey can be added, and a password changed, at any time.", known,
        form(
            PATH, hidden(step="sign-in", name=name, email=email),
            tag("input", type="email", value=email, autocomplete="username", hidden="", readonly=""),
            make_one("first-run"), problem(wrong),
            field("Password", "password", kind="password", autocomplete="new-password", required="", minlength="12",
                  hint="12 characters or more; some words in a row are easy to keep."),
            way_back(),
            tag("div", tag("a", "Back", href=PATH, class_="button"), button("Next: the lab", kind="primary"),
                class_="actions"),
            kind="stack",
        ),
    )  # fmt: skip


def way_back() -> str:
    """Return the way in when all else is lost."""
    command = tag("code", "barograph user add you@lab.example --role admin")
    lead = tag("b", "If you ever cannot get in: ")
    return tag("p", lead, "whoever may log in to this machine can run ", command, ", or open a one-time link with ",
               tag("code", "barograph link"), ". There is no other way in.", class_="said")  # fmt: skip


def key_folder(settings: Settings) -> str:
    """Return where the key of this lab lies, and what hangs on it."""
    lead = tag("b", "The key of this lab")
    hangs = " It signs who is signed in and what is shared: with another one everybody signs in again, and links end."
    if settings.secret_key is not None:
        return tag(
            "p", lead, " comes from the setting ", tag("code", "BAROGRAPH_SECRET_KEY"), ".", hangs, class_="said"
        )
    folder = tag("code", say(settings.data_dir))
    keep = " Copy that folder with your backups, to where nobody else reads it."
    return tag("p", lead, " is ", tag("code", "secret.key"), " in ", folder, ".", hangs, keep, class_="said")


def _lab(lab_name: str = "", name: str = "", wrong: Mapping[str, str] | None = None) -> str:
    problems = wrong or {}
    return _frame(
        2, "Who is measured here, and where?",
        "Athletes belong to teams, and scientists see the teams that are theirs. You can do this later too.",
        form(
            f"{PATH}/lab",
            field("Name of the lab", "lab", lab_name, maxlength="200", problem=problems.get("lab", ""),
                  hint="It stands in the header and on the sign-in page."),
            field("A first team", "team", name, maxlength="200", hint="Sprint, Return to run, Ward 3 …",
                  problem=problems.get("team", "")),
            tag("div", tag("a", "Later", href=f"{PATH}/ready", class_="button"), button("Next", kind="primary"),
                class_="actions"),
            kind="stack",
        ),
    )  # fmt: skip


async def _make_team(desk: Desk, given: Form) -> ResponseTypes:
    user, name = await user_of(desk, whoever("administer")), given.text("team")
    try:
        if given.text("lab"):
            await desk.visitors.name_lab(given.text("lab"))
    except InvalidData as error:
        return answer(_lab(given.text("lab"), name, {"lab": said(error)}), 400)
    if name:
        try:
            team = await desk.archive.roster.add_team(name, now_us=desk.now_us())
        except (InvalidData, Refused) as error:
            return answer(_lab(given.text("lab"), name, {"team": said(error)}), 400)
        await desk.accounts.change_user(user.uid, Change(teams=user.teams | {team.uid}), desk.now_us())
        desk.visitors.keyring.forget_user(user.uid)
    return redirect(f"{PATH}/ready", 303)


def _ready(desk: Desk, user: User) -> str:
    links = (("Sessions", "/", "primary"), ("Invite somebody", "/people", ""), ("Your account", "/account", ""))
    return _frame(
        3, f"Ready, {user.name or user.email}",
        "You are signed in, as admin and in every other role. The one-time link of this machine goes on working too.",
        way_back(), key_folder(desk.settings),
        tag("div", *(tag("a", text, href=href, class_=f"button {kind}".strip()) for text, href, kind in links),
            class_="actions"),
    )  # fmt: skip
