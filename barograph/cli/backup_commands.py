"""The commands `barograph backup`, `barograph restore` and `barograph migrate`."""

from __future__ import annotations

from pathlib import Path

import click

from barograph.access.needs import needs
from barograph.cli.session_commands import data_dir

directory = click.argument("directory", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
keys = click.option(
    "--keys", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
    help="Where the keys of what is sealed lie (default: keys in the backup).",
)  # fmt: skip


@click.command()
@needs("administer", "system")
@click.argument("directory", metavar="[DIR]", required=False, type=click.Path(path_type=Path, file_okay=False))
@keys
@click.option("--keep", is_flag=True, help="Go on, and make one each day at BAROGRAPH_BACKUP_HOUR; on running servers.")
@click.option("--verify", is_flag=True, help="Make none: check that the backup that is there is whole.")
@data_dir
def backup(directory: Path | None, keys: Path | None, keep: bool, verify: bool, data_dir: Path | None) -> None:
    """Bring the backup in DIR to what is stored now, while everything runs.

    Without DIR it is the one of BAROGRAPH_BACKUP_DIR, which `barograph up` brings up to date each day by itself. Frames
    and overviews of days that have changed are copied, and everything else anew; what was erased goes. An interrupted
    one goes on where it was, and the one before stands until the new one is whole.

    \b
    Examples:  barograph backup /mnt/backup/lab
               barograph backup /mnt/backup/lab --keys /mnt/safe/lab-keys
               barograph backup /mnt/backup/lab --verify
    """
    if keep and verify:
        raise click.UsageError("give one of --keep and --verify")
    if keep:
        from barograph.cli.keeping_backups import keep_backups

        keep_backups(data_dir, directory, keys)
        return
    from barograph.cli.backups import backup_place, make_backup, verify_backup

    directory, keys = backup_place(data_dir, directory, keys)
    if verify:
        verify_backup(directory, keys)
    else:
        make_backup(data_dir, directory, keys)


@click.command()
@needs("administer", "system")
@directory
@keys
@click.option("--without-keys", is_flag=True, help="Restore although the keys of what is sealed are not there.")
@click.option("--verify", is_flag=True, help="Read all back and compare it with the backup.")
@data_dir
def restore(directory: Path, keys: Path | None, without_keys: bool, verify: bool, data_dir: Path | None) -> None:
    """Bring the backup in DIR into an instance in which nothing is stored.

    All hashes are checked before anything is written; a damaged, cut, foreign or newer backup is refused. Let nothing
    else run on that instance meanwhile. One that was interrupted is begun anew by the same command.

    \b
    Examples:  barograph restore /mnt/backup/lab --verify --data-dir /srv/barograph
               BAROGRAPH_DATABASE=trial barograph restore /mnt/backup/lab --verify
    """
    from barograph.cli.backups import restore_backup

    if keys is not None and without_keys:
        raise click.UsageError("give one of --keys and --without-keys")
    restore_backup(data_dir, directory, keys, without_keys=without_keys, compare=verify)


@click.command()
@needs("administer", "system")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and write nothing.")
@data_dir
def migrate(dry_run: bool, data_dir: Path | None) -> None:
    """Bring what an older version stored to this one, before anything is started.

    Whatever opens the archive as its owner does it too: this command shows how far it is. An interrupted one goes on
    where it was. What a newer version stored is refused. Make a backup before.

    \b
    Examples:  barograph migrate --dry-run
               barograph migrate
    """
    from barograph.cli.migrating import migrate_archive

    migrate_archive(data_dir, dry_run=dry_run)
