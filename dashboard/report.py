"""The report of a selected part: one HTML file that needs nothing else, for the screen and for paper.

It is made of what the tabs show, by the same functions, so that page and paper never differ; what can be pressed on the
page is left out by the style sheet, and definitions that open there are printed at the end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

import barograph
from analytics.filters import CUTOFF_HZ
from dashboard import overview, theme, words
from dashboard.context import Context, rate_hz, token_of
from dashboard.figures import unit_of
from dashboard.markup import Term, head, paper, picture, say, section, table, tag
from dashboard.overview import Lane
from dashboard.pages import balancebody, databody, gaitbody, mapsbody, regionsbody
from dashboard.pages.session import why_not
from dashboard.reportstyle import STYLE
from dashboard.sides import name_of
from dashboard.standing import Track
from dashboard.svg import Plot, digits_of, round_up, text, ticks
from dashboard.svg import el as element
from dashboard.svg import picture as drawing
from dashboard.walking import CURVES, Foot, steps_of
from dashboard.wish import Wish

MOST_LANES = 8
LANE_PX = 64.0


async def report(context: Context, *, now_us: int) -> str:
    """Make the whole document."""
    with paper() as terms:
        body = _head(context) + await _body(context)
        end = definitions(terms) + _provenance(context, now_us)
    return document(f"{_name(context)}, {words.date(context.whole.first_us)}", body + end)


async def _body(context: Context) -> str:
    maps = [await _map(context, kind) for kind in ("mean", "pti")]
    tracks = await balancebody.tracks_of(context)
    stood = bool(tracks) and not balancebody.unquiet(tracks)
    parts = [
        tag("h2", "Summary"),
        await _answer(context, tracks if stood else ()),
        await _overview(context),
        *([await _stood(context, tracks)] if stood else await _walking(context)),
        tag("div", tag("h2", "Mean and pressure-time integral"), tag("div", *maps, class_="in-two"), class_="together"),
        await mapsbody.integrals(context),
        *([] if stood else [await _part("Balance", balancebody.reported(context, tracks))]),
        await _regions(context),
        await _data(context),
    ]
    return "".join(parts)


def document(title: str, inside: str) -> str:
    """A page that needs nothing else."""
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
    """The light theme's colours and the type, as custom properties: paper is white."""
    pairs = "".join(f"--{name}:{light};" for name, (_, light) in theme.TOKENS.items())
    sizes = "".join(f"--{name}:{size}px;" for name, size in theme.SIZES_PX.items())
    return f":root{{{pairs}{sizes}--font:{theme.FONT};--mono:{theme.MONO}}}"


def _name(context: Context) -> str:
    return context.workout.about.athlete or context.workout.workout_id


def _head(context: Context) -> str:
    about, wish = context.workout.about, context.wish
    chips = "".join(tag("span", say(text), class_="chip") for text in (about.kind, *about.tags) if text)
    rates = sorted({rate for info in context.infos if (rate := rate_hz(info))})
    facts = [
        tag("code", say(context.workout.workout_id)),
        words.date(context.whole.first_us, weekday=True),
        f"{words.duration(context.whole.length_s)} recorded",
        f"{words.plural(len(context.infos), 'stream')}{''.join(f', {words.rate(rate)} Hz' for rate in rates)}",
        f"{words.number(context.workout.frames)} frames",
        *([f"{about.mass_kg:g} kg"] if about.mass_kg else []),
    ]
    whole = ", all of it" if wish.whole else ""
    part = f"{words.moment(wish.start_s)} – {words.moment(wish.stop_s)}, {words.duration(wish.length_s)}{whole}"
    shown = tag("p", "Everything below is of ", tag("b", part), ".")
    return tag("header", tag("h1", say(_name(context)), " ", chips), tag("p", " · ".join(facts)), shown)


async def _answer(context: Context, stood: Sequence[Track]) -> str:
    """What a reader wants first, beside the peak map: balance of one who stood, else left against right of steps."""
    peak = await _map(context, "peak")
    if stood:
        table_ = await asyncio.to_thread(balancebody.measured, context, stood, "Balance")
        notes = tag("p", say(balancebody.notes_text(stood)), class_="muted")
        return tag("div", tag("div", table_, notes), peak, class_="answer")
    feet = [] if why_not("gait", context.infos) else await gaitbody.feet_of(context)
    if not any(len(one.whole) for one in feet):
        return peak
    table_ = await asyncio.to_thread(gaitbody.left_right, context, feet)
    return tag("div", table_, peak, class_="answer")


async def _overview(context: Context) -> str:
    found = await overview.lanes(context.parts.archive, context.workout)
    markers = await context.parts.archive.markers(context.workout.workout_id)
    marks = [(context.seconds(marker.t_us), marker.label) for marker in markers]
    drawn = await asyncio.to_thread(overview_chart, context, found[:MOST_LANES], marks)
    unit = context.display(unit_of(found[0])).unit if found else ""
    note = f"total load, {unit}, lowest to highest in each bin"
    return section(head("Overview", note=note), picture(drawn))


def overview_chart(context: Context, lanes: list[Lane], marks: list[tuple[float, str]]) -> str:
    """A lane a stream with its envelope; gaps grey, the selection framed, markers dotted."""
    length = context.whole.length_s or 1.0
    factor = context.display(unit_of(lanes[0])).factor if lanes else 1.0
    high = max((float(np.nanmax(lane.high)) for lane in lanes if np.isfinite(lane.high).any()), default=1.0)
    top, parts = round_up(high * factor), []
    bottom = 18 + LANE_PX * len(lanes)
    for i, lane in enumerate(lanes):
        plot = Plot(60, 18 + i * LANE_PX, 860, LANE_PX - 12, (0.0, length), (0.0, top))
        parts.append(_lane(plot, replace(lane, low=lane.low * factor, high=lane.high * factor)))
        parts.append(text(0, plot.bottom - 16, name_of(lane.info), fill=token_of(lane.info), font_weight=600))
    last = Plot(60, 18, 860, bottom - 24, (0.0, length), (0.0, 1.0))
    parts.append(last.frame(ticks(0, length, 10), x_title="s after the first frame"))
    for at, label in marks[:40]:
        x = last.at_x(at)
        parts.append(element("line", x1=x, x2=x, y1=12, y2=bottom - 6, stroke="var(--text-3)", stroke_dasharray="2 3"))
        parts.append(text(x + 3, 10, label[:24]))
    wide = max(2.0, context.wish.length_s / length * last.width)
    parts.append(element("rect", x=last.at_x(context.wish.start_s), y=14, width=wide, height=bottom - 18, rx=3,
                         fill="none", stroke="var(--text)", stroke_width=1.5))  # fmt: skip
    return drawing(940, bottom + 34, *parts, title="Overview of the whole session")


def _lane(plot: Plot, lane: Lane) -> str:
    """Runs of bins between gaps; what has no frames stays empty and grey."""
    holes = np.flatnonzero(lane.start_s[1:] - lane.stop_s[:-1] > lane.usual_s) + 1
    parts = [
        element("rect", x=plot.at_x(start), y=plot.top, width=max(1.0, plot.at_x(stop) - plot.at_x(start)),
                height=plot.height, fill="var(--surface-3)")
        for start, stop in lane.gaps
    ]  # fmt: skip
    for piece in np.split(np.arange(len(lane.start_s)), holes):
        at = np.column_stack([lane.start_s[piece], lane.stop_s[piece]]).ravel()
        low, high = np.repeat(lane.low[piece], 2), np.repeat(lane.high[piece], 2)
        parts.append(plot.band(at, low, high, token_of(lane.info), 0.35))
        parts.append(plot.line(at, high, token_of(lane.info), 1.0))
    return "".join(parts) + plot.frame((), [0.0, plot.y[1]], digits=digits_of([plot.y[1]]))


async def _map(context: Context, kind: str) -> str:
    found = await mapsbody.shown_maps(context, kind)
    row = mapsbody.map_row(context, found, kind, prefix=f"report-{kind}")
    return section(head(mapsbody.TITLES[kind], note=mapsbody.note_of(found)), picture(row, "maps"))


async def _walking(context: Context) -> list[str]:
    """Stance curves of force, peak and area, gait line, butterfly, and every step."""
    if why_not("gait", context.infos):
        return []
    feet = await gaitbody.feet_of(context)
    if not any(len(one.whole) for one in feet):
        return [await _part("Gait", gaitbody.body(context))]
    return await asyncio.to_thread(_steps, context, feet)


def _steps(context: Context, feet: Sequence[Foot]) -> list[str]:
    curve, *ways = gaitbody.charts(context, feet, choice=False)
    more = [replace(context, wish=replace(context.wish, curve=name)) for name in CURVES if name != context.wish.curve]
    curves = [curve, *(next(iter(gaitbody.charts(one, feet, choice=False))) for one in more)]
    said = tag("p", say(f"{gaitbody.counts(feet)}; {gaitbody.threshold_text(context, feet)}"), class_="muted")
    top = tag("div", tag("h2", "Gait"), said, tag("div", *curves, class_="in-three"), class_="together")
    return [top, tag("div", *ways, class_="in-two"), gaitbody.steps_table(context, steps_of(feet))]


async def _stood(context: Context, tracks: Sequence[Track]) -> str:
    """The pictures of balance; its measures stand in the summary."""
    drawn_ = await asyncio.to_thread(balancebody.pictures, context, tracks)
    return tag("div", tag("h2", "Balance"), drawn_, class_="together")


async def _regions(context: Context) -> str:
    """Regions on the map beside the bars of their peaks, and the tables below."""
    shown = await regionsbody.shown(context)
    top = tag("div", tag("h2", "Regions"), tag("div", shown.top, shown.bars, class_="in-two"), class_="together")
    return top + shown.tables


async def _part(title: str, body: Awaitable[str]) -> str:
    return tag("div", tag("h2", say(title)), await body, class_="report-part")


async def _data(context: Context) -> str:
    gaps = [(info, gap) for info in context.infos for gap in await databody.gaps_of(context, info)]
    jumps = [(info, jump) for info in context.infos for jump in await databody.jumps_of(context, info)]
    return tag("h2", "Data") + databody.streams(context) + databody.gap_table(context, gaps, jumps)


def definitions(terms: Collection[Term]) -> str:
    """What opens behind dotted lines on the page, each once, under all the names that share it."""
    found: dict[str, list[str]] = {}
    for heading, meaning in sorted({(one.heading, one.meaning) for one in terms}):
        found.setdefault(meaning, []).append(heading)
    items = "".join(
        tag("div", tag("b", say("; ".join(names))), meaning, class_="definition") for meaning, names in found.items()
    )
    return tag("h2", "Definitions") + tag("div", items, class_="definitions")


def _provenance(context: Context, now_us: int) -> str:
    wish = context.wish
    shown = [
        *steps_by(wish, context.loaded()),
        ("Ellipse", balancebody.K[wish.ellipse]),
        ("Regions", regionsbody.preset_of(context)),
        ("In a notebook", databody.notebook_line(context)),
        *[(f"Epochs of {name_of(info)}", ", ".join(epoch.epoch for epoch in info.epochs)) for info in context.infos],
    ]
    return parameters(shown, now_us)


def steps_by(wish: Wish, loaded: str) -> list[tuple[str, str]]:
    """The thresholds that make a step and a loaded cell."""
    return [
        (
            "Contact from",
            "20 N, 10 kPa or 10 % of the range above the foot’s floor" if wish.on is None else f"{wish.on:g}",
        ),
        ("Contact until", "0.8 of it" if wish.off is None else f"{wish.off:g}"),
        ("Shortest stance", f"{wish.shortest:g} ms"),
        ("Pauses that belong to a stance", f"below {wish.pause:g} ms"),
        ("Cell loaded", loaded),
        ("Low-pass of the centre of pressure", f"{wish.hz or CUTOFF_HZ:g} Hz, Butterworth, order 4, zero phase"),
    ]


def parameters(shown: list[tuple[str, str]], now_us: int) -> str:
    """Names and values, and last by what and when the report was made."""
    made = f"{datetime.fromtimestamp(now_us / 1e6, UTC):%Y-%m-%d %H:%M:%S} UTC by Barograph {barograph.__version__}"
    rows = [[say(name), tag("code", say(value))] for name, value in [*shown, ("Made", made)]]
    return tag("h2", "Parameters and provenance") + table(("Parameter", "Value"), rows, label="Parameters", texts=3)
