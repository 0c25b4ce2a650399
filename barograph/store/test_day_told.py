"""What devices of a test day are told, and which of them a station follows. Plain values in, plain values out.

A trial is told from the moment at which *start* was pressed, so that a device has the countdown to get ready.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from barograph.frames import Stream
from barograph.store.test_day_rules import at, other_at
from barograph.store.test_days import DEVICES, Station, TestDay


@dataclass(frozen=True)
class Told:
    """A trial at a station, as devices hear of it; `trial` counts from 1 those that an athlete does of one step.

    `at_us` is when it begins, by the server's clock, which may be ahead. `duration_s` is None where *stop* ends it.
    """

    day: str
    station: str
    workout_id: str
    devices: tuple[str, ...]
    athlete: str
    trial: int
    at_us: int
    duration_s: float | None = None

    def concerns(self, stream: Stream) -> bool:
        """Return whether it is recorded from a stream."""
        return stream.workout_id == self.workout_id and (not self.devices or stream.stream in self.devices)


def under_way(day: TestDay, now_us: int) -> list[Told]:
    """Return the trials of a day that are counted down to, or run, at a moment."""
    day = at(day, now_us)
    return [_told(day, one) for one in day.stations if one.phase in ("countdown", "running")]


def _told(day: TestDay, one: Station) -> Told:
    protocol = day.protocols[one.protocol]
    step = protocol.name, one.condition, one.side
    before = sum(part.athlete == one.athlete and part.step == step for part in day.parts)
    lasts_s = protocol.held.get("duration_s")
    return Told(day.id, one.name, one.workout_id, one.devices, one.athlete, before + 1, one.go_us, lasts_s)


def over_us(day: TestDay, told: Told, now_us: int) -> int:
    """Return when a trial that is not under way any more was over: its end, or when its countdown was stopped."""
    day = at(day, now_us)
    for part in day.parts:
        if part.station == told.station and part.start_us == told.at_us:
            return part.stop_us
    station = day.station(told.station)
    return now_us if station is None else min(now_us, station.at_us)


@dataclass(frozen=True)
class Feeding:
    """A paired device that feeds a stream now, since when it joined the workout (µs, the server's clock)."""

    device: str
    stream: Stream
    since_us: int


def adopted(day: TestDay, feeding: Iterable[Feeding]) -> TestDay:
    """Return the day with stations in setup at the workouts that their devices chose.

    A station follows the devices that feed its streams. Where one of them joined another workout after the station was
    linked, the station takes that one, unless another station has these streams of it.
    """
    for now in sorted(feeding, key=lambda one: (one.since_us, one.device)):
        for one in day.stations:
            if one.phase == "setup" and one.workout_id and (made := _following(day, one, now)) != one:
                stations = tuple(made if each.name == one.name else each for each in day.stations)
                day = replace(day, stations=stations)
    return day


def _following(day: TestDay, one: Station, now: Feeding) -> Station:
    taken = now.stream.workout_id, now.stream.stream
    if taken[0] == one.workout_id:
        new = now.device not in one.follows and (not one.devices or taken[1] in one.devices)
        return replace(one, follows=(*one.follows, now.device)) if new and len(one.follows) < DEVICES else one
    if now.device not in one.follows or now.since_us <= one.linked_us:
        return one
    if (one.devices and taken[1] not in one.devices) or other_at(day, one, taken[0], one.devices) is not None:
        return one
    return replace(one, workout_id=taken[0], linked_us=now.since_us)
