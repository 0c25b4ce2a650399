"""A first map of a text file that no reader knows: what its first lines show, and what nobody can see in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from barograph.errors import FileFormatError, InvalidData
from barograph.files.mapping import SEPARATORS, FileMap
from barograph.files.vendors.text import FileLines

LINES, MOST_HEADER = 200, 50
NUMBER = re.compile(r"[+-]?(?:\d+[.,]?\d*|[.,]\d+)(?:[eE][+-]?\d+)?\Z")
MISSING = {"", "nan", "na", "null", "none", "-"}
TIME = re.compile(r"(?i)(?:t|time|timestamp|zeit|date|datetime)(?:[ _\[(]*(s|sec|seconds|ms|us|µs|iso)[\])]*)?\Z")
GRID = re.compile(r"(?i)(?:r|row|s|c|cell|sensor)?[ _]?(\d{1,4})[ _,x-]+(?:c|col)?(\d{1,4})\Z|r(\d{1,4})c(\d{1,4})\Z")
FORCE = re.compile(r"(?i)(?:total[ _]?)?(?:force|kraft|fz|load|last|total)(?:[ _]?\[?N\]?)?\Z")
FRAME = re.compile(r"(?i)(?:frame|index|nr|no|sample|bild)(?:[ _.]?(?:id|no|nr|number))?\.?\Z")
NUMBERED = re.compile(r"(\D*)\d+(?:(\D+)\d+)?(\D*)\Z")
UNIT_IN_NAME = re.compile(r"(?i)(kpa|psi|mmhg|n/cm2|n/cm²)")


def draft(path: Path) -> tuple[FileMap, dict[str, str]]:
    """Return a map that fits the first lines of a file, and what has to be filled in, each with why.

    A file without two lines of numbers alike, or whose columns cannot be named, raises `FileFormatError`.
    """
    try:
        return _drafted(path)
    except InvalidData as error:
        raise FileFormatError(f"{path}: {error}") from error


def _drafted(path: Path) -> tuple[FileMap, dict[str, str]]:
    head = _head(path)
    separator, decimal = _separator(head)
    table = [_words(line, separator) for line in head]
    numbers = (i for i, words in enumerate(table) if words and all(_is_value(word, decimal) for word in words))
    begin = next(numbers, None)
    brackets = next((i for i, words in enumerate(table) if any("[[" in word for word in words)), None)
    if brackets is not None:
        return _of_text(table, brackets, separator)
    if begin is None or begin > MOST_HEADER:
        raise FileFormatError(f"{path}: expected lines of numbers with a separator between them, got none at its start")
    at = _line_of_names(table[:begin], len(table[begin]))
    names = [name.strip() for name in table[at - 1]] if at else []
    base = {"separator": separator, "decimal": decimal, "header_lines": begin}
    base |= {} if at == begin else {"names_line": at}
    low = [name.lower() for name in names]
    if {"row", "col"} <= set(low):
        return _long(names, base, table[begin:])
    blank = next((i for i in range(begin, len(head)) if not head[i].strip()), None)
    width = len(table[begin])
    if blank is not None and blank > begin + 1 and not names:
        return FileMap(form="blocks", rows=blank - begin, cols=width, **base), {
            "rate_hz": "frames per second: the file does not say it",
            "unit": "kPa, psi, raw, …: the file does not say it",
        }
    made, unknown = _frames(names, base, width, table[begin:])
    if at != begin and "unit" in unknown and (found := _unit_in(table[begin - 1])):
        made, unknown = replace(made, unit=found), {name: why for name, why in unknown.items() if name != "unit"}
    return made, unknown


def _line_of_names(header: Sequence[Sequence[str]], width: int) -> int:
    """The line that names the columns, from 1: the last of the header, or the one above it where that has units."""
    at = len(header)
    if at < 2 or len(header[-1]) != width or len(header[-2]) != width:
        return at
    last, above = ([word.strip() for word in line] for line in header[-2:][::-1])
    return at - 1 if len(set(last)) < len(last) and all(above) and len(set(above)) == len(above) else at


def _unit_in(words: Sequence[str]) -> str:
    """The unit of pressure that stands most often in a line of units; "" without one."""
    found = [match[1] for word in words if (match := UNIT_IN_NAME.search(word))]
    return max(found, key=found.count, default="")


def fits(path: Path, head: bytes) -> bool:
    """Return whether a file, which begins with `head`, is a text of which a map can be drafted."""
    if b"\x00" in head or not head.strip():
        return False
    try:
        draft(path)
    except FileFormatError:
        return False
    return True


def _head(path: Path) -> list[str]:
    out: list[str] = []
    with FileLines(path) as lines:
        while len(out) < LINES and not lines.at_end():
            lines.next("a line")
            out.append(lines.whole)
    return out


def _separator(head: Sequence[str]) -> tuple[str, Any]:
    """The sign that most lines have, and as often; a comma beside another sign is decimal."""
    filled = [line for line in head if line.strip()]
    for name in ("tab", ";", "|"):
        if sum(str(SEPARATORS[name]) in line for line in filled) > len(filled) / 2:
            return name, "," if any(re.search(r"\d,\d", line) for line in filled) else "."
    if sum("," in line for line in filled) > len(filled) / 2:
        return ",", "."
    return "blanks", "."


def _words(line: str, separator: str) -> list[str]:
    sign = SEPARATORS[separator]
    return line.split() if sign is None else line.split(sign) if line.strip() else []


def _is_value(word: str, decimal: str) -> bool:
    text = word.strip()
    return text.lower() in MISSING or (NUMBER.match(text) is not None and (decimal == "," or "," not in text))


def _time_of(names: Sequence[str]) -> tuple[int | None, Any]:
    """The place and the unit of a column of times, by its name."""
    for place, name in enumerate(names):
        if found := TIME.match(name):
            unit = (found[1] or "s").lower().replace("µ", "u")
            return place, {"sec": "s", "seconds": "s"}.get(unit, unit)
    return None, "s"


def _asked(names: Sequence[str], *, timed: bool) -> tuple[str, dict[str, str]]:
    """The unit, if a name says it, and what is not known."""
    found = next((match[1] for name in names if (match := UNIT_IN_NAME.search(name))), None)
    unknown = {} if found else {"unit": "kPa, psi, raw, …: the file does not say it"}
    if not timed:
        unknown["rate_hz"] = "frames per second: the file does not say it"
    return found or "raw", unknown


def _frames(
    names: Sequence[str], base: dict[str, Any], width: int, data: Sequence[Sequence[str]]
) -> tuple[FileMap, dict[str, str]]:
    place, time_unit = _time_of(names)
    if place is None and not names and _rises([words[0] for words in data if words]):
        place = 0
    unit, unknown = _asked(names, timed=place is not None)
    first, n = _run_of_cells(names, width, 0 if place is None else place + 1)
    grid = [GRID.match(name) for name in names[first : first + n]]
    known = [(int(one[1] or one[3]), int(one[2] or one[4])) for one in grid if one]
    rows, cols = 1, n
    if known and len(known) == len(grid):
        rows, cols = (max(one[i] for one in known) - min(one[i] for one in known) + 1 for i in (0, 1))
    if rows * cols != n or (rows == 1 and not known):
        rows, cols = 1, n
        unknown["rows"] = f"rows and columns of a frame: {cols} cells, and the file does not say of what shape"
        unknown["cols"] = "see rows"
    time: Any = None if place is None else (_named(names, place) if names else place + 1)
    begins: Any = _named(names, first) if names and first < len(names) else first + 1
    beside = {what: _named(names, i) for what, known_as in (("force", FORCE), ("frame", FRAME))
              if (i := _only(names, known_as, {place, *range(first, first + n)})) is not None}  # fmt: skip
    made = FileMap(rows=rows, cols=cols, unit=unit, time=time, time_unit=time_unit, first=begins, **beside, **base)
    return made, unknown


def _named(names: Sequence[str], place: int) -> Any:
    """A column by its name, or by its number from 1 where several have it."""
    return names[place] if names.count(names[place]) == 1 else place + 1


def _only(names: Sequence[str], pattern: re.Pattern[str], taken: set[int | None]) -> int | None:
    """The one column whose name fits; None where none does, or several do."""
    found = [i for i, name in enumerate(names) if pattern.match(name) and i not in taken]
    return found[0] if len(found) == 1 else None


def _run_of_cells(names: Sequence[str], width: int, after: int) -> tuple[int, int]:
    """The first column of the cells and how many they are: the longest run of names that differ in numbers alone.

    Without such a run of three or more, all columns after the time.
    """
    kinds = [match.groups() if (match := NUMBERED.match(name)) else None for name in names]
    runs, begin = list[tuple[int, int]](), 0
    for i in range(1, len(kinds) + 1):
        if i == len(kinds) or kinds[i] != kinds[begin]:
            runs += [(begin, i - begin)] if kinds[begin] is not None else []
            begin = i
    first, n = max(runs, key=lambda run: run[1], default=(after, 0))
    return (first, n) if n > 2 else (after, max(width - after, 1))


def _rises(words: Sequence[str]) -> bool:
    values = [float(word.replace(",", ".")) for word in words if NUMBER.match(word.strip())]
    return len(values) > 2 and all(a < b for a, b in pairwise(values))


def _long(names: Sequence[str], base: dict[str, Any], data: Sequence[Sequence[str]]) -> tuple[FileMap, dict[str, str]]:
    low = [name.lower() for name in names]
    row, col = low.index("row"), low.index("col")
    frame = next((names[i] for i, name in enumerate(low) if name in ("frame", "frame_id", "index")), None)
    place, time_unit = _time_of([name for name in names if name != frame])
    time = None if place is None else [name for name in names if name != frame][place]
    taken = {names[row], names[col], frame, time}
    value = next((name for name in names if name not in taken), names[-1])
    numbers = [[int(words[i]) for words in data if len(words) > i and words[i].strip().isdigit()] for i in (row, col)]
    start = min(*numbers[0], *numbers[1], 1)
    rows, cols = (max([*one, start]) - start + 1 for one in numbers)
    unit, unknown = _asked(names, timed=time is not None)
    made = FileMap(form="long", rows=rows, cols=cols, unit=unit, time=time, time_unit=time_unit, row=names[row],
                   col=names[col], value=value, frame=frame, counted_from=start, **base)  # fmt: skip
    return made, unknown


def _of_text(table: Sequence[Sequence[str]], begin: int, separator: str) -> tuple[FileMap, dict[str, str]]:
    """A matrix in brackets in one column, which is quoted."""
    names = [name.strip() for name in table[begin - 1]] if begin else []
    text = SEPARATORS[separator].join(table[begin]) if SEPARATORS[separator] else " ".join(table[begin])  # type: ignore[union-attr]
    inside = text[text.index("[[") :].split("]]")[0]
    lines = [[one for one in re.split(r"[,;\s]+", row.strip("[], ")) if one] for row in inside.split("]")]
    lines = [row for row in lines if row]
    place, time_unit = _time_of(names)
    unit, unknown = _asked(names, timed=place is not None)
    first: Any = names[-1] if names else 1
    time: Any = None if place is None else names[place]
    made = FileMap(form="text", separator=separator, header_lines=begin, rows=len(lines), cols=len(lines[0]), unit=unit,
                   time=time, time_unit=time_unit, first=first)  # fmt: skip
    return made, unknown
