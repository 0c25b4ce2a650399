"""Logs: for people on a terminal, as JSON elsewhere, and without what opens something."""

from __future__ import annotations

import io
import json
import logging
import socket
from pathlib import Path

import pytest
from hostile import NAMES

from barograph.cli.serving import started
from barograph.logs import TALKATIVE, cleaned, log_to
from barograph.settings import load


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def as_before():
    root, others = logging.getLogger(), [logging.getLogger(name) for name in ("uvicorn", *TALKATIVE)]
    handlers, level, quiet = list(root.handlers), root.level, [one.level for one in others]
    yield
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(level)
    for one, before in zip(others, quiet, strict=True):
        one.setLevel(before)


def written(stream: io.StringIO, level: str = "info") -> list[str]:
    log_to(stream, level)
    logging.getLogger("barograph.ingest").info("joined", extra={"workout": "run", "stream": "left"})
    logging.getLogger("uvicorn.error").error("cannot read %s", "mongodb://barograph:hidden@127.0.0.1/")
    try:
        int("token=hidden")
    except ValueError:
        logging.getLogger("elsewhere").exception("failed")
    return stream.getvalue().splitlines()


def test_elsewhere_a_log_is_one_json_object_a_line_with_its_fields() -> None:
    joined, server, failed = map(json.loads, written(io.StringIO()))
    assert joined.pop("timestamp").endswith("Z")
    assert joined == {
        "event": "joined", "level": "info", "logger": "barograph.ingest", "workout": "run", "stream": "left",
    }  # fmt: skip
    assert (server["logger"], server["level"]) == ("uvicorn.error", "error")
    assert "ValueError" in failed["exception"]


def test_on_a_terminal_a_log_is_for_people() -> None:
    first = written(Terminal())[0]
    assert "joined" in first
    assert not first.startswith("{")


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_no_log_has_what_opens_something(stream) -> None:
    assert "hidden" not in "\n".join(written(stream()))
    assert cleaned("GET /login/abc.def HTTP/1.1") == "GET /login/… HTTP/1.1"


def test_what_is_below_the_level_is_not_written() -> None:
    assert len(written(io.StringIO(), "error")) == 2


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_no_name_begins_a_line_of_its_own_or_commands_the_terminal(stream) -> None:
    out = stream()
    log_to(out, "info")
    for name in ("a\nb", "a\r\nlevel=critical", "a\x1b[2Jb", "a\u2028b", *NAMES):
        logging.getLogger("barograph.ingest").warning("refused %s", name, extra={"workout": name})
    lines = out.getvalue().splitlines()
    assert len(lines) == 4 + len(NAMES)
    assert all("refused" in line and "\x1b[2J" not in line for line in lines)


def test_what_libraries_tell_of_documents_messages_and_addresses_is_not_logged() -> None:
    stream = io.StringIO()
    log_to(stream, "debug")
    for name in ("pymongo.command", "websockets.server", "httpx", "httpcore.http11"):
        logging.getLogger(name).info("planted")
        logging.getLogger(name).warning("%s has trouble", name)
    assert "planted" not in stream.getvalue()
    assert stream.getvalue().count("has trouble") == 4


def test_a_server_that_starts_says_in_one_line_what_runs_where(tmp_path: Path) -> None:
    urls = {
        "mongo_url": "mongodb://lab:hidden@db.example:27017/?authSource=admin",
        "redis_url": "redis://:hidden@r:6379",
    }
    settings = load(data_dir=tmp_path, **urls)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        log_to(out := io.StringIO(), "info")
        logging.getLogger("barograph").info("%s starts", "ingest", extra=started(settings, [listener]))
        (said,) = map(json.loads, out.getvalue().splitlines())
        assert said["listens"] == [f"127.0.0.1:{listener.getsockname()[1]}"]
    assert said["event"] == "ingest starts"
    assert (said["mongodb"], said["redis"], said["database"]) == ("db.example:27017", "r:6379", "barograph")
    assert said["version"]
    assert "hidden" not in out.getvalue()
