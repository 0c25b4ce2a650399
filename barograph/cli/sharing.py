"""`barograph share`: links to a session, and to the wall of a team; each is shown once."""

from __future__ import annotations

import time
from pathlib import Path

import click

from barograph import settings
from barograph.access.keyring import Keyring
from barograph.access.principals import secret_key
from barograph.access.shares import Shares, Wanted
from barograph.access.sight import Sight
from barograph.cli.accounts import SHOWN_OF_ID, revoke_named, table, uids_of_teams
from barograph.cli.addresses import noted_address
from barograph.cli.importing import said_date
from barograph.cli.sessions import ask
from barograph.errors import InvalidData
from barograph.settings import Settings
from barograph.store.account_records import View
from barograph.store.accounts import StoredShare
from barograph.store.mongo.archive import MongoArchive
from barograph.store.scope import Scope
from barograph.web.entries import base_of

DAY_S = 86_400


def create_share(
    data_dir: Path | None, *, workout: str, team: str, view: View, name: str, days: int, names: bool, raw: bool
) -> None:
    """Print a fresh link."""
    if bool(workout) is bool(team):
        raise InvalidData("share: expected a session or --team, and not both", field="workout")

    async def work(archive: MongoArchive, chosen: Settings) -> tuple[str, StoredShare]:
        if team:
            (of,) = await uids_of_teams(archive, [team])
            wanted = Wanted(name, "wall", days * DAY_S, team=of, raw=raw, names=names)
        else:
            of = (await archive.workout(workout)).uid
            wanted = Wanted(name, view, days * DAY_S, workout=of, raw=raw, names=names)
        return await _shares(archive, chosen).make(wanted)

    secret, made = ask(data_dir, work)
    chosen = settings.load(data_dir=data_dir)
    address = noted_address(chosen) or chosen.address(chosen.dashboard_port)
    base = base_of(chosen, int(address.rpartition(":")[2])) or f"http://{address}"
    click.echo(f"{base}/share/{secret}")
    said = f"{made.name} ({made.uid[:SHOWN_OF_ID]}) opens until {said_date(made.until_us)}"
    click.echo(f"{said}; the link is not shown again", err=True)


def list_shares(data_dir: Path | None, *, every: bool) -> None:
    """Print a table of links."""

    async def work(archive: MongoArchive, chosen: Settings) -> list[tuple[str, ...]]:
        made, shares = await archive.accounts.shares(), _shares(archive, chosen)
        standing = await archive.accounts.standing({one.uid for one in made}, _now_us())
        opens = {one.uid for one in made if one.uid in standing and shares.opens(one)}
        users = {user.uid: user.email for user in await archive.accounts.users()}
        teams = {one.uid: one.name for one in await archive.roster.teams()}
        scope = Scope(workouts=frozenset(one.workout for one in made if one.workout), names=True)
        workouts = {one.uid: one.workout_id for one in await archive.workouts(limit=len(made), scope=scope)}
        return [
            (
                one.uid[:SHOWN_OF_ID],
                one.name,
                f"wall of {teams.get(one.team, 'a team that is gone')}"
                if one.team
                else f"{workouts.get(one.workout, 'an erased session')}, {one.view}",
                users.get(one.user, "this machine's owner"),
                f"{one.uses} times, {said_date(one.used_us)}" if one.uses and one.used_us else "never",
                said_date(one.until_us) if one.uid in opens else "ended",
                "raw" if one.raw else "",
            )
            for one in made
            if every or one.uid in opens
        ]

    table(("id", "name", "opens", "made by", "used", "until", "may take out"), ask(data_dir, work))


def revoke_share(data_dir: Path | None, uid: str) -> None:
    """End a link, named by its id or by how its id begins."""
    revoke_named(data_dir, uid, lambda archive: archive.accounts.shares(), "share link", listed_by="share list")


def _shares(archive: MongoArchive, chosen: Settings) -> Shares:
    return Shares(archive, Keyring(archive.accounts, secret_key(chosen)), Sight(archive))


def _now_us() -> int:
    return time.time_ns() // 1000
