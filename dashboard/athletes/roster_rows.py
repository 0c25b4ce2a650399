"""A row of the roster as the grid and the cards show it: texts, what has a sign, and the points of its trend."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from barograph.store.roster_list import (
    DAY_US,
    UNTESTED,
    UNTESTED_DAYS,
    RosterEntry,
    RosterQuery,
    SessionsOf,
    Standing,
    untested,
)
from dashboard.athletes.roster_query import MEASURES
from dashboard.drawing import words
from dashboard.routes import athlete_path

NOT_KNOWN = "not known"
WHY_NOT_KNOWN = (
    "Whether it is a change is not known: how well this measure repeats in this lab was not measured yet, so there is "
    "no smallest detectable change to hold it against."
)
NO_BAND = "No band: how well this measure repeats is not known yet."
FEW_TESTS = 3


def row(
    one: RosterEntry, query: RosterQuery, tested: Mapping[str, SessionsOf], teams: Mapping[str, str], measure: str
) -> dict[str, Any]:
    """Return one athlete; `teams` are names by uid."""
    day, sessions = query.day, tested.get(one.uid, UNTESTED)
    return {
        "id": one.uid,
        "path": athlete_path(one.uid),
        "name": one.name,
        "short": one.short_id if one.short_id != one.name else "",
        "teams": sorted(teams[uid] for uid in one.teams if uid in teams),
        "sex": one.sex or "–",
        "age": words.number(one.years(day)),
        "height": words.number(one.height_cm),
        "mass": words.number(one.mass_kg, 1),
        "consent": consent(one.consent(day), day),
        "last": last(sessions, query.now_us),
        "workout": sessions.workout,
        "sessions": words.number(sessions.sessions),
        "trend": mass_trend(one) if measure == "mass" else {"uid": one.uid, "measure": measure},
        "change": {"state": "unknown", "text": NOT_KNOWN, "why": WHY_NOT_KNOWN},
    }


def consent(now: Standing, day: str) -> dict[str, Any]:
    """Return what the consent is in words, with a sign where somebody has to ask again."""
    about = f"{now.what}: " if now.what else ""
    if now.state == "given":
        text = f"until {now.until}" if now.until else "given"
        full = f"{about}given, {f'until {now.until}' if now.until else 'without an end'}"
    else:
        text = {"over": f"ended {now.until}", "missing": "missing"}.get(now.state, now.state)
        full = f"{about}{text}" if now.what else "No consent is written down."
    return {"text": text, "full": full, "sign": now.asks(day)}


def last(sessions: SessionsOf, now_us: int) -> dict[str, Any]:
    """Return when the newest session was, and of which kind; with a sign where that is long ago."""
    if sessions.last_us is None:
        return {"date": "never", "more": "", "full": "never tested", "sign": True}
    long_ago = untested(sessions, now_us - UNTESTED_DAYS * DAY_US)
    days = (now_us - sessions.last_us) // DAY_US
    more = f"{words.plural(days, 'day')} ago" if long_ago else sessions.kind
    full = words.date(sessions.last_us)
    return {"date": full.partition(",")[0], "more": more, "full": f"{full} {more}".strip(), "sign": long_ago}


def mass_trend(one: RosterEntry) -> dict[str, Any]:
    """Return the masses that were measured, and the newest of them."""
    return trend("mass", [(t_us, value) for t_us, value in one.masses])


def trend(measure: str, points: list[tuple[int, float]]) -> dict[str, Any]:
    """Return a measure over time as points, its newest value, and the same in words."""
    known = MEASURES[measure]
    if not points:
        return {"points": [], "now": "–", "said": f"{known.title}: nothing is known."}
    values = [words.number(value, known.digits) for _, value in points]
    unit = f" {known.unit}"
    said = f"{known.title}: {', '.join(values)}{unit}. " if len(values) <= FEW_TESTS else (
        f"{known.title}, {len(values)} times: from {values[0]} to {values[-1]}{unit}. "
    )  # fmt: skip
    few = len(points) < FEW_TESTS
    return {
        "points": [[t_us // 1000, value] for t_us, value in points],
        "now": values[-1],
        "said": said + ("Fewer than 3 tests: no band." if few else NO_BAND),
    }
