"""Reports of test days: numbers of the trials, changes since before, what was rejected; printed, CSV and XLSX."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from datetime import datetime

import numpy as np
import openpyxl
import pytest

from analytics import frame_stats, jumps, sim
from barograph import protocols
from barograph.errors import NotFound
from barograph.frames import Recording
from barograph.store.roster import Athlete
from barograph.store.trials import NewTrial
from dashboard.athletes import day_files, day_report, day_routes, own_report
from dashboard.reading import summarising
from dashboard.reading.summarising import Summariser
from dashboard.results.day_numbers import best_said
from tests.dashboard.shown import rows

DAY_US = 86_400_000_000
LAST_US = 1_790_000_000_000_000
HOSTILE = "=cmd|'/c calc'!A1"


def jumped(seed: int) -> dict[str, Recording]:
    return sim.simulate("jump", 22.0, rows=12, cols=6, start_us=LAST_US, seed=seed)


def moved(recordings: dict[str, Recording], days: int) -> dict[str, Recording]:
    return {side: replace(one, times_us=one.times_us - days * DAY_US) for side, one in recordings.items()}


def heights(seed: int) -> np.ndarray:
    return jumps(*(frame_stats(jumped(seed)[side]) for side in sim.SIDES))["height_m"].to_numpy() * 100.0


@pytest.fixture
async def team(pages, keep):
    """Ada jumped on four days, Bo on the last; Bo's second jump was rejected."""
    archive = pages.archive
    made = await archive.roster.add_team("Juniors", now_us=LAST_US)
    uids = {}
    for name in ("Ada", HOSTILE):
        one = await archive.roster.add(Athlete(uid="", name=name, teams=(made.uid,)), now_us=LAST_US)
        uids[name] = one.uid
    for who, days, seed in ((HOSTILE, 0, 9), ("Ada", 21, 1), ("Ada", 14, 2), ("Ada", 7, 3), ("Ada", 0, 4)):
        name = f"{len(who)}-{days}"
        await keep(name, moved(jumped(seed), days), mass_kg=75.0, athlete=who)
        await archive.roster.assign([name], uids[who])
        for i in range(2):
            start = LAST_US - days * DAY_US + 10_000_000 * i + 1_000_000
            new = NewTrial(protocols.named("cmj"), start, start + 8_000_000)
            await archive.trials.add(name, new, now_us=LAST_US)
    await archive.trials.edit(f"{len(HOSTILE)}-0", 2, {"state": "rejected", "reason": "fell"}, now_us=LAST_US)
    return pages, made.uid, uids


async def test_a_teams_day_has_each_athletes_trials_changes_and_what_was_rejected(team, monkeypatch):
    pages, uid, uids = team
    monkeypatch.setattr(summarising, "TABLES", [one for one in summarising.TABLES if one.name == "trials"])
    await Summariser(pages.archive, lambda _: True).catch_up()
    day = await day_routes.of_team(pages, uid)
    markup = day_report.report(day, now_us=LAST_US)
    shown = rows(markup, "Countermovement jump · hands on hips")
    by_name = {row[0]: row for row in shown[1:]}
    ada, bo = by_name["Ada"], by_name[HOSTILE]
    assert ada[1] == f"{heights(4).max():.1f}"
    assert ada[2] == f"{heights(4).mean():.1f} ± {heights(4).std(ddof=1):.1f}"
    assert bo[1] == f"{heights(9)[0]:.1f}", "the rejected trial counts nowhere"
    assert (ada[4], bo[4]) == ("2", "1")
    assert ada[3].split()[-1] in ("MDC", "noise", "SWC")
    assert bo[3].endswith("not known")
    assert rows(markup, "Rejected trials")[1][:4] == [HOSTILE, "Countermovement jump · hands on hips", "2", "fell"]
    assert "2 athletes" in markup
    assert "4 trials, 1 rejected" in markup
    ends = markup.partition("<h2>Definitions</h2>")[2]
    for title in ("Height, impulse", "Height, flight", "RSImod", "Is it a change?", "Symmetry index, propulsion"):
        assert f"<b>{title}</b>" in ends, "each head of a column is said in words"
    assert "not summarised yet" not in markup
    own = own_report.report(await day_routes.of_athlete(pages, uids["Ada"]), now_us=LAST_US)
    assert f"your best was <b>{heights(4).max():.1f} cm</b>" in own
    assert f"({heights(3).mean():.1f} cm the time before)" in own
    first = own_report.report(await day_routes.of_athlete(pages, uids["Ada"], ada_day(21)), now_us=LAST_US)
    assert "This is your first test of this kind" in first
    other = own_report.report(await day_routes.of_athlete(pages, uids[HOSTILE]), now_us=LAST_US)
    assert "1 trial did not count: fell." in other


def ada_day(days: int) -> str:
    return f"{datetime.fromtimestamp(LAST_US / 1e6 - days * 86_400).astimezone().date()}"


async def test_before_earlier_sessions_are_summarised_nobody_is_told_that_it_is_the_first(team):
    pages, uid, uids = team
    day = await day_routes.of_team(pages, uid)
    assert day.waiting == 3
    assert "3 earlier sessions are not summarised yet" in day_report.report(day, now_us=LAST_US)
    own = own_report.report(await day_routes.of_athlete(pages, uids["Ada"]), now_us=LAST_US)
    assert "What you did before is not summarised yet." in own
    assert "first test" not in own


@pytest.mark.parametrize(
    ("column", "said"), [("jump:height_m", "best"), ("contact_s.left", "best"), ("cadence_spm", "highest")]
)
def test_a_trial_is_the_best_only_where_more_or_less_of_it_is_better(column, said):
    assert best_said(column) == said


async def test_every_number_of_the_report_is_in_the_files(team):
    pages, uid, _ = team
    day = await day_routes.of_team(pages, uid)
    shown = {
        row[0]: row for row in rows(day_report.report(day, now_us=LAST_US), "Countermovement jump · hands on hips")
    }
    lines = list(csv.DictReader(io.StringIO(day_files.as_csv(day).removeprefix("\ufeff"))))
    sheet = openpyxl.load_workbook(io.BytesIO(day_files.as_workbook(day)))["Tests"]
    heads, *cells = [[cell.value for cell in line] for line in sheet.iter_rows()]
    assert len(cells) == len(lines)
    both = [(line, dict(zip(heads, cell, strict=True))) for line, cell in zip(lines, cells, strict=True)]
    for name in ("Ada", HOSTILE):
        csv_name = name if name == "Ada" else f"'{name}"
        mine = [(line, cell) for line, cell in both if line["Athlete"] == csv_name]
        (lead, _), *others = mine
        assert shown[name][1] == f"{float(lead['Best']):.1f}"
        spread = f" ± {float(lead['SD']):.1f}" if lead["SD"] else ""
        assert shown[name][2] == f"{float(lead['Mean']):.1f}{spread}"
        assert shown[name][4] == lead["Trials"]
        for text, (one, two) in zip(shown[name][5:], others, strict=True):
            assert (one["Column"], one["Unit"]) == (two["Column"], two["Unit"])
            digits = len(text.partition(".")[2])
            assert float(text.replace("−", "-")) == pytest.approx(float(one["Mean"]), abs=0.51 * 10**-digits)
            assert float(one["Mean"]) == pytest.approx(two["Mean"])


async def test_files_have_the_same_numbers_and_no_formula(team):
    pages, uid, _ = team
    day = await day_routes.of_team(pages, uid)
    lines = list(csv.DictReader(io.StringIO(day_files.as_csv(day).removeprefix("\ufeff"))))
    lead = {one["Athlete"]: one for one in lines if one["Column"] == "jump:height_m"}
    assert float(lead["Ada"]["Mean"]) == pytest.approx(heights(4).mean(), abs=1e-6)
    assert f"'{HOSTILE}" in lead
    book = openpyxl.load_workbook(io.BytesIO(day_files.as_workbook(day)))
    assert book.sheetnames == ["Tests", "Trials", "Rejected"]
    assert [cell.value for cell in book["Rejected"][2]][2:4] == [2, "Countermovement jump"]
    cells = [cell for sheet in book for line in sheet.iter_rows() for cell in line]
    assert not [cell for cell in cells if cell.data_type == "f"]


async def test_a_test_has_the_symmetry_that_its_own_trials_have(pages, keep, monkeypatch):
    """Ada jumps and stands in one session, and carries more on the left when she stands."""
    archive = pages.archive
    one = await archive.roster.add(Athlete(uid="", name="Ada"), now_us=LAST_US)
    stood = sim.simulate("stand", 12.0, rows=12, cols=6, start_us=LAST_US + 30_000_000, asymmetry=-0.2)
    both = {side: joined(jumped(4)[side], stood[side]) for side in sim.SIDES}
    await keep("mixed", both, mass_kg=75.0, athlete="Ada")
    await archive.roster.assign(["mixed"], one.uid)
    for name, begun, lasts in (("cmj", 1, 8), ("standing-eyes-open", 30, 11)):
        start = LAST_US + begun * 1_000_000
        new = NewTrial(protocols.named(name), start, start + lasts * 1_000_000)
        await archive.trials.add("mixed", new, now_us=LAST_US)
    monkeypatch.setattr(summarising, "TABLES", [each for each in summarising.TABLES if each.name == "trials"])
    await Summariser(archive, lambda _: True).catch_up()
    day = await day_routes.of_athlete(pages, one.uid)
    markup = day_report.report(day, now_us=LAST_US)
    assert not re.findall(r"\bnan\b", markup + day_files.as_csv(day))
    labels = ("Countermovement jump · hands on hips", "Quiet standing, eyes open · firm ground")
    jump, stand = ([line[-1] for line in rows(markup, label)[1:]] for label in labels)
    assert jump[0][0] in "+−0"
    assert float(stand[0]) == pytest.approx(55.5, abs=0.5), "the share of the left, and no sign"
    assert markup.count("positive: right") == 1
    own = own_report.report(day, now_us=LAST_US)
    assert "Your left leg carried 55 % of the load." in own


def joined(first: Recording, second: Recording) -> Recording:
    times_us = np.concatenate([first.times_us, second.times_us])
    return replace(first, frames=np.concatenate([first.frames, second.frames]), times_us=times_us)


async def test_a_day_without_trials_says_so(pages):
    made = await pages.archive.roster.add_team("Empty", now_us=LAST_US)
    with pytest.raises(NotFound, match="no session has a trial"):
        await day_routes.of_team(pages, made.uid)
    with pytest.raises(NotFound, match="no such team"):
        await day_routes.of_team(pages, "nobody")
