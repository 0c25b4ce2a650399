"""Numbers that no one here computed: what the vendors' software printed for the same recordings."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import ArrayLike

from analytics import frame_stats, pti, pti_map_max, pti_mean, pti_peak_curve
from barograph import read_file
from barograph.frames import KPA_PER_UNIT

Vendor = Callable[[str], Path]
MMHG = KPA_PER_UNIT["mmHg"]
# Half of a digit that was printed as 0.01, and what the binary form of two decimals adds to it.
HALF = 0.005 + 1e-12


def off(ours: ArrayLike, theirs: ArrayLike) -> np.ndarray:
    """How far ours are from what was printed, where something was."""
    apart = np.abs(np.asarray(ours, float) - np.asarray(theirs, float))
    return apart[~np.isnan(apart)]


@pytest.mark.parametrize("side", [0, 1], ids=["left", "right"])
def test_xsensor_printed_the_statistics_of_every_frame(side: int, vendor: Vendor) -> None:
    foot = read_file(vendor("xsensor/xsensor_data.csv"))[side]
    printed = {name: np.array(values, float) for name, values in foot.provenance["vendor"].items()}
    stats = frame_stats(foot)
    loaded = stats["contact_area_cm2"].to_numpy() > 0
    assert loaded.sum() > 50
    for ours, theirs in (("min_loaded_kpa", "Minimum Pressure (mmHg)"), ("peak_kpa", "Peak Pressure (mmHg)")):
        np.testing.assert_allclose(stats[ours][loaded] / MMHG, printed[theirs][loaded], rtol=1e-12)
    for ours, theirs in (("contact_area_cm2", "Contact Area (cm²)"), ("contact_pct", "Contact %")):
        assert off(stats[ours], printed[theirs]).max() <= HALF
    # Its software computed with cells and an area finer than what it printed: the file's cells are themselves up to
    # 0.005 mmHg off, the total area 0.005 of 174 cm². So a few frames fall beyond the half of a printed digit.
    for ours, theirs, unit in (
        ("mean_loaded_kpa", "Average Pressure (mmHg)", MMHG),
        ("sd_loaded_kpa", "Std Dev.", MMHG),
        ("total_force_n", "Est. Load (N)", 1.0),
    ):
        apart = off(stats[ours][loaded] / unit, printed[theirs][loaded])
        assert (apart > HALF).sum() <= 6
        assert apart.max() <= 0.0058


def test_xsensor_printed_the_cells_of_its_sensor_and_what_a_whole_step_was(vendor: Vendor) -> None:
    for foot in read_file(vendor("xsensor/xsensor_data.csv")):
        printed = foot.provenance["vendor"]
        stats = frame_stats(foot)
        assert foot.layout.valid.sum() == 235
        assert foot.layout.valid.sum() * foot.layout.cell_area_mm2 / 100 == pytest.approx(
            printed["Total Area (cm²)"][0]
        )
        assert stats["peak_kpa"].max() / MMHG == pytest.approx(max(printed["Peak Pressure (mmHg)"]), rel=1e-12)
        assert stats["total_force_n"].max() == pytest.approx(max(printed["Est. Load (N)"]), abs=0.0058)


def test_emed_printed_the_force_of_every_frame(vendor: Vendor) -> None:
    (plate,) = read_file(vendor("novel-emed/emed_test.lst"))
    stats = frame_stats(plate)
    assert len(stats) == 106
    assert off(stats["total_force_n"], plate.provenance["vendor"]["Force"]).max() <= HALF


def test_emed_printed_the_force_of_every_row_and_column(vendor: Vendor) -> None:
    (plate,) = read_file(vendor("novel-emed/emed_test.lst"))
    newtons = 0.1 * plate.kpa() * plate.layout.area_cm2
    for axis, title in ((2, "Force of rows"), (1, "Force of columns")):
        assert off(newtons.sum(axis=axis), plate.provenance["vendor"][title]).max() <= HALF


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
    assert off(14.784 - stats["cop_x_mm"] / 10, printed["x[cm]"]).max() <= 0.0005
    # Pressures were printed to a tenth of their own: one frame of 281 is 0.000503 cm off, 3 parts in a million more
    # than half of the printed digit.
    along = off(29.812 - stats["cop_y_mm"] / 10, printed["y[cm]"])
    assert (along > 0.0005).sum() <= 1
    assert along.max() <= 0.000503


def test_iscan_printed_the_raw_sum_of_every_frame(vendor: Vendor) -> None:
    (finger,) = read_file(vendor("tekscan-iscan/iscan_test.csv"))
    assert len(finger) == 309
    np.testing.assert_array_equal(frame_stats(finger)["raw_sum"], finger.provenance["vendor"]["Raw Sum"])


def test_two_feet_of_one_subject_are_calibrated_differently(vendor: Vendor) -> None:
    largest = [
        frame_stats(read_file(vendor(f"tekscan-fscan/FrasP01{side}.asf"))[0])["total_force_n"].max() for side in "LR"
    ]
    assert largest == pytest.approx([924.36, 783.53], abs=0.005)
