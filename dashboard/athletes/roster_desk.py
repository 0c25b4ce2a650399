"""What the roster's plain pages share: who may open them, and what goes wrong, as pages in plain words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import ParamSpec

from quart import request
from quart.typing import ResponseTypes

from barograph.access.acting import actor
from barograph.access.rights import Verb
from barograph.errors import AccessDenied, InvalidData, NotFound, Refused, StorageAway
from barograph.store.roster import Athlete
from dashboard.drawing.markup import say, tag
from dashboard.page import guard
from dashboard.page.visitors import visitor
from dashboard.reading.roster import may
from dashboard.routes import athletes_path
from dashboard.signin import document
from dashboard.signin.desk import NOTHING, Desk, nowhere, refused
from dashboard.signin.document import answer, notice

P = ParamSpec("P")
Handler = Callable[P, Awaitable[ResponseTypes]]
PATH = athletes_path()
ASSETS = '<link rel="stylesheet" href="/assets/athletes/roster_forms.css">\n'
AWAY = (
    "The archive does not answer",
    "Who is in the roster is not known now, and nothing was changed. Devices that keep a spool send later what they "
    "record.",
    "Try again in a moment.",
)


def shown(desk: Desk) -> Callable[[Handler[P]], Handler[P]]:
    """Answer with a page whatever goes wrong; what changes something is taken from our own pages alone."""

    def wrapped(handler: Handler[P]) -> Handler[P]:
        @wraps(handler)
        async def made(*given: P.args, **named: P.kwargs) -> ResponseTypes:
            if request.method not in guard.SAFE and not desk.visitors.access.trusts(request):
                return guard.page(guard.ELSEWHERE, 403)
            try:
                return await handler(*given, **named)
            except StorageAway:
                return answer(notice(*AWAY, who=visitor()), 503)
            except (NotFound, AccessDenied):
                return nowhere()
            except (InvalidData, Refused) as error:
                return refused(error)

        return made

    return wrapped


def require(verb: Verb) -> None:
    """Raise `NotFound` for whoever may do this to no athlete: unknown and forbidden look the same."""
    if not may(actor(), verb):
        raise NotFound(NOTHING[1])


def page(title: str, *inside: str, note: str = "", script: str = "") -> str:
    """Return a page of the roster, with the way back to it."""
    back = tag("a", "Athletes", href=PATH, class_="back")
    head = tag("div", tag("h1", say(title)), tag("span", say(note), class_="muted"), tag("span", class_="grow"), back,
               class_="desk-head")  # fmt: skip
    more = ASSETS + (f'<script type="module" src="/assets/athletes/{script}"></script>\n' if script else "")
    return document.page(title, head, *inside, who=visitor(), more=more, current="nav-athletes")


def called(athlete: Athlete) -> str:
    """Return an athlete by name and short id, so that two of one name are told apart."""
    return f"{athlete.name} · {athlete.short_id}" if athlete.name != athlete.short_id else athlete.short_id
