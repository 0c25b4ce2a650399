"""A Block that went through the binary form is the same Block."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from barograph.codec import decode_block, encode_block
from barograph.frames import Block

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
