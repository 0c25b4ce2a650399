"""The System page: what it says when the ingest answers, does not, or never did; over a real ingest."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from archived import recorded
from plotly.utils import PlotlyJSONEncoder

from barograph.access.principals import Principal
from barograph.servers import restarts
from barograph.servers.restarts import Restarts
from barograph.store.retention_rules import ArchivingRun, Outcome, Rule, Rules
from dashboard.drawing import words
from dashboard.page import shell
from dashboard.page.navigation import TABS
from dashboard.reading.last_night import LastNight
from dashboard.reading.scrape import Scrape
from dashboard.reading.vitals import Vitals
from dashboard.system import page
from dashboard.system.numbers import troubles

sys.path.append(str(Path(__file__).parents[2] / "ingest"))
from served import serving


def said(vitals: Vitals, later_s: float = 0.0) -> str:
    shown = page.page(vitals, time.time_ns() // 1000 + int(later_s * 1e6))
    return json.dumps(shown, cls=PlotlyJSONEncoder, ensure_ascii=False)


@pytest.fixture
async def ingest(memory_archive, memory_live, tmp_path):
    async with serving(memory_archive, memory_live, tmp_path) as running:
        yield running


OF_OWNERS = [entry for entry in TABS if entry.id != "tab-reason"]  # who needs none


@pytest.mark.parametrize("current", [entry.id for entry in OF_OWNERS])
def test_an_owner_has_the_tabs_of_admin_and_the_current_one_says_that_it_is(monkeypatch, current):
    monkeypatch.setattr(shell, "visitor", lambda: Principal("link", kind="owner"))
    (tabs,) = shell.admin_tabs(current)
    found = [link.to_plotly_json()["props"] for link in tabs.children]
    assert [props["id"] for props in found if props.get("aria-current") == "page"] == [current]
    assert [props["href"] for props in found] == [entry.href for entry in OF_OWNERS]


async def test_before_the_first_answer_it_says_that_it_asks_and_knows_nothing():
    text = said(Vitals("http://127.0.0.1:1"))
    assert "Asking" in text
    assert "The first answers draw it." in text
    assert "Nothing was refused" not in text


async def test_an_ingest_that_never_answered_is_said_with_what_to_do():
    vitals = Vitals("http://127.0.0.1:1")
    await vitals.look()
    text = said(vitals)
    assert "The ingest does not answer: nothing answers at http://127.0.0.1:1/metrics." in text
    assert "Devices that keep a spool send later what they record." in text
    assert "barograph up" in text


async def test_an_ingest_that_answers_has_numbers_versions_and_charts(ingest):
    vitals = Vitals(ingest.http_url, lambda: 3)
    await vitals.look()
    assert "a rate needs two answers" in said(vitals)
    ingest.app.extensions["barograph"]["ingest"].metrics.stored.inc(500)
    await vitals.look()
    text = said(vitals)
    assert "Answering" in text
    assert "<svg" in text
    assert "Nothing was refused, and nothing is missing." in text
    assert "a rate needs two answers" not in text
    assert vitals.history.risen("barograph_frames_stored_total") == 500


async def test_what_was_answered_is_old_when_no_more_comes(ingest):
    vitals = Vitals(ingest.http_url)
    await vitals.look()
    await vitals.look()
    await ingest.stop()
    await vitals.look()
    assert "No answer of the ingest since" in said(vitals)
    text = said(vitals, later_s=60)
    assert "no answer" in text
    assert "last answer 1:00 ago" in text


async def test_a_look_that_stays_away_is_stale_too(ingest):
    vitals = Vitals(ingest.http_url)
    await vitals.look()
    assert vitals.state(time.time_ns() // 1000) == "live"
    assert vitals.state(time.time_ns() // 1000 + 60_000_000) == "stale"


async def test_errors_are_listed_by_code_lately_and_ever(ingest):
    vitals = Vitals(ingest.http_url)
    metrics = ingest.app.extensions["barograph"]["ingest"].metrics
    metrics.nacked.labels("bad_field").inc(7)
    await vitals.look()
    metrics.nacked.labels("bad_field").inc(2)
    await vitals.look()
    (found,) = troubles(vitals)
    assert (found.code, found.lately, found.ever) == ("bad_field", 2, 9)
    assert "Frames refused for good" in said(vitals)


async def test_an_archive_that_is_away_is_said_on_top(ingest, memory_archive, monkeypatch):
    from barograph.errors import StorageAway

    async def away():
        raise StorageAway("no primary")

    monkeypatch.setattr(memory_archive, "ping", away)
    vitals = Vitals(ingest.http_url)
    await vitals.look()
    assert (
        "Frames are not stored at the moment; a device that keeps a spool sends them later (away: no primary)."
        in said(vitals)
    )


async def test_of_parts_that_nobody_answers_for_it_says_that_they_are_not_known(ingest):
    vitals = Vitals(ingest.http_url)
    await vitals.look()
    why = "not known: nothing answers at http://127.0.0.1:1/readyz"
    vitals.last = replace(vitals.last, parts=dict.fromkeys(page.PARTS, why))
    text = said(vitals)
    assert f"Whether frames are stored is {why}. Devices that keep a spool" in text
    assert "not stored at the moment" not in text
    assert "get nothing new" not in text


async def test_something_else_at_the_address_is_not_taken_for_an_ingest(ingest):
    vitals = Vitals(f"{ingest.http_url}/api")
    await vitals.look()
    assert "answers 403" in said(vitals)


async def test_what_was_started_again_is_said_with_count_and_reason(tmp_path):
    now_s = time.time()
    vitals = Vitals("http://127.0.0.1:1", data_dir=tmp_path)
    await vitals.look()
    assert "tarted again" not in said(vitals)
    restarts.note(
        tmp_path, {"ingest": Restarts(3, now_s, "killed by SIGKILL"), "mongod": Restarts(1, now_s, "code 14")}
    )
    await vitals.look()
    text = said(vitals)
    assert "Ingest ended by itself (killed by SIGKILL) and was started again." in text
    assert "MongoDB ended by itself (code 14)" in text
    assert "Started again" in text
    assert ">3</td>" in text.replace('\\"', '"')
    later = said(vitals, later_s=3600)
    assert "ended by itself" not in later
    assert "killed by SIGKILL" in later


async def test_failed_backups_are_said_with_the_age_of_the_last_whole_one(ingest):
    vitals = Vitals(ingest.http_url)
    await vitals.look()
    assert "backup failed" not in said(vitals)
    failures = {("barograph_backup_failures",): 2.0}
    vitals.last = replace(vitals.last, values={**vitals.last.values, **failures})
    assert "The last 2 backups failed; there is none yet." in said(vitals)
    dated = {("barograph_backup_seconds",): 1.7e9, ("barograph_backup_failures",): 1.0}
    vitals.last = replace(vitals.last, values={**vitals.last.values, **dated})
    when = words.date(1_700_000_000_000_000)
    assert f"The last backup failed; the last whole one is of {when}." in said(vitals)


async def test_the_last_night_of_retention_is_a_line_and_one_that_is_late_a_warning(memory_archive):
    night, now_us = LastNight(memory_archive), time.time_ns() // 1000
    await night.look()
    assert "retention" not in page.body(Vitals("http://127.0.0.1:1"), now_us, night).lower()
    await memory_archive.retention.put(Rules((Rule("gait", days=30),)))
    await night.look()
    text = page.body(Vitals("http://127.0.0.1:1"), now_us, night)
    assert "The first night is still to come" in text
    assert "1 rule" in text
    begun = Outcome("2026-11-30", now_us)
    await memory_archive.retention.claim(begun)
    await night.look()
    assert "did not end; the next night goes on" in page.body(Vitals("http://127.0.0.1:1"), now_us, night)
    later_us = now_us + 31 * 3_600_000_000
    assert "The last night of retention did not end, and no other night began" in page.body(
        Vitals("http://127.0.0.1:1"), later_us, night
    )
    await memory_archive.retention.note(replace(begun, ended_us=now_us, erased=4, at_a_station=1))
    await night.look()
    text = page.body(Vitals("http://127.0.0.1:1"), now_us, night)
    assert "4 sessions erased; 1 left, at a station" in text
    assert "system-line warn" not in text
    assert "Retention has not run for a day" in page.body(Vitals("http://127.0.0.1:1"), later_us, night)


async def test_cold_storage_is_a_section_once_it_is_used(memory_archive):
    night, now_us = LastNight(memory_archive), time.time_ns() // 1000
    await night.look()
    vitals = Vitals("http://127.0.0.1:1")
    assert "Cold storage" not in page.body(vitals, now_us, night)
    await recorded(memory_archive)
    await memory_archive.cold.archive("run")
    begun = ArchivingRun("2026-11-30", now_us)
    await memory_archive.archiving.claim(begun)
    await night.look()
    text = page.body(vitals, now_us, night)
    assert "Cold storage" in text
    assert "1 session, 40 frames" in text
    assert "did not end; the next night goes on" in text
    await memory_archive.archiving.note(replace(begun, ended_us=now_us, archived=1))
    await night.look()
    assert "1 session archived" in page.body(vitals, now_us, night)
    night.cold = replace(night.cold, place="", leaving=1)
    text = page.body(vitals, now_us, night)
    assert "not set here (BAROGRAPH_COLD_STORAGE)" in text
    assert "their keys are destroyed" in text


async def test_rules_of_cold_storage_and_that_it_is_away_are_told(memory_archive):
    night, now_us = LastNight(memory_archive), time.time_ns() // 1000
    vitals = Vitals("http://127.0.0.1:1")
    team = await memory_archive.roster.add_team("Sprint", now_us=1)
    await memory_archive.archiving.put(Rules((Rule("gait", days=365), Rule("", team.uid))))
    await night.look()
    text = page.body(vitals, now_us, night)
    assert "Nothing is archived." in text
    for shown in ("gait", "after 365 days", "Sprint", "never"):
        assert shown in text
    await recorded(memory_archive)
    await memory_archive.cold.archive("run")
    await night.look()
    assert "It does not answer" not in page.body(vitals, now_us, night)
    memory_archive.cold.away = True
    await night.look()
    text = page.body(vitals, now_us, night)
    assert "Frames of archived sessions cannot be read now; all else goes on: cold storage does not answer." in text
    assert "It does not answer" in text
    night.cold = replace(night.cold, away="")
    vitals.last = Scrape({}, {}, "1", {"cold": "away: cold storage: /mnt/slow is not there"})
    said = "cannot be read now; all else goes on, as the ingest says: /mnt/slow is not there."
    assert said in page.body(vitals, now_us, night)
