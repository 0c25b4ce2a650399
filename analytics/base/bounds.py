"""Bounds of parameters: a number outside of them is refused with its name, what was expected, and what came."""

from __future__ import annotations

import math
from numbers import Real

from barograph.errors import InvalidData


def number(
    name: str,
    value: object,
    *,
    above: float | None = None,
    least: float | None = None,
    below: float | None = None,
    most: float | None = None,
    unit: str = "",
    expected: str = "",
) -> float:
    """Check a finite number, `above` < value or `least` ≤ value, value < `below` or value ≤ `most`.

    `expected` says the bounds in other words.

    Raises
    ------
    InvalidData
        When it is none, NaN, infinite or outside of the bounds, which the message says.
    """
    at = _finite(value)
    inside = (
        math.isfinite(at)
        and (above is None or at > above)
        and (least is None or at >= least)
        and (below is None or at < below)
        and (most is None or at <= most)
    )
    if not inside:
        said = expected or _expected(above, least, below, most, unit)
        raise InvalidData(f"{name}: expected {said}, got {value!r}", field=name)
    return at


def given(name: str, value: float | None, *, least: float) -> None:
    """Check a number of `least` or more where one is given, as `number`."""
    if value is not None:
        number(name, value, least=least)


def whole(name: str, value: object, least: int, most: int | None = None, *, expected: str = "") -> int:
    """Check a whole number from `least` to `most`; else `InvalidData`, as `number`."""
    at = _finite(value)
    if not at.is_integer() or at < least or (most is not None and at > most):
        said = expected or f"a whole number of {least} or more{'' if most is None else f' and at most {most}'}"
        raise InvalidData(f"{name}: expected {said}, got {value!r}", field=name)
    return int(at)


def _finite(value: object) -> float:
    """The number, or NaN of what is none."""
    at = float(value) if isinstance(value, Real) and not isinstance(value, bool) else math.nan
    return at if math.isfinite(at) else math.nan


def _expected(above: float | None, least: float | None, below: float | None, most: float | None, unit: str) -> str:
    of = f" {unit}" if unit else ""
    if above is not None and below is not None:
        return f"a number between {above:g} and {below:g}{of}"
    low = f"above {above:g}" if above is not None else f"of {least:g} or more" if least is not None else ""
    high = f"below {below:g}" if below is not None else f"at most {most:g}" if most is not None else ""
    limits = " and ".join(part for part in (low, high) if part)
    return f"a number {limits}{of}" if limits else f"a finite number{of}"
