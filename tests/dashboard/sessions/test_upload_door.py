"""Files that unpack to far more than they are, several dropped at once: the page stays within the memory of two."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from barograph.files import bounds
from dashboard.sessions.uploads import MOST_AT_ONCE

CHILD = """
import asyncio, json, re, sys
from pathlib import Path
from barograph import settings as settings_module
from barograph.access.principals import Access
from barograph.store.memory.archive import MemoryArchive, MemoryLive
from dashboard.app import create_app

HERE = {"headers": {"Host": "127.0.0.1:8050"}, "scope_base": {"client": ("127.0.0.1", 4242)}}

def peak():
    return int(re.findall(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[0]) / 1024

async def main(data_dir, *paths):
    settings = settings_module.load(data_dir=Path(data_dir), ingest_port=0)
    access = Access(settings, "dashboard")
    archive = MemoryArchive()
    client = create_app(settings, archive, MemoryLive(), access).test_client()
    link = access.new_link("http://127.0.0.1:8050").rpartition("/")[2]
    await client.post(f"/login/{link}", **HERE)
    before = peak()

    async def drop(i, path):
        answer = await client.post(f"/import?name=file-{i}", data=Path(path).read_bytes(), **HERE)
        return answer.status_code, json.loads((await answer.get_data()).decode().splitlines()[-1])

    ticks = 0
    async def ticking():
        nonlocal ticks
        while True:
            await asyncio.sleep(0)  # the next round of the loop
            ticks += 1
    beat = asyncio.create_task(ticking())
    said = await asyncio.gather(*(drop(i, path) for i, path in enumerate(paths)))
    beat.cancel()
    print(json.dumps({"said": said, "mib": peak() - before, "ticks": ticks,
                      "workouts": len(await archive.workouts())}))

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def bombs() -> ModuleType:
    """The hostile files that the readers are tried with."""
    spec = spec_from_file_location("hostile_files", Path(__file__).parents[2] / "barograph" / "files" / "bombs.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_hostile_files_dropped_at_once_stay_within_the_memory_of_two(bombs: ModuleType, tmp_path: Path) -> None:
    names = ("npz_of_a_long_layout", "parquet_of_one_page", "csv_of_deep_json", "npz_whose_head_lies",
             "text_of_one_line", "npz_of_a_long_layout")  # fmt: skip
    paths = []
    for i, make in enumerate(getattr(bombs, name) for name in names):
        (tmp_path / str(i)).mkdir()
        paths.append(str(make(tmp_path / str(i) / "file")))
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(tmp_path / "data"), *paths], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    said: dict[str, Any] = json.loads(done.stdout)
    assert [status for status, _ in said["said"]] == [200] * len(paths)
    for _, last in said["said"]:
        assert "expected" in last["error"], last
    assert said["workouts"] == 0
    assert said["mib"] < MOST_AT_ONCE * (bounds.MEMORY_BYTES >> 20)
    assert said["ticks"] > 1000, "reading keeps the event loop free"
