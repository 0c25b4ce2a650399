"""The big numbers: those of the simulated athlete are known."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from analytics import frame_stats, sim
from analytics.columns import arrival_columns
from analytics.streaming.live_window import Rows
from barograph.frames import Layout, Stream
from barograph.store.ports import About
from barograph.store.records import StreamInfo, Workout
from dashboard.feed import numbers
from dashboard.feed.recent_rows import Recent
from dashboard.live import lookback_routes
from dashboard.reading.recent_samples import samples_of


def feet(kind: str = "walk", seconds: float = 12.0, **parameters) -> dict:
    made = sim.simulate(kind, seconds, **parameters)
    return {side: frame_stats(recording)[list(arrival_columns(recording.layout))] for side, recording in made.items()}


def test_the_numbers_of_a_walk_are_those_it_was_made_with():
    values = numbers.numbers("gait", feet(asymmetry=0.1, cadence=100.0, variation=0.0, noise=0.0))
    assert values["steps"] == {"left": 5, "right": 5}
    assert values["symmetry"]["value"] == pytest.approx(10.0, abs=0.5)
    assert values["cadence"]["value"] == pytest.approx(100.0, abs=2.0)
    assert values["contact"]["left"] == pytest.approx(1200.0 * 0.62, abs=25)
    assert values["balance"]["right"] == pytest.approx(52.5, abs=0.3)
    assert values["balance"]["left"] + values["balance"]["right"] == pytest.approx(100.0)
    assert values["pressure"]["side"] in ("left", "right")


def test_fewer_than_three_steps_of_a_foot_say_nothing():
    values = numbers.numbers("gait", feet(seconds=2.5))
    assert values["steps"]["left"] < 3
    assert values["force"] == {"left": None, "right": None}
    assert values["symmetry"]["value"] is None
    assert values["balance"] == {"left": None, "right": None}


def test_standing_has_sway_and_a_split():
    values = numbers.numbers("stand", feet("stand"))
    assert values["path"]["left"] > 0
    assert values["area"]["right"] > 0
    assert values["balance"]["left"] == pytest.approx(50.0, abs=5.0)


def test_any_load_has_its_highest_values_and_its_split():
    walk = feet(asymmetry=0.1)
    both = numbers.numbers("plain", walk)
    assert both["total"] == {side: pytest.approx(of["total_force_n"].iloc[-500:].max()) for side, of in walk.items()}
    assert both["peak"]["value"] == max(of["peak_kpa"].iloc[-500:].max() for of in walk.values())
    assert both["peak"]["side"] in ("left", "right")
    assert both["split"]["right"] == pytest.approx(52.5, abs=0.5)
    assert both["contact_area"]["left"] > 50
    alone = numbers.numbers("plain", {"seat": walk["left"]})
    assert alone["total"] == {"value": both["total"]["left"]}
    assert alone["peak"]["side"] == "seat"
    assert alone["split"]["left"] + alone["split"]["right"] == pytest.approx(100.0)
    three = numbers.numbers("plain", {**walk, "seat": walk["left"]})
    assert three["total"] == {"value": max(both["total"].values())}
    assert three["split"] == {"left": None, "right": None}


def test_raw_sensors_have_their_numbers_in_counts():
    raw = {name: of.rename(columns={"total_force_n": "raw_sum", "peak_kpa": "raw_peak"}) for name, of in feet().items()}
    values = numbers.numbers("plain", {**raw, "right": raw["right"] * np.nan})
    assert values["total"]["left"] == raw["left"]["raw_sum"].iloc[-500:].max()
    assert values["total"]["right"] is None
    assert values["peak"] == {"value": raw["left"]["raw_peak"].iloc[-500:].max(), "side": "left"}
    nothing = numbers.numbers("plain", {name: of * np.nan for name, of in raw.items()})
    assert nothing["peak"] == {"value": None, "side": None}


def test_a_foot_that_has_stopped_is_still_a_foot_and_the_other_one_no_plate():
    infos = tuple(info(side, side, **KPA) for side in ("left", "right"))
    workout = Workout("walk", 0, About(kind="Quiet standing"), streams=infos)
    rows = {"left": Rows.of(0, 0, np.arange(800) * 10_000, np.full((800, 10), 50.0))}
    values = numbers.said(workout, rows, 7_990_000)["values"]
    assert values["total"] == {"left": 50.0, "right": None}
    assert values["balance"] == values["split"] == {"left": None, "right": None}
    assert numbers.said(workout, {}, None)["values"] == {}


def test_streams_of_one_side_go_by_their_names():
    infos = (info("a", "left", **KPA), info("b", "left", **KPA), info("c", "right", **KPA))
    assert set(numbers.tables(Workout("walk", 0, streams=infos), {})) == {"a", "b", "right"}
    many = tuple(info(f"s{i}", None, **KPA) for i in range(9))
    one = {"s0": Rows.of(0, 0, [1], np.full((1, 10), 50.0))}
    assert numbers.said(Workout("walk", 0, streams=many), one, 1)["values"] == {}


def info(name: str, side: str | None, **layout) -> StreamInfo:
    made = Layout(rows=4, cols=3, dtype="uint16", side=side, kind="insole" if side else "mat", **layout)
    return StreamInfo(Stream("walk", name), made, arrival_columns(made))


KPA = {"unit": "kPa", "pitch_mm": (5.0, 5.0)}


@pytest.mark.parametrize(
    ("infos", "kind", "tiles"),
    [
        ((info("left", "left", **KPA), info("right", "right", **KPA)), "Treadmill walk", "gait"),
        ((info("left", "left", **KPA), info("right", "right", **KPA)), "Quiet standing", "stand"),
        ((info("left", "left", **KPA),), "Walk", "plain"),
        ((info("left", "left"), info("right", "right")), "Walk", "plain"),
        ((info("main", None, **KPA),), None, "plain"),
        ((), None, "plain"),
    ],
)
def test_a_workout_has_the_numbers_that_it_can_have(infos, kind, tiles):
    assert numbers.tiles_of(Workout("walk", 0, About(kind=kind), streams=infos)) == tiles
    assert numbers.tiles_of(None) == "plain"


async def test_a_moment_of_the_past_has_the_numbers_it_had(remembered, memory_archive):
    walk = await remembered(seconds_ago=60).begin()
    for side in ("left", "right"):
        await walk.store(side, walk.block(side, 1500))
    t_us = int(walk.recordings["left"].times_us[1400])
    said = await lookback_routes.numbers_at(memory_archive, "walk", t_us)
    assert said["tiles"] == "gait"
    assert said["values"]["cadence"]["value"] == pytest.approx(110.0, abs=3.0)
    before = await lookback_routes.numbers_at(memory_archive, "walk", t_us - 30_000_000)
    assert before["values"] == {}


async def test_after_a_clock_was_set_back_the_numbers_live_and_looking_back_are_the_same(remembered, memory_archive):
    walk = await remembered(seconds_ago=60).begin()
    recent = Recent()
    for side in ("left", "right"):
        block = walk.block(side, 1500)
        us = block.times_us.copy()
        us[1000:] -= 2_000_000
        back = replace(block, times_us=us)
        await walk.store(side, back)
        recent.take(side, samples_of(back.part(0, 1100)))
    live = await recent.numbers(await memory_archive.workout("walk"))
    assert live["t_us"] == us[1099]
    assert live["values"]["steps"] == {"left": 5, "right": 5}
    assert live["values"]["total"]["left"] > 100
    assert await lookback_routes.numbers_at(memory_archive, "walk", live["t_us"]) == live


async def test_a_moment_of_the_past_has_the_very_numbers_that_were_live_then(remembered, memory_archive):
    walk = await remembered(seconds_ago=60).begin()
    recent, rng = Recent(), np.random.default_rng(4)
    blocks = {side: walk.block(side, 1900) for side in ("left", "right")}
    for side, block in blocks.items():
        for first in range(0, 1900, 95):
            await walk.store(side, block.part(first, first + 95))
    for first in range(0, 1700, 50):
        for side, block in blocks.items():
            edges = [max(0, first - 5), *sorted(rng.integers(first, first + 50, 2)), first + 50]  # five come again
            for a, b in pairwise(edges):
                recent.take(side, samples_of(block.part(int(a), max(int(b), int(a) + 1))))
    workout = await memory_archive.workout("walk")
    live = await recent.numbers(workout)
    assert live["values"]["steps"] == {"left": 5, "right": 5}
    assert await lookback_routes.numbers_at(memory_archive, "walk", live["t_us"]) == live
    assert await lookback_routes.numbers_at(memory_archive, "walk", live["t_us"] + 9_999) == live
