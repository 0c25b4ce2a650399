"""Files that unpack to far more than they are: a child reads each, within the stated memory, and says what is wrong."""

import json
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bombs import (
    LAYOUT,
    csv_of_a_large_sensor,
    csv_of_columns,
    csv_of_deep_json,
    csv_of_many_objects,
    csv_of_one_line,
    head,
    npz,
    npz_by_columns,
    npz_of_a_long_head,
    npz_of_a_long_layout,
    npz_of_many_members,
    npz_of_too_many_times,
    npz_of_zeros,
    npz_packed_otherwise,
    npz_whose_head_lies,
    parquet_of_one_page,
    parquet_of_one_value,
    parquet_whose_footer_lies,
    text_of_one_line,
    text_of_short_lines,
    text_that_is_large,
)

from barograph import Recording, files
from barograph.errors import FileFormatError
from barograph.files import bounds

CHILD = Path(__file__).with_name("hostile.py")
# Far beyond the bound, so that a reader that holds what it should not ends with an error instead of taking the machine.
LIMIT_BYTES = 3 << 30


def tried(path: Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, str(CHILD), str(path)],
        check=False,
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (LIMIT_BYTES, LIMIT_BYTES)),
    )
    assert done.returncode == 0, done.stderr[-2000:]
    said: dict[str, Any] = json.loads(done.stdout)
    assert said["mib"] < bounds.MEMORY_BYTES >> 20, said
    return said


# What makes the file, and what the two ways of reading say, or the frames that pass.
HOSTILE: dict[Callable[[Path], Path], tuple[str | int, str | int]] = {
    npz_of_zeros: (1_500_000, "at once, got 768000000"),
    npz_by_columns: ("bytes of frames in Fortran's order", "at once, got 768000000"),
    npz_of_a_long_layout: ("bytes of layout, got 600000000",) * 2,
    npz_of_too_many_times: ("frames, got 75000000",) * 2,
    npz_of_a_long_head: ("the head of an array",) * 2,
    npz_packed_otherwise: ("packed by method 14",) * 2,
    npz_whose_head_lies: ("expected an NPZ",) * 2,
    npz_of_many_members: ("a list of members",) * 2,
    parquet_of_one_value: (150_000, "at once, got 1228800000"),
    parquet_of_one_page: ("bytes in row group 0",) * 2,
    parquet_whose_footer_lies: ("bytes in the pages of row group 0",) * 2,
    csv_of_columns: ("bytes in a line before the frames",) * 2,
    csv_of_a_large_sensor: ("cells in a CSV; Parquet takes more, got 250000",) * 2,
    csv_of_one_line: ("bytes in a line before the frames",) * 2,
    csv_of_deep_json: ("too deep",) * 2,
    csv_of_many_objects: ("bytes in a line before the frames",) * 2,
    text_of_one_line: ("characters in a line",) * 2,
    text_of_short_lines: ("expected Date",) * 2,
    text_that_is_large: ("expected Date",) * 2,
}


@pytest.mark.parametrize("make", HOSTILE, ids=lambda make: make.__name__)
def test_a_file_that_is_a_bomb_stays_within_the_stated_memory(make: Callable[[Path], Path], tmp_path: Path) -> None:
    said = tried(make(tmp_path / "file"))
    for way, wanted in zip(("streamed", "whole"), HOSTILE[make], strict=True):
        found = said[way]
        assert wanted == found if isinstance(wanted, int) else wanted in found and str(tmp_path / "file") in found, said


def test_provenance_that_could_not_be_read_again_is_left_out_and_said_to_be(tmp_path: Path) -> None:
    frames = np.ones((2, 16, 16), "<u2")
    long = {"vendor": {"force": [0.25] * 2_000_000}}
    for name in ("parquet", "csv"):
        files.write(tmp_path / f"a.{name}", Recording(frames, np.arange(2), LAYOUT, provenance=long))
        (back,) = files.read_file(tmp_path / f"a.{name}")
        assert np.array_equal(back.frames, frames)
        assert "of which at most" in back.provenance["origin"]["left_out"]


def test_an_array_of_objects_or_of_two_dimensions_is_no_times(tmp_path: Path) -> None:
    for times in ([head((2, 2), "<i8"), bytes(32)], [head((4,), "<f8"), bytes(32)], [head((1,), "|O"), bytes(8)]):
        with pytest.raises(FileFormatError, match=r"times_us|never read"):
            files.open_file(npz(tmp_path / "a.npz", times_us=times))
