"""Trials on a session's page: listed, made of the selection, moved, judged; what is refused says why in words."""

from __future__ import annotations

import re

import pytest

from analytics import sim
from dashboard.session import callbacks, trial_acts
from tests.dashboard.shown import rows

START_US = 1_790_000_000_000_000
CMJ = "cmj|hands on hips|both"


def at(seconds: float) -> int:
    return START_US + round(seconds * 1e6)


@pytest.fixture
async def hall(pages, keep):
    """A session of three jumps."""
    await keep("hall", sim.simulate("jump", 32.0, rows=12, cols=6, start_us=START_US, seed=4), mass_kg=75.0)
    workout, whole = await callbacks.find(pages, "/session/hall")

    async def done(**act) -> str:
        return await trial_acts.done(pages, workout, act)

    async def shown() -> str:
        return await trial_acts.show(pages, workout, whole)

    return done, shown


async def test_a_trial_is_made_of_the_selection_and_judged_by_its_frames(hall):
    done, shown = hall
    assert "name it" in await shown()
    assert await done(do="make", step=CMJ, start_us=at(1), stop_us=at(9)) == "Trial 1 was made: Countermovement jump."
    markup = await shown()
    expected = ["not judged", "Countermovement jump · hands on hips", "00:01.000", "8.00 s", "3 met"]
    assert rows(markup, "Trials of the session")[1][1:] == expected
    assert f'data-from-us="{at(1)}" data-to-us="{at(9)}"' in markup
    assert "1 trial" in markup
    assert re.search(r'<option value="cmj\|hands on hips\|both" selected="">', markup)
    assert await done(do="make", step=CMJ, start_us=at(8), stop_us=at(12)) == (
        "Trial 1 is of the same test and has frames of this part: trials of one test share none."
    )
    assert (await done(do="make", step="nothing||both", start_us=at(8), stop_us=at(9))).startswith("protocol: expected")


async def test_moving_a_trial_judges_the_frames_that_it_has_then(hall):
    done, shown = hall
    await done(do="make", step=CMJ, start_us=at(1), stop_us=at(9))
    assert await done(do="move", number=1, start_us=at(1), stop_us=at(3)) == "Trial 1 was moved."
    row = rows(await shown(), "Trials of the session")[1]
    assert row[4] == "2.00 s"
    assert "△ flight seen: no flights of 1" in row[5]
    changes = [row[2] for row in rows(await shown(), "Changes of trials")[1:]]
    assert changes == ["judged by its frames", "end moved", "judged by its frames", "made"]


async def test_a_rejected_trial_says_why_and_stays(hall):
    done, shown = hall
    await done(do="make", step=CMJ, start_us=at(1), stop_us=at(9))
    assert await done(do="judge", number=1, state="rejected") == "A rejected trial needs a reason."
    assert await done(do="judge", number=1, state="rejected", reason="fell <b>") == "Trial 1 is rejected."
    markup = await shown()
    assert rows(markup, "Trials of the session")[1][1] == "rejected: fell <b>"
    assert "fell <b>" not in markup, "what people write is no markup"
    assert 'class="seeks cut"' in markup
    assert "1 rejected: left out of numbers" in markup
    assert await done(do="judge", number=1, state="accepted") == "Trial 1 is accepted."
    assert "state was rejected, reason was fell" in rows(await shown(), "Changes of trials")[1][2]
    assert (await done(do="judge", number=1, state="good")).startswith("state: expected one of")
