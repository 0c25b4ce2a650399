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

import numpy as np

from barograph import geometries
from barograph.files import doubts
from barograph.files.vendors import novel
from barograph.files.vendors.quantities import smallest
from barograph.files.vendors.text import Header, Lines, decode, read_bytes
from barograph.frames import Frames, Ints, Layout, Recording
from barograph.geometry import Geometry

SIZE = re.compile(r"([A-Za-z]{1,2})-")
UNPLACED = Geometry(places="none")


def recognises(head: bytes) -> bool:
    """Return True for the first bytes of a pedar export."""
    text = decode(head)
    return text.lstrip().startswith("file name:") and "sensor type:" in text and "insole:" in text


def read(path: Path) -> list[Recording]:
    """Read both insoles; a damaged file raises `FileFormatError` with file, line and expectation."""
    lines = Lines(path, decode(read_bytes(path)))
    header = novel.header(lines)
    sides = _sides(lines)
    table = novel.table(lines, header)
    if not lines.rest_is_blank():
        raise lines.error("nothing after the last frame", lines.line.strip())
    lines.check_last_number()
    novel.check_complete(lines, header, table.times[-1])
    times_us = novel.start_us(header) + table.times_us
    cells = smallest(table.cells)
    said = doubts.told(doubts.before_first(table.times[0], novel.step(header)))
    return [_insole(header, table, side, part, cells, times_us, said) for side, part in sides.items()]


def _insole(
    header: Header, table: novel.Table, side: str, part: slice, cells: Frames, times_us: Ints, said: dict[str, Any]
) -> Recording:
    sensors = table.sensors[part]
    known = _known(header, side, sensors)
    provenance = {
        "format": "novel-pedar",
        "file": header.lines.path.name,
        "header": header.texts(),
        "sensors": list(sensors),
        "assumed": f"{novel.ASSUMED}; {_of_places(known)}",
        **said,
        **{name: values[part] for name, values in table.summaries.items()},
    }
    layout = _layout(header, side, cells[:, part], known)
    return Recording(np.ascontiguousarray(cells[:, None, part]), times_us, layout, provenance=provenance)


def _sides(lines: Lines) -> dict[str, slice]:
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


def _layout(header: Header, side: Any, cells: Frames, known: geometries.Known | None) -> Layout:
    unit = novel.unit(header)
    fields: dict[str, Any] = {"rows": 1, "cols": cells.shape[1], "kind": "insole", "geometry": UNPLACED}
    fields |= known.fields(unit) if known else {}
    fields |= {"dtype": cells.dtype.name, "unit": unit, "side": side, "contact_kpa": novel.CONTACT_KPA}
    return Layout(**fields)
