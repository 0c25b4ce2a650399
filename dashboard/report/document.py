"""The sheet of a report: the document, its definitions, and its parameters."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime

import pandas as pd

import barograph
from analytics.base.filters import CUTOFF_HZ
from analytics.frames.contact import SAID_OFF, SAID_ON
from dashboard.drawing import theme
from dashboard.drawing.gap_rule import gap_parameter
from dashboard.drawing.markup import Term, say, table, tag
from dashboard.reading.part_query import PartQuery
from dashboard.report.style import STYLE


def document(title: str, inside: str) -> str:
    """Return a page that needs nothing else."""
    return f"""<!DOCTYPE html>
<html lang="en" data-mantine-color-scheme="light">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="Barograph {barograph.__version__}">
<title>{say(title)} · Barograph</title>
<style>{tokens()}{STYLE}</style>
</head>
<body>
<main>{inside}</main>
</body>
</html>
"""


def tokens() -> str:
    """Return the light theme's colours and the type, as custom properties: paper is white."""
    pairs = "".join(f"--{name}:{light};" for name, (_, light) in theme.TOKENS.items())
    sizes = "".join(f"--{name}:{size}px;" for name, size in theme.SIZES_PX.items())
    return f":root{{{pairs}{sizes}--font:{theme.FONT};--mono:{theme.MONO}}}"


def definitions(terms: Collection[Term]) -> str:
    """Return what opens behind dotted lines on the page, each once, under all the names that share it."""
    found: dict[str, list[str]] = {}
    for heading, meaning in sorted({(one.heading, one.meaning) for one in terms}):
        found.setdefault(meaning, []).append(heading)
    items = "".join(
        tag("div", tag("b", say("; ".join(names))), meaning, class_="definition") for meaning, names in found.items()
    )
    return tag("h2", "Definitions") + tag("div", items, class_="definitions")


def steps_by(query: PartQuery, loaded: str, tables: Iterable[pd.DataFrame]) -> list[tuple[str, str]]:
    """Return the thresholds that make a step and a loaded cell, and the gap rule of these tables."""
    return [
        ("Contact from", SAID_ON if query.on is None else f"{query.on:g}"),
        ("Contact until", SAID_OFF if query.off is None else f"{query.off:g}"),
        ("Shortest stance", f"{query.shortest:g} ms"),
        ("Pauses that belong to a stance", f"below {query.pause:g} ms"),
        ("Cell loaded", loaded),
        gap_parameter(*tables),
        ("Low-pass of the centre of pressure", f"{query.hz or CUTOFF_HZ:g} Hz, Butterworth, order 4, zero phase"),
    ]


def made_at(now_us: int) -> str:
    """Return when and by what a report was made."""
    return f"{datetime.fromtimestamp(now_us / 1e6, UTC):%Y-%m-%d %H:%M:%S} UTC by Barograph {barograph.__version__}"


def parameters(shown: list[tuple[str, str]], now_us: int) -> str:
    """Return names and values, and last by what and when the report was made."""
    rows = [[say(name), tag("code", say(value))] for name, value in [*shown, ("Made", made_at(now_us))]]
    return tag("h2", "Parameters and provenance") + table(("Parameter", "Value"), rows, label="Parameters", texts=3)
