"""A serial line (a pair of pseudo-terminals) and UDP on loopback, through the real ingest into the archive."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import sys
import threading
import time
import tty
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

sys.path.append(str(Path(__file__).parent))

from frames import MAT, TOML, cells_of, sent

from barograph.cli import app, live_sources
from barograph.errors import InvalidData
from barograph.frames import Layout, Stream
from barograph.store.reading import gaps, read_recording
from ingest.device.live import LiveSource, Measured, Reader, live
from ingest.device.live.ports import SerialSource, UdpSource
from ingest.device.sender import send

PATIENCE_S = 60


class Wire:
    """The sensor's end of a serial line whose other end has a path; `plug` makes a new line at the same path."""

    def __init__(self, path):
        self.path = path
        self.plug()

    def plug(self):
        self.fd, other = os.openpty()
        tty.setraw(other)
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(os.ttyname(other))
        self.other = other

    def unplug(self):
        os.close(self.other)
        os.close(self.fd)

    def say(self, *pieces):
        said = b"".join(pieces)
        while said:
            said = said[os.write(self.fd, said) :]


@pytest.fixture
def wire(tmp_path):
    made = Wire(tmp_path / "tty")
    yield made
    made.unplug()


async def until(true, seconds=PATIENCE_S):
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.01)


class Sending:
    """A live source that is sent to an ingest."""

    def __init__(self, ingest, source, **given):
        self.source = live("main", source)
        self.acked, self.troubles = 0, []
        self.task = asyncio.create_task(
            send([self.source], url=ingest.ws_url, workout_id="w", on_progress=self._told, **given)
        )

    def _told(self, at):
        self.acked = at.acked
        if at.trouble and at.trouble not in self.troubles[-1:]:
            self.troubles.append(at.trouble)

    async def ended(self):
        self.source.live.stop()
        (event,) = await asyncio.wait_for(self.task, PATIENCE_S)
        return event


async def stored(archive):
    recording = await read_recording(archive, Stream("w", "main"))
    return recording, await gaps(archive, Stream("w", "main"))


async def test_frames_of_a_serial_line_are_stored_as_they_were_sent(ingest, mongo_archive, wire):
    began_us = time.time_ns() // 1000
    sending = Sending(ingest, SerialSource(str(wire.path), MAT))
    await asyncio.sleep(0.3)
    for number in range(120):
        wire.say(sent(number))
        await asyncio.sleep(0.003)
    await until(lambda: sending.acked == 120)
    ended = await sending.ended()
    assert (ended["frame_count"], ended["gaps"]) == (120, 0)
    recording, _ = await stored(mongo_archive)
    np.testing.assert_array_equal(recording.frames, np.stack([cells_of(number) for number in range(120)]))
    assert recording.layout == MAT.layout
    assert began_us < recording.times_us[0] < began_us + 10_000_000
    assert sending.source.live.told() == ""


async def test_half_frames_noise_and_wrong_checksums_are_counted_and_a_gap_where_numbers_say_so(
    ingest, mongo_archive, wire
):
    sending = Sending(ingest, SerialSource(str(wire.path), MAT))
    await asyncio.sleep(0.3)
    spoilt = bytearray(sent(2))
    spoilt[20] ^= 4
    wire.say(b"boot\r\n", sent(0), sent(1), bytes(spoilt), sent(3)[:17], sent(4), b"\xaa\x55\x01", sent(5))
    await until(lambda: sending.acked == 4)
    ended = await sending.ended()
    assert (ended["frame_count"], ended["gaps"]) == (4, 1)
    recording, found = await stored(mongo_archive)
    np.testing.assert_array_equal(recording.frames, np.stack([cells_of(number) for number in (0, 1, 4, 5)]))
    assert [(gap.seq, gap.n, gap.reason) for gap in found] == [(2, 2, "declared: not received from the sensor")]
    told = sending.source.live.told()
    for words in ("broken frames", "bytes skipped", "2 frames missing by their numbers", "last: "):
        assert words in told


async def test_a_port_that_is_unplugged_is_said_and_opened_again(ingest, mongo_archive, wire):
    sending = Sending(ingest, SerialSource(str(wire.path), MAT))
    await asyncio.sleep(0.3)
    wire.say(sent(0), sent(1), sent(2)[:20])
    await until(lambda: sending.acked == 2)
    wire.unplug()
    await until(lambda: any("is gone" in trouble for trouble in sending.troubles))
    wire.plug()
    await until(lambda: os.isatty(wire.fd))
    for number in range(3, 200):
        if sending.acked >= 12:
            break
        wire.say(sent(number))
        await asyncio.sleep(0.02)
    await sending.ended()
    recording, _ = await stored(mongo_archive)
    known = {cells_of(number).tobytes() for number in range(200)}
    assert {frame.tobytes() for frame in recording.frames} <= known
    assert (recording.frames[1] == cells_of(1)).all()
    assert (np.diff(recording.times_us) > 0).all()
    assert "1 broken frames" in sending.source.live.told()


async def test_datagrams_are_stored_as_they_were_sent_and_another_senders_are_not(ingest, mongo_archive):
    source = UdpSource("127.0.0.1", 0, MAT)
    sending = Sending(ingest, source)
    await until(lambda: source.address[1] > 0)
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as two,
    ):
        for number in range(0, 80, 2):
            one.sendto(sent(number) + sent(number + 1), source.address)
            if number == 40:
                two.sendto(sent(99), source.address)
                one.sendto(sent(41)[:12], source.address)
            await asyncio.sleep(0.002)
        await until(lambda: sending.acked == 80)
    ended = await sending.ended()
    assert (ended["frame_count"], ended["gaps"]) == (80, 0)
    recording, _ = await stored(mongo_archive)
    np.testing.assert_array_equal(recording.frames, np.stack([cells_of(number) for number in range(80)]))
    assert "1 datagrams of another sender" in source.told()
    assert "1 broken frames" in source.told()


def test_udp_listens_on_this_machine_alone_unless_an_address_is_given(tmp_path):
    (tmp_path / "mat.toml").write_text(TOML)
    hosts = {"udp:5005": "127.0.0.1", "udp::5005": "127.0.0.1", "udp:0.0.0.0:5005": "0.0.0.0", "udp:[::1]:5005": "::1"}
    for source, host in hosts.items():
        assert live_sources._opened(source, tmp_path / "mat.toml").address == (host, 5005)


async def test_a_line_over_tcp_is_a_serial_port_by_its_url():
    async def mat(_, writer):
        await asyncio.sleep(0.5)  # what comes while a port is opened is dropped
        for number in range(30):
            writer.write(sent(number))
            await asyncio.sleep(0.005)
        writer.close()

    server = await asyncio.start_server(mat, "127.0.0.1", 0)
    reader, came = Reader(SerialSource(f"socket://127.0.0.1:{server.sockets[0].getsockname()[1]}", MAT)), []
    async with server:
        async for chunk in reader.chunks(0, lambda text: None):
            came += list(chunk.frames)
            if len(came) == 30:
                reader.stop()
    np.testing.assert_array_equal(came, [cells_of(number) for number in range(30)])


async def test_a_disk_that_is_slower_than_the_sensor_leaves_newer_frames_out_and_counts_them():
    class Fast(LiveSource):
        layout = Layout(rows=1, cols=1, dtype="uint16")

        def __init__(self):
            self.number = 0

        def open(self):
            return

        def read(self):
            self.number += 1
            if self.number > 50:
                raise EOFError
            return [Measured(np.full((1, 1), self.number, "<u2"))]

        def close(self):
            return

    reader, came = Reader(Fast(), most_bytes=20), []
    async for chunk in reader.chunks(0, lambda text: None):
        came.append((chunk.frames.ravel().tolist(), chunk.lost))
        time.sleep(0.05)  # noqa: ASYNC251 - the disk
    assert came[0][0] == list(range(1, 11))
    assert "40 frames left out" in reader.told()


@pytest.mark.parametrize(
    ("cells", "message"),
    [(np.zeros((2, 1)), r"expected \(1, 1\) as in the layout"), (np.full((1, 1), 1.5), "numbers that uint16 holds"),
     (np.full((1, 1), -1), "numbers that uint16 holds")],
)  # fmt: skip
async def test_frames_of_an_adapter_that_are_not_as_its_layout_says_end_the_sending(peer, cells, message):
    class Wrong(LiveSource):
        layout = Layout(rows=1, cols=1, dtype="uint16")

        def open(self):
            return

        def read(self):
            return [Measured(cells)]

        def close(self):
            return

    with pytest.raises(ExceptionGroup) as caught:
        await asyncio.wait_for(send([live("main", Wrong())], url=peer.url, workout_id="w"), PATIENCE_S)
    assert caught.group_contains(InvalidData, match=message)


async def test_a_reading_that_hangs_does_not_keep_the_command_from_its_end(monkeypatch):
    hung = threading.Event()

    class Hangs(LiveSource):
        layout = Layout(rows=1, cols=1, dtype="uint16")

        def open(self):
            return

        def read(self):
            if not hung.is_set():
                hung.set()
                return [Measured(np.ones((1, 1), "<u2"))]
            time.sleep(3)
            return []

        def close(self):
            return

    monkeypatch.setattr("ingest.device.live.reading.STOP_S", 0.3)
    reader, came = Reader(Hangs()), []

    async def take():
        async for chunk in reader.chunks(0, lambda text: None):
            came.append(chunk.frames.size)

    taking = asyncio.create_task(take())
    await until(hung.is_set)
    began_s = time.monotonic()
    reader.stop()
    await asyncio.wait_for(taking, PATIENCE_S)
    assert time.monotonic() - began_s < 2.5
    assert came == [1]


async def test_a_port_that_cannot_be_opened_is_tried_again_and_said(peer, tmp_path):
    seen = []
    source = live("main", SerialSource(str(tmp_path / "none"), MAT))
    sending = asyncio.create_task(
        send([source], url=peer.url, workout_id="w", on_progress=lambda at: seen.append(at.trouble))
    )
    await until(lambda: any("cannot be opened" in trouble for trouble in seen))
    source.live.stop()
    await asyncio.wait_for(sending, PATIENCE_S)


async def test_the_command_sends_a_serial_port_until_it_is_interrupted_and_what_came_is_stored(
    ingest, mongo_archive, wire, tmp_path
):
    (tmp_path / "mat.toml").write_text(TOML)
    command = [sys.executable, "-m", "barograph", "send", f"serial:{wire.path}", "--frame", str(tmp_path / "mat.toml"),
               "--workout", "w", "--url", ingest.ws_url, "--data-dir", str(tmp_path)]  # fmt: skip
    going = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    number = 0
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not await mongo_archive.workouts():  # until it has joined
                wire.say(sent(number))
                number += 1
                await asyncio.sleep(0.02)
        for _ in range(50):
            wire.say(sent(number))
            number += 1
            await asyncio.sleep(0.005)
        await asyncio.sleep(0.3)
        going.send_signal(signal.SIGINT)
        said, _ = await asyncio.wait_for(going.communicate(), PATIENCE_S)
    finally:
        if going.returncode is None:
            going.kill()
    assert going.returncode == 0, said
    recording, _ = await stored(mongo_archive)
    assert f"w/main: {len(recording)} frames stored" in said.decode()
    np.testing.assert_array_equal(recording.frames[-1], cells_of(number - 1))


async def test_check_says_what_comes(tmp_path, wire, monkeypatch):
    (tmp_path / "mat.toml").write_text(TOML)
    monkeypatch.setattr(live_sources, "CHECK_S", 0.6)
    command = ["send", f"serial:{wire.path}", "--frame", str(tmp_path / "mat.toml"), "--check"]
    going = asyncio.create_task(asyncio.to_thread(CliRunner().invoke, app, command))
    number = 0
    while not going.done():
        wire.say(sent(number))
        number += 1
        await asyncio.sleep(0.02)
    said = (await going).output
    assert "a frame of 35 bytes" in said
    assert re.search(r"\n\d+ frames, \d+\.\d a second; cells of the last one from \d+ to \d+", said), said
