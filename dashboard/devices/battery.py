"""A device's battery over the last day, as a curve; where it said nothing the ground is hatched, and nothing drawn."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from barograph.store.account_records import CHARGE_EVERY_US
from barograph.store.accounts import Charge
from dashboard.devices.advice import LOW_PCT
from dashboard.drawing import words
from dashboard.drawing.crosshair import crosshair_at
from dashboard.drawing.markup import say, tag
from dashboard.drawing.svg import MUTED, TEXT, el, line, picture, text

HOURS = 24
HOUR_US = 3_600_000_000
SILENT_US = 3 * CHARGE_EVERY_US  # beyond that nothing joins what it said before and after
WIDE, HIGH, LEFT, TOP, BOTTOM = 420.0, 118.0, 34.0, 10.0, 22.0
NEVER = "It says nothing of its battery: it is wired, or its program does not tell."
UNSAID = f"It said nothing of its battery in the last {HOURS} h."


def curve(charges: Sequence[Charge], now_us: int, *, told: bool) -> str:
    """Return the last day as a figure; `told` is whether the device ever spoke of its battery."""
    title = tag("figcaption", f"Battery, last {HOURS} h, %")
    shown = [one for one in charges if now_us - HOURS * HOUR_US <= one.us <= now_us]
    if not shown:
        return tag("figure", title, tag("p", UNSAID if told else NEVER, class_="muted"), class_="battery")
    spans, silent = _spans(shown), _silences(shown, now_us)
    quiet_h = sum(stop - start for start, stop in silent) / HOUR_US
    first, last = (f"{words.number(one.pct)} %" for one in (shown[0], shown[-1]))
    quiet = f"; nothing was said for {words.number(quiet_h, 1)} h of it, which is hatched" if silent else ""
    box = _x(now_us - HOURS * HOUR_US, now_us), _y(100), float(WIDE - LEFT - 4), _y(0) - _y(100)
    places = np.array([(_x(one.us, now_us), _y(one.pct)) for one in shown])
    each = [f"{words.number((now_us - one.us) / HOUR_US, 1)} h ago: {words.number(one.pct)} %" for one in shown]
    drawn = picture(
        WIDE, HIGH, *_ground(silent, now_us), *(_piece(one, now_us) for one in spans),
        title=f"Battery over the last {HOURS} h: from {first} to {last}{quiet}", width="100%",
        reads=[crosshair_at(box, places, TEXT, each)],
    )  # fmt: skip
    note = tag("p", say(f"{first} → {last}{quiet}."), class_="muted")
    return tag("figure", title, drawn, note, class_="battery")


def _spans(shown: Sequence[Charge]) -> list[list[Charge]]:
    """What was said without a silence in between."""
    out: list[list[Charge]] = [[shown[0]]]
    for before, one in itertools.pairwise(shown):
        if one.us - before.us > SILENT_US:
            out.append([])
        out[-1].append(one)
    return out


def _silences(shown: Sequence[Charge], now_us: int) -> list[tuple[int, int]]:
    moments = [now_us - HOURS * HOUR_US, *(one.us for one in shown), now_us]
    return [(start, stop) for start, stop in itertools.pairwise(moments) if stop - start > SILENT_US]


def _x(us: int, now_us: int) -> float:
    return LEFT + (WIDE - LEFT - 4) * (1 - (now_us - us) / (HOURS * HOUR_US))


def _y(pct: float) -> float:
    return TOP + (HIGH - TOP - BOTTOM) * (1 - pct / 100)


def _ground(silent: Sequence[tuple[int, int]], now_us: int) -> list[str]:
    stripe = el("path", d="M0 6 6 0", stroke="var(--line-2)", stroke_width=1)
    hatch = el("pattern", stripe, id="silent", width=6, height=6, patternUnits="userSpaceOnUse")
    out = [el("defs", hatch)]
    out += [
        el("rect", x=_x(start, now_us), y=_y(100), width=_x(stop, now_us) - _x(start, now_us), height=_y(0) - _y(100),
           fill="url(#silent)")
        for start, stop in silent
    ]  # fmt: skip
    for pct in (0, 50, 100):
        out.append(el("path", d=f"M{LEFT} {_y(pct):.1f}H{WIDE - 4}", stroke="var(--line)", stroke_width=1))
        out.append(text(LEFT - 6, _y(pct) + 4, str(pct), anchor="end", fill=MUTED))
    for hours, anchor in ((HOURS, "start"), (HOURS // 2, "middle"), (0, "end")):
        said = f"−{hours} h" if hours else "now"
        out.append(text(_x(now_us - hours * HOUR_US, now_us), HIGH - 6, said, anchor=anchor, fill=MUTED))
    return out


def _piece(said: Sequence[Charge], now_us: int) -> str:
    points = [(_x(one.us, now_us), _y(one.pct)) for one in said]
    colour = "var(--warn)" if said[-1].pct < LOW_PCT else "var(--text)"
    if len(points) == 1:
        return el("circle", cx=points[0][0], cy=points[0][1], r=2.5, fill=colour)
    return line(points, colour, 2.0)
