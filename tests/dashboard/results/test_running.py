"""Running on the Gait tab: the numbers of analytics, of who runs alone."""

from __future__ import annotations

import pytest

from analytics import drift, frame_stats, running_form, running_means, sim
from dashboard.session import callbacks
from dashboard.session.report_routes import make
from tests.dashboard.shown import number, rows

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
    assert "coarse" in markup.split("Average loading rate")[-1]
    assert 'aria-label="Running"' not in await tab(pages, "walk")
    assert 'aria-label="Running"' in await make(pages.parts, "run")
