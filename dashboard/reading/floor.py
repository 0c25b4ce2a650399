"""Plates of a session that lie beside each other as one floor, where their places say so; or why they are none.

A floor has a name of its own, which changes with the places: what was corrected by hand on it, by rows and columns, is
of these places.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from analytics import surface
from barograph.errors import InvalidData
from barograph.frames import Layout, Recording
from barograph.store.ports import StreamInfo
from dashboard.reading.parts import layout_of
from dashboard.reading.sides import name_of

MOST_NAME = 80
FLOORS = 16


@dataclass(frozen=True)
class Floor:
    """Plates as one: their streams, the layout of all, and for each that was moved onto the grid by how many mm."""

    infos: tuple[StreamInfo, ...]
    layout: Layout
    moved: Mapping[str, tuple[float, float]]

    @property
    def titles(self) -> str:
        """The names of its plates."""
        return " and ".join(map(name_of, self.infos))

    @property
    def turned(self) -> list[str]:
        """Names of plates that are turned by no quarter turn: their cells are spread over those of the floor."""
        return [name_of(one) for one in self.infos if (place := layout_of(one).place) and place.turn_deg % 90.0]

    @property
    def name(self) -> str:
        """What corrections and tables call it."""
        names = [one.stream.stream for one in self.infos]
        said = repr([(name, (at := layout_of(one)).place, at.rows, at.cols) for name, one in
                     zip(names, self.infos, strict=True)])  # fmt: skip
        mark = hashlib.blake2b(said.encode(), digest_size=3).hexdigest()
        joined = " + ".join(names)
        return f"{joined if len(joined) <= MOST_NAME else f'{len(names)} plates'} ({mark})"


def floor_of(infos: Sequence[StreamInfo]) -> Floor | str:
    """Return plates as one floor, or why they are none, in a sentence."""
    if unplaced := [name_of(one) for one in infos if layout_of(one).place is None]:
        return f"Where {' and '.join(unplaced)} {'lie' if len(unplaced) > 1 else 'lies'} is not known."
    found = _laid(tuple((one.stream.stream, layout_of(one)) for one in infos))
    if isinstance(found, str):
        return found
    return Floor(tuple(infos), *found)


@lru_cache(FLOORS)
def _laid(plates: tuple[tuple[str, Layout], ...]) -> tuple[Layout, dict[str, tuple[float, float]]] | str:
    """The layout of plates as one, which takes a while of large ones."""
    nothing = {
        name: Recording(np.zeros((0, one.rows, one.cols), one.numpy_dtype), np.zeros(0, np.int64), one)
        for name, one in plates
    }
    try:
        made = surface(nothing, grid=True)
    except InvalidData as error:
        return f"They are no floor: {error}."
    about = made.provenance["surface"]
    return made.layout, {name: tuple(one["off_mm"]) for name, one in about.items() if "off_mm" in one}
