"""Pages of browsers that may talk to this door: those whose origin `Access` allows."""

from __future__ import annotations

from quart import Quart, Response, request

from barograph.access import Access

EXPOSED = "Barograph-Next-Cursor, Retry-After, Location"


def add_cors(app: Quart, access: Access) -> None:
    """Tell browsers that a page of an allowed origin may read answers, and send what the API takes."""

    @app.after_request
    async def allow(response: Response) -> Response:
        origin = request.headers.get("Origin")
        response.headers.add("Vary", "Origin")
        if origin is not None and access.origin_allowed(origin):
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = EXPOSED
            if request.method == "OPTIONS":
                response.headers["Access-Control-Allow-Methods"] = "GET, POST, PUT, DELETE"
                response.headers["Access-Control-Allow-Headers"] = "Content-Type, Content-Encoding"
                response.headers["Access-Control-Max-Age"] = "600"
        return response
