"""What docs/clients/wired.md shows is what works: its description, its sketch and its adapter."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

from barograph.cli.live_sources import live_source
from barograph.errors import InvalidData
from barograph.frames import Stream
from barograph.store.reading import read_recording
from ingest.device.live.description import TOP, described, read_description
from ingest.device.live.framing import Faults
from ingest.device.live.lines import decoder
from ingest.device.sender import send

PAGE = (Path(__file__).resolve().parents[4] / "docs/clients/wired.md").read_text("utf-8")
# What the sketch asks of a board, on the machine of the test: pins that are written select what is read.
BOARD = """
#include <cstdint>
#include <cstdio>
enum { OUTPUT, LOW = 0, HIGH = 1, A0 = 0 };
int pins[64]; uint32_t clock_us = 70000;
struct { void begin(long) {} void write(const uint8_t *data, int n) { fwrite(data, 1, n, stdout); } } Serial;
void pinMode(int, int) {}
void digitalWrite(int pin, int value) { pins[pin] = value; }
uint32_t micros() { return clock_us += 10000; }
int analogRead(int) {
  int row = -1, col = 0;
  for (int i = 0; i < 16; i++) if (pins[22 + i]) row = i;
  for (int i = 0; i < 4; i++) col |= pins[38 + i] << i;
  return 64 * row + col;
}
"""


def block(language, place=0):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.S)[place]


def test_the_page_names_every_key_of_a_description():
    rows = re.findall(r"^\| (`.*?) \|", PAGE.partition("## What the file says")[2], re.M)
    named = {name.strip("[]") for row in rows for name in re.findall(r"`([^`]+)`", row)}
    assert set(TOP) <= named


@pytest.fixture
def description(tmp_path):
    (tmp_path / "mat.toml").write_text(block("toml"))
    return read_description(tmp_path / "mat.toml")


def test_the_sketch_sends_what_the_description_says(tmp_path, description):
    if (compiler := shutil.which("g++")) is None:
        pytest.skip("no g++ to compile the sketch with")
    main = "int main() { setup(); for (int i = 0; i < 300; i++) loop(); }"
    (tmp_path / "sketch.cpp").write_text(BOARD + block("cpp") + main)
    subprocess.run([compiler, "-o", tmp_path / "sketch", tmp_path / "sketch.cpp"], check=True)
    said = subprocess.run([tmp_path / "sketch"], check=True, capture_output=True).stdout
    faults = Faults()
    frames = decoder(description, faults).feed(said, 0)
    assert (len(frames), faults.told()) == (300, "")
    expected = 64 * np.arange(16)[:, None] + np.arange(16)
    assert all((frame.cells == expected).all() for frame in frames)
    assert [frame.device_us for frame in frames] == [80_000 + 10_000 * i for i in range(300)]


async def test_the_adapter_brings_frames_of_a_library_into_the_archive(ingest, mongo_archive, tmp_path):
    async def mat(_, writer):
        for number in range(60):
            cells, us = [number, 1, 2, 3, 4, 5], time.monotonic_ns() // 1000 % 10**9
            writer.write(json.dumps({"us": us, "cells": cells}).encode() + b"\n")
            await writer.drain()
            await asyncio.sleep(0.002)
        writer.close()

    server = await asyncio.start_server(mat, "127.0.0.1", 0)
    address = server.sockets[0].getsockname()
    (tmp_path / "my_mat.py").write_text(block("python").replace('("192.168.4.1", 9000)', repr(address)))
    source = live_source(f"python:{tmp_path}/my_mat.py:Mat", "left", None, None)
    async with server:
        began_us = time.time_ns() // 1000
        (ended,) = await asyncio.wait_for(send([source], url=ingest.ws_url, workout_id="desk-3"), 30)
    assert (ended["frame_count"], ended["gaps"], ended["stream"]) == (60, 0, "left")
    recording = await read_recording(mongo_archive, Stream("desk-3", "left"))
    assert recording.frames[:, 0, 0].tolist() == list(range(60))
    assert recording.layout.pitch_mm == (10.0, 10.0)
    assert (np.diff(recording.times_us) > 0).all()
    assert abs(recording.times_us[0] - began_us) < 10_000_000


def test_a_key_that_nobody_knows_is_refused():
    with pytest.raises(InvalidData, match="colour: expected one of the keys"):
        described({"rows": 1, "cols": 1, "dtype": "uint8", "colour": 1})
