"""The wall of a team: a tile for each session of its athletes that is live, and nothing of before; plain HTML.

`assets/wall/wall.mjs` asks what is live, and fills a tile of each from its feed: picture, the goal of its athlete or a
few numbers, and its device. Who may open the live page comes to it by a tap; a guest can press nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from quart import Quart, Response
from quart.typing import ResponseTypes

from barograph.access.acting import actor
from barograph.access.needs import needs
from barograph.access.rights import Resource, decide
from barograph.access.sight import Sight
from barograph.errors import NotFound
from barograph.store.goals import goals_on
from barograph.store.ports import Archive, Workout
from barograph.store.roster import Athlete, Team
from barograph.store.scope import Scope
from barograph.times import day_of
from dashboard.page import guard
from dashboard.page.answers import json_text
from dashboard.page.head import UNDER_THE_NOTCH, head

MOST_LOOKED_AT, MOST_TILES = 400, 24

PAGE = (
    head(
        "{team}",
        styles=("wall/wall.css",),
        scripts=("core/reach.js", "wall/wallpage.mjs"),
        viewport=UNDER_THE_NOTCH,
    )
    + """</head>
<body>
<main id="wall" class="wall" data-path="/wall/{uid}" data-state="waiting">
<header class="wall-top"><h1>{team}</h1><span class="wall-said" data-slot="said" role="status"></span>
<time data-slot="clock"></time></header>
<div class="wall-tiles" data-slot="tiles"></div>
<section class="wall-empty" data-slot="empty" hidden><h2>Nothing is live now</h2>
<p>A tile comes by itself as soon as somebody of this team is recorded.</p></section>
</main>
</body>
</html>"""
)
NOWHERE = guard.PAGE.format(
    title="No wall here",
    text="There is no team at this address, or its wall is not for you.",
    more='<p><a href="/">All sessions</a></p>',
)


def register(app: Quart, stored: Archive, sight: Sight, lives: Callable[[Workout], bool]) -> None:
    """Add the page to an application; `stored` is the bare archive, of which it shows what is live alone."""

    @app.get("/wall/<team>")
    @needs("read", "team", wall=True)
    async def show_wall(team: str) -> ResponseTypes:
        try:
            found = await team_of(stored, team)
        except NotFound:
            return guard.page(NOWHERE, 404)
        named = {"team": escape(found.name), "uid": escape(found.uid, quote=True)}
        return Response(PAGE.format(**named), content_type="text/html; charset=utf-8")

    @app.get("/wall/<team>/live")
    @needs("read", "team", wall=True)
    async def show_what_is_live(team: str) -> ResponseTypes:
        found = await on_wall(stored, sight, (await team_of(stored, team)).uid, lives)
        athletes = await _athletes(stored, found[:MOST_TILES])
        opens = actor().share is None
        said = {
            "sessions": [_said(one, athletes, opens) for one in found[:MOST_TILES]],
            "more": max(0, len(found) - MOST_TILES),
        }
        return Response(json_text(said), content_type="application/json")


async def team_of(stored: Archive, uid: str) -> Team:
    """Return a team whose wall whoever asks may see, or `NotFound`: of one that there is not the same."""
    team = next((one for one in await stored.roster.teams() if one.uid == uid), None)
    if team is None or not decide(actor(), "read", Resource("team", uid, teams=frozenset({uid}))):
        raise NotFound(f"{uid}: no such team")
    return team


async def on_wall(stored: Archive, sight: Sight, team: str, lives: Callable[[Workout], bool]) -> list[Workout]:
    """Return what the athletes of a team do now, in the order in which they began, as whoever asks may see it."""
    scope = await sight.scope("read", "live")
    members = (await sight.people()).members.get(team, set())
    seen = members if scope.everything else members & scope.athletes
    found = await stored.workouts(limit=MOST_LOOKED_AT, scope=Scope(athletes=frozenset(seen), names=True))
    return [await sight.shown_live(one) for one in reversed(found) if lives(one)]


async def _athletes(stored: Archive, workouts: list[Workout]) -> dict[str, Athlete]:
    """The records of the athletes of these workouts, by every uid that stands for them."""
    uids = frozenset(one.athlete_uid for one in workouts) - {""}
    found = await stored.roster.athletes(Scope(athletes=uids)) if uids else []
    return {uid: one for one in found for uid in one.uids}


def _said(workout: Workout, athletes: Mapping[str, Athlete], opens: bool) -> dict[str, Any]:
    about = workout.about
    said = {"workout": workout.workout_id, "uid": workout.uid, "athlete": about.athlete or "", "kind": about.kind or ""}
    athlete = athletes.get(workout.athlete_uid)
    goal = next(iter(goals_on(athlete.goals, day_of(time.time_ns() // 1000))), None) if athlete else None
    mass = athlete.latest("mass_kg") if athlete else None
    told = {name: getattr(goal, name) for name in ("measure", "side", "basis", "low", "high")} if goal else None
    mass_kg = about.mass_kg or (mass.value if mass else None)
    return said | {"goal": told, "mass_kg": mass_kg if goal else None, "opens": opens}
