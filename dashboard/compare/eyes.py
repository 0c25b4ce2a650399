"""The Romberg quotient of two sessions: one with eyes closed, over one with eyes open."""

from __future__ import annotations

import asyncio

from dashboard.drawing.markup import head, say, section, tag
from dashboard.reading.context import Context
from dashboard.reading.eyes import eyes_of
from dashboard.reading.sides import name_of
from dashboard.reading.tracks import in_length, tracks_of
from dashboard.results.body_balance import quotients

HOW = "sway with eyes closed over sway with eyes open, of one duration, rate and filter"


async def romberg_of(a: Context, b: Context) -> str:
    """Return the quotients, with their definitions; "" unless one has eyes open and the other one closed."""
    eyes = [await eyes_of(one) for one in (a, b)]
    if set(eyes) != {"open", "closed"} or not all(in_length(one.infos) for one in (a, b)):
        return ""
    opened, closed = (a, b) if eyes[0] == "open" else (b, a)
    known = {name_of(one.info): one for one in await tracks_of(opened) if len(one.known)}
    tracks = [one for one in await tracks_of(closed) if len(one.known)]
    pairs = [(known[name_of(one.info)], one) for one in tracks if name_of(one.info) in known]
    names = "B over A" if opened is a else "A over B"
    top = head("Romberg quotient", note=f"{names}: {HOW}")
    if not pairs:
        why = "They have no centre of pressure of one sensor in common."
        return section(top, tag("p", say(why), class_="pad", role="note"))
    return section(top, await asyncio.to_thread(quotients, pairs))
