"""Signing in at the identity provider of the settings: out, and back with a code; off without one."""

from __future__ import annotations

from typing import Any

from quart import Quart, redirect, request
from quart.typing import ResponseTypes

from barograph.access.needs import needs
from barograph.access.openid import OVER, OpenId
from barograph.access.secrets import same
from barograph.errors import NotFound, Refused
from barograph.web.entries import secure
from dashboard.drawing.markup import tag
from dashboard.page.agents import agent_name
from dashboard.signin.desk import Desk, shown
from dashboard.signin.document import answer, notice
from dashboard.signin.forms import local
from dashboard.signin.sign_in import exchanged, said, turned_away

PATH = "/sign-in/openid"
LIFE_S = 300


def register(app: Quart, desk: Desk) -> None:
    """Add the routes to an application."""
    provider = OpenId(desk.settings, desk.accounts, desk.visitors.keyring)

    @app.get(PATH)
    @needs("open")
    @shown
    async def leave_for_provider() -> ResponseTypes:
        if not provider.name:
            raise NotFound(PATH)
        await desk.visitors.signing_in.count_address(request.remote_addr or "")
        return await _leave(desk, provider)

    @app.get(f"{PATH}/back")
    @needs("open")
    @shown
    async def back_from_provider() -> ResponseTypes:
        if not provider.name:
            raise NotFound(PATH)
        await desk.visitors.signing_in.count_address(request.remote_addr or "")
        try:
            return await _come_back(desk, provider)
        except Refused as error:
            return turned_away(error, _refused(error))


def _refused(error: Refused) -> str:
    again = tag("p", tag("a", "Back to sign-in", href="/sign-in", class_="button"))
    return notice("You are not signed in", said(error), more=again)


async def _leave(desk: Desk, provider: OpenId) -> ResponseTypes:
    host = (request.headers.get("Host") or "").lower()
    back = f"{'https' if secure(request) else 'http'}://{host}{PATH}/back"
    try:
        leaving = await provider.leave(back, local(request.args.get("next", "/")))
    except Refused as error:
        return answer(_refused(error), 502)
    response: Any = redirect(leaving.url, 303)
    cookie = desk.visitors.access.cookies.made(request, "openid", leaving.state, LIFE_S)
    response.set_cookie(cookie.name, cookie.value, **cookie.options)
    return response  # type: ignore[no-any-return]


async def _come_back(desk: Desk, provider: OpenId) -> ResponseTypes:
    state, left = request.args.get("state", ""), desk.visitors.access.cookies.said(request, "openid", LIFE_S)
    if not isinstance(left, str) or not same(state, left):
        raise Refused("not_signed_in", OVER)
    user, onward = await provider.come_back(state, request.args.get("code", "")[:2000])
    signed = await desk.visitors.signing_in.admit(user, address=request.remote_addr or "", agent=agent_name(request))
    return await exchanged(desk, signed, onward)
