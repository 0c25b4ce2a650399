"""The roster as a CSV table in the browser: a file is looked at first, then taken, and the whole roster goes out.

Nothing of a file is kept between looking and taking: the page sends it again, with the digest of what was looked at.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from quart import Quart, Response, request
from quart.typing import ResponseTypes
from werkzeug.exceptions import RequestEntityTooLarge

from barograph.access.acting import actor
from barograph.access.guarded_roster import of_athlete
from barograph.access.needs import needs
from barograph.access.rights import Resource, decide
from barograph.errors import FileFormatError, InvalidData
from barograph.store.roster_cells import COLUMNS
from barograph.store.roster_csv import MOST_BYTES, Problem, RosterChange, RosterImport, export_roster, import_roster
from barograph.web.bodies import whole
from dashboard.athletes.roster_desk import PATH, page, require, shown
from dashboard.drawing import words
from dashboard.drawing.markup import say, tag
from dashboard.page.answers import json_text
from dashboard.signin import tables
from dashboard.signin.desk import Desk
from dashboard.signin.document import answer, icon

MOST_LINES = 500  # of each list that a page shows
CHANGED = "the file is another one than what was looked at; look at it again"


def register(app: Quart, desk: Desk) -> None:
    """Add the routes to an application."""

    @app.get(f"{PATH}/export.csv")
    @needs("read", "athlete")
    @shown(desk)
    async def export_athletes() -> ResponseTypes:
        require("export")
        data = await export_roster(desk.archive.roster, lambda one: decide(actor(), "export", of_athlete(one)))
        headers = {"Content-Disposition": 'attachment; filename="roster.csv"'}
        return Response(data, content_type="text/csv; charset=utf-8", headers=headers)

    @app.get(f"{PATH}/import")
    @needs("read", "athlete")
    @shown(desk)
    async def show_roster_import() -> ResponseTypes:
        require("describe")
        return answer(_page())

    @app.post(f"{PATH}/import")
    @needs("read", "athlete")
    @shown(desk)
    async def import_athletes() -> ResponseTypes:
        require("describe")
        try:
            data = await whole(request, MOST_BYTES)
        except RequestEntityTooLarge:
            return _answer({"problem": f"file: expected at most {MOST_BYTES >> 20} MiB, got more."}, 413)
        digest, seen = hashlib.sha256(data).hexdigest(), request.args.get("seen", "")
        if seen not in ("", digest):
            return _answer({"problem": f"seen: {CHANGED}."}, 400)
        try:
            planned = await import_roster(desk.archive.roster, data, now_us=desk.now_us(), dry_run=not seen)
        except (FileFormatError, InvalidData) as error:
            return _answer({"problem": f"{error}."}, 400)
        planned = planned if seen else with_refusals(planned)
        told = {"markup": report(planned, done=bool(seen)), "seen": digest, "changes": len(planned.changes)}
        return _answer(told)


def _answer(told: dict[str, object], status: int = 200) -> Response:
    return Response(json_text(told), status, content_type="application/json")


def with_refusals(planned: RosterImport) -> RosterImport:
    """Return what a file would change, without rows that whoever imports it may not change, which are problems."""
    refused = {change.line: why for change in planned.changes if (why := refusal(change, planned.new_teams))}
    problems = (Problem(line, "teams", why) for line, why in refused.items())
    return replace(
        planned,
        changes=tuple(one for one in planned.changes if one.line not in refused),
        problems=tuple(sorted((*planned.problems, *problems), key=lambda one: one.line)),
    )


def refusal(change: RosterChange, new_teams: Sequence[str]) -> str:
    """Return why a change would be refused, "" where it would not."""
    who = actor()
    made = [name for name in change.after.teams if name in new_teams]
    if made and not decide(who, "administer", Resource("team")):
        return f"expected teams that there are, for only admins make teams, got {made[0][:40]!r}"
    after = replace(change.after, teams=tuple(uid for uid in change.after.teams if uid not in made))
    both = [one for one in (change.before, after) if one is not None]
    if all(decide(who, "describe", of_athlete(one)) for one in both):
        return ""
    return "expected at least one team of yours, got none"


def _page() -> str:
    field = tag("input", type="file", id="roster-file", accept=".csv,.tsv,.txt,text/csv", class_="entry")
    choose = tag("div", tag("label", "A CSV file, or drop one on this page", for_="roster-file"), field, class_="field")
    columns = tag("ul", *(tag("li", tag("code", say(one.name)), " ", _marked(one.meaning)) for one in COLUMNS))
    help_ = tag(
        "details",
        tag("summary", "Columns of the table"),
        tag("p", "One row per athlete; “name” or “id” is needed, the others may be left out. An empty cell leaves what "
                 "is stored, “-” takes it away. Measurements and consents are added."),
        columns, class_="card columns",
    )  # fmt: skip
    place = tag("section", tag("p", "Nothing is changed before you have seen what would be.", class_="muted"),
                id="import-report", aria_live="polite")  # fmt: skip
    return page("Import roster", tag("section", choose, class_="card pad"), place, help_, script="roster_import.mjs")


def _marked(text: str) -> str:
    """Return the meaning of a column, its values as code."""
    return "".join(tag("code", say(part)) if i % 2 else say(part) for i, part in enumerate(text.split("`")))


def report(found: RosterImport, *, done: bool) -> str:
    """Return what a file would change, or changed: who is added, who is changed, and what is refused and why."""
    added = [one for one in found.changes if one.before is None]
    changed = [one for one in found.changes if one.before is not None]
    word = "" if done else "would be "
    head = tag(
        "p", *(tag("span", tag("b", words.number(n)), f" {text}", data_count=name) for name, n, text in (
            ("added", len(added), f"{word}added"), ("changed", len(changed), f"{word}changed"),
            ("unchanged", found.unchanged, "unchanged"), ("refused", len(found.problems), _refused(found, done)),
        )), class_="import-counts", role="status", data_done=str(done).lower(),
    )  # fmt: skip
    teams = ", ".join(found.new_teams)
    more = tag("p", say(f"New teams: {teams}")) if teams else ""
    more += tag("p", say(f"Columns that stand for nothing: {', '.join(found.ignored)}")) if found.ignored else ""
    return head + more + _refusals(found.problems) + _changes("Added", added) + _changes("Changed", changed)


def _refused(found: RosterImport, done: bool) -> str:
    lines = len({one.line for one in found.problems})
    return f"problems in {words.plural(lines, 'line')}, left out" if lines or done else "problems"


def _refusals(problems: Sequence[Problem]) -> str:
    if not problems:
        return ""
    heads = ("Line", "Column", "Why it is left out")
    rows = (tables.row(heads, say(one.line), tag("code", say(one.column or "–")), say(one.reason))
            for one in problems[:MOST_LINES])  # fmt: skip
    return _card("Refused", icon("warning"), tables.table(heads, rows, label="Refused", empty=""), len(problems))


def _changes(title: str, changes: Sequence[RosterChange]) -> str:
    if not changes:
        return ""
    heads = ("Line", "What")
    rows = (tables.row(heads, say(one.line), say(one.said)) for one in changes[:MOST_LINES])
    return _card(title, "", tables.table(heads, rows, label=title, empty=""), len(changes))


def _card(title: str, sign: str, inside: str, n: int) -> str:
    more = tag("p", say(f"… and {words.number(n - MOST_LINES)} more"), class_="muted pad") if n > MOST_LINES else ""
    head = tag("div", sign, tag("h2", say(title)), tag("span", words.number(n), class_="muted"), class_="card-head")
    return tag("section", head, inside, more, class_="card")
