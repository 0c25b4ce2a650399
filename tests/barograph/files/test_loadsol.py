"""loadsol: forces of areas by their names, lost rows, times in step, one insole or two, nothing of a damaged file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import oracles
import pandas as pd
import pytest
from damage import refused_at

from analytics import frame_stats
from barograph import Recording, geometries, read_file
from barograph.errors import InvalidData

FILES = ("loadsol/test_poids.txt", "loadsol/poids_par_zone.txt", "loadsol/roll_test.txt")
GOOD = (
    "loadapp_2024_01_17_14_48_48_148.loadflux\ncomment a walk\n"
    "\tA-L::heel\tA-L::medial\tA-L::lateral\tA-L\t\tA-L::xAcc\t\tB-R::lateral\tB-R::medial\tB-R::heel\tB-R\t\t\n"
    "Time[secs]\tForce[N]\tForce[N]\tForce[N]\tForce[N]\tTime[secs]\t[g]\tTime[secs]\tForce[N]\tForce[N]\tForce[N]\tForce[N]\t\t\n"
    "0.000\t100.000\t50.000\t25.500\t175.500\t0.000\t0.746\t0.000\t1.000\t2.000\t3.000\t6.000\t\t\n"
    "0.010\t101.000\t50.000\t25.500\t176.500\t0.010\t-\t0.005\t-1.000\t-1.000\t-1.000\t0.000\t\t\n"
    "0.010\t102.000\t50.000\t25.500\t177.500\t0.010\t0.750\t0.010\t1.000\t2.000\t4.000\t7.000\tEnd measurement: a\t\n"
    "0.015\t103.000\t50.000\t25.500\t178.500\t0.015\t0.751\t0.015\t1.000\t2.000\t5.000\t8.000\t\t\n"
)
ONE = (
    "loadapp_2024_01_17_14_48_48_148.loadflux\ncomment\n\tA-R\nTime[secs]\tForce[N]\n0.000\t80.000\n0.010\t-1.000\n"
    "0.020\t82.500\n"
)


def read(tmp_path: Path, text: str) -> list[Recording]:
    path = tmp_path / "any name.dat"
    path.write_text(text, "utf-8")
    return read_file(path)


@pytest.mark.parametrize("name", FILES)
def test_an_insole_has_the_forces_of_its_areas(name: str, sensors: oracles.Sensors) -> None:
    known = oracles.of(sensors, name)
    found = read_file(sensors(name))
    assert [one.provenance["sensor"] for one in found] == [one for one in known if one.startswith("PGV")]
    for insole in found:
        told, values = known[insole.provenance["sensor"]], insole.values()[:, 0]
        total = values.sum(axis=1)
        assert insole.layout.geometry is not None
        assert list(insole.layout.geometry.names) == told["order"]
        assert len(insole) == known["rows"] - told["lost_rows"]
        assert f"the first is line {told['first_lost_row'] + 5}" in insole.provenance["doubts"][0]
        assert [total.max(), total.sum(), total.mean()] == pytest.approx(
            [told["max_N"], told["sum_good_N"], told["mean_good_N"]], abs=0.001
        )
        np.testing.assert_allclose(values.max(axis=0), told["max_each_area_N"], atol=1e-9)
        printed = np.array(insole.provenance["vendor"][insole.provenance["sensor"]])
        assert np.abs(total - printed).max() < 1e-9
        np.testing.assert_allclose(frame_stats(insole)["total_force_n"], printed, atol=1e-9)
        # The rows come in step of 0.005 s: the printed times repeat and skip.
        start = pd.to_datetime(known["started"], format="%Y_%m_%d_%H_%M_%S_%f")
        since = (insole.times_us - start.value // 1000) / 1e6
        assert since[int(total.argmax())] == pytest.approx(told["max_at_s"], abs=0.0051)
        assert since[-1] <= told["t_last_s"]
        assert (np.diff(insole.times_us) % 5000 == 0).all()
        assert (np.diff(insole.times_us) > 0).all()
        assert insole.provenance["marks"][0]["time_s"] == pytest.approx(known["end_mark_row"][0] * 0.005, abs=0.0051)


def test_standing_both_insoles_have_the_force_that_numpy_found(sensors: oracles.Sensors) -> None:
    left, right = (
        pd.Series(frame_stats(one)["total_force_n"].to_numpy(), one.times_us) for one in read_file(sensors(FILES[0]))
    )
    # A force plate had 560.8 N in the same trial.
    assert (left + right).median() == pytest.approx(563.7, abs=0.05)


def test_areas_have_names_and_no_places_and_the_order_is_another_on_the_right(tmp_path: Path) -> None:
    left, right = read(tmp_path, GOOD)
    assert (left.layout.side, right.layout.side) == ("left", "right")
    assert (left.layout.quantity, left.layout.places, left.layout.cell_area_mm2) == ("force", "none", None)
    assert left.layout.geometry == geometries.named("loadsol", "left").geometry
    assert right.layout.geometry == geometries.named("loadsol", "right").geometry
    assert left.values()[:, 0].tolist() == [[100 + k, 50, 25.5] for k in range(4)]
    assert right.values()[:, 0].tolist() == [[1, 2, 3], [1, 2, 4], [1, 2, 5]]
    assert left.provenance["vendor"] == {
        "A-L::xAcc[g]": [0.746, None, 0.75, 0.751],
        "A-L": [175.5, 176.5, 177.5, 178.5],
    }
    with pytest.raises(InvalidData):
        left.kpa()


def test_a_time_that_repeats_is_in_step_and_a_lost_row_is_no_frame(tmp_path: Path) -> None:
    left, right = read(tmp_path, GOOD)
    assert np.diff(left.times_us).tolist() == [5000, 5000, 5000]
    assert np.diff(right.times_us).tolist() == [10_000, 5000]
    assert "1 of 4 rows" in right.provenance["doubts"][0]
    assert right.provenance["marks"] == [{"time_s": 0.01, "text": "End measurement: a"}]


def test_an_insole_of_one_area_has_its_total(tmp_path: Path) -> None:
    (right,) = read(tmp_path, ONE)
    assert right.values().ravel().tolist() == [80.0, 82.5]
    assert right.layout.geometry == geometries.named("loadsol-1", "right").geometry


def test_totals_that_are_not_the_sum_are_a_doubt(tmp_path: Path) -> None:
    left, right = read(tmp_path, GOOD.replace("178.500", "180.500"))
    assert "differ from the sum of the areas by up to 2.00 N" in left.provenance["doubts"][0]
    assert len(right.provenance["doubts"]) == 1


@pytest.mark.parametrize(
    ("old", "new", "line", "expected"),
    [
        ("comment a walk", "a walk", 2, "comment and a text"),
        ("_14_48_", "_44_48_", 1, "began with loadapp_year"),
        ("Time[secs]\tForce[N]\t", "Time[ms]\tForce[N]\t", 4, "Time[secs]"),
        ("A-L::medial", "A-L::heel", 3, "each name once"),
        ("0.000\t100.000", "0.000\tmany", 5, "column 2, A-L::heel: a number"),
        ("0.015\t103", "0.005\t103", 8, "column 1: a time of 0.01 s or later"),
        ("0.015\t103", "soon\t103", 8, "column 1: a time in seconds"),
        ("\t8.000\t\t\n", "\n", 8, "14 columns"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(old: str, new: str, line: int, expected: str, tmp_path: Path) -> None:
    assert old in GOOD
    with refused_at(line, expected):
        read(tmp_path, GOOD.replace(old, new, 1))
