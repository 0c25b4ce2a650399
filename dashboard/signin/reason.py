"""Where an admin states why they look at what is not theirs, before it is shown; the athlete reads it.

The reason is kept in a cookie that is signed together with the session, for four hours at most. What it opens is
written down in the audit log, each session once in a quarter of an hour (`barograph.access.readings`).
"""

from __future__ import annotations

from typing import Any

from quart import Quart, redirect, request
from quart.typing import ResponseTypes

from barograph.access.needs import needs
from barograph.access.principals import Principal
from barograph.access.reasons import LEAST, checked_reason
from barograph.bounds import REASON
from barograph.errors import InvalidData, NotFound
from dashboard.drawing.markup import say, tag
from dashboard.page.visitors import REASON_LIFE_S, visitor
from dashboard.signin.desk import NOTHING, Desk, shown
from dashboard.signin.document import answer, page
from dashboard.signin.forms import button, field, form, hidden, local, press, sent

PATH = "/reason"
HOURS = REASON_LIFE_S // 3600


def register(app: Quart, desk: Desk) -> None:
    """Add the page and what it changes to an application."""

    @app.get(PATH)
    @needs("person")
    @shown
    async def show_reason() -> ResponseTypes:
        return answer(_page(_admin(), request.args.get("next", "")))

    @app.post(PATH)
    @needs("person")
    @shown
    async def state_reason() -> ResponseTypes:
        who, given = _admin(), await sent(request)
        try:
            reason = checked_reason(given.text("reason"))
        except InvalidData as error:
            return answer(_page(who, given.text("next"), str(error).partition(": ")[2], given.text("reason")), 400)
        if not reason:
            return answer(_page(who, given.text("next"), "Say why, in a few words."), 400)
        response: Any = redirect(local(given.text("next")), 303)
        cookie = desk.visitors.access.cookies.made(request, "reason", [who.key, reason], REASON_LIFE_S)
        response.set_cookie(cookie.name, cookie.value, **cookie.options)
        return response  # type: ignore[no-any-return]

    @app.post(f"{PATH}/end")
    @needs("person")
    @shown
    async def end_reason() -> ResponseTypes:
        _admin()
        name = desk.visitors.access.cookies.name_of(request, "reason")
        response: Any = redirect("/", 303)
        secure = name.startswith("__Host-")
        response.delete_cookie(name, path="/", httponly=True, samesite="Lax", secure=secure)
        return response  # type: ignore[no-any-return]


def _admin() -> Principal:
    who = visitor()
    if who is None or who.kind != "user" or "admin" not in who.roles:
        raise NotFound(NOTHING[1])
    return who


def _page(who: Principal, path: str, problem: str = "", typed: str = "") -> str:
    now = _stated(who) if who.reason else ""
    entry = field(
        "Reason", "reason", typed, required="", minlength=str(LEAST), maxlength=str(REASON), autofocus="",
        hint=f"What you look for, and for whom. It holds for {HOURS} hours at most, in this browser.", problem=problem,
    )  # fmt: skip
    text = (
        "As an admin you look after people and devices. Sessions of athletes who are not in a team of yours are shown "
        "to you with a reason. Each one that you open is written down with it, and the athlete may read that."
    )
    asked = form(PATH, hidden(next=path), entry, button("Show me what is not mine", kind="primary"), kind="stack")
    return page(
        "State a reason",
        tag("section", tag("h1", "Why do you look at what is not yours?"), now, tag("p", say(text)), asked,
            class_="narrow wide"),
        who=who, tab="tab-reason",
    )  # fmt: skip


def _stated(who: Principal) -> str:
    return tag("div", tag("p", tag("b", "Your reason now: "), say(who.reason)), press(f"{PATH}/end", "Look no more"),
               class_="said", role="status")  # fmt: skip
