"""Texts that no reader knows: drafted maps fit the forms that people post, and wrong lines are named."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from analytics import vendor_numbers
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
    assert recording.provenance["doubts"] == [
        "frames with the time of the frame before: 1, the first in line 5",
        "1 pauses are longer than 1.5 steps of 2.5 s, the longest of 4.9 s before line 6",
    ]


def test_a_time_that_steps_back_is_a_gap_and_both_parts_are_kept(tmp_path: Path) -> None:
    text = "t,a,b\n" + "".join(f"{t},1,2\n" for t in (0, 1, 2, 0.5, 1.5, 2.5, 9))
    recording = opened(table(tmp_path, text), replace(PLAIN, unit="kPa")).whole()
    assert len(recording) == 7
    assert recording.jumps.tolist() == [3]
    assert recording.provenance["doubts"] == [
        "line 5: time steps back by 1.5 s: a gap, both parts are kept",
        "1 pauses are longer than 1.5 steps of 1 s, the longest of 6.5 s before line 8",
    ]


LAB = """Zeit [s];Kraft;Frame;L01;L02;L03;L04;Temp;V9
s;N;;kPa;kPa;kPa;kPa;C;
0,00;4,5;1;10;20;30;;31,2;7
0,01;10,5;2;20;30;40;50;31,2;7
0,02;11,5;4;20;30;40;60;31,3;7
"""


def test_two_lines_of_titles_are_names_and_units_and_columns_of_no_meaning_are_named(tmp_path: Path) -> None:
    path = table(tmp_path, LAB)
    made, unknown = draft(path)
    assert (made.header_lines, made.names_line, made.separator, made.decimal, made.unit) == (2, 1, ";", ",", "kPa")
    assert (made.time, made.force, made.frame, made.first, made.cols) == ("Zeit [s]", "Kraft", "Frame", "L01", 4)
    assert set(unknown) == {"rows", "cols"}
    target = tmp_path / "kind.toml"
    target.write_text(written(replace(made, rows=2, cols=2), {}), "utf-8")
    (recording,) = read_file(path, file_map=target, pitch="10")
    assert recording.frames[1].tolist() == [[20, 30], [40, 50]]
    assert np.isnan(recording.frames[0, 1, 1])
    assert recording.provenance["assumed"].endswith("the file has no date; columns left out: Temp, V9")
    assert recording.provenance["doubts"] == ["frames 3 to 3 are not in the file"]
    found = vendor_numbers(recording).iloc[0]
    assert (found["measure"], found["n"], found["vendor_max"], found["ours_max"]) == ("Kraft", 3, 11.5, 15.0)


def test_cells_may_be_any_columns_each_by_name_or_number(tmp_path: Path) -> None:
    path = table(tmp_path, "t,a,x,b\n0,1,much,2\n1,3,more,4\n")
    said = replace(PLAIN, first=1, columns=("b", 2))
    assert opened(path, said).whole().frames.ravel().tolist() == [2, 1, 4, 3]
    target = tmp_path / "kind.toml"
    target.write_text(written(said, {}), "utf-8")
    assert read_map(target) == said
    for columns, message in ((("a",), "expected 2, rows x cols, got 1"), (("a", "a"), "each column once")):
        with pytest.raises(InvalidData, match=message):
            replace(PLAIN, columns=columns)


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
