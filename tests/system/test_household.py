"""`barograph demo` and `barograph up`, as a person runs them: up, seen, ended, nothing left behind."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

import httpx
import psutil

Start = Callable[..., Any]


def test_the_demo_walks_is_seen_ends_and_is_there_the_next_time(house: Start) -> None:
    demo = house("demo")
    with httpx.Client(follow_redirects=True, timeout=20) as browser:
        assert browser.get(demo.link.partition("/login/")[0]).status_code == 403
        looked = [httpx.head(demo.link), httpx.get(demo.link)]
        assert [answer.status_code for answer in looked] == [200, 200]
        page = browser.post(demo.link)
        assert page.status_code == 200
        assert "Barograph" in page.text
    assert httpx.post(demo.link).status_code == 403, "the link opened twice"

    first = demo.walked(100)
    assert set(first) == {"left", "right"}
    last = demo.walked(max(first.values()) + 100)
    names = {process.name() for process in demo.family}
    assert "mongod" in names
    assert names & {"redis-server", "valkey-server"}
    assert demo.end(signal.SIGINT) == 0, demo.said

    again = house("up", demo.data_dir)
    (workout,) = again.workouts().values()
    assert workout["workout_id"].startswith("walk-")
    assert workout["frame_count"] >= sum(last.values())
    assert again.end(signal.SIGTERM) == 0, again.said


def test_a_household_that_was_killed_leaves_nobody_behind(house: Start) -> None:
    killed = house("up")
    killed.process.kill()
    killed.process.wait()
    _, alive = psutil.wait_procs(killed.family, timeout=30)
    assert alive == []


def test_a_child_that_dies_is_named_and_ends_the_household(house: Start) -> None:
    up = house("up")
    ingest = next(process for process in up.family if "ingest" in process.cmdline())
    ingest.kill()
    assert up.process.wait(60) == 1
    assert "ingest ended unexpectedly with code -9" in up.said
    _, alive = psutil.wait_procs(up.family, timeout=30)
    assert alive == []


def test_no_password_and_no_link_is_seen_in_arguments_or_logs(house: Start) -> None:
    up = house("up")
    token = up.link.rpartition("/")[2]
    httpx.get(up.link)
    httpx.post(up.link)
    httpx.get(up.link.replace("/login/", "/login/x"))
    arguments = [argument for process in up.family for argument in process.cmdline()]
    assert not [argument for argument in arguments if "://" in argument and "@" in argument]
    assert up.end() == 0
    logs = [*(up.data_dir / "logs").iterdir(), *up.data_dir.glob("*.log")]
    assert logs
    assert [log.name for log in logs if token in log.read_text("utf-8", "replace")] == []


def test_a_second_household_on_the_same_directory_is_refused(house: Start, barograph: Start) -> None:
    up = house("up")
    second = barograph("up", "--no-browser", "--port", 0, "--ingest-port", 0, "--data-dir", up.data_dir)
    assert second.returncode == 1
    assert "in use by another instance" in second.stderr
    assert up.process.poll() is None
    assert up.end() == 0
