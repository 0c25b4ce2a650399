"""Which sockets of a process have to close, because what opened them stands no more."""

from __future__ import annotations

import pytest

from barograph.access.keyring import Keyring
from barograph.access.principals import Principal, Share
from barograph.errors import StorageAway
from barograph.store.accounts import IDLE_US, Change, Session, User
from barograph.store.memory.accounts import MemoryAccounts
from dashboard.feed.openings import Openings, stored_key

NOW_S = 1_790_000_000.0
NOW = int(NOW_S * 1e6)


class Process:
    """One process over the accounts that all share, with a clock of its own."""

    def __init__(self, accounts: MemoryAccounts) -> None:
        self.now_s = NOW_S
        self.keyring = Keyring(accounts, "the same key", clock=lambda: self.now_s)
        self.openings = Openings(self.keyring)


@pytest.fixture
async def accounts() -> MemoryAccounts:
    made = MemoryAccounts()
    for name in ("a", "b"):
        roles = frozenset({"admin", "scientist"})
        await made.add_user(User(uid=name, email=f"{name}@lab.example", roles=roles, made_us=NOW))
        session = Session(uid=f"session-{name}", hash=name * 64, user=name, made_us=NOW, until_us=NOW + 10 * IDLE_US)
        await made.add_key(session)
    return made


def signed_in(name: str) -> Principal:
    return Principal(name, kind="user", uid=name, key=f"session-{name}")


async def test_what_one_process_revokes_closes_the_sockets_of_another(accounts):
    here, there = Process(accounts), Process(accounts)
    with there.openings.opened(signed_in("a")) as ended, there.openings.opened(signed_in("b")) as other:
        await there.openings.look()
        assert not ended.is_set()
        await here.keyring.revoke("session-a")
        await there.openings.look()
        assert (ended.is_set(), other.is_set()) == (True, False)


async def test_all_sockets_of_a_key_close_and_a_closed_one_is_forgotten(accounts):
    one = Process(accounts)
    with one.openings.opened(signed_in("a")) as first:
        with one.openings.opened(signed_in("a")) as second:
            pass
        await one.keyring.revoke("session-a")
        await one.openings.look()
        assert (first.is_set(), second.is_set()) == (True, False)


async def test_disabling_somebody_closes_their_sockets(accounts):
    one = Process(accounts)
    with one.openings.opened(signed_in("a")) as ended:
        await accounts.change_user("a", Change(disabled=True), NOW)
        await one.openings.look()
        assert ended.is_set()


@pytest.mark.parametrize("later_s", [IDLE_US / 1e6 + 1, -3600.0])
async def test_a_session_that_ends_by_the_clock_closes_its_sockets_also_when_the_clock_is_set_back(accounts, later_s):
    one = Process(accounts)
    with one.openings.opened(signed_in("a")) as ended:
        one.now_s += later_s
        await one.openings.look()
        assert ended.is_set()


async def test_while_the_archive_is_away_what_is_open_stays_and_is_asked_for_again(accounts, monkeypatch):
    one = Process(accounts)
    standing = accounts.standing

    async def away(*_given):
        raise StorageAway("away")

    with one.openings.opened(signed_in("a")) as ended:
        await accounts.revoke("session-a", NOW)
        monkeypatch.setattr(accounts, "standing", away)
        await one.openings.look()
        assert not ended.is_set()
        monkeypatch.setattr(accounts, "standing", standing)
        await one.openings.look()
        assert ended.is_set()


@pytest.mark.parametrize(
    ("who", "key"),
    [
        (None, ""),
        (Principal("link", kind="owner"), ""),
        (Principal("network", kind="network"), ""),
        (Principal("share link", "walk", Share(1, uid="w"), kind="share", key="k"), "k"),
        (Principal("share link", share=Share(1, team="t"), kind="share", key="k"), "k"),
        (signed_in("a"), "session-a"),
    ],
)
def test_only_what_the_archive_knows_is_asked_for(who, key):
    assert stored_key(who) == key
