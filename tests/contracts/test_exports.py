"""An export is what is stored, in any format, and holds a few chunks only."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from analytics.frames.arrival import ArrivalStatistics
from barograph import files
from barograph.errors import InvalidData, NotFound
from barograph.files.mat import MatEncoder
from barograph.frames import Block, Layout, Stream
from barograph.store import exports
from barograph.store.imports import import_recording
from barograph.store.ports import Archive
from barograph.store.reading import read_recording

STREAM = Stream("run", "left")
LAYOUT = Layout(rows=4, cols=3, dtype="uint16", unit="kPa", scale=0.5, mask=(0,) + (1,) * 11)


async def record(archive: Archive, n: int = 300) -> None:
    """Some blocks, one of them twice, and a gap in the middle."""
    await archive.open(STREAM, epoch="a", numbered=True, now_us=0)
    await archive.fix_layout(STREAM, LAYOUT, (), 1)
    cells = np.random.default_rng(3).integers(0, 900, (n, 4, 3)).astype("<u2")
    cells[:, 0, 0] = 0
    blocks = [
        Block(
            e=0,
            seq=seq,
            times_us=10**15 + 10_000 * np.arange(seq, seq + 10),
            received_us=1,
            frames=cells[seq : seq + 10],
        )
        for seq in range(0, n, 10)
        if seq != 150
    ]
    await archive.append([(STREAM, block) for block in [*blocks, blocks[3]]])


@pytest.mark.parametrize("name", list(files.FORMATS))
async def test_an_export_read_again_is_the_recording(name: str, archive: Archive, tmp_path: Path) -> None:
    await record(archive)
    export, heard = await exports.prepare(archive, STREAM, name), list[int]()
    (tmp_path / export.filename).write_bytes(b"".join([part async for part in export.parts(heard.append)]))
    stored = await read_recording(archive, STREAM)
    (back,) = files.read_file(tmp_path / export.filename)
    assert back.frames.tobytes() == stored.frames.tobytes()
    assert back.times_us.tolist() == stored.times_us.tolist()
    assert back.layout == LAYOUT
    assert sum(heard) == export.frames == 290
    assert len(stored.gaps) == 1
    assert back.gaps == stored.gaps
    assert back.provenance["origin"] == {"workout_id": "run", "stream": "left", "epochs": ["a"]}


async def test_a_part_of_a_stream_can_be_exported(memory_archive: Archive, tmp_path: Path) -> None:
    await record(memory_archive)
    export = await exports.prepare(memory_archive, STREAM, "parquet", 10**15 + 200_000, 10**15 + 290_000)
    (tmp_path / "a").write_bytes(b"".join([part async for part in export.parts()]))
    assert len(files.read_file(tmp_path / "a")[0]) == 10


async def test_what_cannot_be_exported_is_said_before_anything_is_written(memory_archive: Archive) -> None:
    await record(memory_archive)
    with pytest.raises(InvalidData, match="format: expected one of parquet, npz, csv, c3d, mot, mat, got 'xlsx'"):
        await exports.prepare(memory_archive, STREAM, "xlsx")
    with pytest.raises(NotFound):
        await exports.prepare(memory_archive, Stream("run", "right"), "npz")
    await memory_archive.open(Stream("run", "right"), epoch="b", numbered=True, now_us=0)
    with pytest.raises(NotFound, match="nothing was ever recorded"):
        await exports.prepare(memory_archive, Stream("run", "right"), "npz")


@pytest.mark.parametrize("name", list(files.FORMATS))
async def test_a_clock_that_was_set_back_and_an_unknown_date_come_back_from_a_file(
    archive: Archive, name: str, tmp_path: Path
) -> None:
    times_us = 10_000 * np.arange(60)
    times_us[30:] -= 200_000
    cells = np.arange(60 * 12, dtype="<u2").reshape(60, 4, 3)
    cells[:, 0, 0] = 0
    await archive.open(STREAM, epoch="a", numbered=True, now_us=0)
    await archive.fix_layout(STREAM, LAYOUT, (), 1)
    await archive.append([(STREAM, Block(0, i, times_us[i : i + 20], 1, cells[i : i + 20])) for i in (0, 20, 40)])
    export = await exports.prepare(archive, STREAM, name)
    path = tmp_path / f"a.{name}"
    path.write_bytes(b"".join([part async for part in export.parts()]))
    (back,) = files.read_file(path)
    assert back.times_us.tolist() == times_us.tolist()
    np.testing.assert_array_equal(back.frames, cells)
    assert back.provenance["origin"]["date_unknown"] is True
    await import_recording(archive, Stream("again", "left"), back, ArrivalStatistics(), now_us=1)
    again = await read_recording(archive, Stream("again", "left"))
    assert again.times_us.tolist() == times_us.tolist(), "the order is that of the frames"
    assert again.jumps.tolist() == [30]
    assert again.provenance["date_unknown"] is True


async def test_files_that_are_held_whole_are_made_one_after_the_other(
    memory_archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    await record(memory_archive)
    at_once, most = 0, 0
    begin, finish = MatEncoder.begin, MatEncoder.finish

    def begun(self: MatEncoder) -> bytes:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        return begin(self)

    def finished(self: MatEncoder) -> Iterable[bytes]:
        nonlocal at_once
        at_once -= 1
        return finish(self)

    monkeypatch.setattr(MatEncoder, "begin", begun)
    monkeypatch.setattr(MatEncoder, "finish", finished)

    async def made() -> int:
        export = await exports.prepare(memory_archive, STREAM, "mat")
        return sum([len(part) async for part in export.parts()])

    sizes = await asyncio.gather(*(made() for _ in range(4)))
    assert len(set(sizes)) == 1
    assert (most, at_once) == (1, 0)
