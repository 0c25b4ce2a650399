"""One long span without frames in a vendor's file: an XSENSOR file has a gap there, an emed file is refused."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from test_emed import HEAD, TABLES
from test_xsensor import HEADER, frame

from analytics.base.times import recording_times
from analytics.frames.arrival import ArrivalStatistics
from barograph import read_file
from barograph.errors import FileFormatError
from barograph.files.naming import stream_names
from barograph.frames import Stream
from barograph.store.imports import import_recording, placement
from barograph.store.reading import read_recording
from barograph.store.rollups import overview
from dashboard.reading.overview import lanes, span

DAY_US = 86_400_000_000


def emed(path: Path) -> Path:
    """Two pages, of which the second has the number of a picture 115 days later."""
    pages = zip((1, 999_999_999), TABLES, strict=True)
    text = "\f".join(f"\n\tPage {k}\n\n{HEAD}\tPict-No.: {k}  Force[N]=x\n\n{table}" for k, table in pages)
    path.write_bytes(text.encode("latin-1"))
    return path


def xsensor(path: Path) -> Path:
    """Two frames, of which the second is dated four years later."""
    two = [frame(1464, 982, "0,1,7.5\n0,2,0", "2.25,0,0\n0,0,0"), frame(1465, 995, "0,0,3\n0,0,1", "0,1,0\n0,0,0")]
    path.write_text(HEADER + two[0] + two[1].replace("2022 Aug 16", "2026 Aug 16"))
    return path


def test_an_emed_file_whose_pictures_do_not_follow_each_other_is_refused_with_the_line(tmp_path):
    with pytest.raises(FileFormatError, match=r"line \d+: expected Pict-No. 2 after 1, got 'Pict-No. 999999999'"):
        read_file(emed(tmp_path / "file"))


async def test_a_long_span_without_frames_is_one_gap_of_one_epoch_and_costs_nothing(tmp_path, memory_archive):
    path = xsensor(tmp_path / "file")
    recordings = read_file(path)
    placed = await placement(memory_archive, "run", recordings, now_us=time.time_ns() // 1000)
    for name, recording in zip(stream_names(path, recordings, None), recordings, strict=True):
        assert int(np.diff(recording.times_us)[0]) // DAY_US == 1461
        assert recording_times(recording).gap.tolist() == [True]
        stream = Stream("run", name)
        await import_recording(memory_archive, stream, recording, ArrivalStatistics(), now_us=1, placed=placed)
        info = await memory_archive.stream_info(stream)
        assert (len(info.epochs), info.frames) == (1, 2)
        back = await read_recording(memory_archive, stream)
        assert back.times_us.tolist() == recording.times_us.tolist()
        # A row a second with frames: none for the 126 million seconds between.
        assert len(await overview(memory_archive, stream)) == 2
    whole = span(await memory_archive.workout("run"))
    assert whole is not None
    for lane in await lanes(memory_archive, await memory_archive.workout("run"), whole):
        assert len(lane.start_s) == 2
        assert len(lane.gaps) <= 1
