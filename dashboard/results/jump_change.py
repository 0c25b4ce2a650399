"""Whether jumps differ from earlier sessions of the athlete by more than repeated tests do: a flag for each tile."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from barograph.frames import Floats
from barograph.store.records import first_us
from barograph.store.search import Query
from dashboard.drawing import words
from dashboard.drawing.change_flag import flag
from dashboard.drawing.markup import tag
from dashboard.reading.context import Context
from dashboard.reading.more_measures import BOTH
from dashboard.reading.noise import baseline, none
from dashboard.reading.session_measures import Entry, SessionMeasures, metric

NEWEST = 200
FEW = "A change needs three earlier sessions of this athlete and kind with jumps; here are {}."


@dataclass(frozen=True, eq=False)
class Earlier:
    """Sessions of the same athlete and kind before this one whose numbers are kept, in order of time."""

    entries: tuple[Entry, ...] = ()

    def flag(self, name: str, values: Floats) -> str:
        """Return what the mean of (k,) jumps is beside the first of these sessions, as a mark with words."""
        earlier = [one.values[key][0] for one in self.entries if (key := (f"jump:{name}", BOTH)) in one.values]
        known, shown = values[np.isfinite(values)], metric(f"jump:{name}")
        if not len(known):
            return ""
        tests = np.array([*earlier, known.mean()]) * shown.scale
        found = baseline(tests, 3) if len(earlier) >= 3 else none(FEW.format(len(earlier)))
        said = f"Mean of {words.plural(len(known), 'jump')} here: {words.number(float(tests[-1]), shown.digits)}"
        about = (f"{said} {shown.unit}".rstrip() + ".", *found.about(shown.unit, shown.digits))
        return tag("p", flag(found.change(float(tests[-1])), about), class_="jump-hint")


async def earlier_of(context: Context) -> Earlier | None:
    """Return the earlier sessions of the athlete; None where nobody knows whose this one is, or who may not see it."""
    workout, begun_us = context.workout, first_us(context.workout)
    if not workout.athlete_uid or begun_us is None:
        return None
    asked = Query(athlete_uid=workout.athlete_uid)
    found, _ = await context.parts.archive.search(asked, limit=NEWEST, skip=0)
    alike = [one for one in found if one.about.kind == workout.about.kind and (first_us(one) or begun_us) < begun_us]
    entries = await SessionMeasures(context.parts).ready(alike)
    return Earlier(tuple(sorted(entries, key=lambda one: one.first_us)))
