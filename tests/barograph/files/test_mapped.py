"""Texts that no reader knows: drafted maps fit the forms that people post, and wrong lines are named."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from barograph import read_file
from barograph.cli import app
from barograph.errors import FileFormatError, InvalidData
from barograph.files.map_draft import draft
from barograph.files.mapped import opened
from barograph.files.mapping import FileMap, read_map, written

FORMS = {
    "made-blocks-blank-line.txt": {"rate_hz", "unit"},
    "made-brackets.csv": {"unit"},
    "made-long.csv": set(),
    "made-no-header-semicolon-comma.csv": {"rows", "cols", "unit"},
    "made-one-row-a-frame-index.csv": {"unit"},
}


@pytest.mark.parametrize("name", FORMS)
def test_a_drafted_map_reads_the_frames_that_were_written(
    name: str, sensors: Callable[[str], Path], tmp_path: Path
) -> None:
    path = sensors(f"csv-matrices/{name}")
    truth = json.loads(sensors("made-truth.json").read_text("utf-8"))["csv-matrices/made-*"]
    frames = np.array(next(value for value in truth.values() if np.ndim(value) == 3), np.float64)
    made, unknown = draft(path)
    assert set(unknown) == FORMS[name]
    text = written(made, unknown)
    for entry, value in (("rows", 4), ("cols", 5), ("rate_hz", 50), ("unit", '"kPa"')):
        text = "\n".join(f"{entry} = {value}" if line.startswith(f"# {entry} =") else line for line in text.split("\n"))
    target = tmp_path / "kind.toml"
    target.write_text(text, "utf-8")
    (recording,) = read_file(path, file_map=target)
    lost = 0.0 if name == "made-brackets.csv" else -1.0  # where a cell has no value, that form has 0
    np.testing.assert_array_equal(np.nan_to_num(recording.kpa(), nan=lost), np.nan_to_num(frames, nan=lost))
    np.testing.assert_array_equal(np.diff(recording.times_us), 20_000)
    assert recording.provenance["format"] == "mapped"
    assert recording.provenance["map"]["rows"] == 4


def table(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "table.csv"
    path.write_text(text, "utf-8")
    return path


PLAIN = FileMap(form="frames", header_lines=1, rows=1, cols=2, time="t", first="a")


@pytest.mark.parametrize(
    ("text", "said", "message"),
    [
        ("t,a,b\n0,1,2\n1,x,2\n", PLAIN, r"line 3.*column 2: a number"),
        ("t,a,b\n0,1,2\n1,1e400,2\n", PLAIN, r"line 3.*column 2"),
        ("t,a,b\n0,1,2\n1,1\n", PLAIN, r"line 3.*3 columns"),
        ("t,a,b\n0,1,2\n1,1,2,3\n", PLAIN, r"line 3.*3 columns"),
        ("t,a,b\n1,1,2\n0,1,2\n", PLAIN, r"line 3.*time not before"),
        ("t,a,b\nnoon,1,2\n", PLAIN, r"line 2.*time in s"),
        ("time,a,b\n0,1,2\n", PLAIN, r"line 1.*column 't'.*time, a, b"),
        ("t,a,a\n0,1,2\n", PLAIN, r"several of that name"),
        ("t,a,b\n", PLAIN, r"frames as the map says, got none"),
        ("one\nt,a,b\n0,1,2\n", PLAIN, r"line 1.*column 'a'"),
        ("1 2\n3 4\n\n1 2\n", FileMap(form="blocks", separator="blanks", rows=2, cols=2, rate_hz=1), r"row 2"),
        ("1 2\n3 4 5\n", FileMap(form="blocks", separator="blanks", rows=2, cols=2, rate_hz=1), r"line 2.*2 values"),
        ("1 2\n3 4\n", FileMap(form="blocks", separator="blanks", rows=2, cols=2), r"expected rate_hz"),
        (
            "f,row,col,value\n0,0,0,1\n0,0,0,2\n",
            FileMap(form="long", header_lines=1, rows=1, cols=2, rate_hz=1, frame="f"),
            r"line 3.*each cell of a frame once",
        ),
        (
            "row,col,value\n0,7,1\n",
            FileMap(form="long", header_lines=1, rows=1, cols=2, rate_hz=1),
            r"line 2.*column 2: a whole number from 0 to 1",
        ),
    ],
)
def test_a_line_that_is_not_as_the_map_says_is_named(text: str, said: FileMap, message: str, tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match=message):
        opened(table(tmp_path, text), said).whole()


def test_two_lines_of_titles_gaps_and_repeated_times_are_taken_as_they_are(tmp_path: Path) -> None:
    path = table(tmp_path, "export of a mat\nt,a,b\n0,1,2\n0.1,1,\n0.1,3,nan\n5,4,4\n")
    recording = opened(path, replace(PLAIN, header_lines=2, unit="kPa")).whole()
    np.testing.assert_array_equal(recording.times_us, [0, 100_000, 100_000, 5_000_000])
    assert np.isnan(recording.frames[1:3, 0, 1]).all()
    assert recording.provenance["doubts"] == ["1 frames have the time of the frame before"]


def test_ten_thousand_columns_are_read_in_parts(tmp_path: Path) -> None:
    rows = np.arange(120 * 10_000).reshape(120, 10_000) % 251
    lines = "\n".join(f"{i},{','.join(map(str, row))}" for i, row in enumerate(rows))
    recording = opened(table(tmp_path, lines), FileMap(rows=100, cols=100, time=1, first=2))
    assert [len(part) for part in recording.parts()] == [52, 52, 16]
    np.testing.assert_array_equal(recording.whole().frames.reshape(120, -1), rows)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rows = 2\ncols = 2\n", "form: expected in the map"),
        ('form = "frames"\ncols = 2\n', "rows: expected in the map"),
        ('form = "square"\nrows = 1\ncols = 1\n', "form: expected one of frames"),
        ('form = "frames"\nrows = 0\ncols = 1\n', "rows: expected a whole number from 1"),
        ('form = "frames"\nrows = 9999\ncols = 9999\n', "rows: expected at most"),
        ('form = "frames"\nrows = 1\ncols = 1\nunit = "stone"\n', "unit: expected a unit of pressure"),
        ('form = "frames"\nrows = 1\ncols = 1\nspeed = 4\n', "speed: no such entry"),
        ('form = "frames"\nrows = 1\ncols = 1\nseparator = ","\ndecimal = ","\n', "another sign"),
        ('form = "frames"\nrows = 1\ncols = 1\n[cells]\nfirst = 0\n', "first: expected the name"),
        ("form = frames", "expected TOML"),
    ],
)
def test_a_wrong_map_is_refused_by_name(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "map.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(InvalidData, match=message) as raised:
        read_map(path)
    assert str(path) in str(raised.value)


def test_the_command_drafts_a_map_and_says_what_is_lacking(tmp_path: Path) -> None:
    path, target = table(tmp_path, "t,a,b\n0,1,2\n1,2,3\n"), tmp_path / "map.toml"
    done = CliRunner().invoke(app, ["map", str(path), "-o", str(target)])
    assert done.exit_code == 0, done.output
    assert "fill in unit, rows, cols" in done.output
    assert "# rows =" in target.read_text("utf-8")
    refused = CliRunner().invoke(app, ["map", str(table(tmp_path, "no numbers\nhere\n"))])
    assert refused.exit_code != 0
    assert "expected lines of numbers" in refused.output


def test_a_text_whose_columns_cannot_be_named_is_refused_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(",b,c\n" + "1,2,3\n" * 5)
    with pytest.raises(FileFormatError, match=r"a\.txt: first: expected the name of a column"):
        draft(path)
    with pytest.raises(FileFormatError, match=r"a\.txt, line 1: expected one of"):
        read_file(path)
