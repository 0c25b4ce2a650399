"""The bound of a spool: what is settled makes room, and when that is not enough, the oldest frames do."""

from __future__ import annotations

import numpy as np

from barograph.frames import Layout, Stream
from ingest.device.spool import Batch, Lost, Spool, waiting
from ingest.device.spoolfile import LEAST_BYTES, SpoolFile

STREAM = Stream("w", "left")


def times_of(names):
    return 10_000 * np.asarray(names, np.int64)


def noise(n, rng):
    return rng.integers(0, 65536, (n, 64, 64)).astype("<u2")


def test_a_full_spool_goes_on_recording_and_its_oldest_frames_are_one_declared_gap(tmp_path):
    layout, rng = Layout(rows=64, cols=64, dtype="uint16"), np.random.default_rng(1)
    with SpoolFile(tmp_path / "a.spool", LEAST_BYTES) as file:
        spool = Spool(file, STREAM, layout)
        for number in range(60):
            spool.append(times_of(range(5 * number, 5 * number + 5)), noise(5, rng))
            assert file.used_bytes() <= LEAST_BYTES
        gap = spool.at(0)
        assert isinstance(gap, Lost)
        assert gap.reason == "spool full"
        seq = gap.stop
        while seq < spool.next:
            item = spool.at(seq)
            assert isinstance(item, Batch)
            assert (item.times_us == times_of(range(item.seq, item.stop))).all()
            seq = item.stop
        assert spool.next == 300
        assert (spool.held, file.dropped) == (300 - gap.stop, {1: gap.stop})
        assert spool.held * layout.frame_bytes > LEAST_BYTES * 3 // 4
    assert (tmp_path / "a.spool").stat().st_size <= LEAST_BYTES + (64 << 10)
    with SpoolFile(tmp_path / "a.spool", LEAST_BYTES) as file:
        assert Spool(file, STREAM, layout).at(0) == gap


def test_streams_of_one_file_share_its_bound_and_lose_the_same_stretch(tmp_path):
    layout, rng = Layout(rows=64, cols=64, dtype="uint16"), np.random.default_rng(1)
    with SpoolFile(tmp_path / "a.spool", LEAST_BYTES) as file:
        left, right = (Spool(file, Stream("w", side), layout) for side in ("left", "right"))
        for number in range(40):
            for spool in (left, right):
                spool.append(times_of(range(5 * number, 5 * number + 5)), noise(5, rng))
        assert abs(left.at(0).n - right.at(0).n) <= 5
        left.settle(left.epoch, left.next)
        assert [spool.stream.stream for spool in waiting(file)] == ["left", "right"]
        left.flush()
        assert [spool.stream.stream for spool in waiting(file)] == ["right"]


def test_what_is_settled_leaves_its_room_to_what_comes(tmp_path):
    layout, rng = Layout(rows=64, cols=64, dtype="uint16"), np.random.default_rng(1)
    with SpoolFile(tmp_path / "a.spool") as file:
        spool = Spool(file, STREAM, layout)
        for number in range(300):
            spool.append(times_of(range(5)), noise(5, rng))
            spool.settle(spool.epoch, 5 * number - 50)
            assert spool.tally.acked == max(0, 5 * number - 50)
            assert file.used_bytes() < 1 << 20
        assert (tmp_path / "a.spool").stat().st_size < 1 << 20
        spool.settle(spool.epoch, spool.next)
        spool.flush()
    assert (tmp_path / "a.spool").stat().st_size < 64 << 10
