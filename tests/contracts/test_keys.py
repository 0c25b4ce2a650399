"""Keys: what a copy of MongoDB's files shows, what is noticed, and what is refused without the master key."""

from __future__ import annotations

import base64
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from planted import ATHLETE, FRAMES, LAYOUT, NEEDLES, PEOPLE, RUN, STATS, T0, plant, plant_people
from pymongo import MongoClient

from barograph.codec import compress
from barograph.errors import SettingsError, Unreadable
from barograph.frames import Block
from barograph.servers.embedded import Servers, temporary_servers
from barograph.store.master_key import KeyFile, Wrapped
from barograph.store.mongo.archive import MongoArchive
from barograph.store.mongo.sealed import sealed_archive
from barograph.store.ports import About, Marker
from barograph.store.reading import read_recording
from barograph.store.redis import RedisLive
from barograph.store.search import Query


@dataclass(frozen=True)
class Chosen:
    """A database, and the file of its master key, which is not there yet."""

    database: str
    path: Path
    may_make: bool = True

    async def opened(self, url: str) -> MongoArchive:
        return await sealed_archive(url, self.database, 20.0, KeyFile(self.path, may_make=self.may_make))


@pytest.fixture
def chosen(tmp_path: Path, database: str) -> Chosen:
    """The database of this test and a file in a data directory that is not there yet."""
    return Chosen(database, tmp_path / "data" / "master.key")


@pytest.fixture
async def archive(servers: Servers, chosen: Chosen) -> AsyncIterator[MongoArchive]:
    """An archive as the servers open it."""
    opened = await chosen.opened(servers.mongo_url)
    yield opened
    await opened.close()


async def record(archive: MongoArchive) -> None:
    await archive.note("run", now_us=T0, about=About("Planted Name", "gait", 70.0))
    await archive.open(RUN, epoch="one", numbered=True, now_us=T0)
    await archive.fix_layout(RUN, LAYOUT, ("total",), 1)
    await archive.append([(RUN, Block(0, 0, T0 + 10_000 * np.arange(20), T0, FRAMES, STATS))])


async def test_a_copy_of_the_files_of_mongodb_shows_nothing(tmp_path: Path) -> None:
    (tmp_path / "servers").mkdir()
    with temporary_servers(tmp_path / "servers") as running:
        chosen = Chosen("copied", tmp_path / "data" / "master.key")
        archive = await chosen.opened(running.mongo_url)
        live = await RedisLive.connect(running.redis_url, sealing=archive.sealing)
        athlete = await plant(archive, live)
        await plant_people(archive, athlete.uid, (await archive.workout("run")).uid)
        await archive.close()
        await live.close()
        with MongoClient[dict[str, object]](running.mongo_url) as client:
            client["copied"]["plain"].insert_one({"x": b"found where it is not sealed"})
            client.admin.command("fsync")
        shutil.copytree(tmp_path / "servers", tmp_path / "copy", ignore=shutil.ignore_patterns("*.sock", "*.lock"))
    files = [path.read_bytes() for path in (tmp_path / "copy").rglob("*") if path.is_file()]
    packed = {**NEEDLES, **PEOPLE, "a packed block": compress(FRAMES.tobytes())}
    needles = packed | {f"{what}, base64": base64.b64encode(needle)[4:-4] for what, needle in packed.items()}
    master = chosen.path.read_bytes()
    assert any(b"found where it is not sealed" in file for file in files), (
        "the journal is packed, or this looks elsewhere"
    )
    assert [what for what, needle in needles.items() if len(needle) > 4 and any(needle in file for file in files)] == []
    assert not any(master in file for file in files)


async def test_another_process_reads_what_one_wrote(archive: MongoArchive, servers: Servers, chosen: Chosen) -> None:
    other = await chosen.opened(servers.mongo_url)
    await record(archive)
    athlete = await archive.roster.add(ATHLETE, now_us=T0)
    for one in (other, await chosen.opened(servers.mongo_url)):
        assert np.array_equal((await read_recording(one, RUN)).frames, FRAMES)
        assert (await one.workout("run")).about.athlete == "Planted Name"
        assert (await one.roster.athlete(athlete.uid)).notes == "planted notes"
        assert [found.workout_id for found in (await one.search(Query(text="planted name")))[0]] == ["run"]
        await one.close()
    assert (chosen.path).stat().st_mode & 0o777 == 0o600


async def test_a_changed_value_and_one_of_somebody_else_are_noticed(
    archive: MongoArchive, servers: Servers, chosen: Chosen
) -> None:
    await record(archive)
    await archive.note("other", now_us=T0, about=About("Somebody Else", "gait", 70.0))
    await archive.add_marker("run", Marker(T0, "planted marker"))
    with MongoClient[dict[str, bytes]](servers.mongo_url) as client:
        workouts, markers = client[chosen.database]["workouts"], client[chosen.database]["markers"]
        theirs = (workouts.find_one({"_id": "other"}) or {})["athlete"]
        workouts.update_one({"_id": "run"}, {"$set": {"athlete": theirs}})
        label = (markers.find_one() or {})["label"]
        markers.update_one({}, {"$set": {"label": label[:-1] + bytes([label[-1] ^ 1])}})
        with pytest.raises(Unreadable, match="was changed, or belongs to something else"):
            await archive.workout("run")
        with pytest.raises(Unreadable, match=r"markers\.label of workout"):
            await archive.markers("run")
        # As a value of the same workout in another field.
        workouts.update_one({"_id": "run"}, {"$set": {"athlete": label}})
        with pytest.raises(Unreadable):
            await archive.workout("run")


@pytest.mark.parametrize("lost", ["gone", "another", "empty"])
async def test_without_its_master_key_a_database_is_refused_and_no_key_is_made(
    lost: str, archive: MongoArchive, servers: Servers, chosen: Chosen, tmp_path: Path
) -> None:
    await record(archive)
    path = chosen.path
    kept = path.read_bytes()
    path.unlink()
    if lost == "another":
        KeyFile(path, may_make=True).wrap(b"x" * 32, b"")
    elif lost == "empty":
        path.touch(0o600)
    before = path.read_bytes() if path.exists() else None
    with pytest.raises(SettingsError, match=r"master\.key: .*(Restore this file|restore the file)"):
        await chosen.opened(servers.mongo_url)
    assert (path.read_bytes() if path.exists() else None) == before
    path.write_bytes(kept)
    path.chmod(0o600)
    again = await chosen.opened(servers.mongo_url)
    assert np.array_equal((await read_recording(again, RUN)).frames, FRAMES)
    await again.close()


async def test_a_named_file_is_never_made_and_may_be_read_by_its_owner_alone(
    servers: Servers, chosen: Chosen, tmp_path: Path
) -> None:
    named = Chosen(chosen.database, tmp_path / "mounted.key", may_make=False)
    with pytest.raises(SettingsError, match="there is no master key"):
        await named.opened(servers.mongo_url)
    KeyFile(tmp_path / "mounted.key", may_make=True).wrap(b"x" * 32, b"")
    archive = await named.opened(servers.mongo_url)
    await record(archive)
    await archive.close()
    (tmp_path / "mounted.key").chmod(0o644)
    with pytest.raises(SettingsError, match="only its owner can read"):
        await named.opened(servers.mongo_url)


async def test_erasing_destroys_the_key_and_an_old_copy_stays_ciphertext(
    archive: MongoArchive, servers: Servers, chosen: Chosen
) -> None:
    await record(archive)
    with MongoClient[dict[str, object]](servers.mongo_url) as client:
        stored = client[chosen.database]
        copies = {name: list(stored[name].find()) for name in ("frames", "workouts", "streams")}
        await archive.delete("run")
        keys = {str(one["_id"]): one for one in stored["seal_keys"].find()}
        (gone,) = (one for name, one in keys.items() if name.startswith("workout "))
        assert "key" not in gone
        assert "destroyed_us" in gone
        for name, documents in copies.items():
            stored[name].delete_many({})
            stored[name].insert_many(documents)
    other = await chosen.opened(servers.mongo_url)
    with pytest.raises(Unreadable, match="was destroyed: it was erased"):
        await read_recording(other, RUN)
    await other.close()


async def test_names_of_an_earlier_version_are_sealed_and_found(
    servers: Servers, new_database: str, tmp_path: Path
) -> None:
    chosen = Chosen(new_database, tmp_path / "master.key")
    unsealed = await MongoArchive.connect(servers.mongo_url, new_database, 20.0)
    await record(unsealed)
    athlete = await unsealed.roster.add(replace(ATHLETE, name="Planted Name"), now_us=T0)
    await unsealed.note("walk", now_us=T0, about=About("Planted Stranger"))
    await unsealed.note("sit", now_us=T0, about=About("Planted Nobody"))
    await unsealed.roster.dismiss("Planted Nobody", now_us=T0)
    await unsealed.add_marker("run", Marker(T0, "planted marker"))
    await unsealed.close()
    for _ in range(2):
        archive = await chosen.opened(servers.mongo_url)
        assert np.array_equal((await read_recording(archive, RUN)).frames, FRAMES), (
            "frames are read as they were stored"
        )
        assert (await archive.workout("run")).about.athlete == "Planted Name"
        assert await archive.markers("run") == [Marker(T0, "planted marker")]
        await archive.add_marker("run", Marker(T0, "planted marker"))
        assert len(await archive.markers("run")) == 1
        assert await archive.roster.owner_of("planted alias") == athlete.uid
        assert [one.text for one in await archive.roster.proposals(dismissed=True)] == ["Planted Nobody"]
        await archive.close()
    with MongoClient[dict[str, object]](servers.mongo_url) as client:
        stored = client[chosen.database]
        said = repr([list(stored[name].find()) for name in ("workouts", "athletes", "markers", "dismissals")]).lower()
    assert "planted" not in said


def test_a_wrapped_key_opens_for_what_it_is_of_alone(tmp_path: Path) -> None:
    service = KeyFile(tmp_path / "master.key", may_make=True)
    wrapped = service.wrap(b"k" * 32, b"workout a")
    assert service.unwrap(wrapped, b"workout a") == b"k" * 32
    for about, key in ((b"workout b", wrapped.key), (b"workout a", wrapped.key[:-1]), (b"workout a", b"")):
        with pytest.raises(Unreadable):
            service.unwrap(Wrapped(wrapped.by, key), about)
    assert KeyFile(tmp_path / "master.key", may_make=False).unwrap(wrapped, b"workout a") == b"k" * 32
