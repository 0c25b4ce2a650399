"""What is given of a file: checked with the option's name, and said to be unused where the file says it itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from barograph import Layout, Recording, files, geometries, read_file
from barograph.errors import FileFormatError, InvalidData
from barograph.files.given import Given, given


@pytest.mark.parametrize(
    ("text", "pitch_mm"), [("5", (5.0, 5.0)), ("5.08x7.62", (5.08, 7.62)), (" 5 × 6.5 ", (5.0, 6.5)), (None, None)]
)
def test_a_pitch_is_one_size_or_two(text: str | None, pitch_mm: tuple[float, float] | None) -> None:
    assert given(pitch=text).pitch_mm == pitch_mm


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"rate": 0.0}, "rate: expected frames per second above 0, got 0.0"),
        ({"rate": float("nan")}, "rate: expected frames per second above 0"),
        ({"rate": 1e9}, "rate: expected"),
        ({"pitch": "wide"}, "pitch: expected mm across and along the sensor, as 5.08x7.62 or 5, got 'wide'"),
        ({"pitch": "0"}, "pitch: expected mm above 0"),
        ({"pitch": "5x6x7"}, "pitch: expected mm across"),
        ({"pitch": "-5"}, "pitch: expected mm across"),
        ({"side": "middle"}, "side: expected one of left, right, got 'middle'"),
        ({"geometry": "pedarx"}, "geometry: expected one of pedar-x"),
        ({"unit": "stone"}, "unit: expected a unit of pressure, as kPa, or raw, got 'stone'"),
    ],
)
def test_what_is_wrong_is_named(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidData) as caught:
        given(**wrong)  # type: ignore[arg-type]
    assert str(caught.value).startswith(said)


def test_what_no_recording_uses_is_said_by_its_option() -> None:
    chosen = given(rate=100, pitch="5", unit="N/cm²")
    assert chosen == Given(100, (5.0, 5.0), "N/cm2")
    assert chosen.unused([{}, {"given": {"pitch_mm": (5, 5)}}]) == ["--rate", "--unit"]
    assert chosen.used("pitch_mm") == {"given": {"pitch_mm": (5.0, 5.0)}}
    assert Given().used("pitch_mm") == {}
    assert Given().unused([{}]) == []


OURS = Recording(np.full((2, 1, 99), 10.0), np.array([0, 10_000]), Layout(rows=1, cols=99, unit="kPa"))


def written(tmp_path: Path, recording: Recording) -> Path:
    path = tmp_path / "a.csv"
    files.write(path, recording)
    return path


def test_a_geometry_that_is_given_is_that_of_a_file_without_one(tmp_path: Path) -> None:
    path = written(tmp_path, OURS)
    (found,) = read_file(path, side="right", geometry="pedar-x")
    known = geometries.named("pedar-x", "right")
    assert (found.layout.side, found.layout.geometry) == ("right", known.geometry)
    assert found.layout.cell_area_mm2 == known.area_mm2
    assert found.provenance["given"] == {"side": "right", "geometry": "pedar-x"}
    np.testing.assert_array_equal(found.frames, OURS.frames)


def test_a_geometry_of_other_cells_or_without_a_side_is_refused_with_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, OURS)
    with pytest.raises(
        FileFormatError, match=r"a\.csv: expected the 16 cells of geometry moticon-opengo-7, got 1 x 99"
    ):
        read_file(path, side="left", geometry="moticon-opengo-7")
    with pytest.raises(FileFormatError, match=r"a\.csv: side: expected left or right .*; --side says it"):
        read_file(path, geometry="pedar-x")
    with pytest.raises(FileFormatError, match="expected the 128 x 63 cells of geometry footscan-1m"):
        read_file(path, geometry="footscan-1m")


def test_a_grid_by_its_name_gives_the_size_of_its_cells(tmp_path: Path) -> None:
    cells = np.ones((1, 36, 36))
    path = written(tmp_path, Recording(cells, np.array([0]), Layout(rows=36, cols=36, unit="kPa")))
    (mat,) = read_file(path, geometry="xsensor-lx100-36x36")
    assert mat.layout.pitch_mm == (12.7, 12.7)
    assert mat.provenance["given"] == {"geometry": "xsensor-lx100-36x36"}


def test_a_file_that_has_places_and_side_keeps_them(tmp_path: Path) -> None:
    layout = Layout.from_dict({"geometry": "pedar-y", "side": "left", "unit": "kPa"})
    path = written(tmp_path, Recording(OURS.frames, OURS.times_us, layout))
    (found,) = read_file(path, side="right", geometry="pedar-x")
    assert found.layout == layout
    assert given(side="right", geometry="pedar-x").unused([found.provenance]) == ["--side", "--geometry"]


def test_a_file_without_a_date_begins_when_one_says_and_others_keep_theirs(tmp_path: Path) -> None:
    (found,) = read_file(written(tmp_path, OURS), start="2026-03-04T08:00")
    assert (found.times_us - 1_772_611_200_000_000).tolist() == [0, 10_000]
    assert found.provenance["given"] == {"start": "2026-03-04T08:00:00.000000Z"}
    later = Recording(OURS.frames, OURS.times_us + 1_772_611_200_000_000, OURS.layout)
    (kept,) = read_file(written(tmp_path, later), start="2025-01-01")
    assert kept.times_us.tolist() == later.times_us.tolist()
    with pytest.raises(InvalidData, match="start: expected"):
        read_file(tmp_path / "a.csv", start="yesterday")
