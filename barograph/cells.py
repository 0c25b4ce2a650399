"""Tables as text for the clipboard: tab-separated, one row per line, and nothing in them that a spreadsheet would
run."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # who writes one cell does without it
    import pandas as pd

FORMULAS = "=+-@＝＋－＠"
BREAKS = ("Cc", "Zl", "Zp")  # tabs, ends of lines and other control characters


def cell(value: object) -> str:
    """Return a value as one cell: on one line.

    And with an apostrophe before what would begin a formula and is no number.
    """
    text = "".join(" " if unicodedata.category(letter) in BREAKS else letter for letter in str(value))
    begins = text.lstrip()
    return f"'{text}" if begins and begins[0] in FORMULAS and not _number(begins) else text


def tab_separated(rows: Iterable[Sequence[object]]) -> str:
    """Return rows of values as lines of cells."""
    return "\n".join("\t".join(map(cell, row)) for row in rows)


def table_text(table: pd.DataFrame) -> str:
    """Return a table with its heads; what is missing is an empty cell."""
    known = table.astype(object).where(table.notna(), "")
    return tab_separated([list(table.columns), *known.itertuples(index=False)])


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text.isascii()
