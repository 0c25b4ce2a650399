"""Barograph's own formats, written as frames come: an encoder turns them into the bytes of a file, part by part.

    encoder = files.encoder("parquet", layout, n)
    out.write(encoder.begin())
    for times_us, frames in chunks:
        out.write(encoder.add(times_us, frames))
    for part in encoder.finish():
        out.write(part)

Whoever writes decides where the bytes go, so a command and an HTTP answer share it and neither holds a session in
memory. An encoder keeps the frames of one chunk at most. Its number of frames has to be known before and is checked.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path, PurePath
from types import TracebackType
from typing import Any, BinaryIO, Protocol

import numpy as np

from barograph.errors import InvalidData
from barograph.files.bounds import MOST_JSON_BYTES, parsed
from barograph.frames import Floats, Frames, Gap, Ints, Layout, Recording

CHUNK_FRAMES = 1024
STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
SEPARATORS = {ord(letter): f"\\u{ord(letter):04x}" for letter in ",;|"}
# What values of a wrong kind in a file's JSON raise.
WRONG = (ValueError, TypeError, AttributeError, KeyError)


class Encoder(Protocol):
    """The bytes of one file; those of each call follow those of the call before."""

    def begin(self) -> bytes:
        """Return what stands before the frames."""
        ...

    def add(self, times_us: Ints, frames: Frames) -> bytes:
        """Return frames (m, rows, cols) in the layout's dtype and their times (m,).

        What is ready, which may be nothing.
        """
        ...

    def finish(self) -> Iterable[bytes]:
        """Return the rest in parts, or `InvalidData` where other than the announced number of frames came."""
        ...


class FrameTable(Protocol):
    """Numbers a frame, which formats of tables have beside cells; whoever composes the rooms has one."""

    def units(self, layout: Layout) -> Mapping[str, str]:
        """Return the unit of each of k columns, by name and in their order."""
        ...

    def compute(self, times_us: Ints, frames: Frames, layout: Layout) -> Floats:
        """Return (n, k) of (n, rows, cols) frames."""
        ...


class Sink:
    """A file object that keeps what is written to it until it is taken; it cannot seek."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._written = 0
        self.closed = False

    def write(self, data: Any) -> int:
        """Keep a copy, as writers use their buffers again."""
        part = bytes(data)
        self._parts.append(part)
        self._written += len(part)
        return len(part)

    def tell(self) -> int:
        """Return bytes written so far, taken ones included."""
        return self._written

    def flush(self) -> None:
        """Write all: nothing is held back."""

    def close(self) -> None:
        """Close it; what was written can still be taken."""
        self.closed = True

    def take(self) -> bytes:
        """Return what was written since the last time."""
        taken, self._parts = b"".join(self._parts), []
        return taken


class Counter:
    """Checks frames as they come, and their number in the end."""

    def __init__(self, layout: Layout, n: int) -> None:
        self.layout = layout
        self.n = n
        self.written = 0

    def add(self, times_us: Ints, frames: Frames) -> None:
        """Add frames; those that do not fit the layout raise `InvalidData`."""
        if frames.shape != (len(times_us), self.layout.rows, self.layout.cols):
            raise InvalidData(
                f"frames: expected ({len(times_us)}, {self.layout.rows}, {self.layout.cols}), got {frames.shape}",
                field="frames",
            )
        if frames.dtype != self.layout.numpy_dtype:
            raise InvalidData(f"frames: expected {self.layout.dtype}, got {frames.dtype}", field="frames")
        self.written += len(frames)

    def finish(self) -> None:
        """Check that exactly as many frames came as were announced."""
        if self.written != self.n:
            raise InvalidData(f"frames: expected {self.n}, as announced, got {self.written}", field="frames")


def about(layout: Layout, gaps: Sequence[Gap], provenance: Mapping[str, Any]) -> dict[str, str]:
    """Return what a file says beside its frames, as JSON texts by name."""
    return {
        "layout": json.dumps(layout.to_dict()),
        "gaps": json.dumps([vars(gap) for gap in gaps], default=plain),
        "provenance": _bounded(json.dumps(dict(provenance), default=plain)),
    }


def _bounded(provenance: str) -> str:
    """What would be too long to be read again is left out, and said to be."""
    if len(provenance) <= MOST_JSON_BYTES:
        return provenance
    return json.dumps({"left_out": f"provenance of {len(provenance)} bytes, of which at most {MOST_JSON_BYTES} fit"})


def one_cell(text: str) -> str:
    """Return JSON whose texts have no separators.

    A spreadsheet that cuts the line at them finds no formula in a name.
    """
    return STRING.sub(lambda found: found[0].translate(SEPARATORS), text)


def plain(value: Any) -> Any:
    """Return a value of numpy, of pandas or of the standard library as the JSON value that says the same."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist() if value.dtype.kind in "biufU" else [str(item) for item in value.ravel()]
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, PurePath | date | Decimal):
        return str(value)
    if isinstance(value, set | frozenset):
        return sorted(value, key=str)
    raise InvalidData(f"provenance: expected plain JSON values, got {type(value).__name__}", field="provenance")


def gaps_of(text: str) -> tuple[Gap, ...]:
    """Return the gaps that `about` wrote, or an error (`ValueError`, `TypeError`)."""
    return tuple(Gap(**item) for item in parsed("gaps", text))


def layout_of(text: str) -> Layout:
    """Return the layout that `about` wrote, or one of `WRONG`."""
    said = parsed("layout", text)
    if not isinstance(said, dict):
        raise InvalidData(f"layout: expected an object, got {text[:60]}", field="layout")
    return Layout.from_dict(said)


def check_times(times_us: Ints) -> None:
    """Raise `InvalidData` for times of another form."""
    if times_us.ndim != 1 or times_us.dtype.kind not in "iu":
        raise InvalidData(
            f"times_us: expected (n,) whole microseconds, got {times_us.shape} {times_us.dtype}", field="times_us"
        )


def encoded(encoder: Encoder, chunks: Iterable[tuple[Ints, Frames]]) -> Iterator[bytes]:
    """Yield the parts of a file, none of them empty."""
    yield encoder.begin()
    for times_us, frames in chunks:
        if part := encoder.add(times_us, frames):
            yield part
    yield from filter(None, encoder.finish())


def chunks_of(recording: Recording) -> Iterator[tuple[Ints, Frames]]:
    """Yield a recording in parts, so that nothing is copied whole."""
    for _, part in recording.blocks(CHUNK_FRAMES):
        yield part.times_us, part.frames


class PartFile:
    """A file that appears under its name when the context ends well; after an error there is none, or the older one."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._part = self.path.with_name(f".{self.path.name}.part")

    def __enter__(self) -> BinaryIO:
        """Start a part file beside the target."""
        self._file = self._part.open("wb")
        return self._file

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the part file its name, or remove it."""
        try:
            self._file.close()
            if kind is None:
                os.replace(self._part, self.path)
        finally:
            self._part.unlink(missing_ok=True)
