"""Tabs of the session page: each a function from a context to markup."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from dashboard.drawing.markup import drawn, nothing, say, tag
from dashboard.reading.context import Context
from dashboard.reading.data_bounds import problems_of
from dashboard.reading.soles import withheld_texts
from dashboard.results import balance, data, gait, jump, maps, prints, regions
from dashboard.session.page import first_tab, why_not

BODIES: dict[str, Callable[[Context], Awaitable[str]]] = {
    "maps": maps.body,
    "gait": gait.body,
    "footprints": prints.body,
    "jump": jump.body,
    "balance": balance.body,
    "regions": regions.body,
    "data": data.body,
}


async def show(context: Context, below: Callable[[str], Awaitable[str]] | None = None) -> Any:
    """Build the tab that the query names, or why it says nothing; `below` makes what stands below a tab by its name."""
    name = context.query.tab or first_tab(context.infos, context.workout.about.kind)
    reason = why_not(name, context.infos)
    body = nothing(f"No {name} here", reason) if reason else await _body(context, name)
    if below is not None and not reason:
        body += await below(name)
    return drawn(body, f"tab-{name}")


async def _body(context: Context, name: str) -> str:
    wrong = "".join(tag("p", say(text), class_="tab-problem", role="alert") for text in await problems_of(context))
    lost = "".join(tag("p", say(text), class_="tab-problem", role="status") for text in await withheld_texts(context))
    return wrong + lacking(context) + lost + await BODIES[name](context)


def lacking(context: Context) -> str:
    """Say that a unit cannot be shown, and what it would take."""
    if not context.units.lacking(context.workout.about.mass_kg):
        return ""
    text = "Shown in N: % BW needs the athlete’s mass, which is said in the list of sessions."
    return tag("p", say(text), class_="muted pad")


def refusal(title: str, text: str) -> Any:
    """Build what went wrong, in words."""
    return drawn(nothing(title, text))
