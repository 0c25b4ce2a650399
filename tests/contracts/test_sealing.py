"""Nothing of a person goes around the sealing: what was planted stands in no document of MongoDB, nor in Redis."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from planted import FRAMES, NEEDLES, RUN, T0, found, plant
from sealed import NotingSealer

from barograph.servers.embedded import Servers
from barograph.store.mongo.archive import MongoArchive
from barograph.store.ports import Marker
from barograph.store.reading import read_recording
from barograph.store.redis import RedisLive
from barograph.store.rollups import rows
from barograph.store.sealing import PLAIN, Owner, Sealed, Sealing
from barograph.store.search import Query


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
    (day,) = await archive.test_days.newest()
    assert day.title == "planted day"
    assert sealer.owners.keys() == {
        Owner("athlete", athlete.uid), Owner("feed"), Owner("day", day.id),
        *(Owner("workout", uid) for uid in uids.values()),
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
