"""Cold storage on the System page: where it is and whether it answers, its rules, and what is in it."""

from __future__ import annotations

from collections.abc import Mapping

from dashboard.drawing import words
from dashboard.drawing.markup import say, table, tag
from dashboard.reading.last_night import LastNight
from dashboard.reading.vitals import Vitals

AWAY = "Frames of archived sessions cannot be read now; all else goes on"
LEAVING = "Files of erased sessions wait to be removed; nobody can read them, as their keys are destroyed."


def trouble(night: LastNight, vitals: Vitals) -> str:
    """Return why archived sessions cannot be read, by this dashboard or by the ingest; "" where they can be."""
    told = vitals.last.parts.get("cold", "ready") if vitals.last else "ready"
    if night.cold.away:
        return f"{AWAY}: {night.cold.away.removeprefix('cold storage: ')}."
    if told != "ready" and not told.startswith("not known"):
        return f"{AWAY}, as the ingest says: {told.removeprefix('away: ').removeprefix('cold storage: ')}."
    return ""


def inside(night: LastNight) -> str:
    """Return what the card holds; "" where cold storage is neither used nor has a rule."""
    cold, last = night.cold, night.archived
    if not (cold.sessions or cold.unfinished or cold.leaving or last or night.cold_rules):
        return ""
    lines = [_holds(night)]
    if cold.away:
        lines.append("It does not answer: what is archived is listed, and its frames cannot be read now.")
    if cold.unfinished:
        one = "1 session is" if cold.unfinished == 1 else f"{cold.unfinished} sessions are"
        lines.append(f"{one} being moved, or that did not end; barograph archive run goes on with it.")
    if last is not None:
        did = last.words() if last.ended_us else "did not end; the next night goes on"
        lines.append(f"{words.date(last.began_us)}: {did}")
    if cold.leaving:
        lines.append(LEAVING)
    return "".join(tag("p", say(line), class_="pad") for line in lines) + _rules(night)


def note(night: LastNight) -> str:
    """Return where it is, in the card's head."""
    return say(night.cold.place) or "not set here"


def _holds(night: LastNight) -> str:
    cold = night.cold
    if not (cold.sessions or cold.unfinished):
        return "Nothing is archived."
    holds = f"{words.plural(cold.sessions, 'session')}, {words.number(cold.frames)} frames, {cold.size / 1e6:,.1f} MB"
    return holds if cold.place else f"{holds}: not set here (BAROGRAPH_COLD_STORAGE), so that nobody can read them"


def _rules(night: LastNight) -> str:
    if not night.cold_rules:
        return tag("p", "No rule: nothing is archived by itself.", class_="pad muted")
    names: Mapping[str, str] = night.teams
    rows = [
        [
            say(rule.kind or "any"), say(names.get(rule.team, rule.team) or "any"),
            "never" if rule.days is None else f"after {words.plural(rule.days, 'day')}",
        ]
        for rule in night.cold_rules
    ]  # fmt: skip
    return table(("Kind", "Team", "Archived"), rows, label="Rules of archiving", texts=3)
