"""Recordings that stay in their file: the same frames part by part, and no cut or damage that is not noticed."""

import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from analytics import sim
from barograph import Layout, Recording, files, read_file
from barograph.errors import FileFormatError
from barograph.files.parts import PART_BYTES, FileRecording

FORMATS = tuple(files.FORMATS)


def opened(path: Path) -> FileRecording:
    (found,) = files.open_file(path)
    assert isinstance(found, FileRecording)
    return found


def written(tmp_path: Path, name: str, recording: Recording) -> Path:
    path = tmp_path / f"file.{name}"
    files.write(path, recording)
    return path


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("size", [1, 64, 10_000])
def test_parts_of_any_size_are_the_whole_as_often_as_they_are_asked_for(name: str, size: int, tmp_path: Path) -> None:
    foot = sim.walk(3.0, rows=12, cols=6)["left"]
    path = written(tmp_path, name, foot)
    lazy, whole = opened(path), read_file(path)[0]
    assert (len(lazy), lazy.layout, lazy.gaps, lazy.provenance) == (300, foot.layout, whole.gaps, whole.provenance)
    for _ in range(2):
        parts = list(lazy.blocks(size))
        assert [start for start, _ in parts] == np.cumsum([0, *(len(part) for _, part in parts)])[:-1].tolist()
        assert max(len(part) for _, part in parts) <= size
        assert np.concatenate([part.frames for _, part in parts]).tobytes() == foot.frames.tobytes()
        assert np.concatenate([part.times_us for _, part in parts]).tolist() == foot.times_us.tolist()


@pytest.mark.parametrize("name", ["parquet", "npz"])
def test_a_long_file_is_passed_on_without_being_held(name: str, tmp_path: Path) -> None:
    layout = Layout(rows=64, cols=64, dtype="uint16")
    frames = np.tile(np.random.default_rng(1).integers(0, 4, (1_000, 64, 64)).astype("<u2"), (5, 1, 1))
    path = written(tmp_path, name, Recording(frames, np.arange(5_000), layout))
    total = int(frames.sum())
    del frames
    found, held, before = 0, 0, pa.total_allocated_bytes()
    tracemalloc.start()
    try:
        for _, part in opened(path).blocks(64):
            found += int(part.frames.sum())
            held = max(held, pa.total_allocated_bytes() - before)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found == total
    # The frames are 41 MB, a row group of a Parquet file 8.
    assert most < 8 * PART_BYTES
    assert held < 8 * PART_BYTES


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_that_is_cut_anywhere_is_an_error(name: str, tmp_path: Path) -> None:
    path = written(tmp_path, name, sim.walk(1.0, rows=6, cols=3)["left"])
    data = path.read_bytes()
    lines = [i + 1 for i, byte in enumerate(data) if byte == ord("\n")][:-1] if name == "csv" else []
    for length in sorted({*(len(data) * i // 20 for i in range(20)), *lines, len(data) - 1}):
        path.write_bytes(data[:length])
        with pytest.raises(FileFormatError, match=r"file\.\w+"):
            read_file(path)


@pytest.mark.parametrize("name", ["parquet", "npz"])
def test_no_changed_byte_changes_a_frame_unnoticed(name: str, tmp_path: Path) -> None:
    foot = sim.walk(1.0, rows=6, cols=3)["left"]
    path = written(tmp_path, name, foot)
    data = path.read_bytes()
    for at in range(0, len(data), max(1, len(data) // 150)):
        hurt = bytearray(data)
        hurt[at] ^= 0x55
        path.write_bytes(hurt)
        try:
            (found,) = read_file(path)
        except FileFormatError as error:
            assert f"file.{name}" in str(error)  # noqa: PT017  what follows is for files that are read all the same
            continue
        assert found.frames.tobytes() == foot.frames.tobytes()
        assert found.times_us.tolist() == foot.times_us.tolist()


def saved(path: Path, **members: object) -> Path:
    """An NPZ as one writes it with numpy, by default of three frames of 2 x 2."""
    layout = json.dumps({"rows": 2, "cols": 2, "dtype": "float64"})
    whole = {"frames": np.arange(12.0).reshape(3, 2, 2), "times_us": np.arange(3), "layout": np.array(layout)}
    np.savez(path, **(whole | members))
    return path


def test_an_npz_in_fortrans_order_is_the_same_recording(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.npz", frames=np.asfortranarray(np.arange(12.0).reshape(3, 2, 2)))
    assert read_file(path)[0].frames.ravel().tolist() == list(range(12))
    assert [len(part) for _, part in opened(path).blocks(2)] == [2, 1]


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"frames": np.zeros((3, 4))}, r"frames: expected \(3, 2, 2\), as times and layout say, got \(3, 4\)"),
        ({"frames": np.zeros((2, 2, 2))}, r"frames: expected \(3, 2, 2\), as times and layout say, got \(2, 2, 2\)"),
        ({"frames": np.zeros((3, 2, 2), ">f8")}, "frames: expected float64, as its layout says, got >f8"),
        ({"frames": np.full((3, 2, 2), np.inf)}, "frames 0 to 2: frames: expected finite values or NaN"),
        ({"times_us": np.arange(3.0)}, r"times_us: expected \(n,\) whole microseconds, got \(3,\) float64"),
        ({"times_us": np.zeros((3, 1), int)}, r"times_us: expected \(n,\) whole microseconds"),
        ({"times_us": np.array(["a", "b", "c"])}, r"times_us: expected \(n,\) whole microseconds"),
        ({"layout": np.array("[]")}, "layout: expected an object"),
        ({"layout": np.array("{")}, "expected an NPZ with frames, times_us, layout"),
        ({"layout": np.array('{"rows": "2", "cols": 2}')}, "rows: expected a whole number"),
        ({"layout": np.array('{"rows": 2, "cols": 2, "mask": [[1], 1, 1, 1]}')}, "expected an NPZ"),
    ],
)
def test_an_npz_of_arrays_that_do_not_fit_is_refused_with_what_was_expected(
    members: dict[str, np.ndarray], expected: str, tmp_path: Path
) -> None:
    with pytest.raises(FileFormatError, match=r"a\.npz") as caught:
        read_file(saved(tmp_path / "a.npz", **members))
    assert caught.match(expected)


def test_a_file_of_more_or_fewer_frames_than_times_is_an_error(tmp_path: Path) -> None:
    layout = Layout(rows=1, cols=1, dtype="uint8")

    def parts() -> Iterator[np.ndarray]:
        yield np.zeros((2, 1, 1), np.uint8)

    for n in (1, 3):
        lying = FileRecording(tmp_path / "a", layout, np.arange(n), parts)
        with pytest.raises(FileFormatError):
            lying.whole()


def test_a_vendors_file_is_opened_as_it_is_read(tmp_path: Path) -> None:
    text = "DATA_TYPE MOVIE\nROWS 1\nCOLS 2\nSECONDS_PER_FRAME 0.01\nSTART_FRAME 1\nEND_FRAME 1\nUNITS RAW\n"
    (tmp_path / "a.asf").write_text(text + "ASCII_DATA @@\n\nFrame 1\n3,4\n@@\n")
    (found,) = files.open_file(tmp_path / "a.asf")
    assert isinstance(found, FileRecording)
    assert found.whole().frames.tolist() == [[[3.0, 4.0]]]
