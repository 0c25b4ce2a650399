"""What is made of all frames of a session is kept, gives the same pages, and only as long as it holds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from analytics import sim
from analytics.maps.folds import Maps
from barograph.errors import CodecError
from barograph.frames import Recording, Stream
from barograph.store.calibration import calibrate
from dashboard.drawing.units import Units
from dashboard.reading import parts as parts_module
from dashboard.reading import summarising
from dashboard.reading.context import Context
from dashboard.reading.kept_results import PREFIX, name_of, packed, unpacked
from dashboard.reading.parts import Parts
from dashboard.reading.summarising import Summariser
from dashboard.reading.summary_tables import SessionReading
from dashboard.session import tabs

BODIES = {name: tabs.BODIES[name] for name in ("maps", "gait", "regions", "data")}
START_US = 1_750_000_000_000_000


@cache
def walk() -> dict[str, Recording]:
    return sim.walk(4.0, start_us=START_US, rows=12, cols=6)


class Unread(Parts):
    """Parts of sessions whose frames must not be read."""

    async def _fold(self, *_):
        raise AssertionError("frames were read")

    _stats = _fold


def worker(archive) -> Summariser:
    return Summariser(archive, lambda _: True, tabs=tuple(BODIES.values()))


def names(archive) -> set[str]:
    return {table for _, table in archive.summaries._kept if table.startswith(PREFIX)}


async def body(parts: Parts, tab: str, **query: object) -> str:
    workout = await parts.archive.workout("walk")
    context = SessionReading(parts, workout).whole()
    return await BODIES[tab](replace(context, query=replace(context.query, **query)))


async def test_tabs_of_a_session_are_the_same_from_what_was_kept_and_read_no_frame(pages, keep, monkeypatch):
    monkeypatch.setattr(parts_module, "KEPT_FROM_S", 1.0)
    monkeypatch.setattr(summarising, "KEPT_FROM_S", 1.0)
    monkeypatch.setattr("dashboard.reading.summary_tables.KEPT_FROM_S", 1.0)
    await keep("walk", walk(), mass_kg=70.0)
    plain = {tab: await body(pages.parts, tab) for tab in BODIES}
    await worker(pages.archive).catch_up()
    for tab, text in plain.items():
        assert await body(Unread(pages.archive), tab) == text
    assert await body(Unread(pages.archive), "maps", map="mean") != plain["maps"]
    with pytest.raises(AssertionError, match="frames were read"):
        await body(Unread(pages.archive), "maps", p0=25.0)
    await calibrate(pages.archive, Stream("walk", "left"), scale=0.2)
    with pytest.raises(AssertionError, match="frames were read"):
        await body(Unread(pages.archive), "maps")
    before = names(pages.archive)
    await worker(pages.archive).catch_up()
    after = names(pages.archive)
    assert after - before
    assert len(after) == len(before)  # those of the older calibration are gone
    assert await body(Unread(pages.archive), "maps") == await body(Parts(pages.archive), "maps") != plain["maps"]
    monkeypatch.setattr(parts_module, "version", lambda: "another program")
    with pytest.raises(AssertionError, match="frames were read"):
        await body(Unread(pages.archive), "maps")
    await pages.archive.delete("walk")
    assert not pages.archive.summaries._kept


async def test_a_tab_that_cannot_be_made_keeps_the_others(pages, keep, monkeypatch, caplog):
    monkeypatch.setattr(summarising, "KEPT_FROM_S", 1.0)

    async def broken(_: Context) -> str:
        raise ZeroDivisionError("a tab")

    await keep("walk", walk())
    state = await Summariser(pages.archive, lambda _: True, tabs=(broken, BODIES["data"])).catch_up()
    assert (state.current, state.failed) == (1, 0)
    assert "ZeroDivisionError: a tab" in caplog.text


async def test_what_is_made_once_is_made_again_for_other_units_or_another_mass(pages, keep):
    await keep("walk", walk(), mass_kg=70.0)
    context = SessionReading(pages.parts, await pages.archive.workout("walk")).whole()
    made = []

    async def make() -> str:
        made.append(1)
        return f"made {len(made)}"

    heavier = replace(context.workout, about=replace(context.workout.about, mass_kg=80.0))
    for one in (context, replace(context, units=Units(force="N", pressure="N/cm²")), replace(context, workout=heavier),
                replace(context, query=replace(context.query, curve="peak"))):  # fmt: skip
        first = await one.once("tab", make)
        assert await one.once("tab", make) == first
    assert len(made) == 4
    assert await context.once("another tab", make) == "made 5"


@dataclass(frozen=True)
class Stranger:
    """A value of nobody's package."""

    n: int = 1


def results() -> list[object]:
    rng = np.random.default_rng(3)
    maps = Maps(*(rng.random((3, 4)) for _ in range(4)), n=3, n_mean=2)
    times = pd.to_datetime([1, 2, 5], unit="us", utc=True).rename("time")
    narrow = pd.DataFrame({"a": rng.random(3).astype(np.float32).astype(float), "b": [1, 2, 3]}, index=times)
    narrow.attrs = {"missing_us": [[1, 2]], "kind": "plate", "share": 0.1, "none": None, "inner": {"x": (1, 2)}}
    index = pd.MultiIndex.from_tuples([(0, "heel"), (0, "toe"), (1, "heel")], names=["step", "region"])
    deep = pd.DataFrame(
        {"peak_kpa": [1.5, np.nan, 2.0], "cut": [True, False, True], "name": ["x", None, "ü"]}, index=index
    )
    return [maps, narrow, narrow.iloc[:0], deep, (np.arange(4), [1.5, "text", None]), {"a": np.float64(0.1)}, 7]


@pytest.mark.parametrize("place", range(len(results())))
def test_a_result_comes_back_to_the_last_bit(place):
    value = results()[place]
    data = packed(value)
    assert data is not None
    back = unpacked(data)
    assert type(back) is type(value)
    assert packed(back) == data


@pytest.mark.parametrize("value", [Stranger(), object(), {1, 2}, pd.Series([1.0]), np.array([None])])
def test_what_cannot_be_told_is_not_kept(value):
    assert packed(value) is None


def test_what_is_no_result_is_refused():
    good = packed(results()[0])
    for data in (b"", good[:12], good[:-2], b"\xff" * 20):
        with pytest.raises(CodecError):
            unpacked(data)


def test_a_name_hangs_on_all_of_its_key():
    key = ("maps", None, 20.0, Stream("run", "left", "u"), 100)
    assert name_of(key) == name_of(("maps", None, 20.0, Stream("run", "left", "u"), 100))
    assert len({name_of(key), name_of((*key, 1)), name_of((*key[:-1], 101))}) == 3
