"""What the fields of a layout may be: plain values, or an error that names field and reason."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from barograph.errors import InvalidData

MOST_SHOWN = 60  # characters of a wrong value


def number(name: str, value: object, *, positive: bool = False, least: float = -math.inf) -> float:
    """Return a finite number as a float."""
    found = math.nan
    if isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool):
        with suppress(OverflowError):
            found = float(value)
    if not math.isfinite(found):
        raise InvalidData(f"{name}: expected a finite number, got {shown(value)}", field=name)
    if found < least:
        raise InvalidData(f"{name}: expected a number of {least:g} or more, got {shown(value)}", field=name)
    if positive and found <= 0:
        raise InvalidData(f"{name}: expected a number above 0, got {shown(value)}", field=name)
    return found


def shown(value: object) -> str:
    """Return a value for an error: a number as it is written, whatever type it has, and nothing long."""
    try:
        text = str(value) if isinstance(value, np.number) else repr(value)
    except ValueError:  # an integer of more digits than Python likes to write
        text = "a number of thousands of digits"
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}..."


def whole(name: str, value: object) -> int:
    """Return a whole number of 1 or more."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise InvalidData(f"{name}: expected a whole number of 1 or more, got {shown(value)}", field=name)
    return int(value)


def pair(name: str, value: object, *, positive: bool = False) -> tuple[float, float]:
    """Return x and y as floats."""
    if not isinstance(value, Sequence | np.ndarray) or isinstance(value, str) or len(value) != 2:
        raise InvalidData(f"{name}: expected [x, y], got {shown(value)}", field=name)
    return number(name, value[0], positive=positive), number(name, value[1], positive=positive)


def choice(name: str, value: object, choices: Sequence[str]) -> str:
    """Return one of some words."""
    if not isinstance(value, str) or value not in choices:
        raise InvalidData(f"{name}: expected one of {', '.join(choices)}, got {shown(value)}", field=name)
    return str(value)


def dtype_name(value: object) -> object:
    """Return the name of a dtype that was given as numpy has it, like np.uint16; anything else as it is."""
    if isinstance(value, np.dtype) or (isinstance(value, type) and issubclass(value, np.generic)):
        return np.dtype(value).name
    return value


def row_major(name: str, given: object, expected: str, shape: tuple[int, int]) -> list[Any]:
    """Return one entry per cell of a sequence, or of an array (cells,) or (rows, cols) of that shape."""
    rows, cells = shape[0], shape[0] * shape[1]
    flat = given if isinstance(given, Sequence) and not isinstance(given, str) else None
    if flat is None and hasattr(given, "__array__"):
        array = np.asarray(given)
        flat = array.ravel().tolist() if array.shape in ((cells,), shape) else None
    elif flat and len(flat) == rows and all(isinstance(row, Sequence | np.ndarray) for row in flat):
        flat = [value for row in flat for value in row]
    if flat is None or len(flat) != cells:
        came = f"shape {np.shape(given)}" if hasattr(given, "__array__") else shown(given)
        raise InvalidData(f"{name}: expected {expected}, row-major or as rows, got {came}", field=name)
    return list(flat)
