"""Signing in and out: who gets a session, until when it opens anything, and what a bad day does to it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from argon2 import PasswordHasher, extract_parameters

from barograph.access import people
from barograph.access.keyring import Keyring
from barograph.access.passwords import Passwords
from barograph.access.secrets import hashed
from barograph.access.signing_in import ACCOUNT_ATTEMPTS, ADDRESS_ATTEMPTS, WINDOW_US, WRONG, SigningIn
from barograph.errors import InvalidData, NotFound, Refused, StorageAway
from barograph.store.accounts import IDLE_US, INVITATION_US, ROLES, SESSION_US, Accounts, Change, User
from barograph.store.memory.accounts import MemoryAccounts
from barograph.store.mongo.accounts import MongoAccounts
from barograph.store.mongo.driver import driver, shut
from barograph.store.ports import Archive

NOW = 1_790_000_000_000_000
KEY, OTHER_KEY = "k" * 32, "o" * 32
EMAIL, GOOD, NEW = "a.example@lab.example", "correct horse battery", "another long password"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@dataclass
class Clock:
    """What both clocks show; the steady one only goes on."""

    us: int = NOW
    steady_s: float = 0.0

    def time(self) -> float:
        return self.us / 1e6

    def steady(self) -> float:
        return self.steady_s

    def pass_s(self, seconds: float) -> None:
        self.us += int(seconds * 1e6)
        self.steady_s += seconds


@dataclass
class Process:
    """One process of the dashboard over the accounts of all."""

    accounts: Accounts
    passwords: Passwords
    clock: Clock
    key: str = KEY
    keyring: Keyring = field(init=False)
    door: SigningIn = field(init=False)

    def __post_init__(self) -> None:
        self.keyring = Keyring(self.accounts, self.key, clock=self.clock.time, steady=self.clock.steady)
        self.door = SigningIn(self.accounts, self.keyring, self.passwords)

    async def add(self, email: str = EMAIL, **values: Any) -> User:
        values = {"roles": ["scientist"], **values}
        return await people.add_user(
            self.accounts, self.passwords, email=email, password=GOOD, now_us=self.clock.us, **values
        )


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    made = Passwords(CHEAP)
    yield made
    made.close()


@pytest.fixture(params=["memory_archive", "mongo_archive"])
def archive(request: pytest.FixtureRequest) -> Archive:
    """Two archives; all three run over the contract of accounts."""
    found: Archive = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def one(passwords: Passwords) -> Process:
    return Process(MemoryAccounts(), passwords, Clock())


def twin(process: Process, key: str = KEY) -> Process:
    """Another process over the same accounts."""
    return Process(process.accounts, process.passwords, process.clock, key)


async def test_whoever_knows_the_password_gets_a_session_that_says_who_they_are(
    archive: Archive, passwords: Passwords
) -> None:
    process = Process(archive.accounts, passwords, Clock())
    user = await process.add(teams=["t1"], granted=["t2"], athlete="a1", name="A. Example")
    signed = await process.door.sign_in(
        " A.EXAMPLE@lab.example", GOOD, address="192.0.2.7", agent="Firefox \x00 on Linux"
    )
    who = await process.door.session(signed.secret)
    assert who is not None
    assert (who.kind, who.uid, who.name, who.athlete) == ("user", user.uid, "A. Example", "a1")
    assert (who.roles, who.teams, who.granted) == (frozenset(ROLES), {"t1"}, {"t2"}), "the first user has all roles"
    (session,) = await archive.accounts.sessions(user.uid)
    assert (session.uid, session.address, session.agent) == (who.key, "192.0.2.7", "Firefox   on Linux")
    assert signed.secret not in repr(signed.session)
    assert session.hash == hashed(signed.secret, KEY)
    assert (await archive.accounts.user(user.uid)).seen_us == NOW


SAID = f"{WRONG}; 9 more tries, then a pause of up to 15 min"


@pytest.mark.parametrize(
    ("email", "password"),
    [(EMAIL, GOOD + "!"), ("nobody@lab.example", GOOD), ("no address", GOOD), ("", ""), ("gone@lab.example", GOOD)],
)
async def test_nothing_says_which_half_was_wrong(email: str, password: str, one: Process) -> None:
    await one.add()
    await people.disable(one.accounts, (await one.add("gone@lab.example")).uid, now_us=NOW)
    with pytest.raises(Refused) as refused:
        await one.door.sign_in(email, password)
    assert (refused.value.code, str(refused.value), refused.value.field) == ("not_signed_in", SAID, None)
    assert await one.accounts.sessions() == []


@pytest.mark.parametrize("secret", [None, "", "x" * 43, "bgt_" + "x" * 43, "x" * 9999, "\ud800"])
async def test_what_is_no_session_signs_nobody_in(secret: str | None, one: Process) -> None:
    await one.add()
    assert await one.door.session(secret) is None
    assert not await one.door.sign_out(secret)


async def test_a_user_without_a_password_does_not_sign_in_by_one(one: Process) -> None:
    await one.accounts.add_user(User(email=EMAIL, roles=frozenset(ROLES), made_us=NOW))
    for password in ("", GOOD):
        with pytest.raises(Refused, match="not right"):
            await one.door.sign_in(EMAIL, password)


async def test_attempts_on_an_account_are_limited_in_all_processes_together(
    archive: Archive, passwords: Passwords
) -> None:
    process = Process(archive.accounts, passwords, Clock())
    other = twin(process)
    await process.add()
    doors = [process.door, other.door] * ACCOUNT_ATTEMPTS
    tries = [door.sign_in(EMAIL.upper() if i % 3 else EMAIL, "wrong") for i, door in enumerate(doors)]
    done = await asyncio.gather(*tries, return_exceptions=True)
    codes = [error.code for error in done if isinstance(error, Refused)]
    assert sorted(codes) == ["not_signed_in"] * ACCOUNT_ATTEMPTS + ["rate_limited"] * ACCOUNT_ATTEMPTS
    with pytest.raises(Refused, match=r"too many attempts; try again in 15 min") as refused:
        await other.door.sign_in(EMAIL, GOOD)
    assert refused.value.retry_after_s == WINDOW_US / 1e6
    process.clock.pass_s(WINDOW_US / 1e6)
    assert (await other.door.sign_in(EMAIL, GOOD)).secret


async def test_an_account_that_is_not_there_is_limited_like_one_that_is(one: Process) -> None:
    for _ in range(ACCOUNT_ATTEMPTS):
        with pytest.raises(Refused, match="not right"):
            await one.door.sign_in("nobody@lab.example", GOOD)
    with pytest.raises(Refused, match="too many attempts"):
        await one.door.sign_in("nobody@lab.example", GOOD)


async def test_signing_in_forgets_the_attempts_on_the_account(one: Process) -> None:
    await one.add()
    for _ in range(3):
        for _ in range(ACCOUNT_ATTEMPTS - 1):
            with pytest.raises(Refused, match="not right"):
                await one.door.sign_in(EMAIL, "wrong")
        await one.door.sign_in(EMAIL, GOOD)


@pytest.mark.parametrize(("address", "same"), [("192.0.2.7", "::ffff:192.0.2.7"), ("2001:db8::1", "2001:db8::ffff")])
async def test_attempts_of_an_address_are_limited_whatever_the_account(address: str, same: str, one: Process) -> None:
    await one.add()
    for i in range(ADDRESS_ATTEMPTS):
        with pytest.raises(Refused, match="not right"):
            await one.door.sign_in(f"{i}@lab.example", GOOD, address=address)
    with pytest.raises(Refused, match="too many attempts"):
        await one.door.sign_in(EMAIL, GOOD, address=same)
    assert (await one.door.sign_in(EMAIL, GOOD, address="198.51.100.1")).secret


async def test_a_session_ends_by_signing_out_in_every_process(one: Process) -> None:
    other = twin(one)
    await one.add()
    here, there = await one.door.sign_in(EMAIL, GOOD), await other.door.sign_in(EMAIL, GOOD)
    assert await other.door.session(here.secret)
    assert await one.door.sign_out(here.secret)
    assert await one.door.session(here.secret) is None, "here at once"
    one.clock.pass_s(1)
    assert await other.door.session(here.secret) is None, "elsewhere within a second"
    assert await one.door.session(there.secret)
    assert not await one.door.sign_out(here.secret)


async def test_disabling_ends_all_sessions_and_tokens_for_good(one: Process) -> None:
    other = twin(one)
    await one.add("admin@lab.example")
    user = await one.add()
    signed = await one.door.sign_in(EMAIL, GOOD)
    secret, _ = await people.create_token(one.accounts, user, "notebook", days=7, now_us=NOW)
    assert await other.keyring.bearer(secret)
    await people.disable(one.accounts, user.uid, now_us=NOW)
    one.clock.pass_s(1)
    for process in (one, other):
        assert await process.door.session(signed.secret) is None
        assert await process.keyring.bearer(secret) is None
    await people.enable(one.accounts, user.uid, now_us=NOW)
    one.clock.pass_s(1)
    assert await one.door.session(signed.secret) is None
    assert (await one.door.sign_in(EMAIL, GOOD)).secret


async def test_what_a_user_may_changes_within_a_second_without_signing_in_again(one: Process) -> None:
    await one.add("admin@lab.example")
    user = await one.add(teams=["t1", "t2"])
    signed = await one.door.sign_in(EMAIL, GOOD)
    before = await one.door.session(signed.secret)
    await one.accounts.change_user(user.uid, Change(teams=frozenset({"t2"})), NOW)
    one.clock.pass_s(1)
    after = await one.door.session(signed.secret)
    assert before is not None
    assert after is not None
    assert (before.teams, after.teams) == ({"t1", "t2"}, {"t2"})


async def test_a_session_that_is_used_lives_thirty_days_and_one_that_is_not_twelve_hours(one: Process) -> None:
    await one.add()
    used, idle = await one.door.sign_in(EMAIL, GOOD), await one.door.sign_in(EMAIL, GOOD)
    half_day_s = IDLE_US / 1e6
    one.clock.pass_s(half_day_s - 1)
    assert await one.door.session(used.secret)
    one.clock.pass_s(1)
    assert await one.door.session(idle.secret) is None
    for _ in range(58):
        one.clock.pass_s(half_day_s - 60)
        assert await one.door.session(used.secret)
    assert one.clock.us < NOW + SESSION_US
    one.clock.us = NOW + SESSION_US
    assert await one.door.session(used.secret) is None, "30 days at most, remembered or not"


async def test_a_use_is_written_down_once_a_minute(one: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    await one.add()
    signed = await one.door.sign_in(EMAIL, GOOD)
    one.clock.pass_s(30)
    await one.door.session(signed.secret)
    assert [session.used_us for session in await one.accounts.sessions()] == [NOW]
    written: list[int] = []
    kept = one.accounts.use_key

    async def use_key(uid: str, now_us: int, *, uses: int = 0) -> None:
        written.append(now_us)
        await kept(uid, now_us, uses=uses)

    monkeypatch.setattr(one.accounts, "use_key", use_key)
    one.clock.pass_s(40)
    await asyncio.gather(*(one.door.session(signed.secret) for _ in range(9)))
    assert [session.used_us for session in await one.accounts.sessions()] == written == [NOW + 70_000_000]


async def test_clock_jumps_end_sessions_and_lengthen_none(one: Process) -> None:
    await one.add()
    ahead = await one.door.sign_in(EMAIL, GOOD)
    one.clock.us -= 86_400_000_000  # the wall clock alone
    assert await one.door.session(ahead.secret) is None, "it began tomorrow"
    now = await one.door.sign_in(EMAIL, GOOD)
    assert await one.door.session(now.secret)
    one.clock.us += IDLE_US
    assert await one.door.session(now.secret) is None


async def test_another_secret_key_ends_sessions_and_not_tokens(one: Process) -> None:
    user = await one.add()
    signed = await one.door.sign_in(EMAIL, GOOD)
    secret, _ = await people.create_token(one.accounts, user, "notebook", days=7, now_us=NOW)
    rotated = twin(one, OTHER_KEY)
    assert await one.door.session(signed.secret)
    assert await rotated.door.session(signed.secret) is None
    assert await rotated.keyring.bearer(secret)
    assert (await rotated.door.sign_in(EMAIL, GOOD)).secret


async def test_while_mongodb_is_away_nobody_gets_in(passwords: Passwords) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        client = driver(f"mongodb://127.0.0.1:{free.getsockname()[1]}", 0.3)  # nobody listens there
        try:
            process = Process(MongoAccounts(client["barograph"]), passwords, Clock())
            calls = [
                process.door.sign_in(EMAIL, GOOD),
                process.door.session("x" * 43),
                process.keyring.bearer("bgd_" + "x" * 43),
                process.keyring.standing({"x"}),
                process.door.accept("bgi_x", password=GOOD, email=EMAIL),
            ]
            for call in calls:
                with pytest.raises(StorageAway):
                    await call
        finally:
            await asyncio.to_thread(shut, client)


async def test_what_was_remembered_opens_nothing_once_mongodb_is_away_for_a_second(
    one: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    await one.add()
    signed = await one.door.sign_in(EMAIL, GOOD)
    assert await one.door.session(signed.secret)

    async def away(hash: str) -> None:
        raise StorageAway("MongoDB gave no sure answer")

    monkeypatch.setattr(one.accounts, "key", away)
    assert await one.door.session(signed.secret)
    one.clock.pass_s(1)
    with pytest.raises(StorageAway):
        await one.door.session(signed.secret)


async def test_a_password_hashed_with_older_parameters_is_hashed_again_at_sign_in(one: Process) -> None:
    await one.add()
    newer = Passwords(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    try:
        today = SigningIn(one.accounts, one.keyring, newer)
        await today.sign_in(EMAIL, GOOD)
        user = await one.accounts.user_by_email(EMAIL)
        assert user is not None
        assert extract_parameters(user.password_hash).memory_cost == 16
        assert (await today.sign_in(EMAIL, GOOD)).secret
    finally:
        newer.close()


async def test_a_password_that_is_changed_during_a_sign_in_stays_changed(one: Process) -> None:
    user = await one.add()

    class Newer(Passwords):
        async def hash(self, password: str) -> str:
            if password == GOOD:
                await one.accounts.set_password(user.uid, await super().hash(NEW))
            return await super().hash(password)

    newer = Newer(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    try:
        today = SigningIn(one.accounts, one.keyring, newer)
        await today.sign_in(EMAIL, GOOD)
        with pytest.raises(Refused, match="not right"):
            await today.sign_in(EMAIL, GOOD)
        assert (await today.sign_in(EMAIL, NEW)).secret
    finally:
        newer.close()


async def test_changing_the_password_asks_for_the_old_one_and_ends_the_other_sessions(one: Process) -> None:
    await one.add()
    here, there = await one.door.sign_in(EMAIL, GOOD), await one.door.sign_in(EMAIL, GOOD)
    who = await one.door.session(here.secret)
    assert who is not None
    assert await one.door.session(there.secret)
    with pytest.raises(Refused, match="the one that you sign in with now"):
        await one.door.change_password(who, "wrong", NEW)
    with pytest.raises(InvalidData, match=r"^password: expected 12"):
        await one.door.change_password(who, GOOD, "short")
    await one.door.change_password(who, GOOD, NEW)
    assert await one.door.session(here.secret)
    assert await one.door.session(there.secret) is None
    with pytest.raises(Refused, match="not right"):
        await one.door.sign_in(EMAIL, GOOD)
    assert (await one.door.sign_in(EMAIL, NEW)).secret


async def test_whoever_accepts_an_invitation_is_signed_in_as_what_it_says_once(
    archive: Archive, passwords: Passwords
) -> None:
    process = Process(archive.accounts, passwords, Clock())
    await process.add()
    secret, _ = await people.invite(
        archive.accounts, now_us=NOW, roles=["scientist"], teams=["t1"], athlete="a1", name="B. Sample"
    )
    for _ in range(3):  # a preview of the link, HEAD, and a look: nothing is used up
        assert (await people.invitation_of(archive.accounts, secret, NOW)).teams == {"t1"}
    with pytest.raises(InvalidData, match=r"^password"):
        await process.door.accept(secret, password="short", email="b@lab.example")
    with pytest.raises(InvalidData, match=r"^email"):
        await process.door.accept(secret, password=NEW, email="")
    with pytest.raises(Refused, match="no user has"):
        await process.door.accept(secret, password=NEW, email=EMAIL)
    tries = [process.door.accept(secret, password=NEW, email=f"b{i}@lab.example") for i in range(4)]
    done = await asyncio.gather(*tries, return_exceptions=True)
    (signed,) = [each for each in done if not isinstance(each, BaseException)]
    assert {type(each) for each in done if isinstance(each, BaseException)} == {NotFound}
    who = await process.door.session(signed.secret)
    assert who is not None
    assert (who.name, who.roles, who.teams, who.athlete) == ("B. Sample", {"scientist"}, {"t1"}, "a1")
    assert len(await archive.accounts.users()) == 2
    with pytest.raises(NotFound, match="was used, is over, or was taken back"):
        await process.door.accept(secret, password=NEW, email="c@lab.example")


async def test_an_invitation_to_an_address_makes_a_user_of_that_address(one: Process) -> None:
    await one.add()
    with pytest.raises(Refused, match="no user has"):
        await people.invite(one.accounts, now_us=NOW, roles=["analyst"], email=EMAIL)
    secret, _ = await people.invite(one.accounts, now_us=NOW, roles=["analyst"], email="B@lab.example")
    signed = await one.door.accept(secret, password=NEW, email="other@lab.example", name="B.")
    assert (signed.user.email, signed.user.roles) == ("b@lab.example", {"analyst"})


async def test_an_invitation_is_over_after_three_days_and_when_it_is_taken_back(one: Process) -> None:
    await one.add()
    late, _ = await people.invite(one.accounts, now_us=NOW, roles=["analyst"])
    back, invitation = await people.invite(one.accounts, now_us=NOW, roles=["analyst"])
    await one.keyring.revoke(invitation.uid)
    one.clock.us = NOW + INVITATION_US
    for secret in (late, back, "bgi_unknown", ""):
        with pytest.raises(NotFound):
            await one.door.accept(secret, password=NEW, email="b@lab.example")


async def test_an_invitation_whose_user_was_never_made_can_be_accepted_again_later(
    one: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    await one.add()
    secret, _ = await people.invite(one.accounts, now_us=NOW, roles=["analyst"], email="b@lab.example")

    async def away(user: User) -> None:
        raise StorageAway("MongoDB gave no sure answer")

    with monkeypatch.context() as patched:
        patched.setattr(one.accounts, "add_user", away)
        with pytest.raises(StorageAway):
            await one.door.accept(secret, password=NEW)
    with pytest.raises(NotFound):
        await one.door.accept(secret, password=NEW)
    one.clock.pass_s(600)
    assert (await one.door.accept(secret, password=NEW)).user.email == "b@lab.example"
    one.clock.pass_s(600)
    with pytest.raises(NotFound):
        await one.door.accept(secret, password=NEW)
