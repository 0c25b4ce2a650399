"""The door of the dashboard: every request and every socket passes here before anything else.

Who asks too much is told when to come again (`dashboard.page.limits`). A request without a principal
(`barograph.access.principals`) gets a page in plain words and nothing more. Pages may load nothing from elsewhere, and
be framed by nobody.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from math import ceil
from typing import Any
from urllib.parse import quote, unquote

from quart import Quart, Response, redirect, request, websocket
from quart.typing import ResponseTypes

from barograph.access.principals import Access, Principal, Share, Verb
from barograph.errors import InvalidData, NotFound, Refused, StorageAway
from barograph.store.ports import Archive
from barograph.web.entries import entry_of
from dashboard.page.answers import json_text
from dashboard.page.limits import Limits
from dashboard.page.typed_callbacks import Callbacks
from dashboard.page.visitors import Visitors, remember

HEALTH = "/healthz"
OPEN_PATHS = (
    HEALTH, "/login", "/assets/core/tokens.css", "/assets/core/frame.css", "/assets/core/base.css",
    "/assets/core/scheme.js", "/assets/core/opening.js", "/assets/core/mark.svg", "/sign-in", "/sign-out",
)  # fmt: skip
LINKS = ("/login", "/share")
OPEN_PREFIXES = (*(f"{link}/" for link in LINKS), "/sign-in/", "/invitation/", "/assets/signin/")
FOR_SIGNING_IN = ("/login", "/sign-", "/invitation/")
OF_PEOPLE = ("/account", "/first-run", "/people", "/access")  # each of them asks once more what whoever comes may
OF_ONE_WORKOUT = ("feed", "data", "athlete", "live")
OF_EVERY_PAGE = ("/assets/", "/_dash-component-suites/", "/_dash-layout", "/_dash-dependencies", "/_favicon")
CALLBACKS = "/_dash-update-component"
NOT_FOR_EVER = "no-store"
SAFE = ("GET", "HEAD", "OPTIONS")

PAGE = """<!DOCTYPE html>
<html lang="en" data-mantine-color-scheme="dark">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · Barograph</title>
<link rel="icon" href="/assets/core/mark.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/core/tokens.css">
<link rel="stylesheet" href="/assets/core/frame.css">
<link rel="stylesheet" href="/assets/core/base.css">
<script src="/assets/core/scheme.js"></script>
</head>
<body>
<main class="refusal">
<img src="/assets/core/mark.svg" alt="" width="40" height="40">
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
UNSEEN = PAGE.format(
    title="Only shared links open here",
    text="What goes over this network is not encrypted, so nobody can sign in here.",
    more="<p>Whoever runs Barograph can change that, with TLS or a reverse proxy: "
    "<code>BAROGRAPH_TLS_CERT</code>, <code>BAROGRAPH_TRUSTED_PROXIES</code>.</p>",
)
NOT_FOR_YOU = PAGE.format(
    title="Nothing here for you",
    text="There is nothing at this address, or it is not for you.",
    more='<p><a href="/account">Your account</a></p>',
)
ELSEWHERE = PAGE.format(
    title="This was not sent from a page of this dashboard",
    text="A page from elsewhere sent it in your name, so nothing was done.",
    more='<p><a href="/">All sessions</a></p>',
)
EARLY = PAGE.format(
    title="Too many links that did not open",
    text="Somebody at this address tried one after the other.",
    more="<p>Try again in {wait_s} seconds.</p>",
)
OVER = PAGE.format(
    title="This shared link does not open any more",
    text="Its time is over, the session was erased, or the link is not complete.",
    more="<p>Ask whoever shared it for a new one: Share, on the live page.</p>",
)
ERASED = PAGE.format(
    title="This session was erased",
    text="Nothing of it is stored any more. A device that still sends to it is told so.",
    more='<p><a href="/">All sessions</a></p>',
)
ONE_ONLY = PAGE.format(
    title="This link opens one session only",
    text="It was shared for that session, to look at and nothing else.",
    more="<p>Open the link again to go back to it.</p>",
)


def register(app: Quart, visitors: Visitors, limits: Limits, archive: Archive) -> None:
    """Refuse everyone who asks too much, and everyone without a principal."""
    access = visitors.access

    @app.before_request
    async def check_request() -> ResponseTypes | None:
        _count(limits)
        if not access.host_allowed(request):
            return page(CLOSED, 403)
        if opens(request):
            return _from_our_page(access)
        principal = await _known(visitors)
        if principal is not None and principal.kind in ("owner", "user") and of_people(request.path):
            return _from_our_page(access)
        if principal is not None and principal.share is not None and not await still_opens(archive, principal.share):
            return page(OVER, 403)
        if access.allowed(principal, verb(request.method, request.path), workout(request.path)):
            return None
        if principal is not None and principal.workout_id is not None:
            return await _guest(principal.workout_id)
        return await _turned_away(visitors, principal)

    @app.get(HEALTH)
    async def healthz() -> ResponseTypes:
        return Response('{"status":"ok"}', content_type="application/json")

    @app.errorhandler(Refused)
    async def refuse(error: Refused) -> ResponseTypes:
        return refusal(error)

    @app.before_websocket
    async def check_websocket() -> ResponseTypes | None:
        if not websocket.path.startswith("/feed/"):
            return page(CLOSED, 403)  # Dash has a socket for callbacks, which nothing here needs
        principal = await visitors.principal(websocket)
        remember(principal)
        if principal is not None and principal.share is not None and not await still_opens(archive, principal.share):
            return page(OVER, 403)
        if access.allowed(principal, "read", workout(websocket.path)):
            return None
        return page(CLOSED, 403)


def opens(asked: Any) -> bool:
    """Return whether a page opens for everyone, as this request came in: what people sign in by, not unencrypted."""
    path = asked.path
    if path.startswith(FOR_SIGNING_IN) and not entry_of(asked).may_sign_in:
        return False
    return path in OPEN_PATHS or path.startswith(OPEN_PREFIXES)


def of_people(path: str) -> bool:
    """Return whether an address is of the pages of people and their accounts (`dashboard.signin`)."""
    return any(path == one or path.startswith(f"{one}/") for one in OF_PEOPLE)


async def _known(visitors: Visitors) -> Principal | None:
    principal = await visitors.principal(request)
    remember(principal)
    return principal


def _from_our_page(access: Access) -> ResponseTypes | None:
    """Refuse a form of people's secrets that a page from elsewhere sends in their name; links bring their own."""
    if request.method not in SAFE and not request.path.startswith(LINKS) and not access.trusts(request):
        return page(ELSEWHERE, 403)
    return None


async def _turned_away(visitors: Visitors, principal: Principal | None) -> ResponseTypes:
    """Refuse whoever may not; a person who may sign in is shown where, if anybody has an account here."""
    if not visitors.access.may_sign_in(request):
        return page(UNSEEN, 403)
    if principal is not None:
        return page(NOT_FOR_YOU, 403)
    person = request.method == "GET" and "text/html" in (request.headers.get("Accept") or "")
    if person and await _has_users(visitors):
        return redirect(f"/sign-in?next={quote(request.full_path.rstrip('?'), safe='')}", 303)
    return page(CLOSED, 403)


async def _has_users(visitors: Visitors) -> bool:
    try:
        return await visitors.has_users()
    except StorageAway:
        return False


async def still_opens(archive: Archive, share: Share) -> bool:
    """Return whether what was shared is still there, and not another workout of its name."""
    try:
        return share.opens(await archive.workout(share.workout_id))
    except NotFound:
        return False


def _count(limits: Limits) -> None:
    """Count a request and its body for its address; `Refused` when that was too early."""
    now_s = time.monotonic()
    limits.spend(request.remote_addr, "requests", 1, now_s)
    if request.content_length:
        limits.spend(request.remote_addr, "bytes", request.content_length, now_s)


def refusal(error: Refused) -> Response:
    """Return the answer to what came too early: a page for a person, else JSON."""
    if request.path.startswith(LINKS):
        response = page(EARLY.format(wait_s=ceil(error.retry_after_s or 1)), 429)
    else:
        said = {"message": str(error), "field": error.field, "code": error.code}
        response = Response(json_text(said), status=429, content_type="application/json")
    response.headers["Retry-After"] = str(ceil(error.retry_after_s or 1))
    return response


async def _guest(workout_id: str) -> ResponseTypes | None:
    """Who came by a shared link gets the parts that every page is made of, and one page from Dash: that workout's."""
    if request.method == "GET" and request.path.startswith(OF_EVERY_PAGE):
        return None
    if request.path == CALLBACKS:
        asked = await request.get_json(silent=True)
        return None if _asks_for(asked, f"/live/{workout_id}") else Response(status=204)
    return page(ONE_ONLY, 403)


def _asks_for(asked: object, path: str) -> bool:
    """Whether a request of Dash's wants the page of this address: a callback takes its inputs by their places."""
    if not isinstance(asked, dict) or asked.get("output") != "page.children":
        return False
    inputs = asked.get("inputs")
    first = inputs[0] if isinstance(inputs, list) and inputs else None
    wanted = first.get("value") if isinstance(first, dict) else None
    return isinstance(wanted, str) and unquote(wanted) == path


def register_types(app: Quart, callbacks: Callbacks) -> None:
    """Look at what a browser tells a callback before Dash does."""

    @app.before_request
    async def check_callback() -> ResponseTypes | None:
        if request.path == CALLBACKS and request.method == "POST":
            if request.mimetype != "application/json":
                raise InvalidData(f"Content-Type: expected application/json, got {request.mimetype[:40]!r}")
            callbacks.check(await request.body)
        return None


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
        response.headers.setdefault("Referrer-Policy", "no-referrer")
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        if request.path.startswith("/assets/"):
            response.headers["Cache-Control"] = "no-cache"  # modules import each other by name, without a version
        elif "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = NOT_FOR_EVER
        return response


def page(html: str, status: int) -> Response:
    """Return a page that needs no Dash."""
    return Response(html, status=status, content_type="text/html; charset=utf-8")


def verb(method: str, path: str) -> Verb:
    """Return what a request does: Dash asks for pages by POST too."""
    if method in SAFE or path.startswith("/_dash"):
        return "read"
    return "write"


def workout(path: str) -> str:
    """Return the workout that an address is about, or "*" when it is about all of them."""
    kind, _, rest = path.strip("/").partition("/")
    if kind == "athlete" and rest.endswith("/history"):
        return "*"
    return rest.partition("/")[0] if kind in OF_ONE_WORKOUT and rest else "*"
