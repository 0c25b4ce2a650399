"""One instance of embedded servers: its passwords and ports, how the two are configured, and how they come up.

mongod runs as a replica set of one, because only that gives write concern majority its meaning: journaled, and never
rolled back. Its first user is made by the localhost exception of the first start, and anonymous access ends there. That
one makes the users of the services (`barograph.cli.service_users`).
"""

from __future__ import annotations

import base64
import logging
import secrets
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import redis
from pymongo import MongoClient
from pymongo.errors import AutoReconnect, OperationFailure, PyMongoError
from redis.backoff import NoBackoff
from redis.retry import Retry

from barograph.errors import InvalidData, SettingsError
from barograph.file_versions import FIRST, version_of
from barograph.private import require_secret, write_private
from barograph.servers.programs import Child, DataDirectoryUnusable, locked, unusable_said

VERSION = 1  # of our JSON files in a data directory
START_PATIENCE_S = 120.0  # after a kill mongod replays its journal; after a change of port it may look for the old one
ANSWER_PATIENCE_S = 2.0

_USER = _REPLICA_SET = "barograph"
_UNAUTHORIZED, _AUTHENTICATION_FAILED, _ALREADY_INITIALIZED, _NOT_YET_INITIALIZED = 13, 18, 23, 94

_log = logging.getLogger(__name__)
_T = TypeVar("_T")


class _Versioned(msgspec.Struct):
    """What each of our JSON files in a data directory says of itself; those of before have no version."""

    version: int = FIRST


class Instance(msgspec.Struct, frozen=True):
    """What stays the same from start to start, as instance.json keeps it."""

    mongo_password: str
    redis_password: str
    mongo_port: int = 0
    redis_port: int = 0
    services: dict[str, str] = {}  # passwords of the services' own users of MongoDB; msgspec copies the default
    version: int = VERSION

    @property
    def mongo_url(self) -> str:
        """For any MongoDB client; no compressors, as mongod has none."""
        at = f"{_USER}:{self.mongo_password}@127.0.0.1:{self.mongo_port}"
        return f"mongodb://{at}/?authSource=admin&replicaSet={_REPLICA_SET}&directConnection=true"

    @property
    def redis_url(self) -> str:
        """For any Redis client."""
        return f"redis://:{self.redis_password}@127.0.0.1:{self.redis_port}/0"


def load(home: Path) -> Instance:
    """Return passwords, made at the first start, and ports that are free now: those of the last start if possible."""
    with _changing(home):
        kept = read(home / "instance.json", Instance) or Instance(secrets.token_urlsafe(32), secrets.token_urlsafe(32))
        mongo_port, redis_port = _free_ports(kept.mongo_port, kept.redis_port)
        instance = msgspec.structs.replace(kept, mongo_port=mongo_port, redis_port=redis_port)
        if instance != kept:
            write(home / "instance.json", instance)
        if not (home / "keyfile").exists():
            write_private(home / "keyfile", base64.b64encode(secrets.token_bytes(96)))
        _require_keyfile(home / "keyfile")
    return instance


def service_urls(home: Path, mongo_url: str, users: Mapping[str, str]) -> dict[str, str]:
    """Return the address of MongoDB for each service, as a user of its own; passwords are made once and kept.

    Services that start at the same moment get the same passwords.
    """
    with _changing(home):
        kept = read(home / "instance.json", Instance)
        if kept is None:
            raise DataDirectoryUnusable(f"{home / 'instance.json'} is gone: put it back, it has the passwords")
        passwords = {service: kept.services.get(service) or secrets.token_urlsafe(32) for service in users}
        if not passwords.items() <= kept.services.items():
            write(home / "instance.json", msgspec.structs.replace(kept, services={**kept.services, **passwords}))
    at = mongo_url.rpartition("@")[2]
    return {service: f"mongodb://{user}:{passwords[service]}@{at}" for service, user in users.items()}


@contextmanager
def _changing(home: Path) -> Iterator[None]:
    """Read instance.json and write it again, while nobody else does."""
    with unusable_said(home), locked(home / "instance.lock", exclusive=True):
        yield


def _require_keyfile(path: Path) -> None:
    try:
        require_secret(path)
    except SettingsError as error:
        raise DataDirectoryUnusable(str(error)) from error


def _free_ports(*wanted: int) -> list[int]:
    with ExitStack() as stack:
        listeners = [stack.enter_context(socket.socket()) for _ in wanted]
        for listener, port in zip(listeners, wanted, strict=True):
            # As the servers do, or a port would seem taken while connections of the last run fade away.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                # mongod asks the old port whether it is itself there; a program that only listens costs it 30 s.
                _log.info("port %s of the last start is taken: another one is used, which may take half a minute", port)
                listener.bind(("127.0.0.1", 0))
        return [int(listener.getsockname()[1]) for listener in listeners]


def mongod_options(home: Path, instance: Instance) -> list[str]:
    """Return the arguments of mongod; no secret is among them."""
    return [
        *("--dbpath", str(home / "mongo"), "--bind_ip", "127.0.0.1", "--port", str(instance.mongo_port)),
        *("--nounixsocket", "--replSet", _REPLICA_SET, "--keyFile", str(home / "keyfile")),
        # 6.0.5 has CVE-2025-14847 in its wire compression, which loopback does not need.
        *("--networkMessageCompressors", "disabled"),
        # The default is half of the machine's memory. Frames come compressed, are written once and read in sequence:
        # a larger cache would take memory from the arrays that people work with, and bring nothing.
        *("--wiredTigerCacheSizeGB", "0.5"),
        # 302 MB of preallocated journal in a new directory become 17.
        *("--wiredTigerEngineConfigString", "log=(prealloc=false,file_max=16MB)"),
        # The default is 5 % of the disk; there is no second member to feed, and recovery pins what it needs.
        *("--oplogSize", "256"),
        # Nearly all that is written is compressed already.
        *("--wiredTigerJournalCompressor", "none"),
        # 200 MB of diagnostics that only the vendor can read.
        *("--setParameter", "diagnosticDataCollectionEnabled=false"),
        # No second member can take over, so nothing is gained by waiting for clients to go there.
        *("--setParameter", "shutdownTimeoutMillisForSignaledShutdown=0"),
        *("--slowms", "1000"),
    ]


def redis_configuration(instance: Instance) -> bytes:
    """Return the configuration of redis-server, which holds its password."""
    # When 512 MiB are full, the streams that were not used for longest go, whole, so the XADD of a live session never
    # fails. With `noeviction` it would, and with the volatile policies as soon as only keys without expiry were left.
    # They are freed at once, in milliseconds: freed by another thread, the memory is not there yet when the next
    # entry asks for it, and that entry is refused.
    return f"""\
bind 127.0.0.1
port {instance.redis_port}
protected-mode yes
requirepass {instance.redis_password}
save ""
appendonly no
maxmemory 512mb
maxmemory-policy allkeys-lru
lazyfree-lazy-eviction no
""".encode()


def bring_up(children: Sequence[Child], instance: Instance) -> None:
    """Wait until mongod and redis-server answer to their passwords and mongod takes writes."""
    mongod, redis_server = children
    deadline_s = time.monotonic() + START_PATIENCE_S
    for child in children:
        # Our own process must listen before a password is sent there.
        child.wait_until(child.listens, deadline_s)
    redis_server.wait_until(lambda: _redis_answers(instance.redis_url), deadline_s)
    mongod.wait_until(lambda: _settled(instance), deadline_s)


def answers(mongo_url: str, redis_url: str) -> bool:
    """Return True when a mongod that takes writes and a redis-server answer under these URLs and to their passwords."""
    try:
        with MongoClient[dict[str, Any]](mongo_url, timeoutMS=int(ANSWER_PATIENCE_S * 1000)) as client:
            primary = bool(client.admin.command("hello")["isWritablePrimary"])
    except PyMongoError:
        return False
    return primary and _redis_answers(redis_url)


def _redis_answers(url: str) -> bool:
    try:
        with redis.Redis.from_url(url, socket_timeout=ANSWER_PATIENCE_S, retry=Retry(NoBackoff(), 0)) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def _client(instance: Instance, *, known: bool) -> MongoClient[dict[str, Any]]:
    patience_ms = int(ANSWER_PATIENCE_S * 1000)
    return MongoClient(
        "127.0.0.1",
        instance.mongo_port,
        username=_USER if known else None,
        password=instance.mongo_password if known else None,
        directConnection=True,
        connect=False,
        serverSelectionTimeoutMS=patience_ms,
        socketTimeoutMS=patience_ms,
    )


def _settled(instance: Instance) -> bool:
    """True when mongod takes our writes; else one step there, from wherever an earlier start left it."""
    # New clients each time: after a refused login or a cut connection a client waits seconds before it looks again.
    try:
        known = _is_known(instance)
        with _client(instance, known=known) as client:
            state = client.admin.command("hello")
            if "setName" not in state:
                _name_member(client, f"127.0.0.1:{instance.mongo_port}", new=not known)
            elif state["isWritablePrimary"] and not known:
                # Whoever can read this password can read the files as well, so it may do everything.
                client.admin.command("createUser", _USER, pwd=instance.mongo_password, roles=["root"])
            return known and bool(state["isWritablePrimary"])
    except AutoReconnect:
        return False  # it cuts its connections whenever it changes its state
    except OperationFailure as error:
        if error.code == _UNAUTHORIZED:
            raise DataDirectoryUnusable(
                "mongod does not know the password in instance.json: put back the file that belongs to this directory"
            ) from error
        if error.code != _NOT_YET_INITIALIZED:
            raise
        return False


def _is_known(instance: Instance) -> bool:
    try:
        with _client(instance, known=True) as us:
            us.admin.command("ping")
    except OperationFailure as error:
        if error.code != _AUTHENTICATION_FAILED:
            raise
        return False
    return True


def _name_member(client: MongoClient[dict[str, Any]], host: str, *, new: bool) -> None:
    """Make the replica set; or, as its one member does not find itself under its old port, tell it the new one."""
    configuration = {"_id": _REPLICA_SET, "version": 1, "members": [{"_id": 0, "host": host}]}
    if new:
        try:
            client.admin.command("replSetInitiate", configuration)
        except OperationFailure as error:
            if error.code != _ALREADY_INITIALIZED:
                raise
        else:
            return
    client.admin.command("replSetReconfig", configuration, force=True)


def read(path: Path, kind: type[_T]) -> _T | None:
    """Return what a JSON file of ours says, or None when there is no such file."""
    try:
        require_secret(path)
        text = path.read_bytes()
        version_of(msgspec.json.decode(text, type=_Versioned).version, VERSION)
        return msgspec.json.decode(text, type=kind)
    except FileNotFoundError:
        return None
    except InvalidData as error:
        raise DataDirectoryUnusable(f"{path}: {error}") from error
    except SettingsError as error:
        raise DataDirectoryUnusable(str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DataDirectoryUnusable(f"{path} is not what Barograph wrote ({error}): put the right file back") from error


def write(path: Path, value: msgspec.Struct) -> None:
    """Replace a JSON file of ours, mode 0600, in one step."""
    write_private(path, msgspec.json.encode(value))
