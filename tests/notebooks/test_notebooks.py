"""Every notebook runs from top to bottom, on what is stored and in an empty lab, and is kept without its outputs."""

import asyncio
import os
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from at_hand import VENDOR
from keyed import open_archive
from nbclient import NotebookClient
from pymongo import MongoClient

from analytics import arrival_stats, sim
from analytics.columns import ARRIVAL_VERSION, arrival_columns
from barograph.frames import Block, Recording, Stream
from barograph.servers.embedded import Servers
from barograph.store.mongo.archive import MongoArchive
from barograph.store.ports import About

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
EVERY = sorted(NOTEBOOKS.glob("*.ipynb"), key=lambda path: path.name)
QUICKSTART = [NOTEBOOKS / "quickstart.ipynb"]
TOGETHER = (
    "gait_fscan", "balance", "jumps", "plate_gait", "compare_sessions", "is_it_a_change", "cohort_norms",
    "many_sessions", "your_own_metric", "quickstart",
)  # fmt: skip
FSCAN = VENDOR / "tekscan-fscan" / "FrasP01L.asf"


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


@pytest.fixture(scope="module")
def together(servers: Servers) -> Iterator[dict[str, Any]]:
    """All of them, in one kernel that forgets between them: its start costs more than they do."""
    database = f"test_{uuid.uuid4().hex[:16]}"
    asyncio.run(_store_walk(servers.mongo_url, database))
    names = [name for name in TOGETHER if name != "gait_fscan" or FSCAN.exists()]
    cells, borders = [], {}
    for name in names:
        found = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4).cells
        borders[name] = slice(len(cells) + 1, len(cells) + 1 + len(found))
        cells += [nbformat.v4.new_code_cell("%reset -f"), *found]
    environment = {
        **os.environ,
        "BAROGRAPH_MONGO_URL": servers.mongo_url,
        "BAROGRAPH_REDIS_URL": servers.redis_url,
        "BAROGRAPH_DATABASE": database,
        "BAROGRAPH_VENDOR_DATA": str(VENDOR),
    }
    whole = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(whole, timeout=100, resources={"metadata": {"path": str(NOTEBOOKS)}}).execute(env=environment)
    yield {name: nbformat.v4.new_notebook(cells=whole.cells[part]) for name, part in borders.items()}
    with MongoClient[dict[str, object]](servers.mongo_url) as client:
        client.drop_database(database)


async def _store_walk(url: str, database: str) -> None:
    archive = await open_archive(url, database, 20.0)
    for side, foot in sim.walk(8.0, seed=7).items():
        await store(archive, Stream("stored-walk", side), foot)
    await archive.close()


def pictures(notebook: Any) -> int:
    """How many figures there are."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", []) if "data" in output]
    return sum("application/vnd.plotly.v1+json" in output["data"] for output in outputs)


def test_the_pair_of_feet_has_the_known_steps_and_its_calibrations_are_laid_open(together: dict[str, Any]) -> None:
    if "gait_fscan" not in together:
        pytest.skip(f"no vendor data at {FSCAN}; set BAROGRAPH_VENDOR_DATA")
    said = printed(together["gait_fscan"])
    for line in ("left: 6 stances, 1 cut", "right: 6 stances, 1 cut", "mean step time 0.576 s"):
        assert line in said
    assert "saturates at 1514.73 KPa" in said
    assert "saturates at 553.643 KPa" in said
    assert pictures(together["gait_fscan"]) == 2


def test_one_trial_has_four_ellipses_and_two_paths(together: dict[str, Any]) -> None:
    said = printed(together["balance"])
    raw, slow = (float(length) for length in re.findall(r": ([\d.]+) cm", said))
    assert raw > 1.2 * slow
    assert "shorter than the recommended 90 s" in said
    assert pictures(together["balance"]) == 2


def test_jumps_are_as_high_as_they_were_made(together: dict[str, Any]) -> None:
    said = printed(together["jumps"])
    assert "4 jumps found of 4; 20 N ends and begins a flight" in said
    share = re.search(r"propulsion: \+([\d.]+) %", said)
    assert share is not None
    assert float(share[1]) == pytest.approx(8.0, abs=2.0)
    assert "{200: False, 100: True, 50: True}" in said
    assert "ends in flight: ['cut']" in said
    assert "2 drop jumps: contact 205 ms" in said
    assert pictures(together["jumps"]) == 2


def test_a_walk_over_a_plate_has_the_steps_that_it_was_made_of(together: dict[str, Any]) -> None:
    said = printed(together["plate_gait"])
    length = re.search(r"steps of 620 mm were made, (\d+) mm are measured", said)
    assert length is not None
    assert int(length[1]) == pytest.approx(620, abs=8)
    assert "'hand'" in said
    assert pictures(together["plate_gait"]) == 1


def test_two_sessions_are_compared_step_by_step_and_cell_by_cell(together: dict[str, Any]) -> None:
    assert "stances" in printed(together["compare_sessions"])
    assert pictures(together["compare_sessions"]) == 2


def test_a_change_is_found_where_there_is_one_and_nowhere_else(together: dict[str, Any]) -> None:
    said = printed(together["is_it_a_change"])
    assert "max_total_force_n: beyond MDC" in said
    assert "contact_s: within noise" in said
    assert "permutation, 924 ways" in said
    assert pictures(together["is_it_a_change"]) == 2


def test_a_band_is_of_other_athletes_and_a_cohort_of_two_has_none(together: dict[str, Any]) -> None:
    said = printed(together["cohort_norms"])
    assert "30 sessions of 25 athletes; the band is of 24 others" in said
    assert "within the middle 90 % of 24 athletes" in said
    assert "2: a band needs 11 athletes, here are 2" in said
    assert "24: a band\n" in said
    assert "the same: 24 athletes do not differ at all" in said
    assert "no session of a kind has kept tables yet" in said
    assert pictures(together["cohort_norms"]) == 1


def test_many_sessions_have_one_table_and_a_report_of_what_failed(together: dict[str, Any]) -> None:
    notebook = together["many_sessions"]
    assert "1 stored: stored-walk; six simulated" in printed(notebook)
    assert pictures(notebook) == 2
    tables = [o["data"].get("text/plain", "") for c in notebook.cells for o in c.get("outputs", []) if "data" in o]
    assert any("no such session" in table and "NotFound" in table for table in tables)
    assert any("stored-walk" in table for table in tables)


def test_a_metric_of_your_own_agrees_with_the_column_that_is_the_same(together: dict[str, Any]) -> None:
    apart = re.search(r"load_left_pct: (\S+) apart", printed(together["your_own_metric"]))
    assert apart is not None
    assert float(apart[1]) < 1e-9
    assert pictures(together["your_own_metric"]) == 2


def test_every_notebook_is_run_by_a_test() -> None:
    assert {path.stem for path in EVERY} == set(TOGETHER)


def test_the_quickstart_shows_what_is_stored(together: dict[str, Any]) -> None:
    notebook = together["quickstart"]
    assert "stored-walk" in printed(notebook)
    assert "simulated walk" not in printed(notebook)
    assert pictures(notebook) == 2


@pytest.mark.parametrize("path", QUICKSTART, ids=lambda path: path.stem)
async def test_the_quickstart_runs_in_an_empty_lab(path: Path, servers: Servers, database: str) -> None:
    assert "a simulated walk: 1500 frames" in printed(await executed(path, servers, database))


@pytest.mark.parametrize("path", EVERY, ids=lambda path: path.stem)
def test_a_notebook_is_kept_without_outputs(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
