"""What somebody may see of the archive: a filter of its questions, so that a list is never cut after it was read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from barograph.store.records import Workout
from barograph.texts import require_text


@dataclass(frozen=True)
class Scope:
    """Everything, or the workouts of these athletes and these workouts; both are uids. Nothing, where nothing is said.

    "" among the athletes stands for workouts that belong to nobody yet. Without `names` what was said as the athlete
    is neither shown nor looked at: not to be found, sorted or narrowed by.
    """

    everything: bool = False
    athletes: frozenset[str] = frozenset()
    workouts: frozenset[str] = frozenset()
    names: bool = False

    def __post_init__(self) -> None:
        for name in ("athletes", "workouts"):
            object.__setattr__(self, name, frozenset(getattr(self, name)))
            for uid in getattr(self, name):
                require_text(name, uid)

    def covers(self, workout: Workout) -> bool:
        """Return whether a workout may be seen."""
        return self.everything or workout.athlete_uid in self.athletes or workout.uid in self.workouts

    def shown(self, workout: Workout) -> Workout:
        """Return a workout as it may be shown: without a name where names are hidden."""
        return workout if self.names else replace(workout, about=replace(workout.about, athlete=None))

    def condition(self) -> dict[str, Any]:
        """Return the same as a condition on documents of workouts."""
        if self.everything:
            return {}
        athletes = sorted(self.athletes - {""}) + ([None] if "" in self.athletes else [])
        return {"$or": [{"athlete_uid": {"$in": athletes}}, {"uid": {"$in": sorted(self.workouts)}}]}


EVERYTHING = Scope(everything=True, names=True)
