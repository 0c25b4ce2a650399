"""What a page asks to be done with trials of its session: make one of the selection, move one, judge one.

Whatever is refused is answered in words, and nothing is changed then. What was made or moved is judged by its frames at
once; the worker does the same later where this fails.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import asdict
from typing import Annotated, Any, Literal, TypedDict

from msgspec import Meta

from barograph import protocols
from barograph.errors import AccessDenied, BarographError, InvalidData
from barograph.store.ports import Workout
from barograph.store.trials import STATES, NewTrial, Trial
from dashboard.page.typed_callbacks import Count, Text
from dashboard.page.visitors import may, visitor
from dashboard.reading.overview import Span
from dashboard.reading.sources import Sources
from dashboard.reading.trial_quality import found_of_trial, quality
from dashboard.session.trials_panel import panel

log = logging.getLogger("barograph.trials")

MAY_NOT = "You may look at this session, and not change it. Ask a scientist of its team."
Step = Annotated[str, Meta(max_length=300)]


class TrialAct(TypedDict, total=False):
    """One wish; `n` counts them, so that the same one can be asked again. `step` is protocol|condition|side."""

    n: Count
    do: Literal["make", "move", "judge"]
    number: Count
    step: Step
    start_us: int
    stop_us: int
    state: Text
    reason: Text


async def show(sources: Sources, workout: Workout, whole: Span) -> str:
    """Return the panel of a session as markup."""
    who, allowed = visitor(), may("describe")
    trials = await sources.archive.trials.of(workout.workout_id)
    changes = await sources.archive.trials.changes(workout.workout_id) if trials else []
    known = await asyncio.to_thread(_protocols, sources) if allowed else {}
    return panel(trials, changes, known, whole.first_us, may_change=allowed, me=who.uid if who else "")


def _protocols(sources: Sources) -> dict[str, protocols.Protocol]:
    """All protocols that can be used, the lab's own too."""
    where = sources.settings.data_dir
    wrong = protocols.problems(where)
    return {name: protocols.named(name, where) for name in protocols.names(where) if name not in wrong}


async def done(sources: Sources, workout: Workout, act: TrialAct) -> str:
    """Do what was asked, and return what is to be said of it: why it was refused, or what was done."""
    try:
        made, text = await _done(sources, workout, act)
    except AccessDenied:
        return MAY_NOT
    except InvalidData as error:
        return _plainly(error)
    await _judge(sources, workout, made)
    return text


async def _done(sources: Sources, workout: Workout, act: TrialAct) -> tuple[Trial, str]:
    trials, now_us, name = sources.archive.trials, time.time_ns() // 1000, workout.workout_id
    if act["do"] == "make":
        protocol, _, rest = act.get("step", "").partition("|")
        condition, _, side = rest.rpartition("|")
        known = await asyncio.to_thread(protocols.named, protocol, sources.settings.data_dir)
        new = NewTrial(known, act["start_us"], act["stop_us"], condition, side)
        made = await trials.add(name, new, now_us=now_us)
        return made, f"Trial {made.number} was made: {made.title}."
    if act["do"] == "move":
        ends = {"start_us": act["start_us"], "stop_us": act["stop_us"]}
        made = await trials.edit(name, act["number"], ends, now_us=now_us)
        return made, f"Trial {made.number} was moved."
    if act.get("state") not in STATES:
        raise InvalidData(f"state: expected one of {', '.join(STATES)}", field="state")
    said: dict[str, Any] = {"state": act["state"], "reason": act.get("reason", "").strip()}
    made = await trials.edit(name, act["number"], said, now_us=now_us)
    return made, f"Trial {made.number} is {made.state}."


async def _judge(sources: Sources, workout: Workout, made: Trial) -> None:
    """Keep what is found of a trial that nothing was found of yet; where frames cannot be read now the worker does."""
    if made.quality:
        return
    try:
        found = quality(await found_of_trial(sources.parts, workout, made))
        said = {"quality": [asdict(one) for one in found]}
        await sources.archive.trials.edit(workout.workout_id, made.number, said, now_us=time.time_ns() // 1000)
    except BarographError as error:
        log.info("%s: trial %d is judged later: %s", workout.workout_id, made.number, error)


def _plainly(error: InvalidData) -> str:
    """A refusal as people read it."""
    text = str(error)
    if error.field == "reason":
        return "A rejected trial needs a reason."
    if "without frames of trial" in text:
        number = text.partition("trial ")[2].partition(" ")[0]
        return f"Trial {number} is of the same test and has frames of this part: trials of one test share none."
    return text
