"""What every store keeps of a device beside its token: each case is a law of the port, of memory and of MongoDB."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest

from barograph.errors import InvalidData
from barograph.store.account_records import MOST_CHARGES
from barograph.store.accounts import Accounts, Charge, Device, Seen, StoredShare, Token, User
from barograph.store.ports import Archive

NOW = 1_790_000_000_000_000
MINUTE = 60_000_000
SET = {"hash": "h", "made_us": NOW, "until_us": 2 * NOW}


@pytest.fixture
def accounts(archive: Archive) -> Accounts:
    return archive.accounts


async def test_what_was_seen_of_a_device_is_kept_and_its_frames_are_counted(accounts: Accounts) -> None:
    key = Device(name="Insole 7, left", streams=frozenset({"left"}), **SET)
    await accounts.add_key(key)
    await accounts.see_device(key.uid, Seen(workout="w", stream="left", battery_pct=71.5), NOW + 1, frames=4)
    await accounts.see_device(key.uid, Seen(battery_pct=70.0, offset_us=-900, firmware="2.4.1"), NOW, frames=3)
    then = replace(key, workout="w", stream="left", seen_us=NOW + 1, battery_pct=70.0, offset_us=-900, firmware="2.4.1")
    assert await accounts.devices() == [replace(then, frames=7)]
    await accounts.see_device("unknown", Seen(), NOW)


async def test_a_battery_is_written_down_every_five_minutes_for_a_day_and_no_more(accounts: Accounts) -> None:
    key, other = (Device(name=name, streams=frozenset({"left"}), **SET | {"hash": name}) for name in ("A", "B"))
    for each in (key, other):
        await accounts.add_key(each)
    assert await accounts.charges(key.uid) == []
    for minute in range(0, 20, 2):
        await accounts.see_device(key.uid, Seen(battery_pct=90.0 - minute), NOW + minute * MINUTE)
    await accounts.see_device(key.uid, Seen(signal_dbm=-60.0), NOW + 30 * MINUTE)
    said = [(0, 90.0), (6, 84.0), (12, 78.0), (18, 72.0)]
    assert await accounts.charges(key.uid) == [Charge(NOW + minute * MINUTE, pct) for minute, pct in said]
    assert await accounts.charges(other.uid) == []
    for n in range(MOST_CHARGES):
        await accounts.see_device(key.uid, Seen(battery_pct=50.0), NOW + (60 + 5 * n) * MINUTE)
    found = await accounts.charges(key.uid)
    assert len(found) == MOST_CHARGES
    assert {one.pct for one in found} == {50.0}, "the oldest went"
    await accounts.see_device("unknown", Seen(battery_pct=1.0), NOW)
    assert await accounts.charges("unknown") == []


async def test_what_a_battery_was_ahead_of_a_clock_that_was_set_back_goes(accounts: Accounts) -> None:
    key = Device(name="A", streams=frozenset({"left"}), **SET)
    await accounts.add_key(key)
    for minute, pct in ((0, 80.0), (60, 70.0), (10, 60.0)):
        await accounts.see_device(key.uid, Seen(battery_pct=pct), NOW + minute * MINUTE)
    assert await accounts.charges(key.uid) == [Charge(NOW, 80.0), Charge(NOW + 10 * MINUTE, 60.0)]


async def test_a_device_is_renamed_and_nothing_else_is(accounts: Accounts) -> None:
    key, other = Device(name="A", streams=frozenset({"left"}), **SET), Token(name="program", **SET | {"hash": "t"})
    for each in (key, other):
        await accounts.add_key(each)
    assert await accounts.rename_device(key.uid, "Insole 7, right")
    assert await accounts.devices() == [replace(key, name="Insole 7, right")]
    assert not await accounts.rename_device(other.uid, "mine")
    with pytest.raises(InvalidData, match="name: expected 1 to 200"):
        await accounts.rename_device(key.uid, "")


async def test_times_come_back_as_plain_whole_numbers_that_every_encoder_knows(accounts: Accounts) -> None:
    user = User(email="a.example@lab.example", made_us=NOW)
    await accounts.add_user(user)
    share = StoredShare(name="Coach", view="live", workout="w", **SET | {"hash": "s"})
    device = Device(name="A", streams=frozenset({"left"}), **SET)
    for key in (share, device):
        await accounts.add_key(key)
    await accounts.see_device(device.uid, Seen(offset_us=-(2**40), battery_pct=80.0), NOW)
    found = [*await accounts.shares(), *await accounts.devices(), await accounts.user(user.uid)]
    found += await accounts.charges(device.uid)
    for record in found:
        for name, value in asdict(record).items():
            assert not isinstance(value, int) or type(value) in (int, bool), (type(record), name, type(value))
