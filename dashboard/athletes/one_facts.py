"""Facts of an athlete's record: the head of the page, the profile, measurements over time, and consent.

Each part takes a record, so that a page of the athlete's own may use it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from dash import dcc, html

from barograph.store.roster import KINDS, Athlete, Consent, Involved, Kind, Measurement, Team
from barograph.times import day_of
from dashboard.athletes import one_forms as forms
from dashboard.athletes.one_load import said_day
from dashboard.athletes.one_query import DAY_US
from dashboard.athletes.one_timeline import card
from dashboard.drawing import words
from dashboard.drawing.crosshair import crosshair_at
from dashboard.drawing.markup import drawing_box, say, table, tag
from dashboard.drawing.svg import Plot, el, picture

TITLES: dict[Kind, str] = {
    "mass_kg": "Mass", "height_cm": "Height", "leg_left_cm": "Left leg", "leg_right_cm": "Right leg",
}  # fmt: skip
SEX = {"F": "female", "M": "male", "X": "X"}
NOT_SAID = tag("span", "not said", class_="muted")
STATES = {"given": "✓", "ended": "–", "declined": "✕", "withdrawn": "✕"}


def unit_of(kind: Kind) -> str:
    """Return the unit of a kind of measurement."""
    return kind.rpartition("_")[2]


def measured(one: Measurement | None) -> str:
    """Return a measurement with its unit."""
    return f"{one.value:.5g} {unit_of(one.kind)}" if one else ""


def age_of(athlete: Athlete, day: str) -> str:
    """Return the age on a day in whole years, or nothing."""
    years = athlete.years(day)
    return "" if years is None else f"{int(years)} y"


def facts(athlete: Athlete, day: str) -> list[str]:
    """Return in short what is known of an athlete on a day."""
    legs = [athlete.latest("leg_left_cm"), athlete.latest("leg_right_cm")]
    involved = athlete.involved_on(day)
    found = [
        ", ".join(text for text in (athlete.sex, age_of(athlete, day)) if text),
        measured(athlete.latest("height_cm")),
        measured(athlete.latest("mass_kg")),
        f"leg {' · '.join(f'{one.value:.5g}' if one else '–' for one in legs)} cm" if any(legs) else "",
        f"dominant {athlete.dominant}" if athlete.dominant else "",
        f"involved {involved_text(involved)}" if involved else "",
    ]
    return [text for text in found if text]


def involved_text(one: Involved) -> str:
    """Return what is involved, since when and until when."""
    since = f" since {said_day(one.since)}" if one.since else ""
    until = f" until {said_day(one.until)}" if one.until else ""
    return f"{one.side}{f' {one.what}' if one.what else ''}{since}{until}"


def team_names(athlete: Athlete, teams: Sequence[Team]) -> list[str]:
    """Return the names of an athlete's teams that may be seen."""
    return [team.name for team in teams if team.uid in athlete.teams]


def head(athlete: Athlete, teams: Sequence[Team], day: str, roster: str, *actions: Any, last: str = "") -> html.Div:
    """Build the name, the teams and the facts in short, with what one does next."""
    chips = [html.Span(name, className="chip") for name in team_names(athlete, teams)]
    more = [f"last session {last}"] if last else []
    return html.Div(
        [
            html.Div(
                [dcc.Link("Athletes", href=roster, className="quiet"), html.Span("›", className="muted"),
                 html.H1(athlete.name), *chips],
                className="one-title",
            ),
            html.Div([html.Code(athlete.short_id), *(html.Span(text) for text in (*facts(athlete, day), *more))],
                     className="facts"),
            html.Div(list(actions), className="actions"),
        ],
        className="one-head",
    )  # fmt: skip


def profile(athlete: Athlete, teams: Sequence[Team], day: str, *, may_change: bool) -> str:
    """Return who it is, with a form to change it."""
    born = said_day(athlete.born)
    if not born and athlete.age:
        born = f"{athlete.age.years:.3g} years on {said_day(athlete.age.day)}"
    age = age_of(athlete, day)
    involved = [tag("li", say(involved_text(one)), forms.involved(athlete, i) if may_change else "")
                for i, one in enumerate(athlete.involved)]  # fmt: skip
    listed = tag("ul", *involved, class_="one-listing") if involved else NOT_SAID
    rows = [
        ("Sex", say(SEX.get(athlete.sex, "")) or NOT_SAID),
        ("Born", say(f"{born}{f', {age}' if age and athlete.born else ''}") if born else NOT_SAID),
        ("Teams", say(", ".join(team_names(athlete, teams))) or tag("span", "none", class_="muted")),
        ("Dominant side", say(athlete.dominant) or NOT_SAID),
        ("Involved side", listed + (forms.involved(athlete, None) if may_change else "")),
        ("Sport", say(athlete.sport) or NOT_SAID),
        ("Shoe", say(athlete.shoe) or NOT_SAID),
        ("Also called", say(", ".join(athlete.aliases))),
        ("Notes", tag("span", say(athlete.notes), class_="one-notes") if athlete.notes else ""),
    ]
    listed_facts = tag("dl", *(tag("div", tag("dt", name), tag("dd", value)) for name, value in rows if value))
    changed = (
        tag("p", say(f"Changed {words.date(athlete.changed_us)}, {words.plural(athlete.revision, 'version')}"),
            class_="muted pad") if athlete.changed_us else ""
    )  # fmt: skip
    form = forms.profile(athlete, teams) if may_change else ""
    return card("Profile", "", listed_facts, form, changed, kind="one-profile")


def measurements(athlete: Athlete, day: str, *, may_change: bool) -> str:
    """Return mass, height and legs over time: a small chart of each, and all measurements with their days."""
    add = forms.measurement(athlete, None, day) if may_change else ""
    if not athlete.measurements:
        text = tag("p", "Nothing was measured yet. Mass gives forces in % of body weight.", class_="muted pad")
        return card("Measurements", "", text, add)
    parts = [_kind(athlete, kind) for kind in KINDS if athlete.latest(kind)]
    rows = [
        tag("li", tag("span", say(said_day(day_of(one.t_us)))), tag("b", say(f"{TITLES[one.kind]} {measured(one)}")),
            tag("span", say(one.source), class_="muted"),
            forms.measurement(athlete, i, day) if may_change else "")
        for i, one in reversed(list(enumerate(athlete.measurements)))
    ]  # fmt: skip
    listed = tag("ul", *rows, class_="one-listing one-days", aria_label="Measurements", tabindex="0")
    count = words.plural(len(rows), "measurement")
    whole = tag("details", tag("summary", say(f"{count}, each with its day")), listed, data_panel="measurements")
    return card("Measurements", "", *parts, add, whole, kind="one-measured")


def _kind(athlete: Athlete, kind: Kind) -> str:
    some = [one for one in athlete.measurements if one.kind == kind]
    newest = some[-1]
    source = f", {newest.source}" if newest.source else ""
    about = tag("span", say(f"{said_day(day_of(newest.t_us))}{source}"), class_="muted")
    trace = drawing_box(spark(some), "one-spark") if len(some) > 1 else ""
    return tag("div", tag("span", TITLES[kind], class_="one-what"), trace,
               tag("b", say(measured(newest))), about, class_="one-kind")  # fmt: skip


def spark(some: Sequence[Measurement]) -> str:
    """Return measurements of a kind over their days."""
    days = np.array([one.t_us / DAY_US for one in some])
    values = np.array([one.value for one in some])
    low, high = float(values.min()), float(values.max())
    room = 0.1 * (high - low) or 1.0
    plot = Plot(5, 4, 130, 24, (float(days.min()), float(days.max())), (low - room, high + room))
    points = plot.points(days, values)
    dots = [el("circle", cx=float(x), cy=float(y), r=1.5, fill="var(--text-2)") for x, y in points[:-1]]
    last = el("circle", cx=float(points[-1][0]), cy=float(points[-1][1]), r=3, fill="var(--text)")
    kind = some[-1].kind
    title = (f"{TITLES[kind]} from {measured(some[0])} on {said_day(day_of(some[0].t_us))} "
             f"to {measured(some[-1])} on {said_day(day_of(some[-1].t_us))}")  # fmt: skip
    said = [f"{said_day(day_of(one.t_us))}: {measured(one)}" for one in some]
    reads = [crosshair_at((plot.left, plot.top, plot.width, plot.height), np.asarray(points), "var(--text)", said)]
    return picture(140, 32, plot.line(days, values, "var(--text-2)", 1.5), *dots, last, title=title, reads=reads)


def consent(athlete: Athlete, day: str, by: str, *, may_change: bool) -> str:
    """Return what counts of what an athlete was asked, and everything that was said."""
    standing = athlete.standing_consents(day)
    rows = [_standing(athlete, one, day, by, may_change=may_change) for one in standing]
    listed = tag("ul", *rows, class_="one-listing one-consents")
    if not rows:
        listed = tag("p", "Nothing is written down of what this athlete consented to.", class_="muted pad")
    said = [
        [say(said_day(one.day)), say(one.what), one.state, say(said_day(one.until) or "–"), say(one.by or "–"),
         say(one.form or "–")] for one in reversed(athlete.consents)
    ]  # fmt: skip
    heads = ["Day", "What", "Answer", "Until", "Written down by", "Sheet"]
    all_of_it = tag("details", tag("summary", say(words.plural(len(said), "statement"))),
                    table(heads, said, label="Consent, every statement", texts=9), data_panel="consent")  # fmt: skip
    form = forms.consent(athlete, day, by) if may_change else ""
    return card("Consent", "", listed, form, all_of_it if said else "")


def _standing(athlete: Athlete, one: Consent, day: str, by: str, *, may_change: bool) -> str:
    state = "ended" if one.state == "given" and not one.holds(day) else one.state
    mark = tag("span", STATES[state], class_="one-mark", data_state=state, aria_hidden="true")
    more = ", ".join(text for text in (one.form, f"by {one.by}" if one.by else "") if text)
    about = tag("span", say(standing_text(one, day) + (f", {more}" if more else "")), class_="muted")
    out = forms.withdraw(athlete, one, day, by) if may_change and one.state == "given" else ""
    return tag("li", mark, tag("span", tag("b", say(one.what)), about), out)


def standing_text(one: Consent, day: str) -> str:
    """Return how a statement stands on a day."""
    if one.state != "given":
        return f"{one.state} {said_day(one.day)}"
    if not one.holds(day):
        return f"given {said_day(one.day)}, ended {said_day(one.until)}"
    return f"given {said_day(one.day)}{f', until {said_day(one.until)}' if one.until else ''}"
