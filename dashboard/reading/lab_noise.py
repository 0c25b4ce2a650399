"""What repeated tests differ by in this lab: athletes who were tested twice within a week, in the same way.

Only sessions whose numbers are kept as summaries count, so that no frame is read for it, and only those that whoever
asks may see.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analytics import reliability
from barograph.store.ports import Archive, Workout
from barograph.store.search import Query
from barograph.times import dated
from dashboard.drawing import words
from dashboard.drawing.units import Units
from dashboard.reading import overview
from dashboard.reading.session_measures import Entry, Metric, SessionMeasures, layouts
from dashboard.reading.turned import Turned

NEWEST, MOST_SUBJECTS, FEWEST_SUBJECTS = 500, 60, 3
DAY_US = 86_400_000_000
SOON_US, LATE_US = DAY_US // 2, 7 * DAY_US


@dataclass(frozen=True, eq=False)
class LabNoise:
    """Pairs of sessions, one pair an athlete: a test and its repetition."""

    pairs: tuple[tuple[Entry, Entry], ...] = ()

    @property
    def known(self) -> bool:
        """Whether these are enough athletes."""
        return len(self.pairs) >= FEWEST_SUBJECTS

    @property
    def said(self) -> str:
        """Who, how often and when, in words."""
        times = [one.first_us for pair in self.pairs for one in pair]
        days = [words.date(at).partition(",")[0] for at in (min(times), max(times))] if times else []
        return f"{words.plural(len(self.pairs), 'athlete')} of this lab, twice within 7 days, {' – '.join(days)}"

    def of(self, metric: Metric, where: str, how: Turned, units: Units) -> tuple[float, float, float]:
        """Return TE, how many athletes it is of, and SWC, in the unit that the measure is shown in; NaN if too few."""
        usable = replace(units, force="N") if how.lacking else units
        rows = [_values(pair, metric, where, usable, how.unit) for pair in self.pairs]
        trials = pd.DataFrame([row for row in rows if row is not None], columns=["test", "again"], dtype=np.float64)
        if len(trials) < FEWEST_SUBJECTS:
            return np.nan, np.nan, np.nan
        found = reliability(trials).iloc[0]
        return float(found["te"]), float(found["n_subjects"]), float(found["swc"])


NOBODY = LabNoise()


def _values(
    pair: tuple[Entry, Entry], metric: Metric, where: str, units: Units, unit: str
) -> tuple[float, float] | None:
    """Both values of an athlete; None where one is missing, or cannot be shown in the unit."""
    found = []
    for one in pair:
        value, shown = one.values.get((metric.name, where)), units.display(metric.unit, one.workout.about.mass_kg)
        if value is None or shown.unit != unit:
            return None
        found.append(value[0] * shown.factor * metric.scale)
    return found[0], found[1]


async def noise_of_others(
    archive: Archive, measures: SessionMeasures, workouts: Sequence[Workout], part: str = ""
) -> LabNoise:
    """Return what is known of others who were tested as in these sessions; nothing where these are of several kinds."""
    if len({one.about.kind for one in workouts}) != 1:
        return NOBODY
    return await lab_noise(archive, measures, workouts[0], set(map(athlete_of, workouts)), part)


async def lab_noise(
    archive: Archive, measures: SessionMeasures, alike: Workout, without: Collection[str], part: str = ""
) -> LabNoise:
    """Return the newest pair of each athlete whose sessions are of the kind and with the sensors of `alike`.

    `without` are athletes who do not count: those whose change is in question.
    """
    if not alike.about.kind:
        return LabNoise()
    found, _ = await archive.search(Query(kind=alike.about.kind), limit=NEWEST, skip=0)
    sensors = layouts(alike)
    same = [one for one in found if one.about.kind == alike.about.kind and layouts(one) == sensors]
    chosen = [pair for name, some in _by_athlete(same).items() if name not in without and (pair := repeated(some))]
    chosen = chosen[:MOST_SUBJECTS]
    ready = {one.workout.uid: one for one in await measures.ready([one for pair in chosen for one in pair], part)}
    pairs = ((ready.get(first.uid), ready.get(second.uid)) for first, second in chosen)
    return LabNoise(tuple((one, other) for one, other in pairs if one is not None and other is not None))


def athlete_of(workout: Workout) -> str:
    """Return whose a session is: a uid, or a name that nobody has confirmed; "" of nobody's."""
    return workout.athlete_uid or workout.about.athlete or ""


def _by_athlete(workouts: Sequence[Workout]) -> dict[str, list[Workout]]:
    found: dict[str, list[Workout]] = {}
    for one in workouts:
        if name := athlete_of(one):
            found.setdefault(name, []).append(one)
    return found


def repeated(workouts: Sequence[Workout]) -> tuple[Workout, Workout] | None:
    """Return the newest two sessions in a row that are half a day to seven days apart."""
    known = [(when.first_us, one) for one in workouts if (when := overview.span(one)) and dated(when.first_us)]
    order = sorted(known, key=lambda pair: pair[0])
    for (before, first), (after, second) in zip(order[-2::-1], order[:0:-1], strict=True):
        if SOON_US <= after - before <= LATE_US:
            return first, second
    return None
