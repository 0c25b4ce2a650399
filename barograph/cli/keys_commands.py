"""The commands under `barograph keys`."""

from __future__ import annotations

from pathlib import Path

import click

from barograph.access.needs import needs

data_dir = click.option(
    "--data-dir", type=click.Path(path_type=Path, file_okay=False), help="Where the embedded servers keep their data."
)


@click.group()
def keys() -> None:
    """Show, make and change the keys that what is stored of people is sealed with.

    Each session, athlete and test day has a key of its own in MongoDB, wrapped by the master key, which is in a file
    outside: master.key in the data directory, or what BAROGRAPH_MASTER_KEY_FILE names. Without it nobody reads what is
    stored, so keep a copy of the file, and not where copies of the database are.

    \b
    Examples:  barograph keys show
               barograph keys rotate
               barograph keys seal --dry-run
               barograph keys make /srv/barograph/master.key
    """


@keys.command()
@needs("administer", "system")
@data_dir
def show(data_dir: Path | None) -> None:
    """Print fingerprints of master keys, and how many keys each wraps. It prints no key."""
    from barograph.cli.keys import show_keys

    show_keys(data_dir)


@keys.command()
@needs("administer", "system")
@data_dir
def rotate(data_dir: Path | None) -> None:
    """Make a new master key, wrap all keys by it, and destroy the old one; interrupted, it goes on where it was.

    After that a copy of the database from before is unreadable, what was erased since included: make a new copy of
    both, and destroy old copies of the master key. Servers go on meanwhile. Where several machines have a copy of the
    file, end what runs there first, and give them the new one.
    """
    from barograph.cli.keys import rotate_keys

    rotate_keys(data_dir)


@keys.command()
@needs("administer", "system")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
def make(path: Path) -> None:
    """Make the file PATH with a new master key, mode 0600, for a lab in which nothing was stored yet."""
    from barograph.cli.keys import make_key

    make_key(path)


@keys.command()
@needs("administer", "system")
@click.option("--dry-run", is_flag=True, help="Only count what is readable yet.")
@data_dir
def seal(dry_run: bool, data_dir: Path | None) -> None:
    """Seal what an earlier version stored readable: frames, rollups, tables, series; interrupted, it goes on.

    Names, masses and labels are sealed when such an archive is first opened. Servers of this version go on meanwhile;
    end older ones first. Disks keep what was deleted until it is overwritten, and so do older copies: when it is done,
    make a new backup, destroy old ones, and where disks are not trusted restore the backup on another.
    """
    from barograph.cli.keys import seal_stored

    seal_stored(data_dir, dry_run=dry_run)
