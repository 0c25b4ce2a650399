"""How a test day changes: by time, and by what is asked. Plain values in, plain values out.

A station goes setup → countdown → running → review → setup. The countdown ends and a timed trial ends by the server's
clock, whoever looks: `at` says how a day stands at a moment, and whoever reads it next writes that down. A trial is
first a part of the day, written in the same step as the phase; the trial itself is made of it after, as often as it
takes (`barograph.store.test_day_settling`), so that no crash loses one or makes two.

Parts of a station, and parts of an athlete, share no frame.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from barograph import protocols
from barograph.bounds import check_count
from barograph.errors import InvalidData, NotFound, Refused
from barograph.frames import check_name as check_workout
from barograph.layout_values import shown
from barograph.store import test_day_commands as commands
from barograph.store import test_day_queue as queue
from barograph.store.test_day_commands import Command
from barograph.store.test_days import DEVICES, KEYS, PARTS, STATIONS, DayPart, Station, TestDay
from barograph.store.trials import LONGEST_US, State

STATE: Mapping[str, State] = {"accept": "accepted", "repeat": "repeated", "reject": "rejected"}
STARTED_OVER = "started over"
LATE_US = 10_000_000  # a start that is heard later than this begins when it is heard
LOOK_AGAIN_US = (2_000_000, 10_000_000, 60_000_000, 600_000_000, 3_600_000_000)  # after a part: late frames come over


@dataclass(frozen=True)
class Situation:
    """When and by whom something is asked, and what the day itself does not know.

    `locked` are athletes who may not be recorded, with the reason. `owners` are the athletes of workouts, "" for
    nobody. `known` finds a protocol by its name.
    """

    now_us: int
    by: str = ""
    locked: Mapping[str, str] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)
    known: Callable[[str], protocols.Protocol] = protocols.named


def at(day: TestDay, now_us: int) -> TestDay:
    """Return the day as it stands at a moment: countdowns that are over run, timed trials that are over are ended."""
    for one in day.stations:
        if one.phase == "countdown" and now_us >= one.go_us:
            day = _with(day, replace(one, phase="running", at_us=one.go_us, start_us=one.go_us))
    running = [one for one in day.stations if one.phase == "running" and now_us >= ends_us(day, one)]
    for one in sorted(running, key=lambda each: (ends_us(day, each), each.name)):
        day = _ended(day, one, ends_us(day, one))
    return day


def ends_us(day: TestDay, station: Station) -> int:
    """Return when a trial that runs ends of itself: after its duration, or as long as a trial may last."""
    lasts_s = day.protocols[station.protocol].held.get("duration_s")
    return station.start_us + (LONGEST_US if lasts_s is None else round(lasts_s * 1e6))


def done(day: TestDay, command: Command, asked: Situation) -> TestDay:
    """Return the day after a command; the one that it was where the key was there before.

    `Refused` with a sentence where the phase does not allow it, `InvalidData` and `NotFound` for what cannot be.
    """
    day = at(day, asked.now_us)
    if command.key and command.key in day.keys:
        return day
    made = queue.with_states(_HANDLERS[type(command)](day, command, asked))
    keys = (*day.keys, command.key)[-KEYS:] if command.key else day.keys
    return replace(made, keys=keys)


def start(day: TestDay, command: commands.Start, asked: Situation) -> TestDay:
    """Begin the countdown at a station, from the moment at which that was asked for.

    Whoever was shown a countdown moves by it, also where the command was on its way for seconds. A moment before the
    station was ready, after now, or longer than `LATE_US` ago does not count: the countdown begins now then.
    """
    one = _station(day, command.station)
    _require_phase(one, "start", "setup")
    if one.paused:
        raise Refused("paused", f"{one.name}: paused; resume it first")
    if not one.athlete:
        raise Refused("nobody", f"{one.name}: choose an athlete first")
    if one.athlete in asked.locked:
        raise Refused("locked", f"{one.name}: this athlete may not be recorded: {asked.locked[one.athlete]}")
    if not one.workout_id:
        raise Refused("not_linked", f"{one.name}: link a device first; without frames there is no trial")
    _require_free(day, one)
    owner = asked.owners.get(one.workout_id, "")
    if owner not in ("", one.athlete):
        raise Refused("other_athlete", f"{one.name}: session {one.workout_id} is another athlete's; link another one")
    check_count("part", "trials in a test day", day.recorded, PARTS)
    protocol = day.protocols[one.protocol].protocol
    before = [part.stop_us + 1 for part in day.parts if part.athlete == one.athlete or part.station == one.name]
    said = asked.now_us if command.at_us is None else command.at_us
    from_us = said if max(one.at_us, asked.now_us - LATE_US) <= said <= asked.now_us else asked.now_us
    go_us = max(from_us + round(protocol.countdown_s * 1e6), *before, 0)
    moments: dict[str, Any] = {
        "at_us": from_us,
        "begun_us": from_us,
        "go_us": go_us,
        "start_us": 0,
        "stop_us": 0,
        "part": 0,
    }
    begun = replace(one, phase="countdown", flagged=command.flagged, by=asked.by, own=bool(owner), **moments)
    return at(_with(day, begun), asked.now_us)


def start_over(day: TestDay, command: commands.StartOver, asked: Situation) -> TestDay:
    """Go back to setup; what ran is kept as a rejected trial."""
    one = _station(day, command.station)
    _require_phase(one, "start over", "setup", "countdown", "running")
    if one.phase == "running":
        return _back(_with_part(day, one, max(one.start_us, asked.now_us), "rejected", STARTED_OVER), one, asked)
    return _back(day, one, asked) if one.phase == "countdown" else day


def stop(day: TestDay, command: commands.Stop, asked: Situation) -> TestDay:
    """End a trial at the moment at which that was asked for, if that can be; a countdown ends without one.

    A moment before the start or after now is a clock that is wrong: now counts then.
    """
    one = _station(day, command.station)
    _require_phase(one, "stop", "countdown", "running", "review")
    if one.phase == "countdown":
        return _back(day, one, asked)
    if one.phase == "review":
        return day
    said = asked.now_us if command.at_us is None else command.at_us
    return _ended(day, one, said if one.start_us <= said <= asked.now_us else max(one.start_us, asked.now_us))


def judge(day: TestDay, command: commands.Judge, asked: Situation) -> TestDay:
    """Note how the trial under review was judged, and choose what comes next."""
    one = _station(day, command.station)
    state = STATE[command.decision]
    if command.part and (one.phase != "review" or command.part != one.part):
        before = next((part for part in day.parts if part.part == command.part), None)
        if before is None:
            raise NotFound(f"part {shown(command.part)}: nothing of that number was recorded on this test day")
        if before.state == state and command.reason in ("", before.reason):
            return day
        raise Refused("judged", f"{one.name}: this trial was {before.state} already; judge it again by its number")
    _require_phase(one, "judge", "review")
    day = _back(_judged(day, one.part, state, command.reason), one, asked)
    if state != "accepted":
        return day
    now = _station(day, one.name)
    have, wanted = queue.accepted(day), dict(queue.steps(day))
    step = queue.DayStep(now.protocol, now.condition, now.side)
    if have[now.athlete, step] < wanted.get(step, 0):
        return day
    return _with(day, queue.following(day, now, asked.locked))


def rejudge(day: TestDay, command: commands.Rejudge, asked: Situation) -> TestDay:
    """Note another judgement of a part that was judged before."""
    for one in day.stations:
        if one.phase == "review" and one.part == command.part:
            raise Refused("phase", f"{one.name}: this trial waits for its first judgement; give that")
    if not any(part.part == command.part for part in day.parts):
        raise NotFound(f"part {shown(command.part)}: nothing of that number was recorded on this test day")
    return _judged(day, command.part, STATE[command.decision], command.reason)


def _judged(day: TestDay, number: int, state: State, reason: str) -> TestDay:
    if state == "rejected" and not reason.strip():
        raise InvalidData("reason: expected why the trial is rejected, got none", field="reason")

    def told(part: DayPart) -> DayPart:
        kept = reason or (part.reason if part.state == "recorded" else "")  # a flag stays with what it was said of
        return replace(part, state=state, reason=kept, settled=False)

    return replace(day, parts=tuple(told(part) if part.part == number else part for part in day.parts))


def choose(day: TestDay, command: commands.Choose, asked: Situation) -> TestDay:
    """Choose whose trial is next at a station, and which; who waits at another station is taken from there."""
    one = _station(day, command.station)
    _require_phase(one, "choose", "setup")
    new = queue.chosen(day, one, command)
    _require_free(day, new)
    for other in day.stations:
        if other.athlete == new.athlete and other.name != new.name:
            day = _with(day, replace(other, athlete="", protocol=0, condition="", side=""))
    return _with(day, new)


def choose_next(day: TestDay, command: commands.Next, asked: Situation) -> TestDay:
    """Choose what the order of the day has next at a station."""
    one = _station(day, command.station)
    _require_phase(one, "next", "setup")
    return _with(day, queue.following(day, one, asked.locked))


def pause(day: TestDay, command: commands.Pause, asked: Situation) -> TestDay:
    """Let a station wait."""
    one = _station(day, command.station)
    _require_phase(one, "pause", "setup", "countdown", "review")
    if one.phase == "countdown":
        day = _back(day, one, asked)
    return _with(day, replace(_station(day, one.name), paused=True))


def resume(day: TestDay, command: commands.Resume, asked: Situation) -> TestDay:
    """Go on at a station."""
    return _with(day, replace(_station(day, command.station), paused=False))


def station_add(day: TestDay, command: commands.AddStation, asked: Situation) -> TestDay:
    """Add a station; one of that name stays as it is."""
    if day.station(command.station) is not None:
        return day
    check_count("station", "stations in a test day", len(day.stations), STATIONS)
    return replace(day, stations=(*day.stations, Station(command.station, at_us=asked.now_us)))


def station_remove(day: TestDay, command: commands.RemoveStation, asked: Situation) -> TestDay:
    """Take a station away."""
    one = _station(day, command.station)
    _require_phase(one, "take away", "setup")
    return replace(day, stations=tuple(other for other in day.stations if other.name != one.name))


def station_link(day: TestDay, command: commands.LinkStation, asked: Situation) -> TestDay:
    """Say which streams of which workout a station has."""
    one = _station(day, command.station)
    _require_phase(one, "link", "setup")
    devices = tuple(dict.fromkeys(check_workout("devices", name) for name in command.devices))
    if len(devices) > DEVICES:
        raise InvalidData(f"devices: expected at most {DEVICES}, got {len(devices)}", field="devices")
    if command.workout_id:
        check_workout("workout_id", command.workout_id)
    if command.workout_id and (other := other_at(day, one, command.workout_id, devices)) is not None:
        raise Refused("linked", f"{one.name}: these devices are at {other.name}; unlink them there first")
    if not command.workout_id:
        return _with(day, replace(one, workout_id="", devices=(), follows=(), linked_us=0))
    if (command.workout_id, devices) == (one.workout_id, one.devices):
        return day
    return _with(day, replace(one, workout_id=command.workout_id, devices=devices, follows=(), linked_us=asked.now_us))


def other_at(day: TestDay, one: Station, workout_id: str, devices: tuple[str, ...]) -> Station | None:
    """Return another station that has some of these streams of a workout."""
    for other in day.stations:
        shared = set(devices) & set(other.devices) or not devices or not other.devices
        if other.name != one.name and other.workout_id == workout_id and shared:
            return other
    return None


def workout_name(day: TestDay, athlete: str, source: str) -> str:
    """Return the name of the workout that an athlete's trials of the day are in, where devices send into `source`.

    What came from another source is another workout: its streams may have the same names.
    """
    mine = {part.source: part.workout_id for part in day.parts if part.athlete == athlete and part.held}
    entry = day.entry(athlete)
    first = f"{day.id}-{entry.number if entry else 0}"
    return mine.get(source) or (f"{first}-{len(mine) + 1}" if mine else first)


def _ended(day: TestDay, one: Station, stop_us: int) -> TestDay:
    day = _with_part(day, one, stop_us, "recorded", one.flagged)
    over = replace(one, phase="review", at_us=stop_us, stop_us=stop_us, part=day.recorded)
    return _with(day, over)


def _with_part(day: TestDay, one: Station, stop_us: int, state: State, reason: str) -> TestDay:
    stop_us = min(stop_us, ends_us(day, one))
    target = one.workout_id if one.own else workout_name(day, one.athlete, one.workout_id)
    due_us = 0 if one.own else stop_us + LOOK_AGAIN_US[0]
    before = [part.stop_us + 1 for part in day.parts if one.name == part.station]
    part = DayPart(
        day.recorded + 1, one.name, one.athlete, day.protocols[one.protocol].name, one.condition, one.side,
        one.workout_id, one.devices, one.start_us, stop_us, target, state=state, reason=reason, by=one.by,
        due_us=due_us, from_us=min(one.start_us, max((one.begun_us, *before))),
    )  # fmt: skip
    return replace(day, parts=(*day.parts, part), recorded=day.recorded + 1)


def _back(day: TestDay, one: Station, asked: Situation) -> TestDay:
    """The station in setup again, with the same choice."""
    begun: dict[str, Any] = dict.fromkeys(("go_us", "start_us", "stop_us", "part"), 0)
    return _with(day, replace(one, phase="setup", at_us=asked.now_us, flagged="", own=False, **begun))


def _with(day: TestDay, station: Station) -> TestDay:
    return replace(day, stations=tuple(station if one.name == station.name else one for one in day.stations))


def _station(day: TestDay, name: str) -> Station:
    found = day.station(name)
    if found is None:
        raise NotFound(f"station: no station {shown(name)} is in this test day")
    return found


_SAID = {
    "setup": "no trial runs here", "countdown": "the countdown runs", "running": "a trial runs here",
    "review": "the last trial is to be judged first",
}  # fmt: skip


def _require_phase(one: Station, what: str, *phases: str) -> None:
    if one.phase not in phases:
        raise Refused("phase", f"{one.name}: {_SAID[one.phase]}; {what} is not possible now")


def _require_free(day: TestDay, one: Station) -> None:
    for other in day.stations:
        if other.name != one.name and other.athlete == one.athlete and other.phase != "setup":
            raise Refused("busy", f"{one.name}: this athlete is at {other.name}, where {_SAID[other.phase]}")


_HANDLERS: Mapping[type[Any], Callable[[TestDay, Any, Situation], TestDay]] = {
    commands.AddAthletes: lambda day, command, _: queue.add_athletes(day, command),
    commands.RemoveAthlete: lambda day, command, _: queue.remove_athlete(day, command),
    commands.Move: lambda day, command, _: queue.move(day, command),
    commands.Arrange: lambda day, command, _: queue.arrange(day, command),
    commands.ChooseProtocols: lambda day, command, asked: queue.choose_protocols(day, command, asked.known),
    commands.AddStation: station_add,
    commands.RemoveStation: station_remove,
    commands.LinkStation: station_link,
    commands.Choose: choose,
    commands.Next: choose_next,
    commands.Start: start,
    commands.StartOver: start_over,
    commands.Stop: stop,
    commands.Judge: judge,
    commands.Rejudge: rejudge,
    commands.Pause: pause,
    commands.Resume: resume,
}
