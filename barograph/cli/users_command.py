"""The command `barograph users`."""

from __future__ import annotations

from pathlib import Path

import click

from barograph.access.needs import needs


@click.command()
@needs("administer", "system")
@click.option(
    "--url-file",
    "url_files",
    multiple=True,
    metavar="SERVICE=FILE",
    help="A file with the address of MongoDB that a service has; may be repeated.",
)
@click.option(
    "--data-dir", type=click.Path(path_type=Path, file_okay=False), help="Where the embedded servers keep their data."
)
@click.option(
    "--own-url-file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="A file with the address that this administrator shall have from now on: its password is changed, last.",
)
def users(url_files: tuple[str, ...], data_dir: Path | None, own_url_file: Path | None) -> None:
    """Make MongoDB's users for the services, each with the least rights, and prepare the database.

    To do it again changes what is not as it should be. `barograph up` does it by itself on embedded servers. Elsewhere
    BAROGRAPH_MONGO_URL is an administrator's address, and each file has the one that a service will use, with the user
    and the password that it shall have. The services are ingest, dashboard, summaries, and frames, the user by which
    the dashboard inserts frames of uploaded files (BAROGRAPH_FRAMES_MONGO_URL). Who signs in to Barograph is another
    matter: `barograph user`.

    To change passwords, write addresses with new ones into the files, run this, and start the services with them.
    --own-url-file changes the administrator's own likewise. `make rotate` does so in containers.

    \b
    Example:  barograph users --url-file ingest=/run/secrets/ingest_url --url-file dashboard=/run/secrets/dashboard_url
    """
    from barograph.cli.service_users import make_users

    make_users(data_dir, url_files, own_url_file)
