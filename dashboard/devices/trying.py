"""The page Try it: a simulated device in the browser's own tab, and the token by which it sends.

The tab gets the token of a device for an hour, for the streams left and right. It is listed on Devices like any other
and ends when it is revoked there, with *Stop* or with the tab. The worker that sends is the one script of the dashboard
that may speak to the ingest, and it may speak to nothing else: that is what its own Content-Security-Policy says.
"""

from __future__ import annotations

import re
import secrets
from typing import Any
from urllib.parse import urlsplit

from quart import Quart, Response, request
from quart.typing import ResponseTypes

from barograph.access.needs import needs
from barograph.access.principals import Principal
from barograph.access.secrets import DEVICE, hashed, new_secret
from barograph.errors import NotFound
from barograph.networks import address_of, in_url, is_loopback
from barograph.settings import Settings
from barograph.store.accounts import Device
from barograph.web.entries import secure
from dashboard.drawing.markup import tag
from dashboard.page import static
from dashboard.page.answers import json_text
from dashboard.routes import try_path
from dashboard.signin.desk import NOTHING, Desk, shown, whoever
from dashboard.signin.document import answer, icon, page

PATH = try_path()
LIFE_US = 3_600_000_000
SIMULATED = "simulated"
NAME = "Simulated insoles of a browser"
STREAMS = frozenset({"left", "right"})
WAYS = (
    ("sender", "100 frames a second by the JavaScript sender, which loses none"),
    ("socketio", "A frame every 250 ms over Socket.IO, as the predecessor’s mock device"),
)
LATE = (
    "Nothing was stored yet. Either the ingest does not run, or it takes no frames from pages of this address: "
    "BAROGRAPH_ALLOWED_ORIGINS names those besides localhost."
)
ASSETS = (
    '<link rel="stylesheet" href="/assets/try/try.css">\n<script type="module" src="/assets/try/try.mjs"></script>\n'
)
HOST = re.compile(r"[A-Za-z0-9.-]+")


def register(app: Quart, desk: Desk) -> None:
    """Add the page, its worker and its tokens to an application."""
    worker = static.load(static.FOLDER / "try")["device.mjs"]

    @app.get(PATH)
    @needs("person")
    @shown
    async def show_trying() -> ResponseTypes:
        return answer(_page(_whoever()))

    @app.get("/assets/try/device.mjs")
    @needs("person")
    @shown
    async def device_of_a_page() -> ResponseTypes:
        response = Response(worker.content, content_type=worker.kind)
        ingest = reached_by_pages(desk.settings, request)
        response.headers["Content-Security-Policy"] = f"default-src 'none'; script-src 'self'; connect-src {ingest}"
        return response

    @app.post(f"{PATH}/device")
    @needs("person")
    @shown
    async def make_simulated_device() -> ResponseTypes:
        who, ingest = _whoever(), reached_by_pages(desk.settings, request)
        token, now_us = new_secret(DEVICE), desk.now_us()
        device = Device(hash=hashed(token), user=who.uid, made_us=now_us, until_us=now_us + LIFE_US, name=NAME,
                        streams=STREAMS, description=SIMULATED)  # fmt: skip
        await desk.accounts.add_key(device)
        workout = f"try-{secrets.token_hex(4)}"
        said = {"uid": device.uid, "token": token, "workout": workout, "ingest": ingest, "until_us": device.until_us}
        return Response(json_text(said), status=201, content_type="application/json")

    @app.post(f"{PATH}/device/<uid>/end")
    @needs("person")
    @shown
    async def end_simulated_device(uid: str) -> ResponseTypes:
        who = _whoever()
        theirs = [one for one in await desk.accounts.devices() if one.uid == uid and one.user == who.uid]
        if not theirs or theirs[0].name != NAME:
            raise NotFound(NOTHING[1])
        await desk.visitors.keyring.revoke(uid)
        return Response(status=204)


def reached_by_pages(settings: Settings, asked: Any) -> str:
    """Return where a browser that made a request reaches the ingest, as `ws://` or `wss://`, host and port.

    That is the host it asked for, at the ingest's port, unless the settings name another machine by its full name or
    address: a name without a dot is one between containers. `NotFound` where the request names no host.
    """
    given = urlsplit(settings.ingest_url or "")
    name = given.hostname or ""
    if address_of(name) or "." in name:
        if not is_loopback(name):
            return f"{'wss' if given.scheme == 'https' else 'ws'}://{given.netloc}"
        port = given.port or settings.ingest_port
    else:
        port = settings.ingest_port
    host = urlsplit(f"//{asked.headers.get('Host') or ''}").hostname or ""
    address = address_of(host)
    if address is None and not HOST.fullmatch(host):
        raise NotFound(NOTHING[1])
    return f"{'wss' if secure(asked) else 'ws'}://{f'{host}:{port}' if address is None else in_url(address, port)}"


def _whoever() -> Principal:
    return whoever("administer", "device")


def _page(who: Principal) -> str:
    what = (
        "A simulated athlete walks at 110 steps a minute on two insoles of 60 × 21 cells. This tab is the device: it "
        "sends to the ingest as any device does, until you stop it or close the tab, for an hour at most."
    )
    whose = (
        "What is sent is stored as a session of kind “simulated”. It is nobody’s, and counts among no athlete’s "
        "numbers; erase it like any other. The device stands on the page Devices meanwhile."
    )
    ways = [
        tag("label", tag("input", type="radio", name="way", value=value, checked="" if i == 0 else None), words)
        for i, (value, words) in enumerate(WAYS)
    ]
    how = tag("form", tag("fieldset", tag("legend", "How it is sent"), *ways, id="ways"),
              tag("button", icon("play"), tag("span", "Try it"), type="submit", class_="button primary wide",
                  id="start"),
              tag("button", tag("span", "Stop"), type="button", class_="button wide", id="stop", hidden=""),
              id="how", class_="stack")  # fmt: skip
    counts = (("stored-left", "Stored, left"), ("stored-right", "Stored, right"), ("waiting", "Waiting"))
    numbers = tag("dl", *(tag("div", tag("dt", title), tag("dd", "0", id=name)) for name, title in counts))
    look = tag("p", tag("span", "Session ", tag("b", id="name")),
               tag("a", "Watch it live in another tab", href="/", id="live", target="_blank", rel="noopener",
                   class_="button"), class_="session-line", id="session", hidden="")  # fmt: skip
    state = tag("p", "Nothing is sent.", id="state", role="status", class_="muted")
    wrong = tag("p", "", id="said", class_="problem", role="alert", hidden="", data_late=LATE)
    without = tag("noscript", tag("p", "This page needs JavaScript: the tab itself is the device.", class_="problem"))
    return page("Try it without a device",
                tag("section", tag("h1", "Try it without a device"), tag("p", what), tag("p", whose, class_="muted"),
                    without, how, state, wrong, numbers, look, class_="narrow wide try"),
                who=who, current="nav-devices", more=ASSETS)  # fmt: skip
