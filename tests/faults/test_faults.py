"""The short form of `make faults`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

RUN = Path(__file__).with_name("run.py")
MUST_FIND_FLIGHT = ("ingest-kill", "ingest-kill-before-ack", "mongod-kill", "net-reset", "device-kill")


def start(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, str(RUN), *arguments], capture_output=True, text=True, check=False)


@pytest.mark.timeout(300)
def test_nothing_is_lost_or_doubled_whatever_breaks(tmp_path):
    report = tmp_path / "faults.json"
    done = start("--short", "--json", str(report))
    assert done.returncode == 0, done.stdout + done.stderr
    rows = {row["fault"]: row for row in json.loads(report.read_text())}
    assert set(MUST_FIND_FLIGHT) <= set(rows)
    for row in rows.values():
        assert (row["lost"], row["doubled"]) == (0, 0)
        assert row["stored"] >= row["read"] >= row["acked"] > 0
    assert all(rows[name]["in_flight"] > 0 for name in MUST_FIND_FLIGHT)


def test_a_fault_that_nobody_knows_is_refused_by_name():
    done = start("--only", "earthquake")
    assert done.returncode == 1
    assert "earthquake" in done.stderr
    assert "ingest-kill" in done.stderr
