"""Numbers that no one here computed: what the vendors' software printed for the same recordings."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from analytics import frame_stats, pti, pti_map_max, pti_mean, pti_peak_curve
from barograph import read_file
from barograph.frames import KPA_PER_UNIT

Vendor = Callable[[str], Path]
MMHG = KPA_PER_UNIT["mmHg"]


def test_xsensor_printed_the_statistics_of_every_frame(vendor: Vendor) -> None:
    pair = read_file(vendor("xsensor/xsensor_data.csv"))
    assert len(pair) == 2
    for foot in pair:
        printed = {name: np.array(values, float) for name, values in foot.provenance["vendor"].items()}
        # The cells are printed to 0.01 as well: a mean of rounded cells is off by half of it.
        stats = frame_stats(foot)
        loaded = stats["contact_area_cm2"].to_numpy() > 0
        assert loaded.sum() > 50
        for ours, theirs, half in (
            ("mean_loaded_kpa", "Average Pressure (mmHg)", 0.0101),
            ("min_loaded_kpa", "Minimum Pressure (mmHg)", 1e-9),
            ("peak_kpa", "Peak Pressure (mmHg)", 1e-9),
            ("sd_loaded_kpa", "Std Dev.", 0.0101),
        ):
            np.testing.assert_allclose(stats[ours][loaded] / MMHG, printed[theirs][loaded], rtol=1e-12, atol=half)
        np.testing.assert_allclose(stats["contact_area_cm2"], printed["Contact Area (cm²)"], rtol=0, atol=0.00501)
        np.testing.assert_allclose(stats["contact_pct"], printed["Contact %"], rtol=0, atol=0.00501)
        np.testing.assert_allclose(stats["total_force_n"], printed["Est. Load (N)"], rtol=0, atol=0.0101)


def test_emed_printed_the_force_of_every_frame(vendor: Vendor) -> None:
    (plate,) = read_file(vendor("novel-emed/emed_test.lst"))
    stats = frame_stats(plate)
    assert len(stats) == 106
    np.testing.assert_allclose(stats["total_force_n"], plate.provenance["vendor"]["Force"], rtol=0, atol=0.00501)


def test_emed_has_the_numbers_that_were_worked_out_independently(vendor: Vendor) -> None:
    (plate,) = read_file(vendor("novel-emed/emed_test.lst"))
    stats, table = frame_stats(plate), pti(plate).iloc[0]
    top = int(stats["total_force_n"].to_numpy().argmax())
    assert stats["total_force_n"].max() == pytest.approx(818.625, abs=0.0005)
    assert top == 61
    assert stats["peak_kpa"].max() == 370
    assert stats["contact_area_cm2"].max() == pytest.approx(106.5)
    assert table["ever_loaded_cm2"] == pytest.approx(126.5)
    assert table["impulse_ns"] == pytest.approx(675.58, abs=0.005)
    assert pti_peak_curve(plate) == pytest.approx(291.1, abs=0.05)
    assert pti_map_max(plate) == pytest.approx(175.4, abs=0.05)
    assert pti_mean(plate) == pytest.approx(53.405, abs=0.001)
    centre = stats[["cop_x_mm", "cop_y_mm"]].iloc[top]
    assert centre.tolist() == pytest.approx([48.830, 153.381], abs=0.0005)


def test_pliance_printed_the_force_and_the_centre_of_every_frame(vendor: Vendor) -> None:
    (mat,) = read_file(vendor("novel-pliance/pliance_test.asc"))
    printed = {name: np.array(values, float) for name, values in mat.provenance["vendor"].items()}
    stats = frame_stats(mat, cop_floor_n=0.0)
    assert len(stats) == 281
    np.testing.assert_allclose(stats["total_force_n"], printed["force[N]"], rtol=2e-4)
    # The vendor's frame is turned by 180°: a silent error, if one did not know.
    np.testing.assert_allclose(14.784 - stats["cop_x_mm"] / 10, printed["x[cm]"], rtol=0, atol=0.00055)
    np.testing.assert_allclose(29.812 - stats["cop_y_mm"] / 10, printed["y[cm]"], rtol=0, atol=0.00055)


def test_iscan_printed_the_raw_sum_of_every_frame(vendor: Vendor) -> None:
    (finger,) = read_file(vendor("tekscan-iscan/iscan_test.csv"))
    assert len(finger) == 309
    np.testing.assert_array_equal(frame_stats(finger)["raw_sum"], finger.provenance["vendor"]["Raw Sum"])


def test_two_feet_of_one_subject_are_calibrated_differently(vendor: Vendor) -> None:
    largest = [
        frame_stats(read_file(vendor(f"tekscan-fscan/FrasP01{side}.asf"))[0])["total_force_n"].max() for side in "LR"
    ]
    assert largest == pytest.approx([924.36, 783.53], abs=0.005)
