"""Tables that go into files beside frames: numbers a frame with their units, and what each column means.

Whoever exports, by the command line, over HTTP or from a page, hands it to `barograph.store.exports`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from analytics.columns import definition, frame_columns
from analytics.frames.frame_stats import frame_stats
from barograph.frames import Floats, Frames, Ints, Layout, Recording


class ExportTables:
    """The per-frame table of `analytics.frame_stats`, part by part."""

    def units(self, layout: Layout) -> Mapping[str, str]:
        """Return the unit of each of k columns, by name and in their order."""
        return {name: definition(name).unit for name in frame_columns(layout)}

    def compute(self, times_us: Ints, frames: Frames, layout: Layout) -> Floats:
        """Return (n, k) of (n, rows, cols) frames."""
        return np.asarray(frame_stats(Recording(frames, times_us, layout)).to_numpy(np.float64))
