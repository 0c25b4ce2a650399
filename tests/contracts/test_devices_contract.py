"""What every store keeps of a device beside its token: each case is a law of the port, of memory and of MongoDB."""

from __future__ import annotations

from dataclasses import replace

import pytest

from barograph.errors import InvalidData
from barograph.store.accounts import Accounts, Device, Seen, Token
from barograph.store.ports import Archive

NOW = 1_790_000_000_000_000
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


async def test_a_device_is_renamed_and_nothing_else_is(accounts: Accounts) -> None:
    key, other = Device(name="A", streams=frozenset({"left"}), **SET), Token(name="program", **SET | {"hash": "t"})
    for each in (key, other):
        await accounts.add_key(each)
    assert await accounts.rename_device(key.uid, "Insole 7, right")
    assert await accounts.devices() == [replace(key, name="Insole 7, right")]
    assert not await accounts.rename_device(other.uid, "mine")
    with pytest.raises(InvalidData, match="name: expected 1 to 200"):
        await accounts.rename_device(key.uid, "")
