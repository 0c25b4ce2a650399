"""`barograph athlete erase` and `receipts`, and the receipt of `sessions delete`."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import pytest
from keyed import open_archive

from barograph.servers.embedded import Servers
from barograph.store.departures import Departure
from barograph.store.records import About
from barograph.store.roster import Athlete

T0_US = 1_790_000_000_000_000


@pytest.fixture
def athlete(command, servers: Servers, database: str, monkeypatch: pytest.MonkeyPatch) -> Athlete:
    """An athlete with two sessions, and a session of nobody's that was said to be of this name."""
    monkeypatch.setenv("BAROGRAPH_REDIS_URL", servers.redis_url)

    async def record() -> Athlete:
        archive = await open_archive(servers.mongo_url, database, 20.0)
        await archive.note("early", now_us=T0_US, about=About("Planted Name"))
        made = await archive.roster.add(Athlete("Planted Name"), now_us=T0_US)
        for name in ("walk", "run"):
            await archive.note(name, now_us=T0_US, about=About("Planted Name"))
        await archive.note("other", now_us=T0_US, about=About("Other"))
        await archive.close()
        return made

    return asyncio.run(record())


def test_a_dry_run_counts_and_erases_nothing(command, athlete: Athlete) -> None:
    said = command("athlete", "erase", "a-0001", "--dry-run")
    assert said.exit_code == 0, said.output
    assert "sessions: 2" in said.output
    assert "Said to be of this name, and nobody's: 1 session, which stays." in said.output
    assert "Nothing was erased." in said.output
    assert "walk" in command("sessions", "list").output
    assert "No erasure was interrupted." in command("athlete", "erase").output


def test_an_athlete_is_erased_after_a_question_with_a_receipt(command, athlete: Athlete, tmp_path: Path) -> None:
    path = tmp_path / "receipt.json"
    asked = command("athlete", "erase", "Planted Name")
    assert asked.exit_code == 1, "nobody answered"
    assert "walk" in command("sessions", "list").output
    erased = command("athlete", "erase", "a-0001", "--yes", "-o", path)
    assert erased.exit_code == 0, erased.output
    said = json.loads(path.read_text())
    assert (said["what"], said["counts"]["sessions"], said["master_key"]) == ("athlete", 2, "kept")
    for text in (erased.output, path.read_text()):
        assert "Planted" not in text
        assert "a-0001" not in text
        assert said["sha256"] in text
        assert "spool" in text
    listed = command("sessions", "list").output
    assert "other" in listed
    assert "walk" not in listed
    assert "Planted Name" not in command("athlete", "list").output
    again = command("athlete", "erase", "a-0001", "--yes")
    assert "no athlete 'a-0001' is in the roster" in again.output


def test_receipts_are_listed_and_shown_by_number(command, athlete: Athlete, tmp_path: Path) -> None:
    deleted = command("sessions", "delete", "walk", "--yes", "-o", tmp_path / "one.json")
    assert deleted.exit_code == 0, deleted.output
    number = re.search(r"Receipt ([0-9a-f]{32})", deleted.output)[1]
    assert json.loads((tmp_path / "one.json").read_text())["uid"] == number
    assert "erased: a session" in command("athlete", "receipts", number).output
    command("athlete", "erase", "a-0001", "--yes")
    listed = command("athlete", "receipts").output
    assert number in listed
    assert re.search(r"athlete .* 1 ", listed)
    assert "no receipt" in command("athlete", "receipts", "0" * 32).output
    assert "say which" in command("athlete", "receipts", "-o", tmp_path / "x.json").output


def test_an_interrupted_one_is_gone_on_with_without_a_name(
    command, athlete: Athlete, servers: Servers, database: str
) -> None:
    async def begin() -> Departure:
        archive = await open_archive(servers.mongo_url, database, 20.0)
        one = await archive.departures.begin(athlete.uid, T0_US)
        await archive.departures.record(one, T0_US)
        await archive.close()
        return one

    one = asyncio.run(begin())
    refused = command("athlete", "erase", "a-0001", "--yes")
    assert "An erasure was interrupted: `barograph athlete erase` goes on with it" in " ".join(refused.output.split())
    done = command("athlete", "erase")
    assert done.exit_code == 0, done.output
    assert f"Receipt {one.receipt}" in done.output
    assert "walk" not in command("sessions", "list").output


def test_what_was_said_wrongly_is_refused(command) -> None:
    assert "say who" in command("athlete", "erase", "--yes").output
