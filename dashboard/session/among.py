"""Is it unusual? What this session has beside what other athletes have, below the tab whose measures these are."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np

from dashboard.drawing import words
from dashboard.drawing.change_flag import MDC_FILL, SWC_FILL
from dashboard.drawing.markup import say, sided, table, tag, term
from dashboard.drawing.svg import Plot, el, picture
from dashboard.drawing.units import Units
from dashboard.page.visitors import visitor
from dashboard.reading.band_query import read_band
from dashboard.reading.context import Context
from dashboard.reading.lab_norms import NO_DIAGNOSIS, Norm, Norms, norms_of
from dashboard.reading.part_query import last_fields
from dashboard.reading.roster import may
from dashboard.reading.session_measures import Entry, Metric, metrics, sensor_title, sensors
from dashboard.reading.sides import SIDES
from dashboard.reading.sources import Sources
from dashboard.reading.turned import turned
from dashboard.results.bands import band_tools

TITLE = "Is it unusual?"
OF_TAB = {
    "gait": ("Steps", "Symmetry", "Running"), "footprints": ("Footprints", "Walk over a plate"), "jump": ("Jumps",),
    "balance": ("Sway", "On one leg"),
}  # fmt: skip
WIDE, HIGH = 150.0, 20.0
ROOM = 0.5  # of the band, at each side of it
WHAT = (
    "A band says where others lie, not what is healthy: of the people it is made of, one in ten lies outside their "
    "middle 90 %."
)
PART = "of all of it up to 5 min, else of its middle minute, as on History"


async def among(sources: Sources, context: Context, tab: str, search: str) -> str:
    """Return what stands below a tab; nothing for whoever may see no athlete, or where the tab has no such measure."""
    who = visitor()
    if tab not in OF_TAB or who is None or not may(who, "read"):
        return ""
    problems: list[str] = []
    query = read_band(last_fields(search, []), problems)
    norms = await norms_of(sources, [context.workout], query)
    wrong = "".join(tag("p", say(text), class_="tab-problem", role="alert") for text in problems)
    head = tag(
        "div", tag("h3", TITLE), tag("span", class_="grow"), band_tools(query, norms), class_="part-head among-tools"
    )
    if not norms.asked:
        return _card(wrong + head)
    entry = await sources.measures.entry(context.workout)
    return _card(wrong + head + await asyncio.to_thread(body, entry, norms, context.units, OF_TAB[tab]))


async def reported(sources: Sources, context: Context, search: str) -> str:
    """Return the same of all tabs for paper, with the band of the address; nothing where it asks for none."""
    who, query = visitor(), read_band(last_fields(search, []), [])
    if not query.band or who is None or not may(who, "read"):
        return ""
    norms = await norms_of(sources, [context.workout], query)
    entry = await sources.measures.entry(context.workout)
    groups = [name for names in OF_TAB.values() for name in names]
    return tag("h2", TITLE) + await asyncio.to_thread(body, entry, norms, context.units, groups)


def _card(inside: str) -> str:
    return tag("section", inside, class_="card among", aria_label=TITLE)


def body(entry: Entry, norms: Norms, units: Units, groups: Sequence[str]) -> str:
    """Return a row for each measure of these groups and sensor that has a band, and what the bands are."""
    found = [one for one in metrics([entry]) if one.group in groups]
    rows, whose, whys = [], dict[str, int](), dict[str, int]()
    for one in found:
        how = turned(one, [entry], units)
        for where in sensors([entry], one.name):
            norm = norms.of(one, where, how, units)
            if norm.known:
                value = entry.values[one.name, where][0] * how.factors[0]
                rows.append(_row(one, where, value, norm, how.unit, how.digits))
            texts = whose if norm.known else whys
            texts[norm.said] = texts.get(norm.said, 0) + 1
    heads = ["Measure", "Sensor", "This session", "Middle 90 %", "", "Among them"]
    shown = table(heads, rows, label=TITLE, texts=2) if rows else ""
    lines = [*whose, *(f"{n} without: {text}" if rows else text for text, n in whys.items())]
    if not found:
        lines = ["This session has no measure here that is compared."]
    note = f"Values are {PART}." if rows else ""
    said = " ".join(text for text in (WHAT if rows else "", *lines, norms.notes, note) if text)
    return shown + tag("p", say(said), class_="muted pad band-said")


def _row(one: Metric, where: str, value: float, norm: Norm, unit: str, digits: int) -> list[str]:
    side = where if where in SIDES else None
    low, high = norm.ends
    between = f"{words.number(low, digits)} – {words.number(high, digits)}"
    if not norm.whole:
        between += " (50 %)"
    about = [text for text in (*one.about, norm.said) if text]
    return [
        term(one.title, unit, *about), sided(sensor_title(where), side), words.number(value, digits), between,
        strip(value, norm), say(norm.place(value)),
    ]  # fmt: skip


def strip(value: float, norm: Norm) -> str:
    """Return a value on its band, with the median; an arrow where it lies beyond what is drawn."""
    low, high = norm.ends
    room = ROOM * (high - low)
    plot = Plot(6, 0, WIDE - 12, HIGH, (low - room, high + room), (0.0, 1.0))
    parts = []
    for first, last, how, there in (("p5", "p95", MDC_FILL, norm.whole), ("p25", "p75", SWC_FILL, norm.inner)):
        if there:
            left, right = (float(plot.at_x(float(norm.row[name]))) for name in (first, last))
            parts.append(el("rect", x=left, y=1, width=right - left, height=HIGH - 2, **how))
    if np.isfinite(norm.row["p50"]):
        x = float(plot.at_x(float(norm.row["p50"])))
        parts.append(el("line", x1=x, x2=x, y1=1, y2=HIGH - 1, stroke="var(--text-3)"))
    inside = float(np.clip(value, *plot.x))
    x, y = float(plot.at_x(inside)), HIGH / 2
    if inside == value:
        parts.append(el("circle", cx=x, cy=y, r=4, fill="var(--text)", stroke="var(--surface)"))
    else:
        way = 1.0 if value > inside else -1.0
        points = f"{x - 5 * way:.1f},{y - 4:.1f} {x:.1f},{y:.1f} {x - 5 * way:.1f},{y + 4:.1f}"
        parts.append(el("polyline", points=points, fill="none", stroke="var(--text)", stroke_width=1.5))
    return picture(WIDE, HIGH, *parts, title=f"{norm.place(value)}; {NO_DIAGNOSIS}", width=int(WIDE))
