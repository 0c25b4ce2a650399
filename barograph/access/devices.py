"""Tokens of devices: whose a token is, whether it opens anything now, and which streams it may feed.

A token is looked up in the process's keyring. Whoever holds one is told what is wrong with it;
one that is not known and one that was revoked look the same. Who keeps a connection open asks once a second which of
its devices still stand (`Accounts.standing`).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from barograph.access.keyring import Keyring
from barograph.access.secrets import DEVICE, plausible
from barograph.errors import Refused
from barograph.store.accounts import Device

BEARER = "bearer "


def forbidden(message: str, field: str = "token") -> Refused:
    """Return what is told to whoever brings a token that does not open this."""
    return Refused("forbidden", f"{field}: {message}", field=field)


def lacking() -> Refused:
    """Return what is told where a token is needed and none came."""
    return forbidden("expected the token of a device, as pairing in the dashboard gives it, got none")


def ended() -> Refused:
    """Return what is told of a token that is not known, or was revoked, which look the same."""
    return forbidden("this token opens nothing (any more); pair the device in the dashboard")


def bearer_of(headers: Any) -> str | None:
    """Return the token that a request's `Authorization` brings; None where it brings none, or another kind of proof."""
    said = headers.get("Authorization") or ""
    return said[len(BEARER) :].strip() if said[: len(BEARER)].lower() == BEARER else None


def require_stream(device: Device, stream: str) -> None:
    """Refuse a stream that a device may not feed."""
    if stream not in device.streams:
        feeds = ", ".join(sorted(device.streams)[:10]) or "nothing"
        raise forbidden(f"the token of {device.name!r} feeds {feeds}, and not {stream!r}", "stream")


async def device_of(keyring: Keyring, token: object) -> Device:
    """Return the device whose token this is, or say why it opens nothing (`forbidden`)."""
    if not isinstance(token, str) or not plausible(token, DEVICE):
        raise forbidden(f"expected the token of a device, which begins with {DEVICE}, got something else")
    found = await keyring.found(token, DEVICE, Device)
    if found is None or not isinstance(found.key, Device) or found.key.revoked_us is not None:
        raise ended()
    if not found.stands(keyring.now_us()):
        until = datetime.fromtimestamp(found.key.until_us / 1e6, UTC)
        raise forbidden(f"this token ended on {until:%Y-%m-%d %H:%M} UTC; pair the device in the dashboard again")
    await keyring.note_use(found)
    return found.key
