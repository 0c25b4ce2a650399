"""Sharing one workout: a link that is read-only and expires, as text and as a QR code."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import quote

import segno
from quart import Quart, Response, request
from quart.typing import ResponseTypes

from barograph.access.needs import needs
from barograph.access.principals import Access
from barograph.errors import InvalidData
from barograph.frames import check_name
from barograph.store.ports import Archive
from dashboard.page.answers import json_text

VIEWS = ("athlete", "live")
MOST_QUERY = 300
QR_BORDER = 2


def register(app: Quart, archive: Archive, access: Access) -> None:
    """Add the route to an application."""

    @app.post("/data/<workout_id>/share")
    @needs("share")
    async def share(workout_id: str) -> ResponseTypes:
        path, life_s = asked(check_name("workout_id", workout_id), await request.get_json(silent=True))
        # Somebody may share what has not begun yet: the link is for the workout that begins, and for no later one.
        workout = await archive.note(workout_id, now_us=time.time_ns() // 1000)
        token = access.new_share(workout_id, path, life_s, workout.uid)
        address = f"{access.base_for_others(request)}/share/{token}"
        said = {"address": address, "qr": qr_code(address), "life_s": life_s}
        return Response(json_text(said), content_type="application/json")


def asked(workout_id: str, content: Any) -> tuple[str, int]:
    """Return where the link leads, and for how long."""
    view, query, life_s = (
        content.get(name) if isinstance(content, dict) else None for name in ("view", "query", "life_s")
    )
    if view not in VIEWS:
        raise InvalidData(f"view: expected one of {', '.join(VIEWS)}, got {str(view)[:20]!r}", field="view")
    if not isinstance(query, str) or len(query) > MOST_QUERY or not query.isascii() or not query.isprintable():
        raise InvalidData(f"query: expected at most {MOST_QUERY} printable characters", field="query")
    if not isinstance(life_s, int) or isinstance(life_s, bool):
        raise InvalidData(f"life_s: expected whole seconds, got {str(life_s)[:20]!r}", field="life_s")
    return f"/{view}/{quote(workout_id, safe='')}{'?' if query else ''}{query}", life_s


def qr_code(address: str) -> str:
    """Return a picture of the address, as a data: URI; dark on light in both themes, as readers want it."""
    return segno.make(address, error="m", micro=False).svg_data_uri(scale=4, border=QR_BORDER, light="white")
