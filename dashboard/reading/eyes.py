"""Whether somebody stood with the eyes open or closed, as the kind, a tag or a trial of the session says it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from barograph.store.ports import Workout
from dashboard.reading.context import Context

Eyes = Literal["open", "closed"]
SAID = re.compile(r"\beyes[\s-]+(open|closed)\b", re.IGNORECASE)


def eyes_in(texts: Iterable[str]) -> Eyes | None:
    """Return what texts say of the eyes; None where they say nothing, or both."""
    found = {one.lower() for text in texts for one in SAID.findall(text)}
    if len(found) != 1:
        return None
    return "open" if "open" in found else "closed"


def eyes_of_session(workout: Workout) -> Eyes | None:
    """Return what the kind and the tags of a session say."""
    return eyes_in((workout.about.kind or "", *workout.about.tags))


async def eyes_of(context: Context) -> Eyes | None:
    """Return what the trials within a selected part say that count, else kind and tags of the session."""
    part, trials = context.part, await context.parts.archive.trials.of(context.workout.workout_id)
    within = [one for one in trials if one.counts and one.start_us < part.last_us and one.stop_us > part.first_us]
    return eyes_in(f"{one.protocol} {one.condition}" for one in within) or eyes_of_session(context.workout)
