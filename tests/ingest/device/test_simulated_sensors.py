"""A simulated athlete on sensors of every sort of places, through the real ingest."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from analytics import sim
from barograph.cli.sending import simulated
from barograph.frames import Stream
from barograph.store.reading import read_recording
from ingest.device.sender import send


@pytest.mark.parametrize("name", ["pedar-x", "moticon-opengo-7", "loadsol", "xsensor-hx210-31x11"])
async def test_what_an_athlete_presses_on_a_named_sensor_is_stored_with_its_places(ingest, mongo_archive, name):
    sources = simulated("walk", None, 0.5, geometry=name, seed=3)
    ended = await asyncio.wait_for(send(sources, url=ingest.ws_url, workout_id="w", paced=False), 30)
    assert [event["frame_count"] for event in ended] == [50, 50]
    expected = sim.walk(0.5, geometry=name, seed=3)
    for side, foot in expected.items():
        stored = await read_recording(mongo_archive, Stream("w", side))
        assert stored.layout == foot.layout
        np.testing.assert_array_equal(stored.frames, foot.frames)
