"""Pairing a device: a code is shown, a device asks with it, somebody allows that device, and it takes its token, once.

    open ──a device asks with the code──▶ asked ──somebody allows──▶ allowed ──the device comes back──▶ taken
                                            └──somebody refuses──▶ refused          (five minutes: over)

The code is short because people type it, and lets a device ask, nothing more: whoever guesses it still has to be
allowed by name. It is made from the pairing's id and the key that signs: each process that has the key can show it,
after a restart too, while the archive has its hash and its end alone. Asking with it gives the device a secret of its
own, the claim, with which it comes back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from barograph.access.secrets import DEVICE, code_of, hashed, new_secret, normal_code, plausible, same
from barograph.bounds import check_text
from barograph.errors import InvalidData, NotFound, Refused
from barograph.frames import check_new_name
from barograph.store.account_records import NAME, PAIRING_US, SET, AskingDevice, Device, Pairing, new_uid
from barograph.store.accounts import Accounts

CLAIM = "bgc_"
DEVICE_US = 365 * 86_400 * 1_000_000
WINDOW_US = 60 * 1_000_000
ASKS, POLLS = 10, 120  # of an address in a minute, over all processes
POLL_S = 1.0
NO_CODE = "code: this code is not there, was used, or is over; ask for a new one in the dashboard"
NO_CLAIM = "claim: no device waits with this; ask again with a code"


@dataclass(frozen=True)
class Answer:
    """How far a device is; with `allowed` it gets its token, this once."""

    state: Literal["asked", "allowed", "refused", "over"]
    device: Device | None = None
    token: str = ""


async def show(accounts: Accounts, now_us: int, *, key: str, by: str = "") -> tuple[str, Pairing]:
    """Return a fresh code to show, and the pairing that it begins."""
    uid = new_uid()
    code = code_of(uid, key)
    pairing = Pairing(uid=uid, hash=hashed(code), by=by, made_us=now_us, until_us=now_us + PAIRING_US)
    await accounts.add_pairing(pairing)
    return code, pairing


def shown_again(pairing: Pairing, key: str) -> str | None:
    """Return the code of a pairing that is stored, None where it was made with another key."""
    code = code_of(pairing.uid, key)
    return code if same(hashed(code), pairing.hash) else None


async def ask(accounts: Accounts, code: object, asking: AskingDevice, now_us: int) -> tuple[str, Pairing]:
    """Let a device ask with a code: the claim with which it comes back, or `NotFound`; too many are refused."""
    await _count(accounts, "ask", ASKS, asking.address, now_us)
    claim = new_secret(CLAIM)
    try:
        pairing = await accounts.ask_pairing(hashed(normal_code(code)), asking, hashed(claim), now_us)
    except NotFound as error:
        raise NotFound(NO_CODE) from error
    return claim, pairing


async def answer(
    accounts: Accounts, uid: str, now_us: int, *, allowed: bool, name: str = "", streams: frozenset[str] = frozenset()
) -> Pairing:
    """Allow the device that asked, under a name and for these streams, or refuse it; once, or `NotFound`."""
    if allowed:
        name = check_text("name", name.strip(), NAME, 1)
        if not 0 < len(streams) <= SET:
            raise InvalidData(
                "streams: expected at least one stream that the device may feed, got none", field="streams"
            )
        for stream in streams:
            check_new_name("streams", stream)
    return await accounts.answer_pairing(uid, now_us, allowed=allowed, name=name, streams=streams)


async def take(accounts: Accounts, claim: object, address: str, now_us: int) -> Answer:
    """Tell a device how far its pairing is, and give it its token, once; a claim that is none is `NotFound`."""
    await _count(accounts, "poll", POLLS, address, now_us)
    if not isinstance(claim, str) or not plausible(claim, CLAIM):
        raise NotFound(NO_CLAIM)
    pairing = await accounts.pairing_by_claim(hashed(claim))
    state = "taken" if pairing is None else pairing.state(now_us)
    if pairing is None or state == "taken":
        raise NotFound(NO_CLAIM)
    if state != "allowed":
        return Answer("asked" if state == "open" else state)
    try:
        taken = await accounts.take_pairing(hashed(claim), now_us)
    except NotFound as error:  # it came twice at once
        raise NotFound(NO_CLAIM) from error
    return await _made(accounts, taken, now_us)


async def _made(accounts: Accounts, pairing: Pairing, now_us: int) -> Answer:
    token, asking = new_secret(DEVICE), pairing.asking
    device = Device(
        hash=hashed(token),
        user=pairing.by,
        made_us=now_us,
        until_us=now_us + DEVICE_US,
        name=pairing.name,
        streams=pairing.streams,
        description=asking.description if asking else "",
        firmware=asking.firmware if asking else "",
    )
    await accounts.add_key(device)
    return Answer("allowed", device, token)


async def _count(accounts: Accounts, what: str, most: int, address: str, now_us: int) -> None:
    """Count what an address tries; beyond `most` in a minute it has to wait."""
    (tried,) = await accounts.count_attempts([f"pair {what} {address}"], now_us, WINDOW_US)
    if tried.n > most:
        wait_s = max(1.0, (tried.until_us - now_us) / 1e6)
        raise Refused(
            "rate_limited", f"code: expected at most {most} tries a minute of an address", field="code",
            retry_after_s=wait_s,
        )  # fmt: skip
