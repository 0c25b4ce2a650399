"""What `barograph doctor` asks MongoDB and Redis, and what it makes of their answers; it writes to neither."""

from __future__ import annotations

import asyncio
import difflib
import time
from collections.abc import Sequence

from barograph.cli.backup_age import failed_backups
from barograph.cli.cold_findings import archived_found
from barograph.cli.findings import Finding
from barograph.cli.weaknesses import too_old, weakness
from barograph.errors import AccessDenied, BarographError, SettingsError, StorageAway
from barograph.networks import is_local
from barograph.settings import Settings, variable
from barograph.store.master_key import MasterKeyError, key_file
from barograph.store.mongo.archive import MongoArchive
from barograph.store.mongo.looking import Looked
from barograph.store.mongo.seal_keys import require_masters
from barograph.store.mongo.service_users import differences
from barograph.store.records import Server
from barograph.store.redis import RedisLive

CLOCK_TOLERANCE_S = 5.0
NO_SET = "it is no replica set, so acks would promise too much: start it with --replSet"


async def ask_mongo(chosen: Settings, url: str, away: str = "") -> list[Finding]:
    """Return what MongoDB is, its clock, the database, its disk, and the rights of services.

    `away` says what to do where it does not answer and is no server of somebody else's.
    """
    try:
        archive = MongoArchive.unprepared(url, chosen.database, chosen.storage_timeout_s)
        try:
            server = await archive.server()
            findings = [_server(server, url), _clock(server), _database(chosen, await archive.look())]
            findings += await _keys(chosen, archive)
            findings += failed_backups(await archive.backup_state())
            findings += archived_found(chosen, await archive.cold.state())
            rights = await _rights(chosen, url, archive)
            return [*findings, *_disk(chosen, await archive.free_bytes()), *rights]
        finally:
            await archive.close()
    except StorageAway as error:
        return [Finding("MongoDB", str(error), away or f"start it, or correct {variable('mongo_url')}")]
    except AccessDenied as error:
        return [Finding("MongoDB", str(error), f"give it the role read, to store readWrite, on {chosen.database}")]
    except BarographError as error:
        return [Finding("MongoDB", str(error), "the message says what to do")]


def _server(server: Server, url: str) -> Finding:
    part = "mongos" if server.router else "MongoDB"
    alone = "" if server.replica_set or server.router else NO_SET
    return versioned(part, "MongoDB", server.version, url, alone)


def _clock(server: Server) -> Finding:
    off_s = abs(time.time() - server.t_us / 1e6)
    remedy = "" if off_s < CLOCK_TOLERANCE_S else "its clock and ours differ: let both follow NTP"
    return Finding("clock", f"within {off_s:.1f} s of MongoDB's", remedy)


def _database(chosen: Settings, looked: Looked) -> Finding:
    name = chosen.database
    if not looked.there:
        near = difflib.get_close_matches(name, looked.others, n=1)
        remedy = f"is {near[0]} meant? {variable('database')}" if near else ""
        remedy = remedy or ("" if looked.writes else "this account may not make it: correct it, or the account")
        return Finding("database", f"{name} is not there yet", remedy)
    behind = "" if looked.version == looked.newest else f", which the next start brings to {looked.newest}"
    rights = "" if looked.writes else "; this account may read it only"
    return Finding("database", f"{name}, version {looked.version}{behind}{rights}")


async def _keys(chosen: Settings, archive: MongoArchive) -> list[Finding]:
    try:
        return _master_key(chosen, await archive.masters())
    except MasterKeyError as error:
        return [Finding("master key", "it wraps nothing", str(error))]


def _master_key(chosen: Settings, masters: Sequence[str]) -> list[Finding]:
    service = key_file(chosen)
    try:
        service.ready()
        require_masters(service, chosen.database, masters)
    except MasterKeyError as error:
        return [Finding("master key", "what is stored cannot be read" if masters else "not there", str(error))]
    return [Finding("master key", f"{service.at}, wraps all keys" if masters else "nothing is sealed yet")]


def _disk(chosen: Settings, free: int | None) -> list[Finding]:
    if free is None:
        return []
    least = chosen.min_free_bytes
    remedy = "" if free >= least else f"new sessions are refused below {least >> 20} MiB: make room on MongoDB's disk"
    return [Finding("MongoDB's disk", f"{free >> 20:,} MiB free", remedy)]


async def _rights(chosen: Settings, url: str, archive: MongoArchive) -> list[Finding]:
    """Whether the users of services may what they should: the one that looks, or all for an administrator."""
    service, told = await archive.service_rights()
    if service is not None:
        return [_right(service, told)]
    try:
        found = await asyncio.to_thread(differences, url, chosen.database, chosen.storage_timeout_s)
    except SettingsError:
        return [Finding("MongoDB's users", "one for everything; an administrator sees more")]
    if all(one.endswith("is not there") for one in found.values()):
        return [Finding("MongoDB's users", "none of services yet; `barograph up` and `barograph users` make them")]
    return [_right(one, told) for one, told in found.items()]


def _right(service: str, told: str) -> Finding:
    return Finding(f"rights of {service}", told or "as they should be", "run `barograph users`" if told else "")


async def ask_redis(url: str, away: str = "") -> Finding:
    """Return what Redis or Valkey is; `away` as for MongoDB."""
    live = await RedisLive.connect(url)
    try:
        product, version = await live.version()
    except BarographError as error:
        remedy = away or f"start it, or correct {variable('redis_url')}; nothing is lost without it"
        return Finding("Redis", str(error), remedy)
    finally:
        await live.close()
    return versioned(product, product, version, url)


def versioned(part: str, product: str, version: str, url: str, more: str = "") -> Finding:
    """Return what a server's version means; a weakness is a fault where others than this machine reach the server."""
    weak = weakness(product, version)
    found = f"{version}, reached by this machine alone: it has {weak}" if weak and is_local(url) else version
    upgrade = f"it has {weak}: upgrade, unless your distribution has mended it" if weak and not is_local(url) else ""
    return Finding(part, found, too_old(product, version) or more or upgrade)
