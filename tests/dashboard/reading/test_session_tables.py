"""Every kept table has the numbers of its tab, and so have exports of the session and what History reads."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from walkways import plate, treading, walking

from analytics import (
    body_balance,
    footprints,
    frame_stats,
    jumps,
    net_cop,
    running_form,
    running_means,
    seat,
    session_load,
    sim,
    single_leg,
    stances,
    walk,
    walk_means,
)
from analytics.columns import arrival_columns
from analytics.sessions.export_tables import ExportTables
from barograph import Layout, Place, Recording
from barograph.store import session_exports
from barograph.store.session_tables import NOT_KEPT, OF_A_PART, TITLES, PartAsked, kept_tables
from barograph.store.summarised import SummariesQuery, frame_of, summarised
from barograph.store.summary_rows import unpacked
from dashboard.reading.export_rows import done_tables
from dashboard.reading.session_measures import SessionMeasures, entry_of, metric
from dashboard.reading.summarising import Summariser
from dashboard.reading.summary_tables import TABLES

T0 = 1_790_000_000_000_000
SMALL = {"rows": 12, "cols": 6, "start_us": T0}
G = 9.80665


def placed(recordings: dict[str, Recording]) -> dict[str, Recording]:
    where = Place.feet(180.0)
    return {side: replace(one, layout=replace(one.layout, place=where[side])) for side, one in recordings.items()}


@cache
def walkway() -> Recording:
    made = treading(plate(600, 2400), walking(4, y=250, step_mm=560), 3.0)
    return replace(made, times_us=made.times_us + T0)


@cache
def trodden() -> pd.DataFrame:
    return footprints(walkway())


def sat() -> Recording:
    y, x = np.mgrid[-1:1:6j, -1:1:8j]
    frames = np.repeat((12 * np.exp(-4 * x**2) * (0.3 + y**2))[None], 60, axis=0)
    layout = Layout(rows=6, cols=8, unit="kPa", pitch_mm=(20.0, 20.0), kind="seat")
    return Recording(frames=frames, times_us=T0 + np.arange(60) * 50_000, layout=layout)


def lifted() -> dict[str, Recording]:
    stood = sim.stand(20.0, **SMALL)
    return {"left": stood["left"], "right": replace(stood["right"], frames=np.zeros_like(stood["right"].frames))}


def stats(made: dict[str, Recording]) -> list[pd.DataFrame]:
    return [frame_stats(made[side])[list(arrival_columns(made[side].layout))] for side in sim.SIDES]


JUMPED = sim.simulate("jump", 20.0, seed=4, **SMALL)
RAN, STOOD = sim.run(8.0, **SMALL), placed(sim.stand(20.0, **SMALL))
# Table, what was recorded, the columns that are compared, and what analytics says of them.
CASES: dict[str, tuple[dict[str, Recording], tuple[str, ...], Callable[[], pd.DataFrame]]] = {
    "jumps": (JUMPED, ("height_m", "height_flight_m", "propulsion_left_ns"), lambda: jumps(*stats(JUMPED))),
    "prints": ({"plate": walkway()}, ("foot_length_mm", "contact_s", "impulse_ns"), trodden),
    "walk": ({"plate": walkway()}, ("step_length_mm", "step_width_mm", "speed_m_s"),
             lambda: walk(trodden())),
    "running": (RAN, ("contact_s", "flight_s", "valr_bw_s", "k_vert_kn_m"),
                lambda: running_form(*stats(RAN), body_weight_n=70.0 * G)),
    "balance": (STOOD, ("path_mm", "ellipse95_area_mm2", "mean_limb_share_left_pct"),
                lambda: body_balance(net_cop(*stats(STOOD), layouts=[STOOD[side].layout for side in sim.SIDES]),
                                     cutoff_hz=10.0)),
    "one leg": (lifted(), ("single_leg_s", "n_touch_downs", "path_mm"),
                lambda: single_leg(*stats(lifted()), cutoff_hz=10.0)),
    "load": (RAN, ("steps", "impulse_bw_s", "time_above_1.5bw_s"),
             lambda: pd.concat([session_load(one, stances(one), 70.0 * G) for one in stats(RAN)])),
    "seats": ({"seat": sat()}, ("ppi_kpa", "cov_pct"), lambda: seat(sat())),
}  # fmt: skip
# Of the same recordings: a number of the session, and what analytics says of it.
MEASURES: dict[str, tuple[tuple[str, str], Callable[[], float]]] = {
    "jumps": (("jump:height_m", ""), lambda: float(jumps(*stats(JUMPED))["height_m"].mean())),
    "prints": (("print:foot_width_mm", "left"),
               lambda: walk_means(trodden()).loc["left", "mean_foot_width_mm"]),
    "walk": (("walk:speed_m_s", ""), lambda: walk_means(trodden()).loc["both", "mean_speed_m_s"]),
    "running": (("run:k_vert_kn_m", "right"),
                lambda: running_means(CASES["running"][2]()).loc["right", "mean_k_vert_kn_m"]),
    "balance": (("path_mm", ""), lambda: CASES["balance"][2]()["path_mm"].iloc[0]),
    "one leg": (("leg:path_mm", "left"), lambda: CASES["one leg"][2]()["path_mm"].iloc[0]),
    "load": (("run:peak_bw", "left"), lambda: running_means(CASES["running"][2]()).loc["left", "mean_peak_bw"]),
    "seats": (("seat:ppi_kpa", "seat"), lambda: seat(sat())["ppi_kpa"].iloc[0]),
}  # fmt: skip


async def exported(archive, name: str, **part: int) -> pd.DataFrame:
    """The table of a session's ZIP."""
    export = await session_exports.prepare(archive, "done", "zip", ExportTables(), done_tables, **part)
    data = b"".join([one async for one in export.parts()])
    with zipfile.ZipFile(io.BytesIO(data)) as inside:
        return pd.read_csv(io.BytesIO(inside.read(f"tables/{TITLES[name]}.csv")))


async def test_a_part_has_what_was_done_in_it_and_api_says_what_is_not_computed(pages, keep):
    await keep("done", {"plate": walkway()}, mass_kg=70.0)
    workout, whole = await pages.archive.workout("done"), await exported(pages.archive, "prints")
    part = await exported(pages.archive, "prints", start_us=T0, stop_us=T0 + round(whole["start_s"][2] * 1e6) - 10_000)
    assert len(part) == 2 < len(whole)
    assert part["foot_length_mm"][0] == pytest.approx(whole["foot_length_mm"][0])
    assert part["cut"].tolist() == [False, True]
    never = await kept_tables(pages.archive, PartAsked(workout, ["plate"]))
    assert never.why == dict.fromkeys(TITLES.values(), NOT_KEPT)
    await Summariser(pages.archive, lambda _: True).catch_up()
    kept = await kept_tables(pages.archive, PartAsked(workout, ["plate"]))
    assert kept.why == {}
    assert len(kept.tables["prints"]) == len(whole)
    measures = kept.tables["measures"].set_index("measure")["mean"]
    assert measures["print:foot_length_mm"].iloc[0] == pytest.approx(whole["foot_length_mm"][::2].mean(), rel=0.1)
    assert (await kept_tables(pages.archive, PartAsked(workout, ["plate"], T0 + 1))).why["walk"] == OF_A_PART


def test_every_table_of_something_done_has_a_case():
    """Steps have their own test beside the Gait tab, trials theirs in `test_trial_measures`."""
    assert {*CASES, "steps", "trials"} == {one.name for one in TABLES if not one.name.startswith("session")}


@pytest.mark.parametrize("name", CASES)
async def test_a_table_has_the_numbers_of_its_tab_by_every_way(pages, keep, name):
    recordings, columns, expected = CASES[name]
    await keep("done", recordings, mass_kg=70.0)
    workout = await pages.archive.workout("done")
    live = await entry_of(pages.parts, workout, "")
    fresh = await exported(pages.archive, name)
    await Summariser(pages.archive, lambda _: True).catch_up()
    (kept,) = await pages.archive.summaries.stored([workout], [name])
    rows, made = unpacked(kept.rows), expected()
    assert kept.why == ""
    assert len(rows) >= len(made) > 0
    for column in columns:
        np.testing.assert_allclose(rows[column][: len(made)], made[column].astype(float), rtol=1e-5, atol=1e-7)
    found, _ = await summarised(pages.archive, SummariesQuery(name))
    pd.testing.assert_frame_equal(frame_of(found, name)[list(columns)].reset_index(drop=True), rows[list(columns)])
    pd.testing.assert_frame_equal(await exported(pages.archive, name), fresh)
    np.testing.assert_allclose(fresh[list(columns)], rows[list(columns)])
    key, number = MEASURES[name]
    (entry,) = await SessionMeasures(pages.parts).entries([workout])
    assert entry.values[key][0] == live.values[key][0] == pytest.approx(number(), rel=1e-5)
    for other, where in entry.values:
        assert metric(other).about[1], (other, where)
