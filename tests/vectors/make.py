"""Test vectors of what Python and the browser's code both compute: inputs here, answers from Python.

python -m tests.vectors.make writes tests/vectors/*.json. `tests/dashboard/test_vectors.py` and
`tests/browser/modules/vectors.test.mjs` hold both sides to them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analytics import arrival_stats, stances
from analytics.base.times import time_index
from analytics.frames.shape import saturation_of
from analytics.streaming.alarms import Alarm, alarms
from barograph.curve import Curve
from barograph.frames import KPA_PER_UNIT, Geometry, Layout, Stream
from barograph.store.records import StreamInfo
from dashboard.drawing import words
from dashboard.drawing.map_image import FADE_KPA, Scale, bar_ticks, colours
from dashboard.drawing.outline import outline
from dashboard.drawing.smooth import filled, stretched
from dashboard.drawing.svg import digits_of, round_up, ticks
from dashboard.drawing.units import FORCES, PRESSURES, Units
from dashboard.reading.overview import drawn_layout

FOLDER = Path(__file__).parent
NUMBERS = (0.0, -0.0, 0.049, -0.049, 0.05, 1.25, -1.25, 2.5, 3.5, 999.5, 1000.0, 1284.0, -5.4, 1234567.891, 1e9)
BASES = ("N", "kN", "kPa", "N·s", "N/s", "kN/s", "kPa·s", "N/cm²", "cm²", "counts", "ms", "%")
FOOT = Layout(rows=8, cols=5, dtype="uint16", unit="kPa", scale=0.5, offset=-1.0, kind="insole", side="left",
              pitch_mm=(10.0, 10.0),
              mask=(0, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0,
                    0, 1, 1, 1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 1, 0, 0, 1, 1, 0, 0))  # fmt: skip
RING = Layout(rows=4, cols=4, dtype="uint8", unit="raw", mask=(1, 1, 1, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 1, 1, 1))
PLAIN = Layout(rows=3, cols=4, dtype="uint16", unit="N/cm2", scale=0.1)
TARED = Layout(rows=2, cols=3, dtype="uint16", unit="mmHg", scale=2.0, tare=(1.0, 0.0, 3.0, 4.0, 5.0, 60.0),
               cell_factors=(1.0, 2.0, 0.5, 1.0, 1.5, 1.0))  # fmt: skip
LAYOUTS = {"foot": FOOT, "ring": RING, "plain": PLAIN, "tared": TARED}
BENT = Layout(rows=2, cols=3, dtype="uint8", unit="N/cm2", scale=2.0, cell_factors=(1.0, 2.0, 0.5, 1.0, 1.5, 1.0),
              curve=Curve(kind="polynomial", numbers=((0.1, 0.02, -1e-4, 2e-6),)))  # fmt: skip
EACH = tuple((0.01 * cell, 1.1 + 0.05 * cell) for cell in range(1, 7))
TABLE = Curve(kind="table", numbers=((0.0, 0.0, 50.0, 10.0, 200.0, 100.0),))
RISING = Curve(kind="exponential", numbers=((2.0, 0.01, -2.0),), until=180.5)
FALLING = Curve(kind="exponential", numbers=((90.0, -0.02, 1.0),))
CURVES = {
    "a cubic": BENT,
    "a cubic after a tare": replace(BENT, tare=(1.0, 0.0, 3.0, 4.0, 5.0, 60.0)),
    "a power law a cell": replace(BENT, curve=Curve(kind="power", numbers=EACH), offset=-0.5),
    "a table": replace(BENT, curve=TABLE, unit="kPa"),
    "an exponential curve with an end": replace(BENT, dtype="float32", curve=RISING),
    "a falling curve": replace(BENT, curve=FALLING, tare=(80.0,) * 6),
}


def numbers() -> Iterator[dict[str, Any]]:
    """How numbers are written."""
    for value in NUMBERS:
        for digits in (0, 1, 2):
            yield {"value": value, "digits": digits, "text": words.number(value, digits)}


def moments() -> Iterator[dict[str, Any]]:
    """How times since a start are written."""
    for seconds in (0.0, 0.0004, 0.0006, 59.9994, 59.9996, 527.71, 3600.0, 3599.9999, 86399.125):
        yield {"seconds": seconds, "text": words.moment(seconds)}


def units() -> Iterator[dict[str, Any]]:
    """How values in a unit are shown, and with how many decimals."""
    for unit in BASES:
        for force in FORCES:
            for pressure in PRESSURES:
                for mass in (None, 15.0, 75.0):
                    display = Units(force, pressure).display(unit, mass)
                    yield {"unit": unit, "force": force, "pressure": pressure, "mass_kg": mass,
                           "factor": display.factor, "shown": display.unit, "digits": display.more}  # fmt: skip


def scales() -> Iterator[dict[str, Any]]:
    """Round numbers: ticks, their decimals, the ends of ranges and of colour bars."""
    for high in (0.6, 1.0, 3.0, 8.0, 40.0, 55.0, 101.97, 400.0, 600.0, 1125.1, 3000.25):
        for most in (2, 3, 5):
            values = ticks(0.0, high, most)
            yield {"high": high, "most": most, "ticks": values, "digits": digits_of(values), "up": round_up(high),
                   "bar": bar_ticks(Scale(high, "kPa")), "over": bar_ticks(Scale(high, "kPa", over=True))}  # fmt: skip


def colour() -> Iterator[dict[str, Any]]:
    """Colours of maps at some of their 1024 steps."""
    steps = (0, 1, 5, 12, 25, 26, 27, 60, 204, 255, 511, 512, 700, 1000, 1022, 1023)
    for name, high, unit in (("viridis", 400.0, "kPa"), ("viridis", 5.0, "kPa"), ("cividis", 4095.0, "counts")):
        table = colours(Scale(high, unit, name, fade=FADE_KPA if unit == "kPa" else None))
        yield {"map": name, "high": high, "unit": unit, "steps": steps, "colours": table[list(steps)].tolist()}


def outlines() -> Iterator[dict[str, Any]]:
    """Outlines of sensors, in cells."""
    for name, layout in LAYOUTS.items():
        yield {"name": name, "layout": layout.to_dict(), "loops": [loop.tolist() for loop in outline(layout)]}


def calibration() -> Iterator[dict[str, Any]]:
    """Stored values as kPa or counts; a cell that does not exist is null."""
    for name, layout in (LAYOUTS | CURVES).items():
        stored = np.random.default_rng(1).integers(0, 250, (1, layout.rows, layout.cols)).astype(layout.numpy_dtype)
        stored[:, ~layout.valid] = 0
        values = layout.to_unit(stored)
        if layout.calibrated:
            values = values * KPA_PER_UNIT[layout.unit]
        values[:, ~layout.valid] = np.nan
        most = saturation_of(layout, None) if layout.calibrated else np.asarray(np.inf)
        whole = np.isfinite(most).all()
        yield {"name": name, "layout": layout.to_dict(), "stored": stored.ravel().tolist(), "values": _plain(values),
               "most": _plain(np.where(layout.valid, most, np.nan)) if whole else None}  # fmt: skip


def smooth() -> Iterator[dict[str, Any]]:
    """Smooth pictures; null is a cell that is dead or does not exist."""
    for name, layout in LAYOUTS.items():
        values = np.random.default_rng(2).gamma(0.6, 60.0, (layout.rows, layout.cols)).astype(np.float32).astype(float)
        values[~layout.valid] = np.nan
        dead = values.copy()
        dead[1, 1] = np.nan
        for label, cells in ((name, values), (f"{name} with a dead cell", dead)):
            whole = filled(cells, layout.valid)
            yield {"name": label, "layout": layout.to_dict(), "values": _plain(cells), "filled": _plain(whole),
                   "fine": 3, "pixels": _plain(stretched(whole, 3))}  # fmt: skip


def ringing() -> Iterator[dict[str, Any]]:
    """When alarms ring: values above 100 for a hold time, at several rates and with gaps."""
    rng = np.random.default_rng(3)
    for name, step_us, hold_s, gaps_us in (
        ("100 Hz", 10_000, 0.05, {40: 450_000, 70: 2_000_000}), ("a mat of 1 Hz", 1_000_000, 2.0, {30: 4_000_000}),
        ("a mat of 1 Hz that pauses", 1_000_000, 2.0, {20: 6_000_000}), ("no hold", 20_000, 0.0, {}),
    ):  # fmt: skip
        steps = np.full(120, step_us)
        for at, longer in gaps_us.items():
            steps[at] = longer
        times_us = np.cumsum(steps)
        values = np.where(np.repeat(rng.random(20) > 0.4, 6), 120.0, 80.0)
        values[50] = np.nan
        table = pd.DataFrame({"peak_kpa": values}, index=time_index(times_us))
        found = alarms(table, [Alarm("a", "peak_kpa", above=100.0, hold_s=hold_s)])
        raised = found["raised"].dt.tz_convert(None).to_numpy().astype("M8[us]").astype(np.int64).tolist()
        yield {"name": name, "above": 100.0, "hold_s": hold_s, "times_us": times_us.tolist(), "values": _plain(values),
               "raised_us": raised}  # fmt: skip


def stepping() -> Iterator[dict[str, Any]]:
    """Steps of a foot: blips that are too short, pauses that belong to the stance, values between the thresholds,
    a foot that is down at first, gaps in the air and in a stance, and missing values."""
    rng = np.random.default_rng(5)
    for name, hz, floor in (
        ("100 Hz", 100.0, 0.0),
        ("a tight shoe", 100.0, 35.0),
        ("12 Hz", 12.0, 0.0),
        ("250 Hz", 250.0, 5.0),
    ):
        t = np.arange(0.0, 9.0, 1.0 / hz)
        phase = (t + 0.2) % 1.1 / 0.65
        force = np.where(phase < 1.0, 700.0 * np.sin(np.pi * np.clip(phase, 0.0, 1.0)) ** 0.6, 0.0)
        force = np.round(np.abs(force + rng.normal(0.0, 4.0, len(t))), 1) + floor
        force[np.isclose(t % 2.2, 0.9, atol=0.02)] = floor + 30.0  # in the air, and short
        force[np.isclose(t % 3.3, 0.3, atol=0.004)] = floor  # drops out for a row
        force[len(t) // 2] = np.nan
        kept = (np.abs(t - 4.25) > 0.4) & (np.abs(t - 7.6) > 0.45)  # gaps
        times_us = np.round(t[kept] * 1e6).astype(np.int64)
        on = floor + 20.0
        off = floor + 16.0
        table = pd.DataFrame({"total_force_n": force[kept]}, index=time_index(times_us))
        found = stances(table, on=on, off=off)
        found = found[~found["cut"]]
        us = {
            edge: found[edge].dt.tz_convert(None).to_numpy().astype("M8[us]").astype(np.int64).tolist()
            for edge in ("start", "stop")
        }
        yield {"name": name, "on": on, "off": off, "times_us": times_us.tolist(), "force_n": _plain(force[kept]),
               "start_us": us["start"], "stop_us": us["stop"], "most_n": _plain(found["max_total_force_n"]),
               "impulse_ns": _plain(found["impulse_ns"])}  # fmt: skip


def soles() -> Iterator[dict[str, Any]]:
    """Whether total force is given: of soles whose area is told or not, with none, few and many cells dead."""
    areas = tuple(float(size) for size in range(50, 150, 5))
    for told in (None, sum(areas), 1.5 * sum(areas)):
        geometry = Geometry(places="mm", x=tuple(range(20)), y=tuple(range(20)), sole_mm2=told)
        for mask in (None, (0, 0, 0, *[1] * 17)):
            layout = Layout(rows=1, cols=20, unit="kPa", geometry=geometry, cell_area_mm2=areas, mask=mask, side="left")
            for dead in ((), (5,), (19,), (4, 12), (0, 1, 2)):
                frame = np.full((1, 1, 20), 10.0)
                frame[..., list(dead)] = np.nan
                drawn = drawn_layout(StreamInfo(Stream("w", "left"), layout)) or {}
                told_of = {
                    name: drawn[name]
                    for name in ("rows", "cols", "unit", "mask", "area_cm2", "sole_cm2")
                    if name in drawn
                }
                yield {
                    "layout": told_of,
                    "values": _plain(frame),
                    "given": not np.isnan(arrival_stats(frame, layout)[0, 0]),
                }


def _plain(values: Any) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in np.ravel(values)]


VECTORS = {"numbers": numbers, "moments": moments, "units": units, "scales": scales, "colours": colour,
           "outlines": outlines, "calibration": calibration, "smooth": smooth, "alarms": ringing,
           "soles": soles, "steps": stepping}  # fmt: skip


def texts() -> dict[str, str]:
    """Return each file's name and what stands in it: a case a line."""
    lines = {name: ",\n".join(map(_line, made())) for name, made in VECTORS.items()}
    return {f"{name}.json": f"[\n{cases}\n]\n" for name, cases in lines.items()}


def _line(case: dict[str, Any]) -> str:
    return json.dumps(case, ensure_ascii=False, allow_nan=False)


if __name__ == "__main__":
    for name, text in texts().items():
        (FOLDER / name).write_text(text, "utf-8")
