"""`barograph import` in a process of limited memory: bombs are refused by name, a large file is stored in parts."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from barograph import Layout
from barograph.files import bounds
from barograph.lab import connect
from barograph.servers.embedded import Servers
from barograph.settings import variable

sys.path.append(str(Path(__file__).parents[1] / "files"))
import bombs

CHILD = Path(__file__).with_name("importing_child.py")
# Beyond the bound, so that an import that holds what it should not ends with an error instead of taking the machine.
LIMIT_BYTES = 3 << 30
REFUSED = {
    bombs.npz_of_a_long_layout: "bytes of layout, got 600000000",
    bombs.npz_whose_head_lies: "expected an NPZ",
    bombs.parquet_whose_footer_lies: "bytes in the pages of row group 0",
    bombs.csv_of_one_line: "bytes in a line before the frames",
    bombs.text_of_one_line: "characters in a line",
}


@pytest.fixture
def imported(servers: Servers, database: str) -> Any:
    """Imports files in a child; its output, and how it ended."""

    def run(*paths: Path) -> tuple[str, dict[str, Any]]:
        done = subprocess.run(
            [sys.executable, str(CHILD), "import", *map(str, paths), "--workout", "run"],
            check=False,
            capture_output=True,
            text=True,
            env={**os.environ, variable("mongo_url"): servers.mongo_url, variable("database"): database},
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (LIMIT_BYTES, LIMIT_BYTES)),
        )
        assert done.returncode == 0, done.stderr[-2000:]
        *said, last = done.stdout.splitlines()
        ended: dict[str, Any] = json.loads(last)
        assert ended["mib"] < bounds.MEMORY_BYTES >> 20, ended
        return "\n".join(said) + done.stderr, ended

    return run


def test_bombs_are_refused_and_named_within_the_memory_and_nothing_of_them_is_stored(
    imported: Any, servers: Servers, database: str, tmp_path: Path
) -> None:
    paths = [make(tmp_path / make.__name__) for make in REFUSED]
    said, ended = imported(*paths)
    assert ended["ended"] == 1
    assert f"{len(paths)} of {len(paths)} files could not be imported; nothing of them is stored" in said
    for path, reason in zip(paths, REFUSED.values(), strict=True):
        assert any(str(path) in line and reason in line for line in said.splitlines()), (path, reason, said)
    with connect(servers.mongo_url, database=database) as lab:
        assert len(lab.workouts()) == 0


def test_a_file_that_unpacks_to_more_than_the_memory_is_stored_whole_in_parts(
    imported: Any, servers: Servers, database: str, tmp_path: Path
) -> None:
    layout, n = Layout(rows=128, cols=128, dtype="uint16"), 20_000
    assert n * layout.frame_bytes > bounds.MEMORY_BYTES
    said, ended = imported(bombs.parquet(tmp_path / "large.parquet", n, layout, bytes(layout.frame_bytes)))
    assert ended["ended"] == 0
    assert f"{n} frames stored in run/" in said.replace(",", "")
    with connect(servers.mongo_url, database=database) as lab:
        assert lab.workouts().loc["run", "frames"] == n
