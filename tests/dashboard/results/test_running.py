"""Running on the Gait tab: the numbers of analytics, of who runs alone."""

from __future__ import annotations

import pytest

from analytics import drift, frame_stats, running_form, running_means, sim, stances, strike_index
from barograph.store.records import About
from barograph.store.roster import Athlete, Measurement
from barograph.store.summaries import basis
from barograph.store.summarised import SummariesQuery, frame_of, summarised
from dashboard.reading.session_measures import entry_of
from dashboard.reading.summarising import Summariser
from dashboard.session import callbacks
from dashboard.session.report_routes import make
from tests.dashboard.shown import number, rows

DAY_US = 86_400_000_000
SMALL = {"rows": 12, "cols": 6, "start_us": 1_790_000_000_000_000}


async def tab(pages, workout: str) -> str:
    body, _ = await callbacks.tab(pages, f"/session/{workout}", "?tab=gait")
    return getattr(body, "data-markup")


async def test_who_runs_has_a_table_of_running_and_who_walks_has_none(pages, keep):
    ran = sim.run(12.0, **SMALL)
    await keep("run", ran, mass_kg=70.0)
    await keep("walk", sim.walk(6.0, **SMALL))
    markup = await tab(pages, "run")
    shown = {row[0].split(" s")[0].split(" %")[0]: row[1:] for row in rows(markup, "Running")[1:]}
    form = running_form(*(frame_stats(ran[side]) for side in sim.SIDES), body_weight_n=70.0 * 9.80665)
    means = running_means(form)
    for name, digits, title in (("contact_s", 3, "Contact time"), ("flight_s", 3, "Flight time")):
        cells = next(cells for key, cells in shown.items() if key.startswith(title))
        expected = means[f"mean_{name}"].tolist()[:2]
        assert [number(cell.split("±")[0]) for cell in cells[:2]] == pytest.approx(expected, abs=0.51 * 10**-digits)
        whole = form.loc[~form["cut"], ["start", name]]
        assert number(cells[2]) == pytest.approx(drift(whole, name)["slope_per_min"].iloc[0], abs=0.51e-4)
    assert "of the athlete’s mass" in markup
    compared = [row[0] for row in rows(markup, "Left and right")]
    assert not any(name.startswith("Double support") for name in compared)
    assert "who runs never has both feet on the ground" in markup
    assert "coarse" in markup.split("Average loading rate")[-1]
    walked = await tab(pages, "walk")
    assert 'aria-label="Running"' not in walked
    assert any(row[0].startswith("Double support") for row in rows(walked, "Left and right"))
    assert 'aria-label="Running"' in await make(pages.parts, "run")
    assert "Leg stiffness needs the speed of the treadmill and the length of the leg" in markup


async def test_leg_stiffness_is_of_the_speed_that_a_tag_says_and_the_leg_that_was_measured(pages, keep):
    ran, parts = sim.run(12.0, **SMALL), pages.archive
    legs = tuple(Measurement(f"leg_{side}_cm", 90.0, SMALL["start_us"] - DAY_US) for side in sim.SIDES)
    old = Measurement("leg_left_cm", 70.0, SMALL["start_us"] - 900 * DAY_US)
    await parts.roster.add(Athlete("Ada", measurements=(old, *legs)), now_us=SMALL["start_us"])
    await keep("run", ran, athlete="Ada", mass_kg=70.0, tags=("hot", "12,6 km/h"))
    form = running_form(*(frame_stats(ran[side]) for side in sim.SIDES), body_weight_n=70.0 * 9.80665, speed_m_s=3.5,
                        leg_m=0.9)  # fmt: skip
    expected = running_means(form)["mean_k_leg_kn_m"].tolist()[:2]
    markup = await tab(pages, "run")
    shown = {row[0]: row[1:] for row in rows(markup, "Running")[1:]}
    stiff = next(cells for key, cells in shown.items() if key.startswith("Leg stiffness"))
    assert [number(cell.split("±")[0]) for cell in stiff[:2]] == pytest.approx(expected, abs=0.051)
    assert "Leg: measured 20" in markup
    assert "needs the speed" not in markup
    strike = next(cells for key, cells in shown.items() if key.startswith("Strike index"))
    found = {side: strike_index(ran[side], stances(frame_stats(ran[side]), on=20.0, off=16.0, floor=0.0), side=side)
             for side in sim.SIDES}  # fmt: skip
    means = [one.loc[~one["cut"], "strike_index_pct"].mean() for one in found.values()]
    assert [number(cell.split("±")[0]) for cell in strike[:2]] == pytest.approx(means, abs=0.6)
    await Summariser(parts, lambda _: True).catch_up()
    found, _ = await summarised(parts, SummariesQuery("session"))
    row = frame_of(found, "session").loc["run"]
    assert [row[f"run:k_leg_kn_m.{side}"] for side in sim.SIDES] == pytest.approx(expected), "as the tab says it"
    asked, _ = await callbacks.tab(pages, "/session/run", "?tab=gait&speed=10&leg=95")
    assert "add the tag “10 km/h” and “leg 95 cm”" in getattr(asked, "data-markup")
    workout = await parts.workout("run")
    told = basis(workout)
    await parts.note("run", now_us=SMALL["start_us"], about=About(tags=("12,6 km/h", "leg 90 cm")))
    assert basis(await parts.workout("run")) != told
    kept = await entry_of(pages.parts, await parts.workout("run"), "")
    assert kept.values["run:k_leg_kn_m", "left"][0] == pytest.approx(expected[0])
    assert (run := kept.values["run:strike_index_pct", "right"])[0] == pytest.approx(means[1], abs=0.6), run
