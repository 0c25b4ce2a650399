"""`barograph export`: files for other programs, a part of a stream, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import ezc3d
import numpy as np
import pandas as pd
import pytest
import scipy.io
from click.testing import Result

from analytics import frame_stats, sim
from barograph import files, read_file
from barograph.lab import connect
from barograph.servers.embedded import Servers

FOOT = sim.walk(4.0, rows=12, cols=6)["left"]
Command = Callable[..., Result]


@pytest.fixture
def command(command: Command, tmp_path: Path) -> Command:
    """The commands on an archive that has 4 s of one foot, with 0.5 s missing."""
    files.write(tmp_path / "left.npz", FOOT[np.r_[0:100, 150:400]])
    assert command("import", "left.npz", "--workout", "run").exit_code == 0
    return command


def test_the_files_name_says_the_format_and_a_part_without_gaps_goes_where_the_whole_does_not(
    command: Command, tmp_path: Path
) -> None:
    refused = command("export", "run", "-o", "a.c3d")
    assert refused.exit_code == 1
    assert "expected one rate and no gap, a frame every 10 ms, got 510 ms between frames 99 and 100" in refused.output
    assert "the longest part that is so is from 1.500 to 3.990 s: take that" in refused.output
    assert not (tmp_path / "a.c3d").exists()
    done = command("export", "run", "--from", 1.5, "--to", 3.99, "-o", "a.c3d")
    assert done.output == "a.c3d: 250 frames of run/left\n"
    plate = ezc3d.c3d("a.c3d", extract_forceplat_data=True)["data"]["platform"][0]
    known = frame_stats(FOOT.part(150, 400))
    acts = known["cop_x_mm"].notna()
    np.testing.assert_allclose(plate["force"][2][acts], known["total_force_n"][acts], rtol=1e-5)
    assert command("export", "run", "-o", "a.parquet").exit_code == 0
    assert len(read_file("a.parquet")[0]) == 350


def test_a_mat_has_the_numbers_of_each_frame(command: Command) -> None:
    assert command("export", "run", "-o", "a.mat").exit_code == 0
    left = scipy.io.loadmat("a.mat", simplify_cells=True)["left"]
    table = frame_stats(FOOT[np.r_[0:100, 150:400]])
    np.testing.assert_array_equal(left["columns"]["total_force_n"], table["total_force_n"])
    assert left["workout"] == "run"


def test_a_part_that_ends_before_it_begins_is_refused(command: Command) -> None:
    said = command("export", "run", "--from", 3, "--to", 2, "-o", "a.npz").output
    assert "--to: expected 3 s or later, as --from says, got 2" in said


def test_a_whole_session_is_one_file_and_is_imported_again(command: Command, servers: Servers, database: str) -> None:
    drawn = {"stream": "left", "side": "left", "scope": "athlete", "reason": "seen",
             "ground": {"places": "cells", "rows": 12, "cols": 6},
             "labels": FOOT.layout.valid.ravel().astype(int).tolist()}  # fmt: skip
    with connect(servers.mongo_url, database=database) as lab:
        lab.mark("run", "second lap", at=2.5)
        lab.add_trial("run", "walk", 0.5, 2)
        lab.add_trial("run", "walk", 2.5, 3, state="rejected", reason="slow")
        lab.keep_masks("run", drawn)
        lab.correct_prints("run", [{"stream": "left", "do": "remove", "mark": "5:1:2"}])
    assert command("export", "run", "-o", "a.zip").output == "a.zip: 350 frames of run, left\n"
    done = command("import", "a.zip", "--workout", "again")
    assert "350 frames stored in again/left" in done.output
    assert "left out" not in done.output
    assert command("import", "a.zip", "--workout", "again").exit_code == 0, "which stores nothing twice"
    with connect(servers.mongo_url, database=database) as lab:
        assert lab.markers("again").equals(lab.markers("run"))
        made = ["made", "changed"]
        assert lab.trials("again").drop(columns=made).equals(lab.trials("run").drop(columns=made))
        assert lab.mask("again", 2).labels == bytes(drawn["labels"])
        assert lab.mask("again", 2).scope == "session"  # of this session alone
        assert lab.print_corrections("again", "left") == [{"do": "remove", "mark": "5:1:2"}]
    assert command("export", "again", "--from", 2, "--format", "xlsx", "-o", "b.xlsx").exit_code == 0
    assert len(pd.read_excel("b.xlsx", sheet_name="left")) == 200


def test_a_workout_that_is_not_there_is_told_with_those_that_are(command: Command) -> None:
    assert "no workout runs is stored; the newest are run" in command("export", "runs", "-o", "a.zip").output


def test_both_feet_are_one_c3d_where_no_stream_is_named(command: Command, tmp_path: Path) -> None:
    files.write(tmp_path / "right.npz", sim.walk(4.0, rows=12, cols=6)["right"])
    assert command("import", "right.npz", "--workout", "run").exit_code == 0
    assert "left: times: expected one rate and no gap" in command("export", "run", "-o", "a.c3d").output
    done = command("export", "run", "--from", 1.5, "--to", 3.9, "-o", "a.c3d")
    assert done.output == "a.c3d: 482 frames of run, left, right\n"
    assert len(ezc3d.c3d("a.c3d", extract_forceplat_data=True)["data"]["platform"]) == 2
    done = command("export", "run", "--stream", "right", "-o", "b.c3d")
    assert done.output == "b.c3d: 400 frames of run/right\n"
