"""novel pedar exports (`.asc`): a pair of insoles, left then right in each row; `barograph.files.novel` says the rest.

    mask definition:
    left insole: 1,2,3,…
    right insole: 1,2,3,…
    time[secs]   1 … 99   1 … 99

The cells of an insole are irregular: each insole is one row of cells in the order of their numbers, which
`provenance["sensors"]` has. The file has neither their places nor their areas, but the letter of the insole's size
stands first in `sensor type`: places and areas are those of the geometry of that name (`docs/geometries.md`). Without a
size that is known there are pressures alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from barograph import geometries
from barograph.files import doubts
from barograph.files.parts import FileRecording
from barograph.files.vendors import novel
from barograph.files.vendors.matrices import Exactness, in_parts
from barograph.files.vendors.text import Cursor, FileLines, Header, decode
from barograph.frames import Ints, Layout, Recording
from barograph.geometry import Geometry

SIZE = re.compile(r"([A-Za-z]{1,2})-")
UNPLACED = Geometry(places="none")


def recognises(head: bytes) -> bool:
    """Return True for the first bytes of a pedar export."""
    text = decode(head)
    return text.lstrip().startswith("file name:") and "sensor type:" in text and "insole:" in text


def read(path: Path) -> list[Recording]:
    """Read both insoles; a damaged file raises `FileFormatError` with file, line and expectation."""
    return [one.whole() for one in opened(path)]


def opened(path: Path) -> list[FileRecording]:
    """Return both insoles, whose frames stay in the file until they are asked for; it is read once and checked."""
    with FileLines(path) as lines:
        header = novel.header(lines)
        sides, table = _sides(lines), novel.begun(lines)
        exact = {side: Exactness() for side in sides}
        for row in novel.rows(lines, header, table):
            for side, part in sides.items():
                exact[side].add(row[part])
        if not lines.rest_is_blank():
            raise lines.error("nothing after the last frame", lines.line.strip())
        lines.check_last_number()
        novel.check_complete(lines, header, table.last)
    times_us = novel.start_us(header) + table.times_us
    return [_insole(path, header, table, side, exact[side], sides[side], times_us) for side in sides]


def _insole(
    path: Path, header: Header, table: novel.Table, side: str, exact: Exactness, part: slice, times_us: Ints
) -> FileRecording:
    sensors = table.sensors[part]
    known = _known(header, side, sensors)
    layout = _layout(header, side, exact.dtype, len(sensors), known)
    return FileRecording(
        path=path,
        layout=layout,
        times_us=times_us,
        parts=lambda: in_parts(layout, (row[None, part] for row in novel.again(path)), exact.stored),
        provenance={
            "format": "novel-pedar",
            "file": path.name,
            "header": header.texts(),
            "sensors": list(sensors),
            "assumed": f"{novel.ASSUMED}; {_of_places(known)}",
            **doubts.told(doubts.before_first(table.first, novel.step(header))),
            **{name: values[part] for name, values in table.summaries.items()},
        },
    )


def _sides(lines: Cursor) -> dict[str, slice]:
    """Which columns are the left and the right insole's: numbers rise within an insole and begin anew at the second."""
    sensors = lines.line.split()[1:]
    numbers = [int(name) if name.isdecimal() else 0 for name in sensors]
    start = [i for i, (before, after) in enumerate(pairwise(numbers), 1) if after <= before]
    if len(start) != 1:
        expected = "the sensors of the left insole, then of the right, each in rising order"
        raise lines.error(expected, f"{len(start) + 1} runs of numbers")
    return {"left": slice(0, start[0]), "right": slice(start[0], len(sensors))}


def _known(header: Header, side: str, sensors: Sequence[int]) -> geometries.Known | None:
    """What is known of the insole by its size; None where the file names none that is, or other sensors than it has."""
    size = SIZE.match(header.values["sensor type"].text) if "sensor type" in header.values else None
    name = f"pedar-{size[1].lower()}" if size else ""
    if name not in geometries.names() or max(sensors) > (known := geometries.named(name, side)).cells:
        return None
    return known.of(sensors)


def _of_places(known: geometries.Known | None) -> str:
    """What is said of how the places are taken."""
    if known is not None and known.geometry is not None:
        return f"cells lie as in geometry {known.geometry.name}, by the size in sensor type"
    return "places and areas of the cells are not known, so there is no force: --geometry says which insole it is"


def _layout(header: Header, side: Any, dtype: str, n: int, known: geometries.Known | None) -> Layout:
    unit = novel.unit(header)
    fields: dict[str, Any] = {"rows": 1, "cols": n, "kind": "insole", "geometry": UNPLACED}
    fields |= known.fields(unit) if known else {}
    fields |= {"dtype": dtype, "unit": unit, "side": side, "contact_kpa": novel.CONTACT_KPA}
    return Layout(**fields)
