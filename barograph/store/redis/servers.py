"""Which client of redis-py asks for which keys: one server, or a cluster, as the URL says.

    redis://, rediss://, unix://             one server; rediss is TLS
    redis+cluster://, rediss+cluster://      a cluster: user, password and options as above, then host:port,host:port

Of a cluster, each server is asked by itself: one that is away is away for its streams alone. Where the slots lie is
looked up in the background after each failure, and nobody waits for that; a slot that was moved is followed where the
server says so. A server that did not answer is left alone for `REST_S`, so that those who wait for all of them do not
wait for it each time.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import Context
from typing import Any, Protocol
from urllib.parse import urlsplit

from redis.asyncio import Redis
from redis.asyncio.cluster import ClusterNode, ClusterPipeline, RedisCluster
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    ClusterError,
    MovedError,
    RedisClusterException,
    RedisError,
    ResponseError,
    SlotNotCoveredError,
)

from barograph.errors import LiveAway
from barograph.store.redis.keys import slot_name, trial_key

log = logging.getLogger("barograph.live")

CLUSTER_SCHEMES = {"redis+cluster": "redis", "rediss+cluster": "rediss"}
REST_S = 0.25
PORT = 6379
MOST_TAGS = 4096
_OF_A_CLUSTER = "it is one server of a cluster: expected redis+cluster:// in its URL, got redis://"
_FAILURES = (RedisError, RedisClusterException, TimeoutError, OSError)

Commands = Callable[[Any], None]  # adds to a pipeline


class Servers(Protocol):
    """Where keys lie. What does not answer in time is `LiveAway`."""

    async def by_server(self, keys: Iterable[str]) -> list[list[str]]:
        """Return the keys in groups that lie at one server each."""
        ...

    def by_command(self, keys: Iterable[str]) -> list[list[str]]:
        """Return the keys in groups that one command may name."""
        ...

    async def asked(self, key: str, commands: Commands, within_s: float, what: str) -> list[Any]:
        """Send commands in one round trip to the server where a key lies, and return its replies."""
        ...

    async def trial_keys(self) -> list[str]:
        """Return for each server that takes entries a new key that lies there."""
        ...

    async def close(self) -> None:
        """Give back connections."""
        ...


def servers_of(url: str, timeout_s: float) -> Servers:
    """Return the servers of a URL; no connection is made yet. `ValueError` where the URL is none."""
    options: dict[str, Any] = {
        "protocol": 2,
        "socket_connect_timeout": timeout_s,
        "socket_timeout": None,  # every call has its own: reading may block, publishing may not
        "retry": Retry(NoBackoff(), 0),  # the caller knows whether a message is still worth it
    }
    scheme, _, rest = url.partition("://")
    if scheme not in CLUSTER_SCHEMES:
        return OneServer(Redis.from_url(url, **options), timeout_s)
    place, tail = _cut(rest)
    who, at, hosts = place.rpartition("@")
    first, *others = hosts.split(",")
    # Slots that nobody has are the matter of their own streams; the others go on.
    options |= {"require_full_coverage": False, "reinitialize_steps": 0}

    def made() -> RedisCluster:
        known = [ClusterNode(*_host_and_port(host)) for host in others]
        return RedisCluster.from_url(
            f"{CLUSTER_SCHEMES[scheme]}://{who}{at}{first}{tail}", startup_nodes=known, **options
        )

    return Cluster(made, timeout_s)


def _cut(rest: str) -> tuple[str, str]:
    """Who asks and the hosts, and what comes behind."""
    place = rest.partition("?")[0].partition("/")[0]
    return place, rest[len(place) :]


def _host_and_port(text: str) -> tuple[str, int]:
    parts = urlsplit(f"redis://{text}")
    if not parts.hostname:
        raise ValueError(f"expected host:port,host:port, got {text!r}")
    return parts.hostname, parts.port or PORT


@contextmanager
def _answering(what: str) -> Iterator[None]:
    try:
        yield
    except MovedError as error:
        raise LiveAway(f"Redis did not {what}: {_OF_A_CLUSTER} ({error})") from error
    except _FAILURES as error:
        raise LiveAway(f"Redis did not {what}: {str(error) or 'no answer in time'}") from error


def _checked(replies: list[Any]) -> list[Any]:
    """Replies, or the first error among them: raised here, because redis-py's own has a part of the message in it."""
    for reply in replies:
        if isinstance(reply, Exception):
            raise reply
    return replies


class OneServer:
    """All keys at one server."""

    def __init__(self, client: Redis, timeout_s: float) -> None:
        self.client, self._timeout_s = client, timeout_s

    async def by_server(self, keys: Iterable[str]) -> list[list[str]]:
        """Return all keys together."""
        return [list(keys)]

    def by_command(self, keys: Iterable[str]) -> list[list[str]]:
        """Return all keys together."""
        return [list(keys)]

    async def asked(self, key: str, commands: Commands, within_s: float, what: str) -> list[Any]:
        """Send commands in one round trip, and return the replies."""
        pipeline = self.client.pipeline(transaction=False)
        commands(pipeline)
        with _answering(what):
            async with asyncio.timeout(within_s):
                return _checked(await pipeline.execute(raise_on_error=False))

    async def trial_keys(self) -> list[str]:
        """Return one key; a server of a cluster is `LiveAway`, because it has some of the slots only."""
        [told] = await self.asked("", lambda pipeline: pipeline.info("cluster"), self._timeout_s, "answer")
        if told.get("cluster_enabled"):
            raise LiveAway(f"Redis takes no entries of most sessions: {_OF_A_CLUSTER}")
        return [trial_key("0")]

    async def close(self) -> None:
        """Give back connections."""
        await self.client.aclose()


class _Towards(ClusterPipeline):
    """A pipeline to one server: where a command goes is known, and need not be asked of the cluster for each."""

    __slots__ = ("_node",)

    def __init__(self, client: RedisCluster, node: ClusterNode) -> None:
        super().__init__(client)
        self._node = node

    def execute_command(self, *args: Any, **options: Any) -> Any:
        """Add a command."""
        return super().execute_command(*args, target_nodes=self._node, **options)


class Cluster:
    """Keys at the servers of a cluster."""

    def __init__(self, make: Callable[[], RedisCluster], timeout_s: float) -> None:
        self._make, self._timeout_s = make, timeout_s
        self._client = make()
        self._rests: dict[str, float] = {}  # servers that did not answer, by name: until when they are left alone
        self._looking: asyncio.Task[None] | None = None

    async def by_server(self, keys: Iterable[str]) -> list[list[str]]:
        """Return the keys in groups that lie at one server each; those of a slot that nobody has, together."""
        await self._know()
        found: dict[str, list[str]] = {}
        for key in keys:
            node = self._node(key)
            found.setdefault(node.name if node else "", []).append(key)
        return list(found.values())

    def by_command(self, keys: Iterable[str]) -> list[list[str]]:
        """Return the keys in groups of one slot."""
        found: dict[str, list[str]] = {}
        for key in keys:
            found.setdefault(slot_name(key), []).append(key)
        return list(found.values())

    async def asked(self, key: str, commands: Commands, within_s: float, what: str) -> list[Any]:
        """Send commands in one round trip to the server where a key lies, and return its replies."""
        await self._know()
        node = self._node(key)
        if node is None:
            self._look_again()
            raise LiveAway(f"Redis did not {what}: no server of the cluster has the slot")
        if self._rests.get(node.name, 0.0) > time.monotonic():
            raise LiveAway(f"Redis did not {what}: {node.name} did not answer a moment ago")
        pipeline = _Towards(self._client, node)  # type: ignore[abstract]  # so redis-py declares its own
        commands(pipeline)
        with _answering(what):
            try:
                async with asyncio.timeout(within_s):
                    return _checked(await pipeline.execute(raise_on_error=False))
            except _FAILURES as error:
                await self._failed(node, error)
                raise

    async def trial_keys(self) -> list[str]:
        """Return for each server that has slots a new key that lies there."""
        await self._know()
        lacking, keys = {node.name for node in self._client.get_primaries()}, []
        for number in range(MOST_TAGS):  # a server that none of so many finds has hardly a slot
            key = trial_key(str(number))
            node = self._node(key)
            if node is None or node.name in lacking:
                lacking.discard(node.name if node else "")
                keys.append(key)
            if node is None or not lacking:
                break
        return keys

    async def close(self) -> None:
        """Give back connections."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
        await self._client.aclose()

    def _node(self, key: str) -> ClusterNode | None:
        try:
            return self._client.get_node_from_key(key)
        except SlotNotCoveredError:
            return None

    async def _know(self) -> None:
        """Know where the slots lie: wait for it once."""
        with _answering("say where its slots lie"):
            async with asyncio.timeout(self._timeout_s):
                await self._client.initialize()

    async def _failed(self, node: ClusterNode, error: BaseException) -> None:
        # What a server answers is no reason to doubt its connections; that it does not answer is.
        if not isinstance(error, ResponseError | ClusterError):
            self._rests[node.name] = time.monotonic() + REST_S
            await node.disconnect()
        self._look_again()

    def _look_again(self) -> None:
        if self._looking is None or self._looking.done():
            work = self._look()
            self._looking = asyncio.create_task(work, name="look where the cluster's slots lie", context=Context())

    async def _look(self) -> None:
        before = self._names()
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._client.nodes_manager.initialize()
        except RedisClusterException as error:
            # None of the servers that were known answers: begin again at those of the URL.
            log.warning("the cluster's slots are not known: %s", error)
            old, self._client = self._client, self._make()
            await old.aclose()
        except _FAILURES as error:
            log.warning("the cluster's slots are not known: %s", str(error) or "no answer in time")
        else:
            if (names := self._names()) != before:
                log.info("the cluster's slots lie at %s", ", ".join(names))
        await asyncio.sleep(REST_S)  # not again before that

    def _names(self) -> list[str]:
        return sorted(node.name for node in self._client.get_primaries())
