"""What vendors print beside frames, against the same computed here: differences are those of rounding alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analytics import frame_stats, vendor_numbers
from analytics.sessions.vendor_rules import RULES, rule_of
from barograph import Layout, Recording, read_file
from barograph.errors import InvalidData

Vendor = Callable[[str], Path]
# The largest difference of each measure, in the vendor's unit: half of its last digit, or what a test of
# tests/analytics/test_printed_numbers.py found of printed cells.
NOVEL = {
    "novel-emed/emed_test.lst": {"Force": 0.005, "Force of rows": 0.005, "Force of columns": 0.005},
    "novel-pliance/pliance_test.asc": {"force[N]": 0.05, "x[cm]": 0.0005, "y[cm]": 0.000503, "MPP": 0.0},
    "tekscan-iscan/iscan_test.csv": {"Raw Sum": 0.0},
    "xsensor/xsensor_data.csv": {
        "Average Pressure (mmHg)": 0.00575, "Minimum Pressure (mmHg)": 1e-9, "Peak Pressure (mmHg)": 1e-9,
        "Contact Area (cm²)": 0.005, "Total Area (cm²)": 1e-9, "Contact %": 0.005, "Est. Load (N)": 0.00575,
        "Std Dev.": 0.00575,
    },
}  # fmt: skip
SENSORS = {
    "moticon/230927_102114.txt": {"total force[N]": 0.51, "center of pressure X": 1e-6, "center of pressure Y": 1e-6,
                                  "steps[]": 0.1},
    "moticon/live_events.txt": {"total force[N]": 0.51, "center of pressure X": 1e-6, "center of pressure Y": 1e-6},
    "loadsol/test_poids.txt": {"PGV24": 1e-9},
    "gaitpdb/GaCo01_01_12s.txt": {"total": 1e-9},
    "zebris/fdm-walk-100hz.txt": {"Center of force": 0.0, "Butterfly.force,N": 0.15},
    "xsensor/made-pro7-two-sensors.csv": {"COP Row": 0.005, "COP Column": 0.005, "Peak Pressure": 0.005},
    "xsensor/made-wide.csv": {"COP Row": 0.005, "COP Column": 0.005},
}  # fmt: skip


def check(path: Path, most: dict[str, float]) -> None:
    for recording in read_file(path):
        table = vendor_numbers(recording)
        for title, largest in most.items():
            found = table[table["measure"].str.contains(title, regex=False) & (table["n"] > 0)]
            assert len(found), title
            assert found["difference_largest"].abs().max() <= largest * (1 + 1e-6) + 1e-9, title
            assert (found["definition"].str.len() > 5).all(), title


@pytest.mark.parametrize("name", NOVEL)
def test_what_vendors_print_is_what_is_computed_here(name: str, vendor: Vendor) -> None:
    check(vendor(name), NOVEL[name])


@pytest.mark.parametrize("name", SENSORS)
def test_what_files_of_sensors_print_is_what_is_computed_here(name: str, sensors: Vendor) -> None:
    check(sensors(name), SENSORS[name])


def recording(provenance: dict[str, object], n: int = 4) -> Recording:
    layout = Layout(rows=2, cols=2, dtype="float64", unit="kPa", pitch_mm=(10, 10))
    cells = np.arange(4 * n, dtype=float).reshape(n, 2, 2)
    return Recording(cells, 10_000 * np.arange(n), layout, provenance=provenance)


def test_means_largest_values_and_differences_are_over_the_frames_that_have_both() -> None:
    one = recording({"format": "novel-emed", "vendor": {"Force": [0.6, None, 4.0, 5.4]}})
    assert frame_stats(one)["total_force_n"].tolist() == pytest.approx([0.6, 2.2, 3.8, 5.4])
    (row,) = vendor_numbers(one).to_dict("records")
    assert (row["measure"], row["unit"], row["over"], row["n"]) == ("Force", "N", "frame", 3)
    assert row["vendor_mean"] == pytest.approx(10 / 3)
    assert row["ours_mean"] == pytest.approx(9.8 / 3)
    assert (row["vendor_max"], row["ours_max"]) == pytest.approx((5.4, 5.4))
    assert row["difference_mean"] == pytest.approx(-0.2 / 3)
    assert row["difference_largest"] == pytest.approx(-0.2)
    assert (row["largest_at"], row["ours"]) == (2, "total_force_n")


def test_a_vendors_unit_is_the_unit_of_its_row() -> None:
    one = recording({"format": "xsensor-wide", "vendor": {"Est. Load (lbf)": [0.1] * 4}})
    (row,) = vendor_numbers(one).to_dict("records")
    assert row["unit"] == "lbf"
    assert row["ours_max"] == pytest.approx(5.4 / 4.4482216152605)


def test_of_a_file_in_an_archive_the_same_is_said_and_of_a_part_nothing() -> None:
    said = {"format": "novel-emed", "vendor": {"Force": [1.0] * 4}}
    direct, kept = recording(said), recording({"imported": [{"format": "npz", "origin": {**said, "frames": 4}}]})
    assert vendor_numbers(direct).equals(vendor_numbers(kept))
    for part in (direct[1:3], kept[:2]):
        with pytest.raises(InvalidData, match=r"recording: expected all 4 frames of the file, .*, got 2"):
            vendor_numbers(part)
    cut = recording({**said, "vendor": {"Force": [0.6, 2.2]}, "frames": 4})
    assert vendor_numbers(cut)["n"].tolist() == [2]


def test_what_cannot_be_compared_says_why() -> None:
    said = {"Force": ["much", 1, 2, 3], "Force of rows": [[1, 2, 3]] * 4, "Weather": [1.0] * 4}
    table = vendor_numbers(recording({"format": "novel-emed", "vendor": said})).set_index("measure")
    assert table["n"].tolist() == [0, 0, 0]
    assert table["why"].tolist() == [
        "It has another form in some frames.", "It has another form in some frames.",
        "The file does not say how it is computed.",
    ]  # fmt: skip
    raw = replace(
        recording({"format": "novel-emed", "vendor": {"Force": [1.0] * 4}}),
        layout=Layout(rows=2, cols=2, dtype="float64"),
    )
    assert vendor_numbers(raw)["why"].tolist() == ["This stream has no total_force_n."]
    assert len(vendor_numbers(recording({"vendor": "nothing"}))) == 0


def test_every_rule_that_compares_nothing_has_a_reason() -> None:
    assert all(rule.why for rule in RULES)
    assert rule_of("novel-emed", "Force").ours == "total_force_n"
    assert not rule_of("another", "Force").ours
