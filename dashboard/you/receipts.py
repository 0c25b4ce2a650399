"""Erasing an athlete from their page, and receipts: what went, when, and where nothing here reaches."""

from __future__ import annotations

import asyncio

from quart import Quart, Response, redirect
from quart.typing import ResponseTypes

from barograph.access.guarded_roster import of_athlete
from barograph.access.needs import needs
from barograph.access.rights import Resource, decide, possible
from barograph.errors import NotFound
from barograph.store.departing import depart
from barograph.store.departures import Departure
from barograph.store.receipts import COUNTED, MASTER, Receipt, moment
from dashboard.drawing import words
from dashboard.drawing.markup import say, tag
from dashboard.drawing.words import plural
from dashboard.page.visitors import visitor
from dashboard.reading.sources import Sources
from dashboard.routes import athlete_path, athletes_path, erase_path
from dashboard.signin import tables
from dashboard.signin.account import confirm
from dashboard.signin.desk import Desk, shown
from dashboard.signin.document import answer, page
from dashboard.you.pages import STYLE

PATH = "/erasures/receipts"
PATIENCE_S = 20.0
NEWEST = 20
KEPT = (
    "It cannot be brought back. Devices that still send are refused, and pages that show it close. What somebody has "
    "taken out before stays with them, and what a device still holds stays there."
)
_going: set[asyncio.Task[Receipt | None]] = set()


def register(app: Quart, desk: Desk, sources: Sources) -> None:
    """Add the pages and what they change to an application."""

    @app.get(f"{PATH}/<uid>")
    @needs("person")
    @shown
    async def show_receipt(uid: str) -> ResponseTypes:
        _require()
        try:
            return answer(_page(await desk.archive.receipts.one(uid)))
        except NotFound:
            if uid not in {one.receipt for one in await desk.archive.departures.waiting(desk.now_us() + 1)}:
                raise
            return answer(_under_way(uid))

    @app.get(f"{PATH}/<uid>/file")
    @needs("person")
    @shown
    async def receipt_file(uid: str) -> ResponseTypes:
        _require()
        receipt = await desk.archive.receipts.one(uid)
        response = Response(receipt.to_json(), content_type="application/json")
        response.headers["Content-Disposition"] = f'attachment; filename="receipt-{receipt.uid[:8]}.json"'
        return response

    @app.get(f"{erase_path('')}<uid>")
    @needs("person")
    @shown
    async def ask_to_erase_athlete(uid: str) -> ResponseTypes:
        return answer(await _sure(desk, uid))

    @app.post(f"{erase_path('')}<uid>")
    @needs("person")
    @shown
    async def erase_athlete(uid: str) -> ResponseTypes:
        await _athlete(desk, uid)
        one = await sources.archive.departures.begin(uid, desk.now_us())
        return redirect(await erased(desk, sources, one), 303)


async def erased(desk: Desk, sources: Sources, one: Departure) -> str:
    """Erase an athlete, and return where the receipt is, or will be soon."""
    task = asyncio.create_task(_depart(desk, sources, one), name=f"erasing, receipt {one.receipt[:8]}")
    _going.add(task)
    task.add_done_callback(_going.discard)
    await asyncio.wait([task], timeout=PATIENCE_S)
    if task.done():
        task.result()  # raises what went wrong: the page says so, and the erasure goes on
    return f"{PATH}/{one.receipt}"


async def _depart(desk: Desk, sources: Sources, one: Departure) -> Receipt | None:
    receipt = await depart(desk.archive, sources.live, one)
    await sources.forget_erased(desk.archive)
    return receipt


def _require() -> None:
    who = visitor()
    if who is None or not (possible(who, "erase") or possible(who, "erase", "athlete")):
        raise NotFound(PATH)


async def _athlete(desk: Desk, uid: str) -> str:
    """The short id of an athlete whom whoever asks may erase, or `NotFound`."""
    athlete = await desk.archive.roster.athlete(uid)
    if not decide(visitor(), "erase", of_athlete(athlete)):
        raise NotFound(athletes_path())
    named = decide(visitor(), "read", Resource("athlete", athlete.uid, athlete.uid, frozenset(athlete.teams)))
    return f"{athlete.name} · {athlete.short_id}" if named else athlete.short_id


async def _sure(desk: Desk, uid: str) -> str:
    called, counts = await _athlete(desk, uid), await desk.archive.departures.counts(uid)
    said = [f"{title} {words.number(counts[name])}" for name, title in COUNTED.items() if counts.get(name)]
    what = f"{called}: {', '.join(said) or 'the record'}"
    text = KEPT
    if waiting := counts["waiting"]:
        wait = "waits" if waiting == 1 else "wait"
        text += f" {plural(waiting, 'session')} of this name {wait} under Names from devices, and will not go with it."
    return confirm("Erase this athlete?", what, text, erase_path(uid), "Erase", athlete_path(uid))


def _page(receipt: Receipt) -> str:
    title = "Erased: an athlete" if receipt.what == "athlete" else "Erased: a session"
    when = f"{moment(receipt.began_us)} to {moment(receipt.done_us)}"
    head = tag("div", tag("h1", title), tag("span", say(when), class_="muted"), class_="desk-head")
    heads = ("What", "How many")
    rows = (tables.row(heads, say(name), say(words.number(n)), over=False) for name, n in receipt.counted())
    file = tag("a", "Download", href=f"{PATH}/{receipt.uid}/file", class_="button", download="")
    listed = tables.table(heads, rows, label="What went", empty="There was nothing of it.")
    number = tag("p", say(f"Receipt {receipt.uid}. It says nothing of whom; its hash stands in the audit log: "),
                 tag("code", say(receipt.hash)), class_="muted pad receipt")  # fmt: skip
    went = tables.card("What went", "", listed, number, tag("p", file, class_="pad"))
    key = tables.card("The master key", "", tag("p", say(MASTER[receipt.master_key]), class_="pad"))
    left = tag("ul", *(tag("li", say(one)) for one in receipt.not_reached), class_="not-reached")
    rest = tables.card("What cannot be reached from here", "", left)
    columns = tag("div", tag("div", went, class_="desk-column"), tag("div", key, rest, class_="desk-column"),
                  class_="desk-halves")  # fmt: skip
    return page("Receipt", head, columns, who=visitor(), more=STYLE)


def _under_way(uid: str) -> str:
    head = tag("div", tag("h1", "Erasing is under way"), class_="desk-head")
    text = "It goes on by itself, whatever happens to this page or to the server. The receipt will stand here."
    again = tag("p", tag("a", "Look again", href=f"{PATH}/{uid}", class_="button primary"), class_="pad")
    return page("Erasing", head, tag("section", tag("p", text, class_="pad"), again, class_="card"), who=visitor())


async def newest(desk: Desk) -> str:
    """Return the card with the newest receipts."""
    heads = ("Receipt", "Of", "When")
    rows = (
        tables.row(
            heads,
            tag("a", say(one.uid[:8]), href=f"{PATH}/{one.uid}"),
            say("an athlete" if one.what == "athlete" else "a session"),
            say(moment(one.done_us)),
        )
        for one in await desk.archive.receipts.newest(NEWEST)
    )
    listed = tables.table(heads, rows, label="Receipts", empty="Nothing was erased yet.")
    return tables.card("Receipts", "", listed, name="receipts")
