"""A data directory that version 0.1 wrote opens in this one, reads as it did, and takes new frames."""

from __future__ import annotations

import hashlib
import json
import shutil
import tarfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import expect, sync_playwright

import analytics
import barograph as public
from barograph.frames import Recording

FIXTURE = Path(__file__).parents[1] / "fixtures" / "v0_1"
EXPECTED: dict[str, Any] = json.loads((FIXTURE / "expected.json").read_text("utf-8"))["workouts"]
STREAMS = [(workout, stream) for workout, said in EXPECTED.items() for stream in said["streams"]]
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

Run = Callable[..., CompletedProcess[str]]


@pytest.fixture(scope="module")
def up(house: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """`barograph up` on a copy of the old data directory."""
    data_dir = tmp_path_factory.mktemp("v0_1") / "data"
    data_dir.mkdir(mode=0o700)
    with tarfile.open(FIXTURE / "data.tar.xz") as archive:
        archive.extractall(data_dir, filter="tar")
    return house("up", data_dir)


@pytest.fixture(scope="module")
def lab(up: Any) -> Iterator[public.lab.Lab]:
    with public.connect(data_dir=up.data_dir) as opened:
        yield opened


def sha256(array: Any) -> str:
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def us(moments: Iterable[pd.Timestamp]) -> list[int]:
    return [int(moment.asm8.astype("datetime64[us]").astype(np.int64)) for moment in moments]


def stored(lab: public.lab.Lab, workout: str, stream: str) -> tuple[dict[str, Any], Recording]:
    return EXPECTED[workout]["streams"][stream], lab.recording(workout, stream)


def test_every_workout_is_there_with_what_was_said_of_it(lab: public.lab.Lab) -> None:
    table = lab.workouts()
    for workout, said in EXPECTED.items():
        row = table.loc[workout]
        for name in ("athlete", "kind", "mass_kg"):
            assert (None if pd.isna(row[name]) else row[name]) == said[name], name
        assert (list(row["tags"]), sorted(row["streams"])) == (said["tags"], sorted(said["streams"]))
        assert row["frames"] == said["frames"]
        assert us(row[["created", "start", "stop"]]) == [said["created_us"], said["start_us"], said["stop_us"]]


def test_each_name_of_then_is_an_athlete_now_and_its_workouts_are_that_athletes(lab: public.lab.Lab) -> None:
    athletes, workouts = lab.athletes(), lab.workouts()
    said = {name: one["athlete"] for name, one in EXPECTED.items()}
    assert sorted(athletes["name"]) == sorted({text for text in said.values() if text})
    assert sorted(athletes["short_id"]) == ["a-0001", "a-0002"]
    whose = workouts["athlete_uid"].map(athletes["name"])
    assert {name: None if pd.isna(whose[name]) else whose[name] for name in said} == said
    assert lab.measurements().empty, "a mass that was said with a workout stays with the workout"


@pytest.mark.parametrize("workout", EXPECTED)
def test_markers_are_where_they_were(lab: public.lab.Lab, workout: str) -> None:
    markers = lab.markers(workout)
    assert [list(pair) for pair in zip(us(markers.index), markers["label"], strict=True)] == EXPECTED[workout][
        "markers"
    ]


@pytest.mark.parametrize(("workout", "stream"), STREAMS)
def test_frames_times_and_gaps_are_bit_for_bit_those_of_then(lab: public.lab.Lab, workout: str, stream: str) -> None:
    said, recording = stored(lab, workout, stream)
    assert (list(recording.frames.shape), str(recording.frames.dtype)) == (said["shape"], said["dtype"])
    assert sha256(recording.frames) == said["frames_sha256"]
    assert sha256(recording.times_us) == said["times_sha256"]
    assert [recording.times_us[0], recording.times_us[-1]] == [said["first_us"], said["last_us"]]
    assert [[gap.e, gap.seq, gap.n] for gap in recording.gaps] == [gap[:3] for gap in said["gaps"]]
    declared = [(gap.reason, reason) for gap, (*_, reason) in zip(recording.gaps, said["gaps"], strict=True) if reason]
    assert [gap for gap, _ in declared] == [reason for _, reason in declared]


@pytest.mark.parametrize(("workout", "stream"), STREAMS)
def test_layouts_and_calibrated_values_are_those_of_then(lab: public.lab.Lab, workout: str, stream: str) -> None:
    said, recording = stored(lab, workout, stream)
    layout = json.loads(json.dumps(recording.layout.to_dict()))
    assert {name: layout.get(name) for name in said["layout"]} == said["layout"]
    values = recording.values()
    assert np.isnan(values).sum() == said["missing_cells"]
    assert float(np.nanmean(values)) == pytest.approx(said["values_mean"], rel=1e-12)
    assert float(np.nanmax(values)) == pytest.approx(said["values_max"], rel=1e-12)


@pytest.mark.parametrize(("workout", "stream"), STREAMS)
def test_statistics_of_all_loaded_cells_are_those_of_then(lab: public.lab.Lab, workout: str, stream: str) -> None:
    said, recording = stored(lab, workout, stream)
    numbers = dict(said["frame_stats"])
    at = numbers.pop("at")
    assert numbers
    table = analytics.frame_stats(recording, loaded_above=0.0, cop_floor_n=20.0)
    for name, values in numbers.items():
        expected = [np.nan if value is None else value for value in values]
        np.testing.assert_allclose(table[name].to_numpy()[at], expected, rtol=1e-6, atol=1e-5, err_msg=name)


def test_the_commands_and_the_api_know_it(up: Any, barograph: Run) -> None:
    listed = barograph("sessions", "list", "--data-dir", up.data_dir)
    assert listed.returncode == 0, listed.stderr
    counts = {name: said["frame_count"] for name, said in up.workouts().items()}
    for workout, said in EXPECTED.items():
        assert workout in listed.stdout
        assert counts[workout] == said["frames"]


def test_the_dashboard_shows_the_list_a_session_and_its_report(up: Any) -> None:
    browser_path = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if browser_path is None:
        pytest.fail(f"expected one of {', '.join(BROWSERS)} on PATH; `make test` sees to it")
    home = up.link.partition("/login/")[0]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(up.link)
        rows = page.locator(".sessions-grid .ag-center-cols-container .ag-row")
        expect(rows.nth(len(EXPECTED) - 1)).to_be_attached(timeout=20_000)
        page.goto(f"{home}/session/walk-ended")
        expect(page.locator("h1")).to_contain_text("A12", timeout=20_000)
        report = page.request.get(f"{home}/report/walk-ended")
        assert report.status == 200
        assert "A12" in report.text()
        browser.close()


def test_it_takes_new_frames(up: Any, lab: public.lab.Lab, barograph: Run) -> None:
    command = ("send", "sim:stand", "--seconds", 1, "--speed", "max", "--stream", "left", "--workout", "afterwards")
    sent = barograph(*command, "--url", up.devices, "--data-dir", up.data_dir)
    assert sent.returncode == 0, sent.stderr
    assert len(lab.recording("afterwards", "left")) == 100
