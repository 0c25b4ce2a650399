"""A stored stream as a file, part by part: what `barograph export` writes and the HTTP API sends.

    export = await exports.prepare(archive, stream, "parquet")
    async for part in export.parts(): …

Memory holds a few chunks, however long the session. The frames are those that were stored when it was prepared, as
they are stored; the file's layout has the calibration of that moment.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, nullcontext
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from weakref import WeakKeyDictionary

from barograph import files
from barograph.files.encoding import FrameTable
from barograph.frames import Stream
from barograph.store.ports import Archive
from barograph.store.reading import Plan, plan, provenance, read_planned

PLAIN = re.compile("[A-Za-z0-9._-]+")
_TURNS: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()


def turn() -> asyncio.Lock:
    """Return the lock by which files that take much of a server are made one after the other."""
    return _TURNS.setdefault(asyncio.get_running_loop(), asyncio.Lock())


def disposition(filename: str) -> str:
    """Return the header that gives a download a name: ASCII, whatever the name holds.

    A plain name stands as it is, for programs that know no other form.
    """
    if PLAIN.fullmatch(filename):
        return f"attachment; filename={filename}"
    return f"attachment; filename*=UTF-8''{quote(filename, safe='')}"


@dataclass(frozen=True)
class Export:
    """What is to be written: the frames of a plan in a format."""

    archive: Archive
    planned: Plan
    format: str
    table: FrameTable | None = None

    @property
    def frames(self) -> int:
        """Number of frames."""
        return self.planned.frames

    @property
    def media_type(self) -> str:
        """What an HTTP answer calls it."""
        return files.format_of(self.format).media_type

    @property
    def filename(self) -> str:
        """A name for the file: workout, stream and the format's ending."""
        stream = self.planned.info.stream
        return f"{stream.workout_id}-{stream.stream}{files.format_of(self.format).suffix}"

    @property
    def disposition(self) -> str:
        """Return the header that gives a download this name."""
        return disposition(self.filename)

    async def parts(self, progress: Callable[[int], Any] | None = None) -> AsyncGenerator[bytes, None]:
        """Yield the bytes of the file; `progress` hears how many frames each chunk had."""
        said = await self._provenance()
        kind = files.format_of(self.format)
        # What is held whole is made one at a time; its reader waits for nothing but that, and nobody for its reader.
        async with turn() if kind.whole else nullcontext():
            encoder = files.encoder(
                self.format, self.planned.layout, self.planned.frames,
                gaps=self.planned.gaps, provenance=said, table=self.table,
            )  # fmt: skip
            if head := encoder.begin():
                yield head
            async with aclosing(read_planned(self.archive, self.planned)) as blocks:
                async for block in blocks:
                    if part := await asyncio.to_thread(encoder.add, block.times_us, block.frames):
                        yield part
                    if progress is not None:
                        progress(len(block))
            rest = iter(await asyncio.to_thread(encoder.finish))
        while part := await asyncio.to_thread(next, rest, b""):
            yield part

    async def _provenance(self) -> dict[str, Any]:
        said = await provenance(self.archive, self.planned)
        return {name: value for name, value in said.items() if name != "duplicates"}


async def prepare(
    archive: Archive,
    stream: Stream,
    name: str,
    start_us: int | None = None,
    stop_us: int | None = None,
    table: FrameTable | None = None,
) -> Export:
    """Plan the export of a stream, or of the closed range; `InvalidData` for a format that is not written.

    And for what a format does not hold, with the reason: gaps in a C3D, a session that is too long for a MAT file. A
    stream that is not stored, or has no frames yet, raises `NotFound`.
    """
    chosen = files.format_of(name)
    planned = await plan(archive, stream, start_us, stop_us)
    await asyncio.to_thread(chosen.check, planned.layout, planned.times_us, planned.gaps)
    return Export(archive, planned, name, table)
