"""novel pliance exports (`.asc`): a mat, with the places of its cells; `barograph.files.novel` says the rest.

After the frames come `MPP` and `MVP`, the vendor's table over the whole recording, of which the frames may be a part,
and what each sensor is:

    time[secs] force[N]   x[cm]   y[cm]
      0.04167    0.000       -       -                   '-' when unloaded
    sensor   4   5 …
    corner[cm]
    x[0] …   y[0] … x[3] … y[3] …   x[c] …   y[c] …      corners and centre
    area   0.5428 …

Cells whose centres form a grid become one, seen as the file's coordinates say: x to the right and y up, in mm from
the corner where both are 0. The vendor's own centre of pressure counts from the opposite corner: it is the extent of
the mat minus ours. Cells that form no grid become one row, in the order of their numbers, with areas but no places.

`provenance["vendor"]`: "force[N]", "x[cm]" and "y[cm]" of every frame; `provenance["vendor_table"]` the whole table;
`provenance["MPP"]` and `["MVP"]` in the order of `provenance["sensors"]`.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from barograph.errors import InvalidData
from barograph.files import doubts
from barograph.files.parts import FileRecording
from barograph.files.vendors import novel
from barograph.files.vendors.matrices import Exactness, check_frames, in_parts
from barograph.files.vendors.quantities import number, numbers
from barograph.files.vendors.soles import MOST_RESULTS
from barograph.files.vendors.text import Cursor, FileLines, Header, decode
from barograph.frames import Floats, Ints, Layout, Recording

MOST_CM = 1e6
TITLES = ("force[N]", "x[cm]", "y[cm]")
PLACES = tuple(f"{axis}[{corner}]" for corner in (0, 1, 2, 3, "c") for axis in "xy")


@dataclass
class Results:
    """The vendor's table: times in µs and `TITLES`, NaN where it prints none, of the whole recording."""

    last: Decimal = Decimal(0)
    times: array[int] = field(default_factory=lambda: array("q"))
    values: array[float] = field(default_factory=lambda: array("d"))

    def take(self, time: Decimal, row: list[float]) -> None:
        """Keep a row."""
        self.last = max(self.last, time)
        self.times.append(int(time * 1_000_000))
        self.values.extend(row)

    def of_frames(self, times_us: Ints) -> dict[str, Any]:
        """Return what the provenance has of frames at these times, and of the whole table."""
        mine, n = np.array(self.times, np.int64), len(times_us)
        table = np.array(self.values).reshape(-1, len(TITLES))
        order = np.argsort(mine, kind="stable")
        at = order[np.minimum(np.searchsorted(mine[order], times_us[:MOST_RESULTS], "right") - 1, len(mine) - 1)]
        rows = np.where((mine[at] == times_us[:MOST_RESULTS])[:, None], table[at], np.nan)
        kept = {"vendor_kept": f"results of the first {MOST_RESULTS} of {n} frames", "frames": n}
        whole = {"time[secs]": (mine[:MOST_RESULTS] / 1e6).tolist(), **_columns(table[:MOST_RESULTS])}
        return {"vendor": _columns(rows), **(kept if n > MOST_RESULTS else {}), "vendor_table": whole}


def _columns(table: Floats) -> dict[str, list[float | None]]:
    return {title: [None if np.isnan(value) else value for value in table[:, i].tolist()]
            for i, title in enumerate(TITLES)}  # fmt: skip


@dataclass(frozen=True)
class Grid:
    """Where in a matrix each sensor lies, and its pitch and corner in mm; no pitch where there is no grid."""

    rows: Ints
    cols: Ints
    pitch_mm: tuple[float, float] | None
    origin_mm: tuple[float, float]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the matrix."""
        return int(self.rows.max()) + 1, int(self.cols.max()) + 1

    def frame(self, row: Floats, layout: Layout) -> Floats:
        """Return (rows, cols) of the sensors' values, NaN where no sensor is."""
        out = np.full((layout.rows, layout.cols), np.nan)
        out[self.rows, self.cols] = row
        return out


def recognises(head: bytes) -> bool:
    """Return True for the first bytes of a pliance export."""
    text = decode(head)
    return text.lstrip().startswith("file name:") and "\nmat type" in text.replace("\r", "\n")


def read(path: Path) -> list[Recording]:
    """Read the mat; a damaged file raises `FileFormatError` with file, line and expectation."""
    return [one.whole() for one in opened(path)]


def opened(path: Path) -> list[FileRecording]:
    """Return the mat, whose frames stay in the file until they are asked for; it is read once and checked."""
    exact = Exactness()
    with FileLines(path) as lines:
        header = novel.header(lines)
        table = novel.begun(lines)
        for row in novel.rows(lines, header, table):
            exact.add(row)
        results = _results(lines, header)
        places = _places(lines, table.sensors)
    grid = _grid(places)
    layout = _layout(header, lines, grid, places["area"] * 100, exact.dtype)
    return [
        FileRecording(
            path=path,
            layout=layout,
            times_us=novel.start_us(header) + table.times_us,
            parts=lambda: in_parts(layout, (grid.frame(row, layout) for row in novel.again(path)), exact.stored),
            provenance={
                "format": "novel-pliance",
                "file": path.name,
                "header": header.texts(),
                "sensors": table.sensors,
                "assumed": novel.ASSUMED,
                **_doubts(table, results, novel.step(header)),
                **results.of_frames(table.times_us),
                **table.summaries,
            },
        )
    ]


def _doubts(table: novel.Table, results: Results, step: Decimal) -> dict[str, Any]:
    """Frames of the recording that the table of cells leaves out at its ends; the vendor leaves the last one out."""
    before = doubts.before_first(table.first, step)
    return doubts.told([*before, *doubts.after_last(table.last, step, results.last)])


def _results(lines: Cursor, header: Header) -> Results:
    """The vendor's table, one row per frame of the whole recording."""
    title = lines.next_filled("the vendor's table: time[secs] force[N] x[cm] y[cm]")
    if title.split() != ["time[secs]", *TITLES]:
        raise lines.error("time[secs] force[N] x[cm] y[cm]", title.strip())
    found = Results()
    line = lines.next_filled("the first row of the vendor's table")
    while line:
        name, *values = line.split()
        try:
            number(name)
            row = [np.nan if text == "-" else number(text) for text in values]
        except ValueError as error:
            raise lines.error("a time, a force and a place, as numbers or -", str(error)) from None
        if len(values) != len(TITLES):
            raise lines.error(f"a time and {len(TITLES)} values", f"{len(values)} values after the time")
        found.take(Decimal(name), row)
        check_frames(lines.path, len(found.times))
        line = lines.next("a blank line after the vendor's table")
    novel.check_complete(lines, header, found.last)
    return found


def _places(lines: FileLines, sensors: list[int]) -> dict[str, Floats]:
    """What the file says of each sensor: corners, centre, area."""
    found: dict[str, Floats] = {}
    for name in ("sensor", "corner[cm]", *PLACES, "area"):
        first, *values = lines.next_filled(f"a line of {name}").split()
        wanted = 0 if name == "corner[cm]" else len(sensors)
        if first != name or len(values) != wanted:
            raise lines.error(f"{name} and {wanted} values", f"{first} and {len(values)} values")
        try:
            found[name] = _bounded(numbers(values))
        except ValueError as error:
            raise lines.error(f"{name}: numbers with a decimal point", str(error)) from None
        if name == "sensor" and values != [str(sensor) for sensor in sensors]:
            raise lines.error("the sensors of the frames, in their order", lines.line[:40])
    if not lines.rest_is_blank():
        raise lines.error("nothing after the areas", lines.line.strip())
    lines.check_last_number()
    return found


def _bounded(places: Floats) -> Floats:
    """Places and areas that a mat can have, or `ValueError`."""
    if (np.abs(places) > MOST_CM).any():
        raise ValueError(f"{places[np.abs(places).argmax()]:g}")
    return places


def _grid(places: dict[str, Floats]) -> Grid:
    """Rows from the largest y down, columns from the smallest x up; one row of cells where that is no grid."""
    x, y = places["x[c]"], places["y[c]"]
    across, along = _step(x), _step(y)
    if across is not None and along is not None:
        cols = np.rint((x - x.min()) / across).astype(np.int64)
        rows = np.rint((y.max() - y) / along).astype(np.int64)
        if len(set(zip(rows.tolist(), cols.tolist(), strict=True))) == len(x):
            pitch = (round(across * 10, 6), round(along * 10, 6))
            corner = (round(x.min() * 10 - pitch[0] / 2, 6), round(y.min() * 10 - pitch[1] / 2, 6))
            return Grid(rows, cols, pitch, corner)
    return Grid(np.zeros(len(x), np.int64), np.arange(len(x)), None, (0.0, 0.0))


def _step(centres: Floats) -> float | None:
    """The one distance between neighbouring lines of cells, in cm, or None."""
    lines = np.unique(np.round(centres, 4))
    if len(lines) < 2:
        return None
    step = (lines[-1] - lines[0]) / (len(lines) - 1)
    return float(step) if np.allclose(np.diff(lines), step, atol=2e-4) else None


def _layout(header: Header, lines: Cursor, grid: Grid, area_mm2: Floats, dtype: Any) -> Layout:
    shape = grid.shape
    mask = np.zeros(shape, int)
    mask[grid.rows, grid.cols] = 1
    areas = np.ones(shape)
    areas[grid.rows, grid.cols] = np.round(area_mm2, 6)
    one = area_mm2.min() == area_mm2.max()
    try:
        return Layout(
            rows=shape[0],
            cols=shape[1],
            dtype=dtype,
            unit=novel.unit(header),
            pitch_mm=grid.pitch_mm,
            origin_mm=grid.origin_mm,
            y_axis="up",
            contact_kpa=novel.CONTACT_KPA,
            cell_area_mm2=float(areas[grid.rows[0], grid.cols[0]]) if one else tuple(areas.ravel().tolist()),
            mask=None if mask.all() else tuple(mask.ravel().tolist()),
        )
    except InvalidData as error:
        raise lines.error("areas above 0", str(error)) from error
