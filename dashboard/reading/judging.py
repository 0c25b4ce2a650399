"""Keeps what was found of trials current: a trial whose frames changed since it was judged is judged again, by itself.

The worker looks at the newest sessions every few seconds. Of those whose basis changed (`barograph.store.summaries`) it
compares how many frames each stream has in each trial with what it saw before; where that differs, as when a device has
sent what it spooled, or a trial was made or moved, the criteria are judged by the frames, and a change of the trial
says what was found before. Nothing else is changed: a person decides.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import asdict

import numpy as np

from barograph.errors import BarographError, FramesAway, Gone, NotFound, StorageAway
from barograph.frames import Ints
from barograph.store.ports import Archive, Workout
from barograph.store.reading import plan
from barograph.store.summaries import basis
from barograph.store.trials import Trial
from dashboard.reading.parts import Parts
from dashboard.reading.trial_quality import found_of_trial, quality

LOOK_S = 5.0
NEWEST = 100
REMEMBERED = 1000  # sessions
Counts = dict[int, tuple[int, ...]]  # by the number of a trial: its ends, and frames of each stream in it

log = logging.getLogger("barograph.trials")


class Judging:
    """Judges trials over an archive that is not guarded; it remembers what it saw of so many sessions."""

    def __init__(self, archive: Archive) -> None:
        self._archive, self._parts = archive, Parts(archive)
        self._seen: OrderedDict[str, tuple[str, Counts]] = OrderedDict()

    async def run(self) -> None:
        """Look again and again until this is cancelled; an archive that does not answer is asked again."""
        while True:
            try:
                await self.look()
            except StorageAway as error:
                log.warning("the archive does not answer, trials wait: %s", error)
            await asyncio.sleep(LOOK_S)

    async def look(self) -> list[Trial]:
        """Judge trials of the newest sessions whose frames changed; return those of which something else was found."""
        found: list[Trial] = []
        for workout in await self._archive.workouts(limit=NEWEST):
            try:
                found += await self.judge(workout)
            except (NotFound, Gone):  # it was erased
                self._seen.pop(workout.uid, None)
            except FramesAway as error:
                log.debug("trials wait for cold storage: %s", error)
        return found

    async def judge(self, workout: Workout) -> list[Trial]:
        """Judge the trials of a session whose frames changed since this was asked last; return those that changed."""
        now = basis(workout)  # it changes with every edit of a trial, also with those that are made below
        known, before = self._seen.get(workout.uid, ("", {}))
        if now == known:
            return []
        trials = await self._archive.trials.of(workout.workout_id)
        counts = await self._counts(workout, trials) if trials else {}
        changed = [one for one in trials if counts[one.number] != before.get(one.number)]
        judged = [await self._judged(workout, one) for one in changed]
        self._seen[workout.uid] = now, counts
        self._seen.move_to_end(workout.uid)
        while len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return [one for one in judged if one is not None]

    async def _counts(self, workout: Workout, trials: Sequence[Trial]) -> Counts:
        first, last = min(one.start_us for one in trials), max(one.stop_us for one in trials)
        infos = sorted((info for info in workout.streams if info.layout), key=lambda info: info.stream.stream)
        times = [np.sort((await plan(self._archive, info, first, last)).times_us) for info in infos]
        return {one.number: (one.start_us, one.stop_us, *(_between(each, one) for each in times)) for one in trials}

    async def _judged(self, workout: Workout, trial: Trial) -> Trial | None:
        """Judge a trial; None where nothing else was found, or it cannot be judged, which is logged."""
        try:
            found = quality(await found_of_trial(self._parts, workout, trial), trial.quality)
        except StorageAway:
            raise
        except BarographError as error:
            log.warning("%s: trial %d cannot be judged: %s", workout.workout_id, trial.number, error)
            return None
        if found == tuple(trial.quality):
            return None
        said = {"quality": [asdict(one) for one in found]}
        return await self._archive.trials.edit(workout.workout_id, trial.number, said, now_us=time.time_ns() // 1000)


def _between(times_us: Ints, trial: Trial) -> int:
    return int(np.searchsorted(times_us, trial.stop_us, "right") - np.searchsorted(times_us, trial.start_us))
