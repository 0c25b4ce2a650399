"""The page Devices as routes of an application: who may feed frames, how each is, pairing, renaming, revoking.

A code is shown by whichever process is asked, while it lasts (`barograph.access.pairing`).
"""

from __future__ import annotations

from urllib.parse import urlsplit

from quart import Quart, redirect, request
from quart.typing import ResponseTypes

from barograph.access import pairing
from barograph.access.needs import needs
from barograph.access.principals import Principal
from barograph.errors import InvalidData, NotFound, StorageAway
from barograph.networks import address_of, in_url
from barograph.store.accounts import Device, Pairing
from dashboard.devices import listed, panel, trying
from dashboard.devices.known import Known, known_devices
from dashboard.devices.view import PATH, asked
from dashboard.drawing.markup import say, tag
from dashboard.signin.account import confirm
from dashboard.signin.desk import NOTHING, Desk, shown, whoever
from dashboard.signin.document import answer, icon, notice, page
from dashboard.signin.forms import form, sent

ASSETS = (
    '<link rel="stylesheet" href="/assets/devices/devices.css">\n'
    '<script type="module" src="/assets/devices/devices.mjs"></script>\n'
)
AWAY = (
    "The archive does not answer",
    "Which devices there are is not known now, and nothing was changed. Devices that keep a spool send later what they "
    "record.",
    "Try again in a moment.",
)


def register(app: Quart, desk: Desk) -> None:
    """Add the page and what it changes to an application."""

    @app.get(PATH)
    @needs("person")
    @shown
    async def show_devices() -> ResponseTypes:
        who = _whoever()
        try:
            return answer(await _page(desk, who))
        except StorageAway:
            return answer(notice(*AWAY, who=who), 503)

    @app.post(f"{PATH}/pair")
    @needs("person")
    @shown
    async def show_code() -> ResponseTypes:
        who = _whoever()
        _, begun = await pairing.show(desk.accounts, desk.now_us(), key=desk.visitors.keyring.key, by=who.uid)
        return redirect(f"{PATH}?pair={begun.uid}", 303)

    @app.post(f"{PATH}/pairings/<uid>/<any(allow,refuse):what>")
    @needs("person")
    @shown
    async def answer_device(uid: str, what: str) -> ResponseTypes:
        return await _answer(desk, _whoever(), uid, allowed=what == "allow")

    _register_changes(app, desk)
    trying.register(app, desk)


def _register_changes(app: Quart, desk: Desk) -> None:
    @app.post(f"{PATH}/<uid>/rename")
    @needs("person")
    @shown
    async def rename_device(uid: str) -> ResponseTypes:
        _whoever()
        if not await desk.accounts.rename_device(uid, (await sent(request)).text("name")):
            raise NotFound(NOTHING[1])
        return redirect(f"{PATH}?show={uid}", 303)

    @app.get(f"{PATH}/<uid>/revoke")
    @needs("person")
    @shown
    async def ask_to_revoke_device(uid: str) -> ResponseTypes:
        _whoever()
        device = await _device(desk, uid)
        feeds = f"feeds {', '.join(sorted(device.streams))}"
        dark = "What it feeds ends within 3 seconds, and it has to be paired again. What it sent stays."
        title = "Revoke this device’s token?"
        return answer(confirm(title, f"{device.name}, {feeds}", dark, f"{PATH}/{uid}/revoke", "Revoke", PATH))

    @app.post(f"{PATH}/<uid>/revoke")
    @needs("person")
    @shown
    async def revoke_device(uid: str) -> ResponseTypes:
        _whoever()
        await desk.visitors.keyring.revoke((await _device(desk, uid)).uid)
        return redirect(f"{PATH}?show={uid}", 303)


def _whoever() -> Principal:
    return whoever("administer", "device")


async def _device(desk: Desk, uid: str) -> Device:
    found = next((one for one in await desk.accounts.devices() if one.uid == uid), None)
    if found is None:
        raise NotFound(NOTHING[1])
    return found


async def _answer(desk: Desk, who: Principal, uid: str, *, allowed: bool) -> ResponseTypes:
    """Allow or refuse the device that asked; what is wrong with its name or streams is said in the panel."""
    given = await sent(request)
    streams = frozenset(one.strip() for one in given.text("streams").split(",") if one.strip())
    try:
        await pairing.answer(
            desk.accounts, uid, desk.now_us(), allowed=allowed, name=given.text("name"), streams=streams
        )
    except InvalidData as error:
        return answer(await _page(desk, who, pair=uid, wrong=f"{error}."), 400)
    return redirect(f"{PATH}?pair={uid}", 303)


async def _page(desk: Desk, who: Principal, *, pair: str = "", wrong: str = "") -> str:
    now_us, view = desk.now_us(), asked(request.args)
    found = await known_devices(desk.archive, who)
    begun = await _pairing(desk, pair or view.pair)
    chosen = [
        listed.details(one, await desk.accounts.charges(view.show), now_us)
        for one in found
        if one.device.uid == view.show
    ]
    main = tag("div", listed.table(found, view, now_us), *chosen, class_="desk-column")
    side = ""
    if begun is not None:
        code = pairing.shown_again(begun, desk.visitors.keyring.key)
        drawn = panel.panel(begun, code, _ingest(desk), now_us, wrong=wrong, closed=view.href(pair=""))
        side = tag("div", drawn, class_="desk-column side")
    columns = tag("div", main, side, class_="desk-columns" if side else "desk-column", id="devices")
    tab = "tab-devices"
    narrowing = tag("div", listed.narrowing(found, view), id="narrowing")
    narrowing = tag("div", listed.states(found, view, now_us), narrowing, class_="desk-head")
    head = _head(found, now_us)
    return page("Devices", head, _stale(), narrowing, columns, who=who, tab=tab, more=ASSETS)


async def _pairing(desk: Desk, uid: str) -> Pairing | None:
    try:
        return await desk.accounts.pairing(uid) if uid else None
    except NotFound:
        return None


def _head(found: list[Known], now_us: int) -> str:
    live = sum(one.live(now_us) for one in found)
    count = f"{len(found)}, {live} live" if found else ""
    press = tag("button", icon("qr"), tag("span", "Pair a device"), tag("kbd", "P", aria_hidden="true"), type="submit",
                class_="button", id="pair", aria_keyshortcuts="p")  # fmt: skip
    pair = form(f"{PATH}/pair", press, kind="press")
    return tag("div", tag("h1", "Devices"), tag("span", say(count), class_="muted", id="count"),
               tag("span", class_="grow"), pair, class_="desk-head")  # fmt: skip


def _stale() -> str:
    said = "No answer from this page’s server. What it shows is old; it asks again by itself."
    return tag("p", icon("warning"), tag("span", said), class_="problem", id="stale", role="alert", hidden="")


def _ingest(desk: Desk) -> str:
    """Where a device reaches the ingest, as far as the settings and this request tell it."""
    if desk.settings.ingest_url is not None:
        return desk.settings.ingest_url
    base = urlsplit(desk.visitors.access.base_for_others(request))
    address, port = address_of(base.hostname), desk.settings.ingest_port
    place = f"{base.hostname or '127.0.0.1'}:{port}" if address is None else in_url(address, port)
    return f"{base.scheme}://{place}"
