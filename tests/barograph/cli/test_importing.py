"""`barograph import`: what it says, and that a damaged file stores nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click
import numpy as np
import pandas as pd
import pytest

from analytics import sim
from barograph import Layout, Recording, files
from barograph.cli.importing import import_files
from barograph.errors import NotFound
from barograph.files.given import given
from barograph.lab import connect
from barograph.servers.embedded import Servers
from barograph.settings import Settings, load
from barograph.store.records import About


@pytest.fixture
def settings(servers: Servers, database: str) -> Settings:
    return load(mongo_url=servers.mongo_url, database=database)


def test_files_of_any_format_are_stored_once(
    settings: Settings, servers: Servers, database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for side, foot in sim.walk(2.0).items():
        for name in files.FORMATS:
            files.write(tmp_path / f"{side}.{name}", foot)
    paths = sorted(tmp_path.iterdir())
    import_files(settings, paths, "run", None, About(athlete="A12"))
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 6
    assert sum("200 frames stored in run/" in line for line in said) == 2
    assert sum("0 frames stored in run/" in line and "200 were there already" in line for line in said) == 4
    with connect(servers.mongo_url, database=database) as lab:
        assert lab.workouts().loc["run", ["athlete", "frames"]].tolist() == ["A12", 400]
        assert lab.recording("run", "right").frames.tobytes() == sim.walk(2.0)["right"].frames.tobytes()


def test_a_damaged_file_is_named_and_stores_nothing_and_the_others_are_stored(
    settings: Settings, servers: Servers, database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    foot = replace(sim.walk(1.0)["left"], provenance={"doubts": ["FRAME 3 to 4 are not in the file"]})
    for name in ("good.csv", "cut.csv"):
        files.write(tmp_path / name, foot)
    cut = (tmp_path / "cut.csv").read_bytes()
    (tmp_path / "cut.csv").write_bytes(cut[: len(cut) // 2])
    paths = [tmp_path / name for name in ("cut.csv", "none.csv", "good.csv")]
    with pytest.raises(click.ClickException, match="2 of 3 files could not be imported; nothing of them is stored"):
        import_files(settings, paths, "run", None, About())
    heard = capsys.readouterr()
    assert "cut.csv, line " in heard.err
    assert "none.csv" in heard.err
    assert "good.csv, left: FRAME 3 to 4 are not in the file" in heard.err
    assert "100 frames stored in run/left" in heard.out
    with pytest.raises(click.ClickException):
        import_files(settings, [tmp_path / "cut.csv"], "other", None, About())
    with connect(servers.mongo_url, database=database) as lab, pytest.raises(NotFound):
        lab.recording("other", "left")


def test_files_without_a_date_begin_with_those_that_have_one_or_as_told_and_what_lies_apart_is_said(
    settings: Settings, servers: Servers, database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    feet = sim.walk(1.0)
    dateless = replace(feet["left"], times_us=feet["left"].times_us - feet["left"].times_us[0])
    files.write(tmp_path / "left.npz", dateless)
    files.write(tmp_path / "right.npz", feet["right"])
    paths = [tmp_path / "left.npz", tmp_path / "right.npz"]
    import_files(settings, paths, "pair", None, About())
    assert "has no date; begin with stream right" in capsys.readouterr().err
    import_files(settings, paths[:1], "told", None, About(), start="2026-03-01T10:00")
    import_files(settings, paths[:1], "alone", None, About())
    assert "date unknown" in capsys.readouterr().err
    import_files(settings, paths[1:], "alone", None, About())
    assert "more than a day apart (date unknown, 2" in capsys.readouterr().err
    with connect(servers.mongo_url, database=database) as lab:
        found = lab.workouts()
        assert lab.recording("pair", "left").times_us.tolist() == feet["right"].times_us.tolist()
    assert found.loc["told", "start"] == pd.Timestamp("2026-03-01T10:00Z")
    assert found["date_unknown"].to_dict() == {"pair": False, "told": False, "alone": True}
    assert pd.isna(found.loc["alone", "start"])
    with pytest.raises(click.BadParameter, match="expected a time like 2026-11-19T14:06, got 'soon'"):
        import_files(settings, paths, "pair", None, About(), start="soon")


def test_what_is_given_of_a_file_is_used_where_the_file_does_not_say_it(
    settings: Settings, servers: Servers, database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mat.csv"
    path.write_text("Frame,Date,Time,Units,S_1_1,S_1_2\n1,2026-03-04,08:21:17.982,kPa,1.0,2.5\n")
    import_files(settings, [path], "run", None, About(), said=given(rate=100, pitch="5x6"))
    heard = capsys.readouterr()
    assert "1 frame stored in run/mat" in heard.out
    assert f"{path}: says that itself; --rate is not used" in heard.err
    assert "--pitch is not used" not in heard.err
    with connect(servers.mongo_url, database=database) as lab:
        assert lab.recording("run", "mat").layout.pitch_mm == (5.0, 6.0)


def test_a_row_of_cells_is_said_to_fit_the_geometries_of_as_many(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    layout = Layout(rows=1, cols=12, unit="kPa", side="left")
    files.write(tmp_path / "sole.csv", Recording(np.ones((3, 1, 12)), 10_000 * np.arange(3), layout))
    import_files(settings, [tmp_path / "sole.csv"], "sole", None, About())
    said = "left: 12 cells in a row whose places are not known, as in stappone; --geometry says which it is"
    assert said in capsys.readouterr().err
    import_files(settings, [tmp_path / "sole.csv"], "placed", None, About(), None, given(geometry="stappone"))
    assert "places are not known" not in capsys.readouterr().err
