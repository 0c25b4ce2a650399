"""Every notebook runs from top to bottom, on what is stored and in an empty lab, and is kept without its outputs."""

import os
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from analytics import arrival_stats, sim
from analytics.columns import ARRIVAL_VERSION, arrival_columns
from barograph.archive import MongoArchive
from barograph.embedded import Servers
from barograph.frames import Block, Recording, Stream
from barograph.ports import About

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
EVERY = sorted(NOTEBOOKS.glob("*.ipynb"), key=lambda path: path.name)


async def store(archive: MongoArchive, stream: Stream, foot: Recording) -> None:
    """Put a recording into the archive, as blocks of ten frames with their statistics."""
    now_us = int(foot.times_us[-1])
    about = About(athlete="simulated", kind="walk", mass_kg=75.0)
    _, epoch = await archive.open(stream, epoch="simulated", numbered=True, now_us=now_us, about=about)
    await archive.fix_layout(stream, foot.layout, arrival_columns(foot.layout), ARRIVAL_VERSION)
    blocks = [
        Block(
            e=epoch.e,
            seq=seq,
            times_us=part.times_us,
            received_us=now_us,
            frames=part.frames,
            stats=arrival_stats(part.frames, part.layout),
        )
        for seq, part in foot.blocks(10)
    ]
    await archive.append([(stream, block) for block in blocks])
    marks = {"first_us": int(foot.times_us[0]), "last_us": int(foot.times_us[-1]), "now_us": now_us}
    await archive.mark(stream, epoch.e, next_seq=len(foot), frames=len(foot), **marks)


async def executed(path: Path, servers: Servers, database: str) -> Any:
    """The notebook with the outputs of a fresh kernel that finds these servers in its environment."""
    environment = {
        **os.environ,
        "BAROGRAPH_MONGO_URL": servers.mongo_url,
        "BAROGRAPH_REDIS_URL": servers.redis_url,
        "BAROGRAPH_DATABASE": database,
    }
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=100, resources={"metadata": {"path": str(path.parent)}})
    await client.async_execute(env=environment)
    return notebook


def printed(notebook: Any) -> str:
    """All that the cells wrote."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return "".join(output.get("text", "") for output in outputs)


@pytest.mark.parametrize("path", EVERY, ids=lambda path: path.stem)
async def test_a_notebook_runs_on_a_stored_walk(
    path: Path, servers: Servers, database: str, mongo_archive: MongoArchive
) -> None:
    for side, foot in sim.walk(8.0, seed=7).items():
        await store(mongo_archive, Stream("stored-walk", side), foot)
    notebook = await executed(path, servers, database)
    assert "stored-walk" in printed(notebook)
    assert "simulated walk" not in printed(notebook)
    pictures = [output for cell in notebook.cells for output in cell.get("outputs", []) if "data" in output]
    assert sum("application/vnd.plotly.v1+json" in output["data"] for output in pictures) >= 2


@pytest.mark.parametrize("path", EVERY, ids=lambda path: path.stem)
async def test_a_notebook_runs_in_an_empty_lab(path: Path, servers: Servers, database: str) -> None:
    assert "a simulated walk: 1500 frames" in printed(await executed(path, servers, database))


@pytest.mark.parametrize("path", EVERY, ids=lambda path: path.stem)
def test_a_notebook_is_kept_without_outputs(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


def test_there_is_a_quickstart() -> None:
    assert NOTEBOOKS / "quickstart.ipynb" in EVERY
