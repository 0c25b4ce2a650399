"""How bodies sit and saddles lie: a table of measures, a column for each sensor of that kind."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import numpy as np

from analytics import regions
from analytics.columns import definition
from dashboard.drawing import words
from dashboard.drawing.markup import column, head, say, section, table, tag, unit_of
from dashboard.reading.context import Context
from dashboard.reading.seats import Sat, sat_of, sat_on
from dashboard.reading.sides import name_of

DIGITS = {"ppi_kpa": 1, "longest_above_s": 1, "bridging_ratio": 2}
MARKS = ("bridged", "uneven")


async def measured(context: Context, drawn: Mapping[str, regions.Regions]) -> str:
    """Return the table of seats, mats and saddles among the sensors; "" without one.

    The dispersion index is the share of the cells in regions `drawn` by hand, by the name of the stream.
    """
    infos = sat_on(context)
    if not infos:
        return ""
    sat = await asyncio.gather(*(sat_of(context, info, drawn.get(info.stream.stream)) for info in infos))
    return _markup(context, sat)


def _markup(context: Context, sat: Sequence[Sat]) -> str:
    values = [one.values for one in sat]
    names = list(dict.fromkeys(name for row in values for name in row))
    kpa = context.display("kPa")
    rows = [
        [
            column(name, *context.how(name), unit=kpa.unit if unit_of(name) == "kPa" else None),
            *(_cell(name, row.get(name, np.nan), kpa.factor) for row in values),
        ]
        for name in names
    ]
    shown = table(["Measure", *(say(name_of(one.info)) for one in sat)], rows, label="How it is sat on")
    return section(head("Sitting", note=_how(context, sat)), shown, tag("p", say(_absent(sat)), class_="muted pad"))


def _cell(name: str, value: float, factor: float) -> str:
    if name in MARKS:
        return "–" if np.isnan(value) else ("no", "yes")[int(value)]
    scaled = value * factor if unit_of(name) == "kPa" else value
    return words.number(scaled, DIGITS.get(name, 0 if name.startswith(("cells", "time")) else 1))


def _how(context: Context, sat: Sequence[Sat]) -> str:
    kpa, about = context.display("kPa"), sat[0].attrs
    level = words.number(about["level_kpa"] * kpa.factor, 1)
    return (
        f"of the mean of each cell over the selection; cells {context.loaded([one.info for one in sat])} count as "
        f"loaded; level {level} {kpa.unit} (32 mmHg), held for {about['hold_s']:g} s"
    )


def _absent(sat: Sequence[Sat]) -> str:
    """Why measures are not there, each reason once."""
    reasons: dict[str, list[str]] = {}
    for one in sat:
        for name, why in one.attrs["absent"].items():
            reasons.setdefault(why, []).append(name)
    said = "; ".join(f"{', '.join(dict.fromkeys(map(_title, names)))}: {why}" for why, names in reasons.items())
    return f"Not shown: {said}." if said else ""


def _title(name: str) -> str:
    title = definition(name).title
    return f"{title[0].lower()}{title[1:]}"
