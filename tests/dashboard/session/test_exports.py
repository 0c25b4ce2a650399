"""The Export section of the Data tab: each format of the selection, or why there is none."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from html import unescape

import numpy as np
import pandas as pd
import pytest
from quart import Quart

from analytics import sim
from barograph import Layout
from dashboard.dialogs import callbacks as dialogs
from dashboard.feed import moment_routes
from dashboard.reading.sources import Sources
from dashboard.results import exporting
from dashboard.session import callbacks

FOOT = sim.walk(4.0, rows=12, cols=6)["left"]


@pytest.fixture
def client(memory_archive):
    app = Quart(__name__)
    moment_routes.register(app, memory_archive)
    return app.test_client()


async def buttons(pages: Sources, search: str = "") -> dict[str, str]:
    """What the buttons of the first stream lead to, or why they are off."""
    body, _ = await callbacks.tab(pages, "/session/one", f"?tab=data{search}")
    (section,) = re.findall(r'<table[^>]*aria-label="Export".*?</table>', getattr(body, "data-markup"), re.S)
    found = re.findall(r'<(?:a|span)[^>]*class="button(?: off)?"[^>]*>[^<]*<', section)
    return {
        unescape(re.findall(r">([^<]*)<", one)[0]): unescape(re.findall(r'(?:href|title)="([^"]*)"', one)[0])
        for one in found
    }


async def test_each_format_is_offered_and_a_gap_turns_off_what_holds_none(pages, keep):
    await keep("one", {"left": FOOT[np.r_[0:100, 150:400]]})
    whole = await buttons(pages)
    assert list(whole) == ["CSV", "Parquet", "NPZ", "MAT", "C3D", "MOT", "ZIP", "XLSX"]
    assert whole["ZIP"].startswith("/data/one/export?format=zip&start_us=")
    assert whole["MAT"].startswith("/data/one/left/export?format=mat&start_us=")
    assert whole["C3D"].startswith("times: expected one rate and no gap, a frame every 10 ms, got 510 ms")
    assert "from 1.500 to 3.990 s: take that" in whole["MOT"]
    part = await buttons(pages, "&from=1.5&to=3.9")
    assert part["C3D"].startswith("/data/one/left/export?format=c3d&start_us=")


async def test_counts_have_no_force_and_the_dialog_says_so_too(pages, keep, client):
    await keep("one", {"left": replace(FOOT, layout=Layout(rows=12, cols=6, dtype="uint16"))})
    why = "unit: expected a pressure or force a cell, got counts"
    assert (await buttons(pages))["C3D"].startswith(why)
    assert (await client.get((await buttons(pages))["MAT"])).status_code == 200
    assert (await client.get((await buttons(pages))["MAT"].replace("mat", "c3d"))).status_code == 400
    answer = await client.get((await buttons(pages))["XLSX"])
    assert answer.headers["Content-Disposition"] == "attachment; filename=one.xlsx"
    assert len(pd.read_excel(io.BytesIO(await answer.get_data()), sheet_name="left")) == 400
    said = exporting.sessions([await pages.archive.workout("one")])
    assert unescape(said).count(why) == 2
    assert "format=mat&" in unescape(said)


async def test_the_dialog_of_one_session_knows_gaps_too(pages, keep):
    await keep("one", {"left": FOOT[np.r_[0:100, 150:400]]})
    _, shown = await dialogs.shown(pages, "export", ["one"], "?from=1.5&to=3.9")
    markup = unescape(getattr(shown[-1], "data-markup"))
    assert [markup.count(f"format={name}&") for name in ("npz", "c3d", "mot", "zip")] == [2, 1, 1, 2]
    assert markup.count("got 510 ms between frames 99 and 100") == 2


async def test_two_feet_of_one_clock_go_into_one_c3d_and_what_parts_them_is_told(pages, keep, client):
    await keep("one", sim.walk(4.0, rows=12, cols=6))
    body, _ = await callbacks.tab(pages, "/session/one", "?tab=data")
    (path,) = re.findall(r'href="(/data/one/export[^"]*format=mot[^"]*)"', unescape(getattr(body, "data-markup")))
    text = (await (await client.get(path)).get_data()).decode()
    assert "right_ground_force_vy" in text
    assert text.count("\n") == 8 + 400
    feet = sim.walk(4.0, rows=12, cols=6)
    await keep("two", {**feet, "right": replace(feet["right"], times_us=feet["right"].times_us + 60_000_000)})
    body, _ = await callbacks.tab(pages, "/session/two", "?tab=data")
    markup = unescape(getattr(body, "data-markup"))
    assert markup.count("No C3D of all streams, MOT of all streams: times: expected streams that were recorded at") == 1
