"""Numbers of all sessions of all athletes, as the worker keeps them: what a list of a thousand athletes is sorted by.

They are read once, and then what was computed since. Whoever asks gives the athletes who may be seen; sessions that
were erased are forgotten with the next look.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from barograph.access.acting import ITSELF, acting
from barograph.store.ports import Archive, Workout
from barograph.store.roster_list import DAY_US, SessionNamed
from barograph.store.summaries import Summary, basis
from barograph.store.summary_rows import columns_of
from barograph.times import dated
from dashboard.reading.more_measures import BOTH
from dashboard.reading.noise import Baseline, baseline
from dashboard.reading.program import version

REMEMBERED_S = 10.0
# Measures of the whole body that a list of athletes may show, beside the mass.
OF_LISTS = (
    "si:max_total_force_n", "si:contact_s", "cadence_spm", "jump:height_m", "jump:height_flight_m", "jump:rsi_mod",
    "jump:rsi", "jump:propulsion_si_pct", "path_mm", "ellipse95_area_mm2", "walk:speed_m_s", "run:cadence_spm",
)  # fmt: skip
LOAD = ("steps", "impulse_bw_s", "time_above_1.5bw_s", "jumps")
SPANS_DAYS = (7, 28)
NEWEST = 12
Points = Sequence[tuple[int, float]]


@dataclass(frozen=True)
class Numbers:
    """Of one session: when it began, measures that are of the whole body, and what was carried, by name."""

    first_us: int = 0
    means: Mapping[str, float] = field(default_factory=dict)
    load: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Series:
    """A measure of one athlete over sessions of one kind, in order of time, and its baseline."""

    points: Points
    baseline: Baseline
    kind: str = ""

    @property
    def difference(self) -> float:
        """The newest test less the mean of the baseline; NaN where there is none."""
        return self.points[-1][1] - self.baseline.mean if self.points else np.nan

    @property
    def size(self) -> float | None:
        """The same in MDCs without a sign; None where nothing is decided."""
        return abs(self.difference) / self.baseline.mdc95 if self.baseline.known and self.points else None


def series_of(points: Iterable[tuple[int, float]], first: int, kind: str = "") -> Series:
    """Return a measure over time, with the first tests as its baseline."""
    order = sorted(points)
    return Series(order, baseline(np.array([value for _, value in order], np.float64), first), kind)


class AllSeries:
    """Reads the numbers of all sessions of an archive; measures of `OF_LISTS` alone are kept in memory."""

    def __init__(self, archive: Archive, clock: Callable[[], float] = time.monotonic) -> None:
        self._archive, self._clock = archive, clock
        self._numbers: dict[str, Numbers] = {}
        self._sessions: dict[str, list[SessionNamed]] = {}
        self._since = {"session": 0, "load": 0}
        self._read_s = -np.inf
        self._task: asyncio.Task[None] | None = None
        self._made: dict[tuple[str, int], dict[str, Series]] = {}

    async def ready(self) -> None:
        """Read what is newer: at first before anything is said, later beside what is known already."""
        if self._task is not None and self._task.done():
            self._task.result()
            self._task = None
        if self._task is None and self._clock() - self._read_s >= REMEMBERED_S:
            self._task = asyncio.create_task(self._read(), name="numbers of all sessions")
        if self._task is not None and self._read_s == -np.inf:
            await asyncio.shield(self._task)

    async def _read(self) -> None:
        with acting(ITSELF):
            sessions = await self._archive.roster.sessions()
            found = {name: await self._archive.summaries.since(name, at_us) for name, at_us in self._since.items()}
        there = {one.uid for some in sessions.values() for one in some}
        program = await asyncio.to_thread(version)
        changed = await asyncio.to_thread(self._taken, found, there, program)
        if changed or sessions != self._sessions:
            self._made.clear()
        self._sessions, self._read_s = sessions, self._clock()

    def _taken(self, found: Mapping[str, Sequence[Summary]], there: Collection[str], program: str) -> bool:
        """Take in what was read; says whether anything is different."""
        numbers = {uid: one for uid, one in self._numbers.items() if uid in there}
        for name, some in found.items():
            for one in some:
                if one.uid in there:
                    known = numbers.get(one.uid, Numbers())
                    good = not one.why and one.version == program
                    numbers[one.uid] = self._with(known, one if good else None, name)
                self._since[name] = max(self._since[name], one.at_us)
        changed, self._numbers = numbers != self._numbers, numbers
        return changed

    def _with(self, known: Numbers, one: Summary | None, name: str) -> Numbers:
        if name == "load":
            return Numbers(known.first_us, known.means, {} if one is None else load_of(one))
        if one is None:
            return Numbers(0, {}, known.load)
        n, columns, attrs = columns_of(one.rows)
        if not n:
            return Numbers(int(attrs.get("first_us", 0)), {}, known.load)
        rows = zip(columns["measure"], columns["sensor"], columns["mean"].tolist(), strict=True)
        means = {str(what): mean for what, where, mean in rows if where == BOTH and what in OF_LISTS}
        return Numbers(int(attrs["first_us"]), means, known.load)

    def changes(self, measure: str, first: int) -> dict[str, Series]:
        """Return a measure of every athlete: sessions of the kind of the newest one that has it."""
        if (measure, first) not in self._made:
            found = ((uid, self._series(some, measure, first)) for uid, some in self._sessions.items())
            self._made[measure, first] = {uid: one for uid, one in found if one.points}
        return self._made[measure, first]

    def _series(self, sessions: Sequence[SessionNamed], measure: str, first: int) -> Series:
        there = []
        for one in sessions:
            numbers = self._numbers.get(one.uid)
            if numbers is not None and measure in numbers.means and dated(numbers.first_us):
                there.append((numbers.first_us, numbers.means[measure], one.kind))
        kind = max(there)[2] if there else ""
        return series_of([(at, value) for at, value, of in there if of == kind], first, kind)

    def loads(self, what: str, now_us: int) -> dict[str, tuple[float, ...]]:
        """Return what was recorded of every athlete in the last 7 and 28 days; who was not recorded is left out."""
        out = {}
        for uid, some in self._sessions.items():
            known = [numbers for one in some if (numbers := self._numbers.get(one.uid)) and what in numbers.load]
            starts = [now_us - days * DAY_US for days in SPANS_DAYS]
            if any(one.first_us >= starts[-1] for one in known):
                out[uid] = tuple(sum(one.load[what] for one in known if one.first_us >= since) for since in starts)
        return out


async def loads_of(archive: Archive, workouts: Sequence[Workout]) -> dict[str, dict[str, float]]:
    """Return what was carried in sessions, by their uid, as it was kept; of others it is not known yet."""
    now, program = {one.uid: basis(one) for one in workouts}, await asyncio.to_thread(version)
    found = await archive.summaries.stored(workouts, ["load"])
    good = [one for one in found if one.stands(now[one.uid], program) and not one.why]
    return await asyncio.to_thread(lambda: {one.uid: load_of(one) for one in good})


def load_of(one: Summary) -> dict[str, float]:
    """Return each number, summed up over feet; what no foot has is left out."""
    _, columns, _ = columns_of(one.rows)
    sums = {name: np.asarray(columns[name], np.float64) for name in LOAD if name in columns}
    return {name: float(np.nansum(values)) for name, values in sums.items() if np.isfinite(values).any()}
