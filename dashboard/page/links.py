"""The links that let a browser in: the one-time link of whoever started Barograph, and the link of a shared session.

Looking at a one-time link costs nothing: browsers, mail programs and chats fetch addresses before anybody opens them.
Its page sends a form, by itself where somebody sees it and by a button without JavaScript, and the form uses it up.
"""

from __future__ import annotations

import time
from html import escape
from urllib.parse import parse_qs

from quart import Quart, redirect, request
from quart.typing import ResponseTypes

from barograph.access.needs import needs
from barograph.access.principals import Access
from barograph.store.ports import Archive
from barograph.web.bodies import whole
from dashboard.page.guard import OVER, PAGE, page, still_opens
from dashboard.page.limits import Limits

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


def register(app: Quart, access: Access, limits: Limits, archive: Archive) -> None:
    """Let in who brings a link; an address that tries many in vain has to wait."""
    _register_login(app, access, limits)
    _register_share(app, access, limits, archive)


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


def _register_share(app: Quart, access: Access, limits: Limits, archive: Archive) -> None:
    @app.get("/share/<token>")
    @needs("open")
    async def open_shared(token: str) -> ResponseTypes:
        limits.check(request.remote_addr, "links", time.monotonic())
        share = access.shared(token)
        if share is None:
            return _in_vain(limits, OVER)
        if not await still_opens(archive, share):
            return page(OVER, 403)
        response = redirect(share.path)
        cookie = access.share_cookie(share, request)
        response.set_cookie(cookie.name, cookie.value, **cookie.options)
        return response
