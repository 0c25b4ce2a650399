"""Masks of an insole: its own cells, and what they did in each step."""

from __future__ import annotations

from typing import cast

import numpy as np

from analytics import regions
from analytics.frames.heading import FRONT
from analytics.regions.step_cells import StepCells
from barograph.errors import InvalidData
from barograph.store.correcting import sensor_of
from barograph.store.corrections import Corrections, Ground
from barograph.store.ports import StreamInfo
from dashboard.drawing import words
from dashboard.masks.subject import NO_SIDE, Step, Subject, automatic, labels_of_version
from dashboard.reading.context import Context
from dashboard.reading.parts import layout_of
from dashboard.reading.sides import side
from dashboard.reading.step_parts import foot_of, maps_of, peak_of, step_cells, step_count


async def of_insole(context: Context, info: StreamInfo, held: Corrections) -> Subject:
    """Return the cells of an insole, with the mean of its steps; `InvalidData` where nobody says which foot it is."""
    layout, known = layout_of(info), side(info)
    if known is None:
        raise InvalidData(NO_SIDE, field="side")
    one = await foot_of(context, info)
    peak, n = await peak_of(context, one), step_count(one)
    if n:
        cells, said = await step_cells(context, one), f"mean of {words.plural(n, 'step')}"
    else:
        maps = await maps_of(context, info)
        cells, said = StepCells(layout, maps.peak[None], maps.pti[None]), "the whole selection, which has no whole step"
    found, axis, why = automatic(layout, peak, known, context.query.p0, FRONT)
    ground = Ground(places="cells", rows=layout.rows, cols=layout.cols)
    mine = held.mask(info.stream.stream, known, sensor_of(layout))
    now = None if mine is None or mine.automatic else labels_of_version(mine)
    shown = found if now is None else now
    own = np.zeros(layout.valid.shape, np.int64) if shown is None else shown
    return Subject(
        info, cast(regions.Side, known), "", ground, layout, peak, layout.valid, found, why, axis, said, n,
        [Step(cells, own, lambda drawing: drawing)], held=mine, now=now,
    )  # fmt: skip
