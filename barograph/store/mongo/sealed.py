"""The archive of MongoDB with all sealed that is secret, its keys wrapped by a key service."""

from __future__ import annotations

from typing import Any

from barograph.errors import AccessDenied, SettingsError
from barograph.settings import Settings
from barograph.store.cold.places import Place
from barograph.store.cold.watched import watched
from barograph.store.master_key import KeyService, key_file
from barograph.store.mongo.archive import MongoArchive
from barograph.store.mongo.driver import driver
from barograph.store.mongo.history_reads import HistoryFrom
from barograph.store.mongo.seal_keys import MongoSealKeys
from barograph.store.mongo.seal_names import seal_names
from barograph.store.sealer import AesSealer
from barograph.store.sealing import Sealed


async def open_archive(settings: Settings, url: str, *, frames_url: str | None = None) -> MongoArchive:
    """Return the archive at an address as servers, commands and notebooks open it, or `MasterKeyError`."""
    service = key_file(settings)
    archive = await sealed_archive(
        url, settings.database, settings.storage_timeout_s, service,
        frames_url=frames_url, history=settings.history_from, place=watched(settings),
    )  # fmt: skip
    archive.departures.rotates = settings.rotates_after_erasing
    return archive


async def sealed_archive(
    url: str,
    database: str,
    timeout_s: float,
    service: KeyService,
    *,
    frames_url: str | None = None,
    history: HistoryFrom = "primary",
    place: Place | None = None,
) -> MongoArchive:
    """Return the archive at an address; `MasterKeyError` where what is stored has a master key that is not here.

    Names that were stored readable are sealed before it is returned, so that they are found; whoever may not do so is
    refused.
    """
    client = driver(url, timeout_s)
    keys = MongoSealKeys(url, client[database], timeout_s, service)
    sealing = Sealed(AesSealer(keys))
    archive = await MongoArchive.connect(url, database, timeout_s, client, sealing, keys, frames_url, history, place)
    try:
        await keys.load()
        await _seal_names(client[database], sealing)
    except BaseException:
        await archive.close()
        raise
    return archive


async def _seal_names(database: Any, sealing: Sealed) -> None:
    try:
        await seal_names(database, sealing)
    except AccessDenied as error:
        raise SettingsError(
            f"database: names in {database.name} are stored as an earlier version had them, and have to be sealed by "
            "an account of MongoDB that may write: `barograph users` does it with an administrator's address"
        ) from error
