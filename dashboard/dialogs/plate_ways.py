"""Fields of the dialog that says where plates lie: one name for each number of each plate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NUMBERS = ("x_mm", "y_mm", "turn_deg")
BETWEEN = "|"  # no stream has it at the end of a number's name


def name_of(number: str, stream: str) -> str:
    """Return the name of the field of a plate's number."""
    return f"{number}{BETWEEN}{stream}"


def read(values: Mapping[str, object]) -> list[dict[str, Any]]:
    """Return the numbers of each plate, in the order of the fields."""
    found: dict[str, dict[str, Any]] = {}
    for name, value in values.items():
        number, there, stream = name.partition(BETWEEN)
        if there and number in NUMBERS:
            plate = found.setdefault(stream, {"stream": stream})
            if value is not None:
                plate[number] = value
    return list(found.values())
