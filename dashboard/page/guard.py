"""The door of the dashboard: every request and every socket passes here before anything else.

Who asks too much is told when to come again (`dashboard.page.limits`). A request without a principal
(`barograph.access.principals`) gets a page in plain words and nothing more. Pages may load nothing from elsewhere, and
be framed by nobody.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from math import ceil
from typing import Any, cast
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from quart import Quart, Request, Response, redirect, request, websocket
from quart.typing import ResponseTypes

from barograph.access.acting import act_as, actor
from barograph.access.needs import Need, Routes
from barograph.access.principals import Access, Principal, Share
from barograph.access.proofs import METRICS
from barograph.access.rights import Verb
from barograph.access.sight import Sight
from barograph.errors import AccessDenied, InvalidData, NotFound, Refused, StorageAway
from barograph.store.ports import Archive
from barograph.web.entries import Entry, entry_of
from dashboard.page.answers import json_text
from dashboard.page.head import head
from dashboard.page.limits import Limits
from dashboard.page.metrics import Scrapers
from dashboard.page.typed_callbacks import Callbacks, Known
from dashboard.page.visitors import Visitors, remember, remember_lab

PROBES = ("/healthz", "/readyz")
OPEN_ASSETS = (
    "/assets/core/tokens.css", "/assets/core/frame.css", "/assets/core/base.css",
    "/assets/core/bar.css", "/assets/core/scheme.js", "/assets/core/opening.js", "/assets/core/mark.svg",
    "/assets/core/copy.mjs", "/assets/core/menu.mjs",
)  # fmt: skip
OPEN_FOLDER = "/assets/signin/"
LINKS = ("/login", "/share")
SHAREABLE = ("/live/", "/session/", "/athlete/", "/feedback/", "/wall/")
FOR_SIGNING_IN = ("/login", "/sign-", "/invitation/")
OF_ONE_WORKOUT = ("live", "session")
OF_PAGES = ("/", "/<path:path>")
CALLBACKS = "/_dash-update-component"
EVERY_PAGE = Need("known", shared=True)
# What Dash adds to an application. Its socket for callbacks is needed by nothing here.
OF_DASH = {
    "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>": EVERY_PAGE,
    "/_dash-layout": EVERY_PAGE, "/_dash-dependencies": EVERY_PAGE, "/_favicon.ico": EVERY_PAGE,
    "/assets/<path:filename>": EVERY_PAGE, CALLBACKS: EVERY_PAGE, **dict.fromkeys(OF_PAGES, EVERY_PAGE),
    "/_reload-hash": Need("known"), "/_dash-ws-callback": Need("closed"),
}  # fmt: skip
SUITES = "/_dash-component-suites/"
NOT_FOR_EVER = "no-store"
ASK_FIRST = "no-cache"  # kept, and used again when the server says that it is the same
SAFE = ("GET", "HEAD", "OPTIONS")
COMES_IN = ("owner", "network", "user", "share")  # tokens are for programs, which read at the ingest

PAGE = (
    head("{title}", scripts=("core/scheme.js",))
    + """</head>
<body>
<main class="refusal">
<img src="/assets/core/mark.svg" alt="" width="40" height="40">
<h1>{title}</h1>
<p>{text}</p>
{more}
</main>
</body>
</html>"""
)

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
    text="Its time is over, it was revoked, what it showed was erased, it is of an older version or of another secret "
    "key, or it is not complete.",
    more="<p>Ask whoever shared it for a new one: Share, on the page of the session.</p>{more}",
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
WALL_ONLY = PAGE.format(
    title="This link opens one wall only",
    text="It was shared to look at what a team records now, and for nothing else.",
    more="<p>Open the link again to go back to it.</p>",
)


Pages = Callable[[str], Need | None]
Nowhere = Callable[[], ResponseTypes]


class Guard:
    """The door of one application: who comes, and whether what they ask for is declared, and theirs to ask.

    `pages` says what the page of an address needs, None where there is none for whoever asks; `nowhere` makes what
    they get there. `sight` decides for one workout, `scrapers` who reads the metrics.
    """

    def __init__(
        self,
        app: Quart,
        visitors: Visitors,
        sight: Sight,
        archive: Archive,
        pages: Pages,
        nowhere: Nowhere,
        scrapers: Scrapers,
    ) -> None:
        self.routes, self._scrapers = Routes(app, OF_DASH), scrapers
        self._visitors, self._sight, self._archive, self._pages = visitors, sight, archive, pages
        self._nowhere = nowhere

    async def check(self, asked: Any) -> ResponseTypes | None:
        """Return what whoever asks gets instead of what they asked for, or None where they get it."""
        access, rule = self._visitors.access, asked.url_rule
        remember_lab(self._visitors.lab)
        if asked.path == METRICS:
            return None if self._scrapers.admit(asked) else page(CLOSED, 403)
        if not access.host_allowed(asked) and not _probes(asked):
            return page(CLOSED, 403)
        need = Need("known") if rule is None else self.routes.need(rule)
        if opens(asked, need):
            return _from_our_page(access, asked)
        principal = await self._visitors.principal(asked)
        if principal is None and asked.path.startswith(SHAREABLE) and access.brings_share(asked):
            return over(asked)
        if principal is None or principal.kind not in COMES_IN:
            return await _turned_away(self._visitors, principal, asked)
        remember(principal)
        act_as(principal)
        if need is not None and need.verb == "person":
            at_home = principal.kind in ("owner", "user")
            return _from_our_page(access, asked) if at_home else await _turned_away(self._visitors, principal, asked)
        workout_id = (asked.view_args or {}).get("workout_id")
        if rule is not None and rule.rule in OF_PAGES:
            need, workout_id = self.page(asked.path)
            if need is None:
                return self._nowhere()
        return await self.refusal(need, workout_id)

    def page(self, path: str) -> tuple[Need | None, str | None]:
        """Return what a page of Dash needs to be begun, and the workout that it is of; its callbacks need the rest."""
        need = self._pages(path)
        kind, _, rest = path.strip("/").partition("/")
        if actor().share is None:
            return Need("known") if need else None, None
        return need or Need("known"), unquote(rest) if kind in OF_ONE_WORKOUT and rest else None

    async def refusal(self, need: Need | None, workout_id: str | None) -> ResponseTypes | None:
        """Return why what is needed is not allowed, or None where it is; `NotFound` of a workout that is not there."""
        who = actor()
        if need is None or need.verb in ("open", "closed"):  # what is open to all was opened before
            return page(CLOSED, 403)
        if who.share is not None and not _within(who, need, workout_id):
            return outside(who.share)
        if need.verb == "known":
            return None
        if workout_id is not None:
            try:
                await self._sight.require(cast(Verb, need.verb), workout_id, need.kind)
            except (NotFound, AccessDenied):
                if who.share is not None:
                    return outside(who.share)
                raise
        elif need.verb != "read" and not self._sight.possible(cast(Verb, need.verb), need.kind):
            raise AccessDenied(f"this account may not {need.verb} a {need.kind}")
        return None

    async def callback(self, known: Known, path: object) -> bool:
        """Return whether a callback of Dash's may run; `path` is the address of the page that it is on."""
        need, workout_id = known.need, None
        if actor().share is not None and need is not None and need.shared:
            need, workout_id = self.page(path if isinstance(path, str) else "")
        return await self.refusal(need, workout_id) is None


def register(app: Quart, guard: Guard, limits: Limits) -> None:
    """Refuse everyone who asks too much, everyone without a principal, and what is not theirs to ask."""

    @app.before_request
    async def check_request() -> ResponseTypes | None:
        _count(limits)
        return await guard.check(request)

    @app.errorhandler(Refused)
    async def refuse(error: Refused) -> ResponseTypes:
        return refusal(error)

    @app.before_websocket
    async def check_websocket() -> ResponseTypes | None:
        try:
            return await guard.check(websocket)
        except (NotFound, AccessDenied):
            return page(CLOSED, 403)


def _probes(asked: Any) -> bool:
    """Whether whoever watches over servers asks how this one is: by any name, but not from another site's page."""
    return "Origin" not in asked.headers and asked.method in SAFE and asked.path in PROBES


def opens(asked: Any, need: Need | None) -> bool:
    """Return whether a page opens for everyone, as this request came in: what people sign in by, not unencrypted."""
    if asked.path.startswith(FOR_SIGNING_IN) and not entry_of(asked).may_sign_in:
        return False
    return asked.path in OPEN_ASSETS or asked.path.startswith(OPEN_FOLDER) or (need is not None and need.verb == "open")


def _from_our_page(access: Access, asked: Any) -> ResponseTypes | None:
    """Refuse a form of people's secrets that a page from elsewhere sends in their name; links bring their own."""
    if asked.method not in SAFE and not asked.path.startswith(LINKS) and not access.trusts(asked):
        return page(ELSEWHERE, 403)
    return None


async def _turned_away(visitors: Visitors, principal: Principal | None, asked: Any) -> ResponseTypes:
    """Refuse whoever may not; a person who may sign in is shown where, if anybody has an account here."""
    if not visitors.access.may_sign_in(asked):
        return page(UNSEEN, 403)
    if principal is not None:
        return page(NOT_FOR_YOU, 403)
    ours = asked.method == "GET" or visitors.access.trusts(asked)
    person = ours and "text/html" in (asked.headers.get("Accept") or "")
    if person and isinstance(asked, Request) and await _has_users(visitors):
        return redirect(f"/sign-in?next={quote(_page_of(asked), safe='')}", 303)
    return page(CLOSED, 403)


def _page_of(asked: Request) -> str:
    """The page that somebody was on: what they asked for, or where the form that they sent stands."""
    if asked.method == "GET":
        return asked.full_path.rstrip("?")
    at = urlsplit(asked.headers.get("Referer") or "")
    return urlunsplit(("", "", at.path, at.query, "")) if at.netloc == asked.headers.get("Host") else "/"


async def _has_users(visitors: Visitors) -> bool:
    try:
        return await visitors.has_users()
    except StorageAway:
        return False


def over(asked: Any) -> Response:
    """Return the page of a share link that opens nothing; where people may sign in it says that they may."""
    more = '<p><a href="/sign-in">Sign in</a></p>' if entry_of(asked).may_sign_in else ""
    return page(OVER.replace("{more}", more), 403)


def outside(share: Share) -> Response:
    """Return the page that says that a link opens something else."""
    return page(WALL_ONLY if share.team else ONE_ONLY, 403)


def _within(who: Principal, need: Need, workout_id: str | None) -> bool:
    """Whether a share link is for this at all; what may be seen of it is decided after."""
    if need.verb == "known":
        return need.shared
    if who.share is not None and who.share.team:
        return need.wall
    return need.shared and workout_id == who.workout_id


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


def register_types(app: Quart, callbacks: Callbacks, guard: Guard) -> None:
    """Look at what a browser tells a callback before Dash does, and whether it may run."""

    @app.before_request
    async def check_callback() -> ResponseTypes | None:
        if request.path == CALLBACKS and request.method == "POST":
            if request.mimetype != "application/json":
                raise InvalidData(f"Content-Type: expected application/json, got {request.mimetype[:40]!r}")
            try:
                known, path = callbacks.check(await request.body)
            except InvalidData:
                if actor().share is None:
                    raise
                return Response(status=204)
            if not await guard.callback(known, path):
                return Response(status=204)
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
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers.setdefault("Referrer-Policy", "no-referrer")
        if entry_of(request) is not Entry.LAN:  # a browser heeds it of this machine and by TLS alone, and complains
            response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        if request.path.startswith("/assets/"):
            response.headers["Cache-Control"] = ASK_FIRST  # modules import each other by name, without a version
        elif "Cache-Control" not in response.headers:
            if request.path.startswith(SUITES) and response.status_code == 200:
                return await _kept_while_it_is_the_same(response)
            response.headers["Cache-Control"] = NOT_FOR_EVER
        return response


async def _kept_while_it_is_the_same(response: Response) -> Response:
    """Let browsers keep a file of a library that Dash gives no version: Plotly, 4.8 MB on every page with a chart."""
    response.headers["Cache-Control"] = ASK_FIRST
    await response.add_etag()
    await response.make_conditional(request)
    return response


def page(html: str, status: int) -> Response:
    """Return a page that needs no Dash."""
    return Response(html, status=status, content_type="text/html; charset=utf-8")
