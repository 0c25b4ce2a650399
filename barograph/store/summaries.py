"""Tables of sessions that were computed once, and the port to where they are kept.

A summary is one table of one session with what it was made of: `of` names the frames, calibrations and gaps of the
session (`basis`), `version` the program that computed it. Whoever reads compares both with what holds now: a summary
that was made of something else is not used, whoever forgot to say so. Times are µs since 1970, UTC.

Terms: summary (docs/glossary.md).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from barograph.store.conditions import leg_m, speed_m_s
from barograph.store.records import StreamInfo, Workout

MOST_AT_ONCE = 500  # sessions in one question
MOST_FAILED = 20
MOST_WHY = 500


@dataclass(frozen=True)
class Summary:
    """A table of a session: `n` rows as `packed` made them (`barograph.store.summary_rows`), or `why` there are none.

    `uid` is the workout's. `took_s` is how long it took to compute.
    """

    workout_id: str
    uid: str
    table: str
    of: str
    version: str
    at_us: int
    n: int = 0
    took_s: float = 0.0
    why: str = ""
    rows: bytes = field(default=b"", repr=False)

    def stands(self, of: str, version: str) -> bool:
        """Return whether it was made of what holds now, by the program that asks."""
        return self.of == of and self.version == version


@dataclass(frozen=True)
class SummariesState:
    """What the worker saw when it last went through all sessions: how many have ended, and of how many all stands."""

    at_us: int
    ended: int = 0
    current: int = 0
    failed: int = 0
    worker: str = ""

    @property
    def waiting(self) -> int:
        """Sessions of which a table is to be computed."""
        return max(0, self.ended - self.current - self.failed)


def basis(workout: Workout) -> str:
    """Return a text that changes when the tables of a session would.

    Of its streams' frames, gaps and calibration, mass, speed and leg as tags say them, and what was edited by hand:
    trials, masks, corrected prints, the athlete's legs and height; whose it is, for masks that hold for an athlete.

    What tables depend on beside frames belongs here, as a version that changes with it.
    """
    about = workout.about
    said_by_tags = speed_m_s(about.tags), leg_m(about.tags)
    conditions = () if said_by_tags == (None, None) else said_by_tags
    edited = workout.edits, workout.athlete_uid
    said = (about.mass_kg, *conditions, *edited, *(_of_stream(info) for info in workout.streams))
    return hashlib.blake2b(repr(said).encode(), digest_size=16).hexdigest()


def stream_basis(info: StreamInfo) -> str:
    """Return a text that changes when what is made of all frames of one stream would."""
    return hashlib.blake2b(repr(_of_stream(info)).encode(), digest_size=16).hexdigest()


def uid_of(info: StreamInfo) -> str:
    """Return the uid of the workout of a stream, "" where it was read from elsewhere."""
    return info.workout_uid or info.stream.uid


def _of_stream(info: StreamInfo) -> tuple[object, ...]:
    lost = sum(item.n for epoch in info.epochs for item in epoch.unstored)
    return info.stream.stream, info.frames, info.last_received_us, info.first_us, info.last_us, info.k, lost


class SummaryReader(Protocol):
    """What reading asks of summaries, wherever they are."""

    async def stored(self, workouts: Sequence[Workout], tables: Collection[str], *, rows: bool = ...) -> list[Summary]:
        """Return what is kept of these tables of sessions, also what does not stand any more; `rows`: with them."""
        ...

    async def of_stream(self, info: StreamInfo, name: str) -> Summary | None:
        """Return what is kept under a name of the session of a stream, also what does not stand any more."""
        ...


class Summaries(SummaryReader, Protocol):
    """Summaries of all sessions. They are erased with their session."""

    async def since(self, table: str, at_us: int = 0) -> list[Summary]:
        """Return what is kept of one table of all sessions and was computed at this moment or later, in no order."""
        ...

    async def take(self, workout: Workout, lease: str, for_s: float) -> int:
        """Take or renew the lease to compute a session's summaries; 0 while another one holds it.

        Else how many have taken it since it was given back last: more than one says that others ended meanwhile.
        `NotFound` or `Gone` where the session is not there.
        """
        ...

    async def release(self, workout: Workout, lease: str) -> None:
        """Give a lease back, if it is this one."""
        ...

    async def keep(self, workout: Workout, made: Sequence[Summary], lease: str, instead_of: str = "") -> bool:
        """Replace tables of a session; False, and nothing changes, without the lease.

        Where it is given, all others of the session go whose names begin with `instead_of`.

        `NotFound` or `Gone` where the session is not there any more: nothing is kept then.
        """
        ...

    async def failed(self) -> list[Summary]:
        """Return the newest tables that could not be computed, at most `MOST_FAILED`, without rows."""
        ...

    async def tell(self, state: SummariesState) -> None:
        """Say how far the worker is."""
        ...

    async def state(self) -> SummariesState | None:
        """Return what the worker said last; None where there never was one."""
        ...
