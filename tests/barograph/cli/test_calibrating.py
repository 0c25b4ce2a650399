"""`barograph calibrate`: an old session has new values by a command, and nothing changes by a wrong one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

import barograph
from analytics import frame_stats
from barograph import Layout, Recording, files
from barograph.cli import app
from barograph.lab import Lab
from barograph.servers.embedded import Servers

CELLS = np.random.default_rng(6).integers(20, 900, (250, 3, 2)).astype("<u2")
CELLS[:50] = [[1, 2], [3, 4], [5, 6]]
RAW = Layout(rows=3, cols=2, dtype="uint16", pitch_mm=(10.0, 10.0), kind="mat")
Command = Callable[..., Result]


@pytest.fixture
def command(servers: Servers, database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    monkeypatch.setenv("BAROGRAPH_MONGO_URL", servers.mongo_url)
    monkeypatch.setenv("BAROGRAPH_DATABASE", database)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> Result:
        return CliRunner().invoke(app, [str(argument) for argument in arguments], prog_name="barograph")

    return run


@pytest.fixture
def lab(command: Command, servers: Servers, database: str, tmp_path: Path) -> Iterator[Lab]:
    """An uncalibrated mat of 2.5 s, imported as `old/mat`, on which nothing stands for half a second."""
    times_us = 1_700_000_000_000_000 + 10_000 * np.arange(len(CELLS))
    files.write(tmp_path / "mat.npz", Recording(frames=CELLS, times_us=times_us, layout=RAW))
    done = command("import", tmp_path / "mat.npz", "--workout", "old")
    assert done.exit_code == 0, done.output
    with barograph.connect(servers.mongo_url, database=database) as lab:
        yield lab


def test_scale_and_tare_come_at_once_and_the_frames_stay(command: Command, lab: Lab) -> None:
    done = command("calibrate", "old", "--stream", "mat", "--unit", "kPa", "--scale", 0.5, "--tare", 0, 0.49)
    assert done.exit_code == 0, done.output
    assert "old/mat: unit kPa, scale 0.5, offset 0, a tare of up to 6 counts" in done.output
    after = lab.recording("old", "mat")
    assert after.frames.tobytes() == CELLS.tobytes()
    expected = 0.5 * np.maximum(CELLS.astype(float) - CELLS[0], 0.0)
    np.testing.assert_array_equal(after.kpa(), expected)
    np.testing.assert_allclose(frame_stats(after)["total_force_n"], 0.1 * expected.sum(axis=(1, 2)), rtol=1e-12)


def test_what_is_not_named_stays_and_a_tare_can_be_taken_away(command: Command, lab: Lab) -> None:
    for options in (("--unit", "kPa", "--scale", 2.0), ("--tare", 0, 0.49), ("--no-tare", "--offset", -3.0)):
        done = command("calibrate", "old", "--stream", "mat", *options)
        assert done.exit_code == 0, done.output
    np.testing.assert_array_equal(lab.recording("old", "mat").kpa(), 2.0 * CELLS - 3.0)


def test_the_overview_follows_a_calibration(command: Command, lab: Lab) -> None:
    assert command("calibrate", "old", "--stream", "mat", "--unit", "kPa", "--scale", 0.1).exit_code == 0
    done = command("rebuild", "old")
    assert done.exit_code == 0, done.output
    assert "old/mat" in done.output


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "give at least one of --unit"),
        (("--tare", 0, 1, "--no-tare"), "not both"),
        (("--scale", 0), "scale: expected a number other than 0"),
        (("--unit", "KPA"), "unit: expected one of raw, N, kPa"),
        (("--tare", 100, 200, "--scale", 3.0), "tare: expected frames in that time, got none"),
    ],
)
def test_a_wrong_calibration_says_so_and_changes_nothing(
    options: tuple[object, ...], message: str, command: Command, lab: Lab
) -> None:
    done = command("calibrate", "old", "--stream", "mat", *options)
    assert done.exit_code in (1, 2)
    assert message in " ".join(done.output.split())
    assert "Traceback" not in done.output
    assert lab.recording("old", "mat").layout == RAW
