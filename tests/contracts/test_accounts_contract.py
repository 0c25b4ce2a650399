"""What every store of accounts does, in memory and in MongoDB alike: each case is a law of the port."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from sealed import NotingSealer, unsealed

from barograph.errors import InvalidData, NotFound, Refused
from barograph.servers.embedded import Servers
from barograph.store.accounts import (
    CLOCK_SLACK_US,
    IDLE_US,
    INVITATION_US,
    PAIRING_US,
    SESSION_US,
    Accounts,
    AskingDevice,
    Change,
    Device,
    Invitation,
    Pairing,
    Session,
    StoredShare,
    Token,
    User,
    new_uid,
)
from barograph.store.erasure_requests import ErasureRequest
from barograph.store.memory.accounts import MemoryAccounts
from barograph.store.mongo.accounts import MongoAccounts
from barograph.store.mongo.driver import INDEXES, driver, shut
from barograph.store.passkeys import CHALLENGE_US, Challenge, Passkey
from barograph.store.ports import Archive
from barograph.store.sealing import Sealed

NOW = 1_790_000_000_000_000
S, HOUR, DAY = 1_000_000, 3_600_000_000, 86_400_000_000
ADMIN: Any = frozenset({"admin"})
SCIENTIST: Any = frozenset({"scientist"})


@pytest.fixture
async def mongo_accounts(servers: Servers, database: str) -> AsyncIterator[MongoAccounts]:
    """Accounts in the real MongoDB, without the rest of an archive: that takes most of a second to make."""
    client = driver(servers.mongo_url, 20.0)
    for name, keys, options in INDEXES:
        if name in ("users", "invitations", "keys", "pairings", "attempts", "passkeys", "challenges", "erasures"):
            await client[database][name].create_index(keys, **options)
    yield MongoAccounts(client[database], Sealed(NotingSealer()))
    await asyncio.to_thread(shut, client)
    assert unsealed(servers.mongo_url, database) == []


@pytest.fixture(params=["memory", "mongo"])
def accounts(request: pytest.FixtureRequest) -> Accounts:
    """Each store in turn; PyMongo's own client has a test below, as it differs in one call."""
    found: Accounts = MemoryAccounts() if request.param == "memory" else request.getfixturevalue("mongo_accounts")
    return found


async def test_an_archive_has_its_accounts_with_either_driver(archive: Archive) -> None:
    one = user()
    await added(archive.accounts, one)
    key = session(one)
    await archive.accounts.add_key(key)
    assert await archive.accounts.standing([key.uid], NOW) == {key.uid}
    with pytest.raises(Refused, match="no user has"):
        await archive.accounts.add_user(user())
    assert [(await archive.accounts.count_attempts(["a"], NOW, HOUR))[0].n for _ in range(2)] == [1, 2]


def user(email: str = "a.example@lab.example", **values: Any) -> User:
    return User(**{"email": email, "name": "A. Example", "roles": ADMIN, "made_us": NOW, **values})


async def added(accounts: Accounts, *users: User) -> None:
    for one in users:
        await accounts.add_user(one)


def session(of: User, **values: Any) -> Session:
    return Session(**{"hash": new_uid(), "user": of.uid, "made_us": NOW, "until_us": NOW + SESSION_US, **values})


def token(of: User, **values: Any) -> Token:
    values = {"hash": new_uid(), "user": of.uid, "made_us": NOW, "until_us": NOW + DAY, "name": "notebook", **values}
    return Token(**values)


def device(**values: Any) -> Device:
    streams = frozenset({"left", "right"})
    values = {
        "hash": new_uid(),
        "made_us": NOW,
        "until_us": NOW + DAY,
        "name": "insole 7",
        "streams": streams,
        **values,
    }
    return Device(**values)


def share(**values: Any) -> StoredShare:
    values = {"hash": new_uid(), "made_us": NOW, "until_us": NOW + DAY, "name": "For the coach", **values}
    return StoredShare(**{"view": "session", "workout": "w" * 32, **values})


def invitation(**values: Any) -> Invitation:
    return Invitation(
        **{"hash": new_uid(), "made_us": NOW, "until_us": NOW + INVITATION_US, "roles": SCIENTIST, **values}
    )


def pairing(**values: Any) -> Pairing:
    return Pairing(**{"hash": new_uid(), "made_us": NOW, "until_us": NOW + PAIRING_US, **values})


async def test_a_user_is_found_by_id_and_by_address_as_they_were_added(accounts: Accounts) -> None:
    one = user(roles=frozenset({"admin", "analyst"}), teams=frozenset({"t1", "t2"}), granted=frozenset({"t3"}))
    await added(accounts, one, user("b@lab.example", roles=SCIENTIST, password_hash="$argon2id$x"))
    assert await accounts.user(one.uid) == one
    assert await accounts.user_by_email("  A.Example@LAB.example ") == one
    assert [found.email for found in await accounts.users()] == ["a.example@lab.example", "b@lab.example"]
    assert await accounts.user_by_email("nobody@lab.example") is None
    with pytest.raises(NotFound):
        await accounts.user("nobody")


@pytest.mark.parametrize("same", ["A.EXAMPLE@lab.example", "  a.example@lab.example ", "a.example@LAB.EXAMPLE"])
async def test_two_users_with_one_address_are_refused_however_it_is_typed(accounts: Accounts, same: str) -> None:
    await added(accounts, user())
    with pytest.raises(Refused, match="expected an address that no user has") as refused:
        await accounts.add_user(user(same))
    assert (refused.value.code, refused.value.field) == ("email_taken", "email")
    other = user("other@lab.example")
    await added(accounts, other)
    with pytest.raises(Refused, match="expected an address that no user has"):
        await accounts.change_user(other.uid, Change(email=same), NOW)
    assert (await accounts.user(other.uid)).email == "other@lab.example"


async def test_of_many_who_add_one_address_at_once_one_succeeds(accounts: Accounts) -> None:
    done = await asyncio.gather(*(accounts.add_user(user()) for _ in range(8)), return_exceptions=True)
    assert [one for one in done if one is None] == [None]
    assert {type(one) for one in done if one is not None} == {Refused}
    assert len(await accounts.users()) == 1


async def test_a_change_keeps_what_it_does_not_name(accounts: Accounts) -> None:
    one = user(teams=frozenset({"t1"}), password_hash="kept")
    await added(accounts, one)
    changed = await accounts.change_user(one.uid, Change(name="A. B.", teams=frozenset({"t2"})), NOW + 1)
    assert changed == replace(one, name="A. B.", teams=frozenset({"t2"})) == await accounts.user(one.uid)
    with pytest.raises(NotFound):
        await accounts.change_user("nobody", Change(name="x"), NOW)


async def test_changes_at_once_lose_nothing_of_each_other(accounts: Accounts) -> None:
    one = user()
    await added(accounts, one)
    changes = [
        Change(name="B."),
        Change(teams=frozenset({"t1"})),
        Change(granted=frozenset({"t2"})),
        Change(athlete="a1"),
    ]
    await asyncio.gather(*(accounts.change_user(one.uid, change, NOW) for change in changes))
    changed = replace(one, name="B.", teams=frozenset({"t1"}), granted=frozenset({"t2"}), athlete="a1")
    assert await accounts.user(one.uid) == changed


async def test_the_last_admin_stays(accounts: Accounts) -> None:
    one, other = user(), user("b@lab.example")
    await added(accounts, one, user("c@lab.example", roles=SCIENTIST))
    for change in (Change(disabled=True), Change(roles=SCIENTIST)):
        with pytest.raises(Refused, match="expected another admin") as refused:
            await accounts.change_user(one.uid, change, NOW)
        assert refused.value.code == "last_admin"
    await added(accounts, other)
    gone = await accounts.change_user(one.uid, Change(disabled=True, by=other.uid), NOW + 5)
    assert (gone.disabled_us, gone.disabled_by, gone.enabled) == (NOW + 5, other.uid, False)
    with pytest.raises(Refused, match="expected another admin"):
        await accounts.change_user(other.uid, Change(roles=SCIENTIST), NOW)
    back = await accounts.change_user(one.uid, Change(disabled=False), NOW + 9)
    assert (back.disabled_us, back.disabled_by) == (None, "")
    assert (await accounts.change_user(other.uid, Change(roles=SCIENTIST), NOW)).roles == SCIENTIST


@pytest.mark.parametrize("change", [Change(disabled=True), Change(roles=SCIENTIST)])
async def test_admins_who_remove_each_other_at_once_leave_one(accounts: Accounts, change: Change) -> None:
    for turn in range(5):
        admins = [user(f"{turn}{i}@lab.example") for i in range(3)]
        await added(accounts, *admins)
        await asyncio.gather(*(accounts.change_user(one.uid, change, NOW) for one in admins), return_exceptions=True)
        staying = [one for one in await accounts.users() if one.governs]
        assert staying
        await added(accounts, user(f"{turn}@lab.example"))
        for one in staying:
            await accounts.change_user(one.uid, change, NOW)


async def test_an_admin_whose_removal_was_interrupted_can_be_removed_and_counts_again(accounts: Accounts) -> None:
    one, other = user(), user("b@lab.example")
    await added(accounts, one, other)
    if (marks := getattr(accounts, "_db", None)) is not None:
        await marks.users.update_one({"_id": one.uid}, {"$set": {"leaving": "of a dead process", "leaving_us": NOW}})
        with pytest.raises(Refused, match="expected another admin"):
            await accounts.change_user(other.uid, Change(disabled=True), NOW + S)
    assert not (await accounts.change_user(other.uid, Change(disabled=True), NOW + HOUR)).enabled
    assert (await accounts.user(one.uid)).governs


async def test_an_admin_whose_removal_took_too_long_is_not_removed_after_the_other_was(
    mongo_accounts: MongoAccounts,
) -> None:
    one, other = user(), user("b@lab.example")
    await added(mongo_accounts, one, other)

    class Slow(MongoAccounts):
        async def _leave(self, leaving: User, now_us: int) -> str:
            mark = await super()._leave(leaving, now_us)
            if (await mongo_accounts.user(other.uid)).enabled:  # an hour goes by, and somebody else is faster
                await mongo_accounts.change_user(other.uid, Change(disabled=True), now_us + HOUR)
            return mark

    with pytest.raises(Refused, match="expected another admin"):
        await Slow(mongo_accounts._db, mongo_accounts._sealing).change_user(one.uid, Change(disabled=True), NOW)
    assert [each.email for each in await mongo_accounts.users() if each.governs] == [one.email]


async def test_a_password_is_replaced_only_where_the_old_one_is_still_there(accounts: Accounts) -> None:
    one = user(password_hash="first")
    await added(accounts, one)
    assert await accounts.set_password(one.uid, "second")
    assert not await accounts.set_password(one.uid, "third", instead_of="first")
    assert await accounts.set_password(one.uid, "fourth", instead_of="second")
    assert (await accounts.user(one.uid)).password_hash == "fourth"
    with pytest.raises(NotFound):
        await accounts.set_password("nobody", "x")


async def test_when_a_user_was_seen_never_goes_back(accounts: Accounts) -> None:
    one = user()
    await added(accounts, one)
    for at in (NOW, NOW + 9, NOW + 3):
        await accounts.see_user(one.uid, at)
    await accounts.see_user("nobody", NOW)
    assert (await accounts.user(one.uid)).seen_us == NOW + 9


async def test_an_invitation_is_looked_at_freely_and_used_once(accounts: Accounts) -> None:
    one = invitation(email="New@lab.example", teams=frozenset({"t1"}))
    await accounts.add_invitation(one)
    for _ in range(3):
        assert await accounts.invitation(one.hash) == one
    tries = [accounts.use_invitation(one.hash, f"user {i}", NOW + 1) for i in range(8)]
    done = await asyncio.gather(*tries, return_exceptions=True)
    (used,) = [item for item in done if isinstance(item, Invitation)]
    assert {type(item) for item in done} == {Invitation, NotFound}
    assert await accounts.invitation(one.hash) == replace(one, used_us=NOW + 1, user=used.user)
    await accounts.release_invitation(one.uid, "somebody else")
    with pytest.raises(NotFound):
        await accounts.use_invitation(one.hash, "again", NOW + 2)
    await accounts.release_invitation(one.uid, used.user)
    assert (await accounts.use_invitation(one.hash, "again", NOW + 2)).user == "again"


async def test_an_invitation_that_is_over_or_revoked_or_unknown_is_not_found(accounts: Accounts) -> None:
    over, revoked = invitation(made_us=NOW - 1), invitation()
    for one in (over, revoked):
        await accounts.add_invitation(one)
    assert await accounts.revoke(revoked.uid, NOW)
    for hash, at in ((over.hash, NOW + INVITATION_US), (revoked.hash, NOW + 1), ("unknown", NOW)):
        with pytest.raises(NotFound):
            await accounts.use_invitation(hash, "user", at)
    assert [one.uid for one in await accounts.invitations()] == [revoked.uid, over.uid]
    used = await accounts.use_invitation(over.hash, "user", NOW)
    assert not await accounts.revoke(used.uid, NOW), "what was used is not revoked"


async def test_each_kind_of_key_is_found_with_its_user_and_listed_by_kind(accounts: Accounts) -> None:
    one = user()
    await added(accounts, one)
    keys = [session(one, agent="Firefox", address="192.0.2.7"), token(one), device(user=one.uid), share(raw=True)]
    for key in keys:
        await accounts.add_key(key)
        found = await accounts.key(key.hash)
        assert found is not None
        assert (found.key, found.user) == (key, one if key.user else None)
        assert found.stands(NOW + 1)
    assert [await accounts.sessions(), await accounts.tokens()] == [[keys[0]], [keys[1]]]
    assert [await accounts.devices(), await accounts.shares()] == [[keys[2]], [keys[3]]]
    assert await accounts.sessions("somebody else") == []
    assert await accounts.key("unknown") is None


async def test_standing_says_in_one_question_what_still_opens_something(accounts: Accounts) -> None:
    one, other = user(), user("b@lab.example")
    await added(accounts, one, other)
    fresh, idle, revoked = session(one), session(one, made_us=NOW - IDLE_US), token(one)
    theirs, theirs_share, their_device = token(other), share(user=other.uid), device(user=other.uid)
    nobodys = token(user("c@lab.example"))
    for key in (fresh, idle, revoked, theirs, theirs_share, their_device, nobodys):
        await accounts.add_key(key)
    uids = {key.uid for key in (fresh, idle, revoked, theirs, theirs_share, their_device, nobodys)} | {"unknown"}
    await accounts.revoke(revoked.uid, NOW)
    assert await accounts.standing(uids, NOW) == {fresh.uid, theirs.uid, theirs_share.uid, their_device.uid}
    await accounts.change_user(other.uid, Change(disabled=True), NOW)
    assert await accounts.standing(uids, NOW) == {fresh.uid, their_device.uid}, "what is the lab's stays"
    await accounts.change_user(other.uid, Change(disabled=False), NOW)
    assert await accounts.standing(uids, NOW) == {fresh.uid, theirs.uid, theirs_share.uid, their_device.uid}
    assert await accounts.standing(uids, NOW + DAY) == set()
    assert await accounts.standing([], NOW) == set()


async def test_a_session_ends_after_twelve_hours_idle_and_thirty_days_at_most(accounts: Accounts) -> None:
    one = user()
    await added(accounts, one)
    key = session(one)
    await accounts.add_key(key)
    at = NOW
    while at < NOW + SESSION_US - IDLE_US:
        at += IDLE_US - S
        assert await accounts.standing([key.uid], at) == {key.uid}
        await accounts.use_key(key.uid, at)
    assert await accounts.standing([key.uid], at + IDLE_US - S) == set(), "thirty days are over"
    await accounts.use_key("unknown", at)


async def test_a_clock_that_was_set_back_ends_sessions(accounts: Accounts) -> None:
    one = user()
    await added(accounts, one)
    key = session(one)
    await accounts.add_key(key)
    assert await accounts.standing([key.uid], NOW - CLOCK_SLACK_US) == {key.uid}, "clocks of two servers differ"
    assert await accounts.standing([key.uid], NOW - CLOCK_SLACK_US - 1) == set()


async def test_uses_of_a_share_are_counted(accounts: Accounts) -> None:
    key = share()
    await accounts.add_key(key)
    await asyncio.gather(*(accounts.use_key(key.uid, NOW + i, uses=1) for i in range(6)))
    assert await accounts.shares() == [replace(key, uses=6, used_us=NOW + 5)]


async def test_all_of_a_user_is_revoked_but_what_is_spared(accounts: Accounts) -> None:
    one, other = user(), user("b@lab.example")
    await added(accounts, one, other)
    here, there, program, theirs, shown = session(one), session(one), token(one), session(other), share(user=one.uid)
    for key in (here, there, program, theirs, shown):
        await accounts.add_key(key)
    uids = [key.uid for key in (here, there, program, theirs, shown)]
    assert await accounts.revoke_all(one.uid, NOW, kinds=("session",), spare=here.uid) == 1
    assert await accounts.standing(uids, NOW) == {here.uid, program.uid, theirs.uid, shown.uid}
    assert await accounts.revoke_all(one.uid, NOW) == 2
    assert await accounts.standing(uids, NOW) == {theirs.uid, shown.uid}
    assert not await accounts.revoke(here.uid, NOW)
    assert not await accounts.revoke("unknown", NOW)


async def test_a_device_is_paired_by_asking_being_allowed_and_taking_each_once(accounts: Accounts) -> None:
    one = pairing(by="somebody")
    await accounts.add_pairing(one)
    assert (await accounts.pairing(one.uid)).state(NOW) == "open"
    with pytest.raises(NotFound):
        await accounts.answer_pairing(one.uid, NOW, allowed=True, name="x")
    asking = [AskingDevice(name=f"insole {i}", streams=frozenset({"left"}), address="192.0.2.1") for i in range(6)]
    tries = [accounts.ask_pairing(one.hash, each, f"claim {each.name}", NOW + 1) for each in asking]
    done = await asyncio.gather(*tries, return_exceptions=True)
    (asked,) = [each for each in done if isinstance(each, Pairing)]
    assert {type(each) for each in done} == {Pairing, NotFound}
    assert (asked.state(NOW + 1), asked.asking in asking) == ("asked", True)
    assert await accounts.pairing_by_claim(asked.claim_hash) == asked
    with pytest.raises(NotFound):
        await accounts.take_pairing(asked.claim_hash, NOW + 2)
    streams = frozenset({"left"})
    allowed = await accounts.answer_pairing(one.uid, NOW + 2, allowed=True, name="Insole 10", streams=streams)
    assert (allowed.state(NOW + 2), allowed.name, allowed.streams) == ("allowed", "Insole 10", streams)
    with pytest.raises(NotFound):
        await accounts.answer_pairing(one.uid, NOW + 3, allowed=False)
    takes = [accounts.take_pairing(asked.claim_hash, NOW + 3) for _ in range(6)]
    taken = await asyncio.gather(*takes, return_exceptions=True)
    assert sorted(type(each).__name__ for each in taken) == ["NotFound"] * 5 + ["Pairing"]
    assert (await accounts.pairing(one.uid)).state(NOW + 4) == "taken"


async def test_a_pairing_that_is_over_or_refused_gives_nothing(accounts: Accounts) -> None:
    late, refused, last = pairing(), pairing(), pairing()
    for one in (late, refused, last):
        await accounts.add_pairing(one)
    with pytest.raises(NotFound):
        await accounts.ask_pairing(late.hash, AskingDevice(name="late"), "late", NOW + PAIRING_US)
    await accounts.ask_pairing(refused.hash, AskingDevice(name="mat"), "claim", NOW)
    assert (await accounts.answer_pairing(refused.uid, NOW, allowed=False)).state(NOW) == "refused"
    await accounts.ask_pairing(last.hash, AskingDevice(name="mat"), "last", NOW)
    await accounts.answer_pairing(last.uid, NOW + PAIRING_US - S, allowed=True, name="Mat")
    assert (await accounts.take_pairing("last", NOW + PAIRING_US + S)).name == "Mat", "allowed at the last moment"
    for claim in ("claim", "unknown", ""):
        with pytest.raises(NotFound):
            await accounts.take_pairing(claim, NOW)
    assert await accounts.pairing_by_claim("") is None
    with pytest.raises(NotFound):
        await accounts.pairing("unknown")


async def test_attempts_are_counted_together_within_a_window(accounts: Accounts) -> None:
    counted = await asyncio.gather(*(accounts.count_attempts(["a", "b"], NOW + i, HOUR) for i in range(10)))
    assert sorted(one[0].n for one in counted) == list(range(1, 11)), "in whichever order they come"
    (behind,) = await accounts.count_attempts(["a"], NOW - CLOCK_SLACK_US, HOUR)
    assert behind.n == 11, "another server's clock is behind"
    (after,) = await accounts.count_attempts(["a"], NOW + 2 * HOUR, HOUR)
    assert (after.n, after.until_us) == (1, NOW + 3 * HOUR)
    (back,) = await accounts.count_attempts(["a"], NOW - DAY, HOUR)
    assert (back.n, back.until_us) == (1, NOW - DAY + HOUR), "the clock was set back: nobody waits for a day"
    await accounts.forget_attempts(["a", "never there"])
    assert (await accounts.count_attempts(["a"], NOW, HOUR))[0].n == 1


@pytest.mark.parametrize("question", [{"$regex": "."}, None])
async def test_what_is_no_text_is_refused_and_asks_the_database_nothing(accounts: Accounts, question: Any) -> None:
    calls = [
        accounts.user(question),
        accounts.user_by_email(question),
        accounts.key(question),
        accounts.invitation(question),
        accounts.use_invitation(question, "user", NOW),
        accounts.take_pairing(question, NOW),
        accounts.pairing_by_claim(question),
        accounts.ask_pairing(question, AskingDevice(name="x"), "claim", NOW),
        accounts.revoke(question, NOW),
        accounts.set_password(question, "x"),
        accounts.change_user(question, Change(disabled=True), NOW),
    ]
    for call in calls:
        with pytest.raises(InvalidData):
            await call


def passkey(credential: str = "abc", user: str = "one", **more: Any) -> Passkey:
    return Passkey(user=user, name="phone", credential=credential, public_key="key", made_us=NOW, **more)


async def test_a_passkey_is_found_by_its_credential_and_is_one_users(accounts: Accounts) -> None:
    mine, other = passkey(), passkey("def", "two")
    for one in (mine, other):
        await accounts.add_passkey(one)
    assert await accounts.passkey("abc") == mine
    assert await accounts.passkey("nothing") is None
    assert await accounts.passkeys("one") == [mine]
    assert len(await accounts.passkeys()) == 2
    with pytest.raises(Refused, match="not in use"):
        await accounts.add_passkey(passkey(user="two"))
    assert [await accounts.remove_passkey(mine.uid) for _ in range(2)] == [True, False]
    assert await accounts.passkey("abc") is None


@pytest.mark.parametrize(
    ("before", "count", "good"), [(0, 0, True), (0, 1, True), (4, 5, True), (4, 4, False), (4, 3, False), (4, 0, False)]
)
async def test_a_device_that_counts_counts_on(accounts: Accounts, before: int, count: int, good: bool) -> None:
    one = passkey(count=before)
    await accounts.add_passkey(one)
    assert await accounts.use_passkey(one.uid, count, NOW) is good
    found = await accounts.passkey("abc")
    assert found == (replace(one, count=count, used_us=NOW) if good else one)


async def test_of_two_uses_with_one_count_one_is_good(accounts: Accounts) -> None:
    one = passkey()
    await accounts.add_passkey(one)
    uses = await asyncio.gather(*(accounts.use_passkey(one.uid, 7, NOW) for _ in range(4)))
    assert sorted(uses) == [False, False, False, True]


@pytest.mark.parametrize(
    ("later", "good"), [(0, True), (CHALLENGE_US - 1, True), (CHALLENGE_US, False), (-HOUR, False)]
)
async def test_a_challenge_is_taken_once_and_in_time(accounts: Accounts, later: int, good: bool) -> None:
    asked = Challenge(hash="h", purpose="sign-in", said="{}", until_us=NOW + CHALLENGE_US)
    await accounts.add_challenge(asked)
    taken = await asyncio.gather(*(accounts.take_challenge("h", NOW + later) for _ in range(3)))
    assert sorted(taken, key=str) == sorted([asked if good else None, None, None], key=str)


async def test_a_request_to_be_erased_is_kept_once_and_answered_once(accounts: Accounts) -> None:
    asked = ErasureRequest(athlete="ada", workout="walk", by="user", made_us=NOW)
    every = ErasureRequest(athlete="ada", by="user", made_us=NOW + S)
    other = ErasureRequest(athlete="ben", by="user", made_us=NOW + S)
    assert [await accounts.ask_erasure(one) for one in (asked, every, other)] == [asked, every, other]
    again = ErasureRequest(athlete="ada", workout="walk", by="user", made_us=NOW + HOUR)
    assert await accounts.ask_erasure(again) == asked
    assert await accounts.erasures("ada") == [every, asked]
    assert len(await accounts.erasures()) == 3
    done = await accounts.answer_erasure(asked.uid, "declined", now_us=NOW + DAY, answer="a study needs it", by="boss")
    assert done == await accounts.erasure(asked.uid)
    assert (done.state, done.answer, done.answered_by, done.answered_us) == (
        "declined", "a study needs it", "boss", NOW + DAY,
    )  # fmt: skip
    with pytest.raises(Refused, match="answered it meanwhile"):
        await accounts.answer_erasure(asked.uid, "done", now_us=NOW + DAY)
    assert await accounts.ask_erasure(again) == again, "what was declined may be asked for again"
    with pytest.raises(NotFound):
        await accounts.erasure("nothing")
    with pytest.raises(NotFound):
        await accounts.answer_erasure("nothing", "done", now_us=NOW)


async def test_of_two_who_answer_at_once_one_is_refused(accounts: Accounts) -> None:
    one = await accounts.ask_erasure(ErasureRequest(athlete="ada", by="user", made_us=NOW))
    said = await asyncio.gather(
        *(accounts.answer_erasure(one.uid, state, now_us=NOW, by=state) for state in ("done", "declined")),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, Refused) for answer in said) == 1
    kept = await accounts.erasure(one.uid)
    assert kept.answered_by == kept.state


@pytest.mark.parametrize("bad", [{"athlete": ""}, {"workout": "x" * 65}, {"state": "erased"}, {"answer": "x" * 201}])
def test_a_request_that_cannot_be_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(InvalidData):
        ErasureRequest(**{"athlete": "ada", "by": "user", "made_us": NOW} | bad)


async def test_a_lab_has_the_name_that_it_was_given_last(accounts: Accounts) -> None:
    assert await accounts.lab() == ""
    for name, kept in (("Example sports lab", "Example sports lab"), ("  Ward 3 ", "Ward 3"), ("", "")):
        await accounts.name_lab(name)
        assert await accounts.lab() == kept
    with pytest.raises(InvalidData, match="lab"):
        await accounts.name_lab("x" * 201)
