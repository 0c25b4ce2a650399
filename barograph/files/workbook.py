"""Workbooks (`.xlsx`) of tables, written row by row; cells of frames are not in them.

Texts are texts: none becomes a formula or a link, here or when a sheet is saved as CSV. A missing number is an empty
cell. Rows wait in files until the workbook is finished, so memory holds one of them.
"""

from __future__ import annotations

import math
import re
import shutil
import tempfile
import weakref
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from barograph.cells import cell
from barograph.errors import InvalidData
from barograph.extras import needed

SUFFIX, MEDIA_TYPE = ".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# https://support.microsoft.com/office/1672b34d-7043-467e-8e27-269d656771c3
MOST_ROWS, MOST_NAME, MOST_LETTERS = 1_048_576, 31, 32_767
NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
PIECE_BYTES = 1 << 20
OPTIONS = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def check(rows: int) -> None:
    """Raise `InvalidData` for more rows, the heads aside, than a sheet has, and where nothing here writes workbooks."""
    needed("xlsxwriter", "XLSX")
    if rows >= MOST_ROWS:
        raise InvalidData(
            f"frames: expected at most {MOST_ROWS - 1} rows in a sheet of a workbook, got {rows}; choose a part, or "
            "the ZIP, whose tables are CSV of any length",
            field="frames",
        )


class Workbook:
    """A workbook that is written once, sheet after sheet."""

    def __init__(self) -> None:
        writer = needed("xlsxwriter", "XLSX")
        folder = tempfile.mkdtemp(prefix="barograph-")
        self._remove = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self._path = Path(folder) / "tables.xlsx"
        self._book = writer.Workbook(str(self._path), {**OPTIONS, "tmpdir": folder})
        self._head = self._book.add_format({"bold": True})
        self._names = set[str]()
        self._sheet: Any = None
        self._row = 0

    def begin(self, name: str, columns: Sequence[str]) -> None:
        """Begin a sheet; its name is cut to what a workbook takes."""
        self._sheet, self._row = self._book.add_worksheet(self._free(name)), 1
        self._sheet.freeze_panes(1, 0)
        self._sheet.set_column(0, max(0, len(columns) - 1), 16)
        for at, title in enumerate(columns):
            self._sheet.write_string(0, at, cell(title), self._head)

    def add(self, rows: Iterable[Sequence[object]]) -> None:
        """Add rows to the sheet."""
        number, text, flag = self._sheet.write_number, self._sheet.write_string, self._sheet.write_boolean
        for values in rows:
            for at, value in enumerate(values):
                if isinstance(value, float):
                    if math.isfinite(value):
                        number(self._row, at, value)
                elif isinstance(value, bool):
                    flag(self._row, at, value)
                elif isinstance(value, int):
                    number(self._row, at, value)
                elif value is not None and value != "":
                    text(self._row, at, cell(value)[:MOST_LETTERS])
            self._row += 1

    def finish(self) -> Iterator[bytes]:
        """Yield the file."""
        self._book.close()
        with self._path.open("rb") as file:
            while piece := file.read(PIECE_BYTES):
                yield piece

    def close(self) -> None:
        """Leave nothing behind, whether it was finished or not."""
        for sheet in self._book.worksheets():
            if (file := sheet.row_data_fh) is not None:
                file.close()
        self._remove()

    def _free(self, name: str) -> str:
        """A name for a sheet that none has yet; a workbook knows no difference of case, and has one reserved word."""
        made = NOT_IN_NAMES.sub("_", name).strip("' ")[:MOST_NAME] or "_"
        made = f"{made}_" if made.lower() == "history" else made
        number = 2
        while made.lower() in self._names:
            end = f" {number}"
            made, number = f"{name[: MOST_NAME - len(end)]}{end}", number + 1
            made = NOT_IN_NAMES.sub("_", made).strip("' ")
        self._names.add(made.lower())
        return made
