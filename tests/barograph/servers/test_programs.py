"""Server programs: where they are found, and what is said when they cannot be had or do not start."""

from __future__ import annotations

import dataclasses
import os
import sys
from pathlib import Path

import pytest

from barograph.servers import embedded


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def start_refused(home: Path, error: type[embedded.EmbeddedError], match: str) -> str:
    """What is said when servers cannot be started on `home`."""
    with pytest.raises(error, match=match) as caught, embedded.servers(home):
        pytest.fail("they started")
    return str(caught.value)


@pytest.mark.parametrize("name", ["MONGOD", "REDIS_SERVER"])
def test_a_missing_program_is_named_with_the_ways_to_get_it(
    name: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = getattr(embedded, name)
    none = tuple(f"no-{program}" for program in known.programs)
    missing = dataclasses.replace(known, programs=none, packages=("barograph-has-no-such-package",))
    monkeypatch.setattr(embedded, name, missing)
    said = start_refused(home, embedded.ServerMissing, "neither on PATH nor in the Python package")
    for part in (*missing.programs, *missing.packages, known.product, "barograph[embedded]", known.setting):
        assert part in said
    assert not home.exists()


@pytest.mark.parametrize("name", ["mongod", "redis-server", "valkey-server"])
def test_a_program_on_path_comes_before_the_packaged_one(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finder = embedded.find_mongod if name == "mongod" else embedded.find_redis_server
    monkeypatch.setenv("PATH", "")
    packaged = finder()
    assert os.access(packaged, os.X_OK)
    (tmp_path / name).symlink_to(packaged)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert finder() == tmp_path / name


def put_on_path(directory: Path, program: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    (directory / "mongod").write_bytes(program)
    (directory / "mongod").chmod(0o700)
    monkeypatch.setenv("PATH", str(directory), prepend=os.pathsep)


@pytest.mark.skipif(sys.platform != "linux", reason="other loaders say it in other words")
def test_a_missing_library_is_named_with_its_package(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A real program that asks the system's loader for a library that is not there.
    program = embedded.find_redis_server().read_bytes()
    assert b"\0libc.so.6\0" in program
    put_on_path(tmp_path, program.replace(b"\0libc.so.6\0", b"\0libcurl.9\0"), monkeypatch)
    start_refused(home, embedded.ServerMissing, r"mongod cannot run.* library libcurl\.9: .*apt-get install libcurl4")
    assert embedded.running(home) is None


def test_a_program_that_ends_is_quoted_with_its_code_and_log(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_on_path(tmp_path, b"#!/bin/sh\necho no reason at all\nexit 3\n", monkeypatch)
    start_refused(home, embedded.ServerFailed, r"mongod ended with code 3: no reason at all; its log is .*mongod\.log")


def test_what_mongod_complains_of_is_quoted(home: Path) -> None:
    (home / "mongo").mkdir(parents=True)
    (home / "mongo" / "WiredTiger.turtle").write_text("these are not the files of a database")
    start_refused(home, embedded.ServerFailed, r"mongod ended with code -?\d+: .*WiredTiger")
