"""What the Gait tab and the report say of feet that have a floor of their own, or were never unloaded."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from analytics import sim
from barograph.frames import Layout, Recording
from dashboard.reading.parts import Parts
from dashboard.session import callbacks
from dashboard.session.report_routes import make


def shown(markup: str) -> str:
    return re.sub(r"<[^>]*>", " ", markup).replace("\u2009", "")


async def gait(pages, workout: str, search: str = "") -> str:
    body, _ = await callbacks.tab(pages, f"/session/{workout}", f"?tab=gait{search}")
    return getattr(body, "data-markup")


def pressed(recording: Recording, kpa: float) -> Recording:
    """The same in a shoe that presses on every cell."""
    layout = replace(recording.layout, dtype="float64", scale=1.0, offset=0.0)
    return replace(recording, frames=np.nan_to_num(recording.values()) + kpa * layout.valid, layout=layout)


async def test_a_tight_shoe_walks_and_its_floor_is_said(pages, keep):
    feet = sim.walk(8.0, seed=2)
    await keep("loose", feet)
    await keep("tight", {"left": pressed(feet["left"], 5.0), "right": feet["right"]})
    stances = [re.search(r"Left (\d+), Right (\d+) whole", shown(await gait(pages, name)))[0]
               for name in ("loose", "tight")]  # fmt: skip
    assert stances[0] == stances[1]
    text = shown(await gait(pages, "tight"))
    newtons = round(0.5 * float(feet["left"].layout.area_cm2[feet["left"].layout.valid].sum()))
    assert f"Left from {newtons + 20} N, until {newtons + 16} N over a floor of {newtons} N" in text
    assert "Right from 20 N, until 16 N" in text
    assert "never unloaded" not in text
    assert "over a floor" not in shown(await gait(pages, "loose"))


async def test_a_foot_that_was_never_unloaded_is_said_to_be_so_with_a_threshold_to_try(pages, keep):
    await keep("stand", sim.simulate("stand", 10.0))
    markup = await gait(pages, "stand")
    assert "Left was never unloaded here" in shown(markup)
    offered = re.search(r'data-set="on=([\d.]+)"', markup)[1]
    assert "never unloaded" not in shown(await gait(pages, "stand", f"&on={offered}"))
    report = shown(await make(Parts(pages.archive), "stand", ""))
    assert "never unloaded" not in report  # of someone who stands it has no part about steps
    assert "Path length" in report


async def test_pauses_that_belong_to_a_stance_are_a_parameter_of_the_page(pages, keep):
    feet = sim.walk(6.0, seed=2)
    frames = np.array(feet["left"].frames)
    falls = np.flatnonzero(frames.sum(axis=(1, 2)) > 0.8 * frames.sum(axis=(1, 2)).max())[60]
    frames[falls : falls + 4] = 0
    await keep("walk", {"left": replace(feet["left"], frames=frames)})
    split, joined = [int(re.search(r"Left (\d+) whole", shown(await gait(pages, "walk", search)))[1])
                     for search in ("", "&pause=100")]  # fmt: skip
    assert split == joined + 1
    report = shown(await make(Parts(pages.archive), "walk", "?pause=100&shortest=120"))
    assert "below 100 ms" in report
    assert "120 ms" in report


@pytest.fixture
async def plate(keep):
    """A step on a plate that was recorded from its first 40 N on."""
    force = 800.0 * np.sin(np.pi * (np.arange(90) + 1.5) / 92)
    rows, cols = 24, 10
    path = np.linspace(rows - 3, 2, 90)
    place = np.exp(-((np.arange(rows)[None, :] - path[:, None]) ** 2) / 18.0)
    cells = place[:, :, None] * np.exp(-((np.arange(cols) - 4.5) ** 2) / 6.0)[None, None, :]
    layout = Layout(rows=rows, cols=cols, kind="plate", unit="kPa", pitch_mm=(8.0, 10.0))
    kpa = cells / cells.sum(axis=(1, 2), keepdims=True) * force[:, None, None] * 10 / 0.8
    times_us = 1_790_000_000_000_000 + 10_000 * np.arange(90)
    await keep("plate", {"main": Recording(frames=kpa, times_us=times_us, layout=layout)})


async def test_a_plate_step_that_begins_in_contact_has_a_gait_line_and_a_loading_rate(pages, plate):
    text = shown(await gait(pages, "plate"))
    assert "1 whole stance" in text
    assert "cut by an edge" not in text
    assert re.search(r"Loading rate\s+.*?kN/s\s+(coarse\s+)?[\d.]+", text, re.S)
    assert "Gait line" in text
    part = shown(await gait(pages, "plate", "&from=0.005&to=0.9"))
    assert "No whole stance" in part  # what begins with the selection is cut by it
    report = shown(await make(Parts(pages.archive), "plate", ""))
    assert "1 whole stance" in report
