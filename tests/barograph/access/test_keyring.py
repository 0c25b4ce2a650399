"""From a secret to a principal: tokens, devices and shares, and which of them still stand."""

from __future__ import annotations

from typing import Any

import pytest

from barograph.access import people
from barograph.access.keyring import Keyring
from barograph.access.secrets import DEVICE, SHARE, new_secret
from barograph.errors import InvalidData
from barograph.store.accounts import Device, StoredShare, User, new_uid
from barograph.store.memory.accounts import MemoryAccounts

NOW, DAY = 1_790_000_000_000_000, 86_400_000_000
KEY = "k" * 32


class Counting(MemoryAccounts):
    """Accounts that count how often a key is looked up."""

    asked = 0

    async def key(self, hash: str) -> Any:
        """Count and answer."""
        self.asked += 1
        return await super().key(hash)


@pytest.fixture
def accounts() -> Counting:
    return Counting()


@pytest.fixture
def at() -> list[float]:
    return [NOW / 1e6]


@pytest.fixture
def keyring(accounts: Counting, at: list[float]) -> Keyring:
    return Keyring(accounts, KEY, clock=lambda: at[0], steady=lambda: at[0])


async def user(accounts: MemoryAccounts) -> User:
    made = User(email=f"{new_uid()}@lab.example", roles=frozenset({"analyst"}), granted=frozenset({"t1"}), made_us=NOW)
    await accounts.add_user(made)
    return made


async def device(accounts: MemoryAccounts, keyring: Keyring) -> tuple[str, Device]:
    secret = new_secret(DEVICE)
    made = Device(
        hash=keyring.hash_of(secret), name="Insole 7", streams=frozenset({"left"}), made_us=NOW, until_us=NOW + DAY
    )
    await accounts.add_key(made)
    return secret, made


async def share(accounts: MemoryAccounts, keyring: Keyring, **values: Any) -> tuple[str, StoredShare]:
    secret = new_secret(SHARE)
    values = {"view": "session", "workout": "w1", "until_us": NOW + DAY, **values}
    made = StoredShare(hash=keyring.hash_of(secret), name="Coach", made_us=NOW, **values)
    await accounts.add_key(made)
    return secret, made


async def test_a_token_is_its_user_until_it_ends(accounts: Counting, keyring: Keyring, at: list[float]) -> None:
    of = await user(accounts)
    secret, token = await people.create_token(accounts, of, "notebook", days=1, now_us=NOW)
    who = await keyring.bearer(secret)
    assert who is not None
    assert (who.kind, who.uid, who.key, who.roles, who.granted) == ("token", of.uid, token.uid, {"analyst"}, {"t1"})
    assert [one.used_us for one in await accounts.tokens(of.uid)] == [NOW]
    at[0] += DAY / 1e6
    assert await keyring.bearer(secret) is None


@pytest.mark.parametrize(("name", "days"), [("", 7), (" ", 7), ("notebook", 0), ("notebook", -1), ("notebook", 367)])
async def test_a_token_has_a_name_and_an_end(accounts: Counting, name: str, days: int) -> None:
    with pytest.raises(InvalidData, match=r"^(name|days): expected"):
        await people.create_token(accounts, await user(accounts), name, days=days, now_us=NOW)


async def test_a_device_s_token_is_the_device_and_its_streams(accounts: Counting, keyring: Keyring) -> None:
    secret, made = await device(accounts, keyring)
    who = await Keyring(accounts, "another key, as the ingest has none", clock=lambda: NOW / 1e6).bearer(secret)
    assert who is not None
    assert (who.kind, who.uid, who.name, who.streams) == ("device", made.uid, "Insole 7", {"left"})
    assert await keyring.token(secret) is None
    assert await keyring.session(secret) is None, "a token is no cookie"
    assert await keyring.share(keyring.hash_of(secret)) is None


async def test_a_share_link_is_found_by_its_hash_while_it_stands(
    accounts: Counting, keyring: Keyring, at: list[float]
) -> None:
    secret, made = await share(accounts, keyring, raw=True)
    found = await keyring.share(keyring.hash_of(secret))
    assert found is not None
    assert found.key.uid == made.uid
    assert [one.used_us for one in await accounts.shares()] == [keyring.now_us()]
    other = Keyring(accounts, "rotated " * 4, clock=lambda: at[0])
    assert await other.share(other.hash_of(secret)) is None, "another key ends it"
    assert other.signer != keyring.signer
    token, _ = await people.create_token(accounts, await user(accounts), "notebook", days=1, now_us=NOW)
    assert await keyring.share(keyring.hash_of(token)) is None, "a token is no share"
    at[0] += DAY / 1e6
    assert await keyring.share(keyring.hash_of(secret)) is None


async def test_what_is_revoked_opens_nothing_here_at_once_and_elsewhere_a_second_later(
    accounts: Counting, keyring: Keyring, at: list[float]
) -> None:
    other = Keyring(accounts, KEY, clock=lambda: at[0], steady=lambda: at[0])
    secret, made = await device(accounts, keyring)
    assert await keyring.device(secret)
    assert await other.device(secret)
    assert await other.standing({made.uid, "unknown"}) == {made.uid}
    assert await keyring.revoke(made.uid)
    assert await keyring.device(secret) is None
    assert await other.standing({made.uid}) == set(), "sockets are asked about, not remembered"
    at[0] += 1
    assert await other.device(secret) is None


async def test_a_page_of_many_requests_asks_once_a_second(
    accounts: Counting, keyring: Keyring, at: list[float]
) -> None:
    secret, _ = await device(accounts, keyring)
    for _ in range(30):
        assert await keyring.device(secret)
    assert accounts.asked == 1
    at[0] += 1
    assert await keyring.device(secret)
    assert accounts.asked == 2


async def test_what_is_remembered_is_bounded_and_guesses_are_not_remembered(accounts: Counting) -> None:
    keyring = Keyring(accounts, KEY, clock=lambda: NOW / 1e6, most=16)
    secret, _ = await device(accounts, keyring)
    assert await keyring.device(secret)
    for _ in range(2):
        assert await keyring.device(new_secret(DEVICE)) is None
    assert accounts.asked == 3
    for _ in range(16):
        await keyring.device((await device(accounts, keyring))[0])
    accounts.asked = 0
    assert await keyring.device(secret)
    assert accounts.asked == 1, "it was the oldest of 17"


async def test_what_was_revoked_while_the_archive_answered_is_not_believed_for_longer(at: list[float]) -> None:
    class Slow(MemoryAccounts):
        async def key(self, hash: str) -> Any:
            found = await super().key(hash)
            at[0] += 0.9
            return found

    accounts = Slow()
    keyring = Keyring(accounts, KEY, clock=lambda: at[0], steady=lambda: at[0])
    secret, made = await device(accounts, keyring)
    assert await keyring.device(secret)
    await accounts.revoke(made.uid, NOW)
    at[0] += 0.1
    assert await keyring.device(secret) is None
