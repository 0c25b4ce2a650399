"""What can be put into a test day: athletes and teams, protocols, and devices that send now."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from quart import Quart, Response, request
from quart.typing import ResponseTypes

from barograph import protocols
from barograph.access.needs import needs
from barograph.access.test_day_desk import CONSENT
from barograph.store.ports import StreamInfo, Workout
from barograph.store.roster import text_key
from barograph.store.roster_list import RosterEntry, RosterQuery, listed
from barograph.times import day_of
from dashboard.page.answers import json_text
from dashboard.page.hidden import shown
from dashboard.reading.context import rate_hz
from dashboard.reading.live_now import live_now
from dashboard.reading.sides import in_order
from dashboard.reading.sources import Sources

MOST_ATHLETES, MOST_TEAMS = 30, 12


def register(app: Quart, sources: Sources) -> None:
    """Add the routes to an application."""

    @app.get("/record/choices/athletes")
    @needs("describe", "athlete")
    async def athletes_to_choose() -> ResponseTypes:
        return _answer(await athletes(sources, shown(request.args.get("text", ""))))

    @app.get("/record/choices/protocols")
    @needs("describe", "athlete")
    async def protocols_to_choose() -> ResponseTypes:
        return _answer({"protocols": known_protocols(sources)})

    @app.get("/record/choices/devices")
    @needs("describe", "athlete")
    async def devices_to_choose() -> ResponseTypes:
        return _answer({"devices": [device(one) for one in await live_now(sources)]})


def _answer(said: dict[str, Any]) -> Response:
    return Response(json_text(said), content_type="application/json")


async def athletes(sources: Sources, text: str) -> dict[str, Any]:
    """Return athletes and teams that a text is a part of the name of; without one the first of all."""
    now_us = time.time_ns() // 1000
    entries = await sources.archive.roster.entries()
    found = listed(entries, RosterQuery(now_us, text=text[:200]))
    sought = text_key(text)
    teams = [one for one in await sources.archive.roster.teams() if sought in text_key(one.name)]
    return {
        "athletes": [_athlete(one, now_us) for one in found[:MOST_ATHLETES]],
        "teams": [
            {"uid": one.uid, "name": one.name, "athletes": [each.uid for each in entries if one.uid in each.teams]}
            for one in teams[:MOST_TEAMS]
        ],
    }


def _athlete(one: RosterEntry, now_us: int) -> dict[str, Any]:
    locked = CONSENT.get(one.consent(day_of(now_us)).state, "")
    return {"uid": one.uid, "name": one.name, "mass_kg": one.mass_kg, "locked": locked}


def known_protocols(sources: Sources) -> list[dict[str, Any]]:
    """Return all protocols that can be used, the project's in their order, then the lab's own."""
    data_dir = sources.settings.data_dir
    wrong = protocols.problems(data_dir)
    names = [one for one in protocols.names(data_dir) if one not in wrong]
    return [{"name": one, "held": protocols.named(one, data_dir).to_dict()} for one in names]


def device(workout: Workout) -> dict[str, Any]:
    """Return what is said of devices that send into one workout."""
    known = in_order(one for one in workout.streams if one.layout)
    return {
        "workout_id": workout.workout_id,
        "streams": [one.stream.stream for one in known],
        "shape": " and ".join(_shapes(known)),
        "rate_hz": max((hz for one in known if (hz := rate_hz(one))), default=None),
        "athlete": workout.about.athlete or "",
    }


def _shapes(known: Sequence[StreamInfo]) -> list[str]:
    return list(dict.fromkeys(f"{one.layout.kind} {one.layout.shape_text}" for one in known if one.layout))
