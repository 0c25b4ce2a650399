"""What a person reads in the markup of a page: its tables, cell by cell."""

from __future__ import annotations

import re
from html import unescape


def rows(markup: str, label: str) -> list[list[str]]:
    """The texts of a table's cells."""
    found = re.search(rf'<table[^>]*aria-label="{label}[^"]*".*?</table>', markup, re.S)
    assert found, label
    return [
        [
            unescape(re.sub(r"<[^>]*>", "", cell)).replace("\u202f", "").strip()
            for cell in re.findall(r"<t[dh].*?</t[dh]>", row, re.S)
        ]
        for row in re.findall(r"<tr.*?</tr>", found[0], re.S)
    ]


def number(text: str) -> float:
    """The first number of a cell: 682 ± 9 is 682."""
    found = re.search(r"−?\d+(?:\.\d+)?", text)
    assert found, text
    return float(found[0].replace("−", "-"))


def named(table: list[list[str]], column: int) -> dict[str, float]:
    """The numbers of a column by the measure of their row, its unit left out."""
    cells = {re.sub(r"\s*(ms|N·s|N|kPa|kN/s|%|% of stride)$", "", row[0]): row[column] for row in table[1:]}
    return {name: number(cell) for name, cell in cells.items() if re.search(r"\d", cell)}
