"""Damaged files of every format: the recording, or one error that names the file; never anything else."""

from __future__ import annotations

import itertools
import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import damage
import numpy as np
import pytest
import test_apd
import test_emed
import test_footscan
import test_gaitpdb
import test_loadsol
import test_moticon
import test_novel
import test_stappone
import test_tekscan
import test_xsensor
import test_xsensor_wide
import test_zebris

from barograph import Layout, Recording, files
from barograph.errors import FileFormatError, InvalidData
from barograph.geometries import own
from barograph.geometries.checks import findings

LAYOUT = Layout(rows=3, cols=2, dtype="uint16", unit="kPa", mask=(1, 1, 1, 1, 1, 0))
CELLS = np.arange(60, dtype="<u2").reshape(10, 3, 2) * LAYOUT.valid
OURS = Recording(CELLS.astype("<u2"), 1_790_000_000_000_000 + 10_000 * np.arange(10), LAYOUT, provenance={"a": [1]})
TEXTS = {
    "emed": test_emed.GOOD.encode("latin-1"), "pedar": test_novel.PEDAR.encode("latin-1"),
    "pliance": test_novel.PLIANCE.encode("latin-1"), "tekscan": test_tekscan.GOOD.encode(),
    "xsensor": test_xsensor.GOOD.encode(), "footscan": test_footscan.GOOD.encode(),
    "zebris": test_zebris.GOOD.encode("latin-1"), "wide": test_xsensor_wide.GOOD.encode(),
    "apd": test_apd.GOOD.encode(), "moticon": test_moticon.GOOD.encode(), "loadsol": test_loadsol.GOOD.encode(),
    "gaitpdb": test_gaitpdb.GOOD.encode(), "stappone": test_stappone.GOOD.encode(),
}  # fmt: skip
VENDORS = ("novel-emed/emed_test.lst", "novel-pedar/pedar_example.asc", "novel-pliance/pliance_test.asc",
           "tekscan-fscan/FrasP01L.asf", "tekscan-iscan/iscan_test.csv", "xsensor/xsensor_data.csv")  # fmt: skip
LONGEST_S = 20.0


def tried(path: Path, data: bytes, what: str) -> list[Recording] | None:
    """What is read of the bytes, None where the reader refuses them and says of which file."""
    path.write_bytes(data)
    begun = time.monotonic()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return files.read_file(path)
    except (FileFormatError, InvalidData) as error:
        refusal = str(error)
    except Exception as error:
        raise AssertionError(f"{what}: {error!r}") from error
    finally:
        assert time.monotonic() - begun < LONGEST_S, what
    assert str(path) in refusal, what
    assert "expected" in refusal, what
    return None


def said(found: Sequence[Recording]) -> str:
    """What the file's readers say of frames that may be missing."""
    told = (str(one.provenance.get(name, "")) for one in found for name in ("doubts", "assumed"))
    return " ".join(told)


def swept(path: Path, good: bytes, ways: Iterable[tuple[str, bytes]]) -> tuple[int, int]:
    """How many damaged files were read, and refused; one with fewer frames says that some may be missing."""
    path.write_bytes(good)
    whole = [len(one) for one in files.read_file(path)]
    read = refused = 0
    for what, data in ways:
        found = tried(path, data, what) if data != good else []
        if found is None:
            refused += 1
        elif found:
            read += 1
            fewer = len(found) < len(whole) or any(len(one) < n for one, n in zip(found, whole, strict=False))
            assert not fewer or "not in the file" in said(found) or "does not say how many" in said(found), what
    return read, refused


@pytest.mark.parametrize("name", TEXTS)
def test_a_damaged_text_is_read_or_refused_with_its_name(name: str, tmp_path: Path) -> None:
    read, refused = swept(tmp_path / "hurt", TEXTS[name], damage.text_damage(TEXTS[name], 40))
    assert read > 10
    assert refused > 100


@pytest.mark.parametrize("name", list(files.FORMATS))
def test_our_own_formats_are_read_bit_for_bit_or_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / "hurt"
    files.write(path, OURS, name)
    good = path.read_bytes()
    binary = name != "csv"
    ways = damage.binary_damage(good, 200) if binary else damage.text_damage(good, 40)
    for what, data in ways:
        found = tried(path, data, what) if data != good else None
        # A CSV has no checksum: a number may have become another one. That frames are missing it says.
        assert found is None or len(found[0]) == len(OURS), what
        if found and binary:
            assert np.array_equal(found[0].frames, OURS.frames), what
            assert np.array_equal(found[0].times_us, OURS.times_us), what


@pytest.mark.parametrize("name", VENDORS)
def test_a_vendors_file_that_is_damaged_is_read_or_refused(
    name: str, vendor: Callable[[str], Path], tmp_path: Path
) -> None:
    data = vendor(name).read_bytes()
    # What is damaged late is found late: these are as few as find each kind once.
    kinds = (damage.cuts, damage.turned, damage.emptied, damage.lines, damage.numbers)
    ways = (one for kind in kinds for one in itertools.islice(kind(data, 12), 2, 4))
    path = tmp_path / "hurt"
    path.write_bytes(data)
    whole = [len(one) for one in files.read_file(path)]
    for what, hurt in itertools.islice(ways, 7):
        found = tried(path, hurt, what)
        assert found is None or [len(one) for one in found] == whole or said(found), what


def test_a_bit_that_made_the_library_end_the_process_is_refused(tmp_path: Path) -> None:
    """Every bit of the footer: a histogram of levels that did not fit the schema was no exception but the end."""
    path = tmp_path / "hurt"
    files.write(path, OURS, "parquet")
    good = path.read_bytes()
    length = int.from_bytes(good[-8:-4], "little")
    for at in range(len(good) - 8 - length, len(good)):
        data = good[:at] + bytes([good[at] ^ 4]) + good[at + 1 :]
        found = tried(path, data, f"byte {at}")
        assert found is None or np.array_equal(found[0].frames, OURS.frames)


def test_what_is_known_to_be_missing_is_said(tmp_path: Path) -> None:
    def doubts(data: bytes) -> list[list[str]]:
        found = tried(tmp_path / "hurt", data, "")
        assert found
        return [one.provenance.get("doubts", []) for one in found]

    first = b"     0.01000\t 32.500\t 40.000\t  0.000\t 20.000\n"
    assert first in TEXTS["pedar"]
    assert doubts(TEXTS["pedar"]) == [[], []]
    assert doubts(TEXTS["pedar"].replace(first, b"")) == [["frames before 0.02000 s are not in the file"]] * 2
    frames = [test_xsensor.frame(n, 900 + n, "0,1,2\n0,2,0", "0,0,1\n0,0,0") for n in (1, 2, 5, 6)]
    jumped = (test_xsensor.HEADER + "".join(frames)).encode()
    assert doubts(jumped) == [["FRAME 3 to 4 are not in the file"]] * 2
    assert doubts(TEXTS["emed"].split(b"\f")[1]) == [["Pict-No. 1 to 1 are not in the file"]]
    second = b"    0.08333   4.000   0.000   0.000   0.000\n"
    assert doubts(TEXTS["pliance"].replace(second, b"")) == [
        ["frames after 0.04167 s, up to 0.12500 s, are not in the file"]
    ]


def test_a_damaged_table_of_a_geometry_is_taken_or_refused_with_its_name(tmp_path: Path) -> None:
    cells = [f"{n},cell {n},{10 * n}.5,{20 * n},80,{n} {n};{n + 9} {n};{n + 9} {n + 9}" for n in range(1, 9)]
    good = "\n".join(["# side: left", "cell,name,x_mm,y_mm,area_mm2,polygon_mm", *cells]).encode()
    path = tmp_path / "mine.csv"
    refused: dict[str, str] = {}
    for what, data in damage.text_damage(good, 40):
        path.write_bytes(data)
        try:
            findings(own.read(path), "left")
            own.taken(path)
        except FileFormatError as error:
            refused[what] = str(error)
    assert len(refused) > 100
    assert [what for what, said in refused.items() if str(path) not in said or "expected" not in said] == []
