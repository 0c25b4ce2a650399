"""A real S3 server on this machine, which checks signatures: nanio, from PyPI, with one bucket."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from barograph.settings import Settings, load

BUCKET, KEY_ID, SECRET = "lab", "AKIDTEST", "a-secret-of-the-test"
START_S = 20.0


@dataclass
class BucketServer:
    """The server, which can be ended and started again on its data."""

    data: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        environment = {**os.environ, "NANIO_ACCESS_KEY": KEY_ID, "NANIO_SECRET_KEY": SECRET}
        asked = ["--data-dir", str(self.data), "--host", "127.0.0.1", "--port", str(self.port), "--no-access-log"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "nanio", "serve", *asked, "--log-level", "warning"], env=environment
        )
        ends = time.monotonic() + START_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                if time.monotonic() > ends or self.process.poll() is not None:
                    raise
                time.sleep(0.05)

    def end(self) -> None:
        """End it."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def settings(self, place: str = f"s3://{BUCKET}/frames", secret: str = SECRET) -> Settings:
        """Return settings of a lab whose cold storage is here."""
        return load(
            cold_storage=place, cold_s3_endpoint=f"http://127.0.0.1:{self.port}", cold_s3_key_id=KEY_ID,
            cold_s3_secret=secret, storage_timeout_s=3.0,
        )  # fmt: skip


@contextmanager
def running(data: Path) -> Iterator[BucketServer]:
    """Provide a server on a free port, with an empty bucket."""
    (data / BUCKET).mkdir(parents=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        server = BucketServer(data, free.getsockname()[1])
    server.start()
    try:
        yield server
    finally:
        server.end()
