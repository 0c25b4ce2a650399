"""The plain values that archive and live feed answer with. Times are µs since 1970, UTC.

Terms: workout (docs/glossary.md).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from barograph import bounds
from barograph.errors import InvalidData, NotFound
from barograph.frames import Floats, Ints, Layout, Stream
from barograph.texts import require_whole
from barograph.times import dated

APART_US = 86_400_000_000


@dataclass(frozen=True)
class About:
    """What is said of a workout; None and () leave what is stored as it is."""

    athlete: str | None = None
    kind: str | None = None
    mass_kg: float | None = None
    tags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, most in (("athlete", bounds.ATHLETE), ("kind", bounds.KIND)):
            if getattr(self, name) is not None:
                bounds.check_text(name, getattr(self, name), most)
        bounds.check_tags(self.tags)
        if self.mass_kg is not None and (isinstance(self.mass_kg, bool) or not isinstance(self.mass_kg, int | float)):
            raise InvalidData(f"mass_kg: expected a number, got {str(self.mass_kg)[:40]!r}", field="mass_kg")
        if self.mass_kg is not None:
            bounds.check_mass(self.mass_kg)


UNSAID = About()


@dataclass(frozen=True)
class Server:
    """What an archive's server says of itself; `t_us` is its clock, `router` True of a mongos before shards."""

    version: str
    replica_set: str
    t_us: int
    router: bool = False


@dataclass(frozen=True)
class Moved:
    """From frame `seq` of an epoch on another offset holds; `tick_us` is the unit of the device's numbers, 0 for µs."""

    seq: int
    offset_us: int
    tick_us: int = 0


@dataclass(frozen=True)
class Clock:
    """What turns an epoch's device times into server times: device time plus `offset_us`.

    `error_us` is the most that the offset can be wrong, None when nobody measured it; `suspect` when the device's
    clock was not believed, and the offset puts its first frame at its arrival; `relative` when its times are no dates
    but those of a counter, placed so too. `placed` says how frames of a file without a date got theirs. `tick_us` is
    the unit of a device's numbers, 0 where its times are µs. `moved` are later offsets, in order.
    """

    offset_us: int
    error_us: int | None = None
    suspect: bool = False
    placed: str = ""
    relative: bool = False
    tick_us: int = 0
    moved: tuple[Moved, ...] = ()

    @property
    def last_offset_us(self) -> int:
        """The offset that holds for the newest frames."""
        return self.moved[-1].offset_us if self.moved else self.offset_us

    @property
    def offsets_us(self) -> tuple[int, ...]:
        """All offsets that ever held, each once."""
        return tuple(dict.fromkeys((self.offset_us, *(one.offset_us for one in self.moved))))


@dataclass(frozen=True)
class Unstored:
    """`n` numbers from `seq` that are settled without being stored, and why: a gap, or refused for good."""

    seq: int
    n: int
    reason: str


@dataclass(frozen=True)
class Epoch:
    """One numbering of a stream's frames. `numbered` is False when the server numbered them on arrival.

    `next_seq` and `frames` are the marks of the last ack: the first number not settled, the distinct frames stored;
    `first_us` and `last_us` the times that they span. `clock` is fixed once; `lease` names the process that feeds it.
    `counted` is a number and how many frames below it are stored, as of the marks (`barograph.store.counts`).
    """

    e: int
    epoch: str
    numbered: bool
    next_seq: int = 0
    frames: int = 0
    first_us: int | None = None
    last_us: int | None = None
    clock: Clock | None = None
    unstored: tuple[Unstored, ...] = ()
    lease: str = ""
    counted: tuple[int, int] | None = None


@dataclass(frozen=True)
class Rejected:
    """Frames that can never be stored: their numbers, why, when they came, and the first bytes of their data."""

    stream: str
    seq: int
    n: int
    code: str
    message: str
    t_us: int
    data: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class StreamInfo:
    """What is stored of one stream. `columns` and `k` name the statistics that its blocks carry.

    `longest_us` and `longest_n` are how far readers look back for a block that reaches into a range, where an archive
    has to know it: so whoever has read this for a request reads the stream's document no more. `workout_uid` says for
    whom its frames are sealed there. `calibrated_us` and `calibrated_by` (the uid of a user, "" for the owner of this
    machine) are of the last calibration that was given here; None where the layout is as the device said it, or was
    calibrated before that was written down.
    """

    stream: Stream
    layout: Layout | None
    columns: tuple[str, ...] = ()
    k: int = 0
    epochs: tuple[Epoch, ...] = ()
    first_us: int | None = None
    last_us: int | None = None
    last_received_us: int | None = None
    spool: bool = False
    final: Final | None = None
    longest_us: int | None = field(default=None, compare=False, repr=False)
    longest_n: int | None = field(default=None, compare=False, repr=False)
    workout_uid: str = field(default="", compare=False, repr=False)
    calibrated_us: int | None = field(default=None, compare=False)
    calibrated_by: str = field(default="", compare=False)

    @property
    def frames(self) -> int:
        """Distinct frames stored."""
        return sum(epoch.frames for epoch in self.epochs)

    @property
    def side(self) -> str | None:
        """Which foot it is of: a file may not say it, but whoever named its stream "left" did."""
        named = self.stream.stream if self.stream.stream in ("left", "right") else None
        return (self.layout.side if self.layout else None) or named

    @property
    def overlap(self) -> bool:
        """True when two epochs were recorded at the same time: two devices under one name."""
        spans = sorted(
            (epoch.first_us, epoch.last_us)
            for epoch in self.epochs
            if epoch.first_us is not None and epoch.last_us is not None
        )
        return any(later[0] < earlier[1] for earlier, later in pairwise(spans))

    @property
    def date_unknown(self) -> bool:
        """True when nobody knows on which day it was recorded: its times count from 1970."""
        return self.first_us is not None and not dated(self.first_us)

    @property
    def placed(self) -> str:
        """How its date was assumed; "" where it was recorded or is not known."""
        return next((epoch.clock.placed for epoch in self.epochs if epoch.clock and epoch.clock.placed), "")

    @property
    def clock_suspect(self) -> bool:
        """True when the clock of one of its devices was not believed."""
        return any(epoch.clock is not None and epoch.clock.suspect for epoch in self.epochs)

    @property
    def clock_relative(self) -> bool:
        """True when times of one of its devices were no dates: they are placed by their arrival."""
        return any(epoch.clock is not None and epoch.clock.relative for epoch in self.epochs)

    @property
    def numbered(self) -> bool:
        """True when a device numbered every frame, so that (e, seq) is the order of reading."""
        return all(epoch.numbered for epoch in self.epochs)


@dataclass(frozen=True)
class Workout:
    """One training session and its streams, in the order of their names; its `uid` is random and never used again.

    `athlete_uid` says whose it is (`barograph.store.roster`), "" as long as nobody knows. `archived_us` says when its
    frames were moved to cold storage, None of one whose frames are in MongoDB. `edits` grows with each change of its
    trials, masks and corrected prints, of masks of other sessions that hold for it, and of the measured legs and height
    of its athlete.
    """

    workout_id: str
    created_us: int
    about: About = About()
    left_us: int | None = None
    streams: tuple[StreamInfo, ...] = ()
    uid: str = ""
    athlete_uid: str = ""
    edits: int = field(default=0, compare=False, repr=False)
    archived_us: int | None = None

    @property
    def frames(self) -> int:
        """Distinct frames stored in all streams."""
        return sum(info.frames for info in self.streams)


def first_us(workout: Workout) -> int | None:
    """Return the time of a workout's first frame, from which seconds count; None without one."""
    return min((info.first_us for info in workout.streams if info.first_us is not None), default=None)


def sensors_of(workout: Workout) -> str:
    """Return the kind of sensors that recorded a workout, as pages show it: `insole 60 × 21`, `insole 1 × 99 pedar`."""
    layouts = [info.layout for info in workout.streams if info.layout]
    named = ((one, one.geometry.name if one.geometry else "") for one in layouts)
    return ", ".join(sorted({f"{one.kind} {one.rows} × {one.cols} {name}".strip() for one, name in named}))


def chosen_stream(workout: Workout, stream: str | None) -> StreamInfo:
    """Return the stream of that name; without one `main`, or else the only one. `NotFound` lists those there are."""
    found = {info.stream.stream: info for info in workout.streams}
    chosen = stream if stream is not None else next(iter(found)) if len(found) == 1 else "main"
    if chosen not in found:
        there = ", ".join(found) or "none"
        raise NotFound(f"{workout.workout_id} has no stream {chosen!r}; it has {there}")
    return found[chosen]


def feet_of(workout: Workout) -> tuple[StreamInfo, StreamInfo]:
    """Return the streams of a left and a right foot; `InvalidData` where there is not one of each."""
    sides = {name: [info for info in workout.streams if info.side == name] for name in ("left", "right")}
    for name, found in sides.items():
        if len(found) != 1:
            there = ", ".join(info.stream.stream for info in found) or "none"
            raise InvalidData(f"feet: expected one {name} stream in {workout.workout_id}, got {there}", field="feet")
    return sides["left"][0], sides["right"][0]


@dataclass(frozen=True)
class Stretch:
    """A time in which a workout was recorded, and how many frames."""

    first_us: int
    last_us: int
    frames: int


def stretches(workout: Workout) -> list[Stretch]:
    """Return the times in which a workout was recorded, in order: more than a day without a frame lies between two."""
    spans = sorted(
        (epoch.first_us, epoch.last_us, epoch.frames)
        for info in workout.streams
        for epoch in info.epochs
        if epoch.first_us is not None and epoch.last_us is not None
    )
    found: list[Stretch] = []
    for first_us, last_us, frames in spans:
        if found and first_us - found[-1].last_us <= APART_US:
            before = found.pop()
            found.append(Stretch(before.first_us, max(before.last_us, last_us), before.frames + frames))
        else:
            found.append(Stretch(first_us, last_us, frames))
    return found


@dataclass(frozen=True)
class Marker:
    """An annotation at a moment of a workout."""

    t_us: int
    label: str

    def __post_init__(self) -> None:
        require_whole("t_us", self.t_us)
        bounds.check_text("label", self.label, bounds.LABEL, 1)

    def event(self, stream: Stream) -> dict[str, Any]:
        """Return what the live feed of a stream says of it, whichever server announces it."""
        return {"type": "marker", "workout_id": stream.workout_id, "t_us": self.t_us, "label": self.label,
                "stream": stream.stream}  # fmt: skip


@dataclass(frozen=True)
class Final:
    """The final series of a stream: `n` frames, whose parts are kept under `uid`."""

    uid: str
    n: int


@dataclass(frozen=True, eq=False)
class FinalPart:
    """Frames `first` … `first` + `n` − 1 of a final series: what names each of them, and what was said of them."""

    first: int
    n: int
    digests: bytes
    said: bytes


@dataclass(frozen=True, eq=False)
class Keys:
    """Where stored blocks lie, without their payloads: one entry per block, in no order.

    `ids` opaque, but ordered among themselves; `e`, `seq`, `n`; `t_us` first and `t1_us` last moment; `r_us` arrival.
    `dt_us` holds the times of all frames as offsets from their block's `t_us`, block after block: (sum of n,).
    """

    ids: list[Any]
    e: Ints
    seq: Ints
    n: Ints
    t_us: Ints
    t1_us: Ints
    r_us: Ints
    dt_us: Ints

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def first(self) -> Ints:
        """(blocks,) where each block's frames begin in `dt_us` and `times_us`."""
        return np.cumsum(self.n) - self.n

    @property
    def times_us(self) -> Ints:
        """(sum of n,) the time of every frame, block after block."""
        return np.repeat(self.t_us, self.n) + self.dt_us


@dataclass(frozen=True, eq=False)
class Rollup:
    """One second of one stream: `n` frames, and min, mean and max of each statistic (k,), NaN where never defined.

    `peak` and `mean_map` are (rows, cols) float32 in stored values, which the layout reads as the largest and the mean
    pressure of each cell (a value below its tare counts as the tare), NaN where a cell had none; (0, 0) when the maps
    were not asked for. `k` is the version of the statistics, None in a row that is not stored.
    """

    second: int
    n: int
    low: Floats
    mean: Floats
    high: Floats
    peak: NDArray[np.float32]
    mean_map: NDArray[np.float32]
    k: int | None = None


@dataclass(frozen=True)
class Dirty:
    """A second whose rollup is not to be trusted, and the mark that was set when it became so."""

    second: int
    mark: str
    since_us: int


@dataclass(frozen=True)
class Entry:
    """One message of the live feed and its position."""

    stream: Stream
    position: str
    message: bytes = field(repr=False)
