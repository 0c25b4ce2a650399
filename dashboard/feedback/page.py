"""The page of an athlete's feedback, for a phone or a wall: plain HTML without Dash, little for a phone to load.

`assets/feedback/feedback.mjs` fills it from the feed. It is told the goals of the workout's athlete that hold today and
the body weight; what is shown stands in its address (`?goal=1`, or a goal of one's own).

Terms: feedback (docs/glossary.md).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from html import escape

import msgspec
from quart import Quart, Response
from quart.typing import ResponseTypes

from barograph.access.needs import needs
from barograph.access.shares import Shares
from barograph.access.sight import Sight
from barograph.errors import InvalidData, NotFound
from barograph.frames import check_name
from barograph.store.goals import Goal, goals_on
from barograph.store.ports import Archive, Live, Workout
from barograph.store.roster import Athlete
from barograph.times import day_of
from dashboard.feedback import kept, usual
from dashboard.page import guard
from dashboard.page.answers import json_text
from dashboard.page.head import UNDER_THE_NOTCH, head
from dashboard.page.visitors import may
from dashboard.reading.sources import Sources

PAGE = (
    head(
        "Feedback",
        styles=("share/share.css", "feedback/feedback.css", "feedback/parts.css", "feedback/wide.css"),
        scripts=("core/scheme.js", "core/reach.js", "feedback/feedbackpage.mjs"),
        viewport=UNDER_THE_NOTCH,
    )
    + """</head>
<body>
<main id="feedback" class="feedback" data-workout="{workout}" data-goals="{goals}" data-mass="{mass}"
data-state="waiting" data-phase="none" data-kind="none">
<h1 class="fb-top"><span class="pill" data-slot="pill" data-state="waiting"><span class="dot"></span>
<span data-slot="pill-text">Waiting</span></span> <span data-slot="name"></span> {share}
<span data-slot="sets-said"></span> <span data-slot="elapsed"></span></h1>
<div class="fb-page" data-slot="page"></div>
</main>
</body>
</html>"""
)
SHARE = """<button class="button fb-share" type="button" data-slot="share" data-workout="{workout}"
data-views="feedback" data-view="feedback">Share</button>"""
NOWHERE = guard.PAGE.format(
    title="No session has this name",
    text="The address is not complete, or it was typed by hand.",
    more='<p><a href="/">All sessions</a></p>',
)


@dataclass(frozen=True)
class Places:
    """What the feedback is made of beside what pages read: the bare archive, and who may do what."""

    stored: Archive
    live: Live
    sight: Sight
    shares: Shares


def register(app: Quart, places: Places, sources: Sources) -> None:
    """Add the page and its routes to an application."""
    stored, sight = places.stored, places.sight

    @app.get("/feedback/<workout_id>")
    @needs("read", "live", shared=True)
    async def show_feedback(workout_id: str) -> ResponseTypes:
        try:
            named = check_name("workout_id", workout_id)
        except InvalidData:
            return guard.page(NOWHERE, 404)
        if await sources.archive.erased([named]):
            return guard.page(guard.ERASED, 410)
        html = page(named, *await known(stored, named), may_share=may("share"))
        return Response(html, content_type="text/html; charset=utf-8")

    @app.get("/feedback/<workout_id>/usual")
    @needs("read", "live", shared=True)
    async def show_usual(workout_id: str) -> ResponseTypes:
        workout = await sight.look("read", check_name("workout_id", workout_id), "live")
        return Response(json_text(await usual.values(sources, workout)), content_type="application/json")

    kept.register(app, stored, places.live, sight, places.shares)


async def known(stored: Archive, workout_id: str) -> tuple[list[Goal], float | None]:
    """Return the goals of a workout's athlete that hold today, and the mass in kg."""
    try:
        workout = await stored.workout(workout_id)
    except NotFound:
        return [], None
    athlete = await athlete_of(stored, workout)
    newest = athlete.latest("mass_kg") if athlete else None
    goals = goals_on(athlete.goals, day_of(time.time_ns() // 1000)) if athlete else []
    return goals, workout.about.mass_kg or (newest.value if newest else None)


async def athlete_of(stored: Archive, workout: Workout) -> Athlete | None:
    """Return the athlete of a workout, None where it is nobody's yet."""
    try:
        return await stored.roster.athlete(workout.athlete_uid) if workout.athlete_uid else None
    except NotFound:
        return None


def page(workout_id: str, goals: list[Goal], mass_kg: float | None, *, may_share: bool) -> str:
    """Return the document; who set a goal is not told, for whoever has the link reads it."""
    told = [{name: value for name, value in msgspec.to_builtins(one).items() if name != "by"} for one in goals]
    workout = escape(workout_id, quote=True)
    return PAGE.format(
        workout=workout,
        goals=escape(msgspec.json.encode(told).decode(), quote=True),
        mass="" if mass_kg is None else f"{mass_kg:g}",
        share=SHARE.format(workout=workout) if may_share else "",
    )
