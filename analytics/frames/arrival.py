"""What the archive keeps beside frames: the statistics that were true when they came."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analytics.columns import ARRIVAL_VERSION, arrival_columns
from analytics.frames.basic_set import arrival_stats
from barograph.frames import Frames, Layout


class ArrivalStatistics:
    """The statistics that the ingest computes of frames as they arrive, for frames that come from a file.

    Whoever imports, by the command line or by a dropped file, hands it to `barograph.store.imports`.
    """

    version = ARRIVAL_VERSION

    def columns(self, layout: Layout) -> Sequence[str]:
        """Return names of the basic set."""
        return arrival_columns(layout)

    def compute(self, frames: Frames, layout: Layout) -> NDArray[np.float32]:
        """Return the basic set."""
        return arrival_stats(frames, layout)
