"""What a device has under a number: a batch of frames as it is kept and sent, or a gap."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace

import numpy as np

from barograph import codec
from barograph.frames import Frames, Ints

HEAD_BYTES, TIME_BYTES = 1 << 12, 24  # of a message beside its frames: the most that its head takes, and a time in it
Payload = tuple[bytes, bytes, str, int]  # times, frames, their encoding, and the checksum over both


@dataclass(frozen=True, eq=False)
class Batch:
    """Consecutive frames as they are kept and sent."""

    seq: int
    n: int
    times_us: Ints
    data: bytes
    encoding: str
    frame_bytes: int

    @property
    def stop(self) -> int:
        """The number after the last frame's."""
        return self.seq + self.n

    @property
    def nbytes(self) -> int:
        """Bytes of the raw frames."""
        return self.n * self.frame_bytes

    def within(self, first: int, most_bytes: int) -> Batch | None:
        """Return as much from number `first` on as a message of so many bytes holds; None where it holds no frame.

        All of the batch is returned where it fits, for it is packed already.
        """
        room = most_bytes - HEAD_BYTES
        if len(self.data) + self.n * TIME_BYTES <= room:
            return self
        n, first = room // (self.frame_bytes + TIME_BYTES), max(first, self.seq)
        return self.part(first, min(first + n, self.stop)) if n > 0 else None

    def part(self, first: int, stop: int) -> Batch:
        """Return the frames numbered `first` … `stop` − 1."""
        if (first, stop) == (self.seq, self.stop):
            return self
        start, end = first - self.seq, stop - self.seq
        raw = bytes(codec.unpack(self.data, self.nbytes, self.encoding))
        data = raw[start * self.frame_bytes : end * self.frame_bytes]
        return replace(self, seq=first, n=end - start, times_us=self.times_us[start:end], data=data, encoding="raw")


@dataclass(frozen=True)
class Lost:
    """Numbers whose frames the device does not have."""

    seq: int
    n: int
    reason: str

    @property
    def stop(self) -> int:
        """The number after the last."""
        return self.seq + self.n

    def part(self, first: int, stop: int) -> Lost:
        """Return the numbers `first` … `stop` − 1."""
        return Lost(first, stop - first, self.reason)


Item = Batch | Lost


def sealed(times: bytes, data: bytes, encoding: str) -> Payload:
    """Return what is kept of a batch, with the checksum over it."""
    return times, data, encoding, zlib.crc32(data, zlib.crc32(times))


def packed(times_us: Ints, frames: Frames) -> Payload:
    """Return what is kept of frames, packed where that is smaller."""
    times = times_us.astype("<i8").tobytes()
    raw = np.ascontiguousarray(frames).tobytes()
    packed = codec.compress(raw)
    return sealed(times, packed, "zstd") if len(packed) < len(raw) else sealed(times, raw, "raw")
