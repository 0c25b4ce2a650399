"""The feedback's page and what is kept of it: what it tells, the usual values, the sentences, and who may keep them."""

from __future__ import annotations

import re
import time
from html import unescape

import msgspec
import numpy as np
import pytest

from analytics import sim
from barograph.errors import InvalidData
from barograph.store.goals import Goal
from barograph.store.ports import Workout
from barograph.store.roster import Athlete, Measurement
from dashboard.feedback import kept, page, usual
from dashboard.feedback.kept import Band, Set, Summary
from dashboard.page.typed_callbacks import decoded
from dashboard.reading.session_measures import Entry

NOW_US = 1_795_000_000_000_000
BAND = Band("force", "left", "usual", 105.0, 115.0)
SETS = [Set(20, 13, 7, 2, NOW_US // 1000 - 60_000), Set(20, 20, 20, 0, NOW_US // 1000 + 5_000)]


def entry(**values: float) -> Entry:
    named = {tuple(name.rsplit("__", 1)): (mean, 0.0, 9) for name, mean in values.items()}
    return Entry(Workout("w", 1), 0, 60.0, True, {(name, "" if where == "all" else where): one
                                                   for (name, where), one in named.items()})  # fmt: skip


def test_a_summary_becomes_a_marker_for_each_set_and_one_for_all():
    found = kept.markers(Summary(BAND, SETS, 4000.0, 80), NOW_US)
    assert [one.label for one in found] == [
        "Feedback set 1: 13 of 20 steps in target, best row 7, 2 above",
        "Feedback set 2: 20 of 20 steps in target, best row 20",
        "Feedback: Peak force left, 105–115 % of their usual; 2 sets, 82 % of 40, best row 20",
    ]
    assert [one.t_us - NOW_US for one in found] == [-60_000_000, 5_000_000, 5_000_001]
    assert kept.markers(Summary(BAND, SETS[:1], 0.0, 0), NOW_US)[0] == found[0], "what comes twice is the same"


@pytest.mark.parametrize("change", [
    {"sets": []}, {"sets": [{"count": 3, "inside": 4, "best": 1, "over": 0, "stop_ms": 1}]},
    {"sets": [{"count": 3, "inside": 1, "best": 2, "over": 0, "stop_ms": 1}]},
    {"sets": [{"count": 3, "inside": 1, "best": 1, "over": 0, "stop_ms": 1}]},
    {"goal": {"measure": "<b>", "side": "left", "basis": "kg", "low": 1.0, "high": 2.0}},
    {"goal": {"measure": "force", "side": "left", "basis": "kg", "low": 3.0, "high": 2.0}}, {"load_ns": -1.0},
])  # fmt: skip
def test_what_is_no_summary_is_refused(change):
    given = msgspec.to_builtins(Summary(BAND, SETS, 4000.0, 80)) | change
    with pytest.raises(InvalidData):
        kept.markers(decoded("feedback", given, Summary), NOW_US)


def test_what_is_usual_is_the_median_of_the_last_sessions_with_steps():
    walks = [entry(contact_s__left=600.0 + i, contact_s__right=620.0, max_total_force_n__left=700.0 + 10 * i,
                   cadence_spm__all=110.0) for i in range(6)]  # fmt: skip
    found = usual.usual([entry(path_mm__main=3.0), *walks])
    medians = {name: {side: one["usual"] for side, one in sides.items()} for name, sides in found.items()}
    assert medians["contact"] == {"left": 602.0, "right": 620.0, "both": 611.0}
    assert medians["force"] == {"left": 720.0}, "the sixth is too long ago, and the right foot has none"
    assert medians["cadence"] == {"both": 110.0}
    assert found["force"]["left"]["te"] == pytest.approx(np.std([700, 710, 720, 730, 740], ddof=1))
    assert "te" not in found["cadence"]["both"], "equal tests say nothing about their noise"
    two = usual.usual(walks[:2])["force"]["left"]
    assert two == {"usual": 705.0, "n": 2}, "two tests have no typical error yet"
    assert usual.usual([]) == {}


async def test_the_page_tells_goals_that_hold_and_the_mass_and_not_who_set_them(memory_archive, keep):
    goals = (Goal("force", "left", "usual", 105, 115, "2020-01-01", by="Dr. Secret"),
             Goal("weight", "left", "kg", 15, 25, "2020-01-01", "2020-02-01"))  # fmt: skip
    made = Athlete("Ada", goals=goals, measurements=(Measurement("mass_kg", 64.5, NOW_US - 10**15),))
    await memory_archive.roster.add(made, now_us=time.time_ns() // 1000)
    await keep("walk", sim.walk(2.0, start_us=NOW_US), athlete="Ada")
    found, mass_kg = await page.known(memory_archive, "walk")
    html = page.page("a<b>", found, mass_kg, may_share=False)
    told = msgspec.json.decode(unescape(re.search(r'data-goals="([^"]*)"', html).group(1)))
    assert [(one["measure"], one["low"], one["until"]) for one in told] == [("force", 105.0, "")]
    assert 'data-mass="64.5"' in html
    assert "Secret" not in html
    assert "<b>" not in html
    assert await page.known(memory_archive, "never") == ([], None)
