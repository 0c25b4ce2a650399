"""Laws of every public function: what its parameters were goes with its result, and bad input has an answer."""

from __future__ import annotations

import inspect
import json
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import analytics
from analytics import frame_stats, gait_line, sim, stance_curves, stances, steps
from analytics.regions.presets import FOUND, Regions, foot, thirds
from analytics.streaming.alarms import Alarm
from barograph import Layout, Recording
from barograph.errors import InvalidData
from barograph.frames import Gap, Place

LEFT, RIGHT = (sim.walk(6.0, rows=12, cols=6, seed=5)[side] for side in ("left", "right"))


def events(recording: Recording, **asked: Any) -> pd.DataFrame:
    return stances(frame_stats(recording), **asked)


def curves(recording: Recording, **asked: Any) -> pd.DataFrame:
    return stance_curves(frame_stats(recording), events(recording), "total_force_n", **asked)


def trials(recording: Recording) -> pd.DataFrame:
    """Places of stance for trials, as a table of any measure."""
    return curves(recording).iloc[:, [20, 80]]


def of_athletes(recording: Recording) -> pd.DataFrame:
    """Stances for sessions, each of another athlete."""
    table = events(recording)
    names = [f"athlete {i}" for i in range(len(table))]
    return table.assign(athlete_uid=names, tester=names)


def net(recording: Recording, **asked: Any) -> pd.DataFrame:
    layouts = (recording.layout, RIGHT.layout)
    given = {"stance_width_mm": 200.0, "layouts": layouts} | asked
    return analytics.net_cop(frame_stats(recording), frame_stats(RIGHT), **given)


def swayed(recording: Recording) -> pd.DataFrame:
    return analytics.balance(frame_stats(recording))


def at(recording: Recording, x_mm: float) -> Recording:
    return replace(recording, layout=replace(recording.layout, place=Place(x_mm=x_mm)))


def plate(recording: Recording) -> Recording:
    return replace(recording, layout=replace(recording.layout, kind="plate"))


def of_a_vendor(recording: Recording) -> Recording:
    totals = [None if np.isnan(n) else n for n in frame_stats(recording)["total_force_n"].tolist()]
    return replace(recording, provenance={"format": "gaitpdb", "vendor": {"total left": totals}})


def halved(recording: Recording) -> Regions:
    """The nine of a foot by proportions, its heel halved by columns: names that `regions.find` gives."""
    nine = foot(recording.layout, side="left")
    inner = np.arange(recording.layout.cols) >= recording.layout.cols / 2
    heel = np.array([nine.of("heel") * inner, nine.of("heel") * ~inner])
    return Regions(FOUND, np.concatenate([heel, nine.shares[1:]]), "halved")


# How each function is called with a recording, and further arguments of its own.
CALLS: dict[str, Callable[..., Any]] = {
    "alarms": lambda r, **k: analytics.alarms(frame_stats(r), **k),
    "arch_index": lambda r, **k: analytics.arch_index(plate(r), **k),
    "arrival_stats": lambda r: analytics.arrival_stats(r.frames, r.layout),
    "athlete_means": lambda r, **k: analytics.athlete_means(of_athletes(r), **{"by": "athlete_uid"} | k),
    "bad_cells": analytics.bad_cells,
    "balance": lambda r, **k: analytics.balance(frame_stats(r), **k),
    "body_balance": lambda r, **k: analytics.body_balance(net(r), **k),
    "butterfly": lambda r, **k: analytics.butterfly(r, RIGHT, **k),
    "change": lambda r, **k: analytics.change(events(r), events(RIGHT), None, k.pop("columns", ["contact_s"]), **k),
    "compare": lambda r, **k: analytics.compare(events(r), events(RIGHT), **k),
    "cop_velocity": lambda r, **k: analytics.cop_velocity(frame_stats(r), **k),
    "difference_curves": lambda r, **k: analytics.difference_curves(curves(r), curves(RIGHT), **k),
    "difference_map": lambda r, **k: analytics.difference_map(r, RIGHT, **k),
    "drift": lambda r, **k: analytics.drift(frame_stats(r), "total_force_n", **k),
    "drop_jumps": lambda r, **k: analytics.drop_jumps(frame_stats(r), frame_stats(RIGHT), **k),
    "footprints": lambda r, **k: analytics.footprints(plate(r), **k),
    "frame_stats": frame_stats,
    "gait": lambda r, **k: analytics.gait(events(r), events(RIGHT), **k),
    "gait_line": lambda r, **k: gait_line(frame_stats(r), events(r), **k),
    "hops": lambda r, **k: analytics.hops(frame_stats(r), frame_stats(RIGHT), **k),
    "jumps": lambda r, **k: analytics.jumps(frame_stats(r), frame_stats(RIGHT), **k),
    "last_steps": lambda r, **k: analytics.last_steps(frame_stats(r), frame_stats(RIGHT), **k),
    "loading_rates": lambda r, **k: analytics.loading_rates(frame_stats(r), events(r), **k),
    "mean_map": analytics.mean_map,
    "net_cop": net,
    "peak_map": analytics.peak_map,
    "pti": analytics.pti,
    "pti_map": analytics.pti_map,
    "pti_map_max": analytics.pti_map_max,
    "pti_mean": analytics.pti_mean,
    "pti_peak_curve": analytics.pti_peak_curve,
    "recent_load": lambda r, **k: analytics.recent_load({"left": frame_stats(r), "right": frame_stats(RIGHT)}, **k),
    "peak_pressure_index": lambda r, **k: analytics.peak_pressure_index(analytics.peak_map(r), r.layout, **k),
    "reference_bands": lambda r, **k: analytics.reference_bands(analytics.athlete_means(of_athletes(r)), **k),
    "region_curves": lambda r, **k: analytics.region_curves(r, k.pop("chosen", thirds(r.layout)), **k)["rear"],
    "region_stats": lambda r, **k: analytics.region_stats(r, k.pop("chosen", thirds(r.layout)), **k),
    "region_means": lambda r: analytics.region_means(analytics.region_steps(r, events(r), thirds(r.layout))),
    "region_steps": lambda r, **k: analytics.region_steps(r, events(r), k.pop("chosen", thirds(r.layout)), **k),
    "reliability": lambda r, **k: analytics.reliability(trials(r), **k),
    "repair": lambda r: analytics.repair(r, analytics.bad_cells(r)),
    "rolling": lambda r, **k: analytics.rolling(frame_stats(r), k.pop("window", "1s"), **k),
    "romberg": lambda r, **k: analytics.romberg(swayed(r), swayed(r), **k),
    "running": lambda r, **k: analytics.running(frame_stats(r), **k),
    "saddle": analytics.saddle,
    "seat": analytics.seat,
    "load_days": lambda r, **k: analytics.load_days(
        analytics.session_load(frame_stats(r), events(r), 700.0).assign(start=pd.Timestamp("2026-11-01", tz="UTC")), **k
    ),
    "session_load": lambda r, **k: analytics.session_load(
        frame_stats(r), events(r), k.pop("body_weight_n", 700.0), **k
    ),
    "single_leg": lambda r, **k: analytics.single_leg(frame_stats(r), frame_stats(RIGHT), **k),
    "spectrum": lambda r, **k: analytics.spectrum(frame_stats(r), **k),
    "spm": lambda r, **k: analytics.spm(curves(r), curves(RIGHT).iloc[: len(curves(r))], **k),
    "stance_curves": curves,
    "stance_map": lambda r, **k: analytics.stance_map(r, events(r), **k),
    "stances": events,
    "standing": lambda r, **k: analytics.standing({"left": frame_stats(r), "right": frame_stats(RIGHT)}, **k),
    "steps": lambda r, **k: steps(events(r), events(RIGHT), **k),
    "surface": lambda r: analytics.surface({"left": at(r, -100.0), "right": at(RIGHT, 100.0)}),
    "symmetry": lambda r, **k: analytics.symmetry(events(r), events(RIGHT), **k),
    "symmetry_angle": lambda r: analytics.symmetry_angle(frame_stats(r)["total_force_n"], 500.0),
    "symmetry_index": lambda r: analytics.symmetry_index(frame_stats(r)["total_force_n"], 500.0),
    "tare": analytics.tare,
    "cpei": lambda r, **k: analytics.cpei(r, events(r), **k),
    "dpli": lambda r: analytics.dpli(frame_stats(r), events(r)),
    "foot_balance": lambda r: analytics.foot_balance(analytics.region_steps(r, events(r), halved(r))),
    "foot_balance_curve": lambda r: analytics.foot_balance_curve(analytics.region_curves(r, halved(r))),
    "forefoot_ratio": lambda r: analytics.forefoot_ratio(analytics.region_steps(r, events(r), halved(r))),
    "phases": lambda r, **k: analytics.phases(r, events(r), k.pop("chosen", None), **k),
    "running_form": lambda r, **k: analytics.running_form(frame_stats(r), frame_stats(RIGHT), **k),
    "running_means": lambda r: analytics.running_means(analytics.running_form(frame_stats(r), frame_stats(RIGHT))),
    "running_minutes": lambda r: analytics.running_minutes(analytics.running_form(frame_stats(r))),
    "strike_index": lambda r, **k: analytics.strike_index(r, events(r), **k),
    "usual_regions": analytics.usual_regions,
    "vendor_numbers": lambda r, **k: analytics.vendor_numbers(of_a_vendor(r), **k),
    "walk": lambda r: analytics.walk(analytics.footprints(plate(r))),
    "walk_means": lambda r: analytics.walk_means(analytics.footprints(plate(r))),
}
TABLES = [name for name in CALLS if isinstance(CALLS[name](LEFT), pd.DataFrame)]
# Not thresholds or filters, but what a result is made of.
DATA = {"data", "recording", "stats", "table", "stances", "found", "left", "right", "a", "b", "line", "maps", "layout",
        "steps", "streams", "toes", "layouts", "net", "eyes_open", "eyes_closed", "region", "trials",
        "known", "prints", "loads", "until", "parts", "curves", "form", "sessions", "athletes"}  # fmt: skip
GIVEN: dict[str, dict[str, Any]] = {
    "alarms": {"rules": [Alarm("hard", "peak_kpa", above=30.0, hold_s=0.1)], "gap_s": 0.3},
    "arch_index": {"loaded_above": 5.0, "side": "right", "axis": "second_toe", "second_toe": [40.0, 250.0]},
    "athlete_means": {"by": "tester", "columns": ["contact_s"]},
    "bad_cells": {"dead_s": 0.5, "saturation": 300.0, "gap_s": 0.3},
    "balance": {"ellipse": "exact", "cutoff_hz": 8.0, "gap_s": 0.3, "filtered": True},
    "body_balance": {"ellipse": "exact", "cutoff_hz": 8.0, "gap_s": 0.3},
    "butterfly": {"on": 25.0, "separation_mm": 150.0, "points": 51, "gap_s": 0.3},
    "change": {"columns": ["contact_s"], "confidence": 0.9},
    "compare": {"columns": ["contact_s"], "confidence": 0.9},
    "cop_velocity": {"cutoff_hz": 8.0, "order": 2, "causal": True, "gap_s": 0.3},
    "difference_curves": {"confidence": 0.9},
    "difference_map": {"align": "cop", "turn": False},
    "drift": {"column": "total_force_n", "confidence": 0.9},
    "drop_jumps": {
        "flight_n": 25.0,
        "longest_contact_s": 0.8,
        "window": [0.0, 1.0],
        "body_weight_n": None,
        "gap_s": 0.3,
    },
    "footprints": {
        "loaded_above": 5.0,
        "pause_s": 0.05,
        "least_cm2": 5.0,
        "least_s": 0.2,
        "corrections": [{"do": "remove", "mark": "5:2:3"}],
    },
    "frame_stats": {"loaded_above": 5.0, "cop_floor_n": 30.0, "saturation": 300.0},
    "gait": {"longest_step_s": 1.5, "longest_stride_s": 3.0},
    "gait_line": {"points": 51},
    "hops": {"flight_n": 25.0, "longest_contact_s": 0.8, "window": [0.0, 1.0], "body_weight_n": None, "gap_s": 0.3},
    "jumps": {
        "kind": "squat",
        "flight_n": 25.0,
        "window": None,
        "body_weight_n": 700.0,
        "braking_limit_m_s": 0.01,
        "gap_s": 0.3,
    },
    "last_steps": {"n": 4, "least": 2, "on": 25.0, "off": 15.0, "min_contact_s": 0.1, "merge_s": 0.05, "gap_s": 0.3},
    "loading_rates": {"gap_s": 0.3},
    "mean_map": {},
    "net_cop": {"stance_width_mm": 150.0, "toe_out_deg": 7.0},
    "peak_map": {},
    "pti": {"loaded_above": 5.0, "gap_s": 0.3},
    "pti_map": {"gap_s": 0.3, "rule": "frames"},
    "recent_load": {"highest_s": 2.0, "mean_s": 5.0, "least_s": 1.0},
    "reference_bands": {"columns": ["contact_s"], "fewest": 3},
    "region_curves": {"chosen": thirds(LEFT.layout), "loaded_above": 5.0},
    "region_stats": {"chosen": thirds(LEFT.layout), "loaded_above": 5.0, "gap_s": 0.3},
    "region_means": {},
    "region_steps": {"chosen": thirds(LEFT.layout), "loaded_above": 5.0, "gap_s": 0.3},
    "reliability": {"sem": "te", "icc": 0.8, "confidence": 0.9},
    "rolling": {"window": "2s", "columns": ["peak_kpa"], "tau_s": 0.7, "gap_s": 0.3},
    "romberg": {"columns": ["path_mm", "hull_area_mm2"]},
    "running": {"gap_s": 0.3},
    "saddle": {"loaded_above": 5.0, "bridged_below": 0.4, "side_limit_pct": 10.0},
    "seat": {"frame": 3, "loaded_above": 5.0, "level_kpa": 6.0, "hold_s": 1.0, "area_cm2": 10.0, "gap_s": 0.3},
    "load_days": {"zone": "Europe/Berlin", "spans_days": [7]},
    "session_load": {"body_weight_n": 600.0, "above_bw": [0.5], "gap_s": 0.3},
    "single_leg": {"touch_n": 30.0, "min_contact_s": 0.1, "merge_s": 0.2, "cutoff_hz": 8.0},
    "spectrum": {"cutoff_hz": 8.0, "segment_s": 2.0, "gap_s": 0.3, "filtered": True},
    "spm": {"design": "paired", "alpha": 0.1, "method": "permutation", "seed": 3},
    "stance_curves": {"column": "total_force_n", "points": 51},
    "stance_map": {"what": "pti", "gap_s": 0.3},
    "stances": {
        "on": 40.0,
        "off": 30.0,
        "column": "total_force_n",
        "floor": 5.0,
        "min_contact_s": 0.1,
        "merge_s": 0.05,
        "gap_s": 0.3,
    },
    "standing": {"ellipse": "exact", "cutoff_hz": 8.0, "gap_s": 0.3},
    "steps": {"longest_step_s": 1.5, "longest_stride_s": 3.0, "mode": "run"},
    "cpei": {"side": "right", "loaded_above": 5.0, "floor_n": 30.0},
    "dpli": {},
    "foot_balance": {},
    "foot_balance_curve": {},
    "forefoot_ratio": {},
    "phases": {"chosen": halved(LEFT), "loaded_above": 5.0},
    "running_form": {
        "baseline": "flight",
        "in_turn": False,
        "body_weight_n": 700.0,
        "speed_m_s": 3.0,
        "leg_m": 0.9,
        "gap_s": 0.3,
    },
    "running_means": {},
    "running_minutes": {},
    "strike_index": {"side": "right", "loaded_above": 5.0, "force_n": 60.0},
    "symmetry": {"columns": ["contact_s"]},
    "vendor_numbers": {},
    "walk": {},
    "walk_means": {},
}
# Parameters whose value has another form, or stands elsewhere, in the result.
SAID = {
    "window": ("window_s", 2.0),
    "chosen": ("regions", "thirds of the length"),
    "phases.chosen": ("regions", "halved"),
    "rules": ("rules", [vars(GIVEN["alarms"]["rules"][0])]),
}
AS_IT_IS = {(name, "window") for name in ("drop_jumps", "hops", "jumps")}
INNER = {"during": "made_of"}


def test_every_public_function_is_called_here() -> None:
    functions = {name for name in analytics.__all__ if not inspect.ismodule(getattr(analytics, name))}
    assert set(CALLS) == functions
    assert set(GIVEN) == set(TABLES)


@pytest.mark.parametrize("name", TABLES)
def test_every_parameter_of_a_table_travels_with_it(name: str) -> None:
    parameters = set(inspect.signature(getattr(analytics, name)).parameters) - DATA - {"parameters"}
    assert parameters - set(GIVEN[name]) <= set(INNER), "a parameter that no one here asks for"
    asked = {key: value for key, value in GIVEN[name].items() if key != "column" or name == "stances"}
    found = CALLS[name](LEFT, **asked).attrs
    assert found["metric"] == name
    for key, value in GIVEN[name].items():
        where, expected = (
            (key, value) if (name, key) in AS_IT_IS else SAID.get(f"{name}.{key}", SAID.get(key, (key, value)))
        )
        assert found[where] == expected, key


# Choices, names and tables.
NO_NUMBERS = {"ellipse", "filtered", "causal", "columns", "column", "chosen", "align", "turn", "rules", "what", "rule",
              "side", "axis", "second_toe", "window", "frame", "kind", "corrections", "baseline",
              "in_turn", "mode", "by"}  # fmt: skip
# Levels of the data, which may lie below 0 as after a tare.
LEVELS = {(name, key) for name in ("stances", "last_steps", "butterfly") for key in ("on", "off", "floor")}
LEVELS |= {("net_cop", "toe_out_deg")}
NUMBERS = [
    (name, key, bad)
    for name in TABLES for key in GIVEN[name] if key not in NO_NUMBERS
    for bad in (np.nan, np.inf if (name, key) in LEVELS else -1.0, "much")
]  # fmt: skip


@pytest.mark.parametrize(("name", "key", "bad"), NUMBERS)
def test_a_number_that_is_none_or_below_its_bounds_is_refused_with_its_name(name: str, key: str, bad: Any) -> None:
    with pytest.raises(InvalidData, match=rf"{key}: expected .*, got") as refused:
        CALLS[name](LEFT, **{key: bad})
    assert refused.value.field == key


@pytest.mark.parametrize("name", TABLES)
def test_what_a_table_says_of_itself_is_plain_and_survives_a_parquet(name: str, tmp_path: Path) -> None:
    table = CALLS[name](LEFT)
    assert json.loads(json.dumps(table.attrs)) == table.attrs
    # Parquet's columns have names, those of a map are places.
    table.rename(columns=str).to_parquet(tmp_path / "a.parquet")
    assert pd.read_parquet(tmp_path / "a.parquet").attrs == table.attrs


@pytest.mark.parametrize("name", sorted({*TABLES} - {"arch_index", "bad_cells", "footprints", "frame_stats",
                                                      "peak_map", "pti", "pti_map", "region_curves",
                                                      "region_stats", "seat"}))  # fmt: skip
def test_a_table_of_tables_says_with_which_thresholds_those_were_made(name: str) -> None:
    def leaves(about: Any) -> Iterator[str]:
        if isinstance(about, dict):
            yield str(about.get("metric"))
            for value in about.values():
                yield from leaves(value)

    made_of = CALLS[name](LEFT).attrs["made_of"]
    assert {"footprints", "frame_stats", "peak_map", "region_curves", "stances"} & set(leaves(made_of)), made_of


@pytest.mark.parametrize("name", sorted(CALLS))
def test_a_column_with_a_unit_says_it(name: str) -> None:
    table = CALLS[name](LEFT)
    if isinstance(table, pd.DataFrame) and "units" in table.attrs:
        named = {column for column in table if str(column).endswith(("_n", "_kpa", "_mm", "_s", "_pct", "_cm2", "_ns"))}
        assert named <= set(table.attrs["units"])


def test_what_is_repaired_and_tared_says_so_and_by_what() -> None:
    hurt = LEFT.frames.copy()
    hurt[:, 5, 3] = 0
    assert CALLS["repair"](replace(LEFT, frames=hurt)).provenance["repaired"] == [[5, 3]]
    assert set(CALLS["tare"](LEFT).provenance["tare"]) == {"frames", "reference_max", "drift"}
    assert isinstance(CALLS["usual_regions"](LEFT), Regions)
    assert CALLS["usual_regions"](LEFT).made


def floats(frames: Any, times_us: Any = None) -> Recording:
    """A recording like LEFT's, of other cells or times."""
    frames = np.asarray(frames, np.float64)
    times_us = LEFT.times_us[: len(frames)] if times_us is None else np.asarray(times_us)
    return replace(LEFT, frames=frames, times_us=times_us, layout=replace(LEFT.layout, dtype="float64"))


REAL = np.where(LEFT.layout.valid, LEFT.frames, np.nan)
BAD = {
    "empty": floats(REAL[:0]),
    "one frame": floats(REAL[40:41]),
    "all missing": floats(np.full(REAL.shape, np.nan)),
    "all zero": floats(np.zeros(REAL.shape)),
    "negative": floats(-REAL),
    "partly negative": floats(REAL - 5.0),
    "all of one time": floats(REAL, np.full(len(REAL), LEFT.times_us[0])),
    "times in pairs": floats(REAL, np.repeat(LEFT.times_us[::2], 2)[: len(REAL)]),
    "gaps everywhere": floats(REAL, LEFT.times_us[0] + np.arange(len(REAL)) * 60_000_000 * (1 + np.arange(len(REAL)))),
    "one hertz": floats(REAL, LEFT.times_us[0] + np.arange(len(REAL)) * 1_000_000),
    "set back": floats(REAL, np.where(np.arange(len(REAL)) < 300, LEFT.times_us, LEFT.times_us - 2_000_000)),
    "backwards": floats(REAL[::-1], LEFT.times_us[::-1]),
    "lost frames": replace(
        floats(np.delete(REAL, slice(200, 205), axis=0), np.delete(LEFT.times_us, slice(200, 205))),
        gaps=(Gap(0, 200, 5, int(LEFT.times_us[199]), int(LEFT.times_us[205])),),
    ),
}


def numbers(found: Any) -> np.ndarray:
    """All numbers of a result."""
    if isinstance(found, pd.DataFrame):
        return found.select_dtypes("number").to_numpy(np.float64).ravel()
    if isinstance(found, Recording):
        return found.frames.ravel()
    return np.asarray(found.shares if isinstance(found, Regions) else found, np.float64).ravel()


@pytest.mark.parametrize("name", sorted(CALLS))
@pytest.mark.parametrize("kind", BAD)
def test_bad_recordings_have_a_result_without_infinite_numbers_or_an_error_that_names_what_was_expected(
    name: str, kind: str
) -> None:
    try:
        found = CALLS[name](BAD[kind])
    except InvalidData as error:
        assert (name, kind) in REFUSED
        assert "expected" in str(error)  # noqa: PT017
        return
    assert (name, kind) not in REFUSED
    assert not np.isinf(numbers(found)).any()


# Of fewer than three whole steps there are no curves to compare.
STEPLESS = ("empty", "one frame", "all missing", "all zero", "all of one time", "backwards")
REFUSED = {("tare", "empty"), *(("spm", kind) for kind in STEPLESS)}


# Their result is no measure: frames, cells, regions, or what was given.
UNMEASURED = {"arrival_stats", "bad_cells", "usual_regions", "repair", "tare", "symmetry_angle", "symmetry_index"}
UNMEASURED |= {"surface"}
UNMEASURED |= {name for name, kind in REFUSED if kind == "all missing"}


@pytest.mark.parametrize("name", sorted(set(CALLS) - UNMEASURED))
def test_of_nothing_no_measure_is_claimed(name: str) -> None:
    counted = {"n_dead", "n", "duration_s", "after", "first", "sessions", "sum_7d_sessions", "sum_28d_sessions"}
    for kind in ("empty", "all missing"):
        found = CALLS[name](BAD[kind])
        if isinstance(found, pd.DataFrame):
            of_left = [column for column in found if not str(column).endswith(("_right", "_b"))]
            table = found[of_left]
            if "side" in found:
                table = table[found["side"] == "left"]
            table = table.loc[[row for row in table.index if row not in ("right", "both")]]
            measures = table.drop(columns=[c for c in table if c in counted or "n_" in str(c)[:7]])
            known = measures.select_dtypes("number").to_numpy(np.float64)
            assert np.isnan(known).all() or not (known[~np.isnan(known)] != 0).any(), (kind, found)
        else:
            assert np.isnan(found)


# Of these each frame stands for itself: the order of frames is nothing to them.
TIMELESS = {
    "arch_index", "arrival_stats", "difference_map", "frame_stats", "peak_map", "region_curves", "symmetry_angle",
    "symmetry_index", "usual_regions",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(CALLS))
def test_a_clock_that_was_set_back_costs_no_function_its_result(name: str) -> None:
    if name in TIMELESS:
        there, back = numbers(CALLS[name](floats(REAL))), numbers(CALLS[name](BAD["backwards"]))
        np.testing.assert_allclose(np.sort(there), np.sort(back), rtol=1e-12)
    known = ~np.isnan(numbers(CALLS[name](BAD["set back"])))
    assert known.sum() >= 0.6 * (~np.isnan(numbers(CALLS[name](floats(REAL))))).sum()


OF_TABLES = {
    "alarms": analytics.alarms,
    "balance": analytics.balance,
    "cop_velocity": analytics.cop_velocity,
    "drift": lambda t: analytics.drift(t, "total_force_n"),
    "gait_line": lambda t: gait_line(t, events(LEFT)),
    "drop_jumps": analytics.drop_jumps,
    "hops": analytics.hops,
    "jumps": lambda t: analytics.jumps(t, t),
    "last_steps": lambda t: analytics.last_steps(t, t),
    "loading_rates": lambda t: analytics.loading_rates(t, events(LEFT)),
    "recent_load": lambda t: analytics.recent_load({"plate": t}),
    "rolling": analytics.rolling,
    "running": analytics.running,
    "spectrum": analytics.spectrum,
    "stance_curves": lambda t: stance_curves(t, events(LEFT), "total_force_n"),
    "stances": stances,
    "standing": lambda t: analytics.standing({"plate": t}),
}
WRONG: dict[str, tuple[Callable[[pd.DataFrame], pd.DataFrame], str]] = {
    "an infinite value": (lambda t: t.assign(**dict.fromkeys(t, np.inf)), "finite values or NaN"),
    "no times": (lambda t: t.reset_index(drop=True), "expected times"),
    "a missing time": (lambda t: t.set_index(t.index.where(np.arange(len(t)) != 3)), "a time in every row"),
    "no such columns": (lambda t: t[["n_dead"]], "expected"),
}


# These take whatever columns there are.
TABLES_GONE_WRONG = sorted(
    {(name, wrong) for name in OF_TABLES for wrong in WRONG}
    - {(name, "no such columns") for name in ("recent_load", "rolling")}
)


@pytest.mark.parametrize(("name", "wrong"), TABLES_GONE_WRONG)
def test_a_table_that_is_wrong_is_refused_with_what_was_expected(name: str, wrong: str) -> None:
    change, expected = WRONG[wrong]
    with pytest.raises(InvalidData, match=expected):
        OF_TABLES[name](change(frame_stats(LEFT)))


@pytest.mark.parametrize(
    ("frames", "times_us", "expected"),
    [
        (np.zeros((3, 4)), np.arange(3), r"frames: expected \(n, rows, cols\), got shape \(3, 4\)"),
        (np.zeros((3, 4, 5)), np.arange(3), r"frames: expected cells of 12 x 6, got \(4, 5\)"),
        (np.zeros((3, 12, 6)), np.arange(4), r"times_us: expected \(3,\), one a frame, got \(4,\)"),
        (np.zeros((3, 12, 6)), np.arange(3.0), "times_us: expected whole microseconds, got float64"),
        (np.full((3, 12, 6), np.inf), np.arange(3), "frames: expected finite values or NaN"),
        (np.full((3, 12, 6), -np.inf), np.arange(3), "frames: expected finite values or NaN"),
        (np.zeros((3, 12, 6), complex), np.arange(3), "frames: expected numbers, got complex128"),
        (np.zeros((3, 12, 6), object), np.arange(3), "frames: expected numbers, got object"),
        (np.zeros((3, 12, 6), "U3"), np.arange(3), "frames: expected numbers, got <U3"),
    ],
)
def test_arrays_of_a_wrong_shape_or_kind_make_no_recording(frames: Any, times_us: Any, expected: str) -> None:
    with pytest.raises(InvalidData, match=expected):
        Recording(frames=frames, times_us=times_us, layout=LEFT.layout)


@pytest.mark.parametrize("dtype", ["int8", "int32", "int64", "uint32", "float16", ">f4", ">u2"])
def test_numbers_of_any_kind_are_the_numbers_they_are(dtype: str) -> None:
    layout = Layout(rows=12, cols=6, unit="kPa", pitch_mm=(5, 5))
    cells = np.clip(np.nan_to_num(REAL[:50]), 0, 100).astype(np.int64)
    plain = Recording(cells.astype(np.float64), LEFT.times_us[:50], layout)
    other = Recording(cells.astype(dtype), LEFT.times_us[:50], layout)
    pd.testing.assert_frame_equal(frame_stats(other), frame_stats(plain), rtol=1e-12)
    np.testing.assert_array_equal(analytics.peak_map(other), analytics.peak_map(plain))


def test_nothing_here_warns_of_what_it_does_not_know() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name, call in CALLS.items():
            if (name, "all missing") not in REFUSED:
                call(BAD["all missing"])
