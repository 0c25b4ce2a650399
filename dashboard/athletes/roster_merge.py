"""Two records of one person become one: which stays is chosen, what comes out is shown, then somebody confirms it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from quart import Quart, redirect, request
from quart.typing import ResponseTypes

from barograph.access.acting import actor
from barograph.access.guarded_roster import of_athlete
from barograph.access.needs import needs
from barograph.access.rights import decide
from barograph.errors import InvalidData, NotFound
from barograph.store.merging import folded
from barograph.store.roster import KINDS, Athlete, changed_meanwhile
from dashboard.athletes.roster_desk import PATH, called, page, require, shown
from dashboard.athletes.roster_proposals import LIST, chosen
from dashboard.drawing import words
from dashboard.drawing.markup import say, tag
from dashboard.reading.goal_words import titled
from dashboard.routes import athlete_path
from dashboard.signin import tables
from dashboard.signin.desk import NOTHING, Desk
from dashboard.signin.document import answer
from dashboard.signin.forms import button, form, hidden, problem, sent

UNSAID = "–"
MERGE = f"{PATH}/merge"
ABOUT = (
    "Sessions, measurements, involved sides, teams, consents and goals of both stay. The other name and short id "
    "become aliases, and who signs in as the other signs in as the one that stays. This cannot be undone."
)


@dataclass(frozen=True)
class Pair:
    """Two records, the one that stays first, and how many sessions each has."""

    kept: Athlete
    other: Athlete
    sessions: Mapping[str, int]


def register(app: Quart, desk: Desk) -> None:
    """Add the page to an application."""

    @app.get(MERGE)
    @needs("read", "athlete")
    @shown(desk)
    async def show_merge() -> ResponseTypes:
        require("describe")
        asked = {name: request.args.get(name, "")[:300] for name in ("kept", "other")}
        if not all(asked.values()):
            return answer(await _choose(desk, asked))
        try:
            pair = await _pair(desk, *[await _named(desk, asked[name]) for name in ("kept", "other")])
            return answer(_preview(pair, folded(pair.kept, pair.other, desk.now_us()), await _teams(desk)))
        except InvalidData as error:
            return answer(await _choose(desk, asked, f"{error}."), 400)

    @app.post(MERGE)
    @needs("read", "athlete")
    @shown(desk)
    async def merge_athletes() -> ResponseTypes:
        require("describe")
        given = await sent(request)
        pair = await _pair(desk, given.text("kept"), given.text("other"))
        for one, seen in ((pair.kept, given.text("kept_revision")), (pair.other, given.text("other_revision"))):
            if str(one.revision) != seen:
                raise changed_meanwhile(one)
        made = await desk.archive.roster.merge(pair.kept.uid, pair.other.uid, now_us=desk.now_us())
        return redirect(athlete_path(made.uid), 303)


async def _pair(desk: Desk, kept: str, other: str) -> Pair:
    """The two records of these uids; both have to be theirs to describe."""
    found = [await desk.archive.roster.athlete(uid) for uid in (kept, other)]
    if not all(decide(actor(), "describe", of_athlete(one)) for one in found):
        raise NotFound(NOTHING[1])
    if found[0].uid == found[1].uid:
        raise InvalidData("other: expected another athlete than the one that stays, got the same", field="other")
    tested = await desk.archive.roster.tested([one.uid for one in found])
    return Pair(found[0], found[1], {uid: one.sessions for uid, one in tested.items()})


async def _named(desk: Desk, text: str) -> str:
    """The uid of an athlete that is given by it, or as somebody writes an athlete."""
    try:
        return (await desk.archive.roster.athlete(text)).uid
    except NotFound:
        return (await chosen(desk.archive.roster, text)).uid


async def _teams(desk: Desk) -> dict[str, str]:
    return {one.uid: one.name for one in await desk.archive.roster.teams()}


async def _choose(desk: Desk, asked: Mapping[str, str], wrong: str = "") -> str:
    athletes = await desk.archive.roster.athletes(brief=True)
    names = {one.uid: called(one) for one in athletes}
    known = tag("datalist", *(tag("option", value=name) for name in names.values()), id=LIST)
    fields = (
        tag("div", tag("label", say(label), for_=name),
            tag("input", name=name, id=name, list=LIST, class_="entry", required="", autocomplete="off",
                value=names.get(asked[name], asked[name]) or None), class_="field")
        for name, label in (("kept", "The record that stays"), ("other", "The other record of the same person"))
    )  # fmt: skip
    inside = tag("form", known, problem(wrong), *fields, button("Show what comes out", kind="primary"), method="get",
                 action=MERGE, class_="stack card pad narrow-form")  # fmt: skip
    return page("Merge two records", tag("p", say(ABOUT), class_="muted"), inside)


def _preview(pair: Pair, both: Athlete, teams: Mapping[str, str]) -> str:
    kept, other = pair.kept, pair.other
    heads = ("", f"Stays: {called(kept)}", f"Goes into it: {called(other)}", "What comes out")
    n = pair.sessions
    total = {both.uid: n.get(kept.uid, 0) + n.get(other.uid, 0)}
    columns = [_facts(one, teams, counts) for one, counts in ((kept, n), (other, n), (both, total))]
    rows = (tables.row(heads, say(name), *(say(column[name]) for column in columns), over=False) for name in columns[0])
    table = tag("section", tables.table(heads, rows, label="Both records, and what comes out", empty=""), class_="card",
                id="merged")  # fmt: skip
    turn = tag("a", say(f"Keep {called(other)} instead"), href=f"{MERGE}?kept={other.uid}&other={kept.uid}",
               class_="button", id="merge-turn")  # fmt: skip
    leave = tag("a", "Leave both as they are", href=PATH, class_="button", autofocus="", id="keep")
    given = hidden(kept=kept.uid, other=other.uid, kept_revision=str(kept.revision), other_revision=str(other.revision))
    do = form(MERGE, given, button(f"Merge into {called(kept)}", kind="danger"), kind="press")
    return page("Merge two records", tag("p", say(ABOUT), class_="muted"), table,
                tag("div", leave, turn, tag("span", class_="grow"), do, class_="flow form-foot"))  # fmt: skip


def _facts(one: Athlete, teams: Mapping[str, str], sessions: Mapping[str, int]) -> dict[str, str]:
    """What a record says, in words."""
    age = f"{one.age.years:g} years on {one.age.day}" if one.age else ""
    newest = [f"{words.number(found.value, 1)} {kind.rpartition('_')[2]} ({kind.rpartition('_')[0].replace('_', ' ')})"
              for kind in KINDS if (found := one.latest(kind))]  # fmt: skip
    facts = {
        "Name": one.name,
        "Short id": one.short_id,
        "Sessions": str(sessions.get(one.uid, 0)),
        "Sex": one.sex,
        "Born": one.born or age,
        "Dominant side": one.dominant,
        "Sport": one.sport,
        "Shoe": one.shoe,
        "Newest measurements": ", ".join(newest),
        "Measurements": str(len(one.measurements)),
        "Involved sides": ", ".join(" ".join((each.side, each.what, each.since)).strip() for each in one.involved),
        "Teams": ", ".join(teams[uid] for uid in one.teams if uid in teams),
        "Consents": ", ".join(f"{each.what}: {each.state}, {each.day}" for each in one.consents),
        "Goals": ", ".join(" ".join((titled(each), each.since)) for each in one.goals),
        "Aliases": ", ".join(one.aliases),
        "Notes": one.notes,
    }
    return {name: value or UNSAID for name, value in facts.items()}
