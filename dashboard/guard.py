"""The door of the dashboard: every request and every socket passes here before anything else.

Who has no principal (`barograph.access`) gets a page in plain words and nothing more. Pages may load nothing from
elsewhere, and be framed by nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from quart import Quart, Response, redirect, request, websocket
from quart.typing import ResponseTypes

from barograph.access import COOKIE_OPTIONS, Access, Verb

OPEN_PATHS = ("/assets/tokens.css", "/assets/frame.css", "/assets/scheme.js", "/assets/mark.svg")
NOT_FOR_EVER = "no-store"

PAGE = """<!DOCTYPE html>
<html lang="en" data-mantine-color-scheme="dark">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · Barograph</title>
<link rel="icon" href="/assets/mark.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/tokens.css">
<link rel="stylesheet" href="/assets/frame.css">
<script src="/assets/scheme.js"></script>
</head>
<body>
<main class="refusal">
<img src="/assets/mark.svg" alt="" width="40" height="40">
<h1>{title}</h1>
<p>{text}</p>
{more}
</main>
</body>
</html>"""

CLOSED = PAGE.format(
    title="Open the link that Barograph printed",
    text="This page is only for whoever started Barograph. The link works once and for ten minutes.",
    more="<p>Lost it, or already used? Run this where Barograph runs, and open the link it prints:</p>"
    "<pre><code>barograph link</code></pre>",
)
USED = PAGE.format(
    title="This link does not open any more",
    text="A link works once, and for ten minutes.",
    more="<p>Run this where Barograph runs, and open the new link it prints:</p><pre><code>barograph link</code></pre>",
)


def register(app: Quart, access: Access) -> None:
    """Refuse everyone without a principal, and let in who brings a link."""

    @app.before_request
    async def check_request() -> ResponseTypes | None:
        if request.path in OPEN_PATHS or request.path.startswith("/login/"):
            return None
        if access.allowed(access.principal(request), _verb(request.method), "*"):
            return None
        return page(CLOSED, 403)

    @app.before_websocket
    async def check_websocket() -> ResponseTypes | None:
        if access.allowed(access.principal(websocket), "read", "*"):
            return None
        return page(CLOSED, 403)

    @app.get("/login/<token>")
    async def login(token: str) -> ResponseTypes:
        cookie = access.redeem(token)
        if cookie is None:
            return page(USED, 403)
        response = redirect("/")
        response.set_cookie(access.cookie_name, cookie, **COOKIE_OPTIONS)
        return response


def register_headers(app: Quart, script_hashes: Callable[[], Sequence[str]]) -> None:
    """Say to browsers what pages may load: ours, and nothing else."""
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' {' '.join(script_hashes())}",
            "style-src 'self' 'unsafe-inline'",  # Mantine, Dash and Plotly set styles as they draw
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )

    @app.after_request
    async def add_headers(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = policy
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        if request.path.startswith("/assets/"):
            response.headers["Cache-Control"] = "no-cache"  # modules import each other by name, without a version
        elif "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = NOT_FOR_EVER
        return response


def page(html: str, status: int) -> Response:
    """A page that needs no Dash."""
    return Response(html, status=status, content_type="text/html; charset=utf-8")


def _verb(method: str) -> Verb:
    return "read" if method in ("GET", "HEAD", "OPTIONS", "POST") else "write"
