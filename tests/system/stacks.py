"""A stack in a process of its own, as a person starts it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import psutil

from barograph import settings
from barograph.access.proofs import Proofs

PATIENCE_S = 90.0
BAROGRAPH = (sys.executable, "-P", "-m", "barograph")


def wait_until(what: Callable[[], Any], why: Callable[[], str] = lambda: "") -> Any:
    """The first true answer of `what`; a failure after `PATIENCE_S`."""
    deadline_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline_s:
        if answer := what():
            return answer
        time.sleep(0.05)
    raise AssertionError(f"not within {PATIENCE_S:.0f} s: {why()}")


class Stack:
    """`barograph demo` or `barograph up`, once it says that it runs."""

    def __init__(
        self,
        command: str,
        data_dir: Path,
        said: Path,
        *,
        program: Sequence[str] = BAROGRAPH,
        options: Sequence[str] = ("--no-browser",),
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> None:
        self.data_dir, self._said = data_dir, said
        with said.open("wb") as file:
            self.process = subprocess.Popen(
                [*program, command, *options, "--port", "0", "--ingest-port", "0", "--data-dir", str(data_dir)],
                stdout=file,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})},
                cwd=folder,
            )
        wait_until(lambda: "Ctrl-C stops" in self.said or self.process.poll() is not None, lambda: self.said)
        assert self.process.poll() is None, self.said
        self.processes = psutil.Process(self.process.pid).children(recursive=True)

    @property
    def said(self) -> str:
        """What it has printed so far."""
        return self._said.read_text("utf-8")

    @property
    def link(self) -> str:
        """The one-time address of the dashboard."""
        return self._find(r"http://\S+/login/\S+")

    @property
    def devices(self) -> str:
        """The ingest's WebSocket."""
        return self._find(r"ws://\S+/ws")

    def part(self, name: str) -> psutil.Process:
        """The process of the moment that runs a part or a server."""
        for process in psutil.Process(self.process.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                if name in process.cmdline() or process.name().startswith(name):
                    return process
        raise AssertionError(f"no {name}: {self.said}")

    def _find(self, pattern: str) -> str:
        found = re.search(pattern, self.said)
        assert found is not None, self.said
        return found[0]

    @property
    def owner(self) -> dict[str, str]:
        """What the owner's programs show at the ingest."""
        return {"Authorization": f"Bearer {Proofs(settings.load(data_dir=self.data_dir)).owner_token()}"}

    def workouts(self) -> dict[str, Any]:
        """What the ingest lists, by name."""
        url = self.devices.replace("ws://", "http://").removesuffix("/ws")
        answer = httpx.get(f"{url}/api/workouts", headers=self.owner, timeout=20)
        assert answer.status_code == 200, answer.text
        return {workout["workout_id"]: workout for workout in answer.json()["workouts"]}

    def walked(self, frames: int) -> dict[str, int]:
        """Frames of each stream, once there are two of at least so many."""

        def counted() -> dict[str, int]:
            streams = [stream for workout in self.workouts().values() for stream in workout["streams"]]
            found = {stream["stream"]: stream["frame_count"] for stream in streams if stream["frame_count"] >= frames}
            return found if len(found) == 2 else {}

        found: dict[str, int] = wait_until(counted, lambda: self.said)
        return found

    def end(self, number: int = signal.SIGINT) -> int:
        """Send a signal, and wait until it and all of its children are gone."""
        members = psutil.Process(self.process.pid).children(recursive=True)
        self.process.send_signal(number)
        code = self.process.wait(PATIENCE_S)
        _, alive = psutil.wait_procs(members, timeout=PATIENCE_S)
        assert alive == []
        return code

    def clear(self) -> None:
        """Whatever happened, leave nothing running."""
        if self.process.poll() is None:
            self.end()
        _, alive = psutil.wait_procs(self.processes, timeout=PATIENCE_S)
        for process in alive:
            process.kill()
