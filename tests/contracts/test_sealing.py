"""Nothing of a person goes around the sealing: what was planted stands in no document of MongoDB, nor in Redis."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient
from redis import Redis
from sealed import NotingSealer

from barograph import protocols
from barograph.codec import compress
from barograph.frames import Block, Layout, Stream
from barograph.servers.embedded import Servers
from barograph.store.calibration_records import Made, new_record
from barograph.store.mongo.archive import MongoArchive
from barograph.store.ports import About, FinalPart, Marker, Rejected
from barograph.store.reading import read_recording
from barograph.store.redis import RedisLive
from barograph.store.rollups import refresh, rows
from barograph.store.roster import Athlete, Consent, Involved, Measurement, text_key
from barograph.store.sealing import PLAIN, Owner, Sealed, Sealing
from barograph.store.search import Query
from barograph.store.summaries import Summary
from barograph.store.trials import NewTrial, Quality

T0 = 1_700_000_000_000_000
RUN = Stream("run", "left")
LAYOUT = Layout(rows=8, cols=4, dtype="float32")
FRAMES = np.random.default_rng(11).random((20, 8, 4)).astype("<f4")
STATS = np.random.default_rng(12).random((20, 1)).astype("<f4")
MASS = 61.40625
ATHLETE = Athlete(
    "Planted Name", sex="F", born="1991-02-03", dominant="left", shoe="planted shoe", notes="planted notes",
    aliases=("Planted Alias",), involved=(Involved("left", what="planted injury"),),
    consents=(Consent("planted consent", "2026-01-02", by="planted witness", form="planted form"),),
    measurements=(Measurement("mass_kg", MASS, T0, "planted scale"),),
)  # fmt: skip
TEXTS = (
    "Planted Name", "Planted Alias", "Planted Stranger", "Planted Nobody", "1991-02-03", "planted shoe",
    "planted notes", "planted injury", "planted consent", "planted witness", "planted form", "planted scale",
    "planted marker", "planted origin", "planted refusal",
)  # fmt: skip
NEEDLES = {
    **{text: text.encode() for text in TEXTS},
    **{f"key of {text}": text_key(text).encode() for text in TEXTS[:4]},
    "a mass": np.float64(MASS).tobytes(),
    "a matrix": FRAMES[7].tobytes(),
    "statistics": STATS.T.tobytes(),
    "the largest total as text": np.float64(STATS.max()).tobytes(),
    "a map": FRAMES.max(axis=0).tobytes(),
    "a final series": b"planted digests",
    "refused bytes": b"planted bytes",
    "a summary": b"planted numbers",
}


async def plant(archive: MongoArchive, live: RedisLive) -> Athlete:
    """Store what a person leaves behind, in every place that there is."""
    athlete = await archive.roster.add(ATHLETE, now_us=T0)
    for name, said in (("run", "Planted Name"), ("walk", "Planted Stranger"), ("sit", "Planted Nobody")):
        await archive.note(name, now_us=T0, about=About(said, "gait", MASS, ("tag",)))
    await archive.open(RUN, epoch="one", numbered=True, now_us=T0)
    await archive.fix_layout(RUN, LAYOUT, ("total",), 1)
    record = new_record(LAYOUT, LAYOUT, Made("known mass", "planted source"), "", T0)
    await archive.calibrate(RUN, LAYOUT, ("total",), now_us=T0, record=record)
    await archive.append([(RUN, Block(0, 0, T0 + 10_000 * np.arange(20), T0, FRAMES, STATS))])
    await refresh(archive, RUN, now_us=time.time_ns() // 1000 + 1_000_000, grace_s=0.0)
    await archive.add_marker("run", Marker(T0, "planted marker"))
    await archive.reject(RUN, 0, Rejected("left", 90, 1, "bad_field", "planted refusal", T0, b"planted bytes"))
    await archive.add_final(RUN, "series", FinalPart(0, 1, b"planted digests", b"planted bytes"))
    await archive.keep_origin(RUN, 0, '{"file": "planted origin"}')
    run = await archive.workout("run")
    await archive.summaries.take(run, "worker", 30.0)
    table = Summary("run", run.uid, "session", "of", "1", T0, rows=b"planted numbers")
    await archive.summaries.keep(run, [table], "worker")
    found = (Quality("flight_seen", True, "planted finding"),)
    trial = NewTrial(protocols.named("cmj"), T0, T0 + 1, state="rejected", reason="planted trial", quality=found)
    await archive.trials.add("run", trial, now_us=T0)
    await archive.roster.confirm("Planted Stranger", athlete.uid, now_us=T0)
    await archive.roster.dismiss("Planted Nobody", now_us=T0)
    await live.publish([(RUN, b"header of planted marker" + FRAMES.tobytes())])
    return athlete


def everything(servers: Servers, database: str) -> Iterator[bytes]:
    """Yield every document and every entry as its bytes."""
    with MongoClient[RawBSONDocument](servers.mongo_url, document_class=RawBSONDocument) as client:
        for name in client[database].list_collection_names(filter={"name": {"$not": {"$regex": "^system"}}}):
            yield from (document.raw for document in client[database][name].find())
    with Redis.from_url(servers.redis_url) as client:
        for key in client.scan_iter():
            yield from (value for _, fields in client.xrange(key) for value in fields.values())


def found(servers: Servers, database: str) -> set[str]:
    """Return what of the planted is to be read."""
    packed = {**NEEDLES, "a packed block": compress(FRAMES.tobytes())}
    return {what for stored in everything(servers, database) for what, needle in packed.items() if needle in stored}


@pytest.fixture
def sealer() -> NotingSealer:
    return NotingSealer()


@pytest.fixture(params=["plain", "sealed"])
async def stores(request: Any, sealer: NotingSealer, servers: Servers, database: str) -> Any:
    """An archive and a feed, both sealed or both plain."""
    sealing: Sealing = Sealed(sealer) if request.param == "sealed" else PLAIN
    archive = await MongoArchive.connect(servers.mongo_url, database, 20.0, sealing=sealing)
    live = await RedisLive.connect(servers.redis_url, 5.0, sealing=sealing)
    yield archive, live, sealing
    await live.forget([RUN])
    await live.close()
    await archive.close()


async def test_what_was_planted_is_nowhere_to_be_read_when_it_is_sealed(
    stores: Any, sealer: NotingSealer, servers: Servers, database: str
) -> None:
    archive, live, sealing = stores
    athlete = await plant(archive, live)
    if sealing is PLAIN:
        missed = NEEDLES.keys() - found(servers, database)
        assert missed == set(), "each of these is found where nothing is sealed, or the test looks for the wrong thing"
        return
    assert found(servers, database) == set()
    uids = await archive.uids(["run", "walk", "sit"])
    assert sealer.owners.keys() == {
        Owner("athlete", athlete.uid), Owner("feed"), *(Owner("workout", uid) for uid in uids.values()),
    }  # fmt: skip
    # And it is all read again.
    recording = await read_recording(archive, RUN)
    assert np.array_equal(recording.frames, FRAMES)
    (row,) = await rows(archive, await archive.stream_info(RUN))
    assert row.n == 20
    assert np.array_equal(row.peak, FRAMES.max(axis=0))
    assert await archive.markers("run") == [Marker(T0, "planted marker")]
    assert [(one.message, one.data) for one in await archive.rejected("run")] == [("planted refusal", b"planted bytes")]
    assert (await archive.final_part("series", 0)).digests == b"planted digests"
    assert await archive.origins(RUN) == {0: '{"file": "planted origin"}'}
    assert [one.made.source for one in await archive.calibrations(RUN)] == ["planted source"]
    (trial,) = await archive.trials.of("run")
    assert (trial.reason, trial.quality[0].found) == ("planted trial", "planted finding")
    assert "trials.x" in sealer.owners[Owner("workout", uids["run"])]
    assert [one.text for one in await archive.roster.proposals(dismissed=True)] == ["Planted Nobody"]
    kept = await archive.roster.athlete(athlete.uid)
    assert (kept.name, kept.notes, kept.aliases) == (
        "Planted Name",
        "planted notes",
        ("Planted Alias", "Planted Stranger"),
    )
    assert [one.workout_id for one in (await archive.search(Query(text="d stranger")))[0]] == ["walk"]
    assert (await archive.known_values()).athletes == ("Planted Name", "Planted Nobody", "Planted Stranger")
    (entry,) = await live.recent(RUN, 60.0)
    assert entry.message.startswith(b"header of planted marker")
