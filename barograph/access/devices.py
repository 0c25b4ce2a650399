"""Tokens of devices: whose a token is, whether it opens anything now, and which streams it may feed.

A token is looked up by its hash, and remembered for at most a second. Whoever holds one is told what is wrong with it;
one that is not known and one that was revoked look the same. Who keeps a connection open asks once a second which of
its devices still stand (`Accounts.standing`).
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from barograph.access.secrets import DEVICE, hashed, plausible
from barograph.errors import Refused
from barograph.store.accounts import Accounts, Device

REMEMBERED_S = 1.0
MOST_REMEMBERED = 4096
USED_EVERY_US = 60_000_000  # a use is written down once a minute
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


class DeviceTokens:
    """Looks up tokens of devices for one process."""

    def __init__(
        self,
        accounts: Accounts,
        *,
        clock: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._accounts, self._clock, self._steady = accounts, clock, steady
        self._known: OrderedDict[str, tuple[float, Device]] = OrderedDict()

    async def device(self, token: object) -> Device:
        """Return the device whose token this is, or say why it opens nothing (`forbidden`)."""
        if not isinstance(token, str) or not plausible(token, DEVICE):
            raise forbidden(f"expected the token of a device, which begins with {DEVICE}, got something else")
        device, now_us = await self._look_up(hashed(token)), int(self._clock() * 1e6)
        if device is None or device.revoked_us is not None:
            raise ended()
        if not device.stands(now_us):
            until = datetime.fromtimestamp(device.until_us / 1e6, UTC)
            raise forbidden(f"this token ended on {until:%Y-%m-%d %H:%M} UTC; pair the device in the dashboard again")
        if device.used_us is None or now_us - device.used_us >= USED_EVERY_US:
            await self._accounts.use_key(device.uid, now_us)
        return device

    async def _look_up(self, hash: str) -> Device | None:
        at = self._steady()
        if (known := self._known.get(hash)) is not None and at - known[0] < REMEMBERED_S:
            return known[1]
        self._known.pop(hash, None)
        found = await self._accounts.key(hash)
        if found is None or not isinstance(found.key, Device):
            return None
        self._known[hash] = at, found.key
        while len(self._known) > MOST_REMEMBERED:
            self._known.popitem(last=False)
        return found.key
