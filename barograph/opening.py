"""What a Lab reads and writes: the MongoDB of this machine or another's, or a server over HTTP, by its address."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from barograph.errors import SettingsError
from barograph.extras import imports_for
from barograph.loops import ask, running_loop
from barograph.networks import place_of
from barograph.settings import Settings, load
from barograph.store.reader import Reader
from barograph.store.summarised import Lister, summarised
from barograph.store.writing import ArchiveWriter, Writer

if TYPE_CHECKING:
    from barograph.store.mongo.archive import MongoArchive

SESSIONS_AT_ONCE = 2000  # whose summaries are read by one question to an archive of this machine
HTTP = ("http", "https")
MONGO = ("mongodb", "mongodb+srv")


@dataclass(frozen=True, eq=False)
class Source:
    """Where a Lab reads and writes, the loop in which it does, what is to be closed in the end, and its name."""

    reader: Reader
    writer: Writer
    loop: asyncio.AbstractEventLoop
    resources: ExitStack
    at: str
    summaries: Lister


def opened(url: str | None, token: str | None, **given: Any) -> Source:
    """Return the source at an address, else the one that the settings name, else that of the data directory."""
    settings = load(token=token, **given)
    scheme = scheme_of(url)
    if token is not None and scheme not in HTTP:
        raise SettingsError("token: expected the address of a server beside it, such as https://lab.example")
    with ExitStack() as stack:
        loop = stack.enter_context(running_loop())
        if url is not None and scheme in HTTP:
            reader, writer, at, lister = stack.enter_context(_remote(loop, url, settings))
            return Source(reader, writer, loop, stack.pop_all(), at, lister)
        url = _known_url(settings, stack) if url is None else url
        archive = stack.enter_context(_archive(loop, url, settings))
        at = f"{settings.database} at {place_of(url)}"
        writer = ArchiveWriter(archive, _statistics, settings.data_dir)
        return Source(archive, writer, loop, stack.pop_all(), at, partial(summarised, archive, limit=SESSIONS_AT_ONCE))


def scheme_of(url: str | None) -> str:
    """Return the scheme of an address, "" without one, or `SettingsError` for one that nobody here speaks."""
    if not isinstance(url, str) or "://" not in url:
        return ""  # MongoDB's driver says what it expects
    scheme = url.partition("://")[0].strip().lower()
    if scheme not in (*HTTP, *MONGO):
        raise SettingsError(
            f"url: expected https://… of a Barograph server, or mongodb://… of its database, got {scheme[:40]!r}://…"
        )
    return scheme


def _known_url(settings: Settings, stack: ExitStack) -> str:
    if settings.mongo_url is not None:
        return settings.mongo_url.get_secret_value()
    with imports_for("a Lab on this machine's servers"):
        from barograph.servers import embedded
    return stack.enter_context(embedded.borrowed(settings.data_dir)).mongo_url


@contextmanager
def _archive(loop: asyncio.AbstractEventLoop, url: str, settings: Settings) -> Iterator[MongoArchive]:
    with imports_for("a Lab on a MongoDB"):
        from barograph.store.mongo.sealed import open_archive
    archive = ask(loop, open_archive(settings, url))
    try:
        yield archive
    finally:
        ask(loop, archive.close())


@contextmanager
def _remote(
    loop: asyncio.AbstractEventLoop, url: str, settings: Settings
) -> Iterator[tuple[Reader, Writer, str, Lister]]:
    # The client of HTTP takes longer to import than a Lab of this machine takes to open.
    from barograph.remote.archive import RemoteArchive
    from barograph.remote.client import Client
    from barograph.remote.summaries import RemoteSummaries
    from barograph.remote.writing import RemoteWriter

    client = Client(url, settings.token, settings.storage_timeout_s, over_http=settings.token_over_http)
    archive = ask(loop, RemoteArchive.connect(client))
    try:
        yield archive, RemoteWriter(client, archive), client.address, RemoteSummaries(client)
    finally:
        ask(loop, archive.close())


def _statistics() -> Any:
    # What computes is above: only who imports loads it.
    return import_module("analytics.frames.arrival").ArrivalStatistics()
