"""LSL in both directions over loopback: our outlet, our inlet, and streams of others, through the real ingest."""

from __future__ import annotations

import asyncio
import time
import uuid

import numpy as np
import pytest

from analytics import arrival_stats, sim
from barograph import settings
from barograph.cli.live_sources import live_source
from barograph.cli.lsl_outlet import Outlets, _connected
from barograph.errors import InvalidData
from barograph.frames import Stream
from barograph.store.reading import read_recording
from ingest.device.live.lsl import LslSource, library
from ingest.device.sender import of_recording, send

try:
    lsl = library()
except InvalidData as error:  # an extra, whose wheels do not bring liblsl to every machine
    pytest.skip(str(error), allow_module_level=True)
PATIENCE_S = 60


@pytest.fixture
def name():
    """A name that no other stream of the network has."""
    return f"mat-{uuid.uuid4().hex[:8]}"


def outlet(name, channels=6, kind="float32", source=None):
    return lsl.StreamOutlet(lsl.StreamInfo(name, "Pressure", channels, 0.0, kind, source or f"id {name}"))


async def until(true):
    async with asyncio.timeout(PATIENCE_S):
        while not true():
            await asyncio.sleep(0.02)


async def received(source, n):
    """The first n frames of a source."""

    def take():
        out, ends_s = [], time.monotonic() + PATIENCE_S
        while len(out) < n and time.monotonic() < ends_s:
            out += source.read()
        return out

    return await asyncio.to_thread(take)


@pytest.mark.parametrize("numbers", [pytest.param(False, marks=pytest.mark.long), True])
async def test_live_frames_go_out_to_lsl_and_come_in_again(ingest, servers, database, tmp_path, name, numbers):
    foot = sim.walk(0.4, geometry="pedar-x")["left"]
    told = []
    sending = asyncio.create_task(send([of_recording("left", foot)], url=ingest.ws_url, workout_id=name, paced=True))
    chosen = settings.load(
        mongo_url=servers.mongo_url, redis_url=servers.redis_url, database=database, data_dir=tmp_path
    )
    outlets = Outlets(name, None, told.append, numbers=numbers)
    handing = asyncio.create_task(_connected(chosen, outlets))
    await sending  # the first one fixes the layout
    await until(lambda: any(f"LSL stream {name}/left" in line for line in told))
    source = await asyncio.to_thread(LslSource, f"{name}/left")
    await asyncio.to_thread(source.open)
    began_s = time.time()
    again = asyncio.create_task(send([of_recording("left", foot)], url=ingest.ws_url, workout_id=name, paced=True))
    frames = await received(source, 40)
    await again
    handing.cancel()
    values = np.stack([frame.cells for frame in frames]).reshape(40, -1)
    if numbers:
        expected = arrival_stats(foot.frames, foot.layout)
        assert source.layout.geometry.places == "none"
        assert "total_force_n" in source.layout.geometry.names
    else:
        expected = foot.layout.to_unit(foot.frames).reshape(40, -1)
        assert (source.layout.geometry, source.layout.unit) == (foot.layout.geometry, "kPa")
        assert source.layout.side == "left"
    np.testing.assert_allclose(values, expected, rtol=1e-6, atol=1e-5, equal_nan=True)
    at_s = np.array([frame.arrived_us for frame in frames]) / 1e6 - time.monotonic() + time.time()
    np.testing.assert_allclose(np.diff(at_s), 0.01, atol=2e-4)
    assert -0.5 < at_s[0] - began_s < 5.0
    source.close()


async def test_a_stream_of_others_is_stored_and_one_that_ended_is_waited_for(ingest, mongo_archive, name):
    made = outlet(name, kind="int16")
    source = await asyncio.to_thread(live_source, f"lsl:{name}", None, None, None)
    assert source.layout.to_dict()["geometry"]["places"] == "none"
    assert (source.layout.cells, source.layout.dtype, source.layout.unit) == (6, "float32", "raw")
    troubles, acked = [], []

    def told(at):
        troubles.append(at.trouble)
        acked.append(at.acked)

    sending = asyncio.create_task(send([source], url=ingest.ws_url, workout_id="w", on_progress=told))
    await until(made.have_consumers)
    for number in range(40):
        made.push_sample([number] * 6)
        await asyncio.sleep(0.005)
    await until(lambda: acked[-1:] == [40])
    del made
    await until(lambda: any("ended" in text or "is not there" in text for text in troubles))
    made = outlet(name, kind="int16")
    await until(made.have_consumers)
    for number in range(40, 60):
        made.push_sample([number] * 6)
        await asyncio.sleep(0.005)
    await until(lambda: acked[-1] == 60)
    source.live.stop()
    (ended,) = await asyncio.wait_for(sending, PATIENCE_S)
    recording = await read_recording(mongo_archive, Stream("w", "main"))
    assert ended["frame_count"] == 60, recording.frames[:, 0, 0]
    recording = await read_recording(mongo_archive, Stream("w", "main"))
    assert recording.frames[:, 0, 0].tolist() == list(range(60))
    assert (np.diff(recording.times_us) > 0).all()
    assert abs(recording.times_us[-1] / 1e6 - time.time()) < PATIENCE_S


async def test_rows_and_columns_may_be_described_and_times_of_another_clock_keep_their_differences(tmp_path, name):
    made = outlet(name)
    (tmp_path / "mat.toml").write_text('rows = 2\ncols = 3\ndtype = "float32"\n[layout]\npitch_mm = [5.0, 5.0]\n')
    source = (await asyncio.to_thread(live_source, f"lsl:{name}", None, None, tmp_path / "mat.toml")).layout
    assert (source.rows, source.cols, source.pitch_mm) == (2, 3, (5.0, 5.0))
    inlet = LslSource(f"source_id=id {name}")
    await asyncio.to_thread(inlet.open)
    await until(made.have_consumers)
    for number in range(5):
        made.push_sample([1.0] * 6, 1.7e9 + number / 100)
    frames = await received(inlet, 5)
    np.testing.assert_allclose(np.diff([frame.device_us for frame in frames]), 10_000, atol=5)  # LSL's correction moves
    assert "not of LSL's clock" in inlet.told()
    inlet.close()


async def test_what_is_wrong_with_an_lsl_source_is_said(name, monkeypatch):
    monkeypatch.setattr("ingest.device.live.lsl.RESOLVE_S", 0.5)
    with pytest.raises(InvalidData, match="expected one LSL stream in this network, found none"):
        await asyncio.to_thread(LslSource, name)
    texts = outlet(name, 1, "string")
    with pytest.raises(InvalidData, match="expected a stream of 8 to 32 bit integers or floats"):
        await asyncio.to_thread(LslSource, name)
    del texts
    one, two = outlet(f"{name}-2", source="a"), outlet(f"{name}-2", source="b")
    await asyncio.sleep(0.2)
    monkeypatch.setattr("ingest.device.live.lsl.RESOLVE_S", 5.0)
    with pytest.raises(InvalidData, match="source_id="):
        await asyncio.to_thread(LslSource, f"{name}-2")
    del one, two
