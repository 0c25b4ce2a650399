"""The report of a selected part: one HTML file that needs nothing else, for the screen and for paper.

It is made of what the tabs show, by the same functions, so that page and paper never differ; what can be pressed on the
page is left out by the style sheet, and definitions that open there are printed at the end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import replace

import numpy as np

from dashboard.drawing import words
from dashboard.drawing.markup import drawing_box, head, paper, say, section, tag
from dashboard.drawing.svg import Plot, digits_of, el, picture, round_up, text, ticks
from dashboard.reading import overview
from dashboard.reading.context import Context, rate_hz, token_of
from dashboard.reading.feet import CURVES, Foot, steps_of
from dashboard.reading.overview import Lane
from dashboard.reading.sides import name_of
from dashboard.reading.soles import withheld_texts
from dashboard.reading.standing import Track
from dashboard.reading.step_parts import feet_with_stances
from dashboard.reading.tracks import tracks_of
from dashboard.report.document import definitions, document, parameters, steps_by
from dashboard.results import balance, data, gait, jump, maps, prints, regions
from dashboard.results.one_leg import one_leg
from dashboard.results.running import running
from dashboard.session.page import why_not

MOST_LANES = 8
LANE_PX = 64.0


async def report(context: Context, others: str = "", *, now_us: int) -> str:
    """Make the whole document; `others` is what other athletes have beside it."""
    with paper() as terms:
        body = _head(context) + await _body(context, others)
        end = definitions(terms) + await _provenance(context, now_us)
    return document(f"{_name(context)}, {words.date(context.whole.first_us)}", body + end)


async def _body(context: Context, others: str) -> str:
    two = [await _map(context, kind) for kind in ("mean", "pti")]
    tracks = await tracks_of(context)
    stood = bool(tracks) and not balance.unquiet(tracks)
    parts = [
        tag("h2", "Summary"),
        *(tag("p", say(text), class_="warning") for text in await withheld_texts(context)),
        await _answer(context, tracks if stood else ()),
        await _overview(context),
        *([await _stood(context, tracks)] if stood else await _walking(context)),
        await prints.reported(context),
        await jump.reported(context),
        tag("div", tag("h2", "Mean and pressure-time integral"), tag("div", *two, class_="in-two"), class_="together"),
        await maps.integrals(context),
        *([] if stood else [await _part("Balance", balance.reported(context, tracks))]),
        others,
        await _regions(context),
        await _data(context),
    ]
    return "".join(parts)


def _name(context: Context) -> str:
    return context.workout.about.athlete or context.workout.workout_id


def _head(context: Context) -> str:
    about, query = context.workout.about, context.query
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
    whole = ", all of it" if query.whole else ""
    part = f"{words.moment(query.start_s)} – {words.moment(query.stop_s)}, {words.duration(query.length_s)}{whole}"
    shown = tag("p", "Everything below is of ", tag("b", part), ".")
    return tag("header", tag("h1", say(_name(context)), " ", chips), tag("p", " · ".join(facts)), shown)


async def _answer(context: Context, stood: Sequence[Track]) -> str:
    """What a reader wants first, beside the peak map: balance of one who stood, else left against right of steps."""
    peak = await _map(context, "peak")
    if stood:
        table_ = await asyncio.to_thread(balance.measured, context, stood, "Balance")
        notes = tag("p", say(balance.notes_text(stood)), class_="muted")
        return tag("div", tag("div", table_, notes), peak, class_="answer")
    feet = [] if why_not("gait", context.infos) else await feet_with_stances(context)
    if not any(len(one.whole) for one in feet):
        return peak
    table_ = await asyncio.to_thread(gait.left_right, context, feet)
    return tag("div", table_, peak, class_="answer")


async def _overview(context: Context) -> str:
    found = await overview.lanes(context.parts.archive, context.workout)
    markers = await context.parts.archive.markers(context.workout.workout_id)
    marks = [(context.seconds(marker.t_us), marker.label) for marker in markers]
    drawn = await asyncio.to_thread(overview_chart, context, found[:MOST_LANES], marks)
    unit = context.display(found[0].unit).unit if found else ""
    note = f"total load, {unit}, lowest to highest in each bin"
    return section(head("Overview", note=note), drawing_box(drawn))


def overview_chart(context: Context, lanes: list[Lane], marks: list[tuple[float, str]]) -> str:
    """Return a lane a stream with its envelope; gaps grey, the selection framed, markers dotted."""
    length = context.whole.length_s or 1.0
    factor = context.display(lanes[0].unit).factor if lanes else 1.0
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
        parts.append(el("line", x1=x, x2=x, y1=12, y2=bottom - 6, stroke="var(--text-3)", stroke_dasharray="2 3"))
        parts.append(text(x + 3, 10, label[:24]))
    wide = max(2.0, context.query.length_s / length * last.width)
    parts.append(el("rect", x=last.at_x(context.query.start_s), y=14, width=wide, height=bottom - 18, rx=3,
                         fill="none", stroke="var(--text)", stroke_width=1.5))  # fmt: skip
    return picture(940, bottom + 34, *parts, title="Overview of the whole session")


def _lane(plot: Plot, lane: Lane) -> str:
    """Runs of bins between gaps; what has no frames stays empty and grey."""
    holes = np.flatnonzero(lane.start_s[1:] - lane.stop_s[:-1] > lane.usual_s) + 1
    parts = [
        el("rect", x=plot.at_x(start), y=plot.top, width=max(1.0, plot.at_x(stop) - plot.at_x(start)),
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
    found = await maps.shown_maps(context, kind)
    row = maps.map_row(context, found, kind, prefix=f"report-{kind}")
    return section(head(maps.TITLES[kind], note=maps.note_of(context.infos, found)), drawing_box(row, "maps"))


async def _walking(context: Context) -> list[str]:
    """Stance curves of force, peak and area, gait line, butterfly, and every step."""
    if why_not("gait", context.infos):
        return []
    feet = await feet_with_stances(context)
    if not any(len(one.whole) for one in feet):
        return [await _part("Gait", gait.body(context))]
    return await asyncio.to_thread(_steps, context, feet, await running(context, feet))


def _steps(context: Context, feet: Sequence[Foot], ran: str) -> list[str]:
    curve, *ways = gait.charts(context, feet, choice=False)
    more = [
        replace(context, query=replace(context.query, curve=name)) for name in CURVES if name != context.query.curve
    ]
    curves = [curve, *(next(iter(gait.charts(one, feet, choice=False))) for one in more)]
    said = tag(
        "p", say(f"{gait.counts(feet)}; {gait.threshold_text(context, feet)}, "), gait.rule_of(feet), class_="muted"
    )
    top = tag("div", tag("h2", "Gait"), said, tag("div", *curves, class_="in-three"), class_="together")
    return [
        top,
        tag("div", *ways, class_="in-two"),
        ran,
        gait.steps_table(context, steps_of(feet)),
    ]


async def _stood(context: Context, tracks: Sequence[Track]) -> str:
    """The pictures of balance; its measures stand in the summary."""
    drawn_ = await asyncio.to_thread(balance.pictures, context, tracks)
    return tag("div", tag("h2", "Balance"), drawn_, class_="together") + await one_leg(context)


async def _regions(context: Context) -> str:
    """Regions on the map beside the bars of their peaks, and the tables below."""
    shown = await regions.shown(context)
    top = tag("div", tag("h2", "Regions"), tag("div", shown.top, shown.bars, class_="in-two"), class_="together")
    return top + shown.tables


async def _part(title: str, body: Awaitable[str]) -> str:
    return tag("div", tag("h2", say(title)), await body, class_="report-part")


async def _data(context: Context) -> str:
    gaps = [(info, gap) for info in context.infos for gap in await data.gaps_of(context, info)]
    jumps = [(info, jump) for info in context.infos for jump in await data.jumps_of(context, info)]
    return tag("h2", "Data") + data.streams(context) + data.gap_table(context, gaps, jumps)


async def _provenance(context: Context, now_us: int) -> str:
    query, feet = context.query, await feet_with_stances(context)
    shown = [
        *steps_by(query, context.loaded(), [one.stances for one in feet]),
        ("Ellipse", balance.K[query.ellipse]),
        ("Regions", regions.preset_of(context)),
        ("In a notebook", data.notebook_line(context)),
        *[(f"Epochs of {name_of(info)}", ", ".join(epoch.epoch for epoch in info.epochs)) for info in context.infos],
    ]
    return parameters(shown, now_us)
