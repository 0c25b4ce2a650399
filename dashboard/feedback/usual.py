"""What is usual for an athlete: the median of each measure of steps over the last sessions, and their typical error."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import numpy as np

from analytics.sessions.change import te_of
from barograph.access.acting import ITSELF, acting
from barograph.store.goals import Measure
from barograph.store.ports import Workout
from barograph.store.search import Query
from dashboard.reading.more_measures import BOTH
from dashboard.reading.session_measures import Entry
from dashboard.reading.sides import SIDES
from dashboard.reading.sources import Sources

SESSIONS, LOOKED_AT = 5, 12
COLUMNS: dict[Measure, str] = {
    "force": "max_total_force_n", "impulse": "impulse_ns", "contact": "contact_s", "cadence": "cadence_spm",
}  # fmt: skip
Usual = dict[str, dict[str, dict[str, float]]]


async def values(sources: Sources, workout: Workout) -> Usual:
    """Return what is usual of each measure by side, in N, N·s, ms and steps/min; nothing of who has no other session.

    The sessions are those that ended before this one began and have steps, five at most. They are read as this process
    itself: whoever sees the feedback learns these few numbers of them, and nothing else.
    """
    if not workout.athlete_uid:
        return {}
    with acting(ITSELF):
        found, _ = await sources.archive.search(Query(athlete_uid=workout.athlete_uid), limit=LOOKED_AT)
        before = [one for one in found if one.uid != workout.uid and one.created_us < workout.created_us
                  and sources.state(one) == "ended"]  # fmt: skip
        entries = await sources.measures.entries(before)
    return usual(entries)


def usual(entries: Sequence[Entry]) -> Usual:
    """Return what is usual over the first few sessions that have steps; entries are the newest first.

    `usual` is their median, `te` the typical error of their means where three or more tell it.
    """
    walked = [one for one in entries if ("contact_s", "left") in one.values or ("contact_s", "right") in one.values]
    out: Usual = {}
    for measure, column in COLUMNS.items():
        found = {side: [mean for one in walked[:SESSIONS] if (mean := _mean(one, column, side)) is not None]
                 for side in (*SIDES, "both")}  # fmt: skip
        out[measure] = {side: _told(some) for side, some in found.items() if some}
    return {measure: sides for measure, sides in out.items() if sides}


def _told(means: Sequence[float]) -> dict[str, float]:
    te = te_of(np.array(means))
    return {"usual": median(means), "n": len(means)} | ({"te": te} if te > 0 else {})


def _mean(entry: Entry, column: str, side: str) -> float | None:
    """The mean of a session: of a foot, of what needs both, or of the two feet."""
    if (known := entry.values.get((column, BOTH if side == "both" else side))) is not None:
        return known[0]
    feet = [entry.values[column, foot][0] for foot in SIDES if (column, foot) in entry.values]
    return sum(feet) / len(feet) if side == "both" and len(feet) == len(SIDES) else None
