"""A backup that was taken while a device sent, everything destroyed, restored elsewhere: the same, frame by frame."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import numpy as np
import pytest
from stacks import BAROGRAPH, wait_until

import barograph as public
from barograph.frames import Recording
from barograph.servers.embedded import Servers
from barograph.store.mongo.backup.restoring import restore

Run = Callable[..., CompletedProcess[str]]
SIDES = ("left", "right")


@pytest.fixture
def sender(up: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Two insoles that walk at 100 Hz until the test ends them."""
    command = [*BAROGRAPH, "send", "sim:walk", "--workout", "walk", "--url", up.devices, "--data-dir", str(up.data_dir)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    yield process
    process.kill()
    process.wait()


@pytest.fixture
def up(house: Callable[..., Any]) -> Any:
    return house("up")


def recordings(**where: Any) -> dict[str, Recording]:
    with public.connect(**where) as lab:
        return {side: lab.recording("walk", side) for side in SIDES}


def same(restored: Recording, original: Recording) -> bool:
    n = len(restored.times_us)
    return np.array_equal(restored.times_us, original.times_us[:n]) and np.array_equal(
        restored.frames, original.frames[:n], equal_nan=True
    )


def done(run: CompletedProcess[str]) -> str:
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


@pytest.mark.timeout(400)  # a dozen processes, one after the other
def test_what_was_acknowledged_before_a_backup_is_restored_elsewhere(
    up: Any, sender: subprocess.Popen[bytes], barograph: Run, servers: Servers, new_database: str, tmp_path: Path
) -> None:
    directory = tmp_path / "backup"
    acknowledged = up.walked(300)
    said = done(barograph("backup", directory, "--data-dir", up.data_dir))
    assert "all that was acknowledged before" in said
    assert "wrapped by the master key" in said
    assert sender.poll() is None, "the device goes on sending"
    restore(servers.mongo_url, new_database, 20.0, directory, compare=True)
    at_backup = recordings(url=servers.mongo_url, database=new_database)
    up.walked(acknowledged["left"] + 100)
    sender.send_signal(signal.SIGINT)
    sender.wait(30)

    wait_until(lambda: up.workouts()["walk"]["state"] != "live", lambda: str(up.workouts()))
    original = recordings(data_dir=up.data_dir)
    for side in SIDES:
        assert acknowledged[side] <= len(at_backup[side].times_us) < len(original[side].times_us)
        assert same(at_backup[side], original[side])
    again = done(barograph("backup", directory, "--data-dir", up.data_dir))
    assert "1 day of sessions copied" in again

    up.end()
    shutil.rmtree(up.data_dir)  # the master key, which is in no backup, is elsewhere (tests/keyed.py)
    elsewhere = tmp_path / "elsewhere"
    assert "each compared with the backup" in done(barograph("restore", directory, "--verify", "--data-dir", elsewhere))
    restored = recordings(data_dir=elsewhere)
    for side in SIDES:
        assert len(restored[side].times_us) == len(original[side].times_us)
        assert same(restored[side], original[side])
    refused = barograph("restore", directory, "--data-dir", elsewhere)
    assert refused.returncode == 1
    assert "expected an empty database" in refused.stderr
