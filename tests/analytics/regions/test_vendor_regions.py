"""Numbers that no one here computed, of regions: what XSENSOR printed for heel, midfoot, metatarsals and toes."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analytics import region_curves
from analytics.regions.presets import Regions
from barograph import Recording, read_file
from barograph.frames import KPA_PER_UNIT

Vendor = Callable[[str], Path]
MMHG = KPA_PER_UNIT["mmHg"]
HALF = 0.005 + 1e-12
FILE = "xsensor/xsensor_data.csv"
# As tests/analytics/test_printed_numbers.py says: what the sensor counts in, and its cell's area.
COUNT_MMHG, CELL_CM2 = 51.7150723 / 256, 0.7411467


def as_counted(foot: Recording) -> Recording:
    """The pressures that the sensor counted, of those that are printed with two decimals."""
    frames = np.rint(foot.frames / COUNT_MMHG) * COUNT_MMHG
    return replace(foot, frames=frames, layout=replace(foot.layout, dtype="float64", cell_area_mm2=100 * CELL_CM2))


def printed_cells(path: Path) -> dict[str, np.ndarray]:
    """(frames, cells) of every region, read in the plainest way: the numbers after each GROUP's SENSELS."""
    lines = [line.rstrip(", \r") for line in path.read_text("utf-8-sig").split("\n")]
    found: dict[str, list[list[float]]] = {}
    rest: Iterator[str] = iter([line for line in lines if line])
    for line in rest:
        if not line.startswith("GROUP,"):
            continue
        name, n = (next(rest).partition(",")[2] for _ in range(2))
        while next(rest) != "SENSELS":
            pass
        cells: list[float] = []
        while len(cells) < int(n):
            cells += map(float, next(rest).split(","))
        found.setdefault(name, []).append(cells)
    return {name: np.array(rows) for name, rows in found.items()}


def as_printed(foot: Recording, cells: dict[str, np.ndarray]) -> Regions:
    """The regions of a foot: a cell of the region is the one of the sensor that has its values in all frames.

    Cells that were never loaded look all alike and are left out: they add nothing to any number but the total area.
    """
    series = foot.frames.reshape(len(foot), -1)
    shares = []
    for values in cells.values():
        loaded = values[:, values.any(axis=0)].astype(series.dtype)
        alike = (series[:, :, None] == loaded[:, None, :]).all(axis=0)
        assert (alike.sum(axis=0) == 1).all()
        shares.append(alike.any(axis=1).reshape(foot.frames.shape[1:]).astype(float))
    return Regions(tuple(cells), np.array(shares), "as they are printed")


@pytest.fixture(params=["left", "right"])
def foot(request: pytest.FixtureRequest, vendor: Vendor) -> Recording:
    """Each insole in turn."""
    return next(one for one in read_file(vendor(FILE)) if one.layout.side == request.param)


def test_xsensors_regions_lie_apart_and_hold_every_loaded_cell_but_three(foot: Recording, vendor: Vendor) -> None:
    chosen = as_printed(foot, _of(foot, vendor))
    assert [name.split()[1] for name in chosen.names] == ["Heel", "Midfoot", "Metatarsal", "Toe"]
    assert chosen.shares.sum(axis=0).max() == 1
    # At the outer edge of the toes.
    of_none = np.argwhere(chosen.shares.sum(axis=0) != foot.frames.any(axis=0)).tolist()
    assert of_none == {"left": [[1, 9], [3, 10], [4, 10]], "right": [[1, 1], [3, 0], [4, 0]]}[foot.layout.side]


def _of(foot: Recording, vendor: Vendor) -> dict[str, np.ndarray]:
    cells = printed_cells(vendor(FILE))
    return {name: cells[name] for name in foot.provenance["vendor_regions"]}


def test_xsensor_printed_the_statistics_of_every_region_in_every_frame(foot: Recording, vendor: Vendor) -> None:
    chosen = as_printed(foot, _of(foot, vendor))
    curves, counted = region_curves(foot, chosen), region_curves(as_counted(foot), chosen)
    for name, table in curves.items():
        printed = {title: np.array(v, float) for title, v in foot.provenance["vendor_regions"][name].items()}
        loaded = table["contact_area_cm2"].to_numpy() > 0
        assert loaded.sum() > 15, name
        np.testing.assert_array_equal(loaded, printed["Contact Area (cm²)"] > 0)
        peak = table["peak_kpa"].to_numpy() / MMHG
        np.testing.assert_allclose(peak, printed["Peak Pressure (mmHg)"], rtol=1e-12, err_msg=name)
        assert np.abs(table["contact_area_cm2"] - printed["Contact Area (cm²)"]).max() <= HALF
        for ours, title, unit in (
            ("mean_loaded_kpa", "Average Pressure (mmHg)", MMHG),
            ("total_force_n", "Est. Load (N)", 1.0),
        ):
            apart = np.abs(counted[name][ours].to_numpy() / unit - printed[title])[loaded]
            assert apart.max() <= HALF, (name, title, np.flatnonzero(apart > HALF), apart.max())
