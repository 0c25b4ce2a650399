"""`barograph audit`: what it shows, finds and writes."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

sys.path += [str(Path(__file__).parent)]  # the commands' runner

from test_account_commands import A, _archived, did, refused, run, stored  # noqa: F401  (fixtures)

from barograph.store.audit import Event
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


@pytest.mark.parametrize("how", ["edited", "deleted", "cut"])
def test_a_log_that_was_changed_ends_with_a_sentence(stored, how: str) -> None:  # noqa: F811
    async def write(archive: MongoArchive) -> None:
        for n in range(3):
            await archive.audit.write(Event(verb="read", kind="workout", uid=f"w{n}", how="user"), NOW)

    async def tamper(archive: MongoArchive) -> None:
        log = archive.audit._log
        if how == "edited":
            await log.update_one({"_id": 2}, {"$set": {"who": "another"}})
        else:
            await log.delete_one({"_id": 2 if how == "deleted" else 3})

    stored(write)
    head = did("audit", "verify").strip()
    stored(tamper)
    said = refused("audit", "verify", "--head", head)
    expected = {"edited": "entry 2 was changed", "deleted": "expected entry 2, got 3", "cut": "the log ends with 2"}
    assert expected[how] in said
    assert run("audit", "verify").exit_code == (0 if how == "cut" else 1)
