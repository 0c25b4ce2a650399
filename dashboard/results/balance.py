"""The Balance tab: the centre's track with ellipse and hull, sway over time, measures, spectrum."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Sequence

import numpy as np

from analytics.base.filters import CUTOFF_HZ
from barograph.frames import Floats
from dashboard.drawing import words
from dashboard.drawing.crosshair import Across, Read, crosshair, crosshair_on_track, fine
from dashboard.drawing.map_image import data_uri
from dashboard.drawing.markup import (
    column,
    drawing_box,
    head,
    nothing,
    number_field,
    say,
    section,
    segments,
    table,
    tag,
)
from dashboard.drawing.svg import Plot, digits_of, el, path_of, picture, round_up, text, ticks
from dashboard.reading.context import Context, token_of
from dashboard.reading.data_bounds import bounds_of
from dashboard.reading.sides import name_of
from dashboard.reading.standing import Track, filter_text, moving, places_of
from dashboard.reading.tracks import in_length, tracks_of
from dashboard.results.body_balance import head_of_body, is_body, romberg_section, share_chart
from dashboard.results.maps import envelope
from dashboard.results.one_leg import one_leg
from dashboard.results.unplaced import why

K = {"chi2": "k = 5.991, χ² of 2", "exact": "k by F(.95; 2, n − 2)"}
SPECTRUM_TO_HZ = 5.0
MOST_IN_A_LINE = 20_000
FAINTEST = 0.4
UNITS = {"mm": "mm", "cell": "cells"}


async def body(context: Context) -> str:
    """Return all of the tab, or why there is no centre of pressure."""
    if not in_length(context.infos):
        return why(context.infos, "no centre of pressure in mm, and no sway")
    tracks = await tracks_of(context)
    if not tracks:
        return nothing("No centre of pressure here", "The load stays below the layout's floor in this part.")
    made = await context.once("balance tab", lambda: asyncio.to_thread(_markup, context, tracks))
    return made + await one_leg(context) + await romberg_section(context, tracks, tracks_of)


async def reported(context: Context, tracks: Sequence[Track]) -> str:
    """Return what a report has of balance where nobody stood quietly.

    All of it if asked for, else that it is left out.
    """
    if not tracks or context.query.balance:
        return await body(context)
    why = f"Left out, because this is not quiet standing: {unquiet(tracks)}."
    how = "It is in the report with balance=1 in its address, or with barograph report --balance."
    return tag("p", say(why), class_="muted") + tag("p", say(how), class_="muted")


def unquiet(tracks: Sequence[Track]) -> str:
    """Return why a part is not quiet standing, by sensor; "" for quiet standing."""
    found = [(name_of(one.info), reasons) for one in tracks if (reasons := moving(one.measures))]
    return "; ".join(f"{name}: {', '.join(reasons)}" for name, reasons in found)


def _markup(context: Context, tracks: Sequence[Track]) -> str:
    query, walked = context.query, unquiet(tracks)
    choice = segments("Ellipse", "ellipse", [("chi2", "χ²"), ("exact", "exact")], query.ellipse)
    limits = bounds_of([one.stats for one in tracks], query).field("hz")
    cutoff = number_field("Low-pass, Hz", "hz", query.hz, limits, f"{CUTOFF_HZ:g}")
    shown = tag("span", say(notes_text(tracks)), class_="muted")
    line = tag("div", shown, tag("span", cutoff, choice, class_="buttons"), class_="tab-line")
    return (
        (_warning(context, walked) if walked else "")
        + line
        + pictures(context, tracks)
        + measured(context, tracks, "Measures")
    )


def pictures(context: Context, tracks: Sequence[Track]) -> str:
    """Return track, sway and spectrum of the body, then of each sensor."""
    bodies = (body_part(context, one) for one in tracks if is_body(one))
    sensors = (part(context, one) for one in tracks if not is_body(one))
    return "".join(bodies) + tag("div", *sensors, class_="tab-columns")


def measured(context: Context, tracks: Sequence[Track], title: str) -> str:
    """Return the measures, with how they were made."""
    how = "; ".join(dict.fromkeys(filter_text(one.measures) for one in tracks if len(one.known)))
    return section(head(title, note=f"{how}; {K[context.query.ellipse]}"), measures(tracks))


def _warning(context: Context, reasons: str) -> str:
    """First of all: these numbers are made for quiet standing, and this is none."""
    said = tag(
        "p", tag("b", "This is not quiet standing."), " ", say(f"{reasons}. The numbers below say little of balance.")
    )
    options = [("", "Left out"), ("1", "Included")]
    choice = segments("In the report", "balance", options, "1" if context.query.balance else "")
    return tag(
        "div", said, tag("span", "In the report ", choice, class_="buttons"), class_="tab-line tab-warning", role="note"
    )


def notes_text(tracks: Sequence[Track]) -> str:
    """Return what is to be known of the trial beside its protocol, as a line."""
    notes = notes_of(tracks)
    return notes[:1].upper() + notes[1:] if notes else "As the protocol recommends"


def notes_of(tracks: Sequence[Track]) -> str:
    """Return where trials fall short of the protocol; whose it is, where not all fall short alike."""
    found: dict[str, list[str]] = {}
    for one in tracks:
        for note in one.measures.attrs["notes"]:
            if note.startswith("not quiet"):
                continue
            found.setdefault(note, []).append(name_of(one.info))
    return "; ".join(
        note if len(names) == len(tracks) else f"{', '.join(names)}: {note}" for note, names in found.items()
    )


def part(context: Context, one: Track) -> str:
    """Return one stream: its track, its sway over time, its spectrum."""
    return section(head(say(name_of(one.info)), note=legend(context, one)), *_drawings(context, one))


def legend(context: Context, one: Track) -> str:
    """Return what the lines of a track's picture are."""
    return f"{drawn_as(one)}; 95 % prediction ellipse, {K[context.query.ellipse]}; hull dashed"


def body_part(context: Context, one: Track) -> str:
    """Return the body: what is not known of it, else its track beside its sway, share of the left and spectrum."""
    top, share = head_of_body(context, one, legend(context, one)), share_chart(context, one)
    if not len(one.known):
        return section(top, share)
    track_, sway, spectrum = _drawings(context, one)
    return section(top, tag("div", tag("div", track_), tag("div", sway, share, spectrum), class_="tab-columns"))


def _drawings(context: Context, one: Track) -> list[str]:
    return [drawing_box(made) for made in (track_chart(one), sway_chart(context, one), spectrum_chart(one))]


def drawn_as(one: Track) -> str:
    """Return what is drawn of a track, in words: nothing is left out silently."""
    frames = words.plural(len(one.known), "frame")
    return (
        f"line through {frames}" if len(one.known) <= MOST_IN_A_LINE else f"{frames}, a dot each, stronger where more"
    )


def measures(tracks: Sequence[Track]) -> str:
    """Return one row per measure, a column a stream."""
    names = [name for name in tracks[0].measures.columns if any(name in one.measures for one in tracks)]
    rows = [
        [
            column(name),
            *(words.number(float(one.measures.iloc[0].get(name, np.nan)), places_of(name)) for one in tracks),
        ]
        for name in names
    ]
    return table(["Measure", *(say(name_of(one.info)) for one in tracks)], rows, label="Measures of balance")


def track_chart(one: Track) -> str:
    """Return the track at one scale both ways, with ellipse and hull."""
    unit = UNITS[one.unit]
    every = np.vstack([one.known, one.ellipse, one.hull])
    middle = (every.max(axis=0) + every.min(axis=0)) / 2
    half = max(float(np.ptp(every, axis=0).max()) / 2 * 1.08, 0.5)
    plot = Plot(130, 22, 270, 270, (middle[0] - half, middle[0] + half), (middle[1] - half, middle[1] + half))
    xs, ys = ticks(*plot.x, 4), ticks(*plot.y, 5)
    in_a_line = len(one.known) <= MOST_IN_A_LINE
    parts = [
        plot.frame(xs, ys, digits=digits_of(ys), x_digits=digits_of(xs), x_title=f"x, {unit}"),
        text(130, 12, f"y, {unit}", fill="var(--text-2)"),
        plot.line(one.x, one.y, token_of(one.info), 1.0, opacity=0.8) if in_a_line else cloud(plot, one),
        _closed(plot, one.hull, stroke_dasharray="4 3", stroke="var(--text-3)"),
        _closed(plot, one.ellipse, stroke="var(--text)", stroke_width=1.75),
    ]
    area = float(one.measures.iloc[0][f"ellipse95_area_{one.unit}2"])
    title = f"Track of the centre of pressure, {drawn_as(one)}; ellipse of {words.number(area)} {unit}²"
    reads = [crosshair_on_track(plot, one.x, one.y, unit, 1)]
    return picture(490, 330, *parts, title=title, reads=reads)


def cloud(plot: Plot, one: Track) -> str:
    """Return every frame of a track too long for a line as a dot in its place: a mask, so that the theme colours it."""
    ends = [list(plot.y), list(plot.x)]
    n, _, _ = np.histogram2d(one.known[:, 1], one.known[:, 0], (int(plot.height), int(plot.width)), ends)
    level = np.where(n > 0, FAINTEST + (1 - FAINTEST) * np.log1p(n) / np.log1p(n.max()), 0.0)[::-1]
    image = data_uri(np.repeat(np.round(level * 255).astype(np.uint8)[:, :, None], 3, axis=2))
    box = {"x": plot.left, "y": plot.top, "width": plot.width, "height": plot.height}
    identity = f"cloud-{zlib.crc32(one.info.stream.stream.encode()):08x}"
    mask = el("mask", el("image", href=image, **box), id=identity, maskUnits="userSpaceOnUse", **box)
    return mask + el("rect", fill=token_of(one.info), mask=f"url(#{identity})", **box)


def _closed(plot: Plot, points: Floats, **more: object) -> str:
    if not len(points):
        return ""
    d = path_of(plot.points(points[:, 0], points[:, 1]), closed=True)
    return el("path", d=d, fill="none", **more)


def sway_chart(context: Context, one: Track) -> str:
    """Return the front–back and side about their means, over time."""
    at = (one.at_us - context.whole.first_us) / 1e6
    ways = [("front–back", one.y - np.nanmean(one.y)), ("side", one.x - np.nanmean(one.x))]
    reach = round_up(max(float(np.nanmax(np.abs(way))) for _, way in ways))
    parts, reads = [], []
    for i, (name, way) in enumerate(ways):
        plot = Plot(46, 22 + i * 92, 430, 60, (context.query.start_s, context.query.stop_s), (-reach, reach))
        xs = ticks(*plot.x, 6) if i else []
        title = "s after the start" if i else ""
        parts += [
            text(46, 14 + i * 92, f"{name}, {UNITS[one.unit]} about the mean", fill="var(--text-2)"),
            plot.frame(xs, [-reach, 0, reach], digits=digits_of([reach]), x_digits=digits_of(xs), x_title=title),
            plot.line(*envelope(at, way, int(plot.width)), token_of(one.info), 1.25),
        ]
        reads.append(crosshair(plot, at, [Read("", token_of(one.info), way, UNITS[one.unit], 1)], Across("s", 2, name)))
    return picture(490, 212, *parts, title="Sway of the centre of pressure over time", reads=reads)


def spectrum_chart(one: Track) -> str:
    """Draw the power density of each way up to 5 Hz, each at its own scale: in one frame they would hide each other."""
    if not len(one.spectrum):
        return ""
    f = one.spectrum.index.to_numpy(np.float64)
    side, along = (one.spectrum[f"power_cop_{axis}_{one.unit}2_hz"].to_numpy(np.float64) for axis in "xy")
    unit, seen = UNITS[one.unit], f <= SPECTRUM_TO_HZ
    parts, reads = [], []
    for left, name, power in ((60, "front–back", along), (296, "side", side)):
        top = round_up(float(power[seen].max()))
        ys = ticks(0, top, 3)
        plot = Plot(left, 22, 180, 90, (0.0, SPECTRUM_TO_HZ), (0.0, top))
        parts += [
            text(left, 12, f"{name}, {unit}²/Hz", fill="var(--text-2)"),
            plot.frame([0, 1, 2, 3, 4, 5], ys, digits=digits_of(ys), x_title="Hz"),
            plot.line(f[seen], power[seen], token_of(one.info), 1.5),
        ]
        density = Read("", token_of(one.info), power[seen], f"{unit}²/Hz", fine(top))
        reads.append(crosshair(plot, f[seen], [density], Across("Hz", 2, name)))
    title = "Spectrum of the sway, Welch's method over 20 s windows"
    return picture(490, 150, *parts, title=title, reads=reads)
