"""Trials are made of the parts of a test day, as often as it takes: whoever reads a day next goes on.

A part is written in one step with the end of its trial. Here the trial is made of it and judged as the part was; both
may be done again, by several at once, and change nothing then. Where the devices sent into a workout that is nobody's,
the trial is in a workout of the athlete for the day, which is made here, and the frames are copied into it: soon after
the end, and some more times for what comes late.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from barograph.errors import InvalidData, NotFound
from barograph.store.ports import About, Archive
from barograph.store.test_day_frames import bring_over
from barograph.store.test_day_queue import with_states
from barograph.store.test_day_rules import LOOK_AGAIN_US, at
from barograph.store.test_days import DayPart, TestDay
from barograph.store.trials import NewTrial, Trial

ROUNDS = 5
COPYING_US = 60_000_000  # for so long whoever copies frames is left alone
KIND = "test day"


async def settled(archive: Archive, day_id: str, now_us: int) -> TestDay:
    """Return a day as it stands now, with a trial for each of its parts; for the servers themselves, without rights."""
    day = await archive.test_days.change(day_id, lambda one: at(one, now_us))
    for _ in range(ROUNDS):
        open_parts = [one for one in day.parts if not one.settled]
        if not open_parts:
            break
        for part in open_parts:
            day = await _settle(archive, day, part, now_us)
    for part in [one for one in day.parts if one.settled and 0 < one.due_us <= now_us]:
        day = await _copied(archive, day, part, now_us)
    return day


async def _copied(archive: Archive, day: TestDay, part: DayPart, now_us: int) -> TestDay:
    """Bring the frames of a part over, once at a time: whoever moves `due_us` on does it."""
    mine = False

    def take(seen: TestDay) -> TestDay:
        nonlocal mine
        mine = any(one.part == part.part and one.due_us == part.due_us for one in seen.parts)
        return _changed(seen, part, due_us=now_us + COPYING_US) if mine else seen

    day = await archive.test_days.change(day.id, take)
    if not mine:
        return day
    try:
        await bring_over(archive, part, now_us)
    except (NotFound, InvalidData) as error:  # erased, or another sensor has the stream's name
        why = str(error)
        return await archive.test_days.change(day.id, lambda seen: _changed(seen, part, due_us=0, wrong=why))
    later = [part.stop_us + after for after in LOOK_AGAIN_US if part.stop_us + after > now_us]
    told = {"due_us": later[0] if later else 0, "copies": part.copies + 1}
    return await archive.test_days.change(day.id, lambda seen: _changed(seen, part, **told))


def _changed(day: TestDay, part: DayPart, **told: Any) -> TestDay:
    return replace(day, parts=tuple(replace(one, **told) if one.part == part.part else one for one in day.parts))


async def _settle(archive: Archive, day: TestDay, part: DayPart, now_us: int) -> TestDay:
    try:
        if part.held:
            await _made(archive, part, now_us)
        trial = await _trial(archive, day, part, now_us)
    except (NotFound, InvalidData) as error:  # erased, or another test day has recorded the same frames
        return await _noted(archive, day, part, wrong=str(error))
    return await _noted(archive, day, part, trial)


async def _made(archive: Archive, part: DayPart, now_us: int) -> None:
    """Make the workout of an athlete for the day, unless it is there."""
    athlete = await archive.roster.athlete(part.athlete)
    made = await archive.note(part.workout_id, now_us=now_us)
    if made.about.kind is None:
        mass = athlete.latest("mass_kg")
        said = About(athlete.name, KIND, None if mass is None else mass.value)
        made = await archive.note(part.workout_id, now_us=now_us, about=said)
    if made.athlete_uid != athlete.uid:
        await archive.roster.assign([part.workout_id], athlete.uid)


async def _trial(archive: Archive, day: TestDay, part: DayPart, now_us: int) -> Trial:
    """The trial of a part, as the part says; a trial that was only recorded is never put back to that."""
    protocol = next(one for one in day.protocols if one.name == part.protocol).protocol
    new = NewTrial(protocol, part.start_us, part.stop_us, part.condition or None, part.side, part.state, part.reason)
    trial = await archive.trials.add(part.workout_id, new, now_us=now_us, by=part.by)
    if part.state != "recorded" and (trial.state, trial.reason) != (part.state, part.reason):
        fields = {"state": part.state, "reason": part.reason}
        trial = await archive.trials.edit(part.workout_id, trial.number, fields, now_us=now_us, by=part.by)
    return trial


async def _noted(archive: Archive, day: TestDay, part: DayPart, trial: Trial | None = None, wrong: str = "") -> TestDay:
    """Write down what became of a part, unless it was judged otherwise meanwhile."""

    def note(one: DayPart) -> DayPart:
        if one.part != part.part:
            return one
        same = (one.state, one.reason) == (part.state, part.reason)
        number = one.trial if trial is None else trial.number
        return replace(one, trial=number, wrong=wrong, settled=same, due_us=0 if wrong else one.due_us)

    return await archive.test_days.change(
        day.id, lambda seen: replace(seen, parts=tuple(note(one) for one in seen.parts))
    )


async def heard(archive: Archive, day: TestDay) -> TestDay:
    """Return a day whose parts are as their trials are now: those may be judged again on the page of their session.

    A part that was changed after the trials were read is left: what is known of its trial may be older than it.
    """
    now: dict[tuple[str, int], Trial] = {}
    for workout_id in {one.workout_id for one in day.parts if one.settled and one.trial}:
        try:
            now |= {(workout_id, one.number): one for one in await archive.trials.of(workout_id)}
        except NotFound:
            continue

    read = set(day.parts)

    def told(part: DayPart) -> DayPart:
        if part not in read:
            return part
        trial = now.get((part.workout_id, part.trial))
        if trial is None or not part.settled or (trial.state, trial.reason) == (part.state, part.reason):
            return part
        return replace(part, state=trial.state, reason=trial.reason)

    if tuple(map(told, day.parts)) == day.parts:
        return day
    return await archive.test_days.change(
        day.id, lambda seen: with_states(replace(seen, parts=tuple(map(told, seen.parts))))
    )
