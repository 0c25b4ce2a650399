"""The browser's tables are what Python says."""

from __future__ import annotations

from pathlib import Path

from dashboard.page import static
from dashboard.tables import module, tables


def test_the_browsers_tables_are_what_python_says() -> None:
    known = next(static.FOLDER.rglob("tables.mjs")).read_text("utf-8")
    assert known == module(), "python -m dashboard.tables > the tables.mjs of dashboard/assets"


def test_every_table_is_read_by_the_browsers_code() -> None:
    read = "".join(file.read_text("utf-8") for file in sorted(static.FOLDER.rglob("*.mjs")) if _reads(file))
    assert [name for name in tables() if name not in read] == []


def _reads(file: Path) -> bool:
    return file.name != "tables.mjs" and "tables.mjs" in file.read_text("utf-8")
