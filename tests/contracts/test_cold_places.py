"""Places of cold storage: a directory, and a bucket of a real S3 server, do the same."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from archived import FRAMES, RUN, recorded
from bucket import BUCKET, BucketServer, running
from keyed import open_archive

from barograph.errors import FramesAway, SettingsError
from barograph.servers.embedded import Servers
from barograph.settings import load
from barograph.store.cold.places import MARK, Bucket, Directory, Place, place_of
from barograph.store.mongo.archive import MongoArchive
from barograph.store.reading import read_recording

DATA = bytes(range(256)) * 40_000  # more than fits into what S3 clients send at once


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BucketServer]:
    """An S3 server."""
    with running(tmp_path_factory.mktemp("s3")) as found:
        yield found


@pytest.fixture(params=["directory", "bucket", "whole bucket"])
def place(request: pytest.FixtureRequest, cold_place: Directory, server: BucketServer) -> Place:
    """Each place in turn."""
    if request.param == "directory":
        return cold_place
    found = place_of(server.settings(f"s3://{BUCKET}" if request.param == "whole bucket" else f"s3://{BUCKET}/a/b"))
    assert found is not None
    return found


async def test_a_file_is_kept_listed_and_removed(place: Place) -> None:
    await place.begin(new=True)
    await place.put("one/x-1", DATA)
    await place.put("one/x-1", DATA[:9])
    await place.put("two/x-2", DATA)
    assert await place.get("two/x-2") == DATA
    assert await place.names("one") == {"one/x-1": 9}
    assert await place.names("none") == {}
    assert {name: size for name, size in (await place.names()).items() if "x-" in name} == {
        "one/x-1": 9, "two/x-2": len(DATA),
    }  # fmt: skip
    with pytest.raises(FramesAway, match="not there"):
        await place.get("one/x-3")
    await place.remove(["one/x-1", "one/x-3", "two/x-2"])
    await place.remove([])
    assert await place.names("one") == await place.names("two") == {}
    await place.begin(new=False)


async def test_processes_that_begin_at_once_all_take_an_empty_directory_for_theirs(tmp_path: Path) -> None:
    for number in range(20):
        (root := tmp_path / str(number)).mkdir()
        await asyncio.gather(*(Directory(root).begin(new=True) for _ in range(8)))
        assert [path.name for path in root.iterdir()] == [MARK]


async def test_frames_in_a_bucket_are_read_and_go_with_their_session(
    servers: Servers, database: str, server: BucketServer
) -> None:
    archive = await open_archive(servers.mongo_url, database, place=place_of(server.settings()))
    try:
        archive.cold.wait_s = 0.0
        await recorded(archive)
        before = (await read_recording(archive, RUN)).frames.tobytes()
        await archive.cold.archive("run")
        archive.cold.forget("")
        assert (await read_recording(archive, RUN)).frames.tobytes() == before
        assert await archive.cold.check() == []
        assert (await archive.cold.state()).place == f"s3://{BUCKET}/frames at http://127.0.0.1:{server.port}"
        archive.cold.forget("")
        server.end()
        await _away(archive)
        server.start()
        assert (await read_recording(archive, RUN)).frames.tobytes() == before
        assert await archive.delete("run") is True
        assert list((server.data / BUCKET / "frames").rglob("*.parquet")) == []
        assert (await archive.cold.state()).leaving == 0
    finally:
        await archive.close()


async def _away(archive: MongoArchive) -> None:
    """What needs the bucket says so soon, and nothing else waits for it."""
    begun_s = time.monotonic()
    with pytest.raises(FramesAway, match="does not answer"):
        await read_recording(archive, RUN)
    assert time.monotonic() - begun_s < 10
    assert (await archive.workout("run")).frames == 2 * FRAMES


@pytest.mark.parametrize(("place", "secret", "why"), [
    (f"s3://{BUCKET}/frames", "another secret", "SignatureDoesNotMatch"),
    ("s3://nobody/frames", None, "NoSuchBucket"),
])  # fmt: skip
async def test_a_wrong_key_or_bucket_is_said_before_anything_is_moved(
    server: BucketServer, place: str, secret: str | None, why: str
) -> None:
    chosen = server.settings(place) if secret is None else server.settings(place, secret)
    with pytest.raises(FramesAway, match=why):
        await Bucket(chosen).begin(new=True)


def test_the_setting_of_a_place_is_a_directory_or_a_bucket(tmp_path: Path) -> None:
    assert place_of(load()) is None
    chosen = place_of(load(cold_storage=str(tmp_path)))
    assert isinstance(chosen, Directory)
    assert chosen.root == tmp_path
    for wrong in ("s3://", "gs://bucket", "https://host/bucket"):
        with pytest.raises(SettingsError, match="BAROGRAPH_COLD_STORAGE"):
            load(cold_storage=wrong)
