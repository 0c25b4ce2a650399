"""Other forms in which XSENSOR's programs write the same: each line is turned into a line of the CSV form.

    PRO 7 REV 1    Frame:,1   Date:,"2026-03-04"   Threshold:,"5,0"   Sensor:,"LX100…"   rows without a line SENSELS
    text           Frame: 1   Sensor: "LX100…"   Sensels:   rows of numbers with blanks between them

A line stays a line, so that an error names the line of the file. Numbers in quotes may have decimal commas. Units and
threshold stand in every frame; the first of each count, others have to be the same.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass

from barograph.files.vendors.quantities import decimal_comma

NAMES = {"Frame": "FRAME", "Sensor": "SENSOR", "Group": "GROUP", "Sensels": "SENSELS"}
ONCE = ("Units", "Threshold")
KEY = re.compile(r"\s*([A-Za-z][^:,\"]*?)\s*:\s*(?:,|$|(?=[^,]))(.*)\Z", re.DOTALL)
NUMBERS = re.compile(r"[-+0-9.eE]+(?:\s+[-+0-9.eE]+)*\Z")
SUMMARY = re.compile(r"(?m)^Frame,Date,Time,")


def is_turned(text: str) -> bool:
    """Return whether a file has keys with colons for its frames, or decimal commas in quotes."""
    return re.search(r"(?m)^\s*Frame:|^(?:.*,)?\s*\"\d+,\d+\"", text) is not None


@dataclass(frozen=True)
class Turned:
    """What makes a line one of the CSV form; `once` is filled with units and threshold, which stand in every frame."""

    once: dict[str, str]

    def __call__(self, line: str) -> str:
        """Return the line in the CSV form."""
        return _line(line, self.once)


def _line(line: str, once: dict[str, str]) -> str:
    bare = line.strip().rstrip(",")
    if NUMBERS.match(bare):
        return ",".join(bare.split())
    if (key := KEY.match(line)) and key[1] not in ("", "e"):
        return _titled(key[1], _values(key[2]), once)
    return ",".join(_values(line))


def _values(text: str) -> list[str]:
    """The cells of a line, without quotes, with decimal points, and without a spreadsheet's commas at its end."""
    cells = [decimal_comma(cell.strip()) for cell in next(csv.reader([text.strip()], skipinitialspace=True), [])]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _titled(key: str, values: list[str], once: dict[str, str]) -> str:
    value = ",".join(values)
    if key in ONCE:
        once.setdefault(key, value)
        return "" if once[key] == value else f"{key},{value}"
    if key == "File":
        return f"File:,{value}"
    name = NAMES.get(key, key)
    return f"{name},{value}" if value else name
