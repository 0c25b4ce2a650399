"""Footprints are found in space and time: against walks whose prints are known, and their laws."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from walkways import Tread, plate, treading, walking

from analytics import footprints, sim, walk, walk_means
from analytics.prints import patches as patches_module
from analytics.prints.corrections import read
from analytics.prints.patches import patches
from barograph import Layout, Recording, read_file
from barograph.errors import InvalidData
from barograph.frames import Gap

LAYOUT = plate(600, 2400)


def shaped(layout: Layout, frames: Any, **more: Any) -> Recording:
    return Recording(frames=np.asarray(frames, float), times_us=np.arange(len(frames)) * 20_000, layout=layout, **more)


@pytest.fixture
def metric(metrics: Callable[[str], Path]) -> Callable[[str], Recording]:
    def read(name: str) -> Recording:
        found = read_file(metrics(f"walkway/{name}.npz"))
        assert isinstance(found, list)
        return found[0]

    return read


def test_the_four_prints_of_the_reference_are_found_and_measured(metric: Callable[[str], Recording]) -> None:
    found = footprints(metric("walk_four_prints"))
    assert found["side"].tolist() == ["left", "right", "left", "right"]
    assert not found["cut"].any()
    np.testing.assert_allclose(found["foot_length_mm"], 252, atol=8)
    np.testing.assert_allclose(found["foot_width_mm"], 92, atol=6)
    np.testing.assert_allclose(found["start"].diff().dt.total_seconds()[1:], 0.55, atol=1e-9)
    steps = walk(found)
    assert steps["side"].tolist() == ["right", "left"]
    np.testing.assert_allclose(steps["step_length_mm"], 600, atol=8)
    np.testing.assert_allclose(steps["step_width_mm"], 100, atol=4)
    np.testing.assert_allclose(steps["stride_length_mm"], 1200, atol=8)
    np.testing.assert_allclose(steps["progression_deg"], 7, atol=2)
    np.testing.assert_allclose(steps["step_s"], 0.55, atol=1e-6)
    np.testing.assert_allclose(steps["speed_m_s"], 1.2 / 1.1, atol=0.01)
    means = walk_means(found)
    assert means["n_steps"].tolist() == [1, 1, 2]
    assert means["n_prints"].tolist() == [2, 2, 4]
    assert means["cadence_spm"].tolist()[-1] == pytest.approx(109.09, abs=0.01)


def test_prints_that_the_edge_cuts_are_there_and_left_out(metric: Callable[[str], Recording]) -> None:
    found = footprints(metric("walk_cut_prints"))
    assert found["cut_edge"].tolist() == [True, False, False, True]
    assert found["foot_length_mm"].isna().tolist() == [True, False, False, True]
    assert len(walk(found)) == 0
    means = walk_means(found)
    assert means[["n_prints", "n_cut", "n_steps"]].to_numpy()[-1].tolist() == [2, 2, 0]
    assert means["mean_step_length_mm"].isna().all()


@pytest.fixture(scope="module")
def four() -> Recording:
    return treading(LAYOUT, walking(4), 2.6)


def test_a_known_walk_has_its_steps(four: Recording) -> None:
    steps = walk(footprints(four))
    np.testing.assert_allclose(steps["step_length_mm"], 600, atol=8)
    np.testing.assert_allclose(steps["step_width_mm"], 100, atol=6)
    np.testing.assert_allclose(steps["stride_length_mm"], 1200, atol=8)


SHAPE = ["foot_length_mm", "foot_width_mm"]
STEP = ["step_length_mm", "step_width_mm", "stride_length_mm", "progression_deg", "speed_m_s"]


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_walk_that_is_turned_has_the_same_numbers(four: Recording, turns: int) -> None:
    frames = np.rot90(four.frames, turns, axes=(1, 2))
    rows, cols = frames.shape[1:]
    turned = footprints(replace(four, frames=frames, layout=replace(four.layout, rows=rows, cols=cols)))
    there = footprints(four)
    assert turned["side"].tolist() == there["side"].tolist()
    np.testing.assert_allclose(turned[SHAPE], there[SHAPE], atol=1e-6)
    np.testing.assert_allclose(walk(turned)[STEP], walk(there)[STEP], atol=1e-6)


def test_a_mirrored_walk_has_the_other_sides_and_the_same_numbers(four: Recording) -> None:
    there, back = footprints(four), footprints(replace(four, frames=four.frames[:, :, ::-1]))
    assert [*zip(there["side"], back["side"], strict=True)] == [("left", "right"), ("right", "left")] * 2
    np.testing.assert_allclose(back[SHAPE], there[SHAPE], atol=1e-6)
    np.testing.assert_allclose(walk(back)[STEP], walk(there)[STEP], atol=1e-6)


def test_axes_units_and_the_cutting_into_chunks_change_nothing(four: Recording, monkeypatch: Any) -> None:
    there = footprints(four)
    in_n_cm2 = replace(four, frames=four.frames / 10, layout=replace(four.layout, unit="N/cm2"))
    down = replace(four, layout=replace(four.layout, x_axis="left", y_axis="down", origin_mm=(100.0, -50.0)))
    monkeypatch.setattr(patches_module, "LABELLED_CELLS", 3 * four.layout.cells)
    for other in (footprints(four), footprints(in_n_cm2), footprints(down)):
        assert other["side"].tolist() == there["side"].tolist()
        assert other["mark"].tolist() == there["mark"].tolist()
        np.testing.assert_allclose(other[SHAPE], there[SHAPE], atol=1e-6)
        np.testing.assert_allclose(walk(other)[STEP], walk(there)[STEP], atol=1e-6)


def test_patches_are_those_of_a_plain_flood() -> None:
    random = np.random.default_rng(3)
    cells = np.where(random.random((30, 9, 8)) < 0.12, random.uniform(20, 300, (30, 9, 8)), 0.0)
    found = patches(shaped(plate(64, 72), cells), 10.0)
    left = {tuple(int(i) for i in at) for at in np.argwhere(cells > 10)}
    flooded = []
    while left:
        todo, whole = [left.pop()], []
        while todo:
            at = todo.pop()
            whole.append(at)
            near = {each for each in left if max(abs(a - b) for a, b in zip(each, at, strict=True)) <= 1}
            left -= near
            todo += near
        flooded.append(whole)
    assert len(found) == len(flooded)

    def said(one: Any) -> tuple[Any, ...]:
        return one.first, one.after, tuple(one.cells.tolist()), tuple(one.peak.round(6).tolist())

    def of(whole: list[tuple[int, ...]]) -> tuple[Any, ...]:
        numbers = sorted({row * 8 + col for _, row, col in whole})
        peaks = [max(cells[at] for at in whole if at[1] * 8 + at[2] == cell) for cell in numbers]
        return min(at[0] for at in whole), max(at[0] for at in whole) + 1, tuple(numbers), tuple(np.round(peaks, 6))

    assert {said(one) for one in found} == {of(whole) for whole in flooded}


def test_one_print_has_a_shape_and_no_step() -> None:
    found = footprints(treading(LAYOUT, walking(1, y=400), 1.2))
    assert len(found) == 1
    assert found["side"].tolist() == ["left"]
    assert found["side_by"].tolist() == ["shape"]
    assert found["foot_length_mm"].iloc[0] == pytest.approx(290, abs=8)
    assert walk(found).empty


def test_an_empty_plate_has_no_print() -> None:
    found = footprints(shaped(LAYOUT, np.zeros((20, LAYOUT.rows, LAYOUT.cols))))
    assert found.empty
    assert walk(found).empty
    assert walk_means(found)["n_prints"].tolist() == [0, 0, 0]


def test_a_print_that_lies_half_beyond_the_plate_is_cut() -> None:
    found = footprints(treading(LAYOUT, [Tread("right", 300, 10, 0, 0.2), Tread("left", 560, 800, 0, 1.0)], 2.0))
    assert found["cut_edge"].tolist() == [True, True]
    assert found[["foot_length_mm", "heel_x_mm", "axis_deg"]].isna().all().all()


def test_a_record_that_begins_or_ends_on_the_foot_cuts_the_print(four: Recording) -> None:
    found = footprints(four.part(20, 70))
    assert found["cut_start"].tolist()[0]
    assert found["cut_stop"].tolist()[-1]
    # A plate that is started by contact begins with a light frame, and has the whole foot.
    frames = four.frames[11:] * np.where(np.arange(len(four) - 11) == 0, 0.12, 1.0)[:, None, None]
    begun = footprints(shaped(LAYOUT, frames))
    assert begun["first"].iloc[0] == 0
    assert not begun["cut"].any()


def test_a_gap_in_a_print_cuts_it(four: Recording) -> None:
    us = four.times_us + np.where(np.arange(len(four)) >= 25, 3_000_000, 0)
    found = footprints(replace(four, times_us=us))
    assert found["cut_stop"].iloc[0]
    assert found["cut_start"].iloc[1]


def test_prints_that_touch_are_left_out_until_they_are_split() -> None:
    treads = [Tread("left", 255, 400, 0, 0.2), Tread("right", 330, 420, 0, 0.3)]
    touching = treading(LAYOUT, treads, 1.4)
    found = footprints(touching)
    assert found["overlap"].tolist() == [True]
    assert found["foot_length_mm"].isna().all()
    mark = str(found["mark"].iloc[0])
    split = footprints(touching, corrections=[{"do": "split", "mark": mark, "line": [[292, 100], [292, 700]]}])
    assert split["overlap"].tolist() == [False, False]
    assert split["first"].is_monotonic_increasing
    np.testing.assert_allclose(split["foot_length_mm"], 290, atol=10)
    again = footprints(touching, corrections=[
        {"do": "split", "mark": mark, "line": [[292, 100], [292, 700]]},
        {"do": "join", "marks": split["mark"].tolist()},
    ])  # fmt: skip
    assert again[["first", "after", "mark"]].equals(found[["first", "after", "mark"]])


def test_a_person_who_turns_has_prints_and_no_step_in_the_turn() -> None:
    wide = plate(1600, 2000)
    # There along x = 500, a turn at the end, and back along x = 900.
    back = [
        Tread(one.side, 1400 - one.x, 2000 - one.y, one.deg + 180, one.start_s + 2.0)
        for one in walking(4, x=500, y=250, step_mm=500)
    ]
    there = [one for one in walking(4, x=500, y=250, step_mm=450) if one.start_s < 1.9]
    found = footprints(treading(wide, [*there, *back], 5.0))
    steps = walk(found)
    assert len(found) == 8
    assert {*steps["side"]} == {"left", "right"}
    assert (steps["stride_length_mm"] > 800).all()
    np.testing.assert_allclose(steps["step_width_mm"], 100, atol=12)
    assert found["side"].tolist() == ["left", "right"] * 4


def test_two_people_on_one_walkway_are_two_walks() -> None:
    wide = plate(1400, 2400)
    one, other = walking(4, x=300), walking(4, x=1000, first="right", start_s=0.45, y=260)
    found = footprints(treading(wide, [*one, *other], 3.0))
    assert len(found) == 8
    assert sorted(found["walk"].tolist()) == [0] * 4 + [1] * 4
    for number, first in ((0, "left"), (1, "right")):
        sides = found[found["walk"] == number]["side"].tolist()
        assert sides == ["left", "right", "left", "right"] if first == "left" else sides == ["right", "left"] * 2
    np.testing.assert_allclose(walk(found)["step_width_mm"], 100, atol=6)
    np.testing.assert_allclose(walk(found)["step_length_mm"], 600, atol=8)


def test_feet_that_cross_have_a_negative_width_once_their_sides_are_known() -> None:
    crossing = treading(LAYOUT, walking(3, width_mm=-40), 2.2)
    marks = footprints(crossing)["mark"].tolist()
    sides = ("left", "right", "left")
    by_hand = [{"do": "side", "mark": mark, "side": side} for mark, side in zip(marks, sides, strict=True)]
    found = footprints(crossing, corrections=by_hand)
    assert found["side_by"].tolist() == ["hand"] * 3
    assert walk(found)["step_width_mm"].iloc[0] == pytest.approx(-40, abs=6)


def test_a_corrected_print_is_found_by_its_mark_at_another_threshold_and_in_a_part(four: Recording) -> None:
    mark = str(footprints(four)["mark"].iloc[1])
    removed = [{"do": "remove", "mark": mark}]
    assert len(footprints(four, corrections=removed)) == 3
    assert len(footprints(four, loaded_above=30.0, corrections=removed)) == 3
    # In a part of the session without that print, the correction waits.
    assert len(footprints(four.part(0, 34), corrections=removed)) == len(footprints(four.part(0, 34)))


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"do": "paint", "mark": "1:2:3"}, "do"),
        ({"do": "side", "mark": "1:2", "side": "left"}, "mark"),
        ({"do": "side", "mark": "1:2:3", "side": "both"}, "side"),
        ({"do": "remove"}, "mark"),
        ({"do": "join", "marks": ["1:2:3"]}, "marks"),
        ({"do": "split", "mark": "1:2:3", "line": [[1, 2]]}, "line"),
        ({"do": "split", "mark": "1:2:3", "line": [[1, 2], [1, 2]]}, "line"),
        ({"do": "split", "mark": "1:2:3", "line": [[1, float("nan")], [1, 2]]}, "line"),
    ],
)
def test_a_correction_that_is_none_is_refused_with_its_field(given: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidData, match=f"{field}: expected") as refused:
        read(given)
    assert refused.value.field == field


def test_noise_above_the_threshold_is_refused_and_an_insole_too(monkeypatch: Any) -> None:
    monkeypatch.setattr(patches_module, "MOST_PATCHES", 5)
    noise = np.where(np.random.default_rng(1).random((20, LAYOUT.rows, LAYOUT.cols)) < 0.01, 50.0, 0.0)
    with pytest.raises(InvalidData, match="loaded_above: expected a threshold above the noise"):
        footprints(shaped(LAYOUT, noise))
    with pytest.raises(InvalidData, match="kind: expected a plate or a mat"):
        footprints(sim.walk(1.0)["left"])
    with pytest.raises(InvalidData, match="pitch_mm: expected"):
        footprints(shaped(replace(LAYOUT, pitch_mm=None), noise))


def test_a_missing_cell_in_the_middle_of_the_plate_is_no_edge(four: Recording) -> None:
    mask = np.ones((LAYOUT.rows, LAYOUT.cols), int)
    row, col = (int(part) for part in str(footprints(four)["mark"].iloc[1]).split(":")[1:])
    mask[row, col] = 0
    found = footprints(replace(four, layout=replace(four.layout, mask=tuple(mask.ravel().tolist()))))
    assert not found["cut"].any()
    assert len(found) == 4


def test_lost_frames_that_are_known_cut_a_print(four: Recording) -> None:
    kept = np.delete(np.arange(len(four)), slice(24, 29))
    lost = replace(four, frames=four.frames[kept], times_us=four.times_us[kept],
                   gaps=(Gap(0, 24, 5, int(four.times_us[23]), int(four.times_us[29])),))  # fmt: skip
    assert footprints(lost)["cut"].iloc[0]
