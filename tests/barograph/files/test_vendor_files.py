"""The vendors' own recordings, cut and rewritten: a part is never taken for the whole."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from analytics import frame_stats, peak_map
from barograph import geometries, read_file
from barograph.errors import FileFormatError

Vendor = Callable[[str], Path]
FILES = (
    "tekscan-fscan/FrasP01L.asf", "tekscan-iscan/iscan_test.csv", "xsensor/xsensor_data.csv",
    "novel-emed/emed_test.lst", "novel-pedar/pedar_example.asc", "novel-pliance/pliance_test.asc",
)  # fmt: skip
IN_A_ROW = re.compile(rb"\n\s*\d[\d.]*[,\s]+\d")


@pytest.mark.parametrize("name", FILES)
def test_a_vendors_file_that_is_cut_is_an_error_that_names_its_line(name: str, vendor: Vendor, tmp_path: Path) -> None:
    data = vendor(name).read_bytes()
    # The start of a file has all that can go wrong; what is far behind takes as long as reading the whole.
    places = [len(data) * k // 20 for k in range(1, 8)] + [len(data) * 19 // 20]
    for place in [*(400 * k for k in range(1, 20)), *places]:
        # Between two pages, or two frames of a format that does not say how many there are, a part is a shorter file.
        row = IN_A_ROW.search(data, place)
        (tmp_path / "cut").write_bytes(data[: row.end() if row else place])
        with pytest.raises(FileFormatError, match=r"cut, line \d+: expected "):
            read_file(tmp_path / "cut")


def test_pliance_printed_the_largest_value_of_every_sensor(vendor: Vendor) -> None:
    (mat,) = read_file(vendor("novel-pliance/pliance_test.asc"))
    # Sensors are numbered down the columns of the mat. (What the file calls MVP is no mean of its frames: five sensors
    # have one, a hundred and seventy-nine were loaded.)
    assert mat.provenance["sensors"] == sorted(mat.provenance["sensors"])
    np.testing.assert_array_equal(peak_map(mat).to_numpy().T.ravel(), mat.provenance["MPP"])


def test_pedar_has_forces_by_the_areas_of_the_insole_that_the_file_names(vendor: Vendor) -> None:
    path = vendor("novel-pedar/pedar_example.asc")
    text = path.read_text()
    assert not any(word in text for word in ("MPP", "MVP", "force"))
    printed = np.array([line.split() for line in text.splitlines()[10:] if line.strip()], float)[:, 1:]
    forces = []
    for insole, cells in zip(read_file(path), (printed[:, :99], printed[:, 99:]), strict=True):
        areas = geometries.named("pedar-y", insole.layout.side).area_mm2
        stats = frame_stats(insole)
        np.testing.assert_allclose(stats["total_force_n"], cells @ np.array(areas) / 1000, rtol=1e-12)
        np.testing.assert_array_equal(stats["peak_kpa"], cells.max(axis=1))
        assert insole.layout.geometry == geometries.named("pedar-y", insole.layout.side).geometry
        assert "geometry pedar-y" in insole.provenance["assumed"]
        forces.append(stats["total_force_n"].to_numpy())
    # What plain numpy found with the same areas: largest forces, their rows, the mean of both together.
    assert [round(float(force.max()), 1) for force in forces] == [850.1, 987.8]
    assert [int(force.argmax()) for force in forces] == [1440, 939]
    assert np.mean(forces[0] + forces[1]) == pytest.approx(891.5, abs=0.05)


@pytest.mark.parametrize("name", FILES)
def test_of_a_vendors_file_every_cell_that_the_vendor_left_above_0_is_in_contact(name: str, vendor: Vendor) -> None:
    # Their own threshold has cleared the others; novel's systems show nothing below 10 kPa.
    for sensor in read_file(vendor(name)):
        above = (np.nan_to_num(sensor.frames) > 0).sum(axis=(1, 2))
        valid = (sensor.layout.valid & ~np.isnan(sensor.frames)).sum(axis=(1, 2))
        np.testing.assert_allclose(frame_stats(sensor)["contact_pct"], 100 * above / valid, rtol=1e-12)
        assert sensor.layout.unit != "kPa" or "novel" not in name or sensor.frames[sensor.frames > 0].min() >= 10
