"""Matrices in text files that are read in parts: rows of cells, their smallest type, and whole frames at a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from barograph.files import bounds
from barograph.files.parts import part_frames
from barograph.files.vendors.quantities import decimal_comma, number
from barograph.files.vendors.text import FileLines
from barograph.frames import Floats, Frames, Layout
from barograph.layout import MAX_CELLS

MOST_KNOWN = 16
MOST_AT_ONCE = 8192  # frames of few cells
PLAIN = re.compile(r"[-+0-9.eE\s]+\Z")


class Rows:
    """Rows of numbers with a separator between them; rows without load, most of a plate, are converted once."""

    def __init__(self, lines: FileLines, separator: str = "\t") -> None:
        self._lines = lines
        self._separator = separator
        self._known: dict[str, Floats] = {}

    def next(self, which: str, cols: int | None = None) -> Floats:
        """Return the numbers of the next line; `which` names the row in errors, `cols` is how many there have to be."""
        text = self._lines.next(f"{which}{'' if cols is None else f': {cols} values'}")
        return self.of(text, which, cols)

    def of(self, text: str, which: str, cols: int | None = None) -> Floats:
        """Return the numbers of a line."""
        row = self._known.get(text)
        if row is None or self._lines.is_cut:
            words = text.split(self._separator) if text else []
            self._check_width(len(words), which, cols)
            row = self._converted(text, words, which)
            if len(self._known) < MOST_KNOWN and (row == row[:1]).all():
                self._known[text] = row
        self._check_width(len(row), which, cols)
        return row

    def _converted(self, text: str, words: list[str], which: str) -> Floats:
        row = plain(text, words)
        if row is None:
            row = np.array([self._number(word.strip(), which, k) for k, word in enumerate(words, 1)])
        if self._lines.is_cut and words and decimals(words[-1]) < max(map(decimals, words)) and words[-1] != "-1":
            raise self._lines.error(f"{which}: as many decimals in the last value, or a line end after it", words[-1])
        return row

    def _number(self, word: str, which: str, column: int) -> float:
        try:
            return number(decimal_comma(word))
        except ValueError:
            raise self._lines.error(f"{which}, column {column}: a number with a decimal point", word) from None

    def _check_width(self, n: int, which: str, cols: int | None) -> None:
        if cols is not None and n != cols:
            raise self._lines.error(f"{which}: {cols} values", f"{n} values")


def plain(text: str, words: Sequence[str]) -> Floats | None:
    """Return all numbers at once; None where one is another than a finite number with a decimal point."""
    if not PLAIN.match(text):
        return None
    try:
        row = np.array(words, np.float64)
    except ValueError:
        return None
    return row if np.isfinite(row).all() else None


def decimals(word: str) -> int:
    """Return how many digits stand after the decimal point."""
    return len(word.replace(",", ".").partition(".")[2])


class Exactness:
    """The type of cells that holds every value as it is printed, found while a file is read for the first time.

    With `tenths`, whole numbers of 0.1 or 0.01 (uint16, `scale`) come first, with `whole` those of 1; else it is
    float32, or float64.
    """

    def __init__(self, *, tenths: bool = False, whole: bool = False) -> None:
        self._scales = [*([1.0] if whole else []), *([0.1, 0.01] if tenths else [])]
        self._single = True

    def add(self, cells: Floats) -> None:
        """Look at the cells of a frame."""
        self._scales = [scale for scale in self._scales if _fits(cells, round(1 / scale))]
        with np.errstate(over="ignore"):
            self._single = self._single and np.array_equal(cells.astype("<f4"), cells, equal_nan=True)

    @property
    def scale(self) -> float:
        """What a stored value is multiplied by."""
        return self._scales[0] if self._scales else 1.0

    @property
    def dtype(self) -> str:
        """The type of stored values."""
        if self._scales:
            return "uint16"
        return "float32" if self._single else "float64"

    def stored(self, cells: Floats) -> Frames:
        """Return printed values as they are stored."""
        return np.rint(cells * round(1 / self.scale)) if self._scales else cells


def _fits(cells: Floats, parts: int) -> bool:
    with np.errstate(over="ignore"):
        whole = np.rint(cells * parts)
    return bool(np.array_equal(whole / parts, cells) and cells.min() >= 0 and whole.max() <= np.iinfo(np.uint16).max)


def check_cells(lines: FileLines, rows: int, cols: int) -> None:
    """Refuse a matrix of more cells than a sensor can have, while it is read."""
    if rows * cols > MAX_CELLS:
        raise lines.error(f"at most {MAX_CELLS} cells in a frame", f"{rows} x {cols} cells")


def check_frames(path: Path, n: int) -> None:
    """Refuse more frames than times are held of."""
    bounds.check(path, "frames", bounds.MOST_FRAMES, n)


def in_parts(layout: Layout, frames: Iterable[Floats], stored: Callable[[Floats], Frames]) -> Iterator[Frames]:
    """Yield frames as they are stored, so many at once as fit the part of a file that is held."""
    size, held = min(part_frames(layout), MOST_AT_ONCE), list[Frames]()
    for cells in frames:
        held.append(stored(cells).astype(layout.numpy_dtype))
        if len(held) == size:
            yield np.stack(held)
            held = []
    if held:
        yield np.stack(held)
