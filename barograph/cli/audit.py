"""`barograph audit`: the log of who did what, shown, verified and written into a file."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click
from rich.table import Table

from barograph.cli.importing import said_date
from barograph.cli.sessions import ask, print_table
from barograph.errors import NotFound
from barograph.private import write_private
from barograph.settings import Settings
from barograph.store.audit import Entry, all_entries, canonical, verify
from barograph.store.audit_heads import Heads, head_of, joined
from barograph.store.mongo.archive import MongoArchive

SHOWN_OF_ID = 10


def show_entries(data_dir: Path | None, limit: int, athlete: str) -> None:
    """Print a table of the newest entries."""

    async def work(archive: MongoArchive, chosen: Settings) -> list[tuple[str, ...]]:
        athletes = {uid: one for one in await archive.roster.athletes() for uid in one.uids}
        whose = next((one.uid for one in athletes.values() if one.short_id == athlete), None)
        if athlete and whose is None:
            raise NotFound(f"--athlete: no athlete has the short id {athlete!r}")
        entries = deque([one async for one in all_entries(archive.audit, whose)], limit)
        people = {one.uid: one.email for one in await archive.accounts.users()}
        return [
            (
                str(one.seq), said_date(one.at_us), people.get(one.who, one.who[:SHOWN_OF_ID]) or one.how,
                one.verb, one.kind, one.uid[:SHOWN_OF_ID],
                athletes[one.athlete].short_id if one.athlete in athletes else one.athlete[:SHOWN_OF_ID], one.reason,
            )
            for one in entries
        ]  # fmt: skip

    table = Table("entry", "when", "who", "did", "what", "id", "athlete", "reason")
    for row in ask(data_dir, work):
        table.add_row(*row)
    print_table(table)


def verify_log(data_dir: Path | None, heads: Sequence[str]) -> None:
    """Go through the log, hold it against heads that were noted here and those that are given, and print its head."""
    given = [head_of(text) for text in heads]

    async def work(archive: MongoArchive, chosen: Settings) -> tuple[Entry | None, int]:
        noted = joined([*Heads(chosen.data_dir).noted(), *given])
        return await verify(all_entries(archive.audit), noted), len(noted)

    last, noted = ask(data_dir, work)
    click.echo("nothing is written yet" if last is None else f"{last.seq}:{last.hash}")
    known = f"{noted} that {'was' if noted == 1 else 'were'} noted elsewhere" if noted else "none was noted elsewhere"
    click.echo(f"whole: each entry follows the one before it; heads: {known}", err=True)


def export_log(data_dir: Path | None, output: Path) -> None:
    """Write the log into a file that only its owner reads."""

    async def work(archive: MongoArchive, chosen: Settings) -> list[Entry]:
        return [one async for one in all_entries(archive.audit)]

    entries = ask(data_dir, work)
    lines = (json.dumps(asdict(one) | {"canonical": canonical(one).decode()}, ensure_ascii=True) for one in entries)
    write_private(output, "".join(f"{line}\n" for line in lines).encode())
    click.echo(f"{output}: {len(entries)} entries", err=True)
