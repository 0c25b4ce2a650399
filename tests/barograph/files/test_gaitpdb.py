"""gaitpdb: forces of 8 + 8 sensors with their totals, known by these, relative places, nothing of a damaged file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import oracles
import pytest
from damage import refused_at

from analytics import frame_stats
from barograph import Recording, geometries, read_file
from barograph.errors import FileFormatError
from barograph.files.vendors import gaitpdb


def row(time: str, left: float, right: float) -> str:
    cells = [[f"{value + k:.2f}" for k in range(8)] for value in (left, right)]
    totals = [f"{8 * value + 28:.2f}" for value in (left, right)]
    return "\t".join([time, *cells[0], *cells[1], *totals]) + "\r\n"


ROWS = [row("0.0000", 1.0, 20.5), row("0.0100", 2.0, 30.0), row("0.7199", 3.25, 40.0)]
GOOD = "".join(ROWS)


def read(tmp_path: Path, text: str) -> list[Recording]:
    path = tmp_path / "any name.dat"
    path.write_text(text, "utf-8", newline="")
    return read_file(path)


@pytest.mark.parametrize("name", ["gaitpdb/GaCo01_01_12s.txt", "gaitpdb/JuPt01_01_12s.txt"])
def test_a_walk_has_the_totals_that_were_printed(name: str, sensors: oracles.Sensors) -> None:
    known = oracles.of(sensors, name)
    feet = read_file(sensors(name))
    for foot in feet:
        side = foot.layout.side
        total = frame_stats(foot)["total_force_n"].to_numpy()
        assert foot.frames.shape == (known["shape"][0], 1, 8)
        assert (round(float(total.max()), 2), int(total.argmax())) == (
            known[f"{side}_total_max_N"], known[f"{side}_max_row"],
        )  # fmt: skip
        assert np.abs(total - np.array(foot.provenance["vendor"][f"total {side}"])).max() < 1e-9
        assert foot.times_us[-1] == round(known["t_last_s"] * 1e6)
        assert round(known["jitter_first_s"] * 1e6) in foot.times_us
        assert foot.provenance.get("doubts", []) == []
    assert sum(float(foot.values().sum()) for foot in feet) == pytest.approx(known["sum_all_cells"], abs=1e-6)
    assert max(float(foot.values().max()) for foot in feet) == pytest.approx(known["cell_max"])


def test_cells_lie_relative_and_the_file_has_no_date(tmp_path: Path) -> None:
    left, right = read(tmp_path, GOOD)
    assert left.layout.geometry == geometries.named("gaitpdb", "left").geometry
    assert right.layout.geometry == geometries.named("gaitpdb", "right").geometry
    assert (left.layout.unit, left.layout.places, left.layout.area_cm2) == ("N", "relative", None)
    assert left.values()[:, 0, 0].tolist() == [1.0, 2.0, 3.25]
    assert right.times_us.tolist() == [0, 10_000, 719_900]
    assert "times count from 1970" in left.provenance["assumed"]
    stats = frame_stats(right)
    assert "cop_x_rel" in stats
    assert not [name for name in stats if name.endswith("_mm")]


def test_a_table_is_known_by_its_totals_alone() -> None:
    assert gaitpdb.recognises(GOOD.encode())
    assert not gaitpdb.recognises(GOOD.replace("\t36.00\t", "\t37.00\t").encode())
    assert not gaitpdb.recognises(GOOD.replace("\t", ",").encode())
    assert not gaitpdb.recognises(b"time\t" + GOOD.encode())
    assert not gaitpdb.recognises(b"")


def test_totals_further_down_that_are_no_sums_are_a_doubt(tmp_path: Path) -> None:
    rows = [row(f"{k / 100:.4f}", k, k) for k in range(40)]
    text = "".join(rows[:30]) + "".join(rows[30:]).replace("\t268.00\t", "\t270.00\t")
    left, _ = read(tmp_path, text)
    assert left.provenance["doubts"] == ["printed totals differ from the sum of the sensors by up to 2.00 N"]


def test_what_is_wrong_further_down_is_named_with_its_line(tmp_path: Path) -> None:
    rows = [row(f"{k / 100:.4f}", k, k) for k in range(40)]
    for old, new, line, expected in (
        ("0.3000\t30.00", "0.3000\tmuch", 31, "column 2, L1: a number"),
        ("0.3000\t", "0.2900\t", 31, "column 1: a time after 0.29 s"),
        ("0.3000\t", "\t", 31, "column 1: a time in seconds"),
        ("0.3000\t", "0.3000\t1\t", 31, "19 columns"),
    ):
        text = "".join(rows)
        assert old in text
        with refused_at(line, expected):
            read(tmp_path, text.replace(old, new, 1))
    with pytest.raises(FileFormatError, match="expected one of"):
        read(tmp_path, "\n\n")
