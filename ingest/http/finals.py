"""The final series of a stream, as a client sent it: kept beside the frames, and given back part by part.

The frames themselves are stored once, in the stream. Of each frame of the series are kept its timestamp and nodes as
they were written, and what names it: its device time and a digest of its cells (`ingest.http.series`). A part is given
back by reading the frames of its times and finding each by that name.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import uuid
import zlib
from array import array
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing
from itertools import islice
from tempfile import TemporaryFile
from typing import Any

import msgspec
import numpy as np

from barograph.errors import InvalidData, NotFound
from barograph.frames import Block
from barograph.store.ports import Archive, Final, FinalPart, StreamInfo
from barograph.store.reading import read
from ingest.http.digests import DIGEST_BYTES, Digest, digests_of

PART_FRAMES, PART_BYTES = 1024, 1 << 20
CELLS_AT_ONCE = 1 << 20
NAME_BYTES = 8 + DIGEST_BYTES

Answered = tuple[msgspec.Raw, msgspec.Raw]
_said = msgspec.json.Decoder(list[tuple[msgspec.Raw, msgspec.Raw]])


class Notes:
    """Timestamps and nodes of a series as they were written, kept in a file while it comes."""

    def __init__(self) -> None:
        self._file = TemporaryFile()  # noqa: SIM115  (its owner closes it)
        self._sizes = array("L")

    def __len__(self) -> int:
        return len(self._sizes)

    def add(self, timestamp: Any, nodes: Any) -> None:
        """Note what was said of one frame more."""
        text = msgspec.json.encode((timestamp, nodes))
        self._file.write(text)
        self._sizes.append(len(text))

    def parts(self) -> Iterator[tuple[int, bytes]]:
        """Yield the number of frames and JSON text, part after part."""
        self._file.seek(0)
        texts: list[bytes] = []
        size = 0
        for each in self._sizes:
            if texts and (len(texts) >= PART_FRAMES or size + each > PART_BYTES):
                yield len(texts), b"[" + b",".join(texts) + b"]"
                texts, size = [], 0
            texts.append(self._file.read(each))
            size += each
        if texts:
            yield len(texts), b"[" + b",".join(texts) + b"]"

    def close(self) -> None:
        """Let the file go."""
        self._file.close()


async def keep(archive: Archive, info: StreamInfo, notes: Notes, names: Iterator[Digest]) -> None:
    """Keep what was said of a series, frame by frame named by `names`, as the stream's final one."""
    uid, first, parts = uuid.uuid4().hex, 0, notes.parts()
    while (part := await asyncio.to_thread(_next, parts, names)) is not None:
        n, digests, said = part
        await archive.add_final(info.stream, uid, FinalPart(first, n, digests, said))
        first += n
    await archive.set_final(info.stream, Final(uid, first))


def _next(parts: Iterator[tuple[int, bytes]], names: Iterator[Digest]) -> tuple[int, bytes, bytes] | None:
    found = next(parts, None)
    if found is None:
        return None
    n, text = found
    named = b"".join(t_us.to_bytes(8, "little", signed=True) + digest for t_us, digest in islice(names, n))
    return n, named, zlib.compress(text, 1)


def place_of(cursor: str | None, final: Final) -> int:
    """Return where a page begins, or `InvalidData` for a cursor of another series."""
    if cursor is None:
        return 0
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True)
        uid, place = msgspec.json.decode(text, type=tuple[str, int])
    except (binascii.Error, ValueError) as error:
        raise InvalidData("cursor: expected one that this server gave as next_cursor", field="cursor") from error
    if uid != final.uid or not 0 <= place <= final.n:
        raise InvalidData("cursor: another final series has come meanwhile: begin again", field="cursor")
    return place


def cursor_of(place: int, final: Final) -> str | None:
    """Return where the next page begins; None at the end."""
    if place >= final.n:
        return None
    return base64.urlsafe_b64encode(msgspec.json.encode((final.uid, place))).decode().rstrip("=")


async def frames_text(archive: Archive, info: StreamInfo, final: Final, first: int, stop: int) -> AsyncIterator[bytes]:
    """Yield frames `first` … `stop` − 1 of a final series as elements of a JSON array, in pieces."""
    lead = b""
    while first < stop:
        part = await archive.final_part(final.uid, first)
        most = max(1, CELLS_AT_ONCE // (info.layout.cells if info.layout else 1))
        said = _said.decode(zlib.decompress(part.said))
        while first < min(stop, part.first + part.n):
            last = min(first + most, stop, part.first + part.n)
            here = slice(first - part.first, last - part.first)
            names = [_name(part.digests, index) for index in range(here.start, here.stop)]
            cells = await _cells(archive, info, names)
            yield lead + await asyncio.to_thread(_text, names, said[here], cells)
            lead, first = b",", last


def _name(digests: bytes, index: int) -> Digest:
    one = digests[index * NAME_BYTES : (index + 1) * NAME_BYTES]
    return int.from_bytes(one[:8], "little", signed=True), one[8:]


async def _cells(archive: Archive, info: StreamInfo, names: Sequence[Digest]) -> dict[Digest, Any]:
    """The stored frame of each name, (rows, cols)."""
    found: dict[Digest, Any] = {}
    wanted, times_us = set(names), np.array([t_us for t_us, _ in names], np.int64)
    offsets_us = [epoch.clock.offsets_us if epoch.clock else (0,) for epoch in info.epochs]
    for offset_us in dict.fromkeys(one for each in offsets_us for one in each):
        span = int(times_us.min()) + offset_us, int(times_us.max()) + offset_us
        async with aclosing(read(archive, info.stream, *span)) as blocks:
            async for block in blocks:
                if block.e < len(offsets_us) and offset_us in offsets_us[block.e]:
                    found |= await asyncio.to_thread(_named, block, offset_us, wanted, times_us, info)
        if len(found) == len(wanted):
            return found
    raise NotFound(f"{info.stream}: frames of the final series are not stored any more")


def _named(block: Block, offset_us: int, wanted: set[Digest], times_us: Any, info: StreamInfo) -> dict[Digest, Any]:
    if info.layout is None:
        return {}
    here = np.flatnonzero(np.isin(block.times_us - offset_us, times_us))
    frames = block.frames[here]
    names = digests_of(block.times_us[here] - offset_us, frames, info.layout)
    return {name: frame for name, frame in zip(names, frames, strict=True) if name in wanted}


def _text(names: Sequence[Digest], said: Sequence[Answered], cells: dict[Digest, Any]) -> bytes:
    frames = [
        {"matrix": cells[name].tolist(), "nodes": nodes, "timestamp": timestamp}
        for name, (timestamp, nodes) in zip(names, said, strict=True)
    ]
    return msgspec.json.encode(frames)[1:-1]
