"""The reference page, made of the columns' definitions and the functions' docstrings.

python -m analytics.reference > docs/reference.md
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from typing import Any

import analytics
from analytics import regions
from analytics.base import filters
from analytics.columns import definitions
from analytics.definitions.column import Column
from analytics.definitions.derived import OVER
from analytics.sessions import batch
from analytics.streaming import live
from analytics.streaming.live_window import LiveWindow
from analytics.streaming.running import LiveTotals

HEAD = """# Reference of numbers

Every column of every table, then every function with its parameters, results, edge cases and sources. This page is
made from the code by `python -m analytics.reference > docs/reference.md`; a test fails when the code says otherwise.

Symbols: p pressure of a cell (kPa, or counts of a raw stream); V the cells that exist and have a value; L the loaded
ones of V, p > p0, the contact threshold; n_V, n_L their numbers; a area of a cell in cm², 1 where unknown; x, y centres
of the cells along the layout's axes; F total force. Undefined is missing (NaN), never 0.

## Columns
"""
# Beside the functions of `analytics` itself: where users import it from, and the thing.
MORE: dict[str, Any] = {
    "filters.lowpass": filters.lowpass,
    **{f"regions.{name}": getattr(regions, name) for name in ("thirds", "grid", "foot", "find")},
    **{f"regions.{name}": getattr(regions, name) for name in ("found_or_proportions", "drawn", "labelled")},
    "batch.each": batch.each,
    "batch.over": batch.over,
    "streaming.live.LiveRolling": live.LiveRolling,
    "streaming.live_window.LiveWindow": LiveWindow,
    "streaming.running.LiveTotals": LiveTotals,
}


def reference() -> str:
    """Return the page as Markdown."""
    return "\n".join([HEAD, *_columns(), *_derived(), *_functions()]) + "\n"


def _columns() -> Iterator[str]:
    yield "| column | unit | meaning | formula | source |"
    yield "|---|---|---|---|---|"
    for column in definitions().values():
        yield _row(column)


def _row(column: Column) -> str:
    cells = (f"`{column.name}`", column.unit, f"{column.title}. {column.meaning}", column.formula, column.source)
    return "| " + " | ".join(_escaped(cell) for cell in cells) + " |"


def _derived() -> Iterator[str]:
    yield "\nAny of these makes a column of another one, over a window, a stance, a region or steps: v.\n"
    yield "| prefix | meaning | formula | source |"
    yield "|---|---|---|---|"
    for prefix, (_, meaning, formula, source) in OVER.items():
        yield f"| `{prefix}_` | {_escaped(meaning)} | {_escaped(formula)} | {_escaped(source)} |"
    yield "| `rate_…_s` | Change since the row before. | (vᵢ − vᵢ₋₁) / (tᵢ − tᵢ₋₁) | Unsmoothed. |"
    yield "| `romberg_` | Eyes closed over eyes open. | v closed / v open | Above 1: more sway with eyes closed. |"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


def _functions() -> Iterator[str]:
    yield "\n## Functions"
    ours = {name: getattr(analytics, name) for name in sorted(analytics.__all__)}
    for name, thing in {**ours, **MORE}.items():
        if not inspect.ismodule(thing):
            yield f"\n### `analytics.{name}`\n"
            yield f"```text\n{inspect.getdoc(thing)}\n```"


if __name__ == "__main__":
    sys.stdout.write(reference())
