"""Nothing of a person goes around the sealing: what was planted stands in no document of MongoDB, nor in Redis."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from planted import FRAMES, NEEDLES, PEOPLE, PEOPLE_TEXTS, RUN, T0, found, plant, plant_people
from sealed import NotingSealer, unsealed

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
    user = await plant_people(archive, athlete.uid, (await archive.workout("run")).uid)
    needles = {**NEEDLES, **PEOPLE}
    if sealing is PLAIN:
        missed = needles.keys() - found(servers, database, needles)
        assert missed == set(), "each of these is found where nothing is sealed, or the test looks for the wrong thing"
        return
    assert found(servers, database, needles) == set()
    assert unsealed(servers.mongo_url, database) == []
    uids = await archive.uids(["run", "walk", "sit"])
    (day,) = await archive.test_days.newest()
    assert day.title == "planted day"
    accounts = archive.accounts
    records = (*await accounts.invitations(), *await accounts.devices(), *await accounts.shares(),
               *await accounts.erasures(), await accounts.pairing_by_claim("claim"))  # fmt: skip
    assert {one.uid for one in sealer.owners if one.kind == "account"} == {user.uid, *(one.uid for one in records)}
    assert {one for one in sealer.owners if one.kind != "account"} == {
        Owner("athlete", athlete.uid), Owner("feed"), Owner("day", day.id),
        *(Owner("workout", uid) for uid in uids.values()),
    }  # fmt: skip
    # And it is all read again.
    assert await accounts.user_by_email(" Planted.Login@lab.example") == user
    texts = repr((records, await accounts.sessions(), await accounts.tokens(), await accounts.passkeys(),
                  await accounts.take_challenge("asked", 4 * T0 - 1)))  # fmt: skip
    assert [text for text in PEOPLE_TEXTS[3:] if text not in texts] == []
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
