"""NPZ: what goes out comes in again, and an unfinished file is none."""

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analytics import sim
from barograph import Layout, Recording, files, read_file
from barograph.errors import FileFormatError
from barograph.files import npz
from barograph.files.encoding import encoded


def recording(dtype: Any, n: int = 25) -> Recording:
    rng = np.random.default_rng(1)
    layout = Layout(rows=4, cols=3, dtype=dtype, unit="kPa", scale=0.5, pitch_mm=(5.08, 5), mask=(0,) + (1,) * 11)
    frames = rng.integers(0, 250, (n, 4, 3)).astype(layout.numpy_dtype)
    if dtype.startswith("float"):
        frames += rng.random((n, 4, 3)).astype(dtype)
        frames[3:7, 2, 1] = np.nan
    frames[:, 0, 0] = np.nan if dtype.startswith("float") else 0
    return Recording(frames=frames, times_us=np.cumsum(rng.integers(1, 99_999, n)) + 10**15, layout=layout)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
@pytest.mark.parametrize("n", [0, 1, 25, 3000])
def test_what_goes_out_comes_in_again_bit_for_bit(dtype: str, n: int, tmp_path: Path) -> None:
    before = recording(dtype, n)
    files.write(tmp_path / "a.npz", before)
    (after,) = read_file(tmp_path / "a.npz")
    assert after.frames.dtype == before.frames.dtype
    assert after.frames.tobytes() == before.frames.tobytes()
    np.testing.assert_array_equal(after.times_us, before.times_us)
    assert after.layout == before.layout


def test_plain_numpy_opens_it_without_pickle(tmp_path: Path) -> None:
    foot = sim.walk(1.0)["left"]
    files.write(tmp_path / "a.npz", foot)
    with np.load(tmp_path / "a.npz", allow_pickle=False) as archive:
        assert set(archive) == {"frames", "times_us", "layout", "gaps", "provenance", "barograph"}
        np.testing.assert_array_equal(archive["frames"], foot.frames)
        assert json.loads(str(archive["layout"])) == foot.layout.to_dict()


def test_masked_cells_of_float_data_come_out_as_missing(tmp_path: Path) -> None:
    layout = Layout(rows=1, cols=2, dtype="float32", mask=(0, 1))
    frames = np.zeros((2, 1, 2), np.float32)
    files.write(tmp_path / "a.npz", Recording(frames=frames, times_us=np.arange(2), layout=layout))
    assert np.isnan(np.load(tmp_path / "a.npz")["frames"]).tolist() == [[[True, False]], [[True, False]]]


def test_blocks_of_any_size_make_the_same_file(tmp_path: Path) -> None:
    whole = recording("uint16")
    for name, size in (("a.npz", 25), ("b.npz", 4)):
        parts = ((part.times_us, part.frames) for _, part in whole.blocks(size))
        (tmp_path / name).write_bytes(b"".join(encoded(npz.NpzEncoder(whole.layout, len(whole)), parts)))
    (first,), (second,) = read_file(tmp_path / "a.npz"), read_file(tmp_path / "b.npz")
    np.testing.assert_array_equal(first.frames, second.frames)
    np.testing.assert_array_equal(first.times_us, second.times_us)


def test_a_damaged_npz_is_an_error_that_names_it(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    files.write(path, recording("uint16"))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(FileFormatError, match=r"a\.npz: expected an NPZ with frames, times_us, layout"):
        read_file(path)
    hurt = bytearray(data)
    hurt[data.index(b"frames.npy") + 60] ^= 0xFF  # of its cells
    path.write_bytes(hurt)
    with pytest.raises(FileFormatError, match=r"a\.npz: expected an NPZ"):
        read_file(path)


def test_an_npz_that_lacks_a_member_or_lies_about_its_dtype_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", frames=np.zeros((1, 2, 2)), times_us=np.zeros(1, np.int64))
    with pytest.raises(FileFormatError, match="layout is not there"):
        read_file(tmp_path / "a.npz")
    layout = json.dumps({"rows": 2, "cols": 2, "dtype": "uint16"})
    np.savez(tmp_path / "b.npz", frames=np.zeros((1, 2, 2)), times_us=np.zeros(1, np.int64), layout=np.array(layout))
    with pytest.raises(FileFormatError, match=r"b\.npz, frames: expected uint16, as its layout says, got float64"):
        read_file(tmp_path / "b.npz")


def test_a_pickle_in_an_npz_is_never_loaded(tmp_path: Path) -> None:
    np.savez(
        tmp_path / "a.npz",
        frames=np.array([{"a": 1}], dtype=object),
        times_us=np.zeros(1, np.int64),
        layout=np.array("{}"),
    )
    with pytest.raises(FileFormatError, match=r"a\.npz"):
        read_file(tmp_path / "a.npz")


@pytest.mark.parametrize("content", [b"", b"hello", b"\x89PNG\r\n", b"time,a,b\n1,2,3\n"])
def test_a_file_of_no_known_format_is_an_error(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.asf").write_bytes(content)
    with pytest.raises(
        FileFormatError, match=r"x\.asf, line 1: expected one of Tekscan ASCII, .*NPZ, Barograph CSV, got"
    ):
        read_file(tmp_path / "x.asf")


def test_another_zip_is_no_npz(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("notes.txt", "hello")
    with pytest.raises(FileFormatError, match=r"got a zip archive of other files \(notes.txt\)"):
        read_file(tmp_path / "a.npz")


def test_a_file_that_is_not_there_is_not_a_format_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_file(tmp_path / "none.npz")
