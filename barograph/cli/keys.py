"""`barograph keys`: the master key and what it wraps."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import cast

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from barograph.cli.sessions import ask, print_table
from barograph.errors import SettingsError, StorageAway
from barograph.settings import Settings, variable
from barograph.store.master_key import KeyFile, key_file
from barograph.store.mongo.archive import MongoArchive
from barograph.store.mongo.key_rotation import is_due, rotate
from barograph.store.mongo.seal_keys import KeyCounts, MongoSealKeys
from barograph.texts import plural

KINDS = {"workout": "sessions", "athlete": "athletes", "day": "test days", "account": "accounts, devices and links"}


def show_keys(data_dir: Path | None) -> None:
    """Print which master keys there are and how many keys each wraps."""

    async def work(archive: MongoArchive, chosen: Settings) -> tuple[KeyCounts, tuple[str, ...], str, bool]:
        stored, service = cast(MongoSealKeys, archive.seal_keys), key_file(chosen)
        return await stored.counts(), service.known(), service.at, await is_due(stored)

    counts, known, at, due = ask(data_dir, work, new=True)
    table = Table("master key", "", "wraps")
    for place, name in enumerate(known):
        table.add_row(name, "old" if place else "current", plural(counts.by.get(name, 0), "key"))
    print_table(table)
    click.echo(f"{at}: {'not made yet: the first key makes it' if not known else 'keep a copy of it'}")
    of = ", ".join(f"{counts.of.get(kind, 0):,} of {title}" for kind, title in KINDS.items())
    click.echo(f"Keys: {of}; {counts.destroyed:,} were destroyed by erasing.")
    if due:
        click.echo(
            "Copies of the database from before something was erased can be read yet with the master key: "
            "`barograph keys rotate` makes a new one."
        )


def rotate_keys(data_dir: Path | None) -> None:
    """Make a new master key and destroy the old one, with a progress bar."""
    console = Console(stderr=True)

    async def work(archive: MongoArchive, chosen: Settings) -> bool:
        with Progress(console=console, disable=not console.is_terminal) as bar:
            task = bar.add_task("keys", total=None)
            stored = cast(MongoSealKeys, archive.seal_keys)
            return await rotate(
                stored, always=True, progress=lambda done, of: bar.update(task, completed=done, total=of)
            )

    if not ask(data_dir, work):
        raise StorageAway("another process changes the master key at the moment; nothing was done")
    click.echo("All keys are wrapped by a new master key, and the old one is destroyed: copy the file anew.")


def seal_stored(data_dir: Path | None, *, dry_run: bool) -> None:
    """Seal what is stored readable, or count it, with a progress bar."""
    console = Console(stderr=True)

    async def work(archive: MongoArchive, chosen: Settings) -> Counter[str]:
        with Progress(console=console, disable=not console.is_terminal) as bar:
            task = bar.add_task("documents", total=None)
            stored = archive.seal_stored(lambda done, of: bar.update(task, completed=done, total=of))
            return await (stored.count() if dry_run else stored.seal())

    found = ask(data_dir, work)
    for collection, n in sorted(found.items()):
        click.echo(f"{collection}: {n:,}")
    if dry_run:
        click.echo(f"Documents that can be read without a key: {found.total():,}.")
    elif found:
        click.echo(f"Sealed now: {plural(found.total(), 'document')}. Make a new backup, and destroy older ones.")
    else:
        click.echo("Nothing was left to seal.")


def make_key(path: Path) -> None:
    """Make a file with a new master key, or say that there is one."""
    if path.is_symlink() or path.exists():
        raise SettingsError(f"{path}: it is there already; a new key over it would make what is stored unreadable")
    service = KeyFile(path.absolute(), may_make=True)
    service.make()
    click.echo(f"{path}: made, master key {service.known()[0]}; name it in {variable('master_key_file')}, keep a copy")
