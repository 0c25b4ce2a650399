"""One number, one value, beyond the pages of steps: live tiles, the HTTP API, and measures of balance everywhere."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from shown import named, rows

from analytics import balance, frame_stats, sim
from barograph.access.principals import Access
from barograph.access.proofs import Proofs
from barograph.frames import Recording
from dashboard.compare import callbacks as compare
from dashboard.history import callbacks as history
from dashboard.reading.more_measures import SWAY
from dashboard.reading.parts import Parts
from dashboard.reading.session_measures import metric
from dashboard.reading.standing import places_of
from dashboard.session import callbacks as session
from dashboard.session.report_routes import make
from ingest.app import create_app as create_ingest

HOST = {"Host": "127.0.0.1:8050"}
HERE = {"client": ("127.0.0.1", 4242)}


def plate(seconds: float, **parameters: object) -> Recording:
    foot = sim.stand(seconds, **parameters)["left"]
    return replace(foot, layout=replace(foot.layout, kind="plate", side=None))


def sways(table: list[list[str]], column: int = 1) -> dict[str, float]:
    """The numbers of measures of balance, by their titles."""
    found = {}
    for row in table[1:]:
        for name in SWAY:
            title = metric(name).title
            if row[0].startswith(title) and row[column] not in ("", "–"):
                found[title] = float(row[column].replace("\u2212", "-"))
    return found


async def test_measures_of_balance_are_the_same_on_session_compare_history_report_and_in_a_notebook(pages, keep):
    recordings = {"one": plate(24.0), "two": plate(24.0, seed=4)}
    for name, recording in recordings.items():
        await keep(name, {"plate": recording}, athlete="A")
    body, _ = await session.tab(pages, "/session/one", "?tab=balance")
    on_page = sways(rows(getattr(body, "data-markup"), "Measures of balance"))
    assert set(on_page) == {metric(name).title for name in SWAY}
    reported = sways(rows(await make(Parts(pages.archive), "one"), "Measures of balance"))
    compared = sways(rows(await compare.body(pages, "?a=one&b=two"), "Paired measures"))
    entry = await pages.measures.entry(await pages.archive.workout("one"))
    past = {metric(name).title: value[0] for (name, _), value in entry.values.items() if name in SWAY}
    made = balance(frame_stats(recordings["one"]), cutoff_hz=10.0).iloc[0]
    noted = {metric(name).title: float(made[name]) for name in SWAY}
    assert reported == on_page
    assert compared == on_page
    for name in SWAY:
        title = metric(name).title
        assert past[title] == pytest.approx(noted[title], rel=1e-6), name  # kept as float32
        assert on_page[title] == float(f"{noted[title]:.{places_of(name)}f}"), name


async def looked_back(app, access, path: str) -> dict:
    """What the live page is told when it is rewound."""
    client = app.test_client()
    token = access.new_link("http://127.0.0.1:8050").rpartition("/")[2]
    assert (await client.post(f"/login/{token}", headers=HOST, scope_base=HERE)).status_code == 303
    answer = await client.get(path, headers=HOST, scope_base=HERE)
    assert answer.status_code == 200, await answer.get_data(as_text=True)
    return await answer.get_json()


async def api_stats(settings, archive, live, workout: str, stream: str) -> list[dict[str, float]]:
    """Every row of the HTTP API's per-frame statistics."""
    client = create_ingest(settings, archive, live, Access(settings, "ingest")).test_client()
    headers = {**HOST, "Authorization": f"Bearer {Proofs(settings).owner_token()}"}
    out, cursor = [], ""
    while cursor is not None:
        path = f"/api/workouts/{workout}/stats?stream={stream}" + (f"&cursor={cursor}" if cursor else "")
        answer = await client.get(path, headers=headers, scope_base=HERE)
        assert answer.status_code == 200, await answer.get_data(as_text=True)
        said = await answer.get_json()
        names = [one["name"] for one in said["columns"]]
        out += [dict(zip(names, row[3:], strict=True)) for row in said["rows"]]
        cursor = said["next_cursor"]
    return out


async def test_live_tiles_of_a_moment_are_those_of_its_session_page_and_of_the_http_api(
    pages, keep, app, access, settings, memory_archive, memory_live
):
    walk = sim.walk(6.0, start_us=1_795_000_000_000_000)
    await keep("walk", walk, athlete="A")
    last_us = max(int(one.times_us[-1]) for one in walk.values())
    said = await looked_back(app, access, f"/data/walk/numbers?t_us={last_us}")
    tiles = said["values"]
    assert said["tiles"] == "gait"
    body, _ = await session.tab(pages, "/session/walk", "?tab=gait")
    table = rows(getattr(body, "data-markup"), "Left and right")
    for column, side in ((1, "left"), (2, "right")):
        shown = named(table, column)
        assert tiles["steps"][side] <= 5
        assert shown["Contact time"] == pytest.approx(tiles["contact"][side], abs=0.51)
        assert shown["Peak force"] == pytest.approx(tiles["force"][side], abs=0.51)
        stats = await api_stats(settings, memory_archive, memory_live, "walk", side)
        assert len(stats) == len(walk[side])
        since = np.searchsorted(walk[side].times_us, last_us - 5_000_000, "right")
        highest = max(row["total_force_n"] for row in stats[since:])
        assert tiles["total"][side] == pytest.approx(highest, rel=1e-5)
        assert frame_stats(walk[side])["total_force_n"].iloc[since:].max() == pytest.approx(highest, rel=1e-5)
    higher = tiles["pressure"]["side"]
    assert named(table, 1 if higher == "left" else 2)["Peak pressure"] == pytest.approx(
        tiles["pressure"]["value"], abs=0.51
    )


async def test_the_history_says_how_many_of_its_sessions_have_no_such_number(pages, keep):
    await keep("walk", sim.walk(6.0), athlete="A")
    await keep("stand", sim.stand(6.0), athlete="A")
    shown = await history.body(pages, "/athlete/A/history", "?metric=max_total_force_n")
    assert len(rows(shown, "Sessions")) == 2
    assert "; 1 session without this measure" in shown
    assert "without this measure" not in await history.body(pages, "/athlete/A/history", "?metric=mean:peak_kpa")
