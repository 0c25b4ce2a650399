"""What the archive and the report have of a test day, held against what was done on it.

Every trial is looked for by athlete, test, condition, side, state, reason and time. Its frames have to be there without
a gap, and have to be of the one who stood there: no two athletes weigh the same, and who stands on the left leg loads
the left insole.
"""

from __future__ import annotations

import asyncio
import csv
import io
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from insoles import RATE_HZ
from playwright.async_api import Page
from testday_house import House, Person
from testday_station import Done

import barograph
from analytics import frame_stats, sim
from barograph.lab import Lab

# Protocol, condition and side of what a page calls a test; and of the trial, from when on it weighs how many body
# weights: the simulation's feet carry a little less than all of it, and steps overlap.
STEPS = {
    "One-leg stance, left": ("short-one-leg", "", "left"),
    "One-leg stance, right": ("short-one-leg", "", "right"),
    "Walk, barefoot": ("short-walk", "barefoot", "both"),
    "Walk, shoes": ("short-walk", "shoes", "both"),
    "Countermovement jump": ("short-jump", "", "both"),
}
WEIGHS: dict[str, tuple[Callable[[int], slice], float]] = {
    "short-one-leg": (lambda n: slice(0, n), 0.995),
    "short-walk": (lambda n: slice(n - round(3 * RATE_HZ), n), 1.015),
    "short-jump": (lambda n: slice(0, round(RATE_HZ)), 0.985),
}
LOADED_N = 20.0
BEHIND_US = 1_000_000  # a page knows the server's clock by answers, which took a while to come
LATE_US = 3_000_000  # what is started over ends when the server hears of it; every whole trial lasts longer
COUNTED = ("accepted", "repeated")
FLAGGED = "flagged"  # what a counted trial carries stands in the words of the check that was not met
HIGH_M = 0.02  # a height by flight time at 200 Hz


async def checked(page: Page, lab: House, athletes: Sequence[Person], done: Sequence[Done]) -> None:
    """Hold archive and report against what was done."""
    address = page.url.partition("?")[0]
    answers = [await page.request.get(f"{address}?format={kind}") for kind in ("csv", "xlsx")]
    assert [one.status for one in answers] == [200, 200]
    text = (await answers[0].text()).removeprefix("\ufeff")
    book = pd.read_excel(io.BytesIO(await answers[1].body()), sheet_name=None)
    shown = await page.locator("main, body").first.inner_text()
    await asyncio.to_thread(_checked, lab, athletes, done, list(csv.DictReader(io.StringIO(text))), book, shown)


def _checked(
    house: House, athletes: Sequence[Person], done: Sequence[Done], rows: list[dict[str, str]],
    book: dict[str, pd.DataFrame], shown: str,
) -> None:  # fmt: skip
    with barograph.connect(data_dir=house.data_dir) as lab:
        trials = stored(lab)
        as_done(trials, done)
        locked = [one.name for one in athletes if not one.asked]
        assert not set(locked) & set(trials["athlete"]), "who did not consent has a trial"
        for one in trials.itertuples():
            frames_of(lab, one, {each.name: each.mass_kg for each in athletes})
        as_reported(lab, trials, rows, book, shown)


def stored(lab: Lab) -> pd.DataFrame:
    """All trials of the archive, each with its workout and the name of its athlete."""
    workouts = lab.workouts()
    names = lab.athletes()["name"]
    found = [lab.trials(name).reset_index().assign(workout=name, athlete=names.get(about["athlete_uid"], ""))
             for name, about in workouts.iterrows()]  # fmt: skip
    return pd.concat([one for one in found if len(one)], ignore_index=True)


def as_done(trials: pd.DataFrame, done: Sequence[Done]) -> None:
    """Each trial that was done is there once, as it was called and judged, and no other."""
    wanted = Counter(
        (one.athlete, *STEPS[one.title], one.state, FLAGGED if one.flagged and not one.reason else one.reason)
        for one in done
    )
    fields = ["athlete", "protocol", "condition", "side", "state", "reason"]
    read = trials[fields].fillna("")
    counted = read["state"].isin(COUNTED) & (read["reason"] != "")
    found = Counter(read.assign(reason=read["reason"].mask(counted, FLAGGED)).itertuples(index=False, name=None))
    assert found == wanted, f"lost: {wanted - found}; not done: {found - wanted}"
    for one in done:
        mine = trials[(trials["athlete"] == one.athlete) & (trials["start_us"] >= one.from_us - BEHIND_US)
                      & (trials["stop_us"] <= one.to_us + LATE_US)]  # fmt: skip
        assert [tuple(each) for each in mine[fields[1:4]].fillna("").itertuples(index=False)] == [STEPS[one.title]], one
        assert mine["state"].tolist() == [one.state], one


def frames_of(lab: Lab, trial: Any, masses: dict[str, float]) -> None:
    """All frames of a trial are there, of both feet, and weigh as much as its athlete; of one leg, on that side."""
    force = {}
    for side in sim.SIDES:
        recording = lab.recording(trial.workout, side).between(trial)
        n = round((trial.stop_us - trial.start_us) * RATE_HZ / 1e6)
        assert abs(len(recording) - n) <= 2, f"{trial}: {len(recording)} frames of {side}, {n} were measured"
        assert np.diff(recording.times_us).max(initial=0) < 3e6 / RATE_HZ, f"{trial}: a gap"
        force[side] = frame_stats(recording)["total_force_n"].to_numpy()
    for side in sim.SIDES:
        lifted = trial.side in sim.SIDES and side != trial.side
        assert (force[side].max() < LOADED_N) == lifted, f"{trial}: {side} carries up to {force[side].max():.0f} N"
    if trial.reason == "started over":
        return  # too short to weigh anybody
    n = min(len(one) for one in force.values())
    part, share = WEIGHS[trial.protocol]
    both = force["left"][:n] + force["right"][:n]
    kg = both[part(n)].mean() / share / 9.80665
    nearest = min(masses, key=lambda name: abs(np.log(masses[name] / kg)))
    assert nearest == trial.athlete, f"{trial}: weighs {kg:.1f} kg, as {nearest}"


def as_reported(
    lab: Lab, trials: pd.DataFrame, rows: list[dict[str, str]], book: dict[str, pd.DataFrame], shown: str
) -> None:  # fmt: skip
    """The report has each test of each athlete with as many trials as count, their numbers, and all that do not."""
    counted = trials[trials["state"].isin(COUNTED)]
    titles = {one.protocol: one.title for one in trials.itertuples()}
    keys = ["athlete", "title", "condition", "side"]
    wanted = Counter(counted[keys].fillna("").itertuples(index=False, name=None))
    found = {(one["Athlete"], one["Test"], one["Condition"], one["Side"]): int(one["Trials"]) for one in rows}
    assert found == dict(wanted), f"{titles}: report {found}, archive {dict(wanted)}"
    rejected = trials[trials["state"] == "rejected"]
    listed = book["Rejected"].fillna("")
    assert Counter(zip(listed["Athlete"], listed["Test"], listed["Reason"], strict=True)) == Counter(
        zip(rejected["athlete"], rejected["title"], rejected["reason"], strict=True)
    )
    for one in rejected.itertuples():
        assert one.reason in shown, f"{one.reason}: not on the page of the report"
    heights_are_true(lab, counted, rows)


def heights_are_true(lab: Lab, counted: pd.DataFrame, rows: list[dict[str, str]]) -> None:
    """Heights of the report are those of the stored frames' flights, found here without any of its code."""
    heights: dict[str, list[float]] = {}
    for one in counted[counted["protocol"] == "short-jump"].itertuples():
        sides = [frame_stats(lab.recording(one.workout, side).between(one)) for side in sim.SIDES]
        n = min(len(each) for each in sides)
        both = sum(each["total_force_n"].to_numpy()[:n] for each in sides)
        flight_s = np.count_nonzero(both < LOADED_N) / RATE_HZ
        heights.setdefault(str(one.athlete), []).append(9.80665 * flight_s**2 / 8)
    said = {one["Athlete"]: one for one in rows if one["Column"].endswith("height_flight_m")}
    assert said.keys() == heights.keys()
    for name, values in heights.items():
        best, mean = float(said[name]["Best"]) / 100, float(said[name]["Mean"]) / 100
        assert abs(best - max(values)) < HIGH_M, f"{name}: best {best} m, frames say {values}"
        assert abs(mean - np.mean(values)) < HIGH_M, f"{name}: mean {mean} m, frames say {values}"
