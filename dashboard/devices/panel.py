"""The panel that pairs a device: its code, as text and QR, the device that asks, and what became of it."""

from __future__ import annotations

from urllib.parse import quote

from barograph.access.secrets import shown_code
from barograph.store.account_records import PAIRING_US
from barograph.store.accounts import AskingDevice, Pairing
from dashboard.devices.view import PATH
from dashboard.drawing.markup import copy, say, tag
from dashboard.page.sharing import qr_code
from dashboard.signin.document import icon
from dashboard.signin.forms import button, field, form, press, problem
from dashboard.signin.times import ago

OVER = {
    "taken": ("Paired", "The device has its token, and is in the list. It is kept by the device alone."),
    "refused": ("Refused", "The device was told so, and got nothing."),
    "over": ("The code is over", "Nothing was changed. A device that asked with it got nothing."),
}


def panel(pairing: Pairing, code: str | None, url: str, now_us: int, *, wrong: str = "", closed: str = PATH) -> str:
    """Return the panel for a pairing; `code` is None where it was made with another key.

    `closed` is the address of the page without it.
    """
    state = pairing.state(now_us)
    close = tag("a", icon("close"), href=closed, class_="button square plain", aria_label="Close")
    head = tag("div", tag("h2", "Pair a device"), tag("span", class_="grow"), close, class_="card-head")
    if state in OVER:
        inside = _ended(state)
    elif state == "allowed":
        inside = tag("p", tag("span", class_="dot", aria_hidden="true"), " Allowed. The device takes its token now.",
                     class_="said", role="status")  # fmt: skip
    else:
        inside = _shown(code, url, pairing, now_us) + _asking(pairing, now_us, wrong)
    return tag(
        "section", head, inside, class_="card pairing", id="pairing", data_state=state, aria_label="Pair a device"
    )


def _ended(state: str) -> str:
    title, text = OVER[state]
    again = press(f"{PATH}/pair", "Show a new code", kind="primary")
    return tag("div", tag("p", tag("b", title)), tag("p", text), again, class_="said", role="status")


def _shown(code: str | None, url: str, pairing: Pairing, now_us: int) -> str:
    left_s = max(0, (pairing.until_us - now_us) // 1_000_000)
    left = f"{left_s // 60}:{left_s % 60:02d} left"
    bar = tag("progress", max=str(PAIRING_US // 1_000_000), value=str(left_s), aria_label="Time left")
    clock = tag("p", bar, tag("span", say(left)), class_="timer")
    if code is None:
        again = press(f"{PATH}/pair", "Show a new code", kind="primary")
        why = "This code was made with another secret key, and is not known any more. A device may still ask with it."
        return clock + tag("p", why, class_="muted") + again
    text = shown_code(code)
    command = f"barograph send --pair {text}"
    address = f"barograph:pair?url={quote(url, safe=':/')}&code={text}"
    steps = tag(
        "ol",
        tag(
            "li",
            "Scan with the device’s app, type the code, or run",
            tag("p", tag("code", say(command)), copy(command)),
        ),
        tag("li", "Say here which one asked."),
    )
    picture = tag("img", src=qr_code(address), alt=f"QR code of {text}, for the server {url}", class_="qr")
    return picture + tag("p", tag("code", say(text)), class_="code") + clock + steps


def _asking(pairing: Pairing, now_us: int, wrong: str) -> str:
    asking = pairing.asking
    if asking is None:
        return tag("p", "No device has asked yet.", class_="muted", role="status")
    told = tag("p", say(_told(asking)), class_="told")
    head = tag("p", tag("span", class_="dot", aria_hidden="true"), tag("b", "One device asks"),
               ago(pairing.asked_us, now_us), role="status", class_="asks")  # fmt: skip
    base = f"{PATH}/pairings/{pairing.uid}"
    allow = form(
        f"{base}/allow",
        problem(wrong),
        field("Name", "name", asking.name, required="", maxlength="200"),
        field("May feed", "streams", ", ".join(sorted(asking.streams)) or "main", required="",
              hint="Streams, with commas between them."),
        button("Allow", kind="primary"),
        kind="stack",
    )  # fmt: skip
    return tag("div", head, told, allow, press(f"{base}/refuse", "Refuse"), class_="asking")


def _told(asking: AskingDevice) -> str:
    """What the device says of itself, and from where: nobody has checked it."""
    streams = ", ".join(sorted(asking.streams))
    parts = [f"“{asking.name}”", asking.description, streams, f"from {asking.address}" if asking.address else ""]
    return ", ".join(part for part in parts if part)
