"""What a live source is: whoever has frames from a sensor writes a class with these five names.

Terms: live source (docs/glossary.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from numpy.typing import NDArray

from barograph.frames import Layout


@dataclass(frozen=True, eq=False)
class Measured:
    """One frame as it came.

    `cells` are (rows, cols) of the layout. `device_us` is the sensor's own clock in µs, from any zero, None without
    one. `lost_before` frames were made by the sensor directly before this one and did not come. `arrived_us` is when it
    came by `time.monotonic_ns() // 1000`; None for now.
    """

    cells: NDArray[Any]
    device_us: int | None = None
    lost_before: int = 0
    arrived_us: int | None = None


class LiveSource(Protocol):
    """Frames of one sensor. All methods are called from one thread, which may block in them.

    `OSError` from `open` or `read` says that the sensor is away: it is closed, and opened again every second.
    `EOFError` from `read` says that no more will come. Any other exception ends the sending and is shown.
    """

    layout: Layout

    def open(self) -> None:
        """Open the way to the sensor."""

    def read(self) -> list[Measured]:
        """Wait for frames, for a quarter of a second at most, and return those that came."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the way to the sensor, which may be broken."""

    def told(self) -> str:
        """Return what was wrong with what came so far, counted; empty when nothing was."""
        return ""
