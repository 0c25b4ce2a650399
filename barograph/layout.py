"""What a sensor is, and what its stored values mean; `barograph.frames` has it with the other plain values.

Terms: contact threshold, layout (docs/glossary.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from barograph import bounds, geometries
from barograph.curve import Curve
from barograph.errors import InvalidData
from barograph.geometry import Geometry
from barograph.layout_values import choice, dtype_name, number, pair, row_major, shown, whole
from barograph.place import Place

DTYPES: dict[str, np.dtype[Any]] = {
    name: np.dtype(name).newbyteorder("<") for name in ("uint8", "uint16", "float32", "float64")
}
KINDS = ("insole", "plate", "mat", "seat", "saddle")
# Inch of water at 4 °C, millimetre of mercury and kilogram-force as the SI brochure and ISO 80000 have them.
KPA_PER_UNIT = {
    "kPa": 1.0, "N/cm2": 10.0, "mmHg": 0.133322387, "psi": 6.894757, "Pa": 0.001, "MPa": 1000.0, "bar": 100.0,
    "mbar": 0.1, "kg/cm2": 98.0665, "g/cm2": 0.0980665, "inH2O": 0.249089, "cmH2O": 0.0980665,
}  # fmt: skip
# Fields that are values of their own, and JSON objects.
Named = Geometry | Curve | Place
NAMED: dict[str, type[Named]] = {"geometry": Geometry, "curve": Curve, "place": Place}
FORCE_UNIT = "N"  # of a cell that has a force and no pressure: one of a few areas of a sole
MAX_CELLS = 1 << 18
MAX_FRAME_BYTES = 2 << 20
CONTACT_FLOOR_N = 20.0
# A cell is loaded above so many kPa: 1 N/cm² under feet, 5 mmHg under a body that sits or lies.
CONTACT_KPA = {"insole": 10.0, "plate": 10.0, "mat": 0.667, "seat": 0.667, "saddle": 0.667}

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Frames = NDArray[Any]


@dataclass(frozen=True, kw_only=True, repr=False)
class Layout:
    """What a sensor is: its shape, its unit and where its cells lie.

    `scale`, `offset` and `cell_factors` (one a cell, row-major) turn a stored value into `unit`: value · scale · factor
    + offset. With a `tare`, the stored value of each cell without load, it is (value − tare) · scale · factor, and what
    is below 0 then is 0. With a `curve` f it is f(value · factor) · scale + offset, and with a tare, too, (f(value ·
    factor) − f(tare · factor)) · scale; a cell beyond the curve's end has no value. Stored values themselves never
    change by a calibration. `pitch_mm` is [x, y].
    `x_axis` and `y_axis` say where mm grow, seen from above with the front up. `mask` is 1 where a cell exists.
    `contact_kpa` is the pressure above which a cell is loaded, by default that of the kind in `CONTACT_KPA`.
    `geometry` says where cells lie that are no grid, in the order of the cells, x to the right and y to the front; it
    stands instead of pitch and axes. Cells with a force in `unit` "N" have neither area nor pressure. `place` is where
    the sensor stands beside the others of its session, where that is known; no statistic of a frame hangs on it.
    """

    rows: int
    cols: int
    dtype: Literal["uint8", "uint16", "float32", "float64"] = "float64"
    unit: str = "raw"
    scale: float = 1.0
    offset: float = 0.0
    cell_factors: tuple[float, ...] | None = None
    tare: tuple[float, ...] | None = None
    pitch_mm: tuple[float, float] | None = None
    cell_area_mm2: float | tuple[float, ...] | None = None
    mask: tuple[int, ...] | None = None
    origin_mm: tuple[float, float] = (0.0, 0.0)
    x_axis: Literal["right", "left"] = "right"
    y_axis: Literal["down", "up"] = "down"
    kind: Literal["insole", "plate", "mat", "seat", "saddle"] = "mat"
    side: Literal["left", "right"] | None = None
    cop_floor_n: float | None = None
    contact_kpa: float | None = None
    geometry: Geometry | None = None
    curve: Curve | None = None
    place: Place | None = None

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        for name, checked in self._checked().items():
            set_(self, name, checked)
        for name in ("cell_factors", "tare", "cell_area_mm2", "mask"):
            set_(self, name, self._cells_of(name))
        for name, kind in NAMED.items():
            if not isinstance(value := getattr(self, name), kind | None):
                raise InvalidData(f"{name}: expected a {kind.__name__}, got {shown(value)}", field=name)
        self._check_places()
        self._check_curve()
        numbers = sum(len(one) for one in vars(self).values() if isinstance(one, tuple))
        numbers += self.geometry.numbers if self.geometry else 0
        numbers += self.curve.count if self.curve else 0
        if numbers > bounds.LAYOUT_NUMBERS:
            raise InvalidData(f"expected at most {bounds.LAYOUT_NUMBERS} numbers in all lists, got {numbers}")

    def _checked(self) -> dict[str, Any]:
        """The fields that are no numbers of cells, as plain Python values whatever they were given as."""
        rows, cols = whole("rows", self.rows), whole("cols", self.cols)
        if rows * cols > MAX_CELLS:
            raise InvalidData(
                f"rows: {rows} x {cols} cells are too many; at most {MAX_CELLS} cells a frame", field="rows"
            )
        if (scale := number("scale", self.scale)) == 0:
            raise InvalidData("scale: expected a number other than 0, got 0", field="scale")
        return {
            "rows": rows,
            "cols": cols,
            "dtype": choice("dtype", dtype_name(self.dtype), tuple(DTYPES)),
            "unit": choice("unit", self.unit, ("raw", *KPA_PER_UNIT, FORCE_UNIT)),
            "x_axis": choice("x_axis", self.x_axis, ("right", "left")),
            "y_axis": choice("y_axis", self.y_axis, ("down", "up")),
            "kind": choice("kind", self.kind, KINDS),
            "side": None if self.side is None else choice("side", self.side, ("left", "right")),
            "scale": scale,
            "offset": number("offset", self.offset),
            "origin_mm": pair("origin_mm", self.origin_mm),
            "pitch_mm": None if self.pitch_mm is None else pair("pitch_mm", self.pitch_mm, positive=True),
            "cop_floor_n": None if self.cop_floor_n is None else number("cop_floor_n", self.cop_floor_n),
            "contact_kpa": None if self.contact_kpa is None else number("contact_kpa", self.contact_kpa, least=0.0),
        }

    def _check_places(self) -> None:
        """Refuse what contradicts itself: a grid's pitch beside a geometry, areas of cells that have forces."""
        if self.unit == FORCE_UNIT and self.cell_area_mm2 is not None:
            raise InvalidData("cell_area_mm2: expected none of cells that have forces", field="cell_area_mm2")
        if self.geometry is None:
            return
        object.__setattr__(self, "x_axis", "right")  # a geometry's own
        object.__setattr__(self, "y_axis", "up")
        if self.pitch_mm is not None:
            raise InvalidData("pitch_mm: expected none beside a geometry, which has the places", field="pitch_mm")
        if self.geometry.cells not in (None, self.cells):
            expected = f"one of {self.cells} cells, as {self.rows} x {self.cols} are"
            raise InvalidData(f"geometry: expected {expected}, got {self.geometry.cells}", field="geometry")

    def _check_curve(self) -> None:
        """Refuse a curve of other cells, one that turns where stored values lie, and a tare beyond its end."""
        if self.curve is None:
            return
        self.curve.check_for(self.cells, float(np.max(self.factors)) * self.most_stored)
        if not np.isfinite(self.zero).all():
            raise InvalidData("tare: expected values before the end of the curve", field="tare")

    def _cells_of(self, name: str) -> Any:
        if name == "mask":
            return self._checked_mask()
        return self._checked_area() if name == "cell_area_mm2" else self._one_a_cell(name, positive=name != "tare")

    def _checked_area(self) -> float | tuple[float, ...] | None:
        area = self.cell_area_mm2
        if isinstance(area, int | float | np.number):
            return number("cell_area_mm2", area, positive=True)
        return self._one_a_cell("cell_area_mm2", "a number or ", positive=True)

    def _one_a_cell(self, name: str, besides: str = "", *, positive: bool = False) -> tuple[float, ...] | None:
        """A field of one number per cell, or None."""
        if getattr(self, name) is None:
            return None
        values = row_major(name, getattr(self, name), f"{besides}{self.cells} numbers", (self.rows, self.cols))
        return tuple(number(name, value, positive=positive) for value in values)

    def _checked_mask(self) -> tuple[int, ...] | None:
        if self.mask is None:
            return None
        values = row_major("mask", self.mask, f"{self.cells} entries of 0 or 1", (self.rows, self.cols))
        if not all(isinstance(value, int | float) and value in (0, 1) for value in values):
            raise InvalidData("mask: expected only 0 and 1", field="mask")
        return tuple(int(value) for value in values)

    @property
    def cells(self) -> int:
        """Number of cells in the matrix, missing ones included."""
        return self.rows * self.cols

    @property
    def shape_text(self) -> str:
        """How many cells it has, in words: `31 × 11` of a grid, else `99 cells`."""
        return f"{self.rows} × {self.cols}" if self.places == "grid" else f"{self.cells} cells"

    @property
    def numpy_dtype(self) -> np.dtype[Any]:
        """The little-endian numpy type of a stored cell."""
        return DTYPES[self.dtype]

    @property
    def frame_bytes(self) -> int:
        """Bytes of one raw frame."""
        return self.cells * self.numpy_dtype.itemsize

    @property
    def calibrated(self) -> bool:
        """True when values are a pressure or a force; raw streams never carry N or kPa."""
        return self.unit != "raw"

    @property
    def quantity(self) -> Literal["pressure", "force", "counts"]:
        """What a cell's value is."""
        if self.unit == "raw":
            return "counts"
        return "force" if self.unit == FORCE_UNIT else "pressure"

    @property
    def cell_unit(self) -> Literal["kPa", "N", "counts"]:
        """The unit in which cells are computed and shown."""
        units: dict[str, Literal["kPa", "N", "counts"]] = {"pressure": "kPa", "force": "N", "counts": "counts"}
        return units[self.quantity]

    @property
    def suffix(self) -> Literal["kpa", "n", "raw"]:
        """What a column of cells' values has at the end of its name."""
        suffixes: dict[str, Literal["kpa", "n", "raw"]] = {"pressure": "kpa", "force": "n", "counts": "raw"}
        return suffixes[self.quantity]

    @property
    def has_force(self) -> bool:
        """True when cells have a force, measured or from pressure and area."""
        return self.quantity == "force" or (self.calibrated and self.area_cm2 is not None)

    @property
    def places(self) -> Literal["grid", "mm", "relative", "none"]:
        """How the places of cells are known: as rows and columns, or as the geometry has them."""
        return "grid" if self.geometry is None else self.geometry.places

    @property
    def placed(self) -> bool:
        """True when cells have places, if only relative ones: without, there is no centre, half or region."""
        return self.places != "none"

    @property
    def length(self) -> Literal["mm", "cell", "rel"]:
        """The unit of places, as names of columns have it."""
        if self.geometry is None:
            return "cell" if self.pitch_mm is None else "mm"
        return "mm" if self.geometry.places == "mm" else "rel"

    @property
    def floor_n(self) -> float:
        """Total force below which the centre of pressure is missing."""
        return CONTACT_FLOOR_N if self.cop_floor_n is None else self.cop_floor_n

    @property
    def loaded_above(self) -> float:
        """Contact threshold: a cell is loaded above so many kPa; of counts or forces above 0."""
        if self.quantity != "pressure":
            return 0.0
        return CONTACT_KPA[self.kind] if self.contact_kpa is None else self.contact_kpa

    @cached_property
    def valid(self) -> NDArray[np.bool_]:
        """(rows, cols) True where a cell exists."""
        if self.mask is None:
            return np.ones((self.rows, self.cols), bool)
        return np.asarray(self.mask, bool).reshape(self.rows, self.cols)

    @cached_property
    def x(self) -> Floats:
        """(cols,) centres of the columns: mm with a pitch, else cells."""
        return self._centres(self.cols, 0, self.x_axis == "left")

    @cached_property
    def y(self) -> Floats:
        """(rows,) centres of the rows: mm with a pitch, else cells."""
        return self._centres(self.rows, 1, self.y_axis == "up")

    def _centres(self, n: int, axis: int, flipped: bool) -> Floats:
        if self.geometry is not None:
            raise InvalidData("layout: expected rows and columns, got cells of a geometry", field="geometry")
        index = np.arange(n, dtype=np.float64)
        index = index[::-1] if flipped else index
        if self.pitch_mm is None:
            return index
        return self.origin_mm[axis] + (index + 0.5) * self.pitch_mm[axis]

    @cached_property
    def centres(self) -> Floats:
        """(cells, 2) x and y of every cell, row-major, in `length`; (cells, 2) NaN without places."""
        if self.geometry is None:
            y, x = np.broadcast_arrays(self.y[:, None], self.x[None, :])
            return np.column_stack([x.ravel(), y.ravel()])
        return self.geometry.centres if self.placed else np.full((self.cells, 2), np.nan)

    @cached_property
    def area_cm2(self) -> Floats | None:
        """(rows, cols) area of each cell in cm², or None when neither area nor pitch is known, or cells have forces."""
        if self.quantity == "force":
            return None
        if self.cell_area_mm2 is not None:
            area = np.asarray(self.cell_area_mm2, np.float64) / 100.0
            return np.broadcast_to(area.reshape(-1, self.cols) if area.ndim else area, (self.rows, self.cols))
        if self.pitch_mm is not None:
            return np.full((self.rows, self.cols), self.pitch_mm[0] * self.pitch_mm[1] / 100.0)
        return None

    @property
    def most_stored(self) -> float:
        """The largest number that a stored cell can hold; infinite of floats."""
        return float(np.iinfo(self.numpy_dtype).max) if self.numpy_dtype.kind == "u" else float("inf")

    @property
    def falling(self) -> bool:
        """True when a larger stored value is a smaller reading."""
        return (self.scale < 0) != (self.curve is not None and self.curve.falling)

    @cached_property
    def factors(self) -> Floats:
        """(rows, cols) or () the factor of each cell."""
        if self.cell_factors is None:
            return np.asarray(1.0)
        return np.array(self.cell_factors).reshape(self.rows, self.cols)

    @cached_property
    def gain(self) -> Floats:
        """(rows, cols) or () what a stored value, or with a curve what it has there, is multiplied by."""
        return np.asarray(self.scale if self.curve is not None else self.scale * self.factors, np.float64)

    @cached_property
    def zero(self) -> Floats:
        """(rows, cols) or () what is added then, in `unit`."""
        if self.tare is None:
            return np.asarray(self.offset, np.float64)
        tare = np.array(self.tare, np.float64).reshape(self.rows, self.cols)
        return -self.gain * (tare if self.curve is None else self._curved(tare))

    def _curved(self, stored: Floats) -> Floats:
        """(…, rows, cols) stored values through the curve, where there is one."""
        if self.curve is None:
            return stored
        return self.curve.of((stored * self.factors).reshape(-1, self.cells)).reshape(stored.shape)

    def beyond(self, frames: Frames) -> NDArray[np.bool_] | None:
        """Return (…, rows, cols) True beyond the end of the curve, where a cell has no value; None without an end."""
        if self.curve is None or not self.curve.ended:
            return None
        x = (frames * self.factors).reshape(-1, self.cells)
        return np.asarray(x > self.curve.ends).reshape(frames.shape)

    def _named(self) -> dict[str, Named]:
        """Those of `NAMED` that it has."""
        return {name: value for name in NAMED if (value := getattr(self, name)) is not None}

    def __repr__(self) -> str:
        """What differs from the defaults; of one number per cell only how many there are."""
        said = (
            f"{name}=({len(value)} values)" if isinstance(value, list) and len(value) > 2 else f"{name}={value!r}"
            for name, value in (self.to_dict() | self._named()).items()
        )
        return f"Layout({', '.join(said)})"

    def to_unit(self, frames: Frames) -> Floats:
        """Return (…, rows, cols) stored values in `unit`, float64."""
        out = self._curved(frames.astype(np.float64))
        if self.scale != 1.0 or self.gain.ndim:
            out *= self.gain
        if self.offset != 0.0 or self.tare is not None:
            out += self.zero
        return out if self.tare is None else np.maximum(out, 0.0, out=out)

    def with_dtype(self, dtype: str) -> Layout:
        """Return the same sensor with cells stored as uint8, uint16, float32 or float64."""
        return replace(self, dtype=dtype)  # type: ignore[arg-type]  # checked when it is made

    def to_dict(self) -> dict[str, Any]:
        """Return the fields that differ from their defaults, as JSON values."""
        out: dict[str, Any] = {"rows": self.rows, "cols": self.cols, "dtype": self.dtype, "unit": self.unit}
        for item in fields(self):
            value = getattr(self, item.name)
            if item.name not in out and value != item.default:
                out[item.name] = list(value) if isinstance(value, tuple) else value
        return out | {name: value.to_dict() for name, value in self._named().items()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Layout:
        """Make a Layout from JSON values; unknown fields are ignored, wrong ones raise `InvalidData`.

        A `geometry` may be a name, as `pedar-x`, which says all that is known of that sensor (`barograph.geometries`).
        """
        if not isinstance(data, Mapping):
            raise InvalidData(f"layout: expected an object with rows and cols, got {shown(data)}", field="layout")
        if isinstance(data.get("geometry"), str):
            data = geometries.filled(data)
        known = {item.name for item in fields(cls)}
        missing = {"rows", "cols"} - data.keys()
        if missing:
            name = sorted(missing)[0]
            raise InvalidData(f"{name}: expected in the layout, but it is not there", field=name)
        chosen: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in data.items() if name in known
        }
        for name, kind in NAMED.items():
            if isinstance(chosen.get(name), Mapping):
                chosen[name] = kind.from_dict(chosen[name])
        return cls(**chosen)
