"""Published bands: values with their source, beside like sessions alone; what is wrong with a file is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from barograph import norms
from barograph.cli import app
from barograph.errors import FileFormatError, InvalidData
from barograph.norms.published import loads

TEXT = """
title = "Plates"
source = "A paper that this test made up"
doi = "10.1000/182"
population = "somebody"
protocol = "barefoot, own speed"
device = "a plate"
n = 30
kinds = ["walk", "barefoot walk"]
sensors = ["plate", "insole 1 x 99 pedar"]
sex = "F"
age = "18-25"
[measures.max_peak_kpa]
unit = "kPa"
p5 = 150
p50 = 250
p95 = 350
"""


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["norms", *map(str, arguments)], prog_name="barograph")


def test_it_stands_beside_the_same_kind_of_session_and_sensor_alone() -> None:
    found = loads("plates", TEXT)
    assert found.people == "women, 18–25 years"
    for kind, sensor in (
        ("walk", "plate 64 × 38"),
        ("Barefoot walk", "plate 40 × 40 emed"),
        ("walk", "insole 1 × 99 pedar"),
    ):
        assert found.mismatch(kind, sensor) == ""
    for kind, sensor, why in (
        ("run", "plate 64 × 38", "these sessions are of run"), ("", "plate 64 × 38", "no kind"),
        ("walk", "insole 1 × 99", "these sessions are of insole 1 × 99"), ("walk", "", "no sensor"),
        ("walk", "plate 64 × 38, seat 16 × 16", "seat"),
    ):  # fmt: skip
        assert why in found.mismatch(kind, sensor)


@pytest.mark.parametrize(("old", "new", "said"), [
    ('title = "Plates"\n', "", "title: expected one, got none"),
    ('source = "A paper that this test made up"', 'source = ""', "source: expected 1 to"),
    ("n = 30", "n = 0", "n: expected a whole number of 1 or more"),
    ("10.1000/182", "182", "doi: expected one as 10.1000/182"),
    ('kinds = ["walk", "barefoot walk"]', "kinds = []", "kinds: expected one or more"),
    ('kinds = ["walk", "barefoot walk"]', 'kinds = "walk"', "kinds: expected a list of texts"),
    ('age = "18-25"', 'age = "young"', "age: expected years as 18-25"),
    ("p5 = 150", "p5 = 400", "percentiles that grow"),
    ("p5 = 150\n", "", "expected p5 and p95, p25 and p75, or mean and sd, got p50, p95"),
    ("p5 = 150", "mean = 150", "expected mean and sd above 0 alone"),
    ("p5 = 150", 'p5 = "…"', "measures.max_peak_kpa.p5: expected a finite number"),
    ("p5 = 150", "p10 = 150", "expected one of unit, mean, sd"),
    ("[measures.max_peak_kpa]", "[bands.max_peak_kpa]", "norms: expected one of title"),
    ("n = 30", "n =", "norms: expected TOML"),
])  # fmt: skip
def test_what_is_wrong_is_named(old: str, new: str, said: str) -> None:
    assert old in TEXT
    with pytest.raises(InvalidData, match=said.replace("(", r"\(")):
        loads("plates", TEXT.replace(old, new))


def test_the_folder_of_a_lab_is_listed_shown_and_checked(tmp_path: Path) -> None:
    empty = run("list", "--data-dir", tmp_path)
    assert "No published band" in empty.output
    folder = tmp_path / "norms"
    folder.mkdir()
    (folder / "plates.toml").write_text(TEXT, "utf-8")
    (folder / "Bad name.toml").write_text(TEXT, "utf-8")
    listed = run("list", "--data-dir", tmp_path).output
    assert "Plates: 30 people, women, 18–25 years, 1 measure" in listed
    assert "cannot be used" in listed
    assert run("show", "plates", "--data-dir", tmp_path).output == TEXT
    assert "expected one of plates" in run("show", "plate", "--data-dir", tmp_path).output
    done = run("check", folder / "plates.toml")
    assert done.exit_code == 0, done.output
    assert "p5 150, p50 250, p95 350 kPa" in done.output
    assert "beside sessions of walk or barefoot walk" in done.output
    assert [one.name for one in norms.usable(tmp_path)] == ["plates"]
    assert norms.usable(None) == ()


def test_the_template_is_refused_until_somebody_has_written_values(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(run("template").output, "utf-8")
    done = run("check", file)
    assert done.exit_code == 1
    assert "measures: expected one, got none" in done.output
    file.write_bytes(b" " * (300 << 10))
    with pytest.raises(FileFormatError, match="at most"):
        norms.checked(file)
