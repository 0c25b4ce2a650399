"""What streams of files are called."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from barograph.errors import InvalidData
from barograph.files.naming import side_in, stream_names
from barograph.frames import Layout, Recording

PATH = Path("walks") / "FrasP01L.asf"


def one(kind: str = "mat", side: str | None = None, **provenance: object) -> Recording:
    layout = Layout(rows=1, cols=1, dtype="uint8", kind=kind, side=side)  # type: ignore[arg-type]
    return Recording(np.zeros((1, 1, 1), np.uint8), np.zeros(1, np.int64), layout, provenance=provenance)


def test_a_stream_is_named_by_option_side_origin_or_file() -> None:
    assert stream_names(PATH, [one(side="left")], "mine") == ["mine"]
    assert stream_names(PATH, [one(side="left"), one(side="right")]) == ["left", "right"]
    assert stream_names(PATH, [one("insole", origin={"stream": "seat"})]) == ["seat"]
    assert stream_names(PATH, [one("insole")]) == ["left"]
    assert stream_names(PATH, [one()]) == ["FrasP01L"]


def test_several_sensors_of_a_file_have_names_of_their_own() -> None:
    assert stream_names(PATH, [one(), one()]) == ["FrasP01L-1", "FrasP01L-2"]
    with pytest.raises(InvalidData, match=r"mine names one stream, and .* holds 2"):
        stream_names(PATH, [one(), one()], "mine")


@pytest.mark.parametrize(
    ("stem", "side"),
    [
        ("FrasP01L", "left"), ("FrasP01r", "right"), ("walk_right", "right"), ("Trial 3 Left", "left"), ("R", "right"),
        ("walkLeft", "left"), ("walkR", "right"), ("WALK-RIGHT", "right"), ("trial", None), ("runner", None),
        ("upright", None), ("BALL", None), ("walk", None), ("", None),
    ],
)  # fmt: skip
def test_a_letter_or_word_of_its_own_at_the_end_of_a_name_is_a_side(stem: str, side: str | None) -> None:
    assert side_in(stem) == side
