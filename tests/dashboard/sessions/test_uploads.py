"""Files that are dropped: their names, and which geometry is asked of cells in a row."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from barograph import files, geometries
from barograph.errors import InvalidData
from barograph.files.given import given
from barograph.frames import Layout, Recording, Stream, check_new_name
from barograph.store.ports import Archive
from dashboard.sessions import uploads
from dashboard.sessions.uploads import file_name, workout_name

NAMES = [
    "..",
    ".",
    "",
    "a\x00b.csv",
    "/",
    "../../etc/passwd",
    "C:\\a\\b.csv",
    "ü" * 300,
    " ",
    "...",
    "a/..",
    "\n",
    "run.csv",
]


@pytest.mark.parametrize("name", NAMES)
def test_whatever_a_file_is_called_its_copy_has_a_plain_name(name: str) -> None:
    plain = file_name(name)
    assert plain
    assert plain not in (".", "..")
    assert "/" not in plain
    assert "\\" not in plain
    assert plain.isprintable()
    assert len(plain.encode()) <= 200


@pytest.mark.parametrize("name", NAMES)
def test_whatever_files_are_called_their_workout_can_be_made(name: str) -> None:
    for names in ([name], [name, name], [name, "other.csv"]):
        made = workout_name(names)
        assert check_new_name("workout_id", made) == made


def test_a_usual_name_stays() -> None:
    assert file_name("walk 1.asf") == "walk 1.asf"
    assert workout_name(["FrasP01L.asf", "FrasP01R.asf"]) == "FrasP01"


ROW = Layout(rows=1, cols=16, dtype="float32", unit="kPa", kind="insole", side="left")


@pytest.fixture
def row(tmp_path: Path) -> Path:
    """A file of 16 cells in a row, with a date."""
    path = tmp_path / "insole.npz"
    frames = np.full((4, 1, 16), 20.0, np.float32)
    files.write(path, Recording(frames, 10**15 + np.arange(4) * 10_000, ROW), "npz")
    return path


async def last(archive: Archive, path: Path, **more: Any) -> dict[str, Any]:
    return [line async for line in uploads.stored(archive, path, "insole", **more)][-1]


async def test_cells_whose_number_is_that_of_geometries_are_asked_for_theirs(memory_archive, row):
    asked = await last(memory_archive, row, asks=True, asks_geometry=True)
    assert asked["asks"] == ["geometry"]
    assert asked["error"] == "does not say where its 16 cells lie:"
    assert [one["name"] for one in asked["choices"]] == ["moticon-opengo-3", "moticon-opengo-7", "moticon-opengo"]
    assert all(one["picture"].count("<svg") == 2 for one in asked["choices"])  # both ways round
    assert "no areas, and no force" in asked["choices"][2]["says"]
    assert await memory_archive.workouts() == []
    said = given(geometry="moticon-opengo-7")
    assert (await last(memory_archive, row, asks=True, said=said))["stored"] == 4
    layout = (await memory_archive.stream_info(Stream("insole", "left"))).layout
    assert layout.geometry == geometries.named("moticon-opengo-7", "left").geometry
    told = await last(memory_archive, row, said=given(geometry="moticon-opengo-3"))
    assert told["remarks"] == [
        "left: the file's geometry, moticon-opengo-3, is not that of the stored stream, moticon-opengo-7, which stays"
    ]
    assert "remarks" not in await last(memory_archive, row)  # without one it is the same recording


async def test_a_file_that_says_its_places_or_that_nobody_knows_is_not_asked(memory_archive, row, tmp_path):
    assert (await last(memory_archive, row, asks=True))["stored"] == 4
    for name, layout in (
        ("grid", replace(ROW, pitch_mm=(5.0, 5.0))),
        ("placed", Layout.from_dict({**ROW.to_dict(), "geometry": "moticon-opengo-3"})),
        ("others", replace(ROW, cols=17)),
        ("plate", replace(ROW, rows=4, cols=4)),
    ):
        path = tmp_path / f"{name}.npz"
        frames = np.full((2, layout.rows, layout.cols), 20.0, np.float32)
        files.write(path, Recording(frames, 10**15 + np.arange(2) * 10_000, layout), "npz")
        assert (await last(memory_archive, path, asks=True, asks_geometry=True)).get("asks") is None, name


def test_that_the_geometry_is_not_known_is_an_answer():
    assert uploads._answers({"geometry": uploads.UNKNOWN}).geometry is None
    assert uploads._answers({"geometry": "pedar-x"}).geometry == "pedar-x"
    with pytest.raises(InvalidData, match="geometry: expected one of"):
        uploads._answers({"geometry": "../mine.csv"})
