"""A Block that went through the binary form is the same Block."""

from __future__ import annotations

import numpy as np
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from barograph.codec import decode_block, decompress, decompress_all, encode, encode_block, in_turn
from barograph.errors import CodecError
from barograph.frames import DTYPES, Block

moments = st.integers(0, 1 << 50)


@given(st.lists(moments, min_size=1, max_size=6) | st.builds(lambda t, d: [t, t + d], moments, moments))
def test_a_block_comes_back_whatever_its_times(times_us):
    frames = np.arange(3 * len(times_us), dtype="<u2").reshape(len(times_us), 3, 1)
    header, block = decode_block(encode_block(Block(1, 5, np.array(times_us), 9, frames), {"type": "frames"}))
    assert (header["type"], block.e, block.seq, block.received_us) == ("frames", 1, 5, 9)
    assert block.times_us.tolist() == times_us
    np.testing.assert_array_equal(block.frames, frames)


@pytest.mark.parametrize("steps", [[0, -5], [0, -5, -10], [0, 1 << 45, 1 << 46]])
def test_times_that_step_back_or_far_are_kept_one_by_one(steps):
    times_us = 1_700_000_000_000_000 + np.array(steps)
    block = Block(0, 0, times_us, 0, np.zeros((len(steps), 1, 1), "<u2"))
    assert decode_block(encode_block(block, {}))[1].times_us.tolist() == times_us.tolist()


def some(seq: int, n: int, *, dtype: str = "uint16", stats: int = 0) -> bytes:
    frames = np.full((n, 3, 5), seq % 200, DTYPES[dtype])
    columns = np.full((n, stats), seq, np.float32) if stats else None
    return encode_block(Block(0, seq, 1000 * np.arange(n), 9, frames, columns), {"type": "frames"})


def test_blocks_one_after_the_other_come_out_one_by_one():
    head = {"type": "history", "e": 0, "seq": 7, "n": 3, "stats": 1, "t0_us": 5, "dt_us": 1}
    past = encode(head, np.arange(3, dtype="<f4").tobytes())
    sent = [some(0, 1), past, some(3, 2, dtype="uint8", stats=3), some(5, 4, dtype="float64", stats=1), past]
    assert [bytes(one) for one in in_turn(b"".join(sent))] == sent


def test_a_message_that_is_no_block_is_one_by_itself():
    sent = encode({"type": "marker", "label": "5.0 km/h"})
    assert [bytes(one) for one in in_turn(sent)] == [sent]


@pytest.mark.parametrize("cut", [1, 8, 16])
def test_a_sequence_that_is_cut_is_refused_after_what_is_whole(cut):
    first, second = some(0, 1), some(1, 3, stats=2)
    found = in_turn((first + second)[:-cut])
    assert bytes(next(found)) == first
    with pytest.raises(CodecError):
        next(found)


def streamed(data: bytes, window_log: int) -> bytes:
    """As a client packs that does not say how much it will be, and looks so far back."""
    asked = zstandard.ZstdCompressionParameters.from_level(3, window_log=window_log, write_content_size=False)
    packer = zstandard.ZstdCompressor(compression_params=asked).compressobj()
    return packer.compress(data) + packer.flush()


def test_a_small_frame_neither_inflates_nor_asks_for_memory_to_look_back_in() -> None:
    data = bytes(8 << 20)
    assert len(streamed(data, 27)) < 2000
    for asked in (streamed(data, 24), zstandard.ZstdCompressor(level=19).compress(data)):
        assert decompress(asked, len(data)) == data
        assert bytes(decompress_all([asked], [len(data)])[0]) == data
        for size in (10, len(data) - 1, len(data) + 1):
            with pytest.raises(CodecError, match=f"data: expected {size} bytes after unpacking"):
                decompress(asked, size)
    for size in (10, len(data)):
        with pytest.raises(CodecError, match=r"data: not zstd: .*[Mm]emory"):
            decompress(streamed(data, 27), size)
