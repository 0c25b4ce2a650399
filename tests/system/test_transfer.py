"""A recording through every door: sent as a device sends, stored, exported, and equal to the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import numpy as np
import pytest

import analytics
from barograph.files import read_file

WALK = "tekscan-fscan/FrasP01{side}.asf"
PEAK_FORCE_N = {"left": 924.36, "right": 783.53}

Run = Callable[..., CompletedProcess[str]]


@pytest.fixture(scope="module")
def up(house: Callable[..., Any]) -> Any:
    """A lab of this module."""
    return house("up")


@pytest.fixture
def export(barograph: Run) -> Callable[..., str]:
    def run(up: Any, workout: str, stream: str, output: Path) -> str:
        done = barograph("export", workout, "--stream", stream, "-o", output, "--data-dir", up.data_dir)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture
def simulate(barograph: Run) -> Callable[..., None]:
    def run(up: Any, workout: str, *options: object) -> None:
        command = ("send", "sim:run", "--workout", workout, "--speed", "max", "--url", up.devices)
        done = barograph(*command, "--data-dir", up.data_dir, *options)
        assert done.returncode == 0, done.stderr

    return run


@pytest.mark.parametrize(("side", "speed"), [("left", "1"), ("right", "max")])
def test_a_walk_comes_back_as_it_was_recorded(
    side: str, speed: str, up: Any, vendor: Callable[[str], Path], barograph: Run, export: Any, tmp_path: Path
) -> None:
    file = vendor(WALK.format(side=side[0].upper()))
    owned = ("--url", up.devices, "--data-dir", up.data_dir)
    sent = barograph("send", file, "--workout", "walk", "--stream", side, *owned, "--speed", speed)
    assert sent.returncode == 0, sent.stderr
    assert "205 frames" in sent.stdout
    export(up, "walk", side, tmp_path / "out.npz")
    (original,) = read_file(file)
    (back,) = read_file(tmp_path / "out.npz")
    assert back.frames.shape == (205, 60, 21)
    np.testing.assert_array_equal(back.frames, original.frames)
    assert (np.diff(back.times_us) == 32_000).all()
    assert back.layout == original.layout
    assert analytics.frame_stats(back)["total_force_n"].max() == pytest.approx(PEAK_FORCE_N[side], abs=0.005)


def test_a_simulated_athlete_sends_exactly_what_was_asked_for(
    up: Any, simulate: Any, export: Any, tmp_path: Path
) -> None:
    simulate(up, "run", "--seconds", 2)
    found = {stream["stream"]: stream["frame_count"] for stream in up.workouts()["run"]["streams"]}
    assert found == {"left": 200, "right": 200}
    assert "200 frames" in export(up, "run", "left", tmp_path / "run.npz")


def test_what_is_not_stored_is_said_with_what_is(up: Any, simulate: Any, barograph: Run, tmp_path: Path) -> None:
    simulate(up, "one", "--stream", "left", "--seconds", 1)
    for workout, stream, expected in (("onne", "left", "one"), ("one", "lfet", "it has left")):
        done = barograph("export", workout, "--stream", stream, "-o", tmp_path / "no.npz", "--data-dir", up.data_dir)
        assert done.returncode == 1
        assert expected in done.stderr
        assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_two_parts_of_a_session_are_compared_in_one_file(
    up: Any, simulate: Any, barograph: Run, tmp_path: Path
) -> None:
    simulate(up, "halves", "--stream", "left", "--seconds", 4)
    output = tmp_path / "halves.html"
    spans = ("--to", 2, "--against", "halves", "--against-from", 2)
    done = barograph("report", "halves", *spans, "--against-to", 3.9, "-o", output, "--data-dir", up.data_dir)
    assert done.returncode == 0, done.stderr
    assert "halves compared with halves" in done.stdout
    assert "Two sessions compared" in output.read_text("utf-8")
    alone = barograph("report", "halves", "--against-to", 3, "-o", output, "--data-dir", up.data_dir)
    assert alone.returncode == 2
    assert "need --against" in alone.stderr


def test_a_file_that_cannot_be_written_is_named(up: Any, simulate: Any, barograph: Run, tmp_path: Path) -> None:
    simulate(up, "two", "--stream", "left", "--seconds", 1)
    output = tmp_path / "no-such-folder" / "out.npz"
    done = barograph("export", "two", "--stream", "left", "-o", output, "--data-dir", up.data_dir)
    assert done.returncode == 1
    assert str(output) in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.long
def test_an_export_starts_the_servers_when_none_run(
    house: Callable[..., Any], simulate: Any, export: Any, tmp_path: Path
) -> None:
    once = house("up")
    simulate(once, "three", "--stream", "left", "--seconds", 1)
    assert once.end() == 0
    assert "100 frames" in export(once, "three", "left", tmp_path / "three.npz")


def test_a_server_process_finds_the_databases_that_run(up: Any, barograph: Run) -> None:
    port = up.devices.removesuffix("/ws").rpartition(":")[2]
    refused = barograph("ingest", "--port", port, "--data-dir", up.data_dir)
    assert refused.returncode == 1
    assert f"port {port}" in refused.stderr
