"""Numbers, units and times as vendors write them, taken strictly: what is doubtful is an error, never a guess."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from barograph.frames import Floats, Frames

NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\Z")
# What a number is made of. numpy's own conversion takes more: nan, inf, 1_000.
PLAIN = str.maketrans("²₂³µ∕⁄", "223u//")
DIGITS = re.compile(r"[-+0-9.eE]+\Z")
MM_PER_UNIT = {"mm": 1.0, "millimeter": 1.0, "cm": 10.0, "centimeter": 10.0, "in": 25.4, "inch": 25.4}
MM2_PER_UNIT = {"mm2": 1.0, "cm2": 100.0, "in2": 645.16}
# Spellings of units of pressure, in lower case, without blanks, dots, brackets, carets and with plain digits.
UNITS = {
    "kpa": "kPa", "kilopascal": "kPa", "kn/m2": "kPa", "raw": "raw", "counts": "raw", "count": "raw", "pa": "Pa",
    "n/m2": "Pa", "hpa": "mbar", "mpa": "MPa", "n/mm2": "MPa", "psi": "psi", "lbf/in2": "psi", "lb/in2": "psi",
    "mmhg": "mmHg", "torr": "mmHg", "n/cm2": "N/cm2", "bar": "bar", "mbar": "mbar", "kg/cm2": "kg/cm2",
    "kgf/cm2": "kg/cm2", "kp/cm2": "kg/cm2", "g/cm2": "g/cm2", "gf/cm2": "g/cm2", "inh2o": "inH2O", "cmh2o": "cmH2O",
}  # fmt: skip


def pressure_unit(text: str) -> str:
    """Return a unit of pressure, or raw, as a Layout names it, from any of its usual spellings; else `KeyError`."""
    plain = re.sub(r"sq\.?\s*(mm|cm|m|in)\b", r"\g<1>2", text.translate(PLAIN).lower().replace("**", ""))
    return UNITS[re.sub(r"[\s.^()\[\]\"'_]", "", plain)]


def decimal_comma(text: str) -> str:
    """Return `5,25` as `5.25`, and anything else as it is."""
    return text.replace(",", ".") if re.match(r"\s*[+-]?\d*,\d+\s*\Z", text) else text


def number(text: str) -> float:
    """Return a finite number with a decimal point, or `ValueError`; nothing else that Python takes for one."""
    value = float(text) if NUMBER.match(text) else np.nan
    if not np.isfinite(value):
        raise ValueError(text)
    return value


def numbers(values: Sequence[str]) -> Floats:
    """Return all of them as float64, or `ValueError` with the first that is no number with a decimal point."""
    if all(map(DIGITS.match, values)):
        try:
            found = np.array(values, np.float64)
        except ValueError:
            found = np.array([np.nan])
        if np.isfinite(found).all():
            return found
    return np.array([number(text) for text in values])


def count(text: str) -> int:
    """Return a whole number of 1 or more, or `ValueError`."""
    if not re.match(r"[1-9][0-9]{0,8}\Z", text):
        raise ValueError(text)
    return int(text)


def seconds(text: str, most: int = 86_400) -> Decimal:
    """Return a time above 0 and not beyond `most`, exact, or `ValueError`."""
    number(text)
    value = Decimal(text)
    if not 0 < value <= most:
        raise ValueError(text)
    return value


def quantity(text: str, units: Mapping[str, float]) -> float:
    """Convert `5.08 mm` to the unit whose factor is 1, or raise an error (`ValueError`, `KeyError`)."""
    amount, unit = text.split()
    unit = unit.lower().replace("²", "2").replace("metre", "meter")
    factor = units[unit] if unit in units else units[unit.removesuffix("s").removesuffix("e")]
    value = round(number(amount) * factor, 9)
    if not 0 < value < 1e6:
        raise ValueError(text)
    return value


def smallest(cells: NDArray[np.float64]) -> Frames:
    """Return values as float32 where every value survives it, else as they are."""
    with np.errstate(over="ignore"):
        small = cells.astype("<f4")
    return small if np.array_equal(small, cells, equal_nan=True) else cells


def since_1970_us(moment: datetime) -> int:
    """Return µs since 1970 of a time without a zone, taken as UTC."""
    return (moment.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
