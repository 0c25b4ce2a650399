"""How much one device may have under way: so much that an ack takes about `AIM_S`, so long as the server is behind.

A device that may send more than the server stores fills a queue: its acks come late, and so do everybody's. So while
blocks take longer than `LATE_S` to the journal, the window of a stream shrinks to what was settled of it in the last
`AIM_S`. Else it grows by half in each round, up to `MOST_FRAMES` and `MOST_BYTES`, unless it holds what is sent in
`SPAN_S`: a spool that catches up over a slow network, or alone, is not held back.

It never shrinks below two of the largest messages that came, or a device whose message does not fit would wait for
ever; one that sends nothing because even its first does not fit is given the whole window after `IDLE_S`.

Terms: window (docs/glossary.md).
"""

from __future__ import annotations

MOST_FRAMES = 4096
MOST_BYTES = 16 << 20
FIRST_FRAMES, FIRST_BYTES = 512, 4 << 20
LEAST_FRAMES = 128
LEAST_BYTES = 1 << 20
AIM_S = 0.2
LATE_S = 0.15
ROUND_S = 0.1
GROWTH = 1.5
SPAN_S = 2.0
IDLE_S = 5.0


class Window:
    """The frames and bytes that may be unsettled in one stream of one process. No clock: times are given, in s."""

    def __init__(self, now_s: float) -> None:
        self.frames, self.bytes = FIRST_FRAMES, FIRST_BYTES
        self.largest_frames = 0
        self._least_frames, self._least_bytes = LEAST_FRAMES, LEAST_BYTES
        self._heard_s = now_s
        self._late_s = self._waited_s = 0.0
        self._begin(now_s)

    def took(self, frames: int, nbytes: int, waited_s: float = 0.0) -> None:
        """Note a message that is handled, in frames and bytes of cells, `waited_s` after it came."""
        self._waited_s = max(self._waited_s, waited_s)
        self.largest_frames = max(self.largest_frames, frames)
        self._least_frames = min(MOST_FRAMES, max(self._least_frames, 2 * frames))
        self._least_bytes = min(MOST_BYTES, max(self._least_bytes, 2 * nbytes))
        self.frames, self.bytes = max(self.frames, self._least_frames), max(self.bytes, self._least_bytes)

    def settled(self, frames: int, nbytes: int, late_s: float, now_s: float) -> None:
        """Note what is in the journal `late_s` after it came; at the end of a round the window follows."""
        self._settled_frames += frames
        self._settled_bytes += nbytes
        self._late_s = max(self._late_s, late_s)
        self._heard_s = now_s
        if now_s - self._begun_s >= ROUND_S:
            self._follow(now_s - self._begun_s)
            self._begin(now_s)

    def _follow(self, seconds: float) -> None:
        frames, nbytes = self._settled_frames / seconds, self._settled_bytes / seconds
        if self._waited_s + self._late_s > LATE_S:
            self.frames, self.bytes = min(self.frames, int(AIM_S * frames)), min(self.bytes, int(AIM_S * nbytes))
        elif SPAN_S * frames > self.frames or SPAN_S * nbytes > self.bytes:
            self.frames, self.bytes = int(GROWTH * self.frames), int(GROWTH * self.bytes)
        self.frames = max(self._least_frames, min(MOST_FRAMES, self.frames))
        self.bytes = max(self._least_bytes, min(MOST_BYTES, self.bytes))

    def opened_after_silence(self, now_s: float) -> bool:
        """Open wholly where nothing was settled for `IDLE_S`; return whether that is news to the device."""
        if now_s - self._heard_s < IDLE_S or (self.frames, self.bytes) == (MOST_FRAMES, MOST_BYTES):
            return False
        self.frames, self.bytes = MOST_FRAMES, MOST_BYTES
        self._begin(now_s)
        return True

    def _begin(self, now_s: float) -> None:
        self._begun_s = now_s
        self._settled_frames = self._settled_bytes = 0
        self._late_s = self._waited_s = 0.0
