"""The dialog of a calibration: choose a way and a stretch, see what comes of it, keep it; and what was kept before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
import numpy as np
from dash import dcc, html

from barograph.fits import Loaded
from barograph.frames import KPA_PER_UNIT, Floats, Layout
from barograph.store.calibration_records import CalibrationRecord, described
from barograph.store.ports import StreamInfo
from dashboard.dialogs import geometry_forms, geometry_way, plate_forms
from dashboard.dialogs.calibration_ways import FIELDS, PLATES, WAYS, Found, Way
from dashboard.drawing import svg, words
from dashboard.drawing.crosshair import Across, Read, crosshair, fine
from dashboard.drawing.elements import aria
from dashboard.drawing.markup import drawn

TITLES: dict[Way, str] = {
    "mass": "A known mass was on it",
    "step": "Somebody stepped on with one foot and stood",
    "body": "Somebody stood on all sensors",
    "even": "An even load was on all cells",
    "two": "Two known masses, one after the other",
    "tare": "Nothing was on it: take what it shows off",
    "curve": "A curve that is known",
    "values": "Unit, scale and offset that are known",
    "stance": "How both feet stood",
    "place": "Where a sensor stands beside the others",
    "plates": "Where the plates lie: one floor",
    "geometry": "Where the cells lie: a geometry",
}
MEANING: dict[Way, str] = {
    "mass": "The scale at which the median frame weighs that mass. All of it has to be on the sensor.",
    "step": "The scale at which the foot that carries all weighs the person.",
    "body": "One factor for all sensors, so that how the load is shared stays as it was measured.",
    "even": "A factor for each cell that makes cells alike under one pressure. It says nothing of newtons.",
    "two": "The power law a·x^b that weighs both masses right.",
    "tare": "Each cell's median is its zero.",
    "curve": "Power: a, b of a·x^b. Polynomial: c0, c1, c2, c3. Exponential: a, b, c of a·e^(b·x) + c. Table: x0, y0, "
    "x1, y1, …",
    "values": "A value is stored · scale + offset, in the unit.",
    "stance": "The distance between the middles of both heels, and how far each foot is turned outwards. No distance: "
    "it is not known.",
    "place": "The middle of its rear edge, in mm to the right and to the front, and its turn against the clock. All "
    "empty: it is not known.",
    "plates": "Of each plate the middle of its rear edge, in mm to the right and to the front of one point on the "
    "floor, and its turn against the clock. The rear edge is the lower one of its map. All empty: it is not known.",
    "geometry": "Frames stay as they are; places and areas of the cells come with it. A geometry of before goes.",
}
LABELS = {
    "start": "From, s", "stop": "To, s", "kg": "Mass, kg", "kg_2": "Second mass, kg",
    "start_2": "From, s, second mass", "stop_2": "To, s, second mass",
    "stance_width_mm": "Between the heels, mm", "toe_out_deg": "Toes out, °",
    "x_mm": "To the right, mm", "y_mm": "To the front, mm", "turn_deg": "Turn, °",
    "scale": "Scale", "offset": "Offset", "until": "Holds until (stored value)",
}  # fmt: skip
KINDS = (("power", "Power law"), ("polynomial", "Polynomial"), ("exponential", "Exponential"), ("table", "Table"))
Stance = tuple[float | None, float | None]  # mm between the heels, and degrees outwards
MOST_CELLS, MOST_SHOWN, POINTS = 10, 8, 64
WIDE, HIGH = 420.0, 220.0


def dialog(
    session: Mapping[str, Any],
    infos: Sequence[StreamInfo],
    part: tuple[float, float],
    records: Sequence[tuple[str, CalibrationRecord]],
    viewer: str = "",
    stance: Stance = (None, None),
    way: Way | None = None,
) -> list[Any]:
    """Build the whole dialog of a `session`; `part` is the selected stretch in seconds, `records` those of streams.

    `stance` is what the page's address says of the feet: then it begins with that, unless with another `way`.
    """
    streams = [info.stream.stream for info in infos]
    way = way or ("mass" if stance[0] is None else "stance")
    return [
        dcc.Store(
            id="calibrate-session",
            data={**session, "part": list(part), "streams": list(streams), "stance": list(stance)},
        ),
        dcc.Store(id="calibrate-looked"),
        dmc.Select(
            id="calibrate-way", label="What is known", value=way, allowDeselect=False,
            data=[{"value": way, "label": TITLES[way]} for way in WAYS
                  if way != "plates" or plate_forms.possible(infos)],
        ),
        html.Div(fields(way, infos, part, stance), id="calibrate-fields"),
        html.Div(id="calibrate-result", role="status", **aria(live="polite")),
        html.Hr(),
        html.Div(history(records, viewer), id="calibrate-records"),
    ]  # fmt: skip


def fields(
    way: Way, infos: Sequence[StreamInfo], part: tuple[float, float], stance: Stance = (None, None)
) -> list[Any]:
    """Build the fields of a way for some streams, and its buttons."""
    if way == "geometry":
        return [html.P(MEANING[way], className="muted"), *geometry_forms.fields(infos).values(), _buttons(check=False)]
    if way == "plates":
        return [html.P(MEANING[way], className="muted"), *plate_forms.fields(infos), _buttons(check=False)]
    return [*_fields(way, [info.stream.stream for info in infos], part, stance), _buttons(check=True)]


def _buttons(*, check: bool) -> dmc.Group:
    more = [act("check", "Check unloaded cells", variant="default")] if check else []
    return dmc.Group([act("look", "See what comes of it"), *more])


def _fields(way: Way, streams: Sequence[str], part: tuple[float, float], stance: Stance) -> list[Any]:
    known: dict[str, Any] = {
        "stream": dmc.Select(
            id=field("stream"), label="Sensor", data=list(streams), value=streams[0], allowDeselect=False
        ),
        "unit": dmc.Select(id=field("unit"), label="Unit", data=["raw", *KPA_PER_UNIT], value="kPa"),
        "kind": dmc.Select(
            id=field("kind"), label="Kind", data=[{"value": kind, "label": title} for kind, title in KINDS],
            value="power", allowDeselect=False,
        ),
        "numbers": dmc.Textarea(
            id=field("numbers"), label="Numbers (none takes the curve away)", value="", autosize=True, maxRows=6
        ),
    }  # fmt: skip
    at: dict[str, Any] = {"start": round(part[0], 3), "stop": round(part[1], 3)}
    at |= {name: value for name, value in zip(FIELDS["stance"], stance, strict=True) if value is not None}
    out: list[Any] = [html.P(MEANING[way], className="muted")]
    numbers: list[Any] = []
    for name in FIELDS[way]:
        if name in known and (name != "stream" or len(streams) > 1):
            out.append(known[name])
        elif name not in known:
            numbers.append(dmc.NumberInput(id=field(name), label=LABELS[name], value=at.get(name, ""), w=150))
    return [*out, dmc.Group(numbers)] if numbers else out


def result(found: Sequence[Found], infos: Sequence[StreamInfo] = ()) -> list[Any]:
    """Build what a way would give: residual, what values mean then, and the curve before and after."""
    geometry = found[0].geometry if found else None
    if found and found[0].made.method == PLATES:
        pieces = plate_forms.shown(found, infos)
    elif geometry is not None:
        pieces = geometry_forms.shown(geometry, [geometry_way.consequences(one.stream, one.after) for one in found])
    else:
        pieces = [piece for one in found for piece in _one(one)]
    return [
        *pieces,
        dmc.Group([act("keep", "Keep it"), act("drop", "Do not keep it", variant="default")]),
    ]


def _one(found: Found) -> list[Any]:
    fit, out = found.fit, list[Any]([html.H3(found.stream.stream)])
    if fit is not None:
        before = "" if fit.before_pct is None else f" (before: {fit.before_pct:.3g} %)"
        off = f"{fit.residual_pct:.3g} %{before}"
        cells = words.plural(fit.loaded_cells, "loaded cell")
        out.append(html.P(["Residual ", html.B(off), f", from {cells}."]))
        if fit.unloaded:
            shown = ", ".join(f"row {row} column {col}" for row, col in fit.unloaded[:MOST_CELLS])
            more = f" and {len(fit.unloaded) - MOST_CELLS} more" if len(fit.unloaded) > MOST_CELLS else ""
            many = words.plural(len(fit.unloaded), "cell")
            out.append(html.P(f"{many} had no load and keep their value: {shown}{more}.", className="warn"))
    out.append(html.P(described(found.after), className="muted"))
    if set(found.changes) == {"place"}:
        return out
    return [*out, drawn(curve_picture(found.before, found.after))]


def curve_picture(before: Layout, after: Layout) -> str:
    """Return what a middle cell reads by stored value: after as a line, before as a thin one if its unit is alike."""
    x = np.linspace(0.0, _most(after), POINTS)
    y = _reading(after, x)
    pairs = [(y, "var(--accent)", 2.0)]
    if before.quantity == after.quantity:
        pairs.insert(0, (_reading(before, x), svg.MUTED, 1.0))
    highest = max((float(np.nanmax(one)) for one, _, _ in pairs if np.isfinite(one).any()), default=1.0)
    lowest = min((float(np.nanmin(one)) for one, _, _ in pairs if np.isfinite(one).any()), default=0.0)
    plot = svg.Plot(62.0, 14.0, WIDE - 80.0, HIGH - 60.0, (0.0, float(x[-1])), (min(0.0, lowest), max(highest, 1e-9)))
    across, up = svg.ticks(*plot.x), svg.ticks(*plot.y, 4)
    lines = "".join(plot.line(x, one, stroke, width) for one, stroke, width in pairs)
    axes = plot.frame(
        across, up, digits=svg.digits_of(up), x_digits=svg.digits_of(across),
        x_title=f"stored value of a middle cell; {after.cell_unit} up",
    )  # fmt: skip
    said = f"Curve of the calibration: {y[-1]:.4g} {after.cell_unit} at a stored value of {x[-1]:.4g}"
    names = ["Before", "Now"][-len(pairs) :]
    unit, digits = after.cell_unit, fine(highest)
    reads = [Read(name, paint, one, unit, digits) for name, (one, paint, _) in zip(names, pairs, strict=True)]
    at = Across(digits=fine(float(x[-1])), name="stored")
    return svg.picture(WIDE, HIGH, axes, lines, title=said, reads=[crosshair(plot, x, reads, at)])


def _most(layout: Layout) -> float:
    """How far the picture goes: to the end of the curve, or the largest stored value there can be."""
    ends = [layout.most_stored, *([float(np.min(layout.curve.ends))] if layout.curve is not None else [])]
    return min((one for one in ends if np.isfinite(one)), default=1000.0)


def _reading(layout: Layout, x: Floats) -> Floats:
    frames = np.broadcast_to(x[:, None, None], (len(x), layout.rows, layout.cols))
    values = layout.to_unit(frames)[:, layout.valid] * KPA_PER_UNIT.get(layout.unit, 1.0)
    known = ~np.isnan(values).all(axis=1)
    out = np.full(len(x), np.nan)
    out[known] = np.nanmedian(values[known], axis=1)
    return out


def loaded(cells: Sequence[Loaded], layout: Layout, said: str, level: float) -> list[Any]:
    """Build the answer of the check: cells that show a load without one."""
    unit = layout.cell_unit
    if not cells:
        return [html.P(f"No cell shows more than {level:g} {unit} in {said}.")]
    listed = [html.Li(f"row {one.row} column {one.col}: {one.value:.4g} {unit}") for one in cells[:MOST_CELLS]]
    more = [html.Li(f"and {len(cells) - MOST_CELLS} more")] if len(cells) > MOST_CELLS else []
    many = words.plural(len(cells), "cell")
    return [html.P(f"More than {level:g} {unit} in {said}: {many}.", className="warn"), html.Ul([*listed, *more])]


def history(records: Sequence[tuple[str, CalibrationRecord]], viewer: str = "") -> list[Any]:
    """Build the records of all streams, newest first, with a button for each stream's newest that holds.

    `viewer` is the uid of who looks.
    """
    newest: dict[str, str] = {}
    for stream, one in records:
        if one.undone_us is None:
            newest[stream] = one.uid
    rows = sorted(records, key=lambda pair: pair[1].at_us, reverse=True)[:MOST_SHOWN]
    if not rows:
        return [html.P("No calibration was given here: values are as device or file said.", className="muted")]
    return [
        html.H3("Calibrations"),
        html.Ul([_record(stream, one, newest, viewer) for stream, one in rows], className="listed"),
    ]


def _record(stream: str, one: CalibrationRecord, newest: dict[str, str], viewer: str) -> html.Li:
    off = "" if one.made.residual_pct is None else f", residual {one.made.residual_pct:.3g} %"
    source = f" from {one.made.source}" if one.made.source else ""
    by = "the owner of this machine" if not one.by else "you" if one.by == viewer else "another user"
    undone = "" if one.undone_us is None else f" · undone {words.date(one.undone_us)}"
    text = f"{words.date(one.at_us)} · {stream} · {one.made.method}{source}{off} · by {by}{undone}"
    holds = newest.get(stream) == one.uid
    button = [act(f"undo {stream}", "Undo", size="compact-sm", variant="default")] if holds else []
    return html.Li([html.Span(text, title=one.said), *button])


def field(name: str) -> dict[str, str]:
    """Return the id of a field."""
    return {"type": "calibrate-field", "name": name}


def act(name: str, title: str, **more: Any) -> dmc.Button:
    """Build a button of the dialog."""
    on_accent = {} if "variant" in more else {"c": "var(--on-accent)"}
    return dmc.Button(title, id={"type": "calibrate-act", "name": name}, mt="sm", **on_accent, **more)
