"""The queue of a test day: who is in it, what each has still to do, and what comes next at a station.

Plain values in, plain values out. Whoever has as many accepted trials of each step as the protocol wants is done; a
repeated trial is good, and counts for none, as another one was asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from barograph import protocols
from barograph.bounds import check_count
from barograph.errors import InvalidData, NotFound, Refused
from barograph.layout_values import choice, shown
from barograph.store.test_day_commands import AddAthletes, Arrange, Choose, ChooseProtocols, Move, RemoveAthlete
from barograph.store.test_days import PROTOCOLS, QUEUE, DayEntry, DayProtocol, Standing, Station, TestDay
from barograph.texts import require_text


class DayStep(NamedTuple):
    """A protocol of the day by its place, condition and side."""

    protocol: int
    condition: str
    side: str


def steps(day: TestDay) -> list[tuple[DayStep, int]]:
    """Return the steps of the day in the order in which they are done, each with how many trials are wanted."""
    return [
        (DayStep(place, condition, side), protocol.trials)
        for place, chosen in enumerate(day.protocols)
        if not chosen.dropped
        for protocol in (chosen.protocol,)
        for condition, side in protocol.steps
    ]


def accepted(day: TestDay) -> Counter[tuple[str, DayStep]]:
    """Return how many accepted trials each athlete has of each step."""
    places = {one.name: place for place, one in enumerate(day.protocols)}
    return Counter(
        (one.athlete, DayStep(places[one.protocol], one.condition, one.side))
        for one in day.parts
        if one.state == "accepted" and one.protocol in places
    )


def missing(day: TestDay, athlete: str) -> list[DayStep]:
    """Return the steps of which an athlete has not all trials that are wanted, in their order."""
    have = accepted(day)
    return [step for step, wanted in steps(day) if have[athlete, step] < wanted]


def following(day: TestDay, station: Station, skipped: Collection[str] = ()) -> Station:
    """Return a station with what comes next at it: by the order of the day, of athletes who are free.

    Nobody is chosen where nothing is left. `skipped` are uids of athletes who may not be recorded. By test, the next
    test begins with the first in the queue: whoever was the last of this one has the longest rest.
    """
    busy = {one.athlete for one in day.stations if one.name != station.name}
    here = DayStep(station.protocol, station.condition, station.side)

    def free(queue: Iterable[DayEntry]) -> list[str]:
        known = (one.athlete for one in queue if one.state != "left")
        return [one for one in known if one not in busy and one not in skipped]

    onwards, in_order = free(_from(day, station.athlete)), free(day.queue)
    have, wanted = accepted(day), steps(day)
    if day.order == "athlete":
        pairs = [(athlete, step, most) for athlete in onwards for step, most in wanted]
    else:
        pairs = [(athlete, step, most) for step, most in wanted for athlete in (onwards if step == here else in_order)]
    for athlete, step, most in pairs:
        if have[athlete, step] < most:
            return replace(station, athlete=athlete, **step._asdict())
    return replace(station, athlete="", protocol=0, condition="", side="")


def _from(day: TestDay, athlete: str) -> Iterator[DayEntry]:
    """The queue from an athlete on, and round."""
    place = next((at for at, one in enumerate(day.queue) if one.athlete == athlete), 0)
    yield from (*day.queue[place:], *day.queue[:place])


def with_states(day: TestDay) -> TestDay:
    """Return the day with who is done and who waits; who left stays so."""
    have, wanted = accepted(day), steps(day)

    def state(entry: DayEntry) -> Standing:
        if entry.state == "left":
            return "left"
        return "done" if wanted and all(have[entry.athlete, step] >= most for step, most in wanted) else "waiting"

    queue = tuple(one if (now := state(one)) == one.state else replace(one, state=now) for one in day.queue)
    return day if queue == day.queue else replace(day, queue=queue)


def chosen(day: TestDay, station: Station, asked: Choose) -> Station:
    """Return a station at which an athlete and a step are chosen, or raise."""
    entry = day.entry(require_text("athlete", asked.athlete))
    if entry is None or entry.state == "left":
        raise NotFound("athlete: this athlete is not in the queue of this test day")
    if not 0 <= asked.protocol < len(day.protocols) or day.protocols[asked.protocol].dropped:
        expected = f"the place of one of {len(day.protocols)} protocols, from 0"
        raise InvalidData(f"protocol: expected {expected}, got {shown(asked.protocol)}", field="protocol")
    known = day.protocols[asked.protocol].protocol
    condition = _one("condition", asked.condition, known.conditions or ("",))
    side = _one("side", asked.side, known.sides)
    return replace(station, athlete=asked.athlete, protocol=asked.protocol, condition=condition, side=side)


def _one(name: str, value: str | None, known: tuple[str, ...]) -> str:
    if value is None and len(known) == 1:
        return known[0]
    if value is None:
        raise InvalidData(f"{name}: expected one of {', '.join(known)}, got none", field=name)
    return choice(name, value, known)


def add_athletes(day: TestDay, asked: AddAthletes) -> TestDay:
    """Put athletes at the end of the queue; who left waits again."""
    queue, number = list(day.queue), day.entries
    for uid in dict.fromkeys(require_text("athletes", one) for one in asked.athletes):
        place = next((at for at, one in enumerate(queue) if one.athlete == uid), None)
        if place is not None:
            queue[place] = replace(queue[place], state="waiting")
            continue
        check_count("athletes", "athletes in a queue", len(queue), QUEUE)
        number += 1
        queue.append(DayEntry(uid, number))
    return replace(day, queue=tuple(queue), entries=number)


def remove_athlete(day: TestDay, asked: RemoveAthlete) -> TestDay:
    """Take an athlete out of the queue, and from stations where nothing of theirs runs."""
    _require_there(day, asked.athlete)
    for one in day.stations:
        if one.athlete == asked.athlete and one.phase != "setup":
            raise Refused("busy", f"athlete: a trial of this athlete is at {one.name}; end and judge it first")
    stations = tuple(_cleared(one) if one.athlete == asked.athlete else one for one in day.stations)
    stays = any(one.athlete == asked.athlete for one in day.parts)
    queue = tuple(replace(one, state="left") if one.athlete == asked.athlete else one
                  for one in day.queue if stays or one.athlete != asked.athlete)  # fmt: skip
    return replace(day, queue=queue, stations=stations)


def move(day: TestDay, asked: Move) -> TestDay:
    """Put an athlete at a place in the queue."""
    _require_there(day, asked.athlete)
    if not 0 <= asked.to < len(day.queue):
        raise InvalidData(f"to: expected 0 to {len(day.queue) - 1}, got {shown(asked.to)}", field="to")
    rest = [one for one in day.queue if one.athlete != asked.athlete]
    moved = next(one for one in day.queue if one.athlete == asked.athlete)
    return replace(day, queue=(*rest[: asked.to], moved, *rest[asked.to :]))


def arrange(day: TestDay, asked: Arrange) -> TestDay:
    """Go by athlete or by test."""
    return replace(day, order=asked.order)


def choose_protocols(day: TestDay, asked: ChooseProtocols, known: Callable[[str], protocols.Protocol]) -> TestDay:
    """Choose protocols; one that was chosen before stays as it was, whatever became of its file since.

    One by which trials were made is kept at the end, as dropped.
    """
    names = list(dict.fromkeys(asked.protocols))
    if len(names) > PROTOCOLS:
        raise InvalidData(f"protocols: expected at most {PROTOCOLS}, got {len(names)}", field="protocols")
    before = {one.name: one for one in day.protocols}
    used = {one.protocol for one in day.parts}
    at_work = {day.protocols[one.protocol].name: one.name for one in day.stations if one.phase != "setup"}
    for name in before.keys() - set(names) & at_work.keys():
        raise Refused("busy", f"protocols: a trial of {name} is at {at_work[name]}; end and judge it first")
    new = [replace(before[name], dropped=False) if name in before else DayProtocol(name, known(name).to_dict())
           for name in names]  # fmt: skip
    new += [replace(one, dropped=True) for one in day.protocols if one.name in used and one.name not in names]
    places = {one.name: place for place, one in enumerate(new)}
    stations = tuple(_placed(day, one, places, names) for one in day.stations)
    return replace(day, protocols=tuple(new), stations=stations)


def _placed(day: TestDay, station: Station, places: dict[str, int], wanted: Collection[str]) -> Station:
    if not station.athlete:
        return station
    name = day.protocols[station.protocol].name
    return replace(station, protocol=places[name]) if name in wanted else _cleared(station)


def _cleared(station: Station) -> Station:
    """A station at which nobody is chosen."""
    return Station(station.name, station.devices, station.workout_id, paused=station.paused)


def _require_there(day: TestDay, athlete: str) -> None:
    if day.entry(require_text("athlete", athlete)) is None:
        raise NotFound("athlete: this athlete is not in the queue of this test day")


def without(day: TestDay, athletes: Collection[str]) -> TestDay:
    """Return the day without what it says of athletes."""
    if not day.athletes & set(athletes):
        return day
    return replace(
        day,
        queue=tuple(one for one in day.queue if one.athlete not in athletes),
        parts=tuple(one for one in day.parts if one.athlete not in athletes),
        stations=tuple(_cleared(one) if one.athlete in athletes else one for one in day.stations),
    )


def renamed(day: TestDay, athletes: Collection[str], uid: str) -> TestDay:
    """Return the day with another uid in place of these; who is there twice by that keeps the first place."""
    if not day.athletes & set(athletes):
        return day

    def name(one: str) -> str:
        return uid if one in athletes else one

    queue: dict[str, DayEntry] = {}
    for one in day.queue:
        queue.setdefault(name(one.athlete), replace(one, athlete=name(one.athlete)))
    return with_states(replace(
        day, queue=tuple(queue.values()), parts=tuple(replace(one, athlete=name(one.athlete)) for one in day.parts),
        stations=tuple(replace(one, athlete=name(one.athlete)) for one in day.stations),
    ))  # fmt: skip
