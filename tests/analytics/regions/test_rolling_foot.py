"""How a foot rolls: phases, excursion of the centre of pressure, and ratios, against known feet and a measured one."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analytics import (
    cpei,
    dpli,
    foot_balance,
    foot_balance_curve,
    forefoot_ratio,
    frame_stats,
    peak_map,
    phases,
    region_curves,
    region_steps,
    sim,
    stances,
)
from analytics.base.times import time_index
from analytics.regions.presets import FOUND, Regions, find
from barograph import Layout, Recording, read_file
from barograph.errors import InvalidData
from barograph.frames import Floats

PHASES = ["initial_contact_pct", "forefoot_contact_pct", "foot_flat_pct", "push_off_pct"]


@pytest.fixture
def emed(vendor: Callable[[str], Path]) -> Recording:
    return read_file(vendor("novel-emed/emed_test.lst"))[0]


def whole(recording: Recording, *, cut: bool = False, last: int = 0) -> pd.DataFrame:
    """One stance over all rows but the last, with which it ends; with `last` it is in the stance, too."""
    n, at = len(recording), time_index(recording.times_us)
    return pd.DataFrame(
        {"start": at[:1], "stop": at[-1:], "first": [0], "after": [n - 1 + last], "cut": [cut]}
    ).rename_axis("stance")


def test_a_measured_foot_has_the_phases_of_the_reference(emed: Recording) -> None:
    found = phases(emed, stances(frame_stats(emed)), loaded_above=0.0)
    assert found[PHASES].iloc[0].tolist() == pytest.approx([6.667, 12.381, 54.286, 26.667], abs=3)
    assert found[PHASES].sum(axis=1).tolist() == pytest.approx([100.0])
    assert found.attrs["regions"].startswith("foot found")


def test_a_measured_foots_excursion_and_ratios_are_those_of_the_reference(emed: Recording) -> None:
    stats = frame_stats(emed)
    found = stances(stats)
    bend = cpei(emed, found).iloc[0]
    assert bend["cpei_pct"] == pytest.approx(26.12, abs=1)
    assert bend["distal_width_mm"] == pytest.approx(93.29, abs=2)
    assert cpei(emed, found, floor_n=50)["cpei_pct"].iloc[0] == pytest.approx(24.585, abs=1)
    ten = find(emed.layout, peak_map(emed).to_numpy())
    parts = region_steps(emed, found, ten)
    assert foot_balance(parts)["foot_balance_pct"].iloc[0] == pytest.approx(0.70, abs=3)
    ratios = forefoot_ratio(parts).iloc[0]
    assert ratios["forefoot_rearfoot_ratio"] == pytest.approx(1.0116, abs=0.05)
    assert ratios["forefoot_rearfoot_peak_ratio"] == pytest.approx(1.04225, abs=1e-4)
    assert dpli(stats, found)["dpli"].iloc[0] == pytest.approx(0.4574, abs=0.002)


def test_forefoot_over_heel_by_rows_is_that_of_the_reference(emed: Recording, metrics: Callable[[str], Path]) -> None:
    toes = np.loadtxt(metrics("masks/emed_hand_toes.csv"), delimiter=",", skiprows=1).astype(int)
    shares = np.zeros((2, *emed.layout.valid.shape))
    shares[0, 39:54] = shares[1, :26] = 1.0
    shares[:, toes[:, 0], toes[:, 1]] = 0.0
    parts = region_steps(emed, stances(frame_stats(emed)), Regions(("heel", "forefoot"), shares, "rows"))
    assert forefoot_ratio(parts)["forefoot_rearfoot_ratio"].iloc[0] == pytest.approx(0.97907, abs=1e-3)
    curves = region_curves(emed, Regions(("heel", "forefoot"), shares, "rows"))
    of_frames = [0.01 * float(curves[name]["total_force_n"].sum()) for name in ("heel", "forefoot")]
    assert of_frames == pytest.approx([301.2975, 294.9925], abs=1e-3)
    assert of_frames[1] / of_frames[0] == pytest.approx(0.97907, abs=1e-4)


ROWS, COLS, STEPS = 24, 9, 201


def rectangle(side: Any, bend_mm: float) -> Recording:
    """240 × 90 mm of 1 cm² cells; the centre goes from heel to toes on a parabola that bends outwards."""
    layout = Layout(rows=ROWS, cols=COLS, unit="kPa", pitch_mm=(10.0, 10.0), kind="insole", side=side, cop_floor_n=0.0)
    f = np.linspace(0.0, 1.0, STEPS)
    x, y = 4 * bend_mm * f * (1 - f) * (1 if side == "right" else -1), 8.0 + 224.0 * f
    return Recording(frames=centred(45.0 + x, y), times_us=np.arange(STEPS) * 10_000, layout=layout)


def centred(x: Floats, y: Floats) -> Floats:
    """Frames of 4 cells with 400 N about each place, whose centre lies exactly there; x right, y to the front."""
    out = np.zeros((len(x), ROWS, COLS))
    col, row = np.clip((x - 5) // 10, 0, COLS - 2).astype(int), np.clip((y - 5) // 10, 0, ROWS - 2).astype(int)
    right, up = (x - 5) / 10 - col, (y - 5) / 10 - row
    for i in range(len(x)):
        for r, share_r in ((row[i], 1 - up[i]), (row[i] + 1, up[i])):
            for c, share_c in ((col[i], 1 - right[i]), (col[i] + 1, right[i])):
                out[i, ROWS - 1 - r, c] += 4000.0 * share_r * share_c
    return out


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("flipped", [False, True])
def test_a_parabola_bends_outwards_by_eight_ninths_of_its_height(side: Any, flipped: bool) -> None:
    made = rectangle(side, 12.0)
    layout = replace(made.layout, y_axis="up" if flipped else "down", x_axis="left" if flipped else "right",
                     origin_mm=(30.0, -7.0) if flipped else (0.0, 0.0))  # fmt: skip
    found = cpei(replace(made, layout=layout), whole(made, last=1)).iloc[0]
    # From 8 to 232 mm of 240: two thirds of the print lie at (160 − 8)/224 of the path.
    share = 152 / 224
    assert found["cpe_mm"] == pytest.approx(48 * share * (1 - share), abs=0.02)
    assert found["cpei_pct"] == pytest.approx(100 * 48 * share * (1 - share) / 90, abs=0.02)
    inwards = cpei(rectangle(side, -12.0), whole(made, last=1))["cpei_pct"].iloc[0]
    assert inwards == pytest.approx(-found["cpei_pct"], abs=0.02)


def test_a_full_parabola_over_the_whole_rectangle_is_the_closed_form() -> None:
    made = rectangle("right", 12.0)
    f = np.linspace(0.0, 1.0, STEPS)
    # A centre at the very end needs a load beyond the last cells' middle: negative shares stand for it here.
    frames = centred(45.0 + 48.0 * f * (1 - f), 240.0 * f)
    found = cpei(replace(made, frames=frames), whole(made, last=1))
    assert found["cpei_pct"].iloc[0] == pytest.approx(11.852, abs=0.02)


def test_a_path_that_does_not_reach_the_line_and_a_cut_stance_have_no_index() -> None:
    made = rectangle("right", 12.0)
    assert cpei(made.part(0, 100), whole(made.part(0, 100)))["cpei_pct"].isna().all()
    assert cpei(made, whole(made, cut=True))["cpei_pct"].isna().all()
    none = cpei(replace(made, layout=replace(made.layout, side=None)), whole(made))
    assert none["cpei_pct"].isna().all()
    assert "which foot it is was not found" in none.attrs["regions"]


def rolling(order: dict[str, tuple[int, int]], n: int = 101) -> tuple[Recording, Regions]:
    """Ten cells in a row, one a region, each loaded from one row to another."""
    layout = Layout(rows=1, cols=10, unit="kPa", pitch_mm=(10.0, 10.0), kind="insole", side="left")
    frames = np.zeros((n, 1, 10))
    for name, (first, after) in order.items():
        frames[first:after, 0, FOUND.index(name)] = 300.0
    shares = np.eye(10)[:, None, :]
    return Recording(frames=frames, times_us=np.arange(n) * 10_000, layout=layout), Regions(FOUND, shares, "cells")


HEEL_STRIKE = {"heel_medial": (0, 55), "heel_lateral": (0, 60), "mt1": (30, 100), "mt2": (20, 100), "mt3": (15, 100),
               "mt4": (12, 95), "mt5": (10, 90), "hallux": (40, 100)}  # fmt: skip


def test_phases_begin_and_end_with_the_rows_in_which_parts_are_loaded() -> None:
    made, ten = rolling(HEEL_STRIKE)
    assert phases(made, whole(made), ten)[PHASES].iloc[0].tolist() == pytest.approx([10, 20, 30, 40])
    nine = ten.joined("heel", FOUND[:2])
    assert phases(made, whole(made), nine)[PHASES].iloc[0].tolist() == pytest.approx([10, 20, 30, 40])


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"heel_medial": (20, 50), "heel_lateral": (20, 60), "mt5": (0, 90)}, [np.nan, 30, 30, 40]),
        ({"heel_medial": (0, 20), "heel_lateral": (0, 20)}, [10, 20, np.nan, 80]),
        ({"heel_medial": (0, 0), "heel_lateral": (0, 0), "mt5": (0, 90)}, [np.nan, 30, np.nan, np.nan]),
        ({"mt1": (0, 0)}, [10, np.nan, np.nan, 40]),
        ({f"mt{i}": (0, 0) for i in range(1, 6)}, [np.nan, np.nan, np.nan, 40]),
    ],
)
def test_a_phase_whose_order_is_broken_is_missing(changed: dict[str, Any], expected: list[float]) -> None:
    made, ten = rolling(HEEL_STRIKE | changed)
    found = phases(made, whole(made), ten)[PHASES].iloc[0].tolist()
    assert found == pytest.approx(expected, nan_ok=True)


def test_cut_stances_have_no_phases_and_regions_without_a_metatarsal_are_refused() -> None:
    made, ten = rolling(HEEL_STRIKE)
    assert phases(made, whole(made, cut=True), ten)[PHASES].isna().all(axis=None)
    lacking = Regions(FOUND[:5], ten.shares[:5], "few")
    with pytest.raises(InvalidData, match="chosen: expected regions heel and mt1 to mt5, got none named mt3"):
        phases(made, whole(made), lacking)
    with pytest.raises(InvalidData, match="expected the region mt3"):
        foot_balance(region_steps(made, whole(made).assign(contact_s=1.0), lacking))
    with pytest.raises(InvalidData, match="found: expected stances of 50 rows"):
        phases(made.part(0, 50), whole(made), ten)


def test_the_balance_of_inner_and_outer_foot_is_that_of_their_loads() -> None:
    made, ten = rolling(dict.fromkeys(("heel_medial", "mt1", "heel_lateral"), (0, 100)))
    parts = region_steps(made, whole(made).assign(contact_s=1.0), ten)
    assert foot_balance(parts)["foot_balance_pct"].iloc[0] == pytest.approx(100 / 3)
    curve = foot_balance_curve(region_curves(made, ten))["foot_balance_pct"]
    assert curve.iloc[0] == pytest.approx(100 / 3)
    assert np.isnan(curve.iloc[-1])
    assert forefoot_ratio(parts)["forefoot_rearfoot_ratio"].iloc[0] == pytest.approx(0.5)


def test_a_curve_that_does_not_vary_has_no_loading_index() -> None:
    made, _ = rolling({"mt1": (0, 101)})
    stats = frame_stats(made)
    assert dpli(stats, whole(made))["dpli"].isna().all()


def test_simulated_feet_roll_from_heel_to_toe_alike_on_both_sides() -> None:
    walk = sim.walk(6.0, rows=60, cols=21, noise=0.0)
    means = []
    for side in sim.SIDES:
        found = phases(walk[side], stances(frame_stats(walk[side])))
        kept = found[~found["cut"]]
        assert kept[PHASES].notna().all(axis=None)
        np.testing.assert_allclose(kept[PHASES].sum(axis=1), 100.0)
        means.append(kept[PHASES].mean())
    np.testing.assert_allclose(means[0], means[1], atol=3.0)
