"""Measures of steps, prints, seats and bodies beside plain loops over frames or rows that find the same number.

Measured as in `bench_stats`: on one core, with one BLAS thread, in three interleaved rounds; medians count. Each pair
is compared before it is measured.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from bench_stats import medians, on_one_core
from scipy import ndimage

from analytics import (
    footprints,
    frame_stats,
    net_cop,
    peak_pressure_index,
    region_steps,
    running_form,
    sim,
    spm,
    stances,
    usual_regions,
)
from analytics.base.times import table_us, time_index
from barograph import Layout, Recording

sys.path.append(str(Path(__file__).parents[1]))  # what all tests share

from walkways import plate, treading, walking

RELABELLINGS = 1000


def row(name: str, unit: str, n: int, ours: Any, loop: Any, what: str) -> dict[str, Any]:
    """Measure one pair: `n` is how many of `unit` a call of each works on."""
    speeds = medians({"ours": (ours, n), "loop": (loop, n)})
    return {"row": f"measures: {name}", "value": speeds["ours"], "unit": f"{unit}/s",
            "peer": f"{what}: {speeds['loop']:,.0f} {unit}/s", "ratio": speeds["ours"] / speeds["loop"]}  # fmt: skip


def plain_prints(recording: Recording) -> int:
    """Label the loaded cells of each frame, and carry a label on where it touches one of the frame before."""
    before, made = np.zeros(recording.frames.shape[1:], int), 0
    for frame in recording.frames:
        found, n = ndimage.label(frame > 0)
        now = np.zeros_like(before)
        for one in range(1, n + 1):
            held = before[found == one]
            known = held[held > 0]
            made += not len(known)
            now[found == one] = known[0] if len(known) else made
        before = now
    return made


def of_prints() -> dict[str, Any]:
    """Six prints on a walkway."""
    walk = treading(plate(720.0, 4000.0), walking(6), 4.0)
    # A foot's heel and toes are apart for some frames, so that the plain loop finds more than there are.
    assert len(footprints(walk)) == 6 <= plain_prints(walk)
    return row("prints of a walkway, 500 x 90 cells", "frames", len(walk), lambda: footprints(walk),
               lambda: plain_prints(walk), "a loop that labels each frame")  # fmt: skip


def plain_regions(frames: Any, found: pd.DataFrame, masks: dict[str, Any]) -> list[float]:
    """The highest pressure of each region in each step; its highest sum and the sum of all are found on the way."""
    peaks = []
    for first, after in zip(found["first"], found["after"], strict=True):
        for mask in masks.values():
            peak = force = impulse = 0.0
            for frame in frames[first:after]:
                inside = frame[mask]
                peak, force, impulse = max(peak, inside.max()), max(force, inside.sum()), impulse + inside.sum()
            peaks.append(float(peak))
    return peaks


def of_regions() -> dict[str, Any]:
    """Twenty seconds of one insole."""
    left = sim.walk(20.0, rows=32, cols=16)["left"]
    found = stances(frame_stats(left))
    chosen = usual_regions(left)
    masks = {name: share > 0 for name, share in zip(chosen.names, chosen.shares, strict=True)}
    frames = left.frames * left.layout.scale
    peaks = region_steps(left, found)["peak_kpa"].to_numpy()
    np.testing.assert_allclose(peaks, plain_regions(frames, found, masks), rtol=1e-6)
    return row("ten masks and 14 measures of each step, 32 x 16", "frames", len(left),
               lambda: region_steps(left, found), lambda: plain_regions(frames, found, masks),
               "a loop that knows peak, force and impulse")  # fmt: skip


def running(seconds: float, hz: float = 500.0) -> pd.DataFrame:
    """A runner's force: half sines of 0.25 s, 0.12 s apart."""
    s = np.arange(0.0, seconds, 1 / hz)
    phase = (s - 0.1) % 0.37
    force = np.where((phase < 0.25) & (s > 0.1), 1600.0 * np.sin(np.pi * phase / 0.25), 0.0)
    return pd.DataFrame({"total_force_n": force}, index=time_index(np.rint(s * 1e6).astype(np.int64)))


def plain_contacts(s: Any, force: Any) -> list[tuple[float, float]]:
    """Time and impulse of each contact, row by row."""
    out, begun, impulse = [], None, 0.0
    for i in range(1, len(force)):
        if begun is None and force[i] >= 20.0:
            begun, impulse = s[i], 0.0
        elif begun is not None:
            impulse += (force[i] + force[i - 1]) / 2 * (s[i] - s[i - 1])
            if force[i] < 20.0:
                out.append((s[i] - begun, impulse))
                begun = None
    return out


def of_running() -> dict[str, Any]:
    """Two minutes of a runner on one plate."""
    table = running(120.0)
    s, force = table_us(table) / 1e6, table["total_force_n"].to_numpy()
    form, plain = running_form(table, in_turn=True), plain_contacts(s, force)
    whole = form[~form["cut"]]
    assert abs(len(whole) - len(plain)) <= 2
    np.testing.assert_allclose(whole["contact_s"].mean(), np.mean([one for one, _ in plain]), atol=0.01)
    return row("a runner's contacts with rates and stiffness, 500 Hz", "rows", len(table),
               lambda: running_form(table, in_turn=True), lambda: plain_contacts(s, force),
               "a loop over rows that knows contact and impulse")  # fmt: skip


def plain_index(frame: Any, cell_cm2: float, area_cm2: float = 9.5) -> float:
    """Grow an area about the highest cell by its highest neighbour, one at a time."""
    rows, cols = frame.shape
    inside = {tuple(int(one) for one in np.unravel_index(np.argmax(frame), frame.shape))}
    while (len(inside) + 1) * cell_cm2 <= area_cm2 + 1e-9:
        around = {
            (r + dr, c + dc) for r, c in inside for dr, dc in ((0, 1), (1, 0), (0, -1), (-1, 0))
            if 0 <= r + dr < rows and 0 <= c + dc < cols
        }  # fmt: skip
        inside.add(max(around - inside, key=lambda at: frame[at]))
    return float(np.mean([frame[at] for at in inside]))


def of_seats() -> dict[str, Any]:
    """Frames of a seat of 32 x 32 cells."""
    layout = Layout(rows=32, cols=32, unit="kPa", pitch_mm=(15.0, 15.0), kind="seat")
    y, x = np.mgrid[0:32, 0:32]
    shape = np.exp(-((x - 10) ** 2 + (y - 12) ** 2) / 18) + np.exp(-((x - 21) ** 2 + (y - 12) ** 2) / 18)
    noise = np.random.default_rng(1).uniform(0.9, 1.1, (50, 32, 32))
    frames = 20.0 * shape * noise
    ours = [peak_pressure_index(frame, layout) for frame in frames]
    np.testing.assert_allclose(ours, [plain_index(frame, 2.25) for frame in frames], rtol=0.05)
    return row("peak pressure index, 32 x 32", "frames", len(frames),
               lambda: [peak_pressure_index(frame, layout) for frame in frames],
               lambda: [plain_index(frame, 2.25) for frame in frames], "a loop that grows cell by cell")  # fmt: skip


def plain_net(left: pd.DataFrame, right: pd.DataFrame, apart_mm: float) -> list[float]:
    """The centre of pressure of both feet across, row by row."""
    out = []
    for i in range(len(left)):
        f, g = left["total_force_n"].iloc[i], right["total_force_n"].iloc[i]
        x, y = left["cop_x_mm"].iloc[i], right["cop_x_mm"].iloc[i]
        out.append((f * (x - apart_mm / 2) + g * (y + apart_mm / 2)) / (f + g))
    return out


def of_bodies() -> dict[str, Any]:
    """Half a minute of quiet standing on two insoles."""
    left, right = (frame_stats(one) for one in sim.stand(30.0).values())
    net = net_cop(left, right, stance_width_mm=200.0)
    np.testing.assert_allclose(net["net_cop_x_mm"], plain_net(left, right, 200.0))
    return row("net centre of pressure of two insoles", "rows", len(left),
               lambda: net_cop(left, right, stance_width_mm=200.0), lambda: plain_net(left, right, 200.0),
               "a loop over rows, across alone")  # fmt: skip


def plain_relabelling(a: Any, b: Any) -> float:
    """The 95th percentile of the largest |t| of relabelled curves, one relabelling at a time."""
    both, rng, largest = np.vstack([a, b]), np.random.default_rng(0), []
    for _ in range(RELABELLINGS):
        order = rng.permutation(len(both))
        one, two = both[order[: len(a)]], both[order[len(a) :]]
        pooled = ((len(a) - 1) * one.var(axis=0, ddof=1) + (len(b) - 1) * two.var(axis=0, ddof=1)) / (len(both) - 2)
        largest.append(
            np.max(np.abs(two.mean(axis=0) - one.mean(axis=0)) / np.sqrt(pooled * (1 / len(a) + 1 / len(b))))
        )
    return float(np.quantile(largest, 0.95))


def of_curves() -> dict[str, Any]:
    """Two groups of 15 curves of 101 points; ours takes ten times as many relabellings."""
    rng = np.random.default_rng(2)
    a, b = (ndimage.gaussian_filter1d(rng.normal(size=(15, 101)), 8, axis=1) for _ in range(2))
    ours = spm(pd.DataFrame(a), pd.DataFrame(b), method="permutation")
    np.testing.assert_allclose(ours.attrs["t_star"], plain_relabelling(a, b), rtol=0.1)
    speeds = medians(
        {"ours": (lambda: spm(pd.DataFrame(a), pd.DataFrame(b), method="permutation"), 10 * RELABELLINGS),
         "loop": (lambda: plain_relabelling(a, b), RELABELLINGS)}
    )  # fmt: skip
    return {"row": "measures: SPM by permutation, 15 + 15 curves of 101 points", "value": speeds["ours"],
            "unit": "relabellings/s", "peer": f"a loop over relabellings: {speeds['loop']:,.0f} relabellings/s",
            "ratio": speeds["ours"] / speeds["loop"]}  # fmt: skip


def rows() -> list[dict[str, Any]]:
    """The rows for `make bench`."""
    return on_one_core(__file__)


def main() -> None:
    """Print a table, or with --json the rows, measured here on one core."""
    if "--json" in sys.argv:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        made = [one() for one in (of_prints, of_regions, of_running, of_seats, of_bodies, of_curves)]
        sys.stdout.write(json.dumps(made))
        return
    for one in rows():
        print(f"{one['row']:<66}{one['value']:>12,.0f} {one['unit']}{one['ratio']:>8.1f} x of {one['peer']}")


if __name__ == "__main__":
    main()
