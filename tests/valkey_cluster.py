"""A cluster of Redis or Valkey on loopback: masters that share the slots, each with its replica, and what kills one."""

from __future__ import annotations

import contextlib
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from barograph.servers.embedded import find_redis_server
from barograph.servers.programs import Child, spawn

SLOTS = 16384
MASTERS = 3
PASSWORD = "warm lamps over the track"  # with blanks: it stands in a URL, and in a configuration
PATIENCE_S = 60.0  # where others work too


@dataclass
class Tls:
    """A program of Redis that knows TLS, and a certificate that signs itself, of this machine's address."""

    program: Path
    certificate: Path
    key: Path

    @property
    def said(self) -> str:
        """Lines of a configuration; servers talk to each other so, too."""
        return (
            f"tls-cert-file {self.certificate}\ntls-key-file {self.key}\ntls-ca-cert-file {self.certificate}\n"
            "tls-auth-clients no\ntls-cluster yes\ntls-replication yes"
        )


def tls_in(home: Path) -> Tls:
    """Make a certificate, and find Debian's Redis: its server is the program `redis-check-rdb` by another name."""
    found = shutil.which("redis-check-rdb")
    assert found, "no Redis that knows TLS: `python .ci/system_packages.py --only redis` installs it"
    made = Tls(home / "redis-server", home / "feed.crt", home / "feed.key")
    made.program.symlink_to(found)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-keyout", made.key, "-out", made.certificate, "-subj", "/CN=feed", "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True, capture_output=True,
    )  # fmt: skip
    return made


@dataclass
class Node:
    """One server of the cluster, on ports that it keeps from start to start."""

    home: Path
    port: int
    bus_port: int
    keeper: Executor = field(repr=False)
    timeout_ms: int
    tls: Tls | None = None
    child: Child | None = None

    @property
    def alive(self) -> bool:
        return self.child is not None and self.child.process.poll() is None

    def start(self) -> None:
        self.home.mkdir(exist_ok=True)
        listens = f"port {self.port}" if self.tls is None else f"port 0\ntls-port {self.port}\n{self.tls.said}"
        told = f"""\
bind 127.0.0.1
{listens}
cluster-enabled yes
cluster-port {self.bus_port}
cluster-node-timeout {self.timeout_ms}
cluster-require-full-coverage no
cluster-config-file nodes.conf
requirepass "{PASSWORD}"
masterauth "{PASSWORD}"
save ""
appendonly no
repl-diskless-sync-delay 0
maxmemory 64mb
maxmemory-policy allkeys-lru
"""
        command = [str(self.tls.program if self.tls else find_redis_server()), "-"]
        log = self.home.parent / f"{self.home.name}.log"
        self.child = spawn(self.keeper, command, port=self.port, room=self.home, log=log, told=told.encode())
        self.child.wait_until(self.child.listens, time.monotonic() + PATIENCE_S)

    def signal(self, number: int) -> None:
        self.child.process.send_signal(number)
        if number == signal.SIGKILL:
            self.child.process.wait(PATIENCE_S)

    @contextmanager
    def asked(self) -> Iterator[Redis]:
        tls = {} if self.tls is None else {"ssl": True, "ssl_ca_certs": str(self.tls.certificate)}
        usual = {"password": PASSWORD, "retry": Retry(NoBackoff(), 0), "socket_timeout": 5}
        with Redis("127.0.0.1", self.port, **usual, **tls) as client:
            yield client

    def ask(self, *command: Any) -> Any:
        with self.asked() as client:
            return client.execute_command(*command)

    def name(self) -> str:
        return self.ask("CLUSTER MYID").decode()


@dataclass
class ValkeyCluster:
    """All servers: the first `MASTERS` were masters at the start, and the others their replicas, in the same order."""

    nodes: list[Node]

    @property
    def url(self) -> str:
        """For Barograph."""
        places = ",".join(f"127.0.0.1:{node.port}" for node in self.nodes[:MASTERS])
        tls = self.nodes[0].tls
        scheme, tail = ("redis", "") if tls is None else ("rediss", f"?ssl_ca_certs={tls.certificate}")
        return f"{scheme}+cluster://:{PASSWORD.replace(' ', '%20')}@{places}{tail}"

    def masters(self) -> list[Node]:
        """Those that are masters now and answer."""
        return [node for node in self.nodes if node.alive and node.ask("ROLE")[0] == b"master"]

    def master_of(self, key: str) -> Node:
        """The master at which a key lies, as any server that answers says."""
        slot = next(node for node in self.nodes if node.alive).ask("CLUSTER KEYSLOT", key)
        for node in self.masters():
            if any(first <= slot <= last and port == node.port for first, last, port in _ranges(node)):
                return node
        raise LookupError(f"no master has slot {slot}")

    def replica_of(self, master: Node) -> Node:
        for node in self.nodes:
            if node.alive and (role := node.ask("ROLE"))[0] == b"slave" and role[2] == master.port:
                return node
        raise LookupError(f"{master.port} has no replica")

    def flush(self) -> None:
        for node in self.masters():
            node.ask("FLUSHALL")

    def heal(self) -> None:
        """Whatever does not run, runs, and all are of one mind."""
        for node in self.nodes:
            if not node.alive:
                node.start()
        until(lambda: all(map(_settled, self.nodes)), "the cluster is whole")

    def close(self) -> None:
        for node in self.nodes:
            if node.alive:
                node.child.process.send_signal(signal.SIGCONT)
                node.signal(signal.SIGKILL)


def _ranges(node: Node) -> list[tuple[int, int, int]]:
    with node.asked() as client:
        return [(first, last, master[1]) for first, last, master, *_ in client.cluster("slots")]


def _settled(node: Node) -> bool:
    with contextlib.suppress(RedisError):
        state = node.ask("CLUSTER INFO")
        state = state if isinstance(state, dict) else dict(line.split(":") for line in state.decode().split())
        with node.asked() as client:
            role = client.info("replication")
        whole = state["cluster_state"] == "ok" and int(state["cluster_slots_ok"]) == SLOTS
        return whole and role.get("master_link_status", "up") == "up"
    return False


def until(true: Callable[[], bool], what: str) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while not true():
        if time.monotonic() > deadline_s:
            raise TimeoutError(what)
        time.sleep(0.05)


def _free_ports(count: int) -> list[int]:
    with ExitStack() as open_:
        probes = [open_.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def _join(nodes: list[Node], replicas: bool) -> None:
    masters = nodes[:MASTERS]
    borders = [SLOTS * index // MASTERS for index in range(MASTERS + 1)]
    for index, node in enumerate(masters):
        node.ask("CLUSTER SET-CONFIG-EPOCH", index + 1)
        node.ask("CLUSTER ADDSLOTSRANGE", borders[index], borders[index + 1] - 1)
    for node in nodes[1:]:
        node.ask("CLUSTER MEET", "127.0.0.1", nodes[0].port, nodes[0].bus_port)
    names = {node.name() for node in nodes}

    def known(node: Node) -> bool:
        with node.asked() as client:
            return {said["node_id"] for said in client.cluster("nodes").values()} == names

    until(lambda: all(map(known, nodes)), "all servers know each other")
    for master, node in zip(masters, nodes[MASTERS:], strict=replicas):
        node.ask("CLUSTER REPLICATE", master.name())
    until(lambda: all(map(_settled, nodes)), "the cluster is whole")


@contextmanager
def valkey_cluster(
    home: Path, *, replicas: bool = True, timeout_ms: int = 1000, tls: Tls | None = None
) -> Iterator[ValkeyCluster]:
    """A cluster on a directory, until the block is left; a master counts as dead after `timeout_ms`."""
    count = MASTERS * (2 if replicas else 1)
    ports = _free_ports(2 * count)
    with ThreadPoolExecutor(1, "cluster") as keeper:  # children end with the thread that started them
        nodes = [
            Node(home / f"valkey-{port}", port, bus, keeper, timeout_ms, tls)
            for port, bus in zip(ports[:count], ports[count:], strict=True)
        ]
        made = ValkeyCluster(nodes)
        try:
            for node in nodes:
                node.start()
            _join(nodes, replicas)
            yield made
        finally:
            made.close()
