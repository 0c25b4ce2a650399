"""What the Balance tab has of a body: how the feet stood, the share of the left over time, and the Romberg quotient."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

import numpy as np

from analytics import romberg
from analytics.base.times import table_us
from analytics.sway.net_cop import NO_WIDTH, SHARE
from dashboard.drawing import words
from dashboard.drawing.crosshair import Across, Read, crosshair
from dashboard.drawing.markup import column, drawing_box, head, number_field, say, section, table, tag
from dashboard.drawing.svg import Plot, digits_of, el, picture, round_up, text, ticks
from dashboard.page.visitors import may
from dashboard.reading.body import BODY, kept_stance, stance_text
from dashboard.reading.context import Context
from dashboard.reading.part_query import NUMBERS
from dashboard.reading.sides import name_of
from dashboard.reading.standing import Track
from dashboard.results.maps import envelope

MEASURES = (
    "path", "mean_velocity", "sway_area_per_s", "rms_x", "rms_y", "range_x", "range_y", "hull_area", "ellipse95_area",
)  # fmt: skip
LEAST_REACH_PCT = 10.0
Tracks = Callable[[Context], Awaitable[list[Track]]]


def is_body(one: Track) -> bool:
    """Return whether a track is that of both feet."""
    return SHARE in one.stats


def head_of_body(context: Context, one: Track, drawn: str) -> str:
    """Return the head of the body's part: how the feet stood, fields to say it, and what is not known."""
    missing = list(one.stats.attrs["missing"])
    note = f"net centre of pressure, {drawn}; {stance_text(one)}" if not missing else "net centre of pressure"
    why = [f"{reason[:1].upper()}{reason[1:]}." for reason in missing]
    if NO_WIDTH in missing:
        why.append("Without it the body’s sway from side to side is not known: measure between the heels and enter it.")
    said = tag("p", say(" ".join(why)), class_="pad", role="note") if why else ""
    return head(BODY, tag("span", *_fields(context), class_="buttons"), note=note) + said


def _fields(context: Context) -> list[str]:
    """Width and toe-out in the address, and a way to keep them."""
    query, kept = context.query, kept_stance(context)
    hints = ("not known", "0") if kept is None else (f"{kept[0]:g}", f"{kept[1]:g}")
    limits = [(NUMBERS[name].least, NUMBERS[name].most) for name in ("width", "toe")]
    fields = [
        number_field("Between the heels, mm", "width", query.width, limits[0], hints[0]),
        number_field("Toes out, °", "toe", query.toe, limits[1], hints[1]),
    ]
    if query.width is not None and may("describe"):
        fields.append(tag("button", "Keep with the session", type="button", class_="button", data_ask="calibrate",
                          data_workouts=context.workout.workout_id))  # fmt: skip
    return fields


def share_chart(context: Context, one: Track) -> str:
    """Return the share of the left foot over time, with its mean."""
    share = one.stats[SHARE].to_numpy(np.float64)
    if not np.isfinite(share).any():
        return ""
    at = (table_us(one.stats).astype(np.float64) - context.whole.first_us) / 1e6
    mean, sd = (float(one.measures[f"{what}_{SHARE}"].iloc[0]) for what in ("mean", "sd"))
    reach = min(50.0, round_up(max(float(np.nanmax(np.abs(share - 50.0))), LEAST_REACH_PCT)))
    plot = Plot(46, 22, 430, 60, (context.query.start_s, context.query.stop_s), (50.0 - reach, 50.0 + reach))
    xs, y = ticks(*plot.x, 6), plot.at_y(mean)
    parts = [
        text(46, 14, f"load on the left, %: mean {mean:.1f}, SD {sd:.1f}; dashed", fill="var(--text-2)"),
        plot.frame(
            xs,
            [50 - reach, 50, 50 + reach],
            digits=digits_of([reach]),
            x_digits=digits_of(xs),
            x_title="s after the start",
        ),
        plot.line(*envelope(at, share, int(plot.width)), "var(--left)", 1.25),
        el("line", x1=plot.left, x2=plot.left + plot.width, y1=y, y2=y, stroke="var(--text)", stroke_dasharray="4 3"),
    ]
    reads = [crosshair(plot, at, [Read("left", "var(--left)", share, "%", 1)], Across("s", 2))]
    title = f"Share of the load on the left over time, mean {mean:.1f} %"
    return drawing_box(picture(490, 122, *parts, title=title, reads=reads))


async def romberg_section(context: Context, tracks: Sequence[Track], tracks_of: Tracks) -> str:
    """Return the quotient of the selection, with eyes closed, over another part of the session, with eyes open."""
    query = context.query
    low, high = query.open_from, query.open_to
    limits = (0.0, round(context.whole.length_s, 3))
    fields = tag(
        "span", say("Eyes open:"), number_field("From, s", "open_from", low, limits),
        number_field("To, s", "open_to", high, limits), class_="buttons",
    )  # fmt: skip
    note = "the selection, with eyes closed, over another part of one duration, with eyes open"
    top = head("Romberg quotient", fields, note=note)
    if low is None or high is None:
        return section(top)
    if not low < high <= context.whole.length_s + 0.1:
        said = f"Expected 0 ≤ from < to ≤ {limits[1]:g} s, got {low:g} to {high:g} s."
        return section(top, tag("p", say(said), class_="pad", role="alert"))
    opened = await tracks_of(replace(context, query=replace(query, start_s=low, stop_s=high, whole=False)))
    known = {name_of(one.info): one for one in opened}
    pairs = [(known[name_of(one.info)], one) for one in tracks if name_of(one.info) in known]
    if not pairs:
        why = "In the part with eyes open there is no centre of pressure."
        return section(top, tag("p", say(why), class_="pad", role="note"))
    return section(top, quotients(pairs))


def quotients(pairs: Sequence[tuple[Track, Track]]) -> str:
    """Return a row per measure, a column per sensor, and why one has no quotient."""
    unit = pairs[0][0].unit
    names = [_named(name, unit) for name in MEASURES]
    found = [romberg(one.measures, other.measures, columns=names) for one, other in pairs]
    rows = [
        [column(f"romberg_{name}"), *(words.number(float(one[f"romberg_{name}"].iloc[0]), 2) for one in found)]
        for name in names
    ]
    whose = [name_of(one.info) for one, _ in pairs]
    reasons = {
        reason: None for one in found for reason in one.attrs["missing"] if ": " not in reason or "differ" in reason
    }
    why = "".join(tag("p", say(f"No quotient: {reason}."), class_="pad", role="note") for reason in reasons)
    return why + table(["Measure", *map(say, whose)], rows, label="Romberg quotients")


def _named(name: str, unit: str) -> str:
    """The column of a measure in a unit of length."""
    if name == "mean_velocity":
        return f"{name}_{unit}_s"
    return f"{name}_{unit}2_s" if name == "sway_area_per_s" else f"{name}_{unit}{'2' if 'area' in name else ''}"
