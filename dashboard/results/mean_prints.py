"""The mean print of each foot, upright: its ten masks with their numbers, or its pressure, or that over time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analytics.prints.mean_print import MeanPrint, mean_print
from barograph.frames import Floats, Layout
from dashboard.drawing import words
from dashboard.drawing.map_image import MapPicture, Scale, bar, bar_width
from dashboard.drawing.markup import drawing_box, head, say, section, segments, tag
from dashboard.drawing.svg import el, picture, text
from dashboard.reading.context import Context
from dashboard.reading.part_query import MEANS
from dashboard.reading.prints import Prints
from dashboard.results.maps import scale_of

SIDES = ("left", "right")
HIGH_PX, GAP_PX, EDGE_PX, WORDS_PX = 300.0, 26.0, 12.0, 24.0


def means(context: Context, found: Prints, place: int, made: str) -> str:
    """Return the mean prints of a plate; nothing where no whole print has a foot."""
    shown = context.query.means
    kind = "pti" if shown == "pti" else "peak"
    known = [one for side in SIDES if (one := mean_print(found.measured, side, kind, found.above))]  # type: ignore[arg-type]
    if not known:
        return ""
    choice = segments("Mean prints", "means", MEANS, shown)
    drawing = drawing_box(_drawn(context, found, known, shown, f"mean-{place}"), "mean-prints")
    said = tag("p", say(made), class_="muted pad")
    return section(head("Mean prints", choice, note="upright, each laid on its heel and axis"), drawing, said)


def _drawn(context: Context, found: Prints, known: Sequence[MeanPrint], shown: str, identity: str) -> str:
    """One print beside the other, heels level."""
    below = min(one.y_mm for one in known)
    high_mm = max(one.y_mm + _size(one)[1] for one in known) - below
    factor = HIGH_PX / high_mm
    scale = _scale(context, found, known, shown)
    x, parts, names = EDGE_PX, [], []
    for one in known:
        wide, high = (size * factor for size in _size(one))
        y = EDGE_PX + (high_mm - (one.y_mm - below)) * factor - high
        bed = el("rect", x=x, y=EDGE_PX, width=wide, height=HIGH_PX, rx=6, fill="var(--bed)")
        drawn = _masks(one) if scale is None else _pressure(one, scale, context, found, (wide, high), identity)
        parts.append(bed + el("g", drawn, transform=f"translate({x:.2f} {y:.2f})" + _cells(one, factor, scale)))
        name = f"{one.side.capitalize()}, mean of {one.n}"
        parts.append(text(x + wide / 2, EDGE_PX + HIGH_PX + 17, name, fill=f"var(--{one.side})", size=12,
                          anchor="middle", font_weight=600))  # fmt: skip
        if scale is None:
            parts.append(_numbers(one, (x, y), factor))
        names.append(f"{one.side}, mean of {words.plural(one.n, 'print')}")
        x += wide + GAP_PX
    width = x - GAP_PX + EDGE_PX
    if scale is not None:
        parts.append(bar(scale, width + 8, EDGE_PX + 20, HIGH_PX - 60))
        width += 8 + bar_width(scale)
    what = {"masks": "ten masks", "pressure": "pressure", "pti": "pressure over time"}[shown]
    return picture(width, HIGH_PX + EDGE_PX + WORDS_PX, *parts, title=f"Mean prints: {what}, {'; '.join(names)}")


def _size(one: MeanPrint) -> tuple[float, float]:
    rows, cols = one.values.shape
    return cols * one.pitch_mm[0], rows * one.pitch_mm[1]


def _cells(one: MeanPrint, factor: float, scale: Scale | None) -> str:
    """Masks are drawn in cells; a map has its own size."""
    return f" scale({one.pitch_mm[0] * factor:.4f} {one.pitch_mm[1] * factor:.4f})" if scale is None else ""


def _scale(context: Context, found: Prints, known: Sequence[MeanPrint], shown: str) -> Scale | None:
    if shown == "masks":
        return None
    display = context.display("kPa" if found.layout.calibrated else "counts")
    kind = "pti" if shown == "pti" else "peak"
    unit = f"{display.unit}·s" if shown == "pti" else display.unit
    return scale_of([found.info], [one.values for one in known], kind).turned(display.factor, unit)


def _masks(one: MeanPrint) -> str:
    """One shape for each mask, of whole cells."""
    shapes = []
    for number in np.unique(one.labels[one.labels > 0]).tolist():
        rows, cols = np.nonzero(one.labels == number)
        d = "".join(f"M{c} {r}h1v1h-1z" for r, c in zip(rows.tolist(), cols.tolist(), strict=True))
        shapes.append(el("path", d=d, fill=f"var(--mask-{number})", stroke="var(--under-bed)", stroke_width=0.75,
                         vector_effect="non-scaling-stroke", class_="print-mask", data_mask=number))  # fmt: skip
    return "".join(shapes)


def _numbers(one: MeanPrint, corner: tuple[float, float], factor: float) -> str:
    """The number of each mask in its middle cell."""
    out = []
    for number in np.unique(one.labels[one.labels > 0]).tolist():
        rows, cols = np.nonzero(one.labels == number)
        middle = int(np.hypot(rows - rows.mean(), cols - cols.mean()).argmin())
        x = corner[0] + (cols[middle] + 0.5) * one.pitch_mm[0] * factor
        y = corner[1] + (rows[middle] + 0.5) * one.pitch_mm[1] * factor + 4
        out.append(text(float(x), float(y), str(number), fill="var(--on-bed)", size=12, anchor="middle",
                        font_weight=700, stroke="var(--under-bed)", stroke_width=3, paint_order="stroke"))  # fmt: skip
    return "".join(out)


def _pressure(
    one: MeanPrint, scale: Scale, context: Context, found: Prints, size: tuple[float, float], identity: str
) -> str:
    display = context.display("kPa" if found.layout.calibrated else "counts")
    values: Floats = np.where(one.labels > 0, one.values, 0.0) * display.factor
    rows, cols = values.shape
    layout = Layout(rows=rows, cols=cols, unit="kPa" if found.layout.calibrated else "raw", pitch_mm=one.pitch_mm,
                    kind=found.layout.kind)  # fmt: skip
    return MapPicture(layout, values, scale, one.side).draw(0.0, 0.0, *size, f"{identity}-{one.side}")
