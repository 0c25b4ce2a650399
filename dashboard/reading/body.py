"""Both feet of a session as one body: its net centre of pressure, by the places that are kept or the address says."""

from __future__ import annotations

import asyncio

import pandas as pd

from analytics import net_cop
from barograph.frames import Stream
from barograph.place import Place, stance_of
from barograph.store.ports import StreamInfo
from dashboard.reading.context import Context
from dashboard.reading.part_query import PartQuery
from dashboard.reading.parts import layout_of
from dashboard.reading.sides import SIDES, side
from dashboard.reading.standing import Track, track

BODY = "Both feet"
KEPT = "as kept with the session"
ASKED = "as the address of this page says"


def feet_of(context: Context) -> list[StreamInfo]:
    """Return the left and the right foot, where there is one of each with a force and places in mm; else nothing."""
    usable = [one for one in context.infos if layout_of(one).has_force and layout_of(one).length == "mm"]
    sides = [[one for one in usable if side(one) == which] for which in SIDES]
    return [found[0] for found in sides] if all(len(found) == 1 for found in sides) else []


def kept_stance(context: Context) -> tuple[float, float] | None:
    """Return the stance width and toe-out that are kept with a session, if it has places of two feet."""
    left, right = _places(context)
    return None if left is None or right is None else stance_of(left, right)


def _places(context: Context) -> tuple[Place | None, Place | None]:
    left, right = (layout_of(one).place for one in feet_of(context))
    return left, right


def stance_of_query(query: PartQuery, kept: tuple[float, float] | None) -> tuple[float | None, float]:
    """Return the stance that an address asks for; what it does not say is as it is kept. None: it is not known."""
    width, toe = kept if kept is not None else (None, 0.0)
    return (width if query.width is None else query.width), (toe if query.toe is None else query.toe)


async def body_of(context: Context) -> Track | None:
    """Return the track of the net centre of pressure; None where there are not two feet.

    It is empty where the stance width is not known, or the feet have no time in common: `stats.attrs["missing"]`.
    """
    feet = feet_of(context)
    if not feet:
        return None
    tables = await asyncio.gather(*(context.parts.stats(one, context.part, context.query.p0) for one in feet))
    return await asyncio.to_thread(_track, context, feet, tables)


def _track(context: Context, feet: list[StreamInfo], tables: list[pd.DataFrame]) -> Track:
    query, layouts = context.query, [layout_of(one) for one in feet]
    width, toe = None, 0.0
    if query.width is not None or query.toe is not None or None in _places(context):
        width, toe = stance_of_query(query, kept_stance(context))
    net = net_cop(tables[0], tables[1], stance_width_mm=width, toe_out_deg=toe, layouts=layouts)
    info = StreamInfo(Stream(context.workout.workout_id, BODY), None)
    return track(info, net, query)


def stance_text(one: Track) -> str:
    """Return how the feet stood, and who says so."""
    about = one.stats.attrs
    left, right = (Place(**place) for place in about["places"])
    stance = stance_of(left, right)
    if stance is None:
        return f"left at {left.said}; right at {right.said}, {KEPT}"
    said = KEPT if about["stance_width_mm"] is None else ASKED
    return f"heels {stance[0]:g} mm apart, feet turned out by {stance[1]:g}°, {said}"
