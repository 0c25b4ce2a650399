"""Whether somebody stands on one leg in the selected part, and which foot is lifted."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import cast

import pandas as pd

from analytics import single_leg
from barograph.store.ports import StreamInfo
from dashboard.reading.body import feet_of
from dashboard.reading.context import Context
from dashboard.reading.data_bounds import cutoff_of
from dashboard.reading.sides import SIDES
from dashboard.reading.standing import Ellipse


async def leg_of(context: Context) -> pd.DataFrame | None:
    """Return the row of `analytics.single_leg`; None where both feet carry, or there are not two."""
    feet = feet_of(context)
    return await context.once("one leg", lambda: _leg_of(context, feet)) if feet else None


async def _leg_of(context: Context, feet: Sequence[StreamInfo]) -> pd.DataFrame | None:
    left, right = await asyncio.gather(*(context.parts.stats(one, context.part, context.query.p0) for one in feet))
    return await asyncio.to_thread(_found, context, left, right)


def _found(context: Context, left: pd.DataFrame, right: pd.DataFrame) -> pd.DataFrame | None:
    query = context.query
    cutoff_hz = min(cutoff_of(query, left), cutoff_of(query, right))
    found = single_leg(left, right, ellipse=cast(Ellipse, query.ellipse), cutoff_hz=cutoff_hz)
    return None if found.attrs["missing"] else found


def lifted_of(found: pd.DataFrame | None) -> str | None:
    """Return the foot that is lifted; None where both carry."""
    return None if found is None else SIDES[1 - SIDES.index(found["side"].iloc[0])]
