"""From bytes to frames: whole ones arrive as they were sent, and nothing else arrives, however the bytes are cut."""

from __future__ import annotations

import struct
import sys
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.append(str(Path(__file__).parent))

from frames import COLS, GIVEN, MAT, PLAIN, ROWS, calm, cells_of, plain, sent

from ingest.device.live.checksums import checksum
from ingest.device.live.description import described
from ingest.device.live.framing import Faults
from ingest.device.live.lines import decoder

TEXT = described({"rows": 2, "cols": 2, "dtype": "uint16", "format": "text", "frame": ["sequence", "cells"]})


class Line:
    """A line under a decoder."""

    def __init__(self, description=MAT, *, whole=False):
        self.faults = Faults()
        self.decoder = decoder(description, self.faults, whole=whole)
        self.came = []
        self.now_us = 0

    def feed(self, *pieces):
        for piece in pieces:
            self.now_us += 1000
            self.came += self.decoder.feed(piece, self.now_us)
        return self

    def silent(self):
        self.came += self.decoder.silent(self.now_us)
        return self

    def numbers(self):
        """Which of the frames of the tests came; None for one that was never sent."""
        known = {cells.tobytes(): number for number in range(400) for cells in (cells_of(number), calm(number))}
        return [known.get(frame.cells.tobytes()) for frame in self.came]


def pieces(data, size):
    return [data[at : at + size] for at in range(0, len(data), size)]


@pytest.mark.parametrize(("name", "value"), [("sum8", 0xDD), ("xor", 0x31), ("crc16-ccitt", 0x29B1),
                                             ("crc16-xmodem", 0x31C3), ("crc32", 0xCBF43926)])  # fmt: skip
def test_checksums_are_those_of_the_catalogue_of_crc_algorithms(name, value):
    assert checksum(name, b"123456789") == value


@pytest.mark.parametrize("size", [1, 2, 3, 7, 33, 34, 35, 1000])
def test_frames_arrive_as_they_were_sent_however_they_are_cut(size):
    line = Line().feed(*pieces(b"".join(sent(number) for number in range(40)), size))
    assert line.numbers() == list(range(40))
    assert [frame.device_us for frame in line.came] == [10_000 * number for number in range(40)]
    assert line.faults.told() == ""
    assert {frame.cells.dtype.str for frame in line.came} == {"<u2"}


@pytest.mark.parametrize(("size", "number"), [(1, 5), (35, 1), (1 << 20, 1)])
def test_a_frame_came_when_its_last_byte_did(size, number):
    line = Line().feed(*pieces(sent(0), size))
    assert line.came[0].arrived_us == 1000 * -(-len(sent(0)) // size)
    line = Line(PLAIN).feed(plain(0))
    line.now_us = 77_000
    line.feed(plain(1))
    assert [frame.arrived_us for frame in line.came] == [1000]
    assert [frame.arrived_us for frame in line.silent().came] == [1000, 78_000]


@pytest.mark.parametrize("description", ["crc", "plain"])
@pytest.mark.parametrize("kept", range(1, 26))
def test_half_a_frame_is_dropped_and_the_next_one_is_found(description, kept):
    made, given = (sent, MAT) if description == "crc" else (plain, PLAIN)
    line = Line(given).feed(made(0), made(1), made(2)[:kept], made(3), made(4)).silent()
    # Without a checksum only a header that follows says that a frame was whole: one byte of it is none.
    before = [0] if description == "plain" and kept == 1 else [0, 1]
    assert line.numbers() == [*before, 3, 4]
    assert line.faults.counts["bytes skipped"] == kept + (MAT.nbytes, PLAIN.nbytes)[description == "plain"] * (
        2 - len(before)
    )
    assert line.faults.told()


def test_a_wrong_checksum_drops_that_frame_alone():
    spoilt = bytearray(sent(2))
    spoilt[12] ^= 1
    line = Line().feed(sent(0), sent(1), bytes(spoilt), sent(3))
    assert line.numbers() == [0, 1, 3]
    assert (line.faults.counts["broken frames"], line.faults.counts["bytes skipped"]) == (1, len(spoilt))
    assert line.faults.counts["frames missing by their numbers"] == 1
    assert [frame.lost_before for frame in line.came] == [0, 0, 1]
    assert "instead of the header" in line.faults.last or "checksum" in line.faults.last


@pytest.mark.parametrize("noise", [b"\x00", b"\xaa", b"\x55", b"boot v1.2\r\n", b"\xaa\x55", b"\xaa\xaa\x55\xaa" * 30])
@pytest.mark.parametrize("weak", [False, True])
def test_noise_between_frames_is_skipped_and_counted(noise, weak):
    made, given = (plain, PLAIN) if weak else (sent, MAT)
    line = Line(given).feed(noise, made(0), made(1), noise, made(2), made(3), made(4)).silent()
    follows = not weak or noise == b"\xaa\x55"  # without a checksum, the header of the next frame is asked for
    assert line.numbers() == ([0, 1, 2, 3, 4] if follows else [0, 2, 3, 4])
    assert line.faults.counts["bytes skipped"] == 2 * len(noise) + (0 if follows else PLAIN.nbytes)


def test_a_line_that_was_opened_in_the_middle_of_a_frame_begins_with_the_next_one():
    assert Line().feed(sent(0)[9:], sent(1), sent(2)).numbers() == [1, 2]
    assert Line(PLAIN).feed(plain(0)[9:], plain(1), plain(2)).silent().numbers() == [1, 2]


def test_half_a_frame_does_not_go_on_after_the_line_was_cut():
    line = Line().feed(sent(0), sent(1)[:20])
    line.decoder.cut()
    line.feed(sent(1)[20:], sent(2))
    assert line.numbers() == [0, 2]
    assert line.faults.counts["broken frames"] == 1


@given(st.data())
def test_nothing_that_was_not_sent_ever_arrives(data):
    """Frames, halves, noise and spoilt ones in any order and any pieces: what arrives is whole frames, in order."""
    stream, whole = b"", []
    for number in range(data.draw(st.integers(1, 12))):
        what = data.draw(st.sampled_from(["whole", "half", "noise", "spoilt"]))
        frame = bytearray(sent(number))
        if what == "whole":
            whole.append(number)
        elif what == "half":
            frame = frame[: data.draw(st.integers(0, len(frame) - 1))]
        elif what == "noise":
            frame = bytearray(data.draw(st.binary(max_size=40)))
        else:
            frame[data.draw(st.integers(7, len(frame) - 1))] ^= data.draw(st.integers(1, 255))
        stream += bytes(frame)
    line = Line().feed(*pieces(stream, data.draw(st.integers(1, 50)))).silent()
    assert line.numbers() == whole
    assert len(stream) - line.faults.counts["bytes skipped"] >= len(whole) * MAT.nbytes


def test_numbers_say_what_is_missing_repeated_late_and_begun_anew():
    line = Line()
    for number in [250, 251, 254, 254, 253, 255, 256, 257, 259, 356, 100, 60, 61]:
        line.feed(sent(number))
    assert line.numbers() == [250, 251, 254, 255, 256, 257, 259, 356, 60, 61]
    assert [frame.lost_before for frame in line.came] == [0, 0, 2, 0, 0, 0, 1, 96, 0, 0]
    assert line.faults.counts["frames repeated or late"] == 3
    assert line.faults.counts["restarts of the sensor"] == 1


def test_a_clock_of_the_sensor_may_wrap_and_begin_anew():
    times = [2**32 - 10, 2**32, 2**32 + 10, 40, 50, 5, 15]
    line = Line()
    for number, time in enumerate(times):
        line.feed(sent(number, time))
    steps = np.diff([frame.device_us for frame in line.came])
    assert steps.tolist()[:2] == [10_000, 10_000]
    assert (steps[3], steps[5]) == (10_000, 10_000)
    assert steps[4] < 0


def test_memory_stays_bounded_whatever_comes():
    line, noise = Line(), bytes(range(256)) * 256
    tracemalloc.start()
    for _ in range(50):
        line.feed(noise)
        line.came.clear()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * len(noise)
    empty = Line(whole=True)
    for _ in range(1000):
        empty.feed(b"").silent().decoder.cut()
    assert len(empty.decoder._came) == 0
    text = Line(TEXT)
    for _ in range(50):
        text.feed(b"1,2" * 20_000)
    assert len(text.decoder._line) <= 1000


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "int32", "uint32", "float32", "float64"])
def test_every_type_in_both_byte_orders_and_by_columns(dtype, order):
    kind = np.dtype(dtype).newbyteorder(order)
    cells = np.array([[0, 1, 2], [100, 101, np.iinfo(dtype).max if kind.kind in "iu" else 1.5]]).astype(kind)
    given = {"rows": 2, "cols": 3, "dtype": dtype, "header": "02", "byte_order": "little" if order == "<" else "big"}
    for by, sent_cells in (("rows", cells), ("columns", cells.T)):
        line = Line(described({**given, "cell_order": by})).feed(b"\x02" + sent_cells.tobytes()).silent()
        np.testing.assert_array_equal(line.came[0].cells.astype(np.float64), cells.astype(np.float64))


@pytest.mark.parametrize("name", ["sum8", "xor", "crc16-ccitt", "crc16-xmodem"])
@pytest.mark.parametrize("begins", ["header", "body"])
def test_every_checksum_over_all_or_the_body(name, begins):
    given = described({**GIVEN, "checksum": name, "checksum_from": begins, "byte_order": "big", "frame": [
        "header", "length:uint16", "cells", "checksum"]})  # fmt: skip
    body = struct.pack(">H", given.nbytes - 4) + cells_of(3).astype(">u2").tobytes()
    value = checksum(name, body if begins == "body" else b"\xaa\x55" + body)
    frame = b"\xaa\x55" + body + value.to_bytes(1 if name in ("sum8", "xor") else 2, "big")
    assert Line(given).feed(frame).silent().numbers() == [3]
    assert Line(given).feed(frame[:3] + b"\x07" + frame[4:]).silent().numbers() == []


def test_a_datagram_is_whole_frames_and_half_of_one_is_not_continued():
    line = Line(whole=True)

    def datagram(data):
        line.feed(data).silent().decoder.cut()

    for data in (sent(0), sent(1) + sent(2), sent(3)[:20], sent(3)[20:], b"", b"\x00", sent(4) + b"x", sent(5)):
        datagram(data)
    assert line.numbers() == [0, 1, 2, 4, 5]
    assert line.faults.counts["broken frames"] >= 3
    bare = described({"rows": ROWS, "cols": COLS, "dtype": "uint16"})
    line = Line(bare, whole=True)
    for data in (cells_of(0).tobytes() + cells_of(1).tobytes(), cells_of(2).tobytes()[:-1], cells_of(3).tobytes()):
        datagram(data)
    assert line.numbers() == [0, 1, 3]


def test_lines_of_text_arrive_as_they_were_sent():
    line = Line(TEXT).feed(b"77,3,4\r\n", b"1,10,20,30,40\r\n2,11,21,", b"31,41\n", b"4,0,0,0,65535\n")
    assert [frame.cells.ravel().tolist() for frame in line.came] == [
        [10, 20, 30, 40], [11, 21, 31, 41], [0, 0, 0, 65535],
    ]  # fmt: skip
    assert [frame.lost_before for frame in line.came] == [0, 0, 1]
    spaced = described({"rows": 1, "cols": 3, "dtype": "float32", "format": "text", "separator": " "})
    line = Line(spaced, whole=True).feed(b" 1.5   nan -2e3\n").feed(b"1 2 3").silent()
    np.testing.assert_array_equal(line.came[0].cells, np.array([[1.5, np.nan, -2000]], np.float32))
    assert line.came[1].cells.tolist() == [[1, 2, 3]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"1,10,20,30", "4 values instead of 5"), (b"1,10,20,30,40,50", "6 values instead of 5"),
        (b"1,a,20,30,40", "'a' is no whole number"), (b"1,1_0,20,30,40", "is no whole number"),
        (b"1,-1,20,30,40", "cells from -1 to 40 are no uint16"), (b"1,65536,20,30,40", "are no uint16"),
        (b"-1,1,20,30,40", "sequence -1 is no uint64"), (b"1,1.5,20,30,40", "'1.5' is no whole number"),
        (b"Sensor ready", "1 values instead of 5"), (b"\xff\xfe", "1 values instead of 5"),
        (b"1," * 4000, "a line of more than"),
    ],
)  # fmt: skip
def test_a_line_that_is_no_frame_is_counted_and_said(text, message):
    line = Line(TEXT).feed(b"\n", text + b"\n", b"9,1,2,3,4\n")
    assert [frame.cells.ravel().tolist() for frame in line.came] == [[1, 2, 3, 4]]
    assert line.faults.counts["broken frames"] == 1
    assert message in line.faults.told()


def test_a_line_of_text_may_have_a_checksum_which_half_a_line_does_not_pass():
    given = described({"rows": 1, "cols": 3, "dtype": "uint8", "format": "text", "checksum": "xor"})
    good = b"1,2,3*%02X\n" % checksum("xor", b"1,2,3")
    line = Line(given).feed(b"\n", good, b"1", good, good.replace(b"3*", b"4*"), good.lower(), b"1,2,3\n")
    assert [frame.cells.tolist() for frame in line.came] == [[[1, 2, 3]]] * 2
    assert line.faults.counts["broken frames"] == 3


def test_a_cell_that_is_infinite_is_no_frame():
    given = described({"rows": 1, "cols": 1, "dtype": "float32", "header": "01", "checksum": "crc32"})
    frames = [b"\x01" + np.float32(value).tobytes() for value in (np.inf, 2.0)]
    line = Line(given).feed(*(frame + struct.pack("<I", zlib.crc32(frame)) for frame in frames))
    assert [float(frame.cells[0, 0]) for frame in line.came] == [2.0]
    assert "infinite" in line.faults.told()
