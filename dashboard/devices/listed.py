"""The table of devices, and all of one of them below it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from barograph.store.accounts import Charge, Device
from dashboard.devices.advice import CLOCK_MS, DAY_US, LIMITS, LOW_PCT, OLD_DAYS, TOKEN_DAYS, advice
from dashboard.devices.battery import curve
from dashboard.devices.known import Known
from dashboard.devices.view import MOST_TYPED, PATH, SORTS, STATES, View, in_state
from dashboard.drawing import words
from dashboard.drawing.markup import say, sided, tag
from dashboard.routes import session_path
from dashboard.signin import tables
from dashboard.signin.document import icon
from dashboard.signin.forms import button, field, form, hidden
from dashboard.signin.times import ago, left, moment

HEADS = ("Device", "Sensor", "Last seen", "Worn by", "Battery", "Clock", "Calibrated", "Token", "More")
UNSAID = "–"
EMPTY = (
    "No device is paired. Devices of this machine may feed frames without a token, unless a setting says otherwise; "
    "one from elsewhere needs one: press Pair a device."
)


def states(found: list[Known], view: View, now_us: int) -> str:
    """Return how many devices are in each state; each count leads to them."""
    links = (
        tag("a", f"{title} ", tag("b", str(sum(in_state(one, state, now_us) for one in found))), class_="chip",
            href=view.href(state=state), aria_current="true" if view.state == state else None)
        for state, title in STATES.items()
    )  # fmt: skip
    return tag("nav", *(links if found else ()), id="states", aria_label="Devices by state")


def narrowing(found: list[Known], view: View) -> str:
    """Return the form that narrows and sorts the list; the address has what it says."""
    if not found:
        return ""
    kinds = sorted({one.kind for one in found if one.kind})
    search = tag("input", type="search", name="q", id="q", class_="entry", placeholder="Filter this list",
                 aria_label="Filter this list", maxlength=str(MOST_TYPED), value=view.typed or None)  # fmt: skip
    kind = _select("kind", "Kind", (("", "Any kind"), *((one, one.capitalize()) for one in kinds)), view.kind)
    sort = _select("sort", "Sort by", tuple((name, head) for name, (head, *_) in SORTS.items()), view.sort)
    kept = hidden(**{name: said for name, said in (("state", view.state), ("turned", "1" * view.turned)) if said})
    inside = (search, kind, tag("span", sort, class_="on-phones"), kept, button("Filter"))
    return tag("form", *inside, method="get", action=PATH, class_="narrowing", role="search")


def _select(name: str, label: str, options: tuple[tuple[str, str], ...], chosen: str) -> str:
    inside = (
        tag("option", say(title), value=value, selected="" if value == chosen else None) for value, title in options
    )
    return tag("select", *inside, name=name, id=name, class_="entry", aria_label=label)


def table(found: list[Known], view: View, now_us: int) -> str:
    """Return the devices that a view asks for as a table."""
    rows = [_row(one, view, now_us) for one in view.chosen(found, now_us)]
    if found and not rows:
        every = tag("a", "Show all", href=view.href(state="", kind="", typed=""), class_="button")
        nothing = tag("p", "None of the devices is like this. ", every, class_="muted nothing")
        return tag("section", nothing, class_="card", id="listed")
    listed = tables.table(HEADS, rows, label="Devices", empty=EMPTY, cells=[_head(name, view) for name in HEADS])
    return tag("section", listed, class_="card", id="listed")


def _head(title: str, view: View) -> str:
    """The head of a column; one that may be sorted by leads to that, and a second press turns the order."""
    name = next((one for one, (head, *_) in SORTS.items() if head == title), None)
    if name is None:
        return tag("th", say(title), scope="col")
    here = name == view.sort
    arrow = (" ↓" if view.highest_first else " ↑") if here else ""
    order = ("descending" if view.highest_first else "ascending") if here else None
    link = tag("a", say(title), tag("span", arrow, aria_hidden="true"),
               href=view.href(sort=name, turned=here and not view.turned))  # fmt: skip
    return tag("th", link, scope="col", aria_sort=order)


def _row(one: Known, view: View, now_us: int) -> str:
    device = one.device
    there = view.href(show=device.uid)
    name = tag("a", tag("b", say(device.name)), href=there, class_="device",
               aria_current="true" if device.uid == view.show else None)  # fmt: skip
    sides = "".join(
        tag("span", side[0].upper(), class_="badge", data_side=side)
        for side in ("left", "right")
        if side in device.streams
    )
    return tables.row(
        HEADS,
        f"{name} {sides}",
        say(device.description or UNSAID),
        seen(one, now_us),
        say(one.worn_by or UNSAID),
        battery(device),
        clock(device),
        calibrated(one, now_us),
        token(device, now_us),
        tag("a", "Details", href=f"{there}#one", class_="button", aria_label=f"Details of {device.name}"),
        over=not device.stands(now_us),
    )


def seen(one: Known, now_us: int) -> str:
    """Return whether a device feeds frames now, or when it last did."""
    if one.live(now_us):
        return tag("span", tag("span", class_="dot", aria_hidden="true"), "Live", class_="live-chip")
    return ago(one.device.seen_us, now_us)


def battery(device: Device) -> str:
    """Return what a device says of its battery; a low one carries a sign."""
    if device.battery_pct is None:
        return UNSAID
    said = f"{words.number(device.battery_pct)} %"
    gauge = tag("meter", say(said), min="0", max="100", low=str(LOW_PCT), value=f"{device.battery_pct:g}",
                aria_label=f"Battery {said}")  # fmt: skip
    if device.battery_pct < LOW_PCT:
        return tag("span", icon("warning"), gauge, tag("span", say(f"{said} low")), class_="soon gauge")
    return tag("span", gauge, tag("span", say(said)), class_="gauge")


def clock(device: Device) -> str:
    """Return how far a device's clock is ahead of the server's; much carries a sign."""
    if device.offset_us is None:
        return UNSAID
    said = say(f"{words.sign(device.offset_us / 1000, 1)} ms")
    return warned(said) if abs(device.offset_us) > CLOCK_MS * 1000 else said


def warned(said: str) -> str:
    """Return what something is to be done about."""
    return tag("span", icon("warning"), tag("span", said), class_="soon")


def calibrated(one: Known, now_us: int) -> str:
    """Return when the stream of a device was calibrated; counts and what is old carry a sign."""
    if one.counts is None:
        return UNSAID
    if one.counts:
        return warned("never: counts")
    unit = one.info.layout.unit if one.info and one.info.layout else ""
    if one.calibrated_us is None:
        return say(f"in {unit}, date not said")
    at = datetime.fromtimestamp(one.calibrated_us / 1e6, UTC)
    said = moment(one.calibrated_us, f"{at.day} {at:%b %Y}")
    return warned(said) if now_us - one.calibrated_us > OLD_DAYS * DAY_US else said


def token(device: Device, now_us: int) -> str:
    """Return until when a device's token stands; what ends soon carries a sign."""
    if device.revoked_us is not None:
        return "revoked"
    if device.until_us <= now_us:
        return warned("ended")
    said = left(device.until_us, now_us)
    return warned(said) if device.until_us - now_us < TOKEN_DAYS * DAY_US else said


def details(one: Known, charges: Sequence[Charge], now_us: int) -> str:
    """Return all that is known of one device, and what can be done with it."""
    device, (gaps, lost) = one.device, one.gaps
    signal = UNSAID if device.signal_dbm is None else f"{words.number(device.signal_dbm)} dBm"
    spool = UNSAID if device.spooled_frames is None else f"{words.plural(device.spooled_frames, 'frame')} waiting"
    if device.spooled_frames is None and one.info is not None and one.info.spool:
        spool = "yes"
    by = f", by {say(one.calibrator)}" if one.calibrator else ""
    left_column = (
        ("Feeds", tag("code", _streams(device))), ("Device id", tag("code", say(device.uid))),
        ("Firmware", say(device.firmware or UNSAID)), ("Clock, ahead of the server", clock(device)),
        ("Spool", say(spool)), ("Signal", say(signal)),
    )  # fmt: skip
    right_column = (
        ("Frames stored", say(f"{device.frames:,}".replace(",", " "))),
        ("Gaps in its last session", say(f"{gaps}, {words.plural(lost, 'frame')}" if one.info else UNSAID)),
        ("Calibrated", calibrated(one, now_us) + by), ("Battery", battery(device)),
        ("Paired", ago(device.made_us, now_us)), ("Token", token(device, now_us)),
    )  # fmt: skip
    head = tag("div", tag("h2", say(device.name)), seen(one, now_us), tag("span", class_="grow"), _session(device),
               _revoke(device, now_us), class_="card-head")  # fmt: skip
    facts = tag("div", _facts(left_column), curve(charges, now_us, told=device.battery_pct is not None),
                _facts(right_column), class_="facts")  # fmt: skip
    rename = form(f"{PATH}/{device.uid}/rename", field("Name", "name", device.name, required="", maxlength="200"),
                  button("Rename"), kind="row")  # fmt: skip
    inside = (head, _next(one, now_us), facts, rename)
    return tag("section", *inside, class_="card", id="one", aria_label=device.name)


def _next(one: Known, now_us: int) -> str:
    """What to do next, each with the limit from which on it is said."""
    found = advice(one, now_us)
    if not found:
        nothing = "Nothing to do now. " if one.device.revoked_us is None else "Its token was revoked. "
        return tag("p", nothing, tag("span", LIMITS), class_="said muted")
    items = (
        tag("li", icon("warning"), tag("span", tag("b", say(item.do)), say(f": {item.why}"),
            tag("span", say(f" ({item.limit})"), class_="muted") if item.limit else "", "."))
        for item in found
    )  # fmt: skip
    return tag("section", tag("h3", "What to do next"), tag("ul", *items), class_="next")


def _facts(pairs: tuple[tuple[str, str], ...]) -> str:
    return tag("dl", *(tag("div", tag("dt", say(name)), tag("dd", said)) for name, said in pairs))


def _streams(device: Device) -> str:
    sides = {"left": "left", "right": "right"}
    return ", ".join(sided(stream, sides.get(stream)) for stream in sorted(device.streams))


def _session(device: Device) -> str:
    if not device.workout:
        return ""
    return tag("a", "Its last session", href=session_path(device.workout), class_="button")


def _revoke(device: Device, now_us: int) -> str:
    if not device.stands(now_us):
        return ""
    return tag("a", "Revoke token", href=f"{PATH}/{device.uid}/revoke", class_="button",
               aria_label=f"Revoke the token of {device.name}")  # fmt: skip
