"""What an import says of a file that left something open: each once, with its streams; what is no text is left out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from barograph import Layout
from barograph.files import doubts
from barograph.geometry import Geometry


def test_what_streams_have_in_common_is_said_once_with_their_names() -> None:
    late = {"doubts": ["frames before 0.02 s are not in the file"], "assumed": "date/time is UTC, day first"}
    cut = {"doubts": [*late["doubts"], "FRAME 3 to 4 are not in the file"]}
    assert doubts.remarks(["left", "right"], [late, cut]) == [
        "left, right: frames before 0.02 s are not in the file",
        "left: assumed: date/time is UTC, day first",
        "right: FRAME 3 to 4 are not in the file",
    ]


def test_an_import_says_itself_what_date_a_file_without_one_got() -> None:
    plate = {"assumed": f"{doubts.FROM_1970}: the file has no time; {doubts.UNCOUNTED}"}
    assert doubts.remarks(["main"], [plate]) == [f"main: assumed: {doubts.UNCOUNTED}"]
    assert doubts.remarks(["main"], [{"assumed": f"{doubts.FROM_1970}: the file has no TIME"}]) == []


def test_what_was_said_of_the_file_before_is_said_of_the_one_made_of_it() -> None:
    first = {"doubts": ["FRAME 3 to 4 are not in the file"], "assumed": "date/time is UTC, day first"}
    assert doubts.remarks(["left"], [{"format": "npz", "origin": {"imported": [first]}}]) == [
        "left: FRAME 3 to 4 are not in the file", "left: assumed: date/time is UTC, day first"
    ]  # fmt: skip


@pytest.mark.parametrize(
    "hostile",
    [
        {},
        {"doubts": 5},
        {"doubts": "FRAME 3"},
        {"doubts": [None, {}, ""]},
        {"doubts": {"a": 1}},
        {"assumed": ["a"]},
        {"origin": 5},
        {"origin": {"doubts": [1]}},
    ],
)
def test_what_no_reader_writes_is_passed_over(hostile: dict[str, Any]) -> None:
    assert doubts.remarks(["main"], [hostile]) == []


def test_remarks_have_a_bounded_number_and_length() -> None:
    said = doubts.remarks(["main"], [{"doubts": [f"{i}" + "x" * 10_000 for i in range(1000)], "assumed": "y" * 10_000}])
    assert len(said) == doubts.MOST + 2
    assert max(map(len, said)) <= doubts.MOST_LETTERS + len("main: ")


def test_cells_in_a_row_without_places_are_said_with_the_geometries_that_they_fit() -> None:
    insole = Layout(rows=1, cols=16, unit="kPa")
    named = [
        insole, replace(insole, side="right"), replace(insole, cols=5), replace(insole, rows=4, cols=4),
        Layout.from_dict({"geometry": "loadsol", "side": "left"}), Layout.from_dict({"geometry": "pedar-xw"}),
        replace(insole, geometry=Geometry(places="none")),
    ]  # fmt: skip
    assert doubts.unplaced(list("abcdefg"), named) == [
        "a, b, g: 16 cells in a row whose places are not known, as in moticon-opengo-3, moticon-opengo-7, "
        "moticon-opengo; --geometry says which it is",
        "c: 5 cells in a row whose places are not known; --geometry takes a CSV",
    ]
