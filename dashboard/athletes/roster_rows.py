"""A row of the roster as the grid and the cards show it: texts, what has a sign, and the points of its trend."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analytics.sessions.change import ABOVE, BEYOND, UNKNOWN, WITHIN
from barograph.store.roster_list import (
    DAY_US,
    UNTESTED,
    UNTESTED_DAYS,
    RosterEntry,
    SessionsOf,
    Standing,
    untested,
)
from dashboard.athletes.roster_query import LOADS, MEASURES, ListQuery
from dashboard.drawing import words
from dashboard.reading.roster import MASS, Found
from dashboard.reading.series import NEWEST, Series
from dashboard.routes import athlete_path

WHAT = (
    "The newest test beside the athlete’s own baseline, the first tests of the same kind: beyond MDC is more than "
    "repeated tests differ by. It does not say whether it is better."
)
NO_TESTS = "No session of this athlete has this measure, or its numbers are not computed yet."
STATES = {BEYOND: "beyond", ABOVE: "above", WITHIN: "within", UNKNOWN: "unknown"}
FEW_TESTS = 3


def row(one: RosterEntry, asked: ListQuery, found: Found, teams: Mapping[str, str]) -> dict[str, Any]:
    """Return one athlete; `teams` are names by uid."""
    query, measure = asked.query, asked.measure
    day, sessions = query.day, found.tested.get(one.uid, UNTESTED)
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
        "trend": trend_of(one, found.changes.get(one.uid), measure),
        "change": change(found.changes.get(one.uid), measure),
        "load": load(found.loads.get(one.uid), asked.load),
    }


def change(series: Series | None, measure: str) -> dict[str, str]:
    """Return what the newest test is beside the baseline: in words, by how much, and what it rests on."""
    known = MEASURES[measure]
    if series is None:
        return {"state": STATES[UNKNOWN], "text": UNKNOWN, "by": "", "why": NO_TESTS}
    base, unit = series.baseline, f" {known.unit}"
    if not base.known:
        return {"state": STATES[UNKNOWN], "text": UNKNOWN, "by": "", "why": base.said}
    state = base.change(series.points[-1][1])
    by = words.sign(series.difference * known.scale, known.digits)
    now, mean, te, mdc = (words.number(value * known.scale, known.digits + more) + unit for value, more in (
        (series.points[-1][1], 0), (base.mean, 0), (base.te, 1), (base.mdc95, 1)))  # fmt: skip
    of = f" of {series.kind}" if series.kind else ""
    why = (f"Newest {now}, mean of the first {base.n} tests{of} {mean}: {by}{unit}, {state}. "
           f"TE {te} of these {base.n} tests; MDC95 of one more test {mdc}.")  # fmt: skip
    return {"state": STATES[state], "text": state, "by": by, "why": why}


def load(found: tuple[float, ...] | None, what: str) -> dict[str, str]:
    """Return what was recorded in the last 7 and 28 days; nothing where no load is chosen."""
    if not what:
        return {"text": "", "full": ""}
    if found is None:
        return {"text": "–", "full": "Nothing was recorded in the last 28 days."}
    known = LOADS[what]
    week, month = (words.number(value, known.digits) for value in found)
    unit = f" {known.unit}" if known.unit else ""
    return {"text": f"{week} · {month}", "full": (
        f"{known.title}: {week}{unit} in the last 7 days, {month}{unit} in the last 28 days; only what was recorded."
    )}  # fmt: skip


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


def trend_of(one: RosterEntry, series: Series | None, measure: str) -> dict[str, Any]:
    """Return the newest points that are known, with the band of the own baseline; else whom to ask for them."""
    if series is None and measure != MASS:
        return {"uid": one.uid, "measure": measure}
    made = trend(measure, [] if series is None else list(series.points[-NEWEST:]))
    if series is None or not series.baseline.known:
        return made
    scale = MEASURES[measure].scale
    return made | {"band": [series.baseline.mean * scale, series.baseline.mdc95 * scale]}


def trend(measure: str, points: list[tuple[int, float]]) -> dict[str, Any]:
    """Return a measure over time as points, its newest value, and the same in words."""
    known = MEASURES[measure]
    if not points:
        return {"points": [], "now": "–", "said": f"{known.title}: nothing is known."}
    points = [(t_us, value * known.scale) for t_us, value in points]
    values = [words.number(value, known.digits) for _, value in points]
    unit = f" {known.unit}"
    said = f"{known.title}: {', '.join(values)}{unit}. " if len(values) <= FEW_TESTS else (
        f"{known.title}, {len(values)} times: from {values[0]} to {values[-1]}{unit}. "
    )  # fmt: skip
    few = len(points) < FEW_TESTS
    return {
        "points": [[t_us // 1000, value] for t_us, value in points],
        "now": values[-1],
        "said": (said + ("Fewer than 3 tests." if few else "")).strip(),
    }
