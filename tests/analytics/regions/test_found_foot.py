"""A foot is found in its pressures: against prints whose parts are known, turned, mirrored and of other cells."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analytics import arch_index, peak_map, region_stats, sim, usual_regions
from analytics.regions.presets import FOOT, FOUND, SIDELESS, find, found_or_proportions
from analytics.sim.foot import LENGTH_MM, PARTS, WIDTH_MM, pressing, turned
from barograph import Layout, Recording, read_file
from barograph.errors import InvalidData
from barograph.frames import Floats

NAMED = {"metatarsal": "mt", "toe": "toes", "hallux": "hallux", "heel": "heel", "midfoot": "midfoot"}
BALL = [part for part in PARTS if part.name.startswith("metatarsal")]
TOES = [part for part in PARTS if part.name.startswith(("toe", "hallux"))]


def plate(cells: Floats, pitch: float = 5.0, **more: Any) -> Layout:
    rows, cols = cells.shape
    return Layout(rows=rows, cols=cols, unit="kPa", pitch_mm=(pitch, pitch), kind="plate", **more)


def step(frames: Floats, layout: Layout) -> Recording:
    return Recording(frames=frames, times_us=np.arange(len(frames)) * 10_000, layout=layout)


class Print:
    """The simulated sole on a plate: its peak map, and the cell under the middle of each part."""

    def __init__(self, side: str, turn_deg: float, pitch: float = 5.0, parts: Any = PARTS) -> None:
        self.side, self.turn_deg, self.pitch = side, turn_deg, pitch
        self.n = round(380 / pitch)
        middle = (np.arange(self.n) + 0.5) * pitch - 190
        x, y = np.meshgrid(middle, -middle)
        across, along = turned(x if side == "right" else -x, y, turn_deg)
        least = pitch / 2, pitch / 2
        peak = np.max([300 * part.share**0.5 * pressing(part, across, along, least) for part in parts], axis=0)
        self.peak: Floats = np.where(peak > 25, peak, 0.0)
        self.layout = plate(self.peak, pitch)

    def cell(self, part: Any) -> tuple[int, int]:
        turn = np.radians(self.turn_deg)
        across, along = (part.across - 0.5) * WIDTH_MM, (part.along - 0.5) * LENGTH_MM
        x = across * np.cos(turn) + along * np.sin(turn)
        y = along * np.cos(turn) - across * np.sin(turn)
        x = x if self.side == "right" else -x
        return int((190 - y) / self.pitch), int((190 + x) / self.pitch)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize(("turn_deg", "pitch"), [(-15, 5.0), (0, 5.0), (7, 4.0), (20, 5.0), (30, 7.0)])
def test_every_part_of_a_turned_print_lies_in_its_region(side: Any, turn_deg: float, pitch: float) -> None:
    made = Print(side, turn_deg, pitch)
    found = find(made.layout, made.peak, side)
    assert found.names == FOUND
    assert found.why == ""
    # Out is to the right of a right foot; the foot's own axis lies a little inwards of the middle of its insole.
    assert found.axis_deg * (1 if side == "right" else -1) == pytest.approx(turn_deg, abs=3.5)
    for part in BALL + TOES:
        kind = NAMED[part.name.split()[0]]
        expected = kind + part.name.split()[1] if kind == "mt" else kind
        if part.name != "toe 2":  # beside the hallux without a gap
            assert found.of(expected)[made.cell(part)] == 1, part.name
    np.testing.assert_array_equal(found.shares.sum(axis=0), made.peak > 0)


@pytest.mark.parametrize("turn_deg", [0, 15])
def test_a_mirrored_print_has_the_mirrored_regions(turn_deg: float) -> None:
    right, left = Print("right", turn_deg), Print("left", turn_deg)
    np.testing.assert_array_equal(left.peak, right.peak[:, ::-1])
    found, mirrored = find(right.layout, right.peak, "right"), find(left.layout, left.peak, "left")
    np.testing.assert_array_equal(mirrored.shares, found.shares[:, :, ::-1])
    assert mirrored.axis_deg == pytest.approx(-found.axis_deg)


def test_a_foot_that_walks_the_other_way_is_found_turned_round() -> None:
    made = Print("right", 10)
    round_, found = made.peak[::-1, ::-1], find(made.layout, made.peak, "right")
    back = find(made.layout, round_, "right", toward=(0.0, -1.0))
    np.testing.assert_array_equal(back.shares, found.shares[:, ::-1, ::-1])
    # A recording says by itself which way: the heel is loaded first.
    frames = np.array([np.where(np.arange(76)[:, None] // 26 == i, round_, 0.0) for i in range(3)]).repeat(5, axis=0)
    usual = usual_regions(step(frames, replace(made.layout, side="right")))
    np.testing.assert_array_equal(usual.of("hallux"), back.of("hallux"))


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("turn_deg", [-10, 0, 18])
def test_a_print_says_which_foot_it_is(side: str, turn_deg: float) -> None:
    made = Print(side, turn_deg)
    assert find(made.layout, made.peak).side == side


def test_a_print_with_two_like_edges_has_no_inner_and_no_outer_parts() -> None:
    cells = np.zeros((60, 30))
    cells[5:55, 8:18] = 100.0
    found = find(plate(cells), cells)
    assert found.side is None
    assert found.names == SIDELESS
    assert "which foot it is was not found" in found.made
    assert found.shares.sum() == 500


@pytest.mark.parametrize("side", sim.SIDES)
@pytest.mark.parametrize(("rows", "cols"), [(60, 21), (32, 16)])
@pytest.mark.parametrize("progression_deg", [0.0, 5.0, 9.0])
def test_the_simulated_foot_is_found_in_its_insole(side: Any, rows: int, cols: int, progression_deg: float) -> None:
    walk = sim.walk(4.0, rows=rows, cols=cols, progression_deg=progression_deg)[side]
    found = usual_regions(walk)
    assert found.names == FOOT
    assert found.made.startswith("foot found in the pressures")
    assert "by proportion" not in found.made
    assert found.shares.sum() == walk.layout.valid.sum()
    turn = np.radians(progression_deg)
    for part in BALL:
        across, along = (part.across - 0.5) * WIDTH_MM, (part.along - 0.5) * LENGTH_MM
        x, y = across * np.cos(turn) + along * np.sin(turn), along * np.cos(turn) - across * np.sin(turn)
        x = x if side == "right" else -x
        row, col = int((0.5 - y / LENGTH_MM) * rows), int((x / WIDTH_MM + 0.5) * cols)
        name = f"mt{part.name.split()[1]}"
        near = found.of(name)[row, max(0, col - 1) : col + 2]
        assert near.any(), part.name
        assert found.of("toes")[row, col] == found.of("hallux")[row, col] == 0, part.name


def test_a_print_without_toes_says_that_they_are_by_proportion() -> None:
    made = Print("right", 15, parts=[part for part in PARTS if part not in TOES])
    found = find(made.layout, made.peak, "right")
    assert "toes by proportion" in found.made
    assert found.why


def test_a_flat_print_says_that_its_toes_are_by_proportion() -> None:
    made = Print("left", 8)
    outline = np.zeros_like(made.peak)
    for row, cells in enumerate(made.peak > 0):
        if cells.any():
            outline[row, cells.argmax() : len(cells) - cells[::-1].argmax()] = 80.0
    assert "toes by proportion, as there is no valley" in find(made.layout, outline, "left").made
    index = arch_index(step(outline[None], replace(made.layout, side="left")))
    assert "toes by proportion" in index.attrs["regions"]


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        (slice(30, 31), "1 cell loaded"),
        (slice(30, 36), "not longer than wide"),
        (slice(20, 32), "60 mm long"),
    ],
)
def test_what_is_no_foot_is_refused_with_its_reason_and_divided_by_proportions_that_say_so(
    rows: slice, why: str
) -> None:
    cells = np.zeros((80, 40))
    cells[rows, 10 : 11 if why.startswith("1") else 16] = 50.0
    with pytest.raises(InvalidData, match=f"expected one foot, got none that can be found: .*{why}"):
        find(plate(cells), cells, "left")
    fallback = found_or_proportions(plate(cells), cells, "left")
    assert fallback.names == FOOT
    assert fallback.made.startswith("proportions of the foot; no foot was found in the pressures")
    assert why in fallback.made
    assert fallback.shares.sum() == (cells > 0).sum()


def test_what_can_have_no_foot_says_so() -> None:
    cells = np.ones((20, 20))
    for kind in ("seat", "saddle"):
        with pytest.raises(InvalidData, match=f"expected an insole, a plate or a mat, got a {kind}"):
            find(replace(plate(cells), kind=kind), cells, "left")
    with pytest.raises(InvalidData, match="the size of the cells is not known"):
        find(Layout(rows=20, cols=20, unit="kPa", kind="plate"), cells, "left")
    with pytest.raises(InvalidData, match=r"peak: expected \(20, 20\) values, got \(20, 21\)"):
        find(plate(cells), np.ones((20, 21)), "left")
    line = np.zeros((80, 40))
    line[10:60, 7] = 50.0
    with pytest.raises(InvalidData, match="it has no width"):
        find(plate(line), line, "left")
    several = np.zeros((200, 40))
    several[5:190, 10:20] = 50.0
    with pytest.raises(InvalidData, match="925 mm long"):
        find(plate(several), several, "left")


def test_a_raw_foot_has_the_regions_of_the_calibrated_one() -> None:
    made = Print("right", 12)
    raw = replace(made.layout, unit="raw")
    found = find(made.layout, made.peak, "right")
    np.testing.assert_array_equal(find(raw, made.peak * 400 / made.peak.max(), "right").shares, found.shares)
    np.testing.assert_array_equal(find(raw, made.peak * 11.0, "right").shares, found.shares)


def test_the_table_of_regions_says_how_they_were_made() -> None:
    walk = sim.walk(4.0)["left"]
    assert region_stats(walk).attrs["regions"] == usual_regions(walk).made
    assert region_stats(walk, usual_regions(walk).joined("forefoot", ["mt1", "mt2", "mt3"])).index.tolist() == [
        "heel", "midfoot", "forefoot", "mt4", "mt5", "hallux", "toes",
    ]  # fmt: skip


# Prints that were measured or made elsewhere; the values are those of `masks/expected.json`.
@pytest.fixture
def masks(metrics: Callable[[str], Path]) -> Path:
    return metrics("masks")


@pytest.fixture
def emed(vendor: Callable[[str], Path]) -> Recording:
    return read_file(vendor("novel-emed/emed_test.lst"))[0]


def test_a_measured_prints_toes_begin_behind_the_valley_and_its_arch_index_goes_by_the_foots_axis(
    emed: Recording,
) -> None:
    found = find(emed.layout, peak_map(emed).to_numpy())
    assert found.side == "right"
    assert found.axis_deg == pytest.approx(12.681, abs=0.1)
    assert found.length_mm == pytest.approx(271.1, abs=0.1)
    assert found.of("hallux").sum() + found.of("toes").sum() == pytest.approx(54, abs=3)
    index = arch_index(emed)
    assert index["arch_index"].iloc[0] == pytest.approx(0.22715, abs=0.001)
    assert index.attrs["regions"] == found.made
    assert region_stats(emed).loc["toes", "max_peak_kpa"] < 200
    assert region_stats(emed)["max_peak_kpa"].idxmax() != "toes"


def test_toes_marked_by_hand_give_the_arch_index_along_every_axis(emed: Recording, masks: Path) -> None:
    places = np.loadtxt(masks / "emed_hand_toes.csv", delimiter=",", skiprows=1).astype(int)
    toes = np.zeros(emed.layout.valid.shape, bool)
    toes[places[:, 0], places[:, 1]] = True
    assert toes.sum() == 56
    by_rows = arch_index(emed, toes=toes, axis="rows").iloc[0]
    assert by_rows.tolist() == pytest.approx([0.24, 48.75, 27.0, 36.75], abs=1e-9)
    second = arch_index(emed, toes=toes, axis="second_toe", second_toe=(72.5, 17.5))
    assert second["arch_index"].iloc[0] == pytest.approx(0.22885, abs=1e-4)
    assert second.attrs["second_toe"] == [72.5, 17.5]
    assert arch_index(emed, axis="bisector")["arch_index"].iloc[0] == pytest.approx(0.227, abs=0.01)


@pytest.mark.parametrize(
    ("name", "pitch", "axis_deg", "toes", "side"),
    [("print_right_20deg_5mm", 5.0, 20, 51, "right"), ("print_left_minus12deg_7mm", 7.0, -12, 27, "left")],
)
def test_a_made_print_is_found_as_it_was_made(
    masks: Path, name: str, pitch: float, axis_deg: float, toes: int, side: str
) -> None:
    cells = np.loadtxt(masks / f"{name}.csv", delimiter=",")
    truth = np.loadtxt(masks / f"{name}_truth.csv", delimiter=",")
    found = find(plate(cells, pitch), cells, loaded_above=10.0)
    assert found.side == side
    assert found.axis_deg == pytest.approx(axis_deg, abs=2)
    beyond = (found.of("hallux") + found.of("toes")) > 0
    np.testing.assert_array_equal(beyond, truth >= 7)
    assert beyond.sum() == toes
    np.testing.assert_array_equal(found.of("hallux") > 0, truth == 7)
    index = arch_index(step(cells[None], plate(cells, pitch)), loaded_above=10.0)["arch_index"].iloc[0]
    assert index == pytest.approx(0.2046, abs=0.012)


def test_an_axis_that_is_entered_divides_the_foot_along_it() -> None:
    made = Print("right", 10)
    found = find(made.layout, made.peak, "right")
    heel, ahead = found.axis.heel, found.axis.heel + 100 * found.axis.d
    same = find(made.layout, made.peak, "right", line=(tuple(heel), tuple(ahead)))
    np.testing.assert_array_equal(same.shares, found.shares)
    assert "entered by hand" in same.made
    turn = np.radians(16)
    other = find(made.layout, made.peak, "right", line=(tuple(heel), (heel[0] + np.sin(turn), heel[1] + np.cos(turn))))
    assert other.axis_deg == pytest.approx(16)
    assert not np.array_equal(other.shares, found.shares)
    with pytest.raises(InvalidData, match="no direction"):
        find(made.layout, made.peak, "right", line=(tuple(heel), tuple(heel)))
