"""`barograph athlete`: the roster on the command line, over a real archive."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from keyed import MASTER, VARIABLE, open_archive

from barograph.cli import app
from barograph.servers.embedded import Servers
from barograph.settings import Settings, variable
from barograph.store.mongo.archive import MongoArchive
from barograph.store.records import About

COMMANDS = ("list", "show", "add", "edit", "merge", "import", "export", "proposals")


def run(*arguments: object, **options: Any) -> Result:
    return CliRunner().invoke(app, ["athlete", *map(str, arguments)], prog_name="barograph", **options)


def said(*arguments: object) -> str:
    """Return what a command prints, its words apart."""
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


def refused(*arguments: object) -> str:
    result = run(*arguments)
    assert result.exit_code in (1, 2), result.output
    assert "Traceback" not in result.output
    return " ".join(result.output.split())


@pytest.fixture
def archived(
    servers: Servers, database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[[Callable[[MongoArchive], Coroutine[Any, Any, Any]]], Any]:
    """An empty archive that the commands use; the fixture asks it something."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(variable(name), raising=False)
    monkeypatch.setenv(VARIABLE, str(MASTER))
    monkeypatch.setenv("BAROGRAPH_MONGO_URL", servers.mongo_url)
    monkeypatch.setenv("BAROGRAPH_DATABASE", database)

    async def asked(question: Callable[[MongoArchive], Coroutine[Any, Any, Any]]) -> Any:
        archive = await open_archive(servers.mongo_url, database, 20.0)
        try:
            return await question(archive)
        finally:
            await archive.close()

    return lambda question: asyncio.run(asked(question))


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_teaches_itself(name: str) -> None:
    text = run(name, "--help").output
    assert f"Usage: barograph athlete {name}" in text
    assert "Example" in text or name in ("list", "show", "export")
    command = app.commands["athlete"].commands[name]  # type: ignore[attr-defined]
    assert [one.name for one in command.params if one.param_type_name == "option" and not one.help] == []


def test_an_athlete_is_added_shown_changed_and_listed(archived: Any) -> None:
    add = ("add", "Athlete 12", "--sex", "F", "--born", "2002-05-14", "--mass-kg", 68.4, "--on", "2026-11-01",
           "--team", "Sprint", "--consent", "record and keep", "--consent-until", "2027-06-30",
           "--by", "A. Example")  # fmt: skip
    assert said(*add) == "made team Sprint added a-0001 Athlete 12"
    edit = ("edit", "athlete  12", "--mass-kg", 67.9, "--on", "2026-11-12", "--involved", "left", "--what", "knee",
            "--since", "2026-05-14", "--alias", "insole 7", "--team", "Masters", "--leave", "sprint")  # fmt: skip
    assert said(*edit) == "made team Masters changed a-0001 Athlete 12"
    shown = said("show", "insole 7")
    for text in ("id: a-0001", "also: insole 7", "teams: Masters", "sex: F", "2026-11-01 mass_kg 68.4",
                 "2026-11-12 mass_kg 67.9", "left knee 2026-05-14 to now"):  # fmt: skip
        assert text in shown
    assert "record and keep: given until 2027-06-30, written down by A. Example" in shown
    assert "67.9" in said("list")
    assert "Athlete 12" in said("list", "--team", "masters")
    assert "Athlete 12" not in said("list", "--team", "Sprint")
    assert said("edit", "a-0001", "--sex", "", "--name", "Zoë") == "changed a-0001 Zoë"
    assert "sex" not in said("show", "a-0001")


def test_what_cannot_be_is_refused_with_a_sentence(archived: Any) -> None:
    said("add", "Kim")
    said("add", "Kim")
    assert "no athlete 'nobody' is in the roster" in refused("show", "nobody")
    assert "expected one athlete, 'Kim' is a-0001, a-0002; give the id" in refused("show", "Kim")
    assert "no team 'Sprint' is in the roster; there is none" in refused("list", "--team", "Sprint")
    assert "expected a day as 2026-05-14" in refused("add", "Ana", "--born", "14/5/02", "--team", "Sprint")
    assert "there is none" in refused("list", "--team", "Sprint"), "no team was made for what was refused"
    assert "say what changes" in refused("edit", "a-0001")
    assert "--what, --since and --until need --involved" in refused("edit", "a-0001", "--what", "knee")
    assert "expected a number above 20 and below 300, got '5'" in refused("add", "Bo", "--height-cm", 5)
    assert "give one of --confirm" in refused("proposals", "--confirm", "A 12")
    assert "no such workout" in refused("edit", "a-0001", "--session", "nowhere")


def test_two_records_are_merged_after_a_question(archived: Any) -> None:
    for name in ("Ana", "Anna"):
        said("add", name)
    assert run("merge", "Ana", "Anna", input="n\n").exit_code == 1
    assert "Anna" in said("list")
    assert said("merge", "Ana", "a-0002", "--yes") == "a-0002 is now a-0001 Ana"
    assert "also: Anna, a-0002" in said("show", "a-0002")


def test_names_from_devices_wait_for_a_person(archived: Any) -> None:
    async def record(archive: MongoArchive) -> None:
        for name, text in (("run-1", "A 12"), ("run-2", "a 12"), ("run-3", "test"), ("run-4", "Bo"), ("run-5", None)):
            await archive.note(name, now_us=1_700_000_000_000_000, about=About(text))

    archived(record)
    said("add", "Athlete 12")
    listed = said("proposals")
    assert all(text in listed for text in ("a 12", "test", "Bo", "run-3"))
    assert said("proposals", "--confirm", "A 12", "--as", "a-0001") == "'A 12' is a-0001 Athlete 12: 2 sessions"
    assert said("proposals", "--new", "Bo") == "'Bo' is a-0002 Bo: 1 session"
    assert "'A 12' is a-0001; --confirm" in refused("proposals", "--new", "A 12")
    assert said("proposals", "--dismiss", "test") == "'test' is nobody"
    assert "run-3" not in said("proposals")
    assert "run-3" in said("proposals", "--dismissed")
    said("edit", "a-0001", "--session", "run-5")
    shown = said("show", "a-0001")
    assert "sessions: 3" in shown
    assert all(name in shown for name in ("run-1", "run-2", "run-5"))


def test_a_roster_goes_out_and_comes_in(archived: Any, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("name;sex;mass_kg;club\nAna;F;61,5;x\nBo;Q;80;x\n", "utf-8")
    result = run("import", bad, "--dry-run")
    assert result.exit_code == 1
    assert "bad.csv, line 3, sex: expected F, M, X or nothing, got 'Q'" in result.output
    assert "column 'club' is none of a roster" in result.output
    assert "would be: 1 changed, 0 as they were, 1 refused" in result.output
    assert "Ana" not in said("list")
    assert run("import", bad).exit_code == 1
    out = tmp_path / "roster.csv"
    assert said("export", "-o", out).endswith("roster.csv: 1 athlete")
    assert said("import", out) == "0 changed, 1 as they were, 0 refused"
    assert out.read_text("utf-8-sig").startswith("id,name,sex,born")
    bad.write_bytes(b"\xff\xfe")
    assert "expected UTF-8" in refused("import", bad)
