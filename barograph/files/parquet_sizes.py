"""The sizes in a Parquet file, read before anything is unpacked: those of its footer, and those of every page.

A page is unpacked at once, to as many bytes as its own head says, whatever the footer says of them together. And a
footer whose level histograms do not fit its schema ends the process, not the read: it is refused here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO

from barograph.errors import FileFormatError
from barograph.files import bounds
from barograph.files.thrift import Compact, EndOfBytes, Many

END = 8  # bytes: the length of the footer, and PAR1
MOST_COLUMNS = 64
MOST_PAGES = 200_000
HEADS = (1 << 10, 1 << 18)  # bytes in which the head of a page is looked for
# Fields by their numbers in parquet.thrift.
REPETITION, SCHEMA, ROWS, GROUPS = 3, 2, 3, 4
COLUMNS, GROUP_BYTES, GROUP_ROWS, ABOUT = 1, 2, 3, 3
VALUES, UNPACKED, PACKED, FIRST_PAGE, DICTIONARY, HISTOGRAMS = 5, 6, 7, 9, 11, 16
COLUMN = {VALUES: True, UNPACKED: True, PACKED: True, FIRST_PAGE: True, DICTIONARY: True,
          HISTOGRAMS: {2: Many(MOST_COLUMNS), 3: Many(MOST_COLUMNS)}}  # fmt: skip
GROUP = {COLUMNS: Many(MOST_COLUMNS, {ABOUT: COLUMN}), GROUP_BYTES: True, GROUP_ROWS: True}
FOOTER = {SCHEMA: Many(MOST_COLUMNS, {REPETITION: True}), ROWS: True, GROUPS: Many(bounds.MOST_GROUPS, GROUP)}
PAGE = {2: True, 3: True}


def check(path: Path) -> None:
    """Raise `FileFormatError` for sizes beyond the bounds or in conflict, `ValueError` without a footer."""
    with path.open("rb") as file:
        size = path.stat().st_size
        footer = _footer(path, file, size)
        bounds.check(path, "frames", bounds.MOST_FRAMES, footer.get(ROWS, 0))
        _check_rows(path, footer)
        levels = _levels(footer)
        pages = 0
        for i, group in enumerate(footer.get(GROUPS, ())):
            columns = [one.get(ABOUT, {}) for one in group.get(COLUMNS, ())]
            most = max([group.get(GROUP_BYTES, 0), *(one.get(UNPACKED, 0) for one in columns)])
            what = f"bytes in row group {i} (write it with smaller ones: row_group_size)"
            bounds.check(path, what, bounds.MOST_GROUP_BYTES, most)
            for k, column in enumerate(columns):
                _check_levels(path, i, column, levels[k] if k < len(levels) else 0)
                pages += _check_pages(path, file, i, column, size)
                bounds.check(path, "pages", MOST_PAGES, pages)


def _footer(path: Path, file: BinaryIO, size: int) -> dict[int, Any]:
    file.seek(max(0, size - END))
    end = file.read(END)
    length = int.from_bytes(end[:4], "little")
    if end[4:] != b"PAR1" or length > size - END:
        raise ValueError("no footer at its end")
    bounds.check(path, "bytes of footer", bounds.MOST_FOOTER_BYTES, length)
    file.seek(size - END - length)
    return Compact(file.read(length)).struct(FOOTER)


def _check_rows(path: Path, footer: dict[int, Any]) -> None:
    """The file, its row groups and their columns say one number of frames, so that a wrong one is found out."""
    groups = footer.get(GROUPS, ())
    for i, group in enumerate(groups):
        said = {group.get(GROUP_ROWS), *(one.get(ABOUT, {}).get(VALUES) for one in group.get(COLUMNS, ()))}
        if len(said) > 1:
            raise FileFormatError(f"{path}, row group {i}: expected one number of frames, got {sorted(map(str, said))}")
    rows = sum(group.get(GROUP_ROWS, 0) for group in groups)
    if rows != footer.get(ROWS, 0):
        raise FileFormatError(f"{path}: expected {footer.get(ROWS, 0)} frames in its row groups, got {rows}")


def _levels(footer: dict[int, Any]) -> list[int]:
    """How many levels there are of being there in each column: 2 where a value may be missing, else 1."""
    return [1 + (one.get(REPETITION, 0) == 1) for one in footer.get(SCHEMA, ())[1:]]


def _check_levels(path: Path, group: int, column: dict[int, Any], levels: int) -> None:
    for number, wanted in ((2, 1), (3, levels)):
        counts = len(column.get(HISTOGRAMS, {}).get(number, ()))
        if counts not in (0, wanted):
            raise FileFormatError(f"{path}, row group {group}: expected {wanted} levels of values, got {counts}")


def _check_pages(path: Path, file: BinaryIO, group: int, column: dict[int, Any], size: int) -> int:
    """Go from page to page of a column, and return how many there are."""
    begin = min(column.get(DICTIONARY) or size, column.get(FIRST_PAGE, size))
    end, at, unpacked, pages = begin + column.get(PACKED, 0), begin, 0, 0
    if begin < 0 or end > size or end < begin:
        raise FileFormatError(f"{path}, row group {group}: expected pages within {size} bytes, got {begin} to {end}")
    while at < end:
        head, length = _head(file, at)
        larger, packed = head.get(2, -1), head.get(3, -1)
        if larger < 0 or packed < 0:
            raise FileFormatError(f"{path}, row group {group}: expected a page at byte {at}, got sizes below 0")
        unpacked += larger
        what = f"bytes in the pages of row group {group} (write it with smaller ones: row_group_size)"
        bounds.check(path, what, bounds.MOST_GROUP_BYTES, unpacked)
        at, pages = at + length + packed, pages + 1
        if pages > MOST_PAGES:
            break
    return pages


def _head(file: BinaryIO, at: int) -> tuple[dict[int, Any], int]:
    """The head of a page and its length."""
    for most in HEADS:
        file.seek(at)
        head = Compact(file.read(most))
        try:
            return head.struct(PAGE), head.at
        except EndOfBytes:
            continue
    raise ValueError(f"no head of a page at byte {at}")
