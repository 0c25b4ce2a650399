"""Pairing a device: one code, one device, one answer, one token."""

import asyncio
from itertools import count

import pytest

from barograph.access import pairing
from barograph.access.devices import device_of
from barograph.access.keyring import Keyring
from barograph.access.secrets import LETTERS
from barograph.errors import InvalidData, NotFound, Refused
from barograph.store.account_records import PAIRING_US, AskingDevice
from barograph.store.memory.accounts import MemoryAccounts

LEFT = frozenset({"left"})
KEY = "k" * 32
NOW = 1_700_000_000_000_000
LATER = NOW + PAIRING_US


def insole(address="192.0.2.41"):
    return AskingDevice(name="insole-10-L", streams=LEFT, description="60 x 21", address=address)


async def asked(accounts):
    code, shown = await pairing.show(accounts, NOW, key=KEY)
    claim, _ = await pairing.ask(accounts, code, insole(), NOW)
    return claim, shown.uid


async def test_a_device_that_was_allowed_takes_one_token_that_opens_what_was_said():
    accounts = MemoryAccounts()
    claim, uid = await asked(accounts)
    assert (await pairing.take(accounts, claim, "a", NOW)).state == "asked"
    await pairing.answer(accounts, uid, NOW, allowed=True, name=" Insole 10, left ", streams=LEFT)
    taken = await pairing.take(accounts, claim, "a", NOW)
    assert (taken.state, taken.device.name, taken.device.streams) == ("allowed", "Insole 10, left", LEFT)
    assert taken.device.until_us == NOW + pairing.DEVICE_US
    found = await device_of(Keyring(accounts, clock=lambda: NOW / 1e6), taken.token)
    assert (found.uid, found.description) == (taken.device.uid, "60 x 21")
    assert taken.token not in repr(taken.device)
    with pytest.raises(NotFound, match="no device waits"):
        await pairing.take(accounts, claim, "a", NOW)
    assert len(await accounts.devices()) == 1


async def test_whoever_has_the_key_shows_the_code_again_and_nobody_else_can():
    accounts = MemoryAccounts()
    code, shown = await pairing.show(accounts, NOW, key=KEY)
    stored = await accounts.pairing(shown.uid)
    assert code not in repr(stored)
    assert pairing.shown_again(stored, KEY) == code
    assert pairing.shown_again(stored, "o" * 32) is None


async def test_of_two_that_come_back_at_once_one_gets_the_token():
    accounts = MemoryAccounts()
    claim, uid = await asked(accounts)
    await pairing.answer(accounts, uid, NOW, allowed=True, name="A", streams=LEFT)
    both = await asyncio.gather(*(pairing.take(accounts, claim, "a", NOW) for _ in range(2)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in both) == ["Answer", "NotFound"]


async def test_a_code_is_used_by_the_first_device_that_asks_however_it_is_typed():
    accounts = MemoryAccounts()
    code, _ = await pairing.show(accounts, NOW, key=KEY)
    await pairing.ask(accounts, f"{code[:4]}-{code[4:]}".lower(), insole(), NOW)
    with pytest.raises(NotFound, match="code: "):
        await pairing.ask(accounts, code, insole(), NOW)


@pytest.mark.parametrize("typed", ["", "K7QM", "OOOO-IIII", None, "x" * 50])
async def test_what_is_no_code_is_said(typed):
    with pytest.raises(InvalidData, match="code: expected 8 letters and digits"):
        await pairing.ask(MemoryAccounts(), typed, insole(), NOW)


async def test_a_code_is_over_after_five_minutes_and_so_is_a_device_that_nobody_allowed():
    accounts = MemoryAccounts()
    code, _ = await pairing.show(accounts, NOW, key=KEY)
    with pytest.raises(NotFound):
        await pairing.ask(accounts, code, insole(), LATER)
    claim, uid = await asked(accounts)
    assert (await pairing.take(accounts, claim, "a", LATER)).state == "over"
    with pytest.raises(NotFound):
        await pairing.answer(accounts, uid, LATER, allowed=True, name="A", streams=LEFT)


async def test_a_device_that_was_refused_gets_nothing():
    accounts = MemoryAccounts()
    claim, uid = await asked(accounts)
    await pairing.answer(accounts, uid, NOW, allowed=False)
    assert (await pairing.take(accounts, claim, "a", NOW)).state == "refused"
    with pytest.raises(NotFound):
        await pairing.answer(accounts, uid, NOW, allowed=True, name="A", streams=LEFT)
    assert await accounts.devices() == []


@pytest.mark.parametrize(
    ("name", "streams", "field"),
    [("  ", LEFT, "name"), ("x" * 201, LEFT, "name"), ("A", frozenset(), "streams"), ("A", {"a/b"}, "streams")],
)
async def test_a_device_is_allowed_under_a_name_and_for_streams(name, streams, field):
    accounts = MemoryAccounts()
    _, uid = await asked(accounts)
    with pytest.raises(InvalidData) as refused:
        await pairing.answer(accounts, uid, NOW, allowed=True, name=name, streams=frozenset(streams))
    assert refused.value.field == field
    assert (await accounts.pairing(uid)).state(NOW) == "asked"


async def test_an_address_guesses_and_polls_a_bounded_number_of_times_a_minute():
    accounts, tries = MemoryAccounts(), count()
    for _ in range(pairing.ASKS):
        with pytest.raises(NotFound):
            await pairing.ask(accounts, f"222222{LETTERS[next(tries)]}2", insole(), NOW)
    with pytest.raises(Refused, match="tries a minute") as refused:
        await pairing.ask(accounts, "2222-2222", insole(), NOW)
    assert (refused.value.code, refused.value.retry_after_s) == ("rate_limited", 60.0)
    with pytest.raises(NotFound):
        await pairing.ask(accounts, "2222-2222", insole("192.0.2.42"), NOW)
    with pytest.raises(NotFound):
        await pairing.ask(accounts, "2222-2222", insole(), NOW + pairing.WINDOW_US)
    for _ in range(pairing.POLLS):
        with pytest.raises(NotFound):
            await pairing.take(accounts, "bgc_no", "b", NOW)
    with pytest.raises(Refused, match="tries a minute"):
        await pairing.take(accounts, "bgc_no", "b", NOW)
