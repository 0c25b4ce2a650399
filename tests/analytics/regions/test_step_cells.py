"""Masks measured from the maps of steps: the numbers of `region_steps`, without the frames."""

from __future__ import annotations

import numpy as np
import pytest

from analytics import frame_stats, region_means, region_steps, sim, stances
from analytics.base.times import Times, steps_s
from analytics.maps.maps import integral, peak_map
from analytics.regions.presets import FOUND, find
from analytics.regions.region_stats import step_peaks
from analytics.regions.step_cells import StepCells, mask_means, measure_names
from barograph.errors import InvalidData
from barograph.frames import Layout, Recording


def cells_of(recording: Recording, found) -> StepCells:
    parts = [recording.part(int(a), int(b)) for a, b in found[["first", "after"]].to_numpy()]
    peaks = np.array([peak_map(part).to_numpy() for part in parts])
    ptis = np.array([integral(part, steps_s(Times.of(part.times_us))) for part in parts])
    return StepCells(recording.layout, peaks, ptis)


def test_masks_have_the_numbers_of_region_steps() -> None:
    recording = sim.walk(duration_s=6.0, rate_hz=50.0, seed=3)["left"]
    layout = recording.layout
    found = stances(frame_stats(recording))
    whole = found[~found["cut"]]
    masks = find(layout, step_peaks(recording), layout.side)
    labels = np.tensordot(np.arange(1, len(FOUND) + 1), masks.shares, 1).astype(np.int64)
    expected = region_means(region_steps(recording, whole, masks))
    made = mask_means([(cells_of(recording, whole), labels)], layout.loaded_above)
    assert measure_names(layout) == ("ever_loaded_cm2", "peak_kpa", "pti_mean_kpa_s", "load_share_pct")
    assert made.index.tolist() == list(range(1, 11))
    for name in measure_names(layout):
        for kind in ("mean", "sd"):
            np.testing.assert_allclose(
                made[f"{kind}_{name}"], expected[f"{kind}_{name}"], rtol=1e-9, atol=1e-12, err_msg=name
            )
    assert set(made["n"]) == {len(whole)}


def test_a_step_by_hand_and_a_mask_that_has_no_cell() -> None:
    layout = Layout(rows=2, cols=2, unit="kPa", pitch_mm=(10.0, 10.0), kind="plate")
    peak, pti = np.array([[100.0, 50.0], [20.0, 5.0]]), np.array([[10.0, 6.0], [4.0, 0.0]])
    one = StepCells(layout, peak[None], pti[None])
    made = mask_means([(one, np.array([[1, 1], [3, 0]]))], 10.0)
    assert made.index.tolist() == [1, 3]
    assert made.loc[1, "mean_ever_loaded_cm2"] == 2.0
    assert made.loc[1, "mean_peak_kpa"] == 100.0
    assert made.loc[1, "mean_pti_mean_kpa_s"] == pytest.approx(8.0)
    assert made["mean_load_share_pct"].tolist() == pytest.approx([80.0, 20.0])
    assert made["sd_peak_kpa"].isna().all()


def test_prints_with_a_box_of_cells_each_are_averaged() -> None:
    small = Layout(rows=1, cols=2, unit="kPa", pitch_mm=(10.0, 10.0), kind="plate")
    large = Layout(rows=2, cols=2, unit="kPa", pitch_mm=(10.0, 10.0), kind="plate")
    first = StepCells(small, np.array([[[100.0, 30.0]]]), np.ones((1, 1, 2)))
    second = StepCells(large, np.array([[[200.0, 40.0], [0.0, 0.0]]]), np.ones((1, 2, 2)))
    made = mask_means([(first, np.array([[1, 2]])), (second, np.array([[1, 2], [2, 2]]))], 10.0)
    assert made["mean_peak_kpa"].tolist() == [150.0, 35.0]
    assert made["sd_peak_kpa"].tolist() == pytest.approx([70.710678, 7.0710678])
    assert made["mean_load_share_pct"].tolist() == pytest.approx([37.5, 62.5])
    with pytest.raises(InvalidData, match=r"labels: expected \(1, 2\)"):
        mask_means([(first, np.array([[1]]))], 10.0)


def test_counts_and_cells_without_an_area_have_what_can_be_known() -> None:
    raw = Layout(rows=1, cols=2, unit="raw")
    assert measure_names(raw) == ("raw_peak", "load_share_pct")
    made = mask_means([(StepCells(raw, np.array([[[5.0, 9.0]]]), np.array([[[1.0, 3.0]]])), np.array([[1, 2]]))], 0.0)
    assert made["mean_load_share_pct"].tolist() == [25.0, 75.0]
    assert mask_means([], 0.0).empty
