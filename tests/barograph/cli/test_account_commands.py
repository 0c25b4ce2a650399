"""`barograph user`, `token` and `share`: what they do; secrets are shown once, and no password is an argument."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import click
import pytest
from click.testing import CliRunner, Result
from keyed import MASTER, VARIABLE, open_archive

from barograph.access.passwords import Passwords
from barograph.access.people import accept
from barograph.access.secrets import hashed
from barograph.cli import account_commands, app, share_commands
from barograph.settings import Settings, variable
from barograph.store.account_records import ROLES
from barograph.store.accounts import Device
from barograph.store.mongo.archive import MongoArchive
from barograph.store.roster import Athlete

T = TypeVar("T")
A, B, GOOD = "a.example@lab.example", "b.sample@lab.example", "correct horse battery"
NOW = 1_790_000_000_000_000


@pytest.fixture(autouse=True)
def _archived(servers, database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(variable(name), raising=False)
    monkeypatch.setenv(VARIABLE, str(MASTER))
    monkeypatch.setenv("BAROGRAPH_MONGO_URL", servers.mongo_url)
    monkeypatch.setenv("BAROGRAPH_DATABASE", database)
    monkeypatch.setenv("BAROGRAPH_DATA_DIR", str(tmp_path / "data"))


@pytest.fixture
def stored(servers, database: str) -> Callable[[Callable[[MongoArchive], Awaitable[Any]]], Any]:
    """Ask the archive that the commands use."""

    async def asked(work: Callable[[MongoArchive], Awaitable[T]]) -> T:
        archive = await open_archive(servers.mongo_url, database, 20.0)
        try:
            return await work(archive)
        finally:
            await archive.close()

    return lambda work: asyncio.run(asked(work))


def run(*arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(app, list(arguments), input=typed, prog_name="barograph")


def did(*arguments: str, typed: str | None = None) -> str:
    result = run(*arguments, typed=typed)
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(*arguments: str, typed: str | None = None) -> str:
    result = run(*arguments, typed=typed)
    assert result.exit_code in (1, 2), result.output
    assert "Traceback" not in result.output
    return " ".join(result.output.split())


def test_users_are_added_listed_disabled_and_enabled_and_one_admin_stays(stored) -> None:
    assert (
        did("user", "add", A, "--name", "A. Example", typed=GOOD + "\n") == f"{A}: added, {', '.join(sorted(ROLES))}\n"
    )
    hostile = "[red]:smile: [/] 山田 太郎"
    assert (
        did("user", "add", B.upper(), "--name", hostile, "--role", "scientist", typed=GOOD)
        == f"{B}: added, scientist\n"
    )
    assert "no user has" in refused("user", "add", " B.Sample@Lab.Example", "--role", "admin", typed=GOOD)
    assert "roles: expected at least one" in refused("user", "add", "c@lab.example", typed=GOOD)
    listed = did("user", "list")
    assert re.search(rf"{A} .*A\. Example.*admin, analyst, athlete, scientist.* yes .* never", listed)
    assert hostile in listed
    assert "argon2" not in listed
    assert "another admin" in refused("user", "disable", A)
    assert "disabled" in did("user", "disable", B)
    assert re.search(rf"{B} .* disabled 20\d\d-", did("user", "list"))
    assert did("user", "enable", B) == f"{B}: enabled\n"
    assert "no user has this address" in refused("user", "disable", "nobody@lab.example")
    assert [user.email for user in stored(lambda archive: archive.accounts.users())] == [A, B]


@pytest.mark.parametrize("typed", ["", "short\n", "x" * 100_000, A + "\n"])
def test_a_password_that_is_none_adds_nobody(typed: str, stored) -> None:
    assert "password: expected" in refused("user", "add", A, typed=typed)
    assert stored(lambda archive: archive.accounts.users()) == []


def test_another_password_ends_sessions(stored) -> None:
    did("user", "add", A, typed=GOOD)
    (before,) = stored(lambda archive: archive.accounts.users())
    assert "has another password" in did("user", "password", A, typed="another long password\n")
    (after,) = stored(lambda archive: archive.accounts.users())
    assert before.password_hash != after.password_hash
    assert "no user has this address" in refused("user", "password", "nobody@lab.example", typed=GOOD)


def test_an_invitation_is_a_link_for_a_person_of_teams_and_an_athlete(stored) -> None:
    async def teams(archive: MongoArchive) -> tuple[str, str]:
        team = await archive.roster.add_team("Volleyball", now_us=NOW)
        athlete = await archive.roster.add(Athlete("Athlete 12", short_id="a-0012"), now_us=NOW)
        return team.uid, athlete.uid

    team, athlete = stored(teams)
    person = ["--role", "athlete", "--role", "analyst", "--granted", "volleyball", "--athlete", "a-0012"]
    result = run("user", "invite", *person)
    link = re.fullmatch(r"http://127\.0\.0\.1:8050/invitation/(bgi_[\w-]{43})\n", result.stdout)
    assert link is not None, result.output
    assert "opens once, until 20" in result.stderr
    listed = did("user", "list")
    assert re.search(r"any address .* analyst, athlete .* Volleyball \(granted\)", listed)
    assert link[1] not in listed

    async def accepted(archive: MongoArchive) -> Any:
        passwords = Passwords()
        now_us = (await archive.accounts.invitations())[0].made_us + 1
        try:
            return await accept(archive.accounts, passwords, link[1], password=GOOD, now_us=now_us, email=B)
        finally:
            passwords.close()

    made = stored(accepted)
    assert (made.email, made.granted, made.teams, made.athlete) == (B, {team}, frozenset(), athlete)
    assert "any address" not in did("user", "list")
    assert "no team has this name" in refused("user", "invite", "--role", "analyst", "--team", "Rugby")
    assert "no athlete has this" in refused("user", "invite", "--role", "athlete", "--athlete", "a-9999")
    assert "no user has" in refused("user", "invite", B, "--role", "analyst")
    assert "roles: expected" in refused("user", "invite", "c@lab.example")


def test_a_token_is_shown_once_listed_by_name_and_revoked_by_its_id(stored) -> None:
    did("user", "add", A, typed=GOOD)
    result = run("token", "create", A, "--name", "notebook", "--days", "7")
    assert re.fullmatch(r"bgt_[\w-]{43}\n", result.stdout), "alone, so that it can be written to a file"
    secret = result.stdout.strip()
    found = stored(lambda archive: archive.accounts.key(hashed(secret)))
    assert (found.key.name, found.user.email) == ("notebook", A)
    device = Device(hash="h", name="Insole 7", streams=frozenset({"left"}), made_us=NOW, until_us=NOW + 10**15)
    stored(lambda archive: archive.accounts.add_key(device))
    listed = did("token", "list")
    assert re.search(rf"{found.key.uid[:10]} .*notebook.*{A}.*never.*20\d\d-", listed)
    assert "feeds left" in listed
    assert "Insole 7" not in did("token", "list", "--user", A)
    for secret_text in (secret, hashed(secret)):
        assert secret_text not in listed
    assert "no token has an id" in refused("token", "revoke", found.key.uid[:5])
    assert "no token has an id" in refused("token", "revoke", "")
    assert did("token", "revoke", found.key.uid[:10]) == "notebook: revoked\n"
    assert did("token", "revoke", found.key.uid) == "notebook: was revoked before\n"
    assert re.search(r"notebook.*ended", did("token", "list"))
    assert did("token", "revoke", device.uid) == "Insole 7: revoked\n"
    assert "is disabled" in _token_of_somebody_disabled()


def _token_of_somebody_disabled() -> str:
    did("user", "add", B, "--role", "analyst", typed=GOOD)
    did("user", "disable", B)
    return refused("token", "create", B, "--name", "late")


def test_a_share_link_is_shown_once_listed_by_name_and_revoked_by_its_id(stored) -> None:
    stored(lambda archive: archive.note("walk", now_us=NOW))
    stored(lambda archive: archive.roster.add_team("Track", now_us=NOW))
    result = run("share", "create", "walk", "--name", "For the coach", "--days", "3", "--raw")
    secret = re.fullmatch(r"http://127\.0\.0\.1:8050/share/(bgs_[\w-]{43})\n", result.stdout)[1]
    assert re.search(r"/share/bgs_[\w-]{43}$", run("share", "create", "--team", "track", "--names").stdout.strip())
    wall, made = stored(lambda archive: archive.accounts.shares())
    assert (made.name, made.view, made.raw, made.names, made.user) == ("For the coach", "session", True, False, "")
    assert (wall.view, wall.names, wall.workout) == ("wall", True, "")
    listed = did("share", "list")
    assert re.search(rf"{made.uid[:10]} .*For the coach.*walk, session.*never.*20\d\d-.*raw", listed)
    assert "wall of Track" in listed
    for secret_text in (secret, made.hash):
        assert secret_text not in listed
    assert "no share link has an id" in refused("share", "revoke", made.uid[:5])
    assert did("share", "revoke", made.uid[:10]) == "For the coach: revoked\n"
    assert did("share", "revoke", made.uid) == "For the coach: was revoked before\n"
    assert "For the coach" not in did("share", "list")
    assert re.search(r"For the coach.*ended", did("share", "list", "--all"))
    assert "no such workout" in refused("share", "create", "never")
    assert "no team has this name" in refused("share", "create", "--team", "Field")
    assert "not both" in refused("share", "create", "walk", "--team", "Track")
    assert "raw" in refused("share", "create", "--team", "Track", "--raw")


def commands() -> dict[str, click.Command]:
    groups = (account_commands.user, account_commands.token, share_commands.share)
    return {f"{group.name} {one.name}": one for group in groups for one in group.commands.values()}


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_explains_itself_and_takes_no_password_as_an_argument(name: str) -> None:
    command = commands()[name]
    assert command.help
    options = [one for one in command.params if isinstance(one, click.Option)]
    assert [one.name for one in options if not one.help] == []
    assert [one.name for one in command.params if one.name is not None and "password" in one.name] == []


def test_the_roles_of_the_command_are_those_of_the_store() -> None:
    assert account_commands.ROLES == ROLES
