"""What turns a stored value into a measured one where a straight line does not: one curve for all cells, or one a cell.

The order of a calibration is: stored value, times the cell's factor, through the curve, times the scale. Sensors that
are made of a resistive layer bend: Brimacombe et al. (2009, J Biomech Eng 131) found errors of up to 24 % with a line,
2.7 % with a power law and 0.6 % with a cubic.

Terms: curve (docs/glossary.md).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from barograph.by_value import ByValue
from barograph.errors import InvalidData
from barograph.layout_values import choice, number, shown

Floats = NDArray[np.float64]
KINDS = ("polynomial", "power", "exponential", "table")
MOST_POINTS = 256  # of a table
HALVINGS = 60  # more than a float64 has digits
_NUMBERS = {"polynomial": "2 to 4 numbers, c0 + c1 x + c2 x² + c3 x³", "power": "2 numbers, a x^b",
            "exponential": "3 numbers, a e^(b x) + c",
            "table": f"2 to {MOST_POINTS} points, each x and y"}  # fmt: skip

_LENGTHS = {"polynomial": (2, 4), "power": (2, 2), "exponential": (3, 3), "table": (4, 2 * MOST_POINTS)}


@dataclass(frozen=True, kw_only=True, eq=False)
class Curve(ByValue):
    """A curve that rises all the way, or falls all the way.

    `numbers` has one row for all cells or one for each: of a "polynomial" c0, c1, c2, c3, of a "power" a and b of
    a·x^b, of an "exponential" a, b and c of a·e^(b·x) + c, of a "table" its points x0, y0, x1, y1, … by rising x,
    with lines between them. It holds from 0, a table from its first point: what is less reads as that. Beyond
    `until`, and beyond the last point of a table, nothing is known: a cell has no value there.
    """

    kind: Literal["polynomial", "power", "exponential", "table"]
    numbers: tuple[tuple[float, ...], ...]
    until: float | None = None

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        choice("curve.kind", self.kind, KINDS)
        set_(self, "numbers", self._checked_numbers())
        if self.until is not None:
            if self.kind == "table":
                raise _wrong("until", "none of a table, which ends with its last point", shown(self.until))
            set_(self, "until", number("curve.until", self.until, positive=True))
        if self.kind == "table" or self.until is not None:
            self.check_until(math.inf)

    def _checked_numbers(self) -> tuple[tuple[float, ...], ...]:
        given = self.numbers
        if not isinstance(given, Sequence | np.ndarray) or isinstance(given, str) or not len(given):
            raise _wrong("numbers", "a list of numbers, or one for each cell", shown(given))
        rows = given if isinstance(given[0], Sequence | np.ndarray) and not isinstance(given[0], str) else (given,)
        return tuple(self._checked_row(place, row) for place, row in enumerate(rows))

    def _checked_row(self, place: int, row: object) -> tuple[float, ...]:
        where = f"curve.numbers[{place}]"
        least, most = {"polynomial": (2, 4), "power": (2, 2), "exponential": (3, 3)}.get(
            self.kind, (4, 2 * MOST_POINTS)
        )
        if not isinstance(row, Sequence | np.ndarray) or isinstance(row, str) or not least <= len(row) <= most:
            raise _wrong(f"numbers[{place}]", _NUMBERS[self.kind], shown(row))
        made = tuple(number(where, value) for value in row)
        if self.kind == "table":
            if len(made) % 2:
                raise _wrong(f"numbers[{place}]", _NUMBERS["table"], f"{len(made)} numbers")
            for before, x in zip(made[::2], made[2::2], strict=False):
                if x <= before:
                    raise _wrong(f"numbers[{place}]", "points by rising x", f"{x:g} after {before:g}")
        return made

    @property
    def count(self) -> int:
        """How many numbers it has."""
        return sum(map(len, self.numbers))

    @property
    def per_cell(self) -> bool:
        """True when each cell has a curve of its own."""
        return len(self.numbers) > 1

    @cached_property
    def falling(self) -> bool:
        """True when more of what is stored is less of what is measured."""
        return bool(self._directions[0] < 0)

    @cached_property
    def ends(self) -> Floats:
        """(1,) or (cells,) the last x that has a value; infinite where nothing says it."""
        if self.kind == "table":
            return np.array([row[-2] for row in self.numbers])
        return np.full(len(self.numbers), math.inf if self.until is None else self.until)

    @cached_property
    def _coefficients(self) -> Floats:
        """(4, 1) or (4, cells) of what is no table, with zeros where there are fewer."""
        out = np.zeros((4, len(self.numbers)))
        for place, row in enumerate(self.numbers):
            out[: len(row), place] = row
        return out

    @property
    def ended(self) -> bool:
        """True when there is an x beyond which nothing is known."""
        return bool(np.isfinite(self.ends).all())

    def check_for(self, cells: int, most: float) -> None:
        """Refuse a curve of another number of cells, and one that turns before `most`, the largest x there can be."""
        if self.per_cell and len(self.numbers) != cells:
            raise _wrong("numbers", f"one for all cells or for each of {cells}", str(len(self.numbers)))
        if not self.ended:
            self.check_until(most)

    def check_until(self, most: float) -> None:
        """Refuse a curve that turns between its first x and `most`, or its own end, or is level all the way.

        Raises
        ------
        InvalidData
            With the cell and the x where it turns.
        """
        far = np.minimum(self.ends, most)
        turns, directions = self._turns(far), self._directions
        if (at := np.flatnonzero(~np.isnan(turns))).size:
            cell = int(at[0])
            to = f" to {far[cell]:g}" if math.isfinite(far[cell]) else ""
            got = f"one that turns at {turns[cell]:.6g}"
            raise _wrong(f"numbers[{cell}]", f"a curve that only rises or only falls{to}", got)
        if (at := np.flatnonzero(directions == 0)).size:
            raise _wrong(f"numbers[{at[0]}]", "a curve that rises or falls", "a level one")
        if (at := np.flatnonzero(directions != directions[0])).size:
            raise _wrong(f"numbers[{at[0]}]", "all cells to rise or all to fall", "one of each")
        if np.isfinite(far).all() and (at := np.flatnonzero(~np.isfinite(self.of(far[None])[0]))).size:
            raise _wrong(f"numbers[{at[0]}]", f"finite values up to {far[at[0]]:g}", "one that is not")

    @cached_property
    def _directions(self) -> NDArray[np.int64]:
        """(1,) or (cells,) 1 of a curve that rises, −1 of one that falls, 0 of a level one; none of them turns."""
        if self.kind == "table":
            return np.array([np.sign(row[-1] - row[1]) for row in self.numbers], np.int64)
        a, b, c, d = self._coefficients
        if self.kind == "power":
            return np.asarray(np.sign(np.where(b != 0.0, a, 0.0)), np.int64)
        if self.kind == "exponential":
            return np.asarray(np.sign(a) * np.sign(b), np.int64)
        first = np.where(b != 0.0, b, np.where(c != 0.0, c, d))
        return np.asarray(np.sign(first), np.int64)

    def _turns(self, far: Floats) -> Floats:
        """(1,) or (cells,) the first x before `far` at which a curve turns; NaN where it does not."""
        if self.kind == "table":
            return np.array([_table_turn(row) for row in self.numbers])
        if self.kind == "exponential":
            return np.full(len(self.numbers), np.nan)
        if self.kind == "power":  # below 0 it has no value at 0
            return np.where(self._coefficients[1] < 0.0, 0.0, np.nan)
        # The slope is b + 2 c x + 3 d x²; it changes its sign at simple roots alone.
        _, b, c, d = self._coefficients
        with np.errstate(all="ignore"):
            root = np.sqrt(4.0 * c * c - 12.0 * d * b)
            both = np.array([(-2.0 * c - root) / (6.0 * d), (-2.0 * c + root) / (6.0 * d)])
            both = np.where(root > 0.0, both, np.nan)
            both[0] = np.where(d == 0.0, -b / (2.0 * c), both[0])
            both[1] = np.where(d == 0.0, np.nan, both[1])
        both[~((both > 0.0) & (both < far))] = np.nan
        return np.asarray(np.fmin.reduce(both))

    def taken(self, which: Sequence[int] | NDArray[np.intp]) -> Curve:
        """Return the curve of some cells."""
        if not self.per_cell:
            return self
        return Curve(kind=self.kind, numbers=tuple(self.numbers[place] for place in which), until=self.until)

    def of(self, x: Floats) -> Floats:
        """Return the curve's values at x, (n, cells); NaN where x is beyond the end."""
        out = self._table(x) if self.kind == "table" else self._formula(np.maximum(x, 0.0))
        if self.ended:
            out[x > self.ends] = np.nan
        return out

    def _formula(self, x: Floats) -> Floats:
        a, b, c, d = self._coefficients
        with np.errstate(over="ignore"):  # a value beyond float64 is infinite, as its sum would be
            if self.kind == "power":
                return np.asarray(a * np.power(x, b))
            if self.kind == "exponential":
                return np.asarray(a * np.exp(b * x) + c)
            return np.asarray(a + x * (b + x * (c + x * d)))

    def _table(self, x: Floats) -> Floats:
        if not self.per_cell:
            row = self.numbers[0]
            return np.asarray(np.interp(x, row[::2], row[1::2]))
        out = np.empty(x.shape)
        for cell, row in enumerate(self.numbers):
            out[..., cell] = np.interp(x[..., cell], row[::2], row[1::2])
        return out

    def inverse(self, values: Floats, low: Floats, high: Floats) -> Floats:
        """Return (n, cells) the x between `low` and `high` at which the curve has these values; NaN of NaN."""
        below, above = np.array(low, np.float64), np.array(high, np.float64)
        for _ in range(HALVINGS):
            middle = below + (above - below) / 2.0
            less = (self.of(middle) > values) != self.falling
            below, above = np.where(less, below, middle), np.where(less, middle, above)
        return np.where(np.isnan(values), np.nan, below + (above - below) / 2.0)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        out: dict[str, Any] = {"kind": self.kind, "numbers": [list(row) for row in self.numbers]}
        return out if self.until is None else {**out, "until": self.until}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Curve:
        """Make a Curve from JSON values; unknown fields are ignored, wrong ones raise `InvalidData`."""
        if not isinstance(data, Mapping) or not {"kind", "numbers"} <= data.keys():
            raise _wrong("kind", "an object with kind and numbers", shown(data))
        known = {item.name for item in fields(cls)}
        return cls(**{name: value for name, value in data.items() if name in known})

    def __repr__(self) -> str:
        """Its formula, or how many there are."""
        return f"Curve({self.said!r})"

    @property
    def said(self) -> str:
        """What it is in words, with few numbers: `0.1 x^1.16`, `a table of 3 points`, `a power law for each cell`."""
        kinds = {"power": "power law", "exponential": "exponential curve"}
        if self.per_cell:
            return f"a {kinds.get(self.kind, self.kind)} for each cell".replace("a exp", "an exp")
        row = self.numbers[0]
        end = "" if self.until is None else f" until {self.until:g}"
        if self.kind == "table":
            return f"a table of {len(row) // 2} points"
        if self.kind == "power":
            return f"{row[0]:.6g} x^{row[1]:.6g}{end}"
        if self.kind == "exponential":
            return f"{row[0]:.6g} e^({row[1]:.6g} x) {row[2]:+.6g}{end}"
        terms = (f"{value:+.6g}{power}" for value, power in zip(row, ("", " x", " x²", " x³"), strict=False) if value)
        return " ".join(terms).removeprefix("+") + end


def _table_turn(row: Sequence[float]) -> float:
    steps = np.diff(row[1::2])
    wrong = np.flatnonzero(steps * np.sign(row[-1] - row[1]) < 0)
    return float(row[2 * int(wrong[0])]) if len(wrong) else math.nan


def _wrong(field: str, expected: str, got: str) -> InvalidData:
    return InvalidData(f"curve.{field}: expected {expected}, got {got[:60]}", field=f"curve.{field.partition('[')[0]}")
