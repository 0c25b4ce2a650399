"""An athlete is erased whole: what goes, what stays, what a kill leaves, and what the receipt says."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from keyed import open_archive
from planted import ATHLETE, FRAMES, RUN, STATS, T0, TEXTS, plant
from pymongo import MongoClient

from barograph.errors import Gone, NotFound, Refused
from barograph.frames import Block, Stream
from barograph.servers.embedded import Servers
from barograph.store import departing
from barograph.store.account_records import Invitation, Session, StoredShare, User
from barograph.store.departing import depart, go_on
from barograph.store.erasure_requests import ErasureRequest
from barograph.store.master_key import KeyFile
from barograph.store.mongo import departures as mongo_departures
from barograph.store.mongo.archive import MongoArchive
from barograph.store.mongo.receipts import MongoReceipts
from barograph.store.mongo.sealed import sealed_archive
from barograph.store.ports import About, Archive, Live
from barograph.store.receipts import Receipt
from barograph.store.redis import RedisLive
from barograph.store.roster import Athlete, Measurement
from barograph.store.test_days import DayEntry

NOW_US = time.time_ns() // 1000
DAY_US = 86_400_000_000
LATER = 1 << 60


class Killed(BaseException):
    """Ends what a process does where a kill would."""


async def lab(archive: Archive, live: Live) -> tuple[Athlete, Athlete]:
    """Somebody who leaves something in every place that there is, and somebody else with a session and a sign-in."""
    planted = await planted_in(archive, live)
    other = await archive.roster.add(Athlete("Other Person", measurements=ATHLETE.measurements), now_us=NOW_US)
    stream = Stream("other-run", "left")
    await archive.open(stream, epoch="two", numbered=True, now_us=NOW_US, about=About("Other Person", "gait"))
    await archive.fix_layout(stream, (await archive.stream_info(RUN)).layout, ("total",), 1)
    await archive.append([(stream, Block(0, 0, NOW_US + 10_000 * np.arange(20), NOW_US, FRAMES + 1, STATS))])
    day = (await archive.test_days.newest())[0]
    await archive.test_days.change(day.id, lambda one: replace(one, queue=(*one.queue, DayEntry(other.uid, 2))))
    await people(archive, planted, other)
    return planted, other


async def planted_in(archive: Archive, live: Live) -> Athlete:
    planted = await plant(archive, live)  # type: ignore[arg-type]
    await archive.mark(RUN, 0, next_seq=20, frames=20, first_us=T0, last_us=T0 + 190_000, now_us=NOW_US)
    return planted


async def people(archive: Archive, planted: Athlete, other: Athlete) -> None:
    """Sign-ins, invitations, links and requests of both."""
    run = await archive.workout("run")
    for athlete, name, roles in (
        (planted, "planted.login", {"athlete"}), (planted, "planted.coach", {"athlete", "scientist"}),
        (other, "other.login", {"athlete"}),
    ):  # fmt: skip
        user = User(email=f"{name}@lab.example", name=f"Name of {name}", roles=frozenset(roles), password_hash="h",
                    athlete=athlete.uid, made_us=NOW_US)  # type: ignore[arg-type]  # fmt: skip
        await archive.accounts.add_user(user)
        await archive.accounts.add_key(
            Session(hash=f"session of {name}", user=user.uid, made_us=NOW_US, until_us=NOW_US + DAY_US, used_us=NOW_US)
        )
    invited = Invitation(hash="invited", email="planted.invited@lab.example", roles=frozenset({"athlete"}),
                         athlete=planted.uid, made_us=NOW_US, until_us=NOW_US + DAY_US)  # fmt: skip
    await archive.accounts.add_invitation(invited)
    link = StoredShare(hash="link", name="planted link", view="live", workout=run.uid, made_us=NOW_US,
                       until_us=NOW_US + DAY_US)  # fmt: skip
    await archive.accounts.add_key(link)
    await archive.accounts.ask_erasure(ErasureRequest(athlete=planted.uid, by="u", made_us=NOW_US))


async def erase(archive: Archive, live: Live | None, uid: str) -> Receipt:
    receipt = await depart(archive, live, await archive.departures.begin(uid, NOW_US))
    assert receipt is not None
    return receipt


async def of_other(archive: Archive, other: Athlete) -> Any:
    """All that is stored of somebody else."""
    stream = Stream("other-run", "left")
    keys = await archive.keys(stream)
    blocks = await archive.load(stream, keys, range(len(keys)))
    said = [(one.frames.tobytes(), one.times_us.tolist(), one.seq) for one in blocks]
    user = await archive.accounts.user_by_email("other.login@lab.example")
    return said, await archive.workout("other-run"), await archive.roster.athlete(other.uid), user


async def require_gone(archive: Archive, planted: Athlete, other: Athlete) -> None:
    for name in ("run", "walk"):
        with pytest.raises(NotFound):
            await archive.workout(name)
    with pytest.raises(NotFound):
        await archive.roster.athlete(planted.uid)
    assert [one.uid for one in await archive.roster.athletes()] == [other.uid]
    assert await archive.roster.match("Planted Name") == []
    assert (await archive.test_days.newest())[0].athletes == {other.uid}
    users = {one.email: one for one in await archive.accounts.users()}
    assert not any("planted.login" in email for email in users)
    gone = next(one for one in users.values() if not one.enabled)
    assert (gone.name, gone.password_hash, gone.athlete) == ("erased", "", "")
    coach = users["planted.coach@lab.example"]
    assert (coach.roles, coach.athlete, coach.enabled) == (frozenset({"scientist"}), "", True)
    (invitation,) = await archive.accounts.invitations()
    assert (invitation.email, invitation.athlete, invitation.open(NOW_US)) == ("", "", False)
    (link,) = await archive.accounts.shares()
    assert (link.name, link.stands(NOW_US)) == ("erased", False)
    assert {one.state for one in await archive.accounts.erasures(planted.uid)} == {"done"}
    assert await archive.departures.waiting(LATER) == []


async def test_all_of_an_athlete_goes_and_nothing_of_anybody_else(archive: Archive, live: Live) -> None:
    planted, other = await lab(archive, live)
    before = await of_other(archive, other)
    counts = await archive.departures.counts(planted.uid)
    said = {name: counts[name] for name in ("sessions", "frames", "measurements", "consents", "goals", "days",
                                            "accounts", "invitations", "links", "requests", "waiting")}  # fmt: skip
    assert said == {"sessions": 2, "frames": 20, "measurements": 1, "consents": 1, "goals": 1, "days": 1, "accounts": 2,
                    "invitations": 1, "links": 1, "requests": 1, "waiting": 0}  # fmt: skip
    receipt = await erase(archive, live, planted.uid)
    await require_gone(archive, planted, other)
    assert await of_other(archive, other) == before
    assert await live.recent(RUN, 3600) == []
    assert {name: receipt.counts[name] for name in said if name != "waiting"} == {
        name: n for name, n in said.items() if name != "waiting"
    }
    await archive.departures.sweep(LATER)
    assert await of_other(archive, other) == before


async def test_a_receipt_says_what_went_and_not_of_whom_and_its_hash_is_in_the_log(
    archive: Archive, live: Live
) -> None:
    planted, _ = await lab(archive, live)
    receipt = await erase(archive, live, planted.uid)
    assert await archive.receipts.one(receipt.uid) == receipt
    said = json.loads(receipt.to_json())
    assert all(word not in receipt.to_json() for word in (*TEXTS, planted.uid, planted.short_id, "walk"))
    digest = said.pop("sha256")
    packed = json.dumps(said, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    assert hashlib.sha256(packed.encode()).hexdigest() == digest == receipt.hash
    entries = [one for one in await archive.audit.entries() if one.kind == "receipt"]
    assert [(one.uid, one.reason, one.athlete) for one in entries] == [(receipt.uid, f"sha256 {digest}", "")]
    assert [one.what for one in await archive.receipts.newest()].count("athlete") == 1
    with pytest.raises(NotFound):
        await archive.receipts.one("0" * 32)


async def test_erasing_a_session_leaves_a_receipt_too(archive: Archive, live: Live) -> None:
    await planted_in(archive, live)
    uid = (await archive.workout("run")).uid
    assert await archive.receipts.of_session(uid) is None
    await archive.delete("run")
    receipt = await archive.receipts.of_session(uid)
    assert receipt is not None
    assert (receipt.what, receipt.counts["frames"], receipt.counts["markers"]) == ("session", 20, 1)
    await archive.sweep(LATER)
    assert await archive.receipts.of_session(uid) == receipt


async def test_of_an_athlete_who_is_not_there_nothing_is_begun(archive: Archive) -> None:
    for ask in (archive.departures.counts("0" * 32), archive.departures.begin("0" * 32, NOW_US)):
        with pytest.raises(NotFound):
            await ask
    assert await archive.departures.waiting(LATER) == []


async def test_two_who_erase_the_same_athlete_do_one_erasure(archive: Archive, live: Live) -> None:
    planted, _ = await lab(archive, live)
    one, again = [await archive.departures.begin(planted.uid, NOW_US + n) for n in (0, 1)]
    assert one == again
    made = [await depart(archive, live, each) for each in (one, again)]
    assert made[0] == made[1]
    assert len([each for each in await archive.receipts.newest() if each.what == "athlete"]) == 1


@pytest.fixture
def stored(servers: Servers, database: str) -> Iterator[Any]:
    """The database of this test, as MongoDB has it."""
    with MongoClient[dict[str, Any]](servers.mongo_url) as client:
        yield client[database]


STEPS: dict[str, tuple[Any, str]] = {
    "record": (mongo_departures.MongoDepartures, "record"),
    "accounts": (mongo_departures, "forget_athlete"),
    "a session": (mongo_departures.MongoDepartures, "erase"),
    "documents of a session": (MongoArchive, "_clear"),
    "its receipt": (MongoReceipts, "keep"),
    "keys": (mongo_departures, "destroy"),
    "receipt": (mongo_departures.MongoDepartures, "finish"),
    "end": (mongo_departures.MongoDepartures, "close"),
}


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("step", STEPS)
async def test_what_a_kill_leaves_is_gone_on_with(
    mongo_archive: MongoArchive, redis_live: RedisLive, servers: Servers, database: str, stored: Any, step: str,
    after: bool, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    planted, other = await lab(mongo_archive, redis_live)
    before = await of_other(mongo_archive, other)
    (of, name), killed = STEPS[step], []
    real = getattr(of, name)

    async def kill(*given: Any, **named: Any) -> Any:
        if killed:
            return await real(*given, **named)
        killed.append(step)
        if after:
            await real(*given, **named)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(of, name, kill)
        with pytest.raises(Killed):
            await erase(mongo_archive, redis_live, planted.uid)
    again = await open_archive(servers.mongo_url, database, 20.0)
    try:
        await go_on(again, redis_live, after_s=-1.0, swept_after_s=60.0)
        await require_gone(again, planted, other)
        assert await of_other(again, other) == before
        (receipt,) = [one for one in await again.receipts.newest() if one.what == "athlete"]
        counted = {name: receipt.counts[name] for name in ("sessions", "frames", "accounts", "links", "measurements")}
        assert counted == {"sessions": 2, "frames": 20, "accounts": 2, "links": 1, "measurements": 1}
        await again.departures.sweep(LATER)
    finally:
        await again.close()
    assert stored.departures.count_documents({}) == stored.erased.count_documents({"a": {"$exists": True}}) == 0


async def test_what_lands_late_is_swept_and_then_nothing_says_whose_it_was(
    mongo_archive: MongoArchive, redis_live: RedisLive, stored: Any
) -> None:
    planted, other = await lab(mongo_archive, redis_live)
    await erase(mongo_archive, redis_live, planted.uid)
    await mongo_archive.note("late", now_us=NOW_US)  # by a process that looked up whose it is just before
    stored.workouts.update_one({"_id": "late"}, {"$set": {"athlete_uid": planted.uid}})
    await mongo_archive.departures.sweep(0)
    assert (await mongo_archive.workout("late")).uid, "it is not that old"
    await mongo_archive.departures.sweep(LATER)
    with pytest.raises(Gone):
        await mongo_archive.note("late", now_us=NOW_US)
    for name in stored.list_collection_names(filter={"type": "collection"}):
        if name not in ("audit", "seal_keys", "erasures", "system.views"):
            assert [one for one in stored[name].find() if planted.uid in repr(one)] == [], name
    assert (await mongo_archive.workout("other-run")).athlete_uid == other.uid


async def test_an_athlete_into_whom_another_goes_at_the_moment_is_not_erased(
    mongo_archive: MongoArchive, stored: Any
) -> None:
    kept, other = [await mongo_archive.roster.add(Athlete(name), now_us=NOW_US) for name in ("Kept", "Other")]
    claim = {"id": "claim", "uid": other.uid, "at_us": NOW_US}
    stored.athletes.update_one({"_id": kept.uid}, {"$push": {"absorbing": claim}})
    with pytest.raises(Refused, match="another record goes into this one"):
        await mongo_archive.departures.begin(kept.uid, NOW_US)
    assert await mongo_archive.departures.begin(kept.uid, NOW_US + 120_000_000), "that one was left by a crash"


async def test_a_record_that_was_to_go_into_an_erased_one_stays(
    mongo_archive: MongoArchive, redis_live: RedisLive, stored: Any
) -> None:
    kept, other = [await mongo_archive.roster.add(Athlete(name), now_us=NOW_US) for name in ("Kept", "Other")]
    one = await mongo_archive.departures.begin(kept.uid, NOW_US)
    pending = {"$set": {"into": kept.uid, "pending": True, "at_us": NOW_US}}
    assert await depart(mongo_archive, redis_live, one)
    stored.athletes.update_one({"_id": other.uid}, pending)
    for _ in range(2):
        assert [each.name for each in await mongo_archive.roster.athletes()] == ["Other"]


async def test_merged_records_go_with_the_one_that_stayed(
    mongo_archive: MongoArchive, redis_live: RedisLive, stored: Any
) -> None:
    kept = await mongo_archive.roster.add(Athlete("Kept"), now_us=NOW_US)
    gone = await mongo_archive.roster.add(
        Athlete("Gone", measurements=(Measurement("mass_kg", 61.0, NOW_US, "scale"),)), now_us=NOW_US
    )
    await mongo_archive.note("early", now_us=NOW_US, about=About("Gone"))
    await mongo_archive.roster.merge(kept.uid, gone.uid, now_us=NOW_US)
    receipt = await erase(mongo_archive, redis_live, gone.uid)
    assert (receipt.counts["sessions"], receipt.counts["measurements"], receipt.counts["keys"]) == (1, 1, 3)
    assert stored.athletes.count_documents({}) == 0
    assert stored.seal_keys.count_documents({"by": {"$exists": True}}) == 1, "the key of compared names alone"


@pytest.fixture
async def own(servers: Servers, database: str, tmp_path: Path) -> AsyncIterator[Callable[[], Any]]:
    """Opens archives under a master key of this test's own; by itself erasing replaces it."""
    opened: list[MongoArchive] = []

    async def open_one() -> MongoArchive:
        service = KeyFile(tmp_path / "master.key", may_make=True)
        opened.append(await sealed_archive(servers.mongo_url, database, 20.0, service))
        opened[-1].departures.rotates = True
        return opened[-1]

    yield open_one
    for one in opened:
        await one.close()


async def test_the_master_key_is_replaced_and_copies_from_before_are_ciphertext(
    own: Callable[[], Any], redis_live: RedisLive, tmp_path: Path
) -> None:
    archive, other_process = await own(), await own()
    planted, other = await lab(archive, redis_live)
    before, old = await of_other(archive, other), (tmp_path / "master.key").read_bytes()
    receipt = await erase(archive, redis_live, planted.uid)
    assert receipt.master_key == "replaced"
    assert not any(_key_in(old).encode() in file for file in files_in(tmp_path))
    for one in (archive, other_process, await own()):
        assert await of_other(one, other) == before


def files_in(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


def _key_in(file: bytes) -> str:
    said = json.loads(file)
    return str(said["keys"][said["current"]])


async def test_a_master_key_that_cannot_be_replaced_is_said_and_the_rest_is_done(
    own: Callable[[], Any], redis_live: RedisLive, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = await own()
    planted, other = await lab(archive, redis_live)

    def refuse(*_: Any) -> None:
        raise OSError("read-only")

    monkeypatch.setattr(KeyFile, "changing", refuse)
    receipt = await erase(archive, redis_live, planted.uid)
    assert receipt.master_key == "kept"
    await require_gone(archive, planted, other)


async def test_a_process_that_may_not_read_names_leaves_the_record_to_another(
    mongo_archive: MongoArchive, redis_live: RedisLive, servers: Servers, database: str
) -> None:
    planted, other = await lab(mongo_archive, redis_live)
    service = await open_archive(servers.mongo_url, database, 20.0)
    try:
        service.roster.names = False
        one = await service.departures.begin(planted.uid, NOW_US)
        assert await depart(service, redis_live, one) is None
        with pytest.raises(NotFound):
            await service.workout("run")
        assert (await mongo_archive.roster.athlete(planted.uid)).name == "Planted Name"
        await go_on(mongo_archive, redis_live, after_s=-1.0)
        await require_gone(mongo_archive, planted, other)
    finally:
        await service.close()


async def test_a_look_that_fails_is_said_and_the_next_one_goes_on(
    mongo_archive: MongoArchive,
    redis_live: RedisLive,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    planted, other = await lab(mongo_archive, redis_live)
    await mongo_archive.departures.begin(planted.uid, 0)
    looking, told = departing.Departing(mongo_archive, redis_live, lambda: _told(told)), list[int]()

    async def busy(*_: Any) -> None:
        raise Refused("busy", "test day: others change it all the time")

    with monkeypatch.context() as patch:
        patch.setattr(mongo_archive.test_days, "forget", busy)
        await looking.look()
    assert "an erasure waits" in caplog.text
    assert told == []
    await looking.look()
    await require_gone(mongo_archive, planted, other)
    assert told == [1]


async def _told(told: list[int]) -> None:
    told.append(1)
