"""The guides' commands, word for word and in their order, against a stack that runs: addresses and folders differ.

That the line which installs it does so is tried by `make matrix`; what the scientist's and the athlete's guides say to
press is tried in the tests of those pages.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from at_hand import VENDOR
from stacks import wait_until

GUIDES = Path(__file__).parents[2] / "docs/guides"
WALK = VENDOR / "tekscan-fscan/FrasP01L.asf"
BACKUP = "/mnt/backup/lab"  # as the guide has it


def blocks(guide: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (GUIDES / f"{guide}.md").read_text("utf-8"), re.S)


def where(stack: Any) -> dict[str, str]:
    port = re.search(r":(\d+)/ws$", stack.devices)
    assert port is not None
    return {"BAROGRAPH_DATA_DIR": str(stack.data_dir), "BAROGRAPH_INGEST_PORT": port[1]}


@pytest.mark.timeout(500)  # nine processes, one after the other
def test_the_administrator_s(house: Callable[..., Any], barograph: Any, tmp_path: Path) -> None:
    install, keep = blocks("administrator", "sh")
    *_, last = install.splitlines()
    up = house(last.removeprefix("barograph/bin/barograph "))
    lines = keep.splitlines()
    assert len(lines) > 5
    sent = barograph("send", "sim:walk", "--workout", "first", "--seconds", "1", environment=where(up))
    assert sent.returncode == 0, sent.stdout + sent.stderr
    for line in lines:
        _, *arguments = shlex.split(line.replace(BACKUP, str(tmp_path / "lab")))
        environment = where(up)
        if arguments[0] == "restore":  # on an empty instance; all of a run of the tests have one master key
            environment = {"BAROGRAPH_DATA_DIR": str(tmp_path / "elsewhere"), "BAROGRAPH_INGEST_PORT": "0"}
        done = barograph(*arguments, environment=environment)
        assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"


@pytest.mark.timeout(200)
@pytest.mark.long
def test_the_device_maker_s(house: Callable[..., Any], barograph: Any) -> None:
    text = (GUIDES / "device-maker.md").read_text("utf-8")
    demo, send = re.findall(r"`(barograph (?:demo|send sim:walk)[^`]*)`", text)
    stack = house(demo.removeprefix("barograph "))
    _, *arguments = shlex.split(send)
    sent = barograph(*arguments, "--seconds", "2", environment=where(stack))
    assert sent.returncode == 0, sent.stdout + sent.stderr
    workout = arguments[arguments.index("--workout") + 1]
    counted = wait_until(lambda: stack.workouts().get(workout), lambda: stack.said)
    assert [stream["frame_count"] for stream in counted["streams"]] == [200, 200]


def test_the_analyst_s(tmp_path: Path) -> None:
    if not WALK.is_file():
        pytest.skip(f"no vendor data at {WALK}; set BAROGRAPH_VENDOR_DATA")
    shutil.copy2(WALK, tmp_path / "walk.asf")
    script = (
        blocks("analyst", "python")[0]
        + "\nassert len(stats) == len(left.frames), stats\nassert len(steps) > 1, steps\n"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False, env=os.environ
    )
    assert done.returncode == 0, done.stderr
