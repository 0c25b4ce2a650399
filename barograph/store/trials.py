"""Trials: named, numbered parts of a workout, how each was done and judged, and every change of them.

A trial marks a part of what is recorded; it holds no frames. It has the protocol as it was when the trial was made, and
so stays readable when the protocol changes or goes. Trials are never deleted: one that is not wanted is rejected, with
the reason. Times are µs since 1970, UTC; both ends belong to the trial.

Terms: trial (docs/glossary.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Protocol, TypeAlias, get_args

import msgspec

from barograph import protocols
from barograph.bounds import REASON, SIDES, check_text
from barograph.errors import CodecError, InvalidData
from barograph.layout_values import choice, shown, whole
from barograph.protocols.protocol import MOST_CONDITION, check_name
from barograph.texts import require_whole

State: TypeAlias = Literal["recorded", "accepted", "repeated", "rejected"]
STATES: tuple[State, ...] = get_args(State)
TRIALS, CHANGES, PROTOCOLS = 1000, 10_000, 100  # of a workout
LONGEST_US = 86_400_000_000
FOUND = 200  # characters
EDITABLE = ("start_us", "stop_us", "condition", "side", "state", "reason", "quality")


@dataclass(frozen=True)
class Quality:
    """What was found of one criterion: `met` is None where it could not be told; `found` says it in words."""

    criterion: str
    met: bool | None
    found: str = ""

    def __post_init__(self) -> None:
        choice("quality", self.criterion, tuple(protocols.CRITERIA))
        if self.met is not None and not isinstance(self.met, bool):
            raise InvalidData(f"quality: expected met as true, false or none, got {shown(self.met)}", field="quality")
        check_text("quality", self.found, FOUND)


@dataclass(frozen=True)
class NewTrial:
    """A trial that is to be made; `InvalidData` with the field for what cannot be.

    `condition` and `side` may be left out where the protocol has one alone.
    """

    protocol: protocols.Protocol
    start_us: int
    stop_us: int
    condition: str | None = None
    side: str | None = None
    state: State = "recorded"
    reason: str = ""
    quality: tuple[Quality, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "condition", _one("condition", self.condition, self.protocol.conditions or ("",)))
        object.__setattr__(self, "side", _one("side", self.side, self.protocol.sides))
        check_part(self.start_us, self.stop_us)
        check_judged(self.state, self.reason, self.quality)


@dataclass(frozen=True)
class Trial:
    """A part of a workout; `number` counts from 1 and is never given twice in a workout.

    `protocol` is its name, `held` its fields as they were. `made_by` and `changed_by` are uids of users, "" for the
    owner of the machine. A repeated trial is good and another one was asked for; a rejected one counts nowhere.
    """

    number: int
    protocol: str
    condition: str
    side: str
    start_us: int
    stop_us: int
    state: State = "recorded"
    reason: str = ""
    quality: tuple[Quality, ...] = ()
    made_us: int = 0
    made_by: str = ""
    changed_us: int = 0
    changed_by: str = ""
    held: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        whole("number", self.number)
        check_name(self.protocol)
        check_text("condition", self.condition, MOST_CONDITION)
        choice("side", self.side, SIDES)
        check_part(self.start_us, self.stop_us)
        check_judged(self.state, self.reason, self.quality)

    @property
    def step(self) -> tuple[str, str, str]:
        """Return protocol, condition and side: trials of one step share no frame."""
        return self.protocol, self.condition, self.side

    @property
    def title(self) -> str:
        """Return what the protocol is called."""
        return str(self.held.get("title") or self.protocol)

    @property
    def counts(self) -> bool:
        """Return whether it is among the trials that are used."""
        return self.state != "rejected"

    @property
    def duration_s(self) -> float:
        """Return how long it lasts."""
        return (self.stop_us - self.start_us) / 1e6

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON."""
        return asdict(self) | {"held": dict(self.held), "quality": [asdict(one) for one in self.quality]}


@dataclass(frozen=True)
class TrialChange:
    """One change of a trial: when, by whom, and what the changed fields were before; nothing when it was made."""

    number: int
    at_us: int
    by: str
    before: Mapping[str, Any]


class TrialReader(Protocol):
    """What reading asks of trials, wherever they are."""

    async def of(self, workout_id: str) -> list[Trial]:
        """Return the trials of a workout in order of time; `NotFound` or `Gone` where the workout is not there."""
        ...

    async def changes(self, workout_id: str) -> list[TrialChange]:
        """Return every change of its trials, the oldest first."""
        ...


class Trials(TrialReader, Protocol):
    """Trials of all workouts. They are erased with their workout."""

    async def add(self, workout_id: str, new: NewTrial, *, now_us: int, by: str = "") -> Trial:
        """Make a trial; the same one twice is one. `InvalidData` where one of its step has a frame of it already."""
        ...

    async def edit(
        self, workout_id: str, number: int, fields: Mapping[str, Any], *, now_us: int, by: str = ""
    ) -> Trial:
        """Change some of the fields in `EDITABLE`: move, name or judge a trial; `NotFound` where there is none.

        What was found of a part that is moved goes. `InvalidData` where one of its step has a frame of it already.
        """
        ...


def check_part(start_us: object, stop_us: object) -> None:
    """Refuse ends that are no part of a workout."""
    start, stop = require_whole("start_us", start_us), require_whole("stop_us", stop_us)
    if stop < start:
        raise InvalidData(f"stop_us: expected {start} or later, got {stop}", field="stop_us")
    if stop - start > LONGEST_US:
        expected = f"at most {LONGEST_US // 1_000_000} s after start_us"
        raise InvalidData(f"stop_us: expected {expected}, got {(stop - start) // 1_000_000} s", field="stop_us")


def check_judged(state: object, reason: object, quality: Sequence[Quality]) -> None:
    """Refuse a judgement that nobody can read later: a trial is rejected for a reason."""
    choice("state", state, STATES)
    text = check_text("reason", reason, REASON)
    if state == "rejected" and not text.strip():
        raise InvalidData(f"reason: expected 1 to {REASON} characters for a rejected trial, got none", field="reason")
    names = [one.criterion for one in quality]
    if len(set(names)) < len(names):
        raise InvalidData(f"quality: expected each criterion once, got {shown(names)}", field="quality")


def new_trial(protocol: protocols.Protocol, fields: Mapping[str, Any]) -> NewTrial:
    """Return a trial that is to be made, from JSON: `start_us`, `stop_us` and others of the fields in `EDITABLE`."""
    for name in fields:
        choice("trial", name, EDITABLE)
    for name in ("start_us", "stop_us"):
        require_whole(name, fields.get(name))
    return NewTrial(protocol, **{**fields, "quality": quality_of(fields.get("quality", []))})


def quality_of(plain: Any) -> tuple[Quality, ...]:
    """Return what was found of criteria, from JSON: `criterion`, `met` and `found` of each."""
    try:
        return tuple(msgspec.convert(plain, list[Quality]))
    except msgspec.ValidationError as error:
        raise InvalidData(f"quality: expected criterion, met and found of each: {error}", field="quality") from error


def trial_of(plain: Any) -> Trial:
    """Return a trial from JSON, as `Trial.to_dict` makes it; `CodecError` for anything else."""
    try:
        return msgspec.convert(plain, Trial)
    except msgspec.ValidationError as error:
        raise CodecError(f"trial: expected a trial: {error}", field="trial") from error


def shared(trials: Sequence[Trial]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return copies of protocols once each, and trials as JSON whose `held` is the place of theirs."""
    held: list[dict[str, Any]] = []
    plain = []
    for one in trials:
        copy = dict(one.held)
        if copy not in held:
            held.append(copy)
        plain.append(one.to_dict() | {"held": held.index(copy)})
    return held, plain


def unshared(held: Sequence[Any], plain: Sequence[Any]) -> list[Trial]:
    """Return the trials that `shared` made JSON of; `CodecError` for anything else."""
    try:
        return [trial_of({**one, "held": held[one["held"]]}) for one in plain]
    except (KeyError, IndexError, TypeError) as error:
        raise CodecError(f"trial: expected trials with places of protocols: {error}", field="trial") from error


def again(trial: Trial, offset_us: int = 0) -> NewTrial:
    """Return a trial as one that is to be made, as an import makes it, moved in time."""
    held = protocols.Protocol.from_dict(trial.protocol, trial.held)
    return NewTrial(
        held, trial.start_us + offset_us, trial.stop_us + offset_us, trial.condition, trial.side, trial.state,
        trial.reason, trial.quality,
    )  # fmt: skip


def _one(name: str, value: str | None, known: Sequence[str]) -> str:
    if value is None and len(known) == 1:
        return known[0]
    if value is None:
        raise InvalidData(f"{name}: expected one of {', '.join(known)}, got none", field=name)
    return choice(name, value, known) if known != ("",) else _none(name, value)


def _none(name: str, value: str) -> str:
    if value:
        raise InvalidData(f"{name}: expected none, as the protocol has none, got {shown(value)}", field=name)
    return value
