"""Prints corrected by hand: a side, one removed, several joined, one split.

A correction finds its print by a mark: a moment and a cell of it, which a change of thresholds does not move
(docs/decisions/0080-corrected-prints-are-found-by-a-mark.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np

from analytics.base.foot_axis import Side
from analytics.prints.patches import Patch
from barograph.errors import InvalidData
from barograph.frames import KPA_PER_UNIT, Floats, Layout, Recording

KINDS = ("side", "remove", "join", "split")
MOST = 1000


@dataclass(frozen=True)
class Mark:
    """A moment in µs, and the row and column of a cell that was loaded then."""

    t_us: int
    row: int
    col: int

    @classmethod
    def read(cls, text: object) -> Mark:
        """Read `t:row:col`."""
        parts = text.split(":") if isinstance(text, str) and len(text) <= 60 else []
        if len(parts) != 3 or not all(part.isascii() and part.isdigit() for part in parts):
            raise InvalidData(f"mark: expected µs:row:column, got {str(text)[:40]!r}", field="mark")
        return cls(*map(int, parts))


@dataclass(frozen=True)
class Correction:
    """What is done (`do`) to the prints at some marks; a side has `side`, a split its `line` in mm of the layout."""

    do: Literal["side", "remove", "join", "split"]
    marks: tuple[Mark, ...]
    side: Side | None = None
    line: tuple[tuple[float, float], tuple[float, float]] | None = None


def read_all(given: Sequence[Mapping[str, object]]) -> list[Correction]:
    """Read corrections as they are stored; what is none raises `InvalidData`."""
    if len(given) > MOST:
        raise InvalidData(f"corrections: expected at most {MOST}, got {len(given)}", field="corrections")
    return [read(one) for one in given]


def read(given: Mapping[str, object]) -> Correction:
    """Read one correction: `{"do": "side", "mark": "t:row:col", "side": "left"}` and the like."""
    do = given.get("do") if isinstance(given, Mapping) else None
    if do not in KINDS:
        raise InvalidData(f"do: expected one of {', '.join(KINDS)}, got {str(do)[:40]!r}", field="do")
    named = given.get("marks") if do == "join" else [given.get("mark")]
    marks = tuple(Mark.read(one) for one in named) if isinstance(named, list | tuple) else ()
    if len(marks) < (2 if do == "join" else 1):
        raise InvalidData(f"marks: expected two or more, got {str(named)[:40]}", field="marks")
    side = given.get("side")
    if do == "side" and side not in ("left", "right"):
        raise InvalidData(f"side: expected left or right, got {str(side)[:40]!r}", field="side")
    kind = cast(Literal["side", "remove", "join", "split"], do)
    return Correction(kind, marks, cast(Side, side) if do == "side" else None,
                      _line(given.get("line")) if do == "split" else None)  # fmt: skip


def _line(given: object) -> tuple[tuple[float, float], tuple[float, float]]:
    try:
        points = np.asarray(given, np.float64)
    except (TypeError, ValueError):
        points = np.zeros(0)
    if points.shape != (2, 2) or not np.isfinite(points).all() or (points[0] == points[1]).all():
        raise InvalidData(f"line: expected two different points [x, y] in mm, got {str(given)[:60]}", field="line")
    (a, b), (c, d) = points.tolist()
    return (a, b), (c, d)


def corrected(
    recording: Recording, found: list[Patch], corrections: Sequence[Correction], loaded_above: float
) -> tuple[list[Patch], dict[Patch, Side]]:
    """Return the prints after corrections, done in their order, by their first row; and the sides that were given.

    A mark at which there is no print, as in another part of a session, is passed over.
    """
    sides: dict[Patch, Side] = {}
    for one in corrections:
        at = list(dict.fromkeys(patch for mark in one.marks if (patch := _at(recording, found, mark)) is not None))
        if not at or (one.do == "join" and len(at) < 2):
            continue
        if one.do == "side" and one.side:
            sides[at[0]] = one.side
            continue
        known = next((sides[patch] for patch in at if patch in sides), None)
        new = _new(recording, at, one, loaded_above)
        found = [patch for patch in found if patch not in at] + new
        sides = {patch: side for patch, side in sides.items() if patch not in at}
        if one.do == "join" and known:
            sides[new[0]] = known
    return sorted(found, key=lambda patch: (patch.first, int(patch.cells[0]))), sides


def _new(recording: Recording, at: list[Patch], one: Correction, loaded_above: float) -> list[Patch]:
    if one.do == "remove":
        return []
    if one.do == "join":
        whole = at[0]
        for other in at[1:]:
            whole = whole.joined(other)
        return [whole]
    return _split(recording, at[0], one.line or ((0.0, 0.0), (1.0, 0.0)), loaded_above)


def _at(recording: Recording, found: Sequence[Patch], mark: Mark) -> Patch | None:
    """The print that covers a mark."""
    layout = recording.layout
    if mark.row >= layout.rows or mark.col >= layout.cols:
        return None
    cell, us = mark.row * layout.cols + mark.col, recording.times_us
    for patch in found:
        if us[patch.first] <= mark.t_us <= us[patch.after - 1] and (patch.cells == cell).any():
            return patch
    return None


def _split(
    recording: Recording, patch: Patch, line: tuple[tuple[float, float], tuple[float, float]], loaded_above: float
) -> list[Patch]:
    """The parts of a print on the two sides of a line, each with the rows in which it was loaded."""
    (ax, ay), (bx, by) = line
    x, y = recording.layout.centres[patch.cells].T
    beyond = (bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0
    if beyond.all() or not beyond.any():
        return [patch]
    return [_rows_of(recording, patch, part, loaded_above) for part in (beyond, ~beyond)]


def _rows_of(recording: Recording, patch: Patch, part: Any, loaded_above: float) -> Patch:
    cells = patch.cells[part]
    loaded = _loaded(recording, patch, cells, loaded_above)
    rows = np.flatnonzero(loaded)
    first, after = (int(rows[0]), int(rows[-1]) + 1) if len(rows) else (0, patch.after - patch.first)
    return Patch(patch.first + first, patch.first + after, cells, patch.peak[part])


def _loaded(recording: Recording, patch: Patch, cells: Any, loaded_above: float) -> Any:
    """(n,) rows of a print in which one of some cells is loaded."""
    layout: Layout = recording.layout
    factor, size = KPA_PER_UNIT.get(layout.unit, 1.0), max(1, 2_000_000 // layout.cells)
    out = []
    for start in range(patch.first, patch.after, size):
        piece = recording.part(start, min(start + size, patch.after))
        values: Floats = piece.values().reshape(len(piece), -1)[:, cells] * factor
        out.append((values > loaded_above).any(axis=1))
    return np.concatenate(out)
