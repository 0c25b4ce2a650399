"""MAT files, version 5, for MATLAB, Octave and `scipy.io.loadmat`: one struct a stream; written by scipy, never read.

The struct has `frames` (n, rows, cols) in `unit`, missing cells NaN; `time_s` (n, 1) after the first frame, whose
moment is `start`; `layout`, with `centres` (cells, 2) in `length` and `area_cm2`; `gaps`; and `columns`, a struct of
per-frame numbers (n, 1), with their units in `units`, where whoever writes has them.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, BinaryIO

import numpy as np

from barograph.errors import InvalidData
from barograph.files.encoding import Counter, FrameTable, plain
from barograph.frames import Floats, Frames, Gap, Ints, Layout
from barograph.geometry import Geometry

# A variable of version 5 has 2 GiB at most, and is held whole while it is written.
MOST_BYTES = 256 << 20
PIECE_BYTES = 1 << 20
LONGEST_NAME = 63
ENDS = {"raw": "counts"}


def check(layout: Layout, times_us: Ints, gaps: Sequence[Gap] = ()) -> None:
    """Raise `InvalidData` for more cells than are held at once."""
    if (size := len(times_us) * layout.cells * 8) > MOST_BYTES:
        most = MOST_BYTES // (layout.cells * 8)
        raise InvalidData(
            f"frames: expected at most {most} of {layout.cells} cells in a MAT file, got {len(times_us)} "
            f"({size >> 20} MiB); "
            "choose a part, or Parquet or NPZ, which have any length",
            field="frames",
        )


class MatEncoder:
    """The bytes of a MAT file; all of it is in memory until it is written."""

    def __init__(
        self,
        layout: Layout,
        n: int,
        gaps: Sequence[Gap] = (),
        provenance: Mapping[str, Any] | None = None,
        table: FrameTable | None = None,
    ) -> None:
        check(layout, np.broadcast_to(np.int64(0), n))
        self._layout, self._gaps, self._about = layout, gaps, provenance or {}
        self._counter = Counter(layout, n)
        self._table, self._rows = table, list[Floats]()
        self._times: list[Ints] = [np.zeros(0, np.int64)]

    def begin(self) -> bytes:
        """Return nothing: the size of everything stands first."""
        shape = (self._counter.n, self._layout.rows, self._layout.cols)
        self._frames = np.empty(shape, np.float64, order="F")  # as MATLAB has them
        return b""

    def add(self, times_us: Ints, frames: Frames) -> bytes:
        """Take frames, in the layout's unit."""
        done = self._counter.written
        self._counter.add(times_us, frames)
        values = self._layout.to_unit(frames)
        values[:, ~self._layout.valid] = np.nan
        self._frames[done : done + len(frames)] = values
        self._times.append(times_us)
        if self._table is not None:
            self._rows.append(self._table.compute(times_us, frames, self._layout))
        return b""

    def finish(self) -> Iterable[bytes]:
        """Return the file in pieces."""
        from scipy import io  # a tenth of a second, for who writes such a file

        self._counter.finish()
        times_us = np.concatenate(self._times)
        name = identifier(str(self._about.get("stream") or "recording"))
        with ExitStack() as stack:
            file = stack.enter_context(tempfile.TemporaryFile())
            io.savemat(file, {name: self._struct(times_us)}, long_field_names=True)
            stack.pop_all()
        del self._frames
        return pieces(file)

    def _struct(self, times_us: Ints) -> dict[str, Any]:
        first = int(times_us[0]) if len(times_us) else 0
        start = np.datetime_as_string(np.datetime64(first, "us"))
        about = json.dumps(dict(self._about), default=plain)
        return {
            "name": str(self._about.get("stream") or ""),
            "workout": str(self._about.get("workout_id") or ""),
            "unit": ENDS.get(self._layout.unit, self._layout.unit),
            "frames": self._frames,
            "time_s": ((times_us - first) / 1e6)[:, None],
            "start": f"{start}Z" if len(times_us) else "",
            "start_us": np.int64(first),
            "layout": layout_struct(self._layout),
            "gaps": gaps_struct(self._gaps, first),
            "provenance": about,
            **self._columns(),
        }

    def _columns(self) -> dict[str, Any]:
        if self._table is None or not self._rows:
            return {}
        units = self._table.units(self._layout)
        rows = np.concatenate(self._rows)
        return {"columns": {name: rows[:, i : i + 1] for i, name in enumerate(units)}, "units": dict(units)}


def identifier(name: str) -> str:
    """Return a name that MATLAB takes for a variable: letters, digits and underscores, a letter first."""
    made = re.sub(r"[^A-Za-z0-9_]", "_", name)
    return (made if made[:1].isalpha() else f"s_{made}")[:LONGEST_NAME]


def layout_struct(layout: Layout) -> dict[str, Any]:
    """Return what is known of a layout, with places, areas and existing cells of every cell."""
    out = {key: _value(value) for key, value in layout.to_dict().items() if key != "geometry"}
    shape = (layout.rows, layout.cols)
    out |= {"mask": layout.valid.astype(np.uint8), "places": layout.places, "loaded_above": layout.loaded_above}
    for key in ("cell_factors", "tare"):
        if key in out:
            out[key] = np.reshape(out[key], shape)
    if layout.placed:
        out |= {"length": layout.length, "centres": layout.centres}
    if layout.area_cm2 is not None:
        out["area_cm2"] = np.array(layout.area_cm2)
    return out | ({} if layout.geometry is None else {"geometry": _geometry(layout.geometry)})


def _geometry(geometry: Geometry) -> dict[str, Any]:
    said: dict[str, Any] = {"places": geometry.places}
    said |= {key: text for key in ("name", "source", "confidence") if (text := getattr(geometry, key))}
    if geometry.names:
        said["names"] = _cells([*geometry.names])
    if geometry.polygons:
        said["polygons"] = _cells([*geometry.outlines])
    return said


def _cells(values: Sequence[Any]) -> Any:
    """A cell array, (k, 1)."""
    out = np.empty((len(values), 1), object)
    for i, value in enumerate(values):
        out[i, 0] = value
    return out


def _value(value: Any) -> Any:
    """A JSON value: a list of numbers, or of lists as long as each other, is an array, other lists are cell arrays."""
    if isinstance(value, dict):
        return {key: _value(one) for key, one in value.items()}
    if not isinstance(value, list):
        return value
    lengths = {len(one) if isinstance(one, list) else None for one in value}
    return np.array(value, np.float64) if len(lengths) <= 1 else _cells([_value(one) for one in value])


def gaps_struct(gaps: Sequence[Gap], first_us: int) -> dict[str, Any]:
    """Return gaps as columns (g, 1), in seconds after the first frame."""
    columns: dict[str, list[Any]] = {
        "start_s": [(gap.start_us - first_us) / 1e6 for gap in gaps],
        "stop_s": [(gap.stop_us - first_us) / 1e6 for gap in gaps],
        "frames": [float(gap.n) for gap in gaps],
    }
    made: dict[str, Any] = {name: np.array(values, np.float64)[:, None] for name, values in columns.items()}
    return made | {"reason": _cells([gap.reason for gap in gaps])}


def pieces(file: BinaryIO) -> Iterator[bytes]:
    """Yield a file from its beginning, and close it."""
    with file:
        file.seek(0)
        while piece := file.read(PIECE_BYTES):
            yield piece
