"""Tracks of the centre of pressure in a selected part: of the body where there are two feet, then of each sensor."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from barograph.store.ports import StreamInfo
from dashboard.reading.body import body_of
from dashboard.reading.context import Context
from dashboard.reading.one_leg import leg_of, lifted_of
from dashboard.reading.parts import layout_of
from dashboard.reading.standing import Track, track
from dashboard.reading.step_parts import foot_of


def in_length(infos: Sequence[StreamInfo]) -> list[StreamInfo]:
    """Return the streams whose places have a length, in mm or in cells of a grid."""
    return [info for info in infos if layout_of(info).placed and layout_of(info).length != "rel"]


async def tracks_of(context: Context) -> list[Track]:
    """Return the body's track where there are two feet, then every stream's, where it has a centre at all.

    A foot that is lifted has no sway: what touches down is told by itself.
    """
    return await context.once("tracks", lambda: _tracks_of(context))


async def _tracks_of(context: Context) -> list[Track]:
    body_, lifted = await body_of(context), lifted_of(await leg_of(context))
    infos = [info for info in in_length(context.infos) if lifted is None or info.side != lifted]
    feet = await asyncio.gather(*(foot_of(context, info) for info in infos))
    # One after the other: what a track of hours is made with takes some hundred MB while it is made.
    made = [await asyncio.to_thread(track, one.info, one.stats, context.query, one.stances) for one in feet]
    found = [one for one in made if len(one.known)]
    return [body_, *found] if body_ is not None and found else found
