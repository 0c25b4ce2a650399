"""The links that let a browser in: the one-time link of whoever started Barograph, and the link of a shared session.

Looking at a one-time link costs nothing: browsers, mail programs and chats fetch addresses before anybody opens them.
Its page sends a form, by itself where somebody sees it and by a button without JavaScript, and the form uses it up.
"""

from __future__ import annotations

import time
from html import escape
from urllib.parse import parse_qs, quote

from quart import Quart, redirect, request
from quart.typing import ResponseTypes

from barograph.access.needs import needs
from barograph.access.principals import Access
from barograph.access.shares import Opened
from barograph.web.bodies import whole
from dashboard.page.guard import PAGE, over, page
from dashboard.page.limits import Limits
from dashboard.page.visitors import Visitors
from dashboard.routes import wall_path

MOST_FORM_BYTES = 4096

OPENING = PAGE.format(
    title="Open the dashboard",
    text="This link works once, and for ten minutes.",
    more='<form method="post" action="/login"><input type="hidden" name="token" value="{token}">'
    '<button class="button primary" type="submit">Open the dashboard</button></form>'
    '<script src="/assets/core/opening.js"></script>',
)
USED = PAGE.format(
    title="This link does not open any more",
    text="A link works once, and for ten minutes.",
    more="<p>Run this where Barograph runs, and open the new link it prints:</p><pre><code>barograph link</code></pre>",
)


def register(app: Quart, visitors: Visitors, limits: Limits) -> None:
    """Let in who brings a link; an address that tries many in vain has to wait."""
    _register_login(app, visitors.access, limits)
    _register_share(app, visitors, limits)


def _register_login(app: Quart, access: Access, limits: Limits) -> None:
    @app.get("/login/<token>")
    @needs("open")
    async def look(token: str) -> ResponseTypes:
        limits.check(request.remote_addr, "links", time.monotonic())
        if not access.redeemable(token):
            return _in_vain(limits, USED)
        return page(OPENING.format(token=escape(token, quote=True)), 200)

    @app.post("/login/<token>")
    @needs("open")
    async def use(token: str) -> ResponseTypes:
        return _login(access, limits, token)

    @app.post("/login")
    @needs("open")
    async def use_form() -> ResponseTypes:
        fields = parse_qs((await whole(request, MOST_FORM_BYTES)).decode("ascii", "replace"))
        return _login(access, limits, fields.get("token", [""])[-1])


def _login(access: Access, limits: Limits, token: str) -> ResponseTypes:
    limits.check(request.remote_addr, "links", time.monotonic())
    cookie = access.redeem(token, request)
    if cookie is None:
        return _in_vain(limits, USED)
    response = redirect("/", 303)
    response.set_cookie(cookie.name, cookie.value, **cookie.options)
    return response


def _in_vain(limits: Limits, html: str) -> ResponseTypes:
    limits.spend(request.remote_addr, "links", 1, time.monotonic())
    return page(html, 403)


def _register_share(app: Quart, visitors: Visitors, limits: Limits) -> None:
    @app.get("/share/<token>")
    @needs("open")
    async def open_shared(token: str) -> ResponseTypes:
        limits.check(request.remote_addr, "links", time.monotonic())
        opened = await visitors.shares.open(token)
        if opened is None:
            limits.spend(request.remote_addr, "links", 1, time.monotonic())
            return over(request)
        guest, share = opened.guest, opened.guest.share
        response = redirect(shared_path(opened))
        if share is not None:
            cookie = visitors.access.share_cookie(share.hash, guest.workout_id or "", share.left_s, request)
            response.set_cookie(cookie.name, cookie.value, **cookie.options)
        return response


def shared_path(opened: Opened) -> str:
    """Return where a link leads."""
    stored = opened.stored
    if stored.team:
        return wall_path(stored.team)
    asked = f"?{stored.query}" if stored.query else ""
    return f"/{stored.view}/{quote(opened.guest.workout_id or '', safe='')}{asked}"
