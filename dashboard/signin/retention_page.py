"""The Retention page: how long sessions are kept by kind and team, what is over by that now, and what the night did.

A rule is set, or taken away, on a second page that counts first what would be over then. Nothing of a session is shown:
an admin sees numbers alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from quart import Quart, redirect, request
from quart.typing import ResponseTypes

from barograph.access.needs import needs
from barograph.access.principals import Principal
from barograph.errors import InvalidData
from barograph.store.ports import Archive
from barograph.store.retention import Count, counted, due
from barograph.store.retention_rules import MOST_DAYS, Outcome, Rule, Rules
from dashboard.drawing.markup import say, tag
from dashboard.drawing.words import number, plural
from dashboard.page.visitors import visitor
from dashboard.signin import tables
from dashboard.signin.desk import Desk, shown, whoever
from dashboard.signin.document import answer, page
from dashboard.signin.forms import Form, button, check, field, form, hidden, press, problem, sent
from dashboard.signin.people_page import team_titles
from dashboard.signin.sign_in import said
from dashboard.signin.times import ago

PATH = "/retention"
NONE = "There is no rule: nothing is erased."
DECIDES = (
    "The rule that names most decides: kind and team, then team, then kind, then the one for all. Of two that name as "
    "much, the one that keeps longer does. Days count from a session’s last frame, or from when it was stored if that "
    "was later."
)
NIGHT = "The nightly run erases what is over, after two at night; its first night only counts."
FOR_EVER = "for ever"


def register(app: Quart, desk: Desk, archive: Archive) -> None:
    """Add the page and what it changes to an application; rules are read and changed through a guarded `archive`."""

    @app.get(PATH)
    @needs("person")
    @shown
    async def show_retention() -> ResponseTypes:
        return answer(await _page(desk, archive, whoever("administer", "system"), counts="count" in request.args))

    @app.post(f"{PATH}/check")
    @needs("person")
    @shown
    async def count_first() -> ResponseTypes:
        who, given = whoever("administer", "system"), await sent(request)
        try:
            return answer(await _ask(desk, archive, given))
        except InvalidData as error:
            return answer(await _page(desk, archive, who, given=given, wrong=said(error)), 400)

    @app.post(PATH)
    @needs("person")
    @shown
    async def change_retention() -> ResponseTypes:
        whoever("administer", "system")
        given = await sent(request)
        changed = _changed(await archive.retention.rules(), given)
        await archive.retention.put(replace(changed, revision=_whole("revision", given.text("revision"))))
        return redirect(f"{PATH}?count", 303)


def _removes(given: Form) -> bool:
    return given.text("act") == "remove"


def _rule(given: Form) -> Rule:
    """Return the rule that a form is about; what is wrong with it is `InvalidData`."""
    for_ever = _removes(given) or given.text("ever")
    return Rule(given.text("of"), given.text("team"), None if for_ever else _whole("days", given.text("days")))


def _changed(rules: Rules, given: Form) -> Rules:
    """Return the rules as a form wants them."""
    rule = _rule(given)
    return rules.without(rule.kind, rule.team) if _removes(given) else rules.with_rule(rule)


def _whole(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise InvalidData(f"{name}: expected a whole number, got {text[:20]!r}", field=name)
    return int(text)


async def _counts(desk: Desk, rules: Rules) -> dict[tuple[str, str], Count]:
    return counted(await due(desk.archive, rules, desk.now_us(), desk.settings.idle_timeout_s))


def _kept(rule: Rule) -> str:
    return FOR_EVER if rule.days is None else plural(rule.days, "day")


def _what(rule: Rule, teams: Mapping[str, str]) -> str:
    """Return of which sessions a rule is, in words."""
    kind = f"sessions of kind {rule.kind}" if rule.kind else "all sessions"
    return f"{kind} of {teams.get(rule.team, 'a team that is gone')}" if rule.team else kind


async def _page(
    desk: Desk, archive: Archive, who: Principal, *, counts: bool = False, given: Form | None = None, wrong: str = ""
) -> str:
    rules, last, teams = await archive.retention.rules(), await archive.retention.last(), await team_titles(desk)
    found = await _counts(desk, rules) if counts else None
    kinds = (await desk.archive.known_values()).kinds
    head = tag("div", tag("h1", "Retention"), tag("span", "how long sessions are kept", class_="muted"),
               class_="desk-head")  # fmt: skip
    return page(
        "Retention", head,
        tag("div", tag("div", _rules(rules, teams, found), class_="desk-column"),
            tag("div", _new(teams, kinds, given, wrong), _night(last, desk.now_us()), class_="desk-column side"),
            class_="desk-columns"),
        who=who, tab="tab-retention",
    )  # fmt: skip


def _rules(rules: Rules, teams: Mapping[str, str], found: Mapping[tuple[str, str], Count] | None) -> str:
    heads = ("Kind", "Team", "Kept", *(("Over now", "Left for now") if found is not None else ()), "")
    rows = (_row(heads, one, teams, None if found is None else found.get(one.place, Count())) for one in rules.rules)
    listed = tables.table(heads, rows, label="Rules", empty=NONE)
    total = sum(one.ready for one in found.values()) if found is not None else 0
    told = tag("p", say(f"{_over(total)} now. {NIGHT}"), class_="pad", role="status") if found is not None else ""
    again = tag("a", "Count what is over", href=f"{PATH}?count", class_="button") if rules.rules else ""
    about = tag("p", say(DECIDES), class_="muted pad")
    return tables.card("Rules", "by kind and team", listed, told, about, more=again, name="rules")


def _row(heads: tuple[str, ...], one: Rule, teams: Mapping[str, str], count: Count | None) -> str:
    numbers = () if count is None else (number(count.ready), number(count.left))
    remove = press(
        f"{PATH}/check", "Remove", label=f"Remove the rule for {_what(one, teams)}", act="remove", of=one.kind,
        team=one.team,
    )  # fmt: skip
    team = teams.get(one.team, "a team that is gone") if one.team else "any"
    return tables.row(heads, tag("b", say(one.kind or "any")), say(team), _kept(one), *numbers, remove)


def _over(n: int) -> str:
    return f"{plural(n, 'session')} {'is' if n == 1 else 'are'} over"


def _new(teams: Mapping[str, str], kinds: tuple[str, ...], given: Form | None, wrong: str) -> str:
    before = given or Form({})
    options = (
        tag("option", say(name), value=uid, selected="" if uid == before.text("team") and uid else None)
        for uid, name in (("", "any"), *sorted(teams.items(), key=lambda one: one[1]))
    )
    chosen = tag("select", *options, name="team", id="team", class_="entry")
    team = tag("div", tag("label", "Team", for_="team"), chosen, class_="field")
    known = tag("datalist", *(tag("option", value=kind) for kind in kinds), id="kinds")
    inside = form(
        f"{PATH}/check", problem(wrong),
        field("Kind", "of", before.text("of"), maxlength="100", list="kinds", hint="As gait or jump; empty for any."),
        known, team,
        field("Days", "days", before.text("days"), kind="number", min="1", max=str(MOST_DAYS)),
        check("For ever, whatever a rule that names less says", "ever", "yes", on=bool(before.text("ever"))),
        button("Count first …", kind="primary wide"), kind="stack",
    )  # fmt: skip
    return tables.card("Set a rule", "", inside)


def _night(last: Outcome | None, now_us: int) -> str:
    if last is None:
        text = "It has not run yet: barograph up runs it after two at night, where there is a rule."
        return tables.card("Last night", "", tag("p", say(text), class_="muted pad"))
    if not last.ended_us:
        text = "It did not end; the next night goes on."
        return tables.card("Last night", "", tag("p", ago(last.began_us, now_us), class_="pad"), problem(text))
    return tables.card("Last night", "", tag("p", ago(last.began_us, now_us), ": ", say(last.words()), class_="pad"))


async def _ask(desk: Desk, archive: Archive, given: Form) -> str:
    """Count what is over without and with a change, and ask whether it is meant."""
    rules, teams, rule = await archive.retention.rules(), await team_titles(desk), _rule(given)
    changed, removes = _changed(rules, given), _removes(given)
    if rule.team and rule.team not in teams and not removes:
        raise InvalidData("team: expected a team of this lab, got one that is gone", field="team")
    before, after = await _counts(desk, rules), await _counts(desk, changed)
    now, then = (sum(one.ready for one in each.values()) for each in (before, after))
    left = sum(one.left for one in after.values())
    title = "Remove this rule?" if removes else "Set this rule?"
    what = _what(rule, teams) if removes else f"{_what(rule, teams)}: kept {_kept(rule)}"
    counts = f"{_over(now)} by the rules as they are, {number(then)} with this change"
    counts += f"; {number(left)} more are left for now, because they are not ended or at a station." if left else "."
    values = {name: given.text(name) for name in ("act", "of", "team", "days", "ever")}
    act = form(PATH, hidden(**values, revision=str(rules.revision)), button("Remove" if removes else "Set the rule",
               kind="danger" if then > now else "primary"), kind="press")  # fmt: skip
    keep = tag("a", "Change nothing", href=PATH, class_="button", id="keep")
    about = tag("p", tag("b", say(what[:1].upper() + what[1:])))
    section = tag("section", tag("h1", title), about, tag("p", say(counts)), tag("p", say(NIGHT), class_="muted"),
                  tag("div", keep, act, class_="actions"), class_="narrow wide")  # fmt: skip
    return page(title, section, who=visitor(), tab="tab-retention")
