"""The way of one frame is the one that docs/architecture.md tells: its functions, in its order, each file once."""

from __future__ import annotations

import ast
import asyncio
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from types import FrameType

import pytest
from served import Client, serving
from websockets.asyncio.client import connect

from barograph.store.memory.archive import MemoryArchive, MemoryLive

ROOT = Path(__file__).parents[2]
# How long the next message may take, and whether a device may hear of a stream: looked up on the way.
LOOKED_UP = {"Peer.patience", "Peer.hears"}
BESIDE = {
    "publish",
    "relay",
    "visits",
    "erasures",
    "marks",
    "leases",
    "gaps",
    "rollups",
    "space",
    "windows",
    "refusals",
}


def told() -> list[tuple[str, str]]:
    """The steps as the page has them: file and function."""
    text = (ROOT / "docs/architecture.md").read_text("utf-8")
    part = text[text.index("## One `pressure_frame`") :]
    return re.findall(r"^\| `(ingest/[\w/]+\.py)` \| `([\w.]+)` \|", part, re.M)


def properties(name: str) -> set[str]:
    """The names in a file that look like attributes to whoever calls them."""
    nodes = ast.walk(ast.parse((ROOT / name).read_text("utf-8")))
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef)]
    return {one.name for one in functions if any("property" in ast.unparse(each) for each in one.decorator_list)}


@dataclass
class Calls:
    """What was called, file and function, and which files were entered from another one, in order."""

    made: list[tuple[str, str]] = field(default_factory=list)
    entered: list[str] = field(default_factory=list)


@contextmanager
def watched(files: set[str]) -> Iterator[Calls]:
    """Follow the calls of the tasks that a frame passes into these files."""
    calls = Calls()
    names = {str(ROOT / name): name for name in files}
    values = {name: properties(name) for name in files}

    def note(frame: FrameType, kind: str, _: object) -> None:
        code, caller = frame.f_code, frame.f_back
        name = names.get(code.co_filename)
        if kind != "call" or name is None or code.co_name in values[name] or code.co_qualname in LOOKED_UP:
            return
        task = asyncio.current_task()
        if task is not None and task.get_name().removeprefix("ingest-") in BESIDE:
            return
        calls.made.append((name, code.co_qualname))
        if caller is None or caller.f_code.co_filename != code.co_filename:
            calls.entered.append(name)

    sys.setprofile(note)
    try:
        yield calls
    finally:
        sys.setprofile(None)


@pytest.fixture
async def client(tmp_path):
    async with serving(MemoryArchive(), MemoryLive(), tmp_path) as running, connect(running.ws_url) as socket:
        yield Client(socket)


async def test_a_frame_goes_from_socket_to_ack_as_the_page_tells(client) -> None:
    steps = told()
    assert len(steps) >= 8
    frame = {"type": "pressure_frame", "workout_id": "a", "matrix": [[0, 1], [2, 3]], "nodes": 4}
    await client.say(type="join_session", workout_id="a")
    await client.say(**frame, seq=0)
    assert (await client.hear("ack"))["next_seq"] == 1
    with watched({file for file, _ in steps}) as calls:
        await client.say(**frame, seq=1)
        assert (await client.hear("ack"))["next_seq"] == 2
    assert [file for file, _ in groupby(calls.entered)] == [file for file, _ in steps]
    assert [call for call in dict.fromkeys(calls.made) if call in steps] == steps
