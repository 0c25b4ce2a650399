"""Several plates that lie beside each other as one surface: a walkway, or one plate under each foot."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from analytics.base.arguments import checked
from analytics.base.matching import REACH, nearest, period_us
from analytics.base.times import rising
from analytics.frames.floor_grid import Laid, exact_grid, nearest_grid
from analytics.frames.plates import Plate, areas_of, check_apart
from barograph.errors import InvalidData
from barograph.frames import KPA_PER_UNIT, Frames, Gap, Geometry, Ints, Layout, Recording

CHUNK_CELLS = 1 << 20
FEWEST_TOGETHER = 4  # cells in a row, on average, for which writing by rows pays
LOST = "one of the plates has no frame"


@checked
def surface(recordings: Mapping[str, Recording], *, grid: bool = False) -> Recording:
    """Put plates of one clock, each with its place, into one recording.

    Parameters
    ----------
    recordings : mapping of str to Recording
        Of sensors that lie beside each other, by name: each layout has a `place`, and cells with places in mm.
    grid : bool, default False
        Whether the layout has to be a grid, which `footprints` needs: see Notes.

    Returns
    -------
    Recording in kPa (N of cells with forces, counts where none is calibrated), float32, in mm of the common frame. Its
    layout is a grid where all pitches are alike, turns are multiples of 90° and places lie on one grid; there the room
    between plates is outside of the mask. Else its cells are one row with a geometry. A moment is one of the slowest
    sensor, with the nearest frame of each other; moments in which a sensor has none are left out, and are `gaps`.
    `provenance["surface"]` has the place of each sensor, and `off_mm`, how far it was moved for the grid.

    Raises
    ------
    InvalidData
        When there is none, a sensor has no place or no mm, two overlap, one is calibrated and another is not, or they
        have no moment in common. With `grid`, when a sensor has none, or cells are of several sizes.

    Notes
    -----
    A cell is loaded above the highest contact threshold of the sensors. Their saturation is not known any more. All of
    it is held in memory. With `grid`, a plate that does not lie on the grid of the first is moved onto it, by half a
    cell at most; where one is turned by another angle, a cell of the floor has the mean pressure of the parts of cells
    that lie on it: forces stay, peaks become lower.
    """
    if not recordings:
        raise InvalidData("recordings: expected one or more by name, got none", field="recordings")
    plates = [Plate.of(str(name), one.layout) for name, one in recordings.items()]
    check_apart(plates)
    layout, laid = _joined(plates, _common([one.layout for one in recordings.values()]), grid=grid)
    clock, rows, gaps = _moments({str(name): one for name, one in recordings.items()})
    frames = np.zeros((len(clock), layout.cells), np.float32)
    for one, each, which, plate in zip(recordings.values(), laid, rows, plates, strict=True):
        _fill(frames, one, which, each, plate.cells)
    about = {"surface": {one.name: one.place.to_dict() | _off(each) for one, each in zip(plates, laid, strict=True)}}
    return Recording(frames.reshape(-1, layout.rows, layout.cols), clock, layout, gaps=gaps, provenance=about)


def _off(laid: Laid) -> dict[str, Any]:
    return {"off_mm": list(laid.off_mm)} if any(laid.off_mm) else {}


def _common(layouts: list[Layout]) -> dict[str, Any]:
    """What a surface of these layouts is, but for its cells."""
    quantities = {one.quantity for one in layouts}
    if len(quantities) > 1:
        said = ", ".join(sorted(quantities))
        raise InvalidData(f"unit: expected pressures, forces or counts of all sensors, got {said}", field="unit")
    unit = {"pressure": "kPa", "force": "N", "counts": "raw"}[quantities.pop()]
    kinds = {one.kind for one in layouts}
    return {
        "unit": unit, "dtype": "float32", "kind": kinds.pop() if len(kinds) == 1 else "plate",
        "cop_floor_n": max(one.floor_n for one in layouts),
        "contact_kpa": max(one.loaded_above for one in layouts) if unit == "kPa" else None,
    }  # fmt: skip


def _joined(plates: list[Plate], common: dict[str, Any], *, grid: bool) -> tuple[Layout, list[Laid]]:
    """The layout of all, and for each sensor where its cells lie."""
    if (found := exact_grid(plates, common)) is not None:
        return found
    if grid:
        return nearest_grid(plates, common)
    counts = np.cumsum([0, *(len(one.cells) for one in plates)])
    x, y = np.concatenate([one.centres for one in plates]).T
    outlines = tuple(tuple(map(float, corners.ravel())) for one in plates for corners in one.outlines)
    geometry = Geometry(places="mm", x=tuple(x.tolist()), y=tuple(y.tolist()), polygons=outlines, name="surface")
    areas = areas_of(plates, common["unit"])
    layout = Layout(rows=1, cols=len(x), geometry=geometry, cell_area_mm2=areas, **common)
    return layout, [Laid(np.arange(first, after)) for first, after in pairwise(counts)]


def _moments(recordings: Mapping[str, Recording]) -> tuple[Ints, list[Ints], tuple[Gap, ...]]:
    """The times of the surface, the frames of each sensor at them, and where one had none."""
    times = {name: rising(one.times_us) for name, one in recordings.items()}
    slowest = max(times, key=lambda name: period_us(times[name]))
    clock = times[slowest]
    if any(not len(us) for us in times.values()):
        return np.zeros(0, np.int64), [np.zeros(0, np.int64)] * len(times), ()
    reach = REACH * max(map(period_us, times.values()))
    first, last = max(us[0] for us in times.values()) - reach, min(us[-1] for us in times.values()) + reach
    together = np.flatnonzero((clock >= first) & (clock <= last))
    if not len(together):
        raise InvalidData("recordings: expected sensors of one clock, got no moment that all have", field="recordings")
    rows = [together if name == slowest else nearest(clock, us)[together] for name, us in times.items()]
    known = np.all([which >= 0 for which in rows], axis=0)
    own = recordings[slowest]
    at = own.times_us[together]
    lost = [Gap(0, int(a), int(b - a), *_around(at, a, b), LOST) for a, b in _runs(~known)]
    gaps = sorted([*own.gaps, *lost], key=lambda gap: gap.start_us)
    return at[known], [which[known] for which in rows], tuple(gaps)


def _runs(inside: Any) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], inside, [False]]).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _around(times_us: Ints, first: int, after: int) -> tuple[int, int]:
    """Times of the frames before and after some; at an end, of the first or last of them."""
    return int(times_us[max(first - 1, 0)]), int(times_us[min(after, len(times_us) - 1)])


def _fill(frames: Frames, one: Recording, rows: Ints, laid: Laid, cells: Ints) -> None:
    """Write a sensor's cells, in the unit of the surface, where they lie: whole rows where they stay rows."""
    chunk = max(1, CHUNK_CELLS // one.layout.cells)
    for start in range(0, len(rows), chunk):
        part = slice(start, start + chunk)
        values = _values(one, rows[part])
        if laid.shares is not None:
            frames[part] += (laid.shares @ values[:, cells].T).T
        elif laid.targets is not None:
            _place(frames[part], values, laid.targets, cells)


def _place(frames: Frames, values: Frames, targets: Ints, cells: Ints) -> None:
    breaks = np.flatnonzero((np.diff(targets) != 1) | (np.diff(cells) != 1)) + 1
    edges = [0, *breaks.tolist(), len(cells)]
    if len(edges) * FEWEST_TOGETHER > len(cells):
        frames[:, targets] = values[:, cells]
        return
    for a, b in pairwise(edges):
        frames[:, targets[a] : targets[a] + b - a] = values[:, cells[a] : cells[a] + b - a]


def _values(one: Recording, rows: Ints) -> Frames:
    """(n, cells) of some frames in the unit of the surface; what is stored in it already is not copied."""
    layout, factor = one.layout, KPA_PER_UNIT.get(one.layout.unit, 1.0)
    together = len(rows) == rows[-1] - rows[0] + 1
    stored = one.frames[rows[0] : rows[-1] + 1] if together else one.frames[rows]
    as_it_is = layout.scale == factor == 1.0 and layout.offset == 0.0
    as_it_is &= layout.curve is None and layout.tare is None and layout.cell_factors is None
    values: Frames = stored if as_it_is else layout.to_unit(stored) * factor
    return values.reshape(len(rows), -1)
