"""A thread that reads a live source, and the chunks that it makes of it.

What was read waits in memory up to `MOST_BYTES`: when the disk under the spool is slower than the sensor, newer frames
are left out, counted, and become a gap that is declared, as frames do that the sensor says it made and that did not
come.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable
from itertools import pairwise

import numpy as np

from barograph.errors import InvalidData
from barograph.frames import DTYPES, Frames
from ingest.device.live.clock import FrameClock
from ingest.device.live.source import LiveSource, Measured
from ingest.device.sources import BATCH_BYTES, BATCH_FRAMES, TICK_S, Chunk, Source

MOST_BYTES = 16 << 20
AGAIN_S = 1.0
SILENT_S = 3.0
STOP_S = 5.0  # for how long a reading that hangs is waited for when the source was stopped
TOLD_EVERY_S = 5.0
LOST = "not received from the sensor"


def live(stream: str, source: LiveSource, seconds: float | None = None) -> Source:
    """Return a live source as a source to send, that ends `seconds` after its first frame, or never."""
    reader = Reader(source, seconds)
    return Source(stream, source.layout, lambda: iter(()), live=reader)


class Reader:
    """Reads a live source once; `stop` ends it, and what came until then is still sent."""

    def __init__(self, source: LiveSource, seconds: float | None = None, most_bytes: int = MOST_BYTES) -> None:
        self._source = source
        self._seconds = seconds
        self._most_frames = max(2, most_bytes // source.layout.frame_bytes)
        self._waiting: deque[Measured] = deque()
        self._lock = threading.Lock()
        self._left_out = 0  # since the last frame that was let in
        self._all_left_out = 0
        self._stopped = threading.Event()
        self._stopped_s = np.inf
        self._error: BaseException | None = None
        self._away = ""
        self._heard_s = time.monotonic()
        self._ends_s: float | None = None
        self._wake: Callable[[], object] = lambda: None

    def stop(self) -> None:
        """End the source."""
        if not self._stopped.is_set():
            self._stopped_s = time.monotonic()
            self._stopped.set()

    def _goes_on(self, thread: threading.Thread) -> bool:
        """Whether more may come: a thread that hangs after it was stopped is left alone."""
        return thread.is_alive() and time.monotonic() < self._stopped_s + STOP_S

    def told(self) -> str:
        """Return what was wrong so far, counted; empty when nothing was."""
        left_out = f"{self._all_left_out} frames left out because the disk was too slow" if self._all_left_out else ""
        return "; ".join(filter(None, (self._source.told(), left_out)))

    async def chunks(self, start_us: int, tell: Callable[[str], None]) -> AsyncGenerator[Chunk, None]:
        """Yield what comes, in µs from `start_us` (µs since 1970); `tell` hears what is wrong now, and when it ends."""
        loop, came = asyncio.get_running_loop(), asyncio.Event()
        self._wake = lambda: loop.call_soon_threadsafe(came.set)
        thread = threading.Thread(target=self._run, name="live-source", daemon=True)
        zero_us = start_us - time.time_ns() // 1000 + time.monotonic_ns() // 1000
        clock, telling = FrameClock(), _Telling(tell)
        thread.start()
        try:
            while self._goes_on(thread) or self._waiting:
                came.clear()
                if not self._waiting:
                    await _within(came, AGAIN_S)
                await asyncio.sleep(TICK_S)
                telling.tell(self._wrong_now(), self.told())
                for chunk in self._taken(clock, zero_us):
                    yield chunk
        finally:
            self.stop()
            self._wake = lambda: None
            await asyncio.to_thread(thread.join, max(0.0, self._stopped_s + STOP_S - time.monotonic()))
        if self._error is not None:
            raise self._error

    def _wrong_now(self) -> str:
        silent_s = time.monotonic() - self._heard_s
        return self._away or (f"no frame for {silent_s:.0f} s" if silent_s > SILENT_S else "")

    def _taken(self, clock: FrameClock, zero_us: int) -> list[Chunk]:
        """All that waits, cut where frames are missing and where a batch would be too large."""
        with self._lock:
            frames = [self._waiting.popleft() for _ in range(len(self._waiting))]
        if not frames:
            return []
        arrived = [frame.arrived_us or 0 for frame in frames]
        times_us = clock.times(frames, arrived) - zero_us
        most = max(1, min(BATCH_FRAMES, BATCH_BYTES // self._source.layout.frame_bytes))
        starts = [0, *(place for place, frame in enumerate(frames) if place and frame.lost_before), len(frames)]
        out = []
        for first, stop in pairwise(starts):
            for at in range(first, stop, most):
                part = frames[at : min(at + most, stop)]
                cells = np.stack([frame.cells for frame in part])
                out.append(Chunk(times_us[at : at + len(part)], cells, part[0].lost_before, LOST))
        return out

    # --- in the thread

    def _run(self) -> None:
        try:
            while not self._stopped.is_set():
                self._read_while_there()
                self._wake()
                if not self._stopped.is_set():
                    self._stopped.wait(AGAIN_S)
        except EOFError:
            pass
        except BaseException as error:  # noqa: BLE001 - raised again where the chunks are taken
            self._error = error
        finally:
            self.stop()
            self._wake()

    def _read_while_there(self) -> None:
        try:
            self._source.open()
            self._away = ""
            while not self._over():
                if frames := self._source.read():
                    self._put(frames)
        except OSError as error:
            self._away = f"{error or type(error).__name__}; tried again every {AGAIN_S:g} s"
        finally:
            self._source.close()

    def _over(self) -> bool:
        if self._ends_s is not None and time.monotonic() >= self._ends_s:
            self.stop()
        return self._stopped.is_set()

    def _put(self, frames: list[Measured]) -> None:
        now_us = time.monotonic_ns() // 1000
        self._heard_s = now_us / 1e6
        if self._seconds is not None and self._ends_s is None:
            self._ends_s = self._heard_s + self._seconds
        with self._lock:
            for frame in frames:
                if len(self._waiting) >= self._most_frames:
                    self._left_out += 1 + frame.lost_before
                    self._all_left_out += 1
                    continue
                arrived_us = now_us if frame.arrived_us is None else frame.arrived_us
                lost = frame.lost_before + self._left_out
                self._waiting.append(Measured(self._cells(frame), frame.device_us, lost, arrived_us))
                self._left_out = 0
        self._wake()

    def _cells(self, frame: Measured) -> Frames:
        layout, cells = self._source.layout, np.asarray(frame.cells)
        if cells.shape != (layout.rows, layout.cols):
            expected = f"({layout.rows}, {layout.cols}) as in the layout"
            raise InvalidData(f"cells: expected {expected}, got {cells.shape}", field="cells")
        made = cells.astype(DTYPES[layout.dtype])
        exact = cells.dtype.kind == made.dtype.kind == "f" or np.array_equal(made, cells)
        if not exact:
            raise InvalidData(f"cells: expected numbers that {layout.dtype} holds, got {cells.dtype}", field="cells")
        return made


class _Telling:
    """Says at once that something is wrong or well again, and what was counted no more often than every 5 s."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._now = ""
        self._counted = ""
        self._at_s = -np.inf

    def tell(self, now: str, counted: str) -> None:
        at_s = time.monotonic()
        if bool(now) == bool(self._now) and at_s - self._at_s < TOLD_EVERY_S:
            return
        news = counted if counted != self._counted else ""
        self._at_s, self._now, self._counted = at_s, now, counted
        self._tell("; ".join(filter(None, (now, news))))


async def _within(came: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await came.wait()
    except TimeoutError:
        return
