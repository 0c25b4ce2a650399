"""Test days: a queue of athletes, the protocols that they do, and the stations at which they do them.

A test day says who is next and what a station does now; numbers of trials are in the trials of workouts
(`barograph.store.trials`), of which a day keeps the places. How a day changes is in `barograph.store.test_day_rules`,
what may be asked of it in `barograph.store.test_day_commands`. Times are µs since 1970, UTC, by the server's clock.

Terms: test day, station, part (docs/glossary.md).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Protocol, TypeAlias, get_args

from barograph import protocols
from barograph.bounds import REASON, SIDES, check_text
from barograph.errors import NotFound
from barograph.layout_values import choice, shown
from barograph.protocols.protocol import MOST_CONDITION
from barograph.store.packing import Packing
from barograph.store.trials import State

Order: TypeAlias = Literal["athlete", "test"]
Phase: TypeAlias = Literal["setup", "countdown", "running", "review"]
Standing: TypeAlias = Literal["waiting", "done", "left"]
ORDERS: tuple[Order, ...] = get_args(Order)
PHASES: tuple[Phase, ...] = get_args(Phase)
DAYS_LISTED = 100
QUEUE, PROTOCOLS, STATIONS, PARTS, DEVICES = 300, 20, 24, 3000, 16  # of a test day; devices of a station
MOST_TITLE, MOST_STATION, MOST_KEY, KEYS = 100, 40, 64, 300
ID_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is taken for another


@dataclass(frozen=True)
class DayEntry:
    """An athlete in the queue; `number` counts from 1, and is never given twice in a day."""

    athlete: str
    number: int
    state: Standing = "waiting"


@dataclass(frozen=True)
class DayProtocol:
    """A protocol of the day, as it was when it was chosen; by a dropped one trials were made, no more are wanted."""

    name: str
    held: Mapping[str, Any] = field(default_factory=dict, repr=False)
    dropped: bool = False

    @property
    def protocol(self) -> protocols.Protocol:
        """Return the protocol itself."""
        return protocols.Protocol.from_dict(self.name, self.held)


@dataclass(frozen=True)
class Station:
    """A place with devices that does one trial at a time.

    `devices` are streams of the workout into which they send, all of it where there is none. `at_us` is when the phase
    began, `begun_us` when start was pressed, `go_us` when the countdown ends. `part` is the number of the part under
    review, 0 in all other phases. `follows` are uids of paired devices whose next workout the station takes,
    `linked_us` is since when it has this one. `own` says that the workout is the athlete's own; from one of nobody's is
    copied.
    """

    name: str
    devices: tuple[str, ...] = ()
    workout_id: str = ""
    athlete: str = ""
    protocol: int = 0
    condition: str = ""
    side: str = ""
    phase: Phase = "setup"
    at_us: int = 0
    begun_us: int = 0
    go_us: int = 0
    start_us: int = 0
    stop_us: int = 0
    part: int = 0
    flagged: str = ""
    by: str = ""
    own: bool = False
    paused: bool = False
    follows: tuple[str, ...] = ()
    linked_us: int = 0

    def __post_init__(self) -> None:
        check_text("station", self.name, MOST_STATION, 1)
        check_text("condition", self.condition, MOST_CONDITION)
        choice("side", self.side, ("", *SIDES))
        check_text("flagged", self.flagged, REASON)


@dataclass(frozen=True)
class DayPart:
    """A part that was recorded at a station, from which a trial is made; `part` counts from 1 in a day.

    `source` is the workout into which the devices sent, `workout_id` that of the trial and `trial` its number, 0 until
    it is made. `from_us` is when start was pressed: frames from there on are the athlete's. `settled` says that the
    trial is as the part says. `copies` counts how often frames were brought over from a source that is nobody's,
    `due_us` is when that is done next, 0 when it is over. `wrong` says what cannot be done, and why.
    """

    part: int
    station: str
    athlete: str
    protocol: str
    condition: str
    side: str
    source: str
    devices: tuple[str, ...]
    start_us: int
    stop_us: int
    workout_id: str
    trial: int = 0
    state: State = "recorded"
    reason: str = ""
    by: str = ""
    from_us: int = 0
    settled: bool = False
    copies: int = 0
    due_us: int = 0
    wrong: str = ""

    @property
    def step(self) -> tuple[str, str, str]:
        """Return protocol, condition and side."""
        return self.protocol, self.condition, self.side

    @property
    def held(self) -> bool:
        """Return whether its frames are copied from a workout that is nobody's."""
        return self.workout_id != self.source


@dataclass(frozen=True)
class TestDay:
    """A test day. `revision` counts changes; `keys` are the newest of those by which commands were given."""

    __test__ = False  # no class of tests

    id: str
    title: str
    made_us: int
    made_by: str = ""
    order: Order = "athlete"
    protocols: tuple[DayProtocol, ...] = ()
    queue: tuple[DayEntry, ...] = ()
    stations: tuple[Station, ...] = ()
    parts: tuple[DayPart, ...] = ()
    keys: tuple[str, ...] = field(default=(), repr=False)
    entries: int = 0
    recorded: int = 0
    revision: int = 0

    def __post_init__(self) -> None:
        check_text("title", self.title, MOST_TITLE, 1)
        choice("order", self.order, ORDERS)

    @property
    def athletes(self) -> frozenset[str]:
        """Return all athletes of whom the day says something."""
        at = (one.athlete for one in self.stations if one.athlete)
        return frozenset((*(one.athlete for one in self.queue), *(one.athlete for one in self.parts), *at))

    @property
    def workouts(self) -> frozenset[str]:
        """Return the workouts into which devices of its stations send."""
        return frozenset(one.workout_id for one in self.stations if one.workout_id)

    @property
    def follows(self) -> frozenset[str]:
        """Return uids of the paired devices that its stations follow."""
        return frozenset(uid for one in self.stations for uid in one.follows)

    @property
    def due_us(self) -> int:
        """Return when something is to be done of itself: a timed trial ends, a trial is made; 0 where nothing is."""
        moments = [0 if not one.settled else one.due_us for one in self.parts if not one.settled or one.due_us]
        for one in self.stations:
            lasts_s = (
                self.protocols[one.protocol].held.get("duration_s") if one.phase in ("countdown", "running") else None
            )
            if lasts_s is not None:
                moments.append(one.go_us + round(lasts_s * 1e6))
        return max(1, min(moments)) if moments else 0

    def station(self, name: str) -> Station | None:
        """Return a station by its name."""
        return next((one for one in self.stations if one.name == name), None)

    def entry(self, athlete: str) -> DayEntry | None:
        """Return an athlete's place in the queue."""
        return next((one for one in self.queue if one.athlete == athlete), None)

    def to_dict(self) -> dict[str, Any]:
        """Return what pages and programs see of it, as JSON."""
        said = asdict(self)
        return {name: value for name, value in said.items() if name not in ("keys", "entries", "recorded")}


Change: TypeAlias = Callable[[TestDay], TestDay]


class TestDays(Protocol):
    """All test days. An athlete who is erased is taken out of each; trials are erased with their workouts."""

    async def add(self, title: str, *, now_us: int, by: str = "") -> TestDay:
        """Make an empty test day."""
        ...

    async def one(self, day_id: str) -> TestDay:
        """Return a test day as it was written last, or `NotFound`."""
        ...

    async def newest(self, limit: int = DAYS_LISTED) -> list[TestDay]:
        """Return test days, the newest first."""
        ...

    async def due(self, now_us: int) -> list[str]:
        """Return ids of days of which something is to be done now."""
        ...

    async def linked(self, workouts: Collection[str], devices: Collection[str] = ()) -> dict[str, int]:
        """Return id and revision of the days with a station at one of these workouts, or that follows a device."""
        ...

    async def change(self, day_id: str, change: Change) -> TestDay:
        """Replace a day by what `change` makes of it, and return that; or `NotFound`.

        Others may change it at the same moment: `change` is asked again, of theirs. The same value back changes
        nothing.
        """
        ...

    async def remove(self, day_id: str) -> None:
        """Take a day away, or `NotFound`; its trials stay."""
        ...

    async def forget(self, athletes: Collection[str]) -> None:
        """Take an athlete, by all their uids, out of every day."""
        ...

    async def move(self, athletes: Collection[str], uid: str) -> None:
        """Put another uid in place of these: their records are one now."""
        ...


def new_day(title: str, now_us: int, by: str) -> TestDay:
    """Return an empty test day with an id that nobody guesses."""
    return TestDay("".join(secrets.choice(ID_LETTERS) for _ in range(14)), title, now_us, by, revision=1)


def no_day(day_id: object) -> NotFound:
    """Return the error of a test day that is not stored, and of one that may not be seen."""
    return NotFound(f"test day {shown(day_id)}: no such test day is stored")


def _same(day: TestDay) -> TestDay:
    return day


PACKING = Packing("test_day", "a test day", TestDay, _same, _same)
