"""Parts of a foot or sensor, and what each carried."""

from analytics.regions.by_hand import labelled
from analytics.regions.presets import (
    FOOT,
    FOUND,
    PROPORTIONS,
    SIDELESS,
    FoundFoot,
    Mask,
    Regions,
    Side,
    find,
    foot,
    found_or_proportions,
    grid,
    overlap,
    thirds,
)
from analytics.regions.whole_cells import drawn, named

__all__ = [
    "FOOT",
    "FOUND",
    "PROPORTIONS",
    "SIDELESS",
    "FoundFoot",
    "Mask",
    "Regions",
    "Side",
    "drawn",
    "find",
    "foot",
    "found_or_proportions",
    "grid",
    "labelled",
    "named",
    "overlap",
    "thirds",
]
