"""The command `barograph replicas`."""

from __future__ import annotations

import click

from barograph.access.needs import needs
from barograph.cli.numbers import SECONDS


@click.command()
@needs("administer", "system")
@click.argument("hosts", nargs=-1, required=True, metavar="HOST:PORT...")
@click.option(
    "--patience", "patience_s", type=SECONDS, default=600.0, show_default=True, help="Seconds to wait at most."
)
@click.option("--commit-version", is_flag=True, help="After an update of MongoDB: use what its new version stores.")
def replicas(hosts: tuple[str, ...], patience_s: float, commit_version: bool) -> None:
    """Make a replica set of the first host, and give it the others as members, one after the other.

    BAROGRAPH_MONGO_URL is an administrator's address. Each mongod was started with the same --replSet and --keyFile,
    and the others reach it under the name that is given here. What is there already stays, nothing is taken out. The
    command ends when each member has all that is stored. In containers it runs by itself.

    MongoDB is updated one major version at a time, one member after the other, the primary last. The old one can be
    started again until --commit-version, which is refused while members run different versions.

    \b
    Example:  barograph replicas db1:27017 db2:27017 db3:27017
    """
    from barograph import settings as settings_module
    from barograph.errors import SettingsError
    from barograph.settings import variable
    from barograph.store.mongo.replicas import Replicas

    settings = settings_module.load()
    if settings.mongo_url is None:
        raise SettingsError(f"replicas: expected an administrator's address in {variable('mongo_url')}")
    url = settings.mongo_url.get_secret_value()
    found = Replicas(url, settings.storage_timeout_s, patience_s)
    found.make(hosts, click.echo)
    if commit_version:
        found.commit_version(hosts, click.echo)
