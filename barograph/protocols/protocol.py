"""One protocol as a plain value, and the text it is read from (TOML).

Terms: protocol (docs/glossary.md).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from barograph.bounds import NOTES, SIDES, check_notes, check_range, check_text
from barograph.errors import InvalidData
from barograph.file_versions import FIRST, version_of
from barograph.layout_values import choice, number, shown
from barograph.protocols.criteria import Criterion, criterion

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")
VERSION = 1  # of the text
MOST_NAME, MOST_TITLE, MOST_CONDITION, MOST_MEASURE = 60, 100, 100, 100  # characters
CONDITIONS, TRIALS, MEASURES = 20, 100, 50
MOST_S, MOST_COUNTDOWN_S, MOST_REST_S = 86_400.0, 60.0, 3600.0
FIELDS = (
    "title", "instructions", "conditions", "sides", "trials", "duration_s", "countdown_s", "rest_s", "criteria",
    "measures",
)  # fmt: skip


@dataclass(frozen=True)
class Protocol:
    """How a test is done. `InvalidData` with the field for what cannot be.

    `trials` are wanted of each condition and side. `duration_s` is None where a trial ends by hand. `measures` are
    columns (docs/reference.md), the one that matters most first.
    """

    name: str
    title: str
    instructions: str
    conditions: tuple[str, ...] = ()
    sides: tuple[str, ...] = ("both",)
    trials: int = 1
    duration_s: float | None = None
    countdown_s: float = 3.0
    rest_s: float = 0.0
    criteria: tuple[Criterion, ...] = ()
    measures: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_name(self.name)
        check_text("title", self.title, MOST_TITLE, 1)
        if not check_notes("instructions", self.instructions).strip():
            raise InvalidData(f"instructions: expected 1 to {NOTES} characters, got none", field="instructions")
        _check_list("conditions", self.conditions, CONDITIONS, MOST_CONDITION)
        _check_list("measures", self.measures, MEASURES, MOST_MEASURE)
        _check_list("sides", self.sides, len(SIDES), MOST_CONDITION)
        if not self.sides:
            raise InvalidData(f"sides: expected some of {', '.join(SIDES)}, got none", field="sides")
        for side in self.sides:
            choice("sides", side, SIDES)
        if isinstance(self.trials, bool) or not isinstance(self.trials, int):
            raise InvalidData(f"trials: expected a whole number, got {shown(self.trials)}", field="trials")
        check_range("trials", self.trials, 1, TRIALS)
        if self.duration_s is not None:
            check_range("duration_s", number("duration_s", self.duration_s), 0.1, MOST_S)
        check_range("countdown_s", number("countdown_s", self.countdown_s), 0.0, MOST_COUNTDOWN_S)
        check_range("rest_s", number("rest_s", self.rest_s), 0.0, MOST_REST_S)
        if self.duration_s is None and any(one.name == "duration_reached" for one in self.criteria):
            expected = "a number of seconds with the criterion duration_reached"
            raise InvalidData(f"duration_s: expected {expected}, got none", field="duration_s")

    @property
    def steps(self) -> list[tuple[str, str]]:
        """Return condition and side of each step, in the order in which they are done; "" without conditions."""
        return [(condition, side) for condition in self.conditions or ("",) for side in self.sides]

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values, as `from_dict` and TOML have them, with all limits."""
        said = {name: getattr(self, name) for name in FIELDS if getattr(self, name) is not None}
        said |= {name: list(said[name]) for name in ("conditions", "sides", "measures")}
        return said | {"criteria": {one.name: dict(one.limits) for one in self.criteria}}

    @classmethod
    def from_dict(cls, name: str, said: Mapping[str, Any]) -> Protocol:
        """Return a protocol of plain values; `InvalidData` names the field that is unknown, missing or wrong."""
        for field in said:
            choice("protocol", field, FIELDS)
        for field in ("title", "instructions"):
            if field not in said:
                raise InvalidData(f"{field}: expected a text, got none", field=field)
        values = dict(said)
        for field in ("conditions", "sides", "measures"):
            if field in values:
                values[field] = _texts(field, values[field])
        found = values.pop("criteria", {})
        if not isinstance(found, Mapping):
            raise InvalidData(f"criteria: expected a table of each, got {shown(found)}", field="criteria")
        return cls(name, **values, criteria=tuple(criterion(each, limits) for each, limits in found.items()))


def loads(name: str, text: str) -> Protocol:
    """Return the protocol of a TOML text; `InvalidData` with line and column where it is not TOML."""
    return Protocol.from_dict(name, parsed(text))


def parsed(text: str) -> dict[str, Any]:
    """Return the fields of a TOML text as they stand, right or wrong, without its version; `InvalidData` as of `loads`.

    >>> parsed("trials = 0")
    {'trials': 0}
    """
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidData(f"protocol: expected TOML: {error}", field="protocol") from error
    version_of(said.pop("version", FIRST), VERSION)
    return said


def check_name(name: object) -> str:
    """Return a name of small letters, digits and hyphens between them, else `InvalidData`."""
    if not isinstance(name, str) or len(name) > MOST_NAME or not NAME.fullmatch(name):
        expected = f"1 to {MOST_NAME} small letters, digits and hyphens between them"
        raise InvalidData(f"name: expected {expected}, got {shown(name)}", field="name")
    return name


def _texts(field: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise InvalidData(f"{field}: expected a list of texts, got {shown(value)}", field=field)
    return tuple(value)


def _check_list(field: str, values: Sequence[object], most: int, letters: int) -> None:
    if len(values) > most:
        raise InvalidData(f"{field}: expected at most {most}, got {len(values)}", field=field)
    for index, value in enumerate(values):
        check_text(f"{field}[{index}]", value, letters, 1)
    if len(set(values)) < len(values):
        raise InvalidData(f"{field}: expected each once, got {shown(list(values))}", field=field)
