"""Numbers that no one here computed: what the vendors' software printed for the same recordings."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import ArrayLike

from analytics import frame_stats, pti, pti_map_max, pti_mean, pti_peak_curve
from barograph import Recording, read_file
from barograph.frames import KPA_PER_UNIT

Vendor = Callable[[str], Path]
MMHG = KPA_PER_UNIT["mmHg"]
# Half of a digit that was printed as 0.01, and what the binary form of two decimals adds to it.
HALF = 0.005 + 1e-12


def off(ours: ArrayLike, theirs: ArrayLike) -> np.ndarray:
    """How far ours are from what was printed, where something was."""
    apart = np.abs(np.asarray(ours, float) - np.asarray(theirs, float))
    return apart[~np.isnan(apart)]


# XSENSOR's sensor counts in 256ths of a psi, which its software takes for 51.7150723 mmHg and prints with two decimals.
# It computes with what the sensor counted: from the printed cells a few frames fall beyond the half of a printed digit.
COUNT_MMHG = 51.7150723 / 256
# A cell's area: the total is printed as 174.17 cm², which allows 0.74113 to 0.74117.
CELL_CM2 = 0.7411467


@pytest.fixture(params=["left", "right"])
def foot(request: pytest.FixtureRequest, vendor: Vendor) -> Recording:
    """Each insole of XSENSOR's file in turn."""
    return next(one for one in read_file(vendor("xsensor/xsensor_data.csv")) if one.layout.side == request.param)


def as_counted(foot: Recording) -> Recording:
    """The pressures that the sensor counted, of those that are printed."""
    frames = np.rint(foot.frames / COUNT_MMHG) * COUNT_MMHG
    np.testing.assert_allclose(frames, foot.frames, rtol=0, atol=0.00501)
    return replace(foot, frames=frames, layout=replace(foot.layout, dtype="float64", cell_area_mm2=100 * CELL_CM2))


PRINTED = (
    ("mean_loaded_kpa", "Average Pressure (mmHg)", MMHG),
    ("sd_loaded_kpa", "Std Dev.", MMHG),
    ("total_force_n", "Est. Load (N)", 1.0),
)


def beyond(stats: pd.DataFrame, printed: dict[str, np.ndarray]) -> dict[str, list[int]]:
    """Frames whose mean, SD or load is further from what was printed than half of its last digit."""
    found = {}
    for ours, theirs, unit in PRINTED:
        apart = np.abs(stats[ours].fillna(0.0).to_numpy() / unit - printed[theirs])
        assert apart.max() < 0.00575, (ours, apart.max())
        found[ours.partition("_")[0]] = np.flatnonzero(apart > HALF).tolist()
    return found


def test_xsensor_printed_the_statistics_of_every_frame(foot: Recording) -> None:
    printed = {name: np.array(values, float) for name, values in foot.provenance["vendor"].items()}
    stats = frame_stats(foot)
    loaded = stats["contact_area_cm2"].to_numpy() > 0
    assert loaded.sum() > 50
    for ours, theirs in (("min_loaded_kpa", "Minimum Pressure (mmHg)"), ("peak_kpa", "Peak Pressure (mmHg)")):
        np.testing.assert_allclose(stats[ours][loaded] / MMHG, printed[theirs][loaded], rtol=1e-12)
    for ours, theirs in (("contact_area_cm2", "Contact Area (cm²)"), ("contact_pct", "Contact %")):
        assert off(stats[ours], printed[theirs]).max() <= HALF
    assert beyond(frame_stats(as_counted(foot)), printed) == {"mean": [], "sd": [], "total": []}
    # From the cells as they are printed, and a total area of 174.17 cm², all but these frames of 101.
    assert (
        beyond(stats, printed)
        == {
            "left": {"mean": [45], "sd": [10, 56], "total": [52, 54, 57, 58, 63, 76]},
            "right": {"mean": [40], "sd": [92], "total": [6, 18, 55, 92]},
        }[str(foot.layout.side)]
    )


def test_xsensor_printed_the_cells_of_its_sensor_and_what_a_whole_step_was(vendor: Vendor) -> None:
    for foot in read_file(vendor("xsensor/xsensor_data.csv")):
        printed = foot.provenance["vendor"]
        stats = frame_stats(foot)
        assert foot.layout.valid.sum() == 235
        assert foot.layout.valid.sum() * foot.layout.cell_area_mm2 / 100 == pytest.approx(
            printed["Total Area (cm²)"][0]
        )
        assert stats["peak_kpa"].max() / MMHG == pytest.approx(max(printed["Peak Pressure (mmHg)"]), rel=1e-12)
        assert round(235 * CELL_CM2, 2) == printed["Total Area (cm²)"][0]


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
    apart = {axis: _off_centre(stats, printed, axis) for axis in "xy"}
    assert apart["x"].max() <= 0.0005
    # Pressures are counted in steps of 5/3 kPa and printed as 11.667: the centre of what is printed lies, in one frame
    # of 281, 3e-6 cm beyond the half of a digit; that of the steps themselves in none.
    assert np.flatnonzero(apart["y"] > 0.0005).tolist() == [238]
    assert apart["y"].max() < 0.000503
    steps = np.rint(mat.frames / (5 / 3)) * (5 / 3)
    np.testing.assert_allclose(steps, mat.frames, rtol=0, atol=0.0005)
    counted = frame_stats(replace(mat, frames=steps), cop_floor_n=0.0)
    assert max(_off_centre(counted, printed, axis).max() for axis in "xy") <= 0.0005 + 1e-12


def _off_centre(stats: pd.DataFrame, printed: dict[str, np.ndarray], axis: str) -> np.ndarray:
    extent = {"x": 14.784, "y": 29.812}[axis]
    return off(extent - stats[f"cop_{axis}_mm"] / 10, printed[f"{axis}[cm]"])


def test_iscan_printed_the_raw_sum_of_every_frame(vendor: Vendor) -> None:
    (finger,) = read_file(vendor("tekscan-iscan/iscan_test.csv"))
    assert len(finger) == 309
    np.testing.assert_array_equal(frame_stats(finger)["raw_sum"], finger.provenance["vendor"]["Raw Sum"])


def test_two_feet_of_one_subject_are_calibrated_differently(vendor: Vendor) -> None:
    largest = [
        frame_stats(read_file(vendor(f"tekscan-fscan/FrasP01{side}.asf"))[0])["total_force_n"].max() for side in "LR"
    ]
    assert largest == pytest.approx([924.36, 783.53], abs=0.005)
