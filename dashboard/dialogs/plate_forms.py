"""The fields that say where plates lie in the dialog of a calibration, and the floor that they make, drawn to scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import dash_mantine_components as dmc
import numpy as np
from dash import html

from analytics.frames.plates import corners
from barograph.frames import Floats, Layout, Place
from barograph.store.ports import StreamInfo
from dashboard.dialogs.calibration_ways import Found
from dashboard.dialogs.plate_ways import NUMBERS, name_of
from dashboard.drawing.markup import drawn
from dashboard.drawing.svg import LABEL, MUTED, TEXT, el, picture, text
from dashboard.reading import sides
from dashboard.reading.floor import Floor, floor_of
from dashboard.reading.parts import layout_of
from dashboard.reading.prints import floors
from dashboard.results.prints_together import of_floor

LABELS = {"x_mm": "To the right, mm", "y_mm": "To the front, mm", "turn_deg": "Turn, °"}
WIDE, HIGH, EDGE = 420.0, 260.0, 26.0


def possible(infos: Sequence[StreamInfo]) -> bool:
    """Return whether there are plates that can be one floor."""
    return len(floors(infos)) > 1


def fields(infos: Sequence[StreamInfo]) -> list[Any]:
    """Build three fields for each plate with a grid of cells, and a picture of how they lie by what is known."""
    plates = floors(infos)
    if not possible(infos):
        return [html.P("This takes two plates or mats of one session whose cells are grids of known size.")]
    rows = [
        html.Fieldset(
            [html.Legend(f"{sides.name_of(one)}, {size_of(layout_of(one))}"),
             dmc.Group([_field(one, number) for number in NUMBERS])], className="plate-fields",
        )
        for one in plates
    ]  # fmt: skip
    return [*rows, drawn(plan({sides.name_of(one): layout_of(one) for one in plates}))]


def _field(info: StreamInfo, number: str) -> dmc.NumberInput:
    place = layout_of(info).place
    value = "" if place is None else getattr(place, number)
    return dmc.NumberInput(
        id={"type": "calibrate-field", "name": name_of(number, info.stream.stream)}, label=LABELS[number], value=value,
        w=140,
    )  # fmt: skip


def size_of(layout: Layout) -> str:
    """Return width and length of a plate in words."""
    wide, long = np.ptp(corners(layout, Place()), axis=0)
    return f"{wide:.0f} mm wide, {long:.0f} mm long"


def shown(found: Sequence[Found], infos: Sequence[StreamInfo]) -> list[Any]:
    """Build what the places make of the plates: a picture, and what is moved for one floor, or why it is none."""
    after = {one.stream: one.after for one in found}
    plates = [replace(one, layout=after.get(one.stream, one.layout)) for one in floors(infos)]
    floor = floor_of(plates)
    said = of_floor(floor) if isinstance(floor, Floor) else [floor]
    warned = None if isinstance(floor, Floor) else "warn"
    return [
        drawn(plan({sides.name_of(one): layout_of(one) for one in plates})),
        *(html.P(sentence, className=warned) for sentence in said),
    ]


def plan(plates: Mapping[str, Layout]) -> str:
    """Return plates as they lie, seen from above; "" without places. The front of a long floor is to the right."""
    known = {name: corners(one, one.place) for name, one in plates.items() if one.place is not None}
    if not known:
        return ""
    extent = np.ptp(np.concatenate(list(known.values())), axis=0)
    lies = bool(extent[1] > extent[0])
    drawing = {name: _seen(points, lies=lies) for name, points in known.items()}
    every = np.concatenate(list(drawing.values()))
    low, size = every.min(axis=0), np.maximum(np.ptp(every, axis=0), 1.0)
    factor = float(((np.array([WIDE, HIGH]) - 2 * EDGE) / size).min())
    parts = [_drawn(name, EDGE + (points - low) * factor) for name, points in drawing.items()]
    x, y = (EDGE + (_seen(np.zeros((1, 2)), lies=lies)[0] - low) * factor).tolist()
    cross = el("path", d=f"M{x - 5:.1f} {y:.1f}h10m-5 -5v10", stroke=TEXT, stroke_width=1.5, fill="none")
    high_px = float(size[1] * factor) + 2 * EDGE
    inside = 0 <= x <= WIDE and 0 <= y <= high_px
    legend = f"thick: rear edge{' · cross: zero' if inside else ''} · the front is {'to the right' if lies else 'up'}"
    said = ". ".join(f"{name}: {one.place.said}" for name, one in plates.items() if one.place is not None)
    return picture(
        WIDE, high_px + 6, *parts, cross if inside else "", text(EDGE, high_px, legend, fill=LABEL),
        title=f"Where the plates lie. {said}",
    )  # fmt: skip


def _seen(points: Floats, *, lies: bool) -> Floats:
    """Places as they are drawn, y downwards."""
    return points[:, ::-1] if lies else points * [1.0, -1.0]


def _drawn(name: str, corners_px: Floats) -> str:
    ends = [f"{x:.1f} {y:.1f}" for x, y in corners_px]
    middle = corners_px.mean(axis=0)
    return "".join([
        el("path", d="M" + "L".join(ends) + "Z", fill="var(--surface-2)", stroke=MUTED),
        el("path", d=f"M{ends[0]}L{ends[1]}", stroke=TEXT, stroke_width=3, fill="none"),
        text(float(middle[0]), float(middle[1]) + 4, name, fill=TEXT, size=12, anchor="middle"),
    ])  # fmt: skip
