"""Users of MongoDB for the services: made by `barograph users`, and by whatever starts services on embedded servers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
from pydantic import SecretStr

from barograph import settings as settings_module
from barograph.cli.storage_urls import archive_url
from barograph.errors import InvalidData, SettingsError
from barograph.servers import embedded
from barograph.servers.instance import service_urls
from barograph.settings import Settings, variable
from barograph.store.mongo.sealed import open_archive
from barograph.store.mongo.service_rights import SERVICES, Service, role_of
from barograph.store.mongo.service_users import ServiceUsers


def users_of_embedded(settings: Settings, found: embedded.Servers) -> dict[Service, str]:
    """Return the address of each service on embedded servers, whose users are there and may what they should."""
    urls = _urls_of_embedded(found.data_dir, found.mongo_url)
    make(settings, found.mongo_url, urls)
    return urls


def _urls_of_embedded(data_dir: Path, mongo_url: str) -> dict[Service, str]:
    urls = service_urls(data_dir, mongo_url, {service: role_of(service) for service in SERVICES})
    return {service: urls[service] for service in SERVICES}


def as_service(settings: Settings, service: Service) -> Settings:
    """Return the settings of one service of this machine: with both URLs, of embedded servers as a user of its own."""
    if settings.mongo_url is not None and settings.redis_url is not None:
        return settings
    found = embedded.running(settings.data_dir)
    if found is None:
        raise SettingsError(
            "no MongoDB and Redis to use: set BAROGRAPH_MONGO_URL and BAROGRAPH_REDIS_URL, or run `barograph up` "
            f"on the data directory {settings.data_dir}"
        )
    urls = {"redis_url": found.redis_url}
    if settings.mongo_url is None:
        urls |= urls_for(service, users_of_embedded(settings, found))
    return settings.model_copy(
        update={name: SecretStr(url) for name, url in urls.items() if getattr(settings, name) is None}
    )


def urls_for(service: Service, urls: Mapping[Service, str]) -> dict[str, str]:
    """Return the settings with which a service reaches MongoDB; empty where it has no user of its own."""
    if not urls:
        return {}
    frames = {"frames_mongo_url": urls["frames"]} if service == "dashboard" else {}
    return {"mongo_url": urls[service], **frames}


def make(settings: Settings, url: str, urls: Mapping[Service, str]) -> dict[Service, str]:
    """Make a database ready under an administrator's address, and the users in the addresses of services."""
    asyncio.run(_prepare(settings, url))
    with ServiceUsers(url, settings.database, settings.storage_timeout_s) as users:
        return users.make(urls)


async def _prepare(settings: Settings, url: str) -> None:
    """Make collections and indexes, bring what is stored to this version and seal names, which no service may."""
    archive = await open_archive(settings, url)
    await archive.close()


def make_users(data_dir: Path | None, url_files: Sequence[str], own_url_file: Path | None = None) -> None:
    """Make the users of services, or bring them to what they should be, and say what was done."""
    settings = settings_module.load(data_dir=data_dir)
    if settings.mongo_url is not None:
        done = make(settings, settings.mongo_url.get_secret_value(), _urls(url_files))
    elif url_files or own_url_file:
        raise SettingsError(
            f"--url-file: expected an administrator's address in {variable('mongo_url')} beside it; users of embedded "
            "servers are made without"
        )
    else:
        with archive_url(settings, new=True) as url:
            done = make(settings, url, _urls_of_embedded(settings.data_dir, url))
    for service, said in done.items():
        click.echo(f"{service}: {said}")
    if own_url_file is not None:
        _renew_own(settings, own_url_file)
        click.echo("administrator: has another password now")


def _renew_own(settings: Settings, own_url_file: Path) -> None:
    url = settings.mongo_url.get_secret_value() if settings.mongo_url else ""
    with ServiceUsers(url, settings.database, settings.storage_timeout_s) as users:
        users.renew_own(_address_in(own_url_file))


def _urls(url_files: Sequence[str]) -> dict[Service, str]:
    named: dict[Service, str] = {}
    for text in url_files:
        name, _, path = text.partition("=")
        service = next((one for one in SERVICES if one == name), None)
        if service is None or not path:
            raise InvalidData(f"--url-file: expected {', '.join(SERVICES)} and a file, as ingest=/run/secrets/url")
        named[service] = _address_in(Path(path))
    if not named:
        raise InvalidData("--url-file: expected the file of at least one service's address, as ingest=FILE")
    return named


def _address_in(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"--url-file: {path} cannot be read: {error}") from error
