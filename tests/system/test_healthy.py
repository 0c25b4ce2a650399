"""The health checks of containers, `deploy/*healthy.sh`, against real servers: what they find, and what they cost."""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from barograph.servers.embedded import Servers, temporary_servers

DEPLOY = Path(__file__).parents[2] / "deploy"
CHECKS, MOST_S = 20, 0.05  # of a check every five seconds: a hundredth of a core


def healthy(script: str, *arguments: object) -> bool:
    command = ["bash", DEPLOY / script, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, check=False, timeout=10).returncode == 0


def cpu_s(script: str, *arguments: object) -> float:
    """Processor time of one check, of many."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert all(healthy(script, *arguments) for _ in range(CHECKS))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / CHECKS


@pytest.fixture(scope="module")
def own_servers() -> Iterator[Servers]:
    """Servers that may be stopped."""
    with temporary_servers() as running:
        yield running


def test_mongod_is_healthy_while_it_answers_and_it_costs_little_to_ask(own_servers: Servers) -> None:
    port = urlsplit(own_servers.mongo_url).port
    assert cpu_s("mongo-healthy.sh", port) < MOST_S
    os.kill(own_servers.mongod_pid, signal.SIGSTOP)
    try:
        assert not healthy("mongo-healthy.sh", port), "its port takes connections, and nobody answers"
    finally:
        os.kill(own_servers.mongod_pid, signal.SIGCONT)
    assert healthy("mongo-healthy.sh", port)
    assert not healthy("mongo-healthy.sh", 1)


class Answers(BaseHTTPRequestHandler):
    """/readyz is there, /away is not ready, and anything else never answers."""

    def do_GET(self) -> None:
        if self.path == "/silent":
            self.server.release.wait(20)  # type: ignore[attr-defined]
        self.send_response({"/readyz": 200, "/away": 503}.get(self.path, 404))
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    """The port of a server that answers so."""
    server = HTTPServer(("127.0.0.1", 0), Answers)
    server.release = threading.Event()  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.release.set()  # type: ignore[attr-defined]
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_server_is_healthy_while_it_answers_200_in_time(port: int) -> None:
    assert healthy("healthy.sh", port, "/readyz")
    assert not healthy("healthy.sh", port, "/away")
    assert not healthy("healthy.sh", port, "/silent")


def test_it_costs_little_to_ask(port: int) -> None:
    assert cpu_s("healthy.sh", port, "/readyz") < MOST_S


def test_where_nobody_listens_nothing_is_healthy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert not healthy("healthy.sh", port, "/readyz")
