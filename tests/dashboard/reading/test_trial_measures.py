"""Numbers by trials: one row each, those that are rejected left out and named; a session's mean over its trials."""

from __future__ import annotations

import numpy as np
import pytest

from analytics import frame_stats, jumps, sim
from barograph import protocols
from barograph.store.summarised import SummariesQuery, frame_of, summarised
from barograph.store.trials import NewTrial
from dashboard.compare import callbacks as compare
from dashboard.reading import summarising
from dashboard.reading.session_measures import SessionMeasures
from dashboard.reading.summarising import Summariser

START_US = 1_750_000_000_000_000
JUMPED = sim.simulate("jump", 32.0, rows=12, cols=6, start_us=START_US, seed=4)
HEIGHT = "jump:height_flight_m"


@pytest.fixture
async def hall(pages, keep):
    """Three jumps, each a trial; the second was rejected. One trial of another test is longer than all of them."""
    await keep("hall", JUMPED, athlete="A", mass_kg=75.0)
    for i in range(3):
        await mark(pages, "cmj", 10 * i + 1, 10 * i + 9)
    await mark(pages, "walk", 0, 31)
    await pages.archive.trials.edit("hall", 2, {"state": "rejected", "reason": "fell"}, now_us=START_US)
    return pages


async def mark(pages, name: str, start_s: float, stop_s: float) -> None:
    ends = (START_US + round(s * 1e6) for s in (start_s, stop_s))
    await pages.archive.trials.add("hall", NewTrial(protocols.named(name), *ends), now_us=START_US)


def heights() -> np.ndarray:
    return jumps(*(frame_stats(JUMPED[side]) for side in sim.SIDES))["height_flight_m"].to_numpy()


async def test_a_session_by_its_trials_is_the_mean_of_those_that_count(hall):
    (entry,) = await SessionMeasures(hall.parts).entries([await hall.archive.workout("hall")], "trials")
    first, _, third = heights()
    mean, sd, n = entry.values[HEIGHT, ""]
    assert (mean, sd, n) == (pytest.approx((first + third) / 2), pytest.approx(abs(first - third) / 2**0.5), 2)


async def test_summaries_have_a_row_per_trial_and_say_which_are_left_out(hall, monkeypatch):
    monkeypatch.setattr(summarising, "TABLES", [one for one in summarising.TABLES if one.name == "trials"])
    worker = Summariser(hall.archive, lambda _: True)
    await worker.catch_up()
    found, _ = await summarised(hall.archive, SummariesQuery("trials"))
    table = frame_of(found, "trials")
    assert table["trial"].tolist() == [4, 1, 3]  # by their begin
    assert table.attrs["rejected"] == {"hall": [2]}
    assert table.loc[table["protocol"] == "cmj", HEIGHT].to_numpy() == pytest.approx(heights()[[0, 2]])
    assert (table["condition"] == ["own pace", "hands on hips", "hands on hips"]).all()
    await hall.archive.trials.edit("hall", 2, {"state": "accepted"}, now_us=START_US)
    stale, _ = await summarised(hall.archive, SummariesQuery("trials"))
    assert "changed" in stale[0].why, "a trial was judged otherwise"
    await worker.catch_up()
    found, _ = await summarised(hall.archive, SummariesQuery("trials"))
    assert frame_of(found, "trials")["trial"].tolist() == [4, 1, 2, 3]


async def test_a_session_without_trials_says_so(pages, keep):
    await keep("hall", JUMPED)
    measures = SessionMeasures(pages.parts)
    (entry,) = await measures.entries([await pages.archive.workout("hall")], "trials")
    assert (entry.why, entry.values) == ("no trial that counts", {})
    await mark(pages, "cmj", 1, 9)
    (entry,) = await measures.entries([await pages.archive.workout("hall")], "trials")
    assert entry.values[HEIGHT, ""][2] == 1, "what was remembered of it holds no more"


async def test_compare_offers_the_trials_of_a_session_as_its_part(hall):
    markup = await compare.body(hall, "?a=hall&b=hall")
    assert 'data-set="a0=21.000&amp;a1=29.000"' in markup
    assert "a0=11.000" not in markup
    assert "1 trial rejected" in markup
