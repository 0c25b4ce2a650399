"""A published reference band as a plain value, and the text it is read from (TOML): values with their source.

Values stand as they were published: percentiles, or a mean and an SD. Nothing here was measured by this lab.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from barograph.bounds import KIND, SEXES, check_notes, check_text
from barograph.errors import InvalidData
from barograph.file_versions import FIRST, version_of
from barograph.layout_values import choice, number, shown, whole
from barograph.norms.cohort import SENSOR, WOMEN, Age, age_range, same_text, years_said

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")
VERSION = 1  # of the text
MOST_NAME, MOST_TITLE, MOST_SOURCE, MOST_MEASURES = 60, 100, 1000, 200
TEXTS = ("title", "source", "population", "protocol", "device")
LISTS = ("kinds", "sensors")
FIELDS = (*TEXTS, "doi", "n", *LISTS, "sex", "age", "sport", "measures")
PERCENTILES = ("p5", "p25", "p50", "p75", "p95")
Z = {"p5": -1.644854, "p25": -0.674490, "p50": 0.0, "p75": 0.674490, "p95": 1.644854}  # quantiles of a normal curve
DOI = re.compile(r"10\.\d{4,9}/\S+\Z")


@dataclass(frozen=True)
class Value:
    """A band of one measure in its unit; `normal` where it was made of a published mean and SD."""

    unit: str
    percentiles: tuple[float, float, float, float, float]  # of `PERCENTILES`, NaN where none was published
    normal: bool = False


@dataclass(frozen=True)
class Published:
    """A published band. `InvalidData` with the field for what cannot be.

    `n` people of `population` were measured with `device` by `protocol`. `kinds` are the kinds of session, and
    `sensors` the kinds of sensor (`insole`, or `insole 1 × 99 pedar`) that it may stand beside. `measures` are by name.
    """

    name: str
    title: str
    source: str
    population: str
    protocol: str
    device: str
    n: int
    kinds: tuple[str, ...]
    sensors: tuple[str, ...]
    measures: Mapping[str, Value]
    doi: str = ""
    sex: str = ""
    age: Age | None = None
    sport: str = ""

    def __post_init__(self) -> None:
        check_name(self.name)
        check_text("title", self.title, MOST_TITLE, 1)
        for field in TEXTS[1:]:
            check_notes(field, getattr(self, field))
            check_text(field, getattr(self, field).replace("\n", " "), MOST_SOURCE, 1)
        if self.doi and not DOI.match(self.doi):
            raise InvalidData(f"doi: expected one as 10.1000/182, got {shown(self.doi)}", field="doi")
        whole("n", self.n)
        for field, most in (("kinds", KIND), ("sensors", SENSOR)):
            if not getattr(self, field):
                raise InvalidData(f"{field}: expected one or more, got none", field=field)
            for text in getattr(self, field):
                check_text(field, text, most, 1)
        choice("sex", self.sex, SEXES)
        check_text("sport", self.sport, KIND)
        if not 0 < len(self.measures) <= MOST_MEASURES:
            expected = f"a table of 1 to {MOST_MEASURES} measures"
            raise InvalidData(f"measures: expected {expected}, got {len(self.measures)}", field="measures")

    @property
    def people(self) -> str:
        """Whom it is of by sex, age and sport, in words."""
        young = self.age is not None and self.age[1] < 18
        who = WOMEN[self.sex][young] if self.sex else ""
        return ", ".join(text for text in (who, years_said(self.age), self.sport) if text)

    def mismatch(self, kind: str, sensor: str) -> str:
        """Return why it may not stand beside sessions of a kind and a sensor, "" where it may."""
        if not any(same_text(kind, one) for one in self.kinds):
            return f"it is of {' or '.join(self.kinds)}, these sessions are of {kind or 'no kind'}"
        if not any(_covers(one, sensor) for one in self.sensors):
            return f"it is of {' or '.join(self.sensors)}, these sessions are of {sensor or 'no sensor'}"
        return ""


def _covers(said: str, sensor: str) -> bool:
    """Whether a kind of sensor is the one that was said, or one of that kind where a kind alone was."""
    plain = said.replace(" x ", " × ")
    return same_text(plain, sensor) or (" " not in plain.strip() and same_text(plain, sensor.partition(" ")[0])
                                        and ", " not in sensor)  # fmt: skip


def loads(name: str, text: str) -> Published:
    """Return the published band of a TOML text; `InvalidData` with line and column where it is not TOML."""
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidData(f"norms: expected TOML: {error}", field="norms") from error
    version_of(said.pop("version", FIRST), VERSION)
    return from_dict(name, said)


def from_dict(name: str, said: Mapping[str, Any]) -> Published:
    """Return a published band of plain values; `InvalidData` names the field that is unknown, missing or wrong."""
    for field in said:
        choice("norms", field, FIELDS)
    for field in (*TEXTS, "n", *LISTS, "measures"):
        if field not in said:
            raise InvalidData(f"{field}: expected one, got none", field=field)
    values = dict(said)
    for field in LISTS:
        values[field] = _texts(field, values[field])
    values["age"] = age_range(values.get("age", ""))
    measures = values["measures"]
    if not isinstance(measures, Mapping):
        raise InvalidData(f"measures: expected a table of each, got {shown(measures)}", field="measures")
    values["measures"] = {str(each): _value(f"measures.{each}", one) for each, one in measures.items()}
    return Published(name, **values)


def _value(field: str, said: object) -> Value:
    if not isinstance(said, Mapping):
        raise InvalidData(f"{field}: expected a table of values, got {shown(said)}", field=field)
    for key in said:
        choice(field, key, ("unit", "mean", "sd", *PERCENTILES))
    unit = check_text(f"{field}.unit", said.get("unit"), KIND)
    numbers = {key: number(f"{field}.{key}", value) for key, value in said.items() if key != "unit"}
    if "mean" in numbers or "sd" in numbers:
        if set(numbers) != {"mean", "sd"} or numbers["sd"] <= 0:
            raise InvalidData(f"{field}: expected mean and sd above 0 alone, got {', '.join(numbers)}", field=field)
        p5, p25, p50, p75, p95 = (numbers["mean"] + Z[one] * numbers["sd"] for one in PERCENTILES)
        return Value(unit, (p5, p25, p50, p75, p95), normal=True)
    known = [numbers[one] for one in PERCENTILES if one in numbers]
    if {"p5", "p95"} - set(numbers) and {"p25", "p75"} - set(numbers):
        expected, got = "p5 and p95, p25 and p75, or mean and sd", ", ".join(numbers) or "none"
        raise InvalidData(f"{field}: expected {expected}, got {got}", field=field)
    if known != sorted(known) or known[0] == known[-1]:
        raise InvalidData(f"{field}: expected percentiles that grow, got {shown(known)}", field=field)
    p5, p25, p50, p75, p95 = (numbers.get(one, float("nan")) for one in PERCENTILES)
    return Value(unit, (p5, p25, p50, p75, p95))


def check_name(name: object) -> str:
    """Return a name of small letters, digits and hyphens between them, else `InvalidData`."""
    if not isinstance(name, str) or len(name) > MOST_NAME or not NAME.match(name):
        expected = f"1 to {MOST_NAME} small letters, digits and hyphens between them"
        raise InvalidData(f"name: expected {expected}, got {shown(name)}", field="name")
    return name


def _texts(field: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str) or not all(isinstance(one, str) for one in value):
        raise InvalidData(f"{field}: expected a list of texts, got {shown(value)}", field=field)
    return tuple(value)
