"""Soles that cells cover in part: what is called an estimate, and what is not given, in words."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from analytics.frames.sole import DEAD, is_estimated, withheld
from barograph.frames import Layout
from barograph.store.ports import StreamInfo
from dashboard.drawing import words
from dashboard.reading.context import Context
from dashboard.reading.parts import layout_of
from dashboard.reading.sides import name_of

OF_FORCE = ("N", "kN")


def estimated(title: str, unit: str, layouts: Iterable[Layout]) -> str:
    """Return a title, with `est.` where it is of a force that the cells of one of these sensors do not wholly carry."""
    of_force = unit.partition("·")[0].partition("/")[0] in OF_FORCE
    return f"{title}, est." if of_force and any(map(is_estimated, layouts)) else title


async def withheld_texts(context: Context) -> list[str]:
    """Return of which streams of a part there is none of both, and why."""
    tables = await context.tables()
    return list(filter(None, (withheld_text(info, tables[info.stream.stream]) for info in context.infos)))


def withheld_text(info: StreamInfo, table: pd.DataFrame) -> str:
    """Return why a part of a stream has no total and no centre of pressure; "" where it has them."""
    geometry = layout_of(info).geometry
    lost = int(withheld(table).sum()) if geometry is not None and geometry.sole_mm2 is not None else 0
    if not lost:
        return ""
    frames = f"{words.number(lost)} of {words.plural(len(table), 'frame')}"
    return (
        f"{name_of(info)}: in {frames} cells without a value are more than {100 * DEAD:g} % of the sole: total force "
        "and centre of pressure are not given there."
    )
