"""Sharing one workout: a stored link that is read-only and ends, as text and as a QR code; and those there are."""

from __future__ import annotations

import time
from typing import Any

import segno
from quart import Quart, Response, request
from quart.typing import ResponseTypes

from barograph.access.acting import actor
from barograph.access.guarded import GuardedArchive
from barograph.access.needs import needs
from barograph.access.principals import Principal
from barograph.access.rights import Resource, decide
from barograph.access.shares import Wanted
from barograph.bounds import check_text
from barograph.errors import InvalidData, NotFound
from barograph.frames import check_name
from barograph.store.account_records import NAME
from barograph.store.accounts import StoredShare
from dashboard.page.answers import json_text
from dashboard.page.navigation import OWNER
from dashboard.page.visitors import Visitors

VIEWS = ("athlete", "feedback", "live", "session")
MOST_QUERY = 1000
QR_BORDER = 2


def register(app: Quart, archive: Any, visitors: Visitors) -> None:
    """Add the routes to an application; `archive` is the guarded one."""

    @app.post("/data/<workout_id>/share")
    @needs("share")
    async def share(workout_id: str) -> ResponseTypes:
        wanted = asked(await request.get_json(silent=True))
        # Somebody may share what has not begun yet: the link is for the workout that begins, and for no later one.
        workout = await archive.note(check_name("workout_id", workout_id), now_us=time.time_ns() // 1000)
        if wanted["raw"]:
            await archive.sight.require("export", workout_id)
        secret, made = await visitors.shares.make(Wanted(workout=workout.uid, **wanted), by=actor().uid)
        address = f"{visitors.access.base_for_others(request)}/share/{secret}"
        said = {"address": address, "qr": qr_code(address), "life_s": wanted["life_s"], "uid": made.uid}
        return _json(said | {"links": await _links(visitors, workout.uid)})

    @app.get("/data/<workout_id>/shares")
    @needs("share")
    async def links(workout_id: str) -> ResponseTypes:
        return _json({"links": await _links(visitors, await _uid(archive, workout_id))})

    @app.post("/data/<workout_id>/shares/<uid>/revoke")
    @needs("share")
    async def revoke(workout_id: str, uid: str) -> ResponseTypes:
        of = await _uid(archive, workout_id)
        found = next((one for one in await visitors.shares.of_workout(of) if one.uid == uid), None)
        if found is None or not may_revoke(actor(), found):
            raise NotFound(f"{uid}: no such link of this session that is yours to revoke")
        await visitors.keyring.revoke(uid)
        return _json({"links": await _links(visitors, of)})


def may_revoke(who: Principal, share: StoredShare) -> bool:
    """Return whether somebody may end a link: their own, or any, if they administer."""
    what = Resource("share", owner=share.user)
    trusted = who.kind == "network" and not share.user  # without accounts, all of them are its owner
    return trusted or decide(who, "account", what) or decide(who, "administer", what)


async def _uid(archive: GuardedArchive, workout_id: str) -> str:
    try:
        return (await archive.workout(check_name("workout_id", workout_id))).uid
    except NotFound:
        if not archive.sight.unlimited("share"):
            raise
        return ""  # it has not begun yet: nothing of it is shared


async def _links(visitors: Visitors, workout_uid: str) -> list[dict[str, Any]]:
    found = await visitors.shares.of_workout(workout_uid) if workout_uid else []
    people = {user.uid: user.name or user.email for user in await visitors.accounts.users()} if found else {}
    return [
        {
            "uid": one.uid,
            "name": one.name,
            "view": one.view,
            "raw": one.raw,
            "names": one.names,
            "by": people.get(one.user, OWNER),
            "made_us": one.made_us,
            "until_us": one.until_us,
            "uses": one.uses,
            "revocable": may_revoke(actor(), one),
        }
        for one in found
    ]


def asked(content: Any) -> dict[str, Any]:
    """Return what a link is to be, from what the dialog sends."""
    given = content if isinstance(content, dict) else {}
    view, query, life_s = (given.get(name) for name in ("view", "query", "life_s"))
    if view not in VIEWS:
        raise InvalidData(f"view: expected one of {', '.join(VIEWS)}, got {str(view)[:20]!r}", field="view")
    if not isinstance(query, str) or len(query) > MOST_QUERY or not query.isascii() or not query.isprintable():
        raise InvalidData(f"query: expected at most {MOST_QUERY} printable characters", field="query")
    if not isinstance(life_s, int) or isinstance(life_s, bool):
        raise InvalidData(f"life_s: expected whole seconds, got {str(life_s)[:20]!r}", field="life_s")
    name = check_text("name", given.get("name", ""), NAME)
    ticked = {one: given.get(one, False) for one in ("raw", "names")}
    for one, value in ticked.items():
        if not isinstance(value, bool):
            raise InvalidData(f"{one}: expected true or false, got {str(value)[:20]!r}", field=one)
    return {"view": view, "query": query.lstrip("?"), "life_s": life_s, "name": name, **ticked}


def qr_code(address: str) -> str:
    """Return a picture of the address, as a data: URI; dark on light in both themes, as readers want it."""
    return segno.make(address, error="m", micro=False).svg_data_uri(scale=4, border=QR_BORDER, light="white")


def _json(said: dict[str, Any]) -> Response:
    return Response(json_text(said), content_type="application/json")
