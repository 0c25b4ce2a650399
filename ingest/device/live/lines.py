"""Frames as lines of text: numbers with a separator between them, and perhaps a checksum after a `*`."""

from __future__ import annotations

import numpy as np

from barograph.frames import Frames
from ingest.device.live import checksums
from ingest.device.live.description import Description, Field
from ingest.device.live.framing import BinaryDecoder, Decoder, Faults, Numbers, frame_of
from ingest.device.live.source import Measured


def decoder(description: Description, faults: Faults, *, whole: bool = False) -> Decoder:
    """Return the decoder of a description; `whole` for datagrams, which begin where a frame begins."""
    kind = TextDecoder if description.text else BinaryDecoder
    return kind(description, faults, whole=whole)


class TextDecoder:
    """Lines of numbers. Of a line that was under way when it was opened, the rest is dropped."""

    def __init__(self, description: Description, faults: Faults, *, whole: bool) -> None:
        self._described = description
        self._faults = faults
        self._numbers = Numbers(description, faults)
        self._whole = whole
        self._begun = whole  # what comes is the beginning of a line
        self._line = bytearray()
        self._values = (
            sum(field.name in ("sequence", "time", "skip") for field in description.fields) + description.layout.cells
        )
        self._most_bytes = 64 + 32 * self._values

    def feed(self, data: bytes, now_us: int) -> list[Measured]:
        """Take bytes, and return the frames of the lines that ended."""
        out = []
        *ended, rest = data.split(b"\n")
        for piece in ended:
            self._add(piece)
            out += self._ended(now_us)
        self._add(rest)
        return out

    def silent(self, now_us: int) -> list[Measured]:
        """Return nothing on a line that goes on; the last line of a datagram."""
        if not self._whole or not self._line:
            return []
        return self._ended(now_us)

    def cut(self) -> None:
        """Drop what is left of a line that was cut."""
        if self._line:
            self._faults.add("broken frames", said="a line without an end")
        self._line.clear()
        self._begun = self._whole

    def _add(self, piece: bytes) -> None:
        room = self._most_bytes + 1 - len(self._line)
        self._line += piece[: max(0, room)]

    def _ended(self, now_us: int) -> list[Measured]:
        line, self._line = bytes(self._line).strip(b" \r\t"), bytearray()
        begun, self._begun = self._begun, True
        if not begun or not line:
            self._faults.add("bytes skipped", len(line))
            return []
        try:
            values, numbers = self._read(line)
        except ValueError as error:
            self._faults.add("broken frames", said=str(error))
            return []
        sequence, time = numbers.get("sequence"), numbers.get("time")
        return frame_of(self._described, self._numbers, self._faults, values, sequence, time, now_us)

    def _read(self, line: bytes) -> tuple[Frames, dict[str, int]]:
        shown = line[:40].decode("ascii", "backslashreplace")
        if len(line) > self._most_bytes:
            raise ValueError(f"a line of more than {self._most_bytes} bytes, {shown!r}…")
        given, separator = self._described, self._described.separator
        if given.checksum != "none":
            line = _checked(line, given.checksum)
        text = line.decode("ascii", "backslashreplace")
        parts = text.split() if separator == " " else text.rstrip(separator).split(separator)
        if len(parts) != self._values:
            raise ValueError(f"{len(parts)} values instead of {self._values} in {shown!r}")
        numbers: dict[str, int] = {}
        at = 0
        for field in given.fields:
            if field.name == "cells":
                first, at = at, at + given.layout.cells
                continue
            if field.name == "checksum":
                break
            if field.name != "skip":
                numbers[field.name] = _count(parts[at], field)
            at += 1
        return _cells(parts[first : first + given.layout.cells], given.dtype), numbers


def _checked(line: bytes, name: str) -> bytes:
    """A line without its `*` and checksum, which is over all before the `*`."""
    body, _, said = line.rpartition(b"*")
    made = b"%0*X" % (2 * checksums.BYTES[name], checksums.checksum(name, body))
    if said.upper() != made:
        raise ValueError(f"checksum {said[:10].decode('ascii', 'backslashreplace')!r} instead of {made.decode()!r}")
    return body


def _count(text: str, field: Field) -> int:
    value = _whole(text)
    if not 0 <= value < 1 << field.bits:
        raise ValueError(f"{field.name} {value} is no {field.kind}")
    return value


def _whole(text: str) -> int:
    try:
        return int(text.replace("_", "?"))  # Python would take it for a separator of digits
    except ValueError:
        raise ValueError(f"{text[:20]!r} is no whole number") from None


def _real(text: str) -> float:
    try:
        return float(text.replace("_", "?"))
    except ValueError:
        raise ValueError(f"{text[:20]!r} is no number") from None


def _cells(parts: list[str], dtype: str) -> Frames:
    kind = np.dtype(dtype)
    if kind.kind == "f":
        with np.errstate(over="ignore"):  # what is too large becomes infinite, and is refused as that
            return np.array([_real(part) for part in parts]).astype(kind)
    values = [_whole(part) for part in parts]
    bounds = np.iinfo(kind)
    if min(values) < bounds.min or max(values) > bounds.max:
        raise ValueError(f"cells from {min(values)} to {max(values)} are no {dtype}")
    return np.array(values, kind)
