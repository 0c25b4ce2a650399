"""The fields of a geometry in the dialog of a calibration, and what is shown of one before it is taken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import html

from barograph.store.ports import StreamInfo
from dashboard.dialogs.geometry_way import ALL, Chosen, fitting
from dashboard.drawing.elements import data, icon
from dashboard.drawing.geometry_picture import SIDES, both_ways, note_of
from dashboard.drawing.markup import drawn
from dashboard.reading.parts import layout_of

TABLE = "A table of one's own (CSV: cell, x_mm, y_mm; name, area_mm2 and polygon_mm where they are known)"
MOST_REMARKS = 12


def fields(infos: Sequence[StreamInfo]) -> dict[str, Any]:
    """Build the fields for some streams by name; nothing is chosen before. A side is asked where one says none."""
    streams, unsided = [info.stream.stream for info in infos], not all(info.side for info in infos)
    options = [{"value": one.name, "label": f"{one.title} ({one.name})"} for one in fitting(map(layout_of, infos))]
    sensors = [*([{"value": ALL, "label": "All sensors"}] if len(streams) > 1 else []),
               *({"value": name, "label": name} for name in streams)]  # fmt: skip
    found: dict[str, Any] = {
        "sensors": dmc.Select(id=_field("sensors"), label="Sensor", data=sensors, value=sensors[0]["value"],
                              allowDeselect=False),
        "geometry": dmc.Select(
            id=_field("geometry"), label="Known geometry of as many cells", data=options, value=None, clearable=True,
            placeholder="choose" if options else "none has as many cells", searchable=True,
        ),
        "side": dmc.Select(
            id=_field("side"), label="Side, of a sensor that says none", value=None, clearable=True,
            data=[{"value": side, "label": side.capitalize()} for side in SIDES],
        ),
        "own": html.Div(
            [
                dmc.Textarea(id=_field("own"), label=TABLE, value="", autosize=True, minRows=2, maxRows=8),
                html.Label("From a file", className="button small own-file", **data(baro="ownfile", field="own")),
            ]
        ),
    }  # fmt: skip
    return found if unsided else {name: one for name, one in found.items() if name != "side"}


def shown(chosen: Chosen, said: Sequence[str]) -> list[Any]:
    """Build what is looked at: both ways round, what looks wrong, where it is from, and what each sensor gets."""
    known = chosen.sides[0]
    remarks = [html.Li(_remark(one.line, one.text), className="warn" if one.wrong else None)
               for one in chosen.remarks[:MOST_REMARKS]]  # fmt: skip
    more = [html.Li(f"and {len(chosen.remarks) - MOST_REMARKS} more")] if len(chosen.remarks) > MOST_REMARKS else []
    wrong = any(one.wrong for one in chosen.remarks)
    head = [html.P([icon("warning"), " Something looks wrong with this table:"], className="warn")] if wrong else []
    from_ = " · ".join(filter(None, [f"{known.cells} cells", known.source, known.confidence]))
    return [
        html.H3(known.title),
        drawn(both_ways(chosen.sides)),
        *([html.P(note, className="muted")] if (note := note_of(known)) else []),
        *head,
        *([html.Ul([*remarks, *more], className="listed")] if remarks else []),
        html.P(from_, className="muted"),
        html.Ul([html.Li(text) for text in said], className="listed"),
    ]


def _remark(line: int | None, text: str) -> str:
    return text if line is None else f"line {line}: {text}"


def _field(name: str) -> dict[str, str]:
    return {"type": "calibrate-field", "name": name}
