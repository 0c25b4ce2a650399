"""`barograph summaries`: what is kept, computing it, and the process that keeps it, on the real MongoDB."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from analytics import sim
from barograph import files
from barograph.cli.processes import ChildDied, Part, Processes
from barograph.lab import connect
from barograph.servers.embedded import Servers

WALK = sim.walk(4.0, rows=12, cols=6, start_us=1_750_000_000_000_000)
Command = Callable[..., Result]
PATIENCE_S = 60.0


@pytest.fixture
def command(command: Command, tmp_path: Path) -> Command:
    """The commands on an archive that has a walk of two feet."""
    for side, foot in WALK.items():
        files.write(tmp_path / f"{side}.npz", foot)
    assert command("import", "left.npz", "right.npz", "--workout", "walk").exit_code == 0
    return command


def test_tables_are_computed_once_and_all_of_them_when_that_is_asked_for(command: Command) -> None:
    before = command("summaries")
    assert "0 of 1 session that ended has all tables, 1 waits." in before.output
    assert "No worker was ever heard" in before.output
    assert "1 of 1 session that ended has all tables.\n" in command("summaries", "--make").output
    after = command("summaries").output
    assert "1 of 1 session" in after
    assert "was heard 0 s ago" in after
    assert "1 of 1 session" in command("summaries", "--rebuild").output
    assert "give one of" in command("summaries", "--make", "--keep").output


def test_a_worker_that_was_killed_goes_on_and_ends_by_a_signal(
    command: Command, servers: Servers, database: str, tmp_path: Path
) -> None:
    environment = {**os.environ, "BAROGRAPH_REDIS_URL": servers.redis_url, "BAROGRAPH_DATA_DIR": str(tmp_path)}
    program = [sys.executable, "-m", "barograph", "summaries", "--keep"]
    killed = subprocess.Popen(program, env=environment)
    time.sleep(1.0)
    killed.kill()
    killed.wait(PATIENCE_S)
    with subprocess.Popen(program, env=environment, stderr=subprocess.PIPE, text=True) as worker:
        until = time.monotonic() + PATIENCE_S
        while "1 of 1 session" not in command("summaries").output:
            assert time.monotonic() < until
            assert worker.poll() is None
        worker.send_signal(signal.SIGTERM)
        said = worker.communicate(timeout=PATIENCE_S)[1]
    assert worker.returncode == 0, said
    assert "Traceback" not in said
    with connect(servers.mongo_url, database=database) as lab:
        assert len(lab.workouts()) == 1


async def test_a_part_that_is_not_vital_does_not_end_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("barograph.cli.restarting.PAUSES_S", (0.0,))
    monkeypatch.setattr("barograph.cli.processes.REST_S", 0.01)
    told: list[tuple[str, float]] = []

    def tell(name: str, how: str, in_a_row: int, pause_s: float) -> str:
        told.append((name, pause_s))
        if len(told) == 4:
            raise ChildDied("seen enough")
        return how

    async with Processes(tmp_path) as processes:
        await processes.start(Part("odd", ["no-such-command"], {}, vital=False))
        with pytest.raises(ChildDied, match="seen enough"):
            await processes.keep(tell)
    assert [pause_s for _, pause_s in told] == [0.0, 0.01, 0.0, 0.01]
