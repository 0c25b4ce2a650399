"""The route by which the forms of an athlete's page change the record."""

from __future__ import annotations

import time

from quart import Quart, Response, request
from quart.typing import ResponseTypes

from barograph.access.needs import needs
from barograph.errors import AccessDenied, InvalidData, Refused
from barograph.store.ports import Archive
from dashboard.athletes.one_change import Change, changed
from dashboard.page.answers import json_text
from dashboard.page.typed_callbacks import decoded

TAKEN, DENIED = 409, 403


def register(app: Quart, archive: Archive) -> None:
    """Add the route to an application; the archive is guarded."""

    @app.post("/data/athletes/<athlete_uid>")
    @needs("describe", "athlete")
    async def change(athlete_uid: str) -> ResponseTypes:
        asked = decoded("change", await request.get_json(silent=True), Change)
        now_us = time.time_ns() // 1000
        athlete = await archive.roster.athlete(athlete_uid)
        teams = {team.uid for team in await archive.roster.teams()}
        try:
            stored = await archive.roster.put(changed(athlete, asked, teams, now_us), now_us=now_us)
        except Refused as error:
            return _answer({"message": str(error), "field": error.field}, TAKEN)
        except InvalidData as error:
            return _answer({"message": str(error), "field": error.field}, 400)
        except AccessDenied:
            said = (
                "You may not change this athlete so. Keep a team of yours, or ask whoever looks after the other teams."
            )
            return _answer({"message": said, "field": "teams"}, DENIED)
        return _answer({"revision": stored.revision}, 200)


def _answer(said: dict[str, object], status: int) -> Response:
    return Response(json_text(said), status=status, content_type="application/json")
