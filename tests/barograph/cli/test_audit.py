"""`barograph audit`: what it shows, finds and writes."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from functools import partial
from pathlib import Path

import pytest

sys.path += [str(Path(__file__).parent)]  # the commands' runner

from test_account_commands import A, _archived, did, refused, stored  # noqa: F401  (fixtures)

from barograph import settings
from barograph.store.audit import Event, Tampered
from barograph.store.audit_heads import Heads, Notary
from barograph.store.memory.audit import MemoryAudit
from barograph.store.mongo.archive import MongoArchive
from barograph.store.ports import About
from barograph.store.roster import Athlete

NOW = 1_790_000_000_000_000
WHY = "asked by the athlete"


async def fill(archive: MongoArchive) -> str:
    ada = await archive.roster.add(Athlete("Ada Longname", short_id="a-0012"), now_us=NOW)
    await archive.note("walk", now_us=NOW, about=About("Ada Longname"))
    workout = await archive.workout("walk")
    event = Event(verb="read", kind="workout", uid=workout.uid, athlete=ada.uid, reason=WHY, who="u", how="user")
    await archive.audit.write(event, NOW)
    return ada.uid


def test_it_shows_verifies_and_exports_what_commands_and_doors_did(stored, tmp_path: Path) -> None:  # noqa: F811
    assert did("audit", "verify") == "nothing is written yet\n"
    did("user", "add", A, typed="correct horse battery\n")
    stored(fill)
    shown = did("audit", "show")
    assert re.search(r"1 .* owner .*add .*user", shown)
    assert re.search(rf"2 .* u .*read .*workout .*a-0012 .*{WHY}", shown)
    assert "Ada" not in shown
    of_ada = did("audit", "show", "--athlete", "a-0012")
    assert "read" in of_ada
    assert " add " not in of_ada
    assert "no athlete has the short id" in refused("audit", "show", "--athlete", "nobody")
    head = did("audit", "verify").strip()
    assert re.fullmatch(r"2:[0-9a-f]{64}", head)
    assert did("audit", "verify", "--head", head).strip() == head
    assert "expected N:HASH" in refused("audit", "verify", "--head", "2")
    did("audit", "export", "-o", str(tmp_path / "log.jsonl"))
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [(one["seq"], one["verb"]) for one in lines] == [(1, "add"), (2, "read")]
    assert json.loads(lines[1]["canonical"])[10] == lines[0]["hash"]
    assert (tmp_path / "log.jsonl").stat().st_mode & 0o077 == 0
    did("sessions", "delete", "walk", "--yes")
    assert re.search(r"3 .* owner .*erase .*workout .*a-0012", did("audit", "show"))


async def write(archive: MongoArchive, who: str = "u") -> None:
    for n in range(3):
        await archive.audit.write(Event(verb="read", kind="workout", uid=f"w{n}", who=who, how="user"), NOW)


async def written_anew(archive: MongoArchive) -> None:
    """Replace the whole log by another one, each hash right, as whoever may change MongoDB could."""
    await archive.audit._log.delete_many({})
    await write(archive, who="another")
    await archive.audit.write(Event(verb="read", kind="workout", uid="w3", how="user"), NOW)


async def swapped(archive: MongoArchive) -> None:
    """Replace the newest entry by another one that follows the one before as well."""
    log = archive.audit._log
    await log.delete_one({"_id": 3})
    await archive.audit.write(Event(verb="read", kind="workout", uid="another", how="user"), NOW)


async def edited(archive: MongoArchive) -> None:
    await archive.audit._log.update_one({"_id": 2}, {"$set": {"who": "another"}})


async def deleted(archive: MongoArchive, seq: int = 2) -> None:
    await archive.audit._log.delete_one({"_id": seq})


TAMPERED = {
    "edited": (edited, "entry 2 was changed"),
    "deleted": (deleted, "expected entry 2, got 3"),
    "cut": (partial(deleted, seq=3), "the log ends with 2"),
    "anew": (written_anew, "entry 3 had the hash"),
    "swapped": (swapped, "entry 3 had the hash"),
}


@pytest.mark.parametrize("how", list(TAMPERED))
def test_a_log_that_was_changed_is_noticed_by_the_heads_in_the_data_directory(
    stored,  # noqa: F811
    how: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    heads = Heads(settings.load().data_dir)

    async def note(archive: MongoArchive) -> None:
        await Notary(archive.audit, settings.load().data_dir).note()

    async def noted_again(archive: MongoArchive) -> None:
        await archive.audit.write(Event(verb="read", kind="workout", uid="later", how="user"), NOW)
        with pytest.raises(Tampered):
            await Notary(archive.audit, settings.load().data_dir).note()

    stored(write)
    caplog.set_level("INFO", "barograph.audit")
    for _ in range(2):
        stored(note)
    ((seq, said),) = heads.noted()
    assert f"{seq}:{said}" in did("audit", "verify")
    assert f"head of the audit log: 3:{said}" in caplog.text
    assert heads.path.stat().st_mode & 0o077 == 0
    change, expected = TAMPERED[how]
    stored(change)
    refusal = refused("audit", "verify")
    assert expected in refusal
    if how not in ("edited", "deleted"):  # what lies before the last head is what verify looks at
        stored(noted_again)
        assert heads.noted() == [(seq, said)]


def test_a_head_that_was_swapped_in_the_file_is_noticed(stored) -> None:  # noqa: F811
    async def note(archive: MongoArchive) -> None:
        await Notary(archive.audit, settings.load().data_dir).note()

    heads = Heads(settings.load().data_dir)
    stored(write)
    stored(note)
    noted = heads.path.read_text()
    heads.path.write_text(re.sub(r":[0-9a-f]{64}", ":" + "0" * 64, noted))
    assert "entry 3 had the hash 0000" in refused("audit", "verify")
    heads.path.write_text(noted.replace(" 3:", " 9:"))
    assert "expected entry 9, the log ends with 3" in refused("audit", "verify")
    heads.path.write_text(noted)
    other = "f" * 64
    assert "entry 3 was noted with two hashes" in refused("audit", "verify", "--head", f"3:{other}")
    heads.path.write_text("nonsense\n")
    assert "line 1: expected N:HASH" in refused("audit", "verify")
    heads.path.chmod(0o644)
    assert "only its owner can read" in refused("audit", "verify")


async def test_heads_are_noted_at_the_start_and_at_the_end(tmp_path: Path) -> None:
    audit = MemoryAudit()
    await audit.write(Event(verb="read", kind="workout", uid="w"), NOW)
    running = asyncio.create_task(Notary(audit, tmp_path).run())
    async with asyncio.timeout(30):
        while not Heads(tmp_path).noted():
            await asyncio.sleep(0.01)
    last = await audit.write(Event(verb="read", kind="workout", uid="w"), NOW)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert Heads(tmp_path).noted()[-1] == (2, last.hash)
