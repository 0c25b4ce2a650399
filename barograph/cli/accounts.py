"""`barograph user` and `barograph token`: who may come in, and by what.

What is secret goes to standard output alone, so that it can be piped, and is shown once; the rest is said beside it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.table import Table

from barograph import settings
from barograph.access import people
from barograph.access.passwords import MOST, Passwords, checked_password
from barograph.access.proofs import Proofs
from barograph.cli.addresses import noted_address
from barograph.cli.importing import said_date
from barograph.cli.sessions import ask, print_table
from barograph.errors import InvalidData, NotFound, SettingsError
from barograph.settings import Settings, variable
from barograph.store.accounts import Device, Invitation, StoredShare, Token, User, normal_email
from barograph.store.mongo.archive import MongoArchive
from barograph.store.roster import text_key
from barograph.web.entries import base_of

T = TypeVar("T")
NamedKeys = Callable[[MongoArchive], Awaitable[Sequence[Token | Device | StoredShare]]]
LEAST_OF_ID, SHOWN_OF_ID = 6, 10


def print_owner_token(data_dir: Path | None) -> None:
    """Print a token of the owner."""
    chosen = settings.load(data_dir=data_dir)
    token = Proofs(chosen).owner_token()
    if token is None:
        setting = variable("secret_key")
        raise SettingsError(f"{chosen.data_dir}: there is no key yet; `barograph up` makes one, or {setting} has it")
    click.echo(token)
    click.echo("good for 24 hours; whoever has it may read and erase everything", err=True)


def add_user(data_dir: Path | None, email: str, person: dict[str, Any]) -> None:
    """Add a user with a password that is asked for."""
    address = normal_email(email)
    password = _asked_password(address)

    async def work(archive: MongoArchive, chosen: Settings) -> User:
        known = await _known(archive, person)
        return await _with_passwords(
            lambda passwords: people.add_user(
                archive.accounts, passwords, email=address, password=password, now_us=_now_us(), **known
            )
        )

    made = ask(data_dir, work, new=True)
    click.echo(f"{made.email}: added, {_roles(made)}")


def invite_user(data_dir: Path | None, email: str, person: dict[str, Any]) -> None:
    """Print the link of an invitation."""

    async def work(archive: MongoArchive, chosen: Settings) -> tuple[str, Invitation]:
        known = await _known(archive, person)
        return await people.invite(archive.accounts, now_us=_now_us(), email=email, **known)

    secret, made = ask(data_dir, work, new=True)
    chosen = settings.load(data_dir=data_dir)
    address = noted_address(chosen) or chosen.address(chosen.dashboard_port)
    base = base_of(chosen, int(address.rpartition(":")[2]), people=True) or f"http://{address}"
    click.echo(f"{base}{people.invitation_path(secret)}")
    click.echo(f"opens once, until {said_date(made.until_us)}, {_roles(made)}; it is not shown again", err=True)


def disable_user(data_dir: Path | None, email: str) -> None:
    """Let a user in no more."""

    async def work(archive: MongoArchive, chosen: Settings) -> User:
        return await people.disable(archive.accounts, (await _user(archive, email)).uid, now_us=_now_us())

    click.echo(f"{ask(data_dir, work).email}: disabled; sessions and tokens have ended")


def enable_user(data_dir: Path | None, email: str) -> None:
    """Let a user in again."""

    async def work(archive: MongoArchive, chosen: Settings) -> User:
        return await people.enable(archive.accounts, (await _user(archive, email)).uid, now_us=_now_us())

    click.echo(f"{ask(data_dir, work).email}: enabled")


def change_password(data_dir: Path | None, email: str) -> None:
    """Give a user another password, after they were found."""

    async def find(archive: MongoArchive, chosen: Settings) -> User:
        return await _user(archive, email)

    user = ask(data_dir, find)
    password = _asked_password(user.email)

    async def work(archive: MongoArchive, chosen: Settings) -> None:
        await _with_passwords(
            lambda passwords: people.set_password(archive.accounts, passwords, user, password, _now_us())
        )

    ask(data_dir, work)
    click.echo(f"{user.email}: has another password; sessions have ended")


def list_users(data_dir: Path | None) -> None:
    """Print a table of users, and one of open invitations."""
    now_us = _now_us()

    async def work(archive: MongoArchive, chosen: Settings) -> list[list[tuple[str, ...]]]:
        teams = {team.uid: team.name for team in await archive.roster.teams()}
        sessions = [one for one in await archive.accounts.sessions() if one.stands(now_us)]
        users: list[tuple[str, ...]] = [
            (
                *_told(user, teams),
                "yes" if user.enabled else f"disabled {said_date(user.disabled_us or 0)}",
                said_date(user.seen_us) if user.seen_us else "never",
                str(sum(one.user == user.uid for one in sessions)),
            )
            for user in await archive.accounts.users()
        ]
        invitations = [one for one in await archive.accounts.invitations() if one.open(now_us)]
        return [users, [(*_told(one, teams), said_date(one.until_us)) for one in invitations]]

    users, invitations = ask(data_dir, work)
    table(("address", "name", "roles", "teams", "may come in", "last seen", "signed in"), users)
    if invitations:
        table(("invited", "name", "roles", "teams", "until"), invitations)


def create_token(data_dir: Path | None, email: str, name: str, days: int) -> None:
    """Print a fresh token of a user."""

    async def work(archive: MongoArchive, chosen: Settings) -> tuple[str, Token]:
        user = await _user(archive, email)
        return await people.create_token(archive.accounts, user, name, days=days, now_us=_now_us())

    secret, made = ask(data_dir, work)
    click.echo(secret)
    said = f"{made.name} ({made.uid[:SHOWN_OF_ID]}) is good until {said_date(made.until_us)}"
    click.echo(f"{said}; the token is not shown again", err=True)


def list_tokens(data_dir: Path | None, email: str) -> None:
    """Print a table of the tokens of users and devices."""
    now_us = _now_us()

    async def work(archive: MongoArchive, chosen: Settings) -> list[tuple[str, ...]]:
        of = (await _user(archive, email)).uid if email else None
        addresses = {user.uid: user.email for user in await archive.accounts.users()}
        found: list[Token | Device] = [*await archive.accounts.tokens(of)]
        found += [] if email else await archive.accounts.devices()
        standing = await archive.accounts.standing({one.uid for one in found}, now_us)
        return [
            (
                one.uid[:SHOWN_OF_ID],
                one.name,
                f"feeds {', '.join(sorted(one.streams))}" if isinstance(one, Device) else addresses.get(one.user, ""),
                said_date(one.used_us) if one.used_us else "never",
                said_date(one.until_us) if one.uid in standing else "ended",
            )
            for one in found
        ]

    table(("id", "name", "of", "last used", "until"), ask(data_dir, work))


def revoke_token(data_dir: Path | None, uid: str) -> None:
    """End a token, named by its id or by how its id begins."""

    async def tokens(archive: MongoArchive) -> list[Token | Device]:
        return [*await archive.accounts.tokens(), *await archive.accounts.devices()]

    revoke_named(data_dir, uid, tokens, "token", listed_by="token list")


def revoke_named(data_dir: Path | None, uid: str, keys: NamedKeys, kind: str, *, listed_by: str) -> None:
    """End the one of `keys` whose id is `uid` or begins so, and say its name; `kind` is what they are called."""

    async def work(archive: MongoArchive, chosen: Settings) -> tuple[str, bool]:
        found = [one for one in await keys(archive) if len(uid) >= LEAST_OF_ID and one.uid.startswith(uid)]
        if not found:
            raise NotFound(f"{uid}: no {kind} has an id that begins so; barograph {listed_by} shows them")
        if len(found) > 1:
            raise InvalidData(f"{kind}: expected the id of one {kind}, got {uid!r}, with which {len(found)} ids begin")
        return found[0].name, await archive.accounts.revoke(found[0].uid, _now_us())

    name, ended = ask(data_dir, work)
    click.echo(f"{name}: revoked" if ended else f"{name}: was revoked before")


def _asked_password(email: str) -> str:
    """A new password: typed twice without echo, or the first line of standard input where that is no terminal."""
    if sys.stdin.isatty():
        typed = click.prompt("Password, 12 characters or more", hide_input=True, confirmation_prompt=True)
    else:
        typed = sys.stdin.readline(8 * MOST).rstrip("\r\n")
    return checked_password(typed, email)


async def _with_passwords(work: Callable[[Passwords], Awaitable[T]]) -> T:
    passwords = Passwords()
    try:
        return await work(passwords)
    finally:
        passwords.close()


async def _user(archive: MongoArchive, email: str) -> User:
    found = await archive.accounts.user_by_email(email)
    if found is None:
        raise NotFound(f"{email}: no user has this address; barograph user list shows them")
    return found


async def uids_of_teams(archive: MongoArchive, names: Sequence[str]) -> list[str]:
    """Return the uids of teams that are there, by their names."""
    known = {text_key(team.name): team.uid for team in await archive.roster.teams()}
    if missing := [name for name in names if text_key(name) not in known]:
        raise NotFound(f"{missing[0]}: no team has this name")
    return [known[text_key(name)] for name in names]


async def _known(archive: MongoArchive, person: dict[str, Any]) -> dict[str, Any]:
    """What somebody is to be, with teams and the athlete by uid instead of by name."""
    known = dict(person)
    for field in ("teams", "granted"):
        known[field] = await uids_of_teams(archive, person[field])
    if person["athlete"]:
        known["athlete"] = await _athlete(archive, person["athlete"])
    return known


async def _athlete(archive: MongoArchive, text: str) -> str:
    found = await archive.roster.match(text)
    if len(found) != 1:
        raise NotFound(f"{text}: {'no athlete' if not found else 'more than one athlete'} has this short id or name")
    return found[0].uid


def _told(one: User | Invitation, teams: dict[str, str]) -> tuple[str, str, str, str]:
    names = [teams.get(uid, "a team that is gone") for uid in sorted(one.teams)]
    names += [f"{teams.get(uid, 'a team that is gone')} (granted)" for uid in sorted(one.granted)]
    return one.email or "any address", one.name, ", ".join(sorted(one.roles)), ", ".join(names)


def _roles(one: User | Invitation) -> str:
    return ", ".join(sorted(one.roles))


def table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under their titles."""
    made = Table(*titles)
    for row in rows:
        made.add_row(*row)
    print_table(made)


def _now_us() -> int:
    return time.time_ns() // 1000
