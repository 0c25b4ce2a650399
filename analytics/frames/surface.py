"""Several plates that lie beside each other as one surface: a walkway, or one plate under each foot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, pairwise
from typing import Any

import numpy as np
from scipy import spatial

from analytics.base.arguments import checked
from analytics.base.common_frame import from_rear, placed
from analytics.base.matching import REACH, nearest, period_us
from analytics.base.times import rising
from barograph.errors import InvalidData
from barograph.frames import KPA_PER_UNIT, MAX_CELLS, Floats, Frames, Gap, Geometry, Ints, Layout, Place, Recording

# What measures of a floor are off by, and part of a pitch by which a place may miss the common grid.
OVERLAP_MM, OFF_GRID = 0.5, 0.01
CHUNK_CELLS = 1 << 20
FEWEST_TOGETHER = 4  # cells in a row, on average, for which writing by rows pays
LOST = "one of the plates has no frame"


@dataclass(frozen=True, eq=False)
class Plate:
    """One sensor in the common frame: (m, 2) centres and (m, 4 or more, 2) outlines of its cells, in mm."""

    name: str
    layout: Layout
    place: Place
    cells: Ints
    centres: Floats
    outlines: tuple[Floats, ...]

    @cached_property
    def hull(self) -> Floats:
        """(c, 2) corners of the convex hull of all cells; the points themselves where they lie on a line."""
        points = np.concatenate([self.centres, *self.outlines])
        if len(points) < 3 or np.linalg.matrix_rank(points - points.mean(axis=0), tol=1e-6) < 2:
            return points
        return np.asarray(points[spatial.ConvexHull(points).vertices])


@checked
def surface(recordings: Mapping[str, Recording]) -> Recording:
    """Put plates of one clock, each with its place, into one recording.

    Parameters
    ----------
    recordings : mapping of str to Recording
        Of sensors that lie beside each other, by name: each layout has a `place`, and cells with places in mm.

    Returns
    -------
    Recording in kPa (N of cells with forces, counts where none is calibrated), float32, in mm of the common frame. Its
    layout is a grid where all pitches are alike, turns are multiples of 90° and places lie on one grid; there the room
    between plates is outside of the mask. Else its cells are one row with a geometry. A moment is one of the slowest
    sensor, with the nearest frame of each other; moments in which a sensor has none are left out, and are `gaps`.

    Raises
    ------
    InvalidData
        When there is none, a sensor has no place or no mm, two overlap, one is calibrated and another is not, or they
        have no moment in common.

    Notes
    -----
    A cell is loaded above the highest contact threshold of the sensors. Their saturation is not known any more. All of
    it is held in memory.
    """
    if not recordings:
        raise InvalidData("recordings: expected one or more by name, got none", field="recordings")
    plates = [_plate(str(name), one.layout) for name, one in recordings.items()]
    _check_apart(plates)
    layout, targets = _joined(plates, _common([one.layout for one in recordings.values()]))
    clock, rows, gaps = _moments({str(name): one for name, one in recordings.items()})
    frames = np.zeros((len(clock), layout.cells), np.float32)
    for one, cells, which, plate in zip(recordings.values(), targets, rows, plates, strict=True):
        _fill(frames, one, which, cells, plate.cells)
    about = {"surface": {one.name: one.place.to_dict() for one in plates}}
    return Recording(frames.reshape(-1, layout.rows, layout.cols), clock, layout, gaps=gaps, provenance=about)


def _plate(name: str, layout: Layout) -> Plate:
    if layout.place is None:
        raise InvalidData(f"place: expected one in the layout of {name}, got none", field="place")
    if layout.length != "mm":
        raise InvalidData(f"layout: expected places of the cells of {name} in mm, got none", field="layout")
    cells = np.flatnonzero(layout.valid.ravel())
    own = layout.centres[cells]
    place = layout.place
    if layout.geometry is not None:
        outlines = [_moved(layout, place, layout.geometry.outlines[cell]) for cell in cells]
    else:
        across, along = (size / 2 for size in layout.pitch_mm or (0.0, 0.0))
        box = np.array([[-across, -along], [across, -along], [across, along], [-across, along]])
        outlines = list(_moved(layout, place, (own[:, None] + box).reshape(-1, 2)).reshape(-1, 4, 2))
    return Plate(name, layout, place, cells, _moved(layout, place, own), tuple(outlines))


def _moved(layout: Layout, place: Place, points: Floats) -> Floats:
    """(n, 2) points of a sensor in the common frame."""
    return np.column_stack(placed(place, *from_rear(layout, points[:, 0], points[:, 1])))


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


def _check_apart(plates: list[Plate]) -> None:
    """Refuse sensors of which one lies on another."""
    for one, other in combinations(plates, 2):
        if (over := _overlap_mm(one, other)) > OVERLAP_MM:
            expected = "sensors that lie beside each other"
            said = f"{one.name} and {other.name} overlap by {over:.1f} mm"
            raise InvalidData(f"place: expected {expected}, got {said}", field="place")


def _overlap_mm(one: Plate, other: Plate) -> float:
    """How far two sensors lie on each other: by their hulls, and where these meet by their cells."""
    over = _depth_mm(one.hull, other.hull)
    if over <= OVERLAP_MM:
        return over
    reach = sum(
        max((float(np.ptp(box, axis=0).max()) for box in each.outlines if len(box)), default=0.0)
        for each in (one, other)
    )
    near = spatial.cKDTree(one.centres).query_ball_tree(spatial.cKDTree(other.centres), reach)
    pairs = ((one.outlines[a], other.outlines[b]) for a, found in enumerate(near) for b in found)
    met = any(len(a) > 2 and len(b) > 2 and _depth_mm(a, b) > OVERLAP_MM for a, b in pairs)
    return over if met else 0.0


def _depth_mm(one: Floats, other: Floats) -> float:
    """How far two convex outlines reach into each other; 0 or less apart, by the separating axis theorem."""
    depth = np.inf
    for corners in (one, other):
        sides = np.roll(corners, -1, axis=0) - corners
        normals = np.column_stack([-sides[:, 1], sides[:, 0]])
        size = np.hypot(*normals.T)
        for normal in normals[size > 0] / size[size > 0, None]:
            a, b = one @ normal, other @ normal
            depth = min(depth, a.max() - b.min(), b.max() - a.min())
    return float(depth) if np.isfinite(depth) else 0.0


def _joined(plates: list[Plate], common: dict[str, Any]) -> tuple[Layout, list[Ints]]:
    """The layout of all, and for each sensor which of its cells become which."""
    found = _grid(plates, common)
    if found is not None:
        return found
    counts = np.cumsum([0, *(len(one.cells) for one in plates)])
    x, y = np.concatenate([one.centres for one in plates]).T
    outlines = tuple(tuple(map(float, corners.ravel())) for one in plates for corners in one.outlines)
    geometry = Geometry(places="mm", x=tuple(x.tolist()), y=tuple(y.tolist()), polygons=outlines, name="surface")
    areas = _areas(plates, common)
    layout = Layout(rows=1, cols=len(x), geometry=geometry, cell_area_mm2=areas, **common)
    return layout, [np.arange(first, after) for first, after in pairwise(counts)]


def _areas(plates: list[Plate], common: dict[str, Any]) -> tuple[float, ...] | None:
    """Area of each cell in mm², one after the other; None where one is not known, or cells have forces."""
    known = [one.layout.area_cm2 for one in plates]
    if common["unit"] == "N" or any(area is None for area in known):
        return None
    each = [100.0 * area.ravel()[one.cells] for one, area in zip(plates, known, strict=True) if area is not None]
    return tuple(np.concatenate(each).tolist())


def _grid(plates: list[Plate], common: dict[str, Any]) -> tuple[Layout, list[Ints]] | None:
    """The same as a grid; None where pitch, turn or place do not allow one."""
    pitches = [found for one in plates if (found := _turned_pitch(one)) is not None]
    if len(pitches) < len(plates) or not np.allclose(pitches, pitches[0], rtol=1e-6):
        return None
    pitch = np.asarray(pitches[0])
    low, high = (end([end(one.centres, axis=0) for one in plates], axis=0) for end in (np.min, np.max))
    steps = [(one.centres - low) / pitch for one in plates]
    if any(np.abs(step - np.rint(step)).max() > OFF_GRID for step in steps):
        return None
    cols, rows = (np.rint((high - low) / pitch) + 1).astype(int).tolist()
    if rows * cols > MAX_CELLS:
        return None
    targets = [((rows - 1 - np.rint(step[:, 1])) * cols + np.rint(step[:, 0])).astype(np.int64) for step in steps]
    origin = tuple((low - pitch / 2).tolist())
    about = {"rows": rows, "cols": cols, "pitch_mm": tuple(pitch.tolist()), "origin_mm": origin, "y_axis": "up"}
    return Layout(**about, **_grid_cells(plates, targets, common, rows * cols, float(pitch.prod())), **common), targets


def _grid_cells(
    plates: list[Plate], targets: list[Ints], common: dict[str, Any], cells: int, mm2: float
) -> dict[str, Any]:
    """Mask of a grid, and areas of its cells where they are not those of the pitch."""
    there = np.zeros(cells, np.int64)
    there[np.concatenate(targets)] = 1
    found: dict[str, Any] = {} if there.all() else {"mask": tuple(there.tolist())}
    known = _areas(plates, common)
    if known is not None and not np.allclose(known, mm2, rtol=1e-9):
        areas = np.full(cells, mm2)
        areas[np.concatenate(targets)] = known
        found["cell_area_mm2"] = tuple(areas.tolist())
    return found


def _turned_pitch(one: Plate) -> tuple[float, float] | None:
    """The pitch along x and y of the common frame; None of what is no grid along them."""
    turns, pitch = one.place.turn_deg / 90.0, one.layout.pitch_mm
    if pitch is None or abs(turns - round(turns)) > 1e-9:
        return None
    return (pitch[1], pitch[0]) if round(turns) % 2 else pitch


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


def _fill(frames: Frames, one: Recording, rows: Ints, targets: Ints, cells: Ints) -> None:
    """Write a sensor's cells, in the unit of the surface, where they lie: whole rows where they stay rows."""
    chunk = max(1, CHUNK_CELLS // one.layout.cells)
    breaks = np.flatnonzero((np.diff(targets) != 1) | (np.diff(cells) != 1)) + 1
    edges = [0, *breaks.tolist(), len(cells)]
    for start in range(0, len(rows), chunk):
        part = slice(start, start + chunk)
        values = _values(one, rows[part])
        if len(edges) * FEWEST_TOGETHER > len(cells):
            frames[part, targets] = values[:, cells]
            continue
        for a, b in pairwise(edges):
            frames[part, targets[a] : targets[a] + b - a] = values[:, cells[a] : cells[a] + b - a]


def _values(one: Recording, rows: Ints) -> Frames:
    """(n, cells) of some frames in the unit of the surface; what is stored in it already is not copied."""
    layout, factor = one.layout, KPA_PER_UNIT.get(one.layout.unit, 1.0)
    together = len(rows) == rows[-1] - rows[0] + 1
    stored = one.frames[rows[0] : rows[-1] + 1] if together else one.frames[rows]
    as_it_is = layout.scale == factor == 1.0 and layout.offset == 0.0
    as_it_is &= layout.curve is None and layout.tare is None and layout.cell_factors is None
    values: Frames = stored if as_it_is else layout.to_unit(stored) * factor
    return values.reshape(len(rows), -1)
