"""A notebook's afternoon: many threads on one Lab, wrong addresses, names that Tab completes, and tables in HTML."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from keyed import open_archive

import barograph
from analytics import sim
from analytics.frames.arrival import ArrivalStatistics
from barograph.errors import InvalidData, NotFound, SettingsError, StorageAway
from barograph.frames import Layout, Recording, Stream
from barograph.lab import Lab
from barograph.servers.embedded import Servers
from barograph.store.imports import import_recording

WALK = sim.walk(6.0, rows=12, cols=6)


async def fill(url: str, database: str) -> None:
    archive = await open_archive(url, database, 20.0)
    for name, one in WALK.items():
        await import_recording(archive, Stream("run-42", name), one, ArrivalStatistics(), now_us=1)
    await import_recording(archive, Stream("plate", "main"), WALK["left"], ArrivalStatistics(), now_us=1)
    await archive.close()


@pytest.fixture
def lab(servers: Servers, database: str) -> Iterator[Lab]:
    asyncio.run(fill(servers.mongo_url, database))
    with barograph.connect(servers.mongo_url, database=database) as lab:
        yield lab


def test_eight_threads_read_one_lab_at_once_and_each_has_what_it_asked_for(lab: Lab) -> None:
    asked = [("run-42", ("left", "right")[i % 2], float(i % 5)) for i in range(40)]

    def read(what: tuple[str, str, float]) -> bool:
        workout, stream, start = what
        found = lab.recording(workout, stream, start, start + 1.0)
        first = int(WALK[stream].times_us[0] + start * 1e6)
        return found.equals(WALK[stream].between(first, first + 1_000_000))

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(read, asked)) == [True] * len(asked)


def test_a_lab_that_another_thread_closes_says_so_and_nobody_waits_for_ever(servers: Servers, database: str) -> None:
    asyncio.run(fill(servers.mongo_url, database))
    lab = barograph.connect(servers.mongo_url, database=database)
    began = threading.Semaphore(0)

    def read() -> None:
        began.release()
        while True:
            lab.recording("run-42", "left")

    with ThreadPoolExecutor(6) as threads:
        readers = [threads.submit(read) for _ in range(6)]
        for _ in readers:
            began.acquire()
        lab.close()
        ended = [one.exception(20.0) for one in readers]
    assert {type(error) for error in ended} == {InvalidData}
    assert all("lab: expected an open Lab" in str(error) for error in ended)
    lab.close()


@pytest.mark.parametrize(
    "url",
    ["", 5, "ftp://user:sec@127.0.0.1", "mongodb://127.0.0.1:port", "mongodb://", "mongodb://user:sec@ret@host/x",
     "mongodb://127.0.0.1:1/?w=nonsense=1"],
)  # fmt: skip
def test_a_url_that_is_none_is_named_without_its_password(url: Any) -> None:
    with pytest.raises(SettingsError, match="url: expected ") as raised:
        barograph.connect(url)
    assert "sec" not in str(raised.value)


def test_a_url_of_nobody_is_away_within_its_time() -> None:
    with pytest.raises(StorageAway, match=r"127\.0\.0\.1:1"):
        barograph.connect("mongodb://127.0.0.1:1", storage_timeout_s=0.5)


def test_tab_offers_names_of_the_package_and_of_what_is_stored(lab: Lab) -> None:
    assert {"connect", "read_file", "Recording", "Lab"} <= set(dir(barograph))
    assert "Any" not in dir(barograph)
    offered = lab._ipython_key_completions_()
    assert set(offered) == {"plate", ("run-42", "left"), ("run-42", "right")}
    for key in offered:
        assert len(lab[key]) == 600
    with pytest.raises(NotFound, match="run-42"):
        lab["run-4"]


def test_a_recording_is_a_table_in_a_notebook_however_large_it_is() -> None:
    layout = Layout(rows=60, cols=60, dtype="uint16", unit="kPa", kind="insole", side="left", mask=(1,) * 3600)
    one = Recording(np.zeros((2000, 60, 60), "<u2"), 10_000 * np.arange(2000), layout)
    html = one._repr_html_()
    assert html.startswith("<table>")
    assert "2000 frames of 60 x 60 uint16 kPa" in html
    assert "insole left" in html
    assert len(html) < 1000
    assert len(repr(layout)) < 500
