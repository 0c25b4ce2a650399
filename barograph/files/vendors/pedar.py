"""novel pedar exports (`.asc`): a pair of insoles, left then right in each row; `barograph.files.novel` says the rest.

    mask definition:
    left insole: 1,2,3,…
    right insole: 1,2,3,…
    time[secs]   1 … 99   1 … 99

The cells of an insole are irregular and the file has neither their places nor their areas: each insole is one row of
cells in the order of their numbers, without pitch and area, so it has pressures but no force until a layout brings
them. `provenance["sensors"]` has the numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from barograph.files import doubts
from barograph.files.vendors import novel
from barograph.files.vendors.quantities import smallest
from barograph.files.vendors.text import Header, Lines, decode, read_bytes
from barograph.frames import Frames, Layout, Recording


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
    return [
        Recording(
            frames=np.ascontiguousarray(cells[:, None, part]),
            times_us=times_us,
            layout=_layout(header, side, cells[:, part]),
            provenance=_provenance(header, table.sensors[part], {k: v[part] for k, v in table.summaries.items()}, said),
        )
        for side, part in sides.items()
    ]


def _sides(lines: Lines) -> dict[str, slice]:
    """Which columns are the left and the right insole's: numbers rise within an insole and begin anew at the second."""
    sensors = lines.line.split()[1:]
    numbers = [int(name) if name.isdecimal() else 0 for name in sensors]
    start = [i for i, (before, after) in enumerate(pairwise(numbers), 1) if after <= before]
    if len(start) != 1:
        expected = "the sensors of the left insole, then of the right, each in rising order"
        raise lines.error(expected, f"{len(start) + 1} runs of numbers")
    return {"left": slice(0, start[0]), "right": slice(start[0], len(sensors))}


def _layout(header: Header, side: Any, cells: Frames) -> Layout:
    dtype: Any = cells.dtype.name
    fields: dict[str, Any] = {"unit": novel.unit(header), "contact_kpa": novel.CONTACT_KPA}
    return Layout(rows=1, cols=cells.shape[1], dtype=dtype, kind="insole", side=side, **fields)


def _provenance(
    header: Header, sensors: Sequence[int], summaries: dict[str, list[float]], said: dict[str, Any]
) -> dict[str, Any]:
    return {
        "format": "novel-pedar",
        "file": header.lines.path.name,
        "header": header.texts(),
        "sensors": list(sensors),
        "assumed": novel.ASSUMED,
        **said,
    } | summaries
