"""Pages of browsers that may talk to this door.

Pages of this machine may do over HTTP what the predecessor's did: send frames, and the final series. Reading what is
stored, and every other change of it, takes an origin that was set (`Access.trusts`).
"""

from __future__ import annotations

from typing import Any

from quart import Quart, Response, current_app, request
from werkzeug.exceptions import Forbidden

from barograph.access.principals import Access

EXPOSED = "Barograph-Next-Cursor, Retry-After, Location"
PREDECESSORS = {("POST", "/api/workouts/<workout_id>/frames"), ("PUT", "/api/workouts/<workout_id>")}
GUARDED = ("/api/", "/metrics")
REFUSED = (
    "Origin: a page of this origin may send frames; BAROGRAPH_ALLOWED_ORIGINS names origins whose pages may also read "
    "and change what is stored"
)


def add_cors(app: Quart, access: Access) -> None:
    """Refuse what a page may not do, and tell browsers what it may."""

    @app.before_request
    async def guard() -> None:
        if request.method != "OPTIONS" and not _may(access, request.method):
            raise Forbidden(REFUSED)

    @app.after_request
    async def allow(response: Response) -> Response:
        origin = request.headers.get("Origin")
        response.headers.add("Vary", "Origin")
        asked = request.headers.get("Access-Control-Request-Method", "") if request.method == "OPTIONS" else ""
        if origin is not None and access.origin_allowed(origin) and _may(access, asked or request.method):
            response.headers["Access-Control-Allow-Origin"] = access.origin_answer(origin)
            response.headers["Access-Control-Expose-Headers"] = EXPOSED
            if asked:
                response.headers["Access-Control-Allow-Methods"] = _methods(access, asked)
                response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, Content-Encoding"
                response.headers["Access-Control-Max-Age"] = "600"
        return response


def _may(access: Access, method: str) -> bool:
    """Whether the page behind the current request may use a method of its path."""
    rule: Any = request.url_rule
    known = rule is not None and (method, rule.rule) in PREDECESSORS
    return known or not request.path.startswith(GUARDED) or access.trusts(request)


def _methods(access: Access, asked: str) -> str:
    return "GET, POST, PUT, DELETE" if access.trusts(request) else asked


def trusted() -> bool:
    """Return whether the current request may read history and change what is stored."""
    access: Access = current_app.extensions["barograph"]["access"]
    return access.trusts(request)
