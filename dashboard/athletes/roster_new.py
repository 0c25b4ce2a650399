"""The form of a new athlete; its fields are the columns of the roster's table, and are read by the same rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from quart import Quart, redirect, request
from quart.typing import ResponseTypes

from barograph.access.acting import actor
from barograph.access.needs import needs
from barograph.access.rights import Resource, decide
from barograph.errors import AccessDenied, InvalidData, Refused
from barograph.store.roster import STATES, Athlete, Team, text_key
from barograph.store.roster_cells import CONSENT, joined, neutral
from barograph.store.roster_list import RECORDING
from barograph.store.roster_port import Roster
from barograph.store.roster_rows import changed_by
from barograph.store.roster_rules import check_athlete
from dashboard.athletes.roster_desk import PATH, page, require, shown
from dashboard.drawing.markup import say, tag
from dashboard.routes import athlete_path
from dashboard.signin.desk import Desk
from dashboard.signin.document import answer, icon
from dashboard.signin.forms import Form, button, check, form, sent
from dashboard.signin.forms import field as entry

TEXTS = (
    "id", "name", "sex", "born", "age", "age_day", "dominant", "involved", "involved_what", "involved_since",
    "involved_until", "mass_kg", "mass_day", "height_cm", "height_day", "leg_left_cm", "leg_left_day", "leg_right_cm",
    "leg_right_day", "sport", "shoe", "notes", "consent", "consent_state", "consent_day", "consent_until", "consent_by",
    "consent_form", "aliases", "new_team",
)  # fmt: skip
LISTED = ("involved_what", "consent", "consent_by", "consent_form")  # one entry each, of columns that hold several
TITLES = {
    "id": "Short id", "name": "Name", "sex": "Sex", "born": "Born", "age": "Age", "age_day": "Age held on",
    "dominant": "Dominant side", "involved": "Involved side", "involved_what": "What of it", "involved_since": "Since",
    "involved_until": "Until", "mass_kg": "Mass, kg", "mass_day": "Weighed on", "height_cm": "Height, cm",
    "height_day": "Measured on", "leg_left_cm": "Left leg, cm", "leg_left_day": "Measured on",
    "leg_right_cm": "Right leg, cm", "leg_right_day": "Measured on", "sport": "Sport", "shoe": "Shoe", "notes": "Notes",
    "consent": "What was asked", "consent_state": "Answer", "consent_day": "On", "consent_until": "Holds until",
    "consent_by": "Written down by", "consent_form": "Sheet that was signed",
    "aliases": "Other names that devices say", "teams": "Teams",
    "new_team": "A new team",
}  # fmt: skip
HINTS = {
    "id": "Empty: one is given. a-z, 0-9 and . _ -", "name": "Or a code, where names must not be stored.",
    "born": "2002-05-14, 2002-05 or 2002", "age": "Where the date of birth is not known.",
    "sport": "rowing", "shoe": "EU 40", "aliases": "One in each line.", "consent_until": "Empty: without an end.",
    "mass_day": "Empty: today.",
}  # fmt: skip
CHOICES: dict[str, tuple[tuple[str, str], ...]] = {
    "sex": (("", "Not said"), ("F", "Female"), ("M", "Male"), ("X", "Neither")),
    "dominant": (("", "Not said"), ("left", "Left"), ("right", "Right"), ("both", "Both")),
    "involved": (("", "None"), ("left", "Left"), ("right", "Right"), ("both", "Both")),
    "consent_state": (("", "Not asked yet"), *((state, state.capitalize()) for state in STATES)),
}
DAYS = ("age_day", "involved_since", "involved_until", "mass_day", "height_day", "leg_left_day", "leg_right_day",
        "consent_day", "consent_until")  # fmt: skip
GROUPS = (
    ("Who", ("name", "id", "sex", "born", "age", "age_day", "sport")),
    ("Body", ("mass_kg", "mass_day", "height_cm", "height_day", "leg_left_cm", "leg_left_day", "leg_right_cm",
              "leg_right_day", "shoe")),
    ("Sides", ("dominant", "involved", "involved_what", "involved_since", "involved_until")),
    ("Consent", ("consent_state", "consent", "consent_day", "consent_until", "consent_by", "consent_form")),
    ("More", ("aliases", "notes")),
)  # fmt: skip
FIELD_OF = {"short_id": "id", "team": "new_team"}  # what the store calls it, and the form


@dataclass(frozen=True)
class Filled:
    """A form as it was filled in, and what is wrong with which field."""

    texts: Mapping[str, str] = field(default_factory=lambda: {"consent": RECORDING})
    teams: Sequence[str] = ()
    problems: Mapping[str, str] = field(default_factory=dict)


def register(app: Quart, desk: Desk) -> None:
    """Add the form to an application."""

    @app.get(f"{PATH}/new")
    @needs("read", "athlete")
    @shown(desk)
    async def show_new_athlete() -> ResponseTypes:
        require("describe")
        name = request.args.get("name", "")[:200]
        filled = Filled({"consent": RECORDING, "name": name})
        return answer(_page(filled, await desk.archive.roster.teams()))

    @app.post(f"{PATH}/new")
    @needs("read", "athlete")
    @shown(desk)
    async def add_athlete() -> ResponseTypes:
        require("describe")
        filled, teams = _filled(await sent(request)), await desk.archive.roster.teams()
        try:
            made = await add(desk.archive.roster, filled, teams, desk.now_us())
        except ExceptionGroup as group:
            wrong = replace(filled, problems=_problems(group.exceptions))
            return answer(_page(wrong, teams), 400)
        except (InvalidData, Refused, AccessDenied) as error:
            return answer(_page(replace(filled, problems=_problems((error,))), teams), 400)
        return redirect(athlete_path(made.uid), 303)


def _filled(given: Form) -> Filled:
    return Filled({name: given.text(name) for name in TEXTS}, tuple(given.all("teams")))


def _problems(errors: Sequence[BaseException]) -> dict[str, str]:
    found: dict[str, str] = {}
    for error in errors:
        column = getattr(error, "field", None) or ""
        if isinstance(error, AccessDenied):
            column, text = "teams", "expected at least one team of yours, got none"
        else:
            text = str(error).removeprefix(f"{column}: ")
        column = FIELD_OF.get(column, column)
        found.setdefault(column if column in TITLES else "name", text)
    return found


async def add(roster: Roster, filled: Filled, teams: Sequence[Team], now_us: int) -> Athlete:
    """Keep a new athlete as the form says, or raise with all fields that cannot be taken."""
    names = {one.uid: one.name for one in teams}
    unknown = [uid for uid in filled.teams if uid not in names]
    if unknown:
        raise InvalidData(f"teams: expected teams of this lab, got {unknown[0][:40]!r}", field="teams")
    new = filled.texts.get("new_team", "")
    if new and text_key(new) in map(text_key, names.values()):
        raise InvalidData(f"new_team: expected a team that there is not yet, got {new[:40]!r}", field="new_team")
    if new and not decide(actor(), "administer", Resource("team")):
        raise InvalidData("new_team: expected nothing, for only admins make teams", field="new_team")
    known = {text_key(name): uid for uid, name in names.items()}
    cells = _cells(filled.texts) | {"teams": neutral(joined([names[uid] for uid in filled.teams]))}
    athlete = changed_by(None, cells, known, now_us)
    check_athlete(athlete, names, now_us)
    if new:
        athlete = replace(athlete, teams=(*athlete.teams, (await roster.add_team(new, now_us=now_us)).uid))
    return await roster.add(athlete, now_us=now_us)


def _cells(texts: Mapping[str, str]) -> dict[str, str]:
    cells = {name: neutral(text) for name, text in texts.items() if name != "new_team"}
    for name in LISTED:
        cells[name] = neutral(joined([texts.get(name, "") or (RECORDING if name == "consent" else "")]))
    cells["aliases"] = neutral(joined([one.strip() for one in texts.get("aliases", "").splitlines() if one.strip()]))
    if not texts.get("consent_state"):
        cells |= dict.fromkeys(("consent", *(f"consent_{one}" for one in CONSENT[1:])), "")
    return cells


def _page(filled: Filled, teams: Sequence[Team]) -> str:
    groups = [_group(title, names, filled) for title, names in GROUPS]
    groups.insert(1, _teams(filled, teams))
    foot = tag("div", tag("a", "Cancel", href=PATH, class_="button"), button("Add athlete", kind="primary"),
               class_="flow form-foot")  # fmt: skip
    inside = form(f"{PATH}/new", _summary(filled), *groups, foot, kind="athlete-form", novalidate="", id="new-athlete")
    return page("New athlete", inside, note="Only a name is needed")


def _summary(filled: Filled) -> str:
    if not filled.problems:
        return ""
    lines = (
        tag("li", tag("a", say(TITLES[name]), href=f"#{name}"), say(f": {text}"))
        for name, text in filled.problems.items()
    )
    head = tag("p", icon("warning"), tag("b", "Nothing was added. These fields cannot be taken:"))
    return tag("div", head, tag("ul", *lines), class_="problem-list", role="alert")


def _group(title: str, names: Sequence[str], filled: Filled) -> str:
    return tag("fieldset", tag("legend", say(title)), *(_field(name, filled) for name in names), class_="card")


def _field(name: str, filled: Filled) -> str:
    value, problem = filled.texts.get(name, ""), filled.problems.get(name, "")
    if name in CHOICES:
        return choice(TITLES[name], name, CHOICES[name], value, problem)
    if name in ("notes", "aliases"):
        return area(TITLES[name], name, value, hint=HINTS.get(name, ""), problem=problem)
    needed = {"required": "", "autofocus": ""} if name == "name" else {}
    return entry(TITLES[name], name, value, kind="date" if name in DAYS else "text", hint=HINTS.get(name, ""),
                 problem=problem, autocomplete="off", **needed)  # fmt: skip


def _teams(filled: Filled, teams: Sequence[Team]) -> str:
    boxes = [check(one.name, "teams", one.uid, on=one.uid in filled.teams) for one in teams]
    problem = filled.problems.get("teams", "")
    said = tag("p", icon("warning"), tag("span", say(problem)), class_="problem") if problem else ""
    new = _field("new_team", filled) if decide(actor(), "administer", Resource("team")) else ""
    none = "" if boxes else tag("p", "There is no team yet.", class_="muted")
    return tag("fieldset", tag("legend", "Teams"), tag("div", *boxes, none, class_="checks", id="teams"), said, new,
               class_="card")  # fmt: skip


def choice(label: str, name: str, options: Sequence[tuple[str, str]], value: str, problem: str = "") -> str:
    """Return a labelled choice."""
    parts = (tag("option", say(text), value=one, selected="" if one == value else None) for one, text in options)
    return _labelled(label, name, tag("select", *parts, **_about(name, problem)), "", problem)


def area(label: str, name: str, value: str, *, hint: str = "", problem: str = "") -> str:
    """Return a labelled field of several lines."""
    inside = tag("textarea", say(value), rows="3", **_about(name, hint or problem))
    return _labelled(label, name, inside, hint, problem)


def _about(name: str, said: str) -> dict[str, str | None]:
    return {"name": name, "id": name, "class_": "entry", "aria_describedby": f"{name}-about" if said else None}


def _labelled(label: str, name: str, inside: str, hint: str, problem: str) -> str:
    said = tag("p", say(hint), class_="muted", id=f"{name}-about") if hint and not problem else ""
    if problem:
        said = tag("p", icon("warning"), tag("span", say(problem)), class_="problem", id=f"{name}-about")
    return tag("div", tag("label", say(label), for_=name), inside, said, class_="field")
