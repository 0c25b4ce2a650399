"""Insoles in the rows of a table: a row a time, with the cells of one insole or of both, and the vendor's own columns.

A row without values for an insole, which its radio lost, is no frame of it: it is missing and never 0. How many there
are is told in the recording's `doubts`.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from barograph.files import doubts
from barograph.files.parts import FileRecording
from barograph.files.vendors.matrices import Exactness, check_frames, decimals, in_parts, plain
from barograph.files.vendors.quantities import decimal_comma, number
from barograph.files.vendors.text import FileLines
from barograph.frames import Floats, Ints, Layout

MOST_RESULTS = 100_000  # frames whose vendor's results are held
MOST_VALUES = 2_000_000  # of one insole, in all columns
ROWS_AT_ONCE = 1024
MOST_S = 1e8  # three years after its beginning a time is none
NONE_THERE = ("", "-")


@dataclass
class Sole:
    """One insole of a table: the columns of its cells, and of what the vendor has beside them, by title.

    `missing` is the value with which a cell says that it has none; `texts` are titles of columns without numbers.
    """

    side: Any
    cells: Sequence[int]
    beside: Mapping[str, int]
    missing: float | None = None
    texts: Sequence[str] = ()
    exactness: Exactness = field(default_factory=Exactness)
    # Of each frame; `rows` counts those of the table that hold no frame of this insole, too.
    times: array[int] = field(default_factory=lambda: array("q"))
    results: dict[str, list[Any]] = field(default_factory=dict)
    rows: int = 0
    first_lost: int | None = None
    _held: list[Floats] = field(default_factory=list)

    def values(self, lines: FileLines, words: Sequence[str], titles: Sequence[str]) -> Floats | None:
        """Return (cells,) what stands in a row, missing ones NaN; None where the row has nothing of this insole."""
        texts = [words[column] for column in self.cells]
        row = plain(" ".join(texts), texts)
        if row is not None and (self.missing is None or self.missing not in row):
            return row  # all are finite numbers
        if row is None:
            row = np.array([cell_of(lines, words[column], column, titles) for column in self.cells])
        if self.missing is not None:
            row[row == self.missing] = np.nan
        return None if np.isnan(row).all() else row

    def take(
        self, lines: FileLines, words: Sequence[str], titles: Sequence[str], time: int, *, lost: bool = False
    ) -> Floats | None:
        """Read a row for the first time: its cells, None for one that was lost, and what stands beside them."""
        row = None if lost else self.values(lines, words, titles)
        self.rows += 1
        if row is None:
            self.first_lost = self.first_lost or lines.number
            return None
        self._held.append(row)
        if len(self._held) == ROWS_AT_ONCE:
            _ = self.exact
        self.times.append(time)
        check_frames(lines.path, len(self.times))
        if self.beside and len(self.times) <= self.most:
            self._keep(lines, words, titles)
        return row

    @property
    def exact(self) -> Exactness:
        """The type of cells that holds all that was read."""
        if self._held:
            self.exactness.add(np.stack(self._held))
            self._held = []
        return self.exactness

    def _keep(self, lines: FileLines, words: Sequence[str], titles: Sequence[str]) -> None:
        """Keep what stands beside the cells of a row."""
        texts = [words[column] for column in self.beside.values()]
        row = plain(" ".join(texts), texts)
        values: list[Any] = [] if row is None else row.tolist()
        if row is None:
            values = [
                self._beside(lines, words[column], column, title, titles) for title, column in self.beside.items()
            ]
        for title, value in zip(self.beside, values, strict=True):
            self.results.setdefault(title, []).append(value)

    def _beside(self, lines: FileLines, word: str, column: int, title: str, titles: Sequence[str]) -> Any:
        if title in self.texts:
            return word or None
        value = cell_of(lines, word, column, titles)
        return None if np.isnan(value) else float(value)

    @property
    def times_us(self) -> Ints:
        """(n,) the times of the frames, as they were taken; of the same memory."""
        return np.frombuffer(self.times, np.int64)

    @property
    def most(self) -> int:
        """Of how many frames what stands beside the cells is held: of fewer where there are many columns."""
        return min(MOST_RESULTS, MOST_VALUES // max(1, len(self.beside)))

    @property
    def lost(self) -> list[str]:
        """What is said of rows that hold no frame."""
        if not (n := self.rows - len(self.times)):
            return []
        return [
            f"{n} of {self.rows} rows have no values of this insole, the first is line {self.first_lost}: these frames "
            "are not in the file"
        ]

    @property
    def provenance(self) -> dict[str, Any]:
        """The entries that a table gives: what the vendor has beside the cells, one entry per frame."""
        n = len(self.times)
        kept = {"vendor_kept": f"results of the first {self.most} of {n} frames", "frames": n} if n > self.most else {}
        return {"vendor": self.results, **kept}


def check_once(lines: FileLines, titles: Sequence[str]) -> None:
    """Refuse a title that stands twice; columns without one are left alone."""
    if twice := [title for title, n in Counter(titles).items() if n > 1 and title]:
        raise lines.error("each title once", twice[0])


def rows_of(lines: FileLines, width: int, separator: str = "\t") -> Iterator[list[str]]:
    """Yield the words of every row that is left; one of another width, or cut at the end of the file, is an error."""
    before: list[str] = []
    while not lines.rest_is_blank():
        words = [word.strip() for word in lines.whole.split(separator)]
        if len(words) != width:
            raise lines.error(f"{width} columns, as the titles have", f"{len(words)} columns")
        if lines.is_cut and _may_be_cut(words, before):
            raise lines.error("as many decimals in the last value as before, or a line end after it", lines.line[-20:])
        before = words
        yield words


def _may_be_cut(words: Sequence[str], before: Sequence[str]) -> bool:
    last = max((column for column, word in enumerate(words) if word), default=0)
    return last != len(words) - 1 or (bool(before) and decimals(words[last]) < decimals(before[last]))


def cell_of(lines: FileLines, word: str, column: int, titles: Sequence[str]) -> float:
    """Return the number in a column, NaN where none is there."""
    if word in NONE_THERE:
        return np.nan
    try:
        return number(decimal_comma(word))
    except ValueError:
        raise lines.error(
            f"column {column + 1}, {titles[column]}: a number with a decimal point, or nothing", word
        ) from None


def time_us_of(lines: FileLines, word: str, column: int) -> int:
    """Return µs of a time in seconds."""
    try:
        seconds = number(word)
    except ValueError:
        seconds = -1.0
    if not 0.0 <= seconds <= MOST_S:
        raise lines.error(f"column {column + 1}: a time in seconds, 0 or more", word)
    return round(seconds * 1e6)


def recording_of(
    path: Path,
    sole: Sole,
    layout: Layout,
    times_us: Ints,
    again: Callable[[], Iterator[Floats]],
    provenance: Mapping[str, Any],
) -> FileRecording:
    """Return the insole as a recording; `again` yields (cells,) of every frame from the file."""
    said = [*sole.lost, *provenance.get("doubts", ())]
    return FileRecording(
        path=path,
        layout=layout,
        times_us=times_us,
        parts=lambda: in_parts(layout, (row.reshape(layout.rows, layout.cols) for row in again()), sole.exact.stored),
        provenance={**provenance, **sole.provenance, **doubts.told(said)},
    )
