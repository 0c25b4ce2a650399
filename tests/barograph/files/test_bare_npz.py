"""An NPZ of one array: asks for rate and size of a cell; and zip archives that are something else, by what they are."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import oracles
import pytest

from barograph import Recording, files, read_file
from barograph.errors import FileFormatError
from barograph.files.given import given

FRAMES = np.arange(24, dtype="<f2").reshape(4, 2, 3) / 4


def saved(tmp_path: Path, **arrays: Any) -> Path:
    np.savez_compressed(tmp_path / "walk.npz", **arrays)
    return tmp_path / "walk.npz"


def one(path: Path, **said: Any) -> Recording:
    (found,) = read_file(path, **said)
    return found


def test_the_walk_that_was_made_asks_for_rate_and_pitch(sensors: oracles.Sensors) -> None:
    known, path = oracles.made(sensors, "stepup/made-walk.npz"), sensors("stepup/made-walk.npz")
    with pytest.raises(FileFormatError, match="an array of 40 frames of 720 x 240 cells, which says neither"):
        read_file(path)
    walk = one(path, rate=100, pitch="5")
    assert list(walk.frames.shape) == known["shape"]
    cells = walk.frames.astype(float)
    np.testing.assert_allclose(cells.sum(), known["sum_all"], rtol=1e-12)
    assert (cells.max(), (cells > 0).any(axis=0).sum()) == (known["peak"], known["nonzero_cells"])
    assert np.unravel_index(cells.argmax(), cells.shape)[0] == known["argmax_frame"]


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ({}, "--rate (frames per second) and --pitch (mm, as 5 or 5.08x7.62)"),
        ({"rate": 100}, "expected --pitch (mm, as 5 or 5.08x7.62) with"),
        ({"pitch": "5"}, "expected --rate (frames per second) with"),
    ],
)
def test_what_is_not_said_is_asked_for_by_the_options_name(said: dict[str, Any], asked: str, tmp_path: Path) -> None:
    with pytest.raises(FileFormatError) as caught:
        read_file(saved(tmp_path, arr_0=FRAMES), **said)
    assert asked in str(caught.value)
    assert "rate= and pitch= of read_file" in str(caught.value)


def test_an_array_is_read_as_it_is_with_what_was_given(tmp_path: Path) -> None:
    path = saved(tmp_path, arr_0=FRAMES)
    walk = one(path, rate=300, pitch="5x6", unit="kPa")
    assert walk.frames.tolist() == FRAMES.tolist()
    assert (walk.layout.dtype, walk.layout.unit, walk.layout.pitch_mm) == ("float32", "kPa", (5.0, 6.0))
    assert walk.times_us.tolist() == [0, 3333, 6667, 10_000]
    assert walk.provenance["given"] == {"rate_hz": 300, "pitch_mm": (5.0, 6.0), "unit": "kPa"}
    raw = one(path, rate=300, pitch="5")
    assert raw.layout.unit == "raw"
    assert "--unit says what they are" in raw.provenance["assumed"]
    parts = oracles.one(files.open_file(path, given(rate=300, pitch="5")))
    assert [len(part) for _, part in parts.blocks(3)] == [3, 1]


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"arr_0": FRAMES[0]}, "expected (frames, rows, cols) of one of float16, bool"),
        ({"arr_0": FRAMES.astype("i8")}, "got int64 of shape (4, 2, 3)"),
        ({"arr_0": FRAMES[:0]}, "of shape (0, 2, 3)"),
        ({"arr_0": np.asfortranarray(FRAMES)}, "one frame after the other (C order)"),
        ({"arr_0": FRAMES, "arr_1": FRAMES}, "expected arr_0 alone, got arr_0.npy, arr_1.npy"),
        ({"arr_0": np.array([[["a"]]], object)}, "never read"),
        ({"arr_0": np.where(FRAMES > 5, np.inf, FRAMES)}, "frames 0 to 3: frames: expected finite values"),
    ],
    ids=["two dimensions", "int64", "no frames", "Fortran", "two arrays", "objects", "infinite"],
)
def test_an_array_that_is_no_recording_is_refused(arrays: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(FileFormatError) as caught:
        read_file(saved(tmp_path, **arrays), rate=100, pitch="5")
    assert said in str(caught.value)


def test_a_missing_value_stays_missing(tmp_path: Path) -> None:
    walk = one(saved(tmp_path, arr_0=np.where(FRAMES == 0, np.nan, FRAMES)), rate=100, pitch="5")
    assert np.isnan(walk.frames).sum() == 1


def test_a_cut_archive_is_an_error(tmp_path: Path) -> None:
    path = saved(tmp_path, arr_0=FRAMES)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(FileFormatError, match=str(path)):
        read_file(path, rate=100, pitch="5")


def test_an_archive_of_other_files_says_what_it_is(tmp_path: Path) -> None:
    for names, said in (
        (["walk.txt", "b/notes.txt"], "got a zip archive of other files (b/notes.txt, walk.txt); unpack it"),
        (["a.bin", "xl/workbook.xml"], "got an Excel workbook or another office document"),
    ):
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            for name in names:
                archive.writestr(name, "x")
        with pytest.raises(FileFormatError) as caught:
            read_file(tmp_path / "a.zip")
        assert said in str(caught.value)


@pytest.mark.parametrize("name", ["moticon/gait_report_230927_10_21_14.xlsx", "footscan/entire-plate-walk-whole.zip"])
def test_recorded_archives_say_what_they_are(name: str, sensors: oracles.Sensors) -> None:
    said = "an Excel workbook or another office document" if name.endswith("xlsx") else "a zip archive of other files"
    with pytest.raises(FileFormatError, match=said):
        read_file(sensors(name))
