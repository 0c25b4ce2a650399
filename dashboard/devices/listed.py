"""The table of devices, and all of one of them below it."""

from __future__ import annotations

from barograph.store.accounts import Device
from dashboard.devices.known import Known
from dashboard.drawing import words
from dashboard.drawing.markup import say, sided, tag
from dashboard.routes import session_path
from dashboard.signin import tables
from dashboard.signin.document import icon
from dashboard.signin.forms import button, field, form
from dashboard.signin.times import ago, left

PATH = "/devices"
HEADS = ("Device", "Sensor", "Last seen", "Worn by", "Battery", "Clock", "Calibrated", "Token", "More")
LOW_PCT = 25
UNSAID = "–"
EMPTY = (
    "No device is paired. Devices of this machine may feed frames without a token, unless a setting says otherwise; "
    "one from elsewhere needs one: press Pair a device."
)


def table(found: list[Known], now_us: int, shown: str) -> str:
    """Return all devices as a table."""
    rows = (_row(one, now_us, chosen=one.device.uid == shown) for one in found)
    return tag("section", tables.table(HEADS, rows, label="Devices", empty=EMPTY), class_="card", id="listed")


def _row(one: Known, now_us: int, *, chosen: bool) -> str:
    device = one.device
    name = tag("a", tag("b", say(device.name)), href=f"{PATH}?show={device.uid}",
               aria_current="true" if chosen else None, class_="device")  # fmt: skip
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
        calibrated(one),
        _token(device, now_us),
        tag(
            "a",
            "Details",
            href=f"{PATH}?show={device.uid}#one",
            class_="button",
            aria_label=f"Details of {device.name}",
        ),
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
    """Return how far a device's clock is ahead of the server's."""
    return UNSAID if device.offset_us is None else say(f"{words.sign(device.offset_us / 1000, 1)} ms")


def calibrated(one: Known) -> str:
    """Return whether what a device feeds is a pressure; counts carry a sign."""
    if one.counts is None:
        return UNSAID
    if one.counts:
        return tag("span", icon("warning"), tag("span", "never: counts"), class_="soon")
    unit = one.info.layout.unit if one.info and one.info.layout else ""
    return say(f"yes, in {unit}")


def _token(device: Device, now_us: int) -> str:
    if device.revoked_us is not None:
        return "revoked"
    return "ended" if device.until_us <= now_us else tables.soon(device.until_us, now_us)


def details(one: Known, now_us: int) -> str:
    """Return all that is known of one device, and what can be done with it."""
    device, (gaps, lost) = one.device, one.gaps
    signal = UNSAID if device.signal_dbm is None else f"{words.number(device.signal_dbm)} dBm"
    spool = UNSAID if device.spooled_frames is None else f"{words.plural(device.spooled_frames, 'frame')} waiting"
    if device.spooled_frames is None and one.info is not None and one.info.spool:
        spool = "yes"
    left_column = (
        ("Feeds", tag("code", _streams(device))), ("Device id", tag("code", say(device.uid))),
        ("Firmware", say(device.firmware or UNSAID)), ("Clock, ahead of the server", clock(device)),
        ("Spool", say(spool)), ("Signal", say(signal)),
    )  # fmt: skip
    right_column = (
        ("Frames stored", say(f"{device.frames:,}".replace(",", " "))),
        ("Gaps in its last session", say(f"{gaps}, {words.plural(lost, 'frame')}" if one.info else UNSAID)),
        ("Calibration", calibrated(one)), ("Battery", battery(device)),
        ("Paired", ago(device.made_us, now_us)), ("Token", _ends(device, now_us)),
    )  # fmt: skip
    head = tag("div", tag("h2", say(device.name)), seen(one, now_us), tag("span", class_="grow"), _session(device),
               _revoke(device, now_us), class_="card-head")  # fmt: skip
    facts = tag("div", _facts(left_column), _facts(right_column), class_="facts")
    rename = form(f"{PATH}/{device.uid}/rename", field("Name", "name", device.name, required="", maxlength="200"),
                  button("Rename"), kind="row")  # fmt: skip
    return tag("section", head, facts, rename, class_="card", id="one", aria_label=device.name)


def _facts(pairs: tuple[tuple[str, str], ...]) -> str:
    return tag("dl", *(tag("div", tag("dt", say(name)), tag("dd", said)) for name, said in pairs))


def _streams(device: Device) -> str:
    sides = {"left": "left", "right": "right"}
    return ", ".join(sided(stream, sides.get(stream)) for stream in sorted(device.streams))


def _ends(device: Device, now_us: int) -> str:
    return _token(device, now_us) if not device.stands(now_us) else left(device.until_us, now_us)


def _session(device: Device) -> str:
    if not device.workout:
        return ""
    return tag("a", "Its last session", href=session_path(device.workout), class_="button")


def _revoke(device: Device, now_us: int) -> str:
    if not device.stands(now_us):
        return ""
    return tag("a", "Revoke token", href=f"{PATH}/{device.uid}/revoke", class_="button",
               aria_label=f"Revoke the token of {device.name}")  # fmt: skip
