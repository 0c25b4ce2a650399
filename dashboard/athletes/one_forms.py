"""Forms on an athlete's page: each is a panel that opens; assets/athletes/one.mjs sends it, and shows what was wrong.

A field has the name that errors give it (`dashboard.athletes.one_change`).
"""

from __future__ import annotations

from collections.abc import Sequence

from barograph.bounds import SEXES, SIDES
from barograph.store.roster import KINDS, Athlete, Consent, Involved, Kind, Team
from barograph.times import day_of
from dashboard.drawing.markup import say, tag

MEASURED: dict[Kind, str] = {
    "mass_kg": "Mass, kg", "height_cm": "Height, cm", "leg_left_cm": "Left leg, cm", "leg_right_cm": "Right leg, cm",
}  # fmt: skip
SEX_NAMES = {"": "Not said", "F": "Female", "M": "Male", "X": "X"}
A_DAY = "2026-05-14"


def form(title: str, act: str, revision: int, *fields: str, at: int | None = None, removes: str = "",
         button: str = "Save", label: str = "") -> str:  # fmt: skip
    """Return a panel with a form; `at` is the place of what it changes, `removes` what a second button says."""
    send = [tag("button", say(button), type="submit", class_="button primary")]
    if removes:
        send.append(tag("button", say(removes), type="submit", class_="button", name="remove", value="1"))
    said = tag("p", "", class_="one-said warn", role="alert")
    inside = tag("form", *fields, said, tag("div", *send, class_="buttons-of"), data_act_of=act,
                 data_revision=revision, data_at=at, novalidate="novalidate")  # fmt: skip
    name = f"{act}-{'' if at is None else at}-{title}"
    return tag("details", tag("summary", say(title), aria_label=label or None, class_="button"), inside,
               class_="one-form", data_panel=name)  # fmt: skip


def text(label: str, name: str, value: str = "", *, hint: str = "", kind: str = "text", wide: bool = False) -> str:
    """Return a field of one line."""
    field = tag("input", type=kind, name=name, value=value, placeholder=hint or None, autocomplete="off")
    return tag("label", tag("span", say(label)), field, class_="wide" if wide else None)


def select(label: str, name: str, options: Sequence[tuple[str, str]], chosen: str) -> str:
    """Return a choice of one."""
    parts = (
        tag("option", say(title), value=value, selected="selected" if value == chosen else None)
        for value, title in options
    )
    return tag("label", tag("span", say(label)), tag("select", *parts, name=name))


def sides(label: str, name: str, chosen: str, *, none: bool = False) -> str:
    """Return a choice of left, right and both."""
    options = [("", "Not said")] if none else []
    return select(label, name, [*options, *((one, one.capitalize()) for one in SIDES)], chosen)


def profile(athlete: Athlete, teams: Sequence[Team]) -> str:
    """Return the form of who it is."""
    boxes = (
        tag("label", tag("input", type="checkbox", name="teams", value=team.uid,
                         checked="checked" if team.uid in athlete.teams else None), say(team.name), class_="check")
        for team in teams
    )  # fmt: skip
    group = tag("fieldset", tag("legend", "Teams"), *boxes, data_field="teams", class_="wide") if teams else ""
    age = athlete.age
    notes = tag("label", tag("span", "Notes"), tag("textarea", say(athlete.notes), name="notes", rows=3), class_="wide")
    return form(
        "Edit", "profile", athlete.revision,
        text("Name", "name", athlete.name), text("Short id", "short_id", athlete.short_id),
        select("Sex", "sex", [(one, SEX_NAMES[one]) for one in SEXES], athlete.sex),
        sides("Dominant side", "dominant", athlete.dominant, none=True),
        text("Sport", "sport", athlete.sport, hint="rowing"), text("Shoe", "shoe", athlete.shoe, hint="EU 40"),
        text("Born, or the year", "born", athlete.born, hint=A_DAY),
        text("Else years of age", "age", f"{age.years:.12g}" if age else ""),
        text("on the day", "age_day", age.day if age else "", hint=A_DAY),
        group, notes, label="Edit the profile",
    )  # fmt: skip


def measurement(athlete: Athlete, at: int | None, today: str) -> str:
    """Return the form of a new measurement, or of the one at a place."""
    one = None if at is None else athlete.measurements[at]
    day = day_of(one.t_us) if one else today
    return form(
        "Correct" if one else "Add a measurement", "measurement", athlete.revision,
        select("What", "kind", [(kind, MEASURED[kind]) for kind in KINDS], one.kind if one else "mass_kg"),
        text("Value", "value", f"{one.value:.12g}" if one else ""), text("Day", "day", day, hint=A_DAY),
        text("Measured with", "source", one.source if one else ""),
        at=at, removes="Remove" if one else "",
        label=f"Correct {MEASURED[one.kind]} of {day}" if one else "",
    )  # fmt: skip


def involved(athlete: Athlete, at: int | None) -> str:
    """Return the form of a side that is newly involved, or of the one at a place."""
    one = Involved("left") if at is None else athlete.involved[at]
    return form(
        "Add an involved side" if at is None else "Correct", "involved", athlete.revision,
        sides("Side", "involved", one.side), text("What of it", "involved_what", one.what, hint="knee"),
        text("Since", "involved_since", one.since, hint=A_DAY), text("Until", "involved_until", one.until, hint=A_DAY),
        at=at, removes="" if at is None else "Remove",
        label="" if at is None else f"Correct the involved side {one.side} {one.what}".strip(),
    )  # fmt: skip


def consent(athlete: Athlete, today: str, by: str) -> str:
    """Return the form of a new statement."""
    states = [("given", "Given"), ("declined", "Declined"), ("withdrawn", "Withdrawn")]
    return form(
        "Write down a consent", "consent", athlete.revision,
        text("What was asked", "consent", hint="record and keep", wide=True),
        select("Answer", "consent_state", states, "given"),
        text("Day", "consent_day", today, hint=A_DAY), text("Until", "consent_until", hint=A_DAY),
        text("Written down by", "consent_by", by), text("Sheet that was signed", "consent_form"),
    )  # fmt: skip


def withdraw(athlete: Athlete, one: Consent, today: str, by: str) -> str:
    """Return the form by which a consent is withdrawn."""
    hidden = (tag("input", type="hidden", name=name, value=value)
              for name, value in (("consent", one.what), ("consent_state", "withdrawn")))  # fmt: skip
    return form(
        "Withdraw", "consent", athlete.revision, *hidden, text("Day", "consent_day", today, hint=A_DAY),
        text("Written down by", "consent_by", by), button="Withdraw", label=f"Withdraw: {one.what}",
        at=athlete.consents.index(one),
    )  # fmt: skip
