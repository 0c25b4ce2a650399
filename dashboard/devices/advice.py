"""What to do next about a device, in words that say from which limit on they are said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from barograph.store.accounts import Device
from dashboard.devices.known import Known
from dashboard.drawing import words
from dashboard.signin.times import span

About: TypeAlias = Literal["battery", "token", "calibration", "clock"]
DAY_US = 86_400_000_000
LOW_PCT = 25
TOKEN_DAYS, OLD_DAYS = 30, 183
CLOCK_MS = 100
LIMITS = (
    f"Said of a battery below {LOW_PCT} %, a token in its last {TOKEN_DAYS} days, counts that were never calibrated, a "
    f"calibration older than {OLD_DAYS} days, and a clock that is off by more than {CLOCK_MS} ms."
)


@dataclass(frozen=True)
class Advice:
    """One thing to do, why, and from which limit on it is said; `limit` is "" where there is none."""

    about: About
    do: str
    why: str
    limit: str = ""


def advice(one: Known, now_us: int) -> list[Advice]:
    """Return what to do about a device; nothing about one whose token was revoked."""
    device = one.device
    if device.revoked_us is not None:
        return []
    found = (_token(device, now_us), _battery(device), _calibration(one, now_us), _clock(device))
    return [item for item in found if item is not None]


def _token(device: Device, now_us: int) -> Advice | None:
    left_us = device.until_us - now_us
    if left_us <= 0:
        return Advice("token", "Pair it again", f"its token ended {span(-left_us / 1e6)} ago, and it feeds nothing")
    if left_us >= TOKEN_DAYS * DAY_US:
        return None
    return Advice(
        "token", "Pair it again", f"its token ends in {span(left_us / 1e6)}", f"said in its last {TOKEN_DAYS} days"
    )


def _battery(device: Device) -> Advice | None:
    if device.battery_pct is None or device.battery_pct >= LOW_PCT:
        return None
    said = f"its battery said {words.number(device.battery_pct)} %"
    return Advice("battery", "Charge it", said, f"low is below {LOW_PCT} %")


def _calibration(one: Known, now_us: int) -> Advice | None:
    if one.counts:
        return Advice("calibration", "Calibrate it", "it was never calibrated, and feeds counts")
    at_us = one.calibrated_us
    if at_us is None or now_us - at_us <= OLD_DAYS * DAY_US:
        return None
    why = f"the last time was {span((now_us - at_us) / 1e6)} ago"
    return Advice("calibration", "Calibrate it again", why, f"old is more than {OLD_DAYS} days")


def _clock(device: Device) -> Advice | None:
    if device.offset_us is None or abs(device.offset_us) <= CLOCK_MS * 1000:
        return None
    which = "ahead of" if device.offset_us > 0 else "behind"
    far = words.number(abs(device.offset_us) / 1000, 0)
    return Advice("clock", "Set its clock", f"it is {far} ms {which} the server’s", f"much is more than {CLOCK_MS} ms")
