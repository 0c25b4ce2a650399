"""Summaries of what was trained: kept as markers of the session, so that they stand in its time and go with it.

They are taken of whoever may mark the session, and of a share link that was made for the feedback: the link is for an
athlete who trains. Nobody writes a text: the sentence is made here, of numbers. What comes twice is kept once.
"""

from __future__ import annotations

import time
from typing import Annotated

import msgspec
from msgspec import Meta
from quart import Quart, Response, request
from quart.typing import ResponseTypes

from barograph.access.acting import actor
from barograph.access.needs import needs
from barograph.access.shares import Shares
from barograph.access.sight import Sight
from barograph.bounds import LABEL
from barograph.errors import AccessDenied, InvalidData
from barograph.frames import check_name
from barograph.store import goals
from barograph.store.goals import Goal
from barograph.store.ports import Archive, Live, Marker
from barograph.times import day_of
from dashboard.drawing import words
from dashboard.feed import marking
from dashboard.page.answers import json_text
from dashboard.page.typed_callbacks import decoded
from dashboard.reading.goal_words import BEGINS, SUMMARY, titled

MOST_KEPT = 1000  # markers of this kind in a session
LATE_US = 86_400_000_000  # a browser that was without a network keeps it that long
AHEAD_US = 60_000_000  # clocks differ a little
Whole = Annotated[int, Meta(ge=0, le=100_000)]


class Band(msgspec.Struct):
    """What was trained, as `Goal` has it."""

    measure: str
    side: str
    basis: str
    low: float
    high: float


class Set(msgspec.Struct):
    """A set: steps, those in the band and above it, the most in a row, and when it ended, ms since 1970."""

    count: Annotated[int, Meta(ge=1, le=100_000)]
    inside: Whole
    best: Whole
    over: Whole
    stop_ms: Annotated[int, Meta(ge=0, le=1 << 52)]


class Summary(msgspec.Struct):
    """What a page sends when an exercise is over; `load_ns` is the impulse of both feet in its sets."""

    goal: Band
    sets: Annotated[list[Set], Meta(min_length=1, max_length=goals.SETS)]
    load_ns: Annotated[float, Meta(ge=0, le=1e9)]
    steps: Whole


def register(app: Quart, stored: Archive, live: Live, sight: Sight, shares: Shares) -> None:
    """Add the route to an application; `stored` is the bare archive."""

    @app.post("/data/<workout_id>/feedback")
    @needs("read", "live", shared=True)
    async def keep(workout_id: str) -> ResponseTypes:
        named, now_us = check_name("workout_id", workout_id), time.time_ns() // 1000
        await require(sight, shares, named)
        summary = decoded("feedback", await request.get_json(silent=True), Summary)
        there = await stored.markers(named)
        if sum(one.label.startswith(BEGINS) for one in there) >= MOST_KEPT:
            raise InvalidData(f"feedback: expected at most {MOST_KEPT} summaries of a session", field="feedback")
        made = [one for one in markers(summary, now_us) if one not in there]
        for one in made:
            await marking.add(stored, live, named, one)
        return Response(json_text({"kept": len(made)}), content_type="application/json")


async def require(sight: Sight, shares: Shares, workout_id: str) -> None:
    """Raise unless whoever asks may mark a workout, or came by a link that was made for its feedback."""
    if actor().share is None:
        await sight.look("describe", workout_id, "marker")
    elif await shares.view(actor()) != "feedback":
        raise AccessDenied(f"{workout_id}: this link is to look at, and keeps nothing")


def markers(summary: Summary, now_us: int) -> list[Marker]:
    """Return a marker for each set at its end, the last of them with the sum of all."""
    goal = Goal(**msgspec.to_builtins(summary.goal), since=day_of(now_us))
    for i, one in enumerate(summary.sets):
        if max(one.inside, one.best, one.over) > one.count or one.best > one.inside:
            raise InvalidData(f"feedback.sets[{i}]: expected no more steps in the band than in the set", field="sets")
        if not now_us - LATE_US <= 1000 * one.stop_ms <= now_us + AHEAD_US:
            raise InvalidData(
                f"feedback.sets[{i}]: expected an end within the last day, got {one.stop_ms}", field="sets"
            )
    at = [1000 * one.stop_ms for one in summary.sets]
    texts = [f"{BEGINS} set {i}: {said(one)}" for i, one in enumerate(summary.sets, 1)]
    count, inside = (sum(getattr(one, name) for one in summary.sets) for name in ("count", "inside"))
    best = max(one.best for one in summary.sets)
    sets = words.plural(len(summary.sets), "set")
    whole = f"{SUMMARY}{titled(goal)}; {sets}, {100 * inside / count:.0f} % of {count}, best row {best}"
    return [Marker(t_us, text) for t_us, text in zip([*at, at[-1] + 1], [*texts, whole[:LABEL]], strict=True)]


def said(one: Set) -> str:
    """Return a set in words."""
    over = f", {one.over} above" if one.over else ""
    return f"{one.inside} of {one.count} steps in target, best row {one.best}{over}"
