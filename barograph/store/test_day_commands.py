"""What may be asked of a test day: one type for each command, read from JSON.

`key` names a command: who had no answer asks again with the same key, and it is done once. `station` names the place
that does it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias, get_args

import msgspec

from barograph.bounds import REASON, check_text
from barograph.errors import InvalidData
from barograph.layout_values import choice
from barograph.store.test_days import MOST_KEY, Order


class _Command(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="command"):
    key: str = ""

    def __post_init__(self) -> None:
        check_text("key", self.key, MOST_KEY)


class AddAthletes(_Command, frozen=True, tag="add_athletes", kw_only=True):
    """Put athletes at the end of the queue; one who left waits again."""

    athletes: list[str]


class RemoveAthlete(_Command, frozen=True, tag="remove_athlete", kw_only=True):
    """Take an athlete out of the queue; of whom something was recorded stays, as left."""

    athlete: str


class Move(_Command, frozen=True, tag="move", kw_only=True):
    """Move an athlete to a place in the queue, counted from 0."""

    athlete: str
    to: int


class Arrange(_Command, frozen=True, tag="arrange", kw_only=True):
    """Go by athlete (all tests of one, then the next) or by test."""

    order: Order


class ChooseProtocols(_Command, frozen=True, tag="choose_protocols", kw_only=True):
    """Choose protocols in the order in which they are done."""

    protocols: list[str]


class AddStation(_Command, frozen=True, tag="station_add", kw_only=True):
    """Add a station."""

    station: str


class RemoveStation(_Command, frozen=True, tag="station_remove", kw_only=True):
    """Take a station away."""

    station: str


class LinkStation(_Command, frozen=True, tag="station_link", kw_only=True):
    """Say which streams of which workout a station has; none of "" unlinks it."""

    station: str
    workout_id: str
    devices: list[str] = []


class Choose(_Command, frozen=True, tag="choose", kw_only=True):
    """Choose whose trial is next at a station, and which; condition and side may be left out where there is one."""

    station: str
    athlete: str
    protocol: int
    condition: str | None = None
    side: str | None = None


class Next(_Command, frozen=True, tag="next", kw_only=True):
    """Choose what the order of the day has next at a station."""

    station: str


class Start(_Command, frozen=True, tag="start", kw_only=True):
    """Begin the countdown; `flagged` says which check was not met.

    `at_us` is when it was asked for, by the server's clock.
    """

    station: str
    flagged: str = ""
    at_us: int | None = None


class StartOver(_Command, frozen=True, tag="start_over", kw_only=True):
    """Go back to setup; what runs is kept as a rejected trial."""

    station: str


class Stop(_Command, frozen=True, tag="stop", kw_only=True):
    """End the trial; `at_us` is when it was asked for, by the server's clock."""

    station: str
    at_us: int | None = None


class Judge(_Command, frozen=True, tag="judge", kw_only=True):
    """Judge the trial under review; `part` says which one was looked at."""

    station: str
    decision: Literal["accept", "repeat", "reject"]
    reason: str = ""
    part: int = 0


class Rejudge(_Command, frozen=True, tag="rejudge", kw_only=True):
    """Judge a part otherwise that was judged before."""

    part: int
    decision: Literal["accept", "repeat", "reject"]
    reason: str = ""


class Pause(_Command, frozen=True, tag="pause", kw_only=True):
    """Let a station wait; a countdown ends."""

    station: str


class Resume(_Command, frozen=True, tag="resume", kw_only=True):
    """Go on at a station."""

    station: str


Command: TypeAlias = (
    AddAthletes | RemoveAthlete | Move | Arrange | ChooseProtocols | AddStation | RemoveStation | LinkStation
    | Choose | Next | Start | StartOver | Stop | Judge | Rejudge | Pause | Resume
)  # fmt: skip
NAMES: tuple[str, ...] = tuple(str(one.__struct_config__.tag) for one in get_args(Command))


def command_of(plain: Any) -> Command:
    """Return a command from JSON: `command`, `key`, and what it takes; `InvalidData` for anything else."""
    if not isinstance(plain, Mapping):
        raise InvalidData("command: expected an object with command and what it takes", field="command")
    choice("command", plain.get("command"), NAMES)
    try:
        made: Command = msgspec.convert(plain, Command)
    except msgspec.ValidationError as error:
        raise InvalidData(f"{plain['command']}: {error}", field="command") from error
    check_text("reason", getattr(made, "reason", ""), REASON)
    return made
