"""C3D: one force plate, for Mokka, OpenSim and others; written by ezc3d, never read here.

The plate is of type 1: Fx, Fy, Fz, Px, Py, Tz in analog channels 1 to 6, of which Fx, Fy and Tz are 0. Fz is the force
upward on the foot in N; Px and Py are the centre of pressure in mm from the plate's middle. Axes: X to the right, Y to
the front, Z up; the plate is the rectangle around all cells. Where the centre is not known, below the layout's floor,
Fz, Px and Py are 0; channel 7, `Total`, has the total force of every frame. Channels 8 and 9 are the largest cell and
the loaded area, where they are known. Numbers are float32. `BAROGRAPH:START` is when the first frame was.

https://c3d.org/HTML/Documents/forceplatformtype.htm and forceplatformcorners.htm
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from barograph.errors import InvalidData
from barograph.files.encoding import Counter
from barograph.files.forces import check_forces, forces, steady_rate, surface
from barograph.files.needed import needed
from barograph.frames import Floats, Frames, Gap, Ints, Layout

# A C3D counts its frames in 16 bits; readers cut longer ones off without an error.
MOST_FRAMES = 65_535
MOST_TEXT = 127
PLATE = (("Fx1", "N"), ("Fy1", "N"), ("Fz1", "N"), ("Px1", "mm"), ("Py1", "mm"), ("Tz1", "Nmm"), ("Total", "N"))
WHOLE = 2  # ezc3d's type of whole numbers
# What ezc3d has as floats unless it is told, and readers take as whole numbers alone.
WHOLE_NUMBERS = ("USED", "TYPE", "ZERO", "CHANNEL")


def check(layout: Layout, times_us: Ints, gaps: Sequence[Gap]) -> None:
    """Raise `InvalidData` for what a C3D does not hold: no force, no place, gaps, no one rate, too many frames."""
    needed("ezc3d", "C3D")
    check_forces(layout)
    if len(times_us) > MOST_FRAMES:
        raise InvalidData(
            f"frames: expected at most {MOST_FRAMES} in a C3D, got {len(times_us)}; choose a part of the session",
            field="frames",
        )
    steady_rate(times_us, gaps)


class C3dEncoder:
    """The bytes of a C3D; six to nine numbers a frame are kept to the end."""

    def __init__(
        self, layout: Layout, n: int, gaps: Sequence[Gap] = (), provenance: Mapping[str, Any] | None = None
    ) -> None:
        check_forces(layout)
        self._layout, self._gaps, self._about = layout, gaps, provenance or {}
        self._counter = Counter(layout, n)
        self._times: list[Ints] = [np.zeros(0, np.int64)]
        self._rows: list[Floats] = []

    def begin(self) -> bytes:
        """Return nothing: the file begins with what is known at its end."""
        return b""

    def add(self, times_us: Ints, frames: Frames) -> bytes:
        """Take the channels of frames."""
        self._counter.add(times_us, frames)
        left, back, right, front = surface(self._layout)
        found = forces(frames, self._layout)
        if (lost := np.flatnonzero(np.isnan(found.total))).size:
            at = sum(map(len, self._times)) + int(lost[0])
            raise InvalidData(f"frames: expected a force in every frame, got no cell with a value in frame {at}")
        acts = ~np.isnan(found.x)
        none = np.zeros(len(frames))
        plate = [none, none, np.where(acts, found.total, 0.0), np.where(acts, found.x - (left + right) / 2, 0.0),
                 np.where(acts, found.y - (back + front) / 2, 0.0), none, found.total, found.peak]  # fmt: skip
        self._rows.append(np.array([*plate, *([] if self._layout.area_cm2 is None else [found.area])]))
        self._times.append(times_us)
        return b""

    def finish(self) -> Iterable[bytes]:
        """Return the file, or `InvalidData` as `check`."""
        self._counter.finish()
        times_us = np.concatenate(self._times)
        check(self._layout, times_us, self._gaps)
        made = self._made(times_us, np.concatenate(self._rows, axis=1))
        with tempfile.TemporaryDirectory(prefix="barograph-") as folder:
            path = Path(folder) / "plate.c3d"
            made.write(str(path))
            return (path.read_bytes(),)

    def _made(self, times_us: Ints, channels: Floats) -> Any:
        rate = steady_rate(times_us, self._gaps)
        made = needed("ezc3d", "C3D").c3d()
        points, analog = (made["parameters"][name] for name in ("POINT", "ANALOG"))
        points["RATE"]["value"] = analog["RATE"]["value"] = [rate]
        points["UNITS"]["value"] = ["mm"]
        names = [*PLATE, ("Peak", self._layout.cell_unit), ("Area", "cm2")][: len(channels)]
        analog["LABELS"]["value"], analog["UNITS"]["value"] = map(list, zip(*names, strict=True))
        analog["DESCRIPTIONS"]["value"] = [""] * len(names)
        made["data"]["points"] = np.zeros((4, 0, len(times_us)))
        made["data"]["analogs"] = channels[None]
        self._add_plate(made)
        said = {"START": np.datetime_as_string(times_us[0].astype("M8[us]")) + "Z"}
        said |= {name.upper(): self._about.get(f"{name}_id", self._about.get(name)) for name in ("workout", "stream")}
        said |= {"SIDE": self._layout.side}
        for name, text in said.items():
            if text:
                made.add_parameter("BAROGRAPH", name, [_ascii(str(text))])
        return made

    def _add_plate(self, made: Any) -> None:
        left, back, right, front = surface(self._layout)
        # In this order the plate's axes are those of the file; another one would turn the centre of pressure.
        corners = [(right, front), (left, front), (left, back), (right, back)]
        values = {
            "USED": [1.0], "TYPE": [1.0], "ZERO": [0.0, 0.0],
            "CORNERS": np.array([(x, y, 0.0) for x, y in corners]).T.reshape(3, 4, 1),
            "ORIGIN": np.zeros((3, 1)), "CHANNEL": np.arange(1.0, 7.0).reshape(6, 1),
        }  # fmt: skip
        for name, value in values.items():
            made.add_parameter("FORCE_PLATFORM", name, value)
        for name in WHOLE_NUMBERS:
            one = made["parameters"]["FORCE_PLATFORM"][name]
            one["type"], one["value"] = WHOLE, np.asarray(one["value"]).astype(int)


def _ascii(text: str) -> str:
    """A text of letters that every reader of C3D has; others as \\uXXXX."""
    return text.encode("ascii", "backslashreplace").decode()[:MOST_TEXT]
