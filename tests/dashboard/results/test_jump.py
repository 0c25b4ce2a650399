"""The Jump tab: the numbers of analytics, what was found and by which limits, and why there is nothing."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from jump_traces import BW, MASS, rebound_force

from analytics import drop_jumps, frame_stats, hops, jumps, sim
from analytics.columns import arrival_columns
from barograph import Layout, Recording, protocols
from barograph.store.roster import Athlete
from barograph.store.trials import NewTrial
from dashboard.reading.summarising import Summariser
from dashboard.session import callbacks
from dashboard.session.page import first_tab
from dashboard.session.report_routes import make
from tests.dashboard.shown import number, rows

SMALL = {"rows": 12, "cols": 6, "start_us": 1_790_000_000_000_000}
JUMPED = sim.simulate("jump", 32.0, seed=4, asymmetry=0.1, **SMALL)
DROPPED = sim.simulate("drop", 22.0, rate_hz=200.0, **SMALL)


def plate(recording: Recording) -> Recording:
    return replace(recording, layout=replace(recording.layout, kind="plate", side=None))


async def tab(pages, search: str = "", workout: str = "hall") -> str:
    body, _ = await callbacks.tab(pages, f"/session/{workout}", f"?tab=jump{search}")
    return getattr(body, "data-markup")


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text).replace("\u202f", ""))


def tables(recordings: dict[str, Recording]):
    return [frame_stats(recordings[side])[list(arrival_columns(recordings[side].layout))] for side in sim.SIDES]


async def test_jumps_of_two_insoles_have_the_numbers_of_analytics(pages, keep):
    await keep("hall", JUMPED, mass_kg=75.0)
    markup = await tab(pages, "&trial=2")
    found = jumps(*tables(JUMPED))
    shown = rows(markup, "Trials")
    assert [number(row[2]) for row in shown[1:4]] == pytest.approx(100 * found["height_flight_m"], abs=0.051)
    assert [number(row[3]) for row in shown[1:4]] == pytest.approx(100 * found["height_m"], abs=0.051)
    assert number(shown[4][2]) == pytest.approx(100 * found["height_flight_m"].mean(), abs=0.051)
    cv = 100 * found["height_m"].std() / found["height_m"].mean()
    assert number(shown[5][3]) == pytest.approx(cv, abs=0.051)
    second = found.iloc[1]
    phases = {row[0]: row[1:] for row in rows(markup, "Impulse by phase")[1:]}
    for name in ("Unweighting", "Braking", "Propulsion", "Landing"):
        expected = [second[f"{name.lower()}_{what}"] for what in ("left_ns", "right_ns", "si_pct")]
        assert number(phases[name][0]) == pytest.approx(1000 * second[f"{name.lower()}_s"], abs=0.51)
        assert [number(cell) for cell in phases[name][1:4]] == pytest.approx(expected, abs=0.51)
    text = plain(markup)
    assert f"3 countermovement jumps found, all counted · body weight {second['body_weight_n']:.0f} N" in text
    assert "flight below 20 N for 0.15 to 1.2 s" in text
    assert "Coarse: 100 Hz." in text
    assert "Jump 2" in text


async def test_what_is_coarse_says_what_it_costs_and_gives_no_power(pages, keep):
    await keep("hall", JUMPED)
    text = plain(await tab(pages, "&trial=1"))
    flight = jumps(*tables(JUMPED))["flight_s"].iloc[0]
    assert f"to ± {100 * 9.80665 * flight / 4 * 0.01:.1f} cm. Power is not given below 200 Hz." in text
    assert "peak power" not in text
    fine = sim.simulate("jump", 12.0, rate_hz=250.0, **SMALL)
    await keep("fine", fine)
    text = plain(await tab(pages, workout="fine"))
    assert "Coarse" not in text
    assert f"peak power {jumps(*tables(fine))['peak_power_w'].iloc[0]:.0f} W" in text


async def test_the_mean_leaves_out_what_is_left_out(pages, keep):
    await keep("hall", JUMPED)
    markup = await tab(pages, "&trial=mean&without=2")
    found = jumps(*tables(JUMPED)).iloc[[0, 2]]
    assert "Mean ± SD of 2" in plain(markup)
    assert "1 not counted" in plain(markup)
    shown = rows(markup, "Trials")
    assert number(shown[4][3]) == pytest.approx(100 * found["height_m"].mean(), abs=0.051)
    assert shown[2][1].startswith("left out")
    assert f"± {100 * found['height_flight_m'].std():.1f}" in plain(markup)
    everything = await tab(pages, "&trial=mean&without=1,2,3")
    assert "Mean ± SD of 0" in plain(everything)


async def test_a_trial_that_was_rejected_does_not_count_and_says_why(pages, keep, memory_archive):
    await keep("hall", JUMPED)
    start_us = SMALL["start_us"]
    trial = NewTrial(protocols.named("cmj"), start_us + 12_000_000, start_us + 18_000_000)
    made = await memory_archive.trials.add("hall", trial, now_us=start_us)
    assert "all counted" in plain(await tab(pages))
    judged = {"state": "rejected", "reason": "hands left the hips"}
    await memory_archive.trials.edit("hall", made.number, judged, now_us=start_us + 1)
    markup = await tab(pages, "&trial=mean")
    assert rows(markup, "Trials")[2][1] == "rejected: hands left the hips"
    assert "Mean ± SD of 2" in plain(markup)
    assert "Leave out jump 2" not in markup
    assert "Leave out jump 1" in markup


async def test_the_box_is_that_of_the_protocol_unless_another_is_entered(pages, keep, memory_archive):
    await keep("hall", DROPPED)
    start_us = SMALL["start_us"]
    trial = NewTrial(protocols.named("drop-jump"), start_us, start_us + 9_000_000)
    await memory_archive.trials.add("hall", trial, now_us=start_us)
    assert "box of 30 cm, of the protocol" in plain(await tab(pages, "&trial=1"))
    assert "box height not said" in plain(await tab(pages, "&trial=2"))
    assert "box 40 cm, entered" in plain(await tab(pages, "&trial=1&box=40"))


async def test_a_drop_jump_is_recognised_and_its_box_is_what_was_said(pages, keep):
    await keep("hall", DROPPED)
    markup = await tab(pages, "&box=30")
    found = drop_jumps(*tables(DROPPED))
    shown = rows(markup, "Trials")
    assert [number(row[2]) for row in shown[1:3]] == pytest.approx(found["rsi"], abs=0.0051)
    assert [number(row[3]) for row in shown[1:3]] == pytest.approx(1000 * found["contact_s"], abs=0.51)
    text = plain(markup)
    assert "2 drop jumps found" in text
    assert "box 30 cm, entered" in text
    assert "contact 205 ms" in text
    assert "box height not said" in plain(await tab(pages))
    assert "Coarse" not in text


async def test_another_kind_may_be_asked_for(pages, keep):
    await keep("hall", DROPPED)
    assert "2 countermovement jumps found" in plain(await tab(pages, "&jump=cmj"))
    assert not len(hops(*tables(DROPPED)))
    assert "No jump in this selection" in await tab(pages, "&jump=hops")


async def test_one_plate_has_no_left_and_right_and_says_why(pages, keep):
    both = JUMPED["left"].frames + JUMPED["right"].frames[:, :, ::-1]
    await keep("hall", {"main": plate(replace(JUMPED["left"], frames=both))})
    markup = await tab(pages)
    text = plain(markup)
    assert "No left and right: One plate does not tell left from right." in text
    heads = rows(markup, "Impulse by phase")[0]
    assert [head.strip() for head in heads] == ["Phase", "ms", "Net N·s"]
    assert rows(markup, "Trials")[0][2].startswith("Height, impulse")  # leads on plates


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda one: {"left": one["left"]}, "One insole feels one foot."),
        (lambda one: {s: replace(r, layout=replace(r.layout, unit="raw")) for s, r in one.items()}, "No force in N"),
    ],
)
async def test_without_the_force_of_a_body_there_are_no_jumps_and_it_says_why(pages, keep, make, why):
    await keep("hall", make(JUMPED))
    assert why in plain(await tab(pages))


async def test_an_empty_tab_says_its_thresholds_and_what_the_shoes_press(pages, keep):
    await keep("walk", sim.walk(6.0, **SMALL))
    text = plain(await tab(pages, workout="walk"))
    assert "A jump is a flight below 20 N for 0.15 to 1.2 s, after a push of 1.2 times the usual force." in text
    tight = {s: replace(r, frames=r.frames + r.layout.valid.astype(np.uint16) * 20) for s, r in JUMPED.items()}
    await keep("hall", tight)
    assert re.search(r"The least force here is \d+ N: raise the limit", plain(await tab(pages)))
    assert "3 countermovement jumps found" in plain(await tab(pages, "&flight=150"))


async def test_nonsense_in_the_address_is_said_and_the_default_is_shown(pages, keep):
    await keep("hall", JUMPED)
    text = plain(await tab(pages, "&trial=x&without=0&flight=-3&jump=dive"))
    for said in ("trial: expected best, mean or a number", "without: expected numbers of jumps",
                 "flight: expected N above", "jump: expected one of cmj, squat, drop, hops"):  # fmt: skip
        assert said in text
    assert "3 countermovement jumps found" in text
    assert "Jump 9" not in plain(await tab(pages, "&trial=9"))


async def test_a_jump_that_was_not_still_before_has_a_flight_and_no_impulse(pages, keep):
    short = {side: one[410:700] for side, one in JUMPED.items()}
    await keep("hall", short)
    markup = await tab(pages)
    shown = rows(markup, "Trials")[1]
    assert shown[1].startswith("not still before: no weight")
    assert number(shown[2]) > 20
    assert shown[3] == "–"
    assert "body weight not known: nobody stood still" in plain(markup)


async def test_jumps_are_made_once_for_what_is_asked(pages, keep, monkeypatch):
    await keep("hall", JUMPED)
    await tab(pages)
    made = []
    monkeypatch.setattr("dashboard.reading.jumps.jumps", lambda *tables, **asked: made.append(1))
    await tab(pages, "&trial=2")
    assert made == []


def test_sessions_of_jumps_open_with_them():
    class Info:
        layout = Layout(rows=1, cols=2, kind="insole")

    seat = Info()
    seat.layout = Layout(rows=1, cols=2, kind="seat")
    assert first_tab([Info()], "Countermovement jump") == "jump"
    assert first_tab([Info()], "Walking") == first_tab([Info()]) == "gait"
    assert first_tab([seat], "jump seat") == "maps"


async def test_the_sheet_has_the_jumps_of_a_session_that_has_some(pages, keep):
    await keep("hall", JUMPED)
    sheet = await make(pages.parts, "hall")
    assert "<h2>Jumps</h2>" in sheet
    assert rows(sheet, "Trials")[1][2:] == rows(await tab(pages), "Trials")[1][2:]
    await keep("walk", sim.walk(6.0, **SMALL))
    assert "<h2>Jumps</h2>" not in await make(pages.parts, "walk")


async def test_hops_of_a_plate_are_rebounds_one_after_the_other(pages, keep):
    s = np.arange(4500) / 500.0
    force = rebound_force(s, [2.73 + i * 0.53 for i in range(5)], 0.2, 1.6)
    rise = 1.6 * MASS / 0.4 * np.pi / 2.0
    force = np.where((s >= 2.0) & (s < 2.4), BW + rise * np.sin(np.pi * (s - 2.0) / 0.4), force)
    force = np.where((s < 2.0) | (s >= 5.6), BW, force)
    layout = Layout(rows=1, cols=2, dtype="float64", unit="kPa", pitch_mm=(100.0, 100.0), kind="plate")
    frames = np.repeat(force[:, None, None] / 20.0, 2, axis=2)
    await keep("hall", {"main": Recording(frames, SMALL["start_us"] + np.rint(s * 1e6).astype(np.int64), layout)})
    markup = await tab(pages)
    shown = rows(markup, "Trials")
    text = plain(markup)
    assert re.search(r"\d hops found", text)
    assert [number(row[3]) for row in shown[1:4]] == pytest.approx([200] * 3, abs=5)
    assert "Mean ± SD of" in text
    assert "contact" in text
    assert "No left and right: One plate does not tell left from right." in text


async def test_tiles_say_whether_jumps_differ_from_earlier_sessions_of_the_athlete(pages, keep):
    await pages.archive.roster.add(Athlete("Ada"), now_us=SMALL["start_us"])
    made = JUMPED["left"].times_us[0]
    for i, height in enumerate((1.0, 0.99, 1.01, 1.0)):
        shift = (i - 4) * 86_400_000_000
        moved = {side: replace(one, frames=one.frames, times_us=made + shift + np.round((one.times_us - made) * height)
                               .astype(np.int64)) for side, one in JUMPED.items()}  # fmt: skip
        await keep(f"before-{i}", moved, mass_kg=75.0, athlete="Ada", kind="jump")
    await keep("hall", JUMPED, mass_kg=75.0, athlete="Ada", kind="jump")
    assert "A change needs three earlier sessions of this athlete and kind with jumps; here are 0." in await tab(pages)
    await Summariser(pages.archive, lambda _: True).catch_up()
    markup = await tab(pages)
    tile = markup[markup.index('aria-label="Height"') :].partition("jump-hint")[2].partition('role="group"')[0]
    assert "within noise" in tile
    assert "Own baseline, the first 3 tests: TE" in tile
    entries = await pages.measures.entries([await pages.archive.workout(f"before-{i}") for i in range(3)])
    values = [one.values["jump:height_flight_m", ""][0] for one in entries]
    assert f"{100 * np.std(values, ddof=1):.2f} cm" in tile
    await keep("stranger", JUMPED, mass_kg=75.0)
    assert "change-flag" not in await tab(pages, workout="stranger")
