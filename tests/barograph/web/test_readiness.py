"""Readiness: told at once, whatever a part does; by any name, and without reasons for strangers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from barograph import settings
from barograph.access.principals import Access
from barograph.errors import StorageAway
from barograph.store.memory.archive import MemoryArchive, MemoryLive
from barograph.web import readiness
from barograph.web.entries import KEY, Entry
from barograph.web.readiness import Readiness
from dashboard.app import create_app as dashboard_app
from ingest.app import create_app as ingest_app

APPS: dict[str, Callable[..., Any]] = {"ingest": ingest_app, "dashboard": dashboard_app}


class Part:
    """A part that answers, fails or hangs, and counts how often it is asked."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.answers = asyncio.Event()
        self.answers.set()
        self.asked = 0

    async def ping(self) -> None:
        self.asked += 1
        await self.answers.wait()
        if self.error is not None:
            raise self.error


async def test_a_part_that_hangs_is_away_until_it_answers_and_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "PATIENCE_S", 0.05)
    monkeypatch.setattr(readiness, "FRESH_S", 0.0)
    well, hangs = Part(), Part()
    hangs.answers.clear()
    watched = Readiness({"archive": hangs, "live": well})
    for _ in range(3):
        states = await watched.states()
        assert states["live"] == "ready"
        assert states["archive"].startswith("away: no answer for ")
    assert (hangs.asked, well.asked) == (1, 3)
    hangs.error = StorageAway("the host db-7 is away")
    hangs.answers.set()
    await asyncio.sleep(0)
    assert await watched.states() == {"archive": "away: the host db-7 is away", "live": "ready"}
    hangs.error = None
    assert (await watched.states())["archive"] == "ready"
    await watched.close()


async def test_silence_is_counted_from_the_first_question_that_had_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "PATIENCE_S", 0.01)
    monkeypatch.setattr(readiness, "FRESH_S", 0.0)
    hangs = Part()
    hangs.error = StorageAway("no answer in time")
    watched = Readiness({"archive": hangs})

    async def silent_s() -> float:
        return float((await watched.states())["archive"].removeprefix("away: no answer for ").removesuffix(" s"))

    for _ in range(2):
        hangs.answers.clear()
        began_s = await silent_s()
        await asyncio.sleep(0.3)
        hangs.answers.set()  # the driver gives up, and is asked again
        await asyncio.sleep(0)
    assert began_s >= 0.3
    hangs.error = None
    assert (await watched.states())["archive"] == "ready"
    hangs.answers.clear()
    assert await silent_s() < 0.3
    await watched.close()


async def test_a_storm_of_questions_asks_a_part_once() -> None:
    part = Part()
    watched = Readiness({"archive": part})
    assert await asyncio.gather(*(watched.states() for _ in range(50))) == [{"archive": "ready"}] * 50
    assert part.asked == 1
    await watched.close()


class Hanging(MemoryArchive):
    """An archive that never answers."""

    async def ping(self) -> None:
        await asyncio.Event().wait()


class Failing(MemoryArchive):
    """An archive whose server is away."""

    async def ping(self) -> None:
        raise StorageAway("the host db-7 is away")


@pytest.mark.parametrize("door", APPS)
@pytest.mark.parametrize("host", ["10.1.2.3:5001", "barograph.monitoring.svc", ""])
async def test_readiness_needs_no_name_of_ours_and_tells_strangers_no_reasons(
    door: str, host: str, tmp_path: Path
) -> None:
    chosen = settings.load(data_dir=tmp_path)
    client = APPS[door](chosen, Failing(), MemoryLive(), Access(chosen, door)).test_client()
    for entry, peer in ((Entry.LAN, "192.0.2.9"), (Entry.MACHINE, "127.0.0.1")):
        base = {"client": (peer, 1), "server": ("192.0.2.7" if entry is Entry.LAN else "127.0.0.1", 1), KEY: entry}
        headers = {"Host": host}
        assert (await client.get("/healthz", headers=headers, scope_base=base)).status_code == 200
        answer = await client.get("/readyz", headers=headers, scope_base=base)
        said = await answer.get_json()
        assert (answer.status_code, said["status"], said["live"]) == (503, "not ready", "ready")
        assert said["archive"] == "away"
        foreign = {**headers, "Origin": "https://elsewhere.example"}
        assert (await client.get("/readyz", headers=foreign, scope_base=base)).status_code == 403
    known = await client.get("/readyz", headers={"Host": "127.0.0.1"}, scope_base={"client": ("127.0.0.1", 1)})
    assert (await known.get_json())["archive"] == "away: the host db-7 is away"


@pytest.mark.parametrize("door", APPS)
async def test_an_archive_that_hangs_is_named(door: str, tmp_path: Path) -> None:
    chosen = settings.load(data_dir=tmp_path)
    app = APPS[door](chosen, Hanging(), MemoryLive(), Access(chosen, door))
    here = {"client": ("127.0.0.1", 1)}
    answer = await app.test_client().get("/readyz", headers={"Host": "127.0.0.1"}, scope_base=here)
    assert answer.status_code == 503
    assert (await answer.get_json())["archive"].startswith("away: no answer for 0.")
