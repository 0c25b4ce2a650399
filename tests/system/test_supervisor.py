"""`barograph demo` and `barograph up`, as a person runs them: up, seen, ended, nothing left behind."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from pymongo import MongoClient
from stacks import BAROGRAPH, PATIENCE_S, wait_until

from barograph.servers import restarts

Start = Callable[..., Any]


def test_the_demo_walks_is_seen_ends_and_is_there_the_next_time(house: Start) -> None:
    demo = house("demo")
    assert "running, and healthy" in demo.said
    home = demo.link.partition("/login/")[0]
    assert httpx.get(f"{home}/healthz").json() == {"status": "ok"}
    assert httpx.get(f"{home}/healthzz").status_code == 403
    with httpx.Client(follow_redirects=True, timeout=20) as browser:
        assert browser.get(demo.link.partition("/login/")[0]).status_code == 403
        looked = [httpx.head(demo.link), httpx.get(demo.link)]
        assert [answer.status_code for answer in looked] == [200, 200]
        page = browser.post(demo.link)
        assert page.status_code == 200
        assert "Barograph" in page.text
    assert httpx.post(demo.link).status_code == 403, "the link opened twice"

    first = demo.walked(100)
    services = {"barograph_ingest", "barograph_dashboard", "barograph_summaries"}
    wait_until(lambda: users_of_mongodb(demo.data_dir) == services, lambda: str(users_of_mongodb(demo.data_dir)))
    assert set(first) == {"left", "right"}
    last = demo.walked(max(first.values()) + 100)
    names = {process.name() for process in demo.processes}
    assert "mongod" in names
    assert names & {"redis-server", "valkey-server"}
    assert demo.end(signal.SIGINT) == 0, demo.said

    again = house("up", demo.data_dir)
    (workout,) = again.workouts().values()
    assert workout["workout_id"].startswith("walk-")
    assert workout["frame_count"] >= sum(last.values())
    assert again.end(signal.SIGTERM) == 0, again.said


def users_of_mongodb(data_dir: Path) -> set[str]:
    """As whom our programs are connected to the embedded mongod."""
    record = json.loads((data_dir / "servers.json").read_text("utf-8"))
    with MongoClient[Any](record["mongo_url"]) as client:
        found = client.admin.aggregate([{"$currentOp": {"allUsers": True, "idleConnections": True}}])
        return {
            user["user"] for one in found if one.get("appName") == "barograph" for user in one.get("effectiveUsers", ())
        }


def test_a_stack_that_was_killed_leaves_nobody_behind(house: Start) -> None:
    killed = house("up")
    killed.process.kill()
    killed.process.wait()
    _, alive = psutil.wait_procs(killed.processes, timeout=30)
    assert alive == []


def test_whatever_is_killed_is_started_again_said_and_no_frame_is_lost(house: Start, barograph: Start) -> None:
    up = house("up")
    send = (
        "send",
        "sim:run",
        "--seconds",
        "12",
        "--stream",
        "left",
        "--workout",
        "hard",
        "--url",
        up.devices,
        "--data-dir",
        up.data_dir,
    )
    with subprocess.Popen([*BAROGRAPH, *send], stdout=subprocess.PIPE, text=True) as sender:
        wait_until(lambda: up.workouts().get("hard", {}).get("frame_count", 0) > 100, lambda: up.said)
        for name in ("ingest", "mongod", "dashboard", "summaries"):
            up.part(name).kill()
            wait_until(lambda name=name: name in restarts.noted(up.data_dir), lambda: up.said)
        said, _ = sender.communicate(timeout=PATIENCE_S)
    assert "hard/left: 1,200 frames stored" in said
    assert "0 in declared gaps" in said
    assert up.workouts()["hard"]["frame_count"] == 1200
    noted = restarts.noted(up.data_dir)
    assert {name: (one.count, one.reason) for name, one in noted.items()} == dict.fromkeys(
        ("ingest", "mongod", "dashboard", "summaries"), (1, "killed by SIGKILL")
    )
    assert "ingest ended by itself (killed by SIGKILL); it is started again" in up.said
    assert "ended by itself" in (up.data_dir / "logs" / "ingest.log").read_text("utf-8")
    link = barograph("link", "--data-dir", up.data_dir).stdout.strip()
    assert httpx.post(link, timeout=PATIENCE_S).status_code == 303
    doctor = barograph("doctor", "--data-dir", up.data_dir).stdout
    for door in (up.devices.removeprefix("ws://").removesuffix("/ws"), link.split("/")[2]):
        assert f"ready on {door}" in doctor
    assert up.end() == 0


@pytest.mark.long
def test_a_part_that_keeps_ending_is_named_and_ends_the_whole(house: Start, tmp_path: Path) -> None:
    up = house("up", folder=tmp_path)
    (tmp_path / "barograph.env").write_text("BAROGRAPH_LOG_LEVEL=nonsense\n")
    up.part("ingest").kill()
    assert up.process.wait(PATIENCE_S) == 1
    assert "ingest keeps ending: it was started again 4 times" in up.said
    assert "BAROGRAPH_LOG_LEVEL" in up.said
    _, alive = psutil.wait_procs(up.processes, timeout=30)
    assert alive == []


BROKEN = """
import sys
if "{part}" in sys.orig_argv:
    import quart.asgi
    async def call(self, receive, send):
        raise TypeError("handle_messages() takes 3 positional arguments but 4 were given")
    quart.asgi.ASGIHTTPConnection.__call__ = call
"""


@pytest.mark.parametrize("part", ["ingest", "dashboard"])
def test_a_part_that_answers_500_is_named_with_the_cause_and_ends_the_whole(
    part: str, barograph: Start, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(BROKEN.format(part=part))
    ports = ("--no-browser", "--port", 0, "--ingest-port", 0)
    done = barograph("demo", *ports, "--data-dir", tmp_path / "data", environment={"PYTHONPATH": str(tmp_path)})
    assert done.returncode == 1
    assert f"{part} is not ready" in done.stderr
    assert "answers 500" in done.stderr
    assert "TypeError: handle_messages() takes 3" in done.stderr
    assert f"logs/{part}.log" in done.stderr
    assert "Barograph is running" not in done.stdout


BROWSER = """#!/bin/sh
printf '%s\\n' "$@" > {here}/arguments
cp "${{1#file://}}" {here}/page
stat -c %a "${{1#file://}}" "$(dirname "${{1#file://}}")" > {here}/modes
"""


def test_a_browser_is_opened_without_the_link_among_its_arguments(house: Start, tmp_path: Path) -> None:
    browser = tmp_path / "browser"
    browser.write_text(BROWSER.format(here=tmp_path))
    browser.chmod(0o755)
    up = house("up", options=(), environment={"BROWSER": str(browser), "DISPLAY": ":99"})
    wait_until((tmp_path / "modes").exists)
    wait_until(lambda: (tmp_path / "modes").read_text() == "600\n700\n")
    arguments = (tmp_path / "arguments").read_text()
    assert arguments.startswith(up.data_dir.as_uri())
    assert "login" not in arguments
    page = (tmp_path / "page").read_text()
    assert f'http-equiv="refresh" content="0; url={up.link}"' in page
    assert httpx.post(up.link).status_code == 303
    assert up.end() == 0
    assert list(up.data_dir.glob("open-*")) == []


def test_no_password_and_no_link_is_seen_in_arguments_or_logs(house: Start) -> None:
    up = house("up")
    token = up.link.rpartition("/")[2]
    httpx.get(up.link)
    httpx.post(up.link)
    httpx.get(up.link.replace("/login/", "/login/x"))
    arguments = [argument for process in up.processes for argument in process.cmdline()]
    assert not [argument for argument in arguments if "://" in argument and "@" in argument]
    assert up.end() == 0
    logs = [*(up.data_dir / "logs").iterdir(), *up.data_dir.glob("*.log")]
    assert logs
    assert [log.name for log in logs if token in log.read_text("utf-8", "replace")] == []


def test_a_second_stack_on_the_same_directory_is_refused(house: Start, barograph: Start) -> None:
    up = house("up")
    second = barograph("up", "--no-browser", "--port", 0, "--ingest-port", 0, "--data-dir", up.data_dir)
    assert second.returncode == 1
    assert "in use by another instance" in second.stderr
    assert up.process.poll() is None
    assert up.end() == 0
