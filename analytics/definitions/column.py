"""What is known of a column: name, unit, meaning, formula and source."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """One column: `title` for a screen, `meaning` in a line, `formula` in the symbols of `analytics.frame_stats`."""

    name: str
    unit: str
    title: str
    meaning: str
    formula: str
    source: str

    def __str__(self) -> str:
        return f"{self.name} [{self.unit or 'number'}]: {self.meaning} {self.formula}. {self.source}"
